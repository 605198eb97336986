"""SPF: may this host send for this domain? check_host() of RFC 7208.

Owns the evaluation of a record: order, recursion and the limits of 4.6.4. Asks its questions by yielding
them, so it never talks to a server and never waits; the driver sets the time limit of 4.6.4.
"""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from tayori.mail.answer import Answer, AnswerStatus, Evaluation, Query
from tayori.mail.spf_macro import MacroError, MacroString, parse_explanation
from tayori.mail.spf_record import (
    Mechanism,
    MechanismName,
    Qualifier,
    SpfRecord,
    SpfSyntaxError,
    parse_record,
    select_records,
)

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 7208 4.6.4.
TERM_LIMIT: Final = 10
VOID_LIMIT: Final = 2
NAMES_PER_TERM: Final = 10


class SpfVerdict(StrEnum):
    """RFC 7208 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class SpfIdentity(StrEnum):
    """Which identity was checked (RFC 7208 2.3, 2.4)."""

    MAIL_FROM = "mailfrom"
    HELO = "helo"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRequest:
    """One client to check. `reverse_path` is empty for the null sender: then the HELO identity is checked."""

    client: Address
    helo: str
    reverse_path: str
    receiver: str = "unknown"
    timestamp: int = 0

    @property
    def identity(self) -> SpfIdentity:
        return SpfIdentity.MAIL_FROM if self.reverse_path else SpfIdentity.HELO

    @property
    def local_part(self) -> str:
        # RFC 7208 4.3: a sender without local part is postmaster.
        return self.reverse_path.rpartition("@")[0] or "postmaster"

    @property
    def domain(self) -> str:
        return self.reverse_path.rpartition("@")[2] if self.reverse_path else self.helo


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """`mechanism` is what matched, "default" where none did; `problem` explains none and the two errors."""

    verdict: SpfVerdict
    domain: str
    identity: SpfIdentity
    mechanism: str = ""
    explanation: str = ""
    problem: str = ""


_QUALIFIED: Final = {
    Qualifier.PASS: SpfVerdict.PASS,
    Qualifier.FAIL: SpfVerdict.FAIL,
    Qualifier.SOFTFAIL: SpfVerdict.SOFTFAIL,
    Qualifier.NEUTRAL: SpfVerdict.NEUTRAL,
}


def check_host(request: SpfRequest) -> Evaluation[SpfResult]:
    """Evaluate the policy of the request's domain for its client."""
    domain = _without_dot(request.domain)
    check = _Check(request)
    try:
        found = yield from check.policy(domain)
        explanation = ""
        if found.verdict is SpfVerdict.FAIL:
            explanation = yield from check.explain(found)
    except _Stop as stop:
        return SpfResult(verdict=stop.verdict, domain=domain, identity=request.identity, problem=stop.problem)
    return SpfResult(
        verdict=found.verdict,
        domain=domain,
        identity=request.identity,
        mechanism=found.mechanism,
        explanation=explanation,
        problem=found.problem,
    )


class _Stop(Exception):
    """Ends the whole evaluation, however deep: temperror or permerror."""

    def __init__(self, verdict: SpfVerdict, problem: str) -> None:
        super().__init__(problem)
        self.verdict = verdict
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one domain's policy says, and where its explanation is."""

    verdict: SpfVerdict
    domain: str
    mechanism: str = ""
    explanation: MacroString | None = None
    problem: str = ""


