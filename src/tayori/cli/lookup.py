"""A fresh look at the DNS for one domain: what it needs, what is there, and what the difference is.

Owns nothing of the rules: the verifier's look is the service's own, and DMARC is judged as receivers do. The questions
go to the resolver that the service itself uses.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tayori.app.endpoints import Endpoints
from tayori.cli.service import clock_of
from tayori.dns.resolver import CachingResolver
from tayori.loops.verifier import Verifier
from tayori.mail import dmarc
from tayori.mail.answer import AnswerStatus, Evaluation, Resolver, ResultT
from tayori.mail.dmarc import DmarcResult
from tayori.model.identity import ErrorType, Verdict
from tayori.model.names import ServiceNames
from tayori.model.proof import Finding
from tayori.resources.identities import Identity
from tayori.store.engine import Store

RECOMMENDED_DMARC = "v=DMARC1; p=none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record. `verdict` is ok, missing, wrong or trouble; `hint` names a mistake that the records betray."""

    purpose: str
    name: str
    rdtype: str
    value: str
    verdict: str
    found: tuple[str, ...]
    hint: str = ""

    @property
    def is_in_place(self) -> bool:
        return self.verdict == "ok"

    def as_json(self) -> dict[str, Any]:
        return {
            "purpose": self.purpose,
            "name": self.name,
            "type": self.rdtype,
            "expected": self.value,
            "found": list(self.found),
            "verdict": self.verdict,
            "hint": self.hint or None,
        }


@asynccontextmanager
async def resolver_of(service: Endpoints) -> AsyncIterator[CachingResolver]:
    """The service's resolver, with an empty cache."""
    resolver = CachingResolver(servers(service.resolver), clock_of(service))
    try:
        yield resolver
    finally:
        await resolver.close()


def servers(text: str) -> list[tuple[str, int]]:
    """`host:port` or several, with commas between. Empty: the machine's own."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = part.rpartition(":") if part.count(":") == 1 or "]:" in part else (part, "", "53")
        found.append((host.strip("[]"), int(port)))
    return found


def names_of(service: Endpoints, region: str) -> ServiceNames:
    return ServiceNames(service_domain=service.service_domain, region=region)


async def rows_of(service: Endpoints, store: Store, resolver: CachingResolver, identity: Identity) -> list[Row]:
    """Every record that the identity's domain should have, DMARC's last."""
    verifier = Verifier(store, resolver, lambda region: names_of(service, region))
    checked = await verifier.look(identity)
    return [*(_row(finding) for finding in checked.findings), await dmarc_row(resolver, identity.domain)]


def _row(finding: Finding) -> Row:
    expected = finding.expected
    return Row(
        purpose=expected.purpose,
        name=expected.name,
        rdtype=expected.rdtype,
        value=expected.value,
        verdict=_verdict(finding),
        found=finding.found,
        hint=finding.hint or "",
    )


def _verdict(finding: Finding) -> str:
    if finding.verdict is Verdict.MATCHED:
        return "ok"
    if finding.verdict is Verdict.UNKNOWN:
        return "trouble"
    return "wrong" if finding.error is ErrorType.INVALID_VALUE or finding.hint else "missing"


async def dmarc_row(resolver: Resolver, domain: str) -> Row:
    """The policy that receivers find for the domain: its own, or that of the organisational domain above it."""
    name = f"_dmarc.{domain}"
    found = await drive(dmarc.discover(domain), resolver)
    answer = await resolver.resolve(name, "TXT")
    if not isinstance(found, DmarcResult):
        verdict = "ok"
    elif answer.status in (AnswerStatus.SERVER_FAILURE, AnswerStatus.TIMEOUT):
        verdict = "trouble"
    else:
        verdict = "wrong" if answer.exists else "missing"
    values = answer.values
    if not isinstance(found, DmarcResult) and not answer.exists:
        above = f"_dmarc.{found[0]}"
        values = tuple(f"{above}: {value}" for value in (await resolver.resolve(above, "TXT")).values)
    return Row(purpose="dmarc", name=name, rdtype="TXT", value=RECOMMENDED_DMARC, verdict=verdict, found=values)


async def drive(evaluation: Evaluation[ResultT], resolver: Resolver) -> ResultT:
    """Run an evaluator that yields questions (see mail.answer)."""
    try:
        query = next(evaluation)
        while True:
            query = evaluation.send(await resolver.resolve(query.name, query.rdtype))
    except StopIteration as end:
        result: ResultT = end.value
        return result
