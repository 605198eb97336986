"""DNS answers as values: what the rest of the house knows of the DNS.

Owns the words Answer, AnswerStatus, Query and the Resolver protocol. Never talks to a server: `tayori.dns.resolver`
does, and is handed to whoever needs it. RFC 1034, RFC 2308 (negative answers).
"""

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar


class AnswerStatus(StrEnum):
    """What a question came to. Only FOUND carries values; the last two say nothing about the zone's content."""

    FOUND = "found"
    NODATA = "nodata"  # the name exists, not with this type (RFC 2308 2.2)
    NXDOMAIN = "nxdomain"  # the name does not exist (RFC 2308 2.1)
    SERVER_FAILURE = "server-failure"  # SERVFAIL, REFUSED, malformed answers, CNAME loops
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question. `name` without a final dot, in A-labels; `rdtype` as in a zone file: "MX", "TXT"…"""

    name: str
    rdtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one question.

    `values` holds presentation forms: addresses as text; host names lower-case without a final dot; MX as
    "<preference> <host>" (the null MX of RFC 7505 is "0 ."); TXT as its character-strings joined, decoded as
    Latin-1 so that no byte is lost; SOA as "<mname> <rname> <serial> <refresh> <retry> <expire> <minimum>".
    `ttl` is in seconds and, for negative answers, the negative TTL. `authenticated` is the AD bit, set only when
    the configured resolver is trusted to validate.
    """

    name: str
    rdtype: str
    status: AnswerStatus
    values: tuple[str, ...] = ()
    ttl: int = 0
    canonical_name: str = ""
    authenticated: bool = False

    @property
    def exists(self) -> bool:
        return self.status is AnswerStatus.FOUND

    @property
    def is_definite(self) -> bool:
        """True when the answer tells what the zone holds, false when the DNS itself failed."""
        return self.status in (AnswerStatus.FOUND, AnswerStatus.NODATA, AnswerStatus.NXDOMAIN)


class Resolver(Protocol):
    """Asks the DNS. Never raises for anything the network does: failures are answers."""

    async def resolve(self, name: str, rdtype: str) -> Answer: ...


ResultT = TypeVar("ResultT")

# An evaluator that needs the DNS is a generator: it yields a Query, is sent the Answer, and returns its result.
# So the rules stay pure, and whoever runs them decides how to ask.
Evaluation: TypeAlias = Generator[Query, Answer, ResultT]


async def drive(evaluation: Evaluation[ResultT], resolver: Resolver) -> ResultT:
    """Run an evaluator to its end with the answers of `resolver`."""
    try:
        query = next(evaluation)
        while True:
            query = evaluation.send(await resolver.resolve(query.name, query.rdtype))
    except StopIteration as end:
        result: ResultT = end.value
        return result