class _Check:
    """One call of check_host: the request, and what its limits have left."""

    def __init__(self, request: SpfRequest) -> None:
        self._request = request
        mapped = request.client.ipv4_mapped if isinstance(request.client, ipaddress.IPv6Address) else None
        # RFC 7208 5: an IPv4-mapped IPv6 address is an IPv4 address.
        self._client: Address = mapped or request.client
        self._terms = 0
        self._voids = 0
        self._validated: tuple[str, ...] | None = None

    def policy(self, domain: str) -> Evaluation[_Found]:
        if not _is_domain(domain) or "." not in domain:
            problem = f"{domain!r} is not a fully qualified domain name"
            return _Found(verdict=SpfVerdict.NONE, domain=domain, problem=problem)
        record = yield from self._record(domain)
        if record is None:
            return _Found(verdict=SpfVerdict.NONE, domain=domain, problem=f"{domain} publishes no SPF record")
        for mechanism in record.mechanisms:
            if (yield from self._matches(mechanism, domain)):
                return _Found(
                    verdict=_QUALIFIED[mechanism.qualifier],
                    domain=domain,
                    mechanism=mechanism.text,
                    explanation=record.explanation,
                )
        if record.redirect is not None:
            return (yield from self._redirected(record.redirect, domain))
        return _Found(verdict=SpfVerdict.NEUTRAL, domain=domain, mechanism="default")

    def _record(self, domain: str) -> Evaluation[SpfRecord | None]:
        answer = yield Query(name=domain, rdtype="TXT")
        _require_definite(answer)
        records = select_records(answer.values)
        if not records:
            return None
        if len(records) > 1:
            raise _Stop(SpfVerdict.PERMERROR, f"{domain} publishes {len(records)} SPF records")
        try:
            return parse_record(records[0])
        except SpfSyntaxError as error:
            raise _Stop(SpfVerdict.PERMERROR, f"SPF record of {domain}: {error}") from error

    def _redirected(self, target: MacroString, domain: str) -> Evaluation[_Found]:
        self._count_term()
        name = yield from self._target(target, domain)
        found = yield from self.policy(name)
        if found.verdict is SpfVerdict.NONE:
            raise _Stop(SpfVerdict.PERMERROR, f"redirect= of {domain}: {found.problem}")
        return found

    def _matches(self, mechanism: Mechanism, domain: str) -> Evaluation[bool]:
        match mechanism.name:
            case MechanismName.ALL:
                return True
            case MechanismName.IP4 | MechanismName.IP6:
                return mechanism.network is not None and self._client in mechanism.network
            case MechanismName.INCLUDE:
                return (yield from self._includes(mechanism, domain))
            case MechanismName.A:
                return (yield from self._matches_a(mechanism, domain))
            case MechanismName.MX:
                return (yield from self._matches_mx(mechanism, domain))
            case MechanismName.PTR:
                return (yield from self._matches_ptr(mechanism, domain))
            case MechanismName.EXISTS:
                return (yield from self._exists(mechanism, domain))

    def _includes(self, mechanism: Mechanism, domain: str) -> Evaluation[bool]:
        self._count_term()
        name = yield from self._target(mechanism.domain, domain)
        found = yield from self.policy(name)
        if found.verdict is SpfVerdict.NONE:
            raise _Stop(SpfVerdict.PERMERROR, f"{mechanism.text} of {domain}: {found.problem}")
        return found.verdict is SpfVerdict.PASS

    def _matches_a(self, mechanism: Mechanism, domain: str) -> Evaluation[bool]:
        self._count_term()
        name = yield from self._target(mechanism.domain, domain)
        addresses = yield from self._addresses(name)
        return self._is_among(addresses, mechanism)

    def _matches_mx(self, mechanism: Mechanism, domain: str) -> Evaluation[bool]:
        self._count_term()
        name = yield from self._target(mechanism.domain, domain)
        answer = yield from self._ask(name, "MX")
        hosts = [value.partition(" ")[2] for value in answer.values]
        if len(hosts) > NAMES_PER_TERM:
            raise _Stop(SpfVerdict.PERMERROR, f"{name} has more than {NAMES_PER_TERM} MX records")
        for host in hosts:
            # A null MX (RFC 7505) names the root: there is no host to look up.
            if host.strip(".") and self._is_among((yield from self._addresses(host)), mechanism):
                return True
        return False

    def _matches_ptr(self, mechanism: Mechanism, domain: str) -> Evaluation[bool]:
        self._count_term()
        name = yield from self._target(mechanism.domain, domain)
        validated = yield from self._validated_names()
        return any(_is_within(candidate, name) for candidate in validated)

    def _exists(self, mechanism: Mechanism, domain: str) -> Evaluation[bool]:
        self._count_term()
        name = yield from self._target(mechanism.domain, domain)
        answer = yield from self._ask(name, "A")  # A even for IPv6 clients (5.7)
        return answer.exists

    def _addresses(self, name: str) -> Evaluation[list[Address]]:
        answer = yield from self._ask(name, self._address_type)
        return [ipaddress.ip_address(value) for value in answer.values]

    @property
    def _address_type(self) -> str:
        return "A" if self._client.version == 4 else "AAAA"

    def _is_among(self, addresses: list[Address], mechanism: Mechanism) -> bool:
        bits = self._client.max_prefixlen
        shift = bits - (mechanism.prefix4 if bits == 32 else mechanism.prefix6)
        return any(int(address) >> shift == int(self._client) >> shift for address in addresses)

    def _ask(self, name: str, rdtype: str) -> Evaluation[Answer]:
        """A question that a term causes: a DNS error ends everything, an empty answer is counted."""
        if not _is_domain(name):
            # No question can be composed; by analogy with 4.3 the name does not exist.
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)
        answer = yield Query(name=name, rdtype=rdtype)
        _require_definite(answer)
        if not answer.exists:
            self._voids += 1
            if self._voids > VOID_LIMIT:
                raise _Stop(SpfVerdict.PERMERROR, f"more than {VOID_LIMIT} look-ups found nothing")
        return answer

    def _count_term(self) -> None:
        self._terms += 1
        if self._terms > TERM_LIMIT:
            raise _Stop(SpfVerdict.PERMERROR, f"more than {TERM_LIMIT} terms need the DNS")

    def _validated_names(self) -> Evaluation[tuple[str, ...]]:
        """The client's names that lead back to its address (5.5). DNS errors only make the list shorter."""
        if self._validated is None:
            pointers = yield Query(name=self._client.reverse_pointer, rdtype="PTR")
            validated = []
            for name in pointers.values[:NAMES_PER_TERM]:
                forward = yield Query(name=name, rdtype=self._address_type)
                if any(ipaddress.ip_address(value) == self._client for value in forward.values):
                    validated.append(_without_dot(name).lower())
            self._validated = tuple(validated)
        return self._validated

    def _target(self, spec: MacroString | None, domain: str) -> Evaluation[str]:
        if spec is None:
            return domain
        expanded = yield from self._expand(spec, domain)
        return _fit(_without_dot(expanded))

    def _expand(self, text: MacroString, domain: str) -> Evaluation[str]:
        values = self._values(domain)
        if text.uses("p"):
            values["p"] = yield from self._client_name(domain)
        return text.expand(values)

    def _client_name(self, domain: str) -> Evaluation[str]:
        """The macro letter p (7.3): the domain itself before its subdomains before any other name."""
        validated = yield from self._validated_names()
        ranked = sorted(validated, key=lambda name: (name != domain.lower(), not _is_within(name, domain)))
        return ranked[0] if ranked else "unknown"

    def _values(self, domain: str) -> dict[str, str]:
        request = self._request
        is_v4 = self._client.version == 4
        return {
            "s": f"{request.local_part}@{request.domain}",
            "l": request.local_part,
            "o": request.domain,
            "d": domain,
            "i": str(self._client) if is_v4 else ".".join(f"{int(self._client):032X}"),
            "v": "in-addr" if is_v4 else "ip6",
            "h": request.helo,
            "c": str(self._client),
            "r": request.receiver,
            "t": str(request.timestamp),
        }

    def explain(self, found: _Found) -> Evaluation[str]:
        """The text behind exp= (6.2); whatever goes wrong on the way there only means that there is none."""
        if found.explanation is None:
            return ""
        name = yield from self._target(found.explanation, found.domain)
        if not _is_domain(name):
            return ""
        answer = yield Query(name=name, rdtype="TXT")
        if len(answer.values) != 1:
            return ""
        try:
            text = parse_explanation(answer.values[0])
        except MacroError:
            return ""
        return (yield from self._expand(text, found.domain))


def _require_definite(answer: Answer) -> None:
    if not answer.is_definite:
        raise _Stop(SpfVerdict.TEMPERROR, f"{answer.rdtype} of {answer.name}: the DNS gave no answer")


def _without_dot(name: str) -> str:
    return name.removesuffix(".")


def _is_domain(name: str) -> bool:
    """Whether one can ask about the name (RFC 1035 limits); its characters are the zone's affair."""
    return 0 < len(name) <= 253 and name.isascii() and all(0 < len(label) <= 63 for label in name.split("."))


def _is_within(name: str, parent: str) -> bool:
    return f".{name}".lower().endswith(f".{parent}".lower())


def _fit(name: str) -> str:
    """Labels are removed from the left until the name fits into 253 characters (7.3)."""
    while len(name) > 253 and "." in name:
        name = name.partition(".")[2]
    return name
