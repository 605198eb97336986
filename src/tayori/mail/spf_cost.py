"""What a check of an SPF record costs in DNS look-ups at the worst (RFC 7208 4.6.4), before mail depends on it.

Owns the walk through includes and redirects. It counts what a client that matches nothing costs, IPv4 and IPv6 apart,
since the limits are those of one check. Never judges a client. Asks by yielding, and bounds what a zone can ask of it.
"""

from dataclasses import dataclass, field
from typing import Final

from tayori.mail.answer import Evaluation, Query
from tayori.mail.spf import NAMES_PER_TERM, TERM_LIMIT, VOID_LIMIT
from tayori.mail.spf_macro import Macro, MacroString
from tayori.mail.spf_record import Mechanism, MechanismName, SpfRecord, SpfSyntaxError, parse_record, select_records

_ASKING: Final = frozenset(
    {MechanismName.INCLUDE, MechanismName.A, MechanismName.MX, MechanismName.PTR, MechanismName.EXISTS}
)
_MAX_TERMS: Final = 60  # beyond six times the limit the number no longer tells anybody anything
_MAX_DEPTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfStep:
    """One term that needs the DNS: in whose record it stands, and how deep below the first."""

    domain: str
    term: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfCost:
    """`steps` are the terms that count. `broken` names what makes every check a permerror, `unanswered` what the DNS
    did not tell, so that the count may be too low; `has_macros` says the same of names that depend on the client.
    """

    steps: tuple[SpfStep, ...] = ()
    voids: int = 0
    voids_of_ipv6: int = 0
    broken: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    has_macros: bool = False

    @property
    def terms(self) -> int:
        return len(self.steps)

    @property
    def is_over_terms(self) -> bool:
        return self.terms > TERM_LIMIT

    @property
    def is_over_voids(self) -> bool:
        return max(self.voids, self.voids_of_ipv6) > VOID_LIMIT

    @property
    def is_exact(self) -> bool:
        return not self.unanswered and not self.has_macros


def cost_of(domain: str, text: str) -> Evaluation[SpfCost]:
    """The cost of the record `text`, as if `domain` published it."""
    walk = _Walk()
    yield from walk.record(domain, text, 0)
    return walk.result()


@dataclass(slots=True)
class _Walk:
    steps: list[SpfStep] = field(default_factory=list)
    voids: dict[str, int] = field(default_factory=lambda: {"A": 0, "AAAA": 0})
    broken: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    has_macros: bool = False

    def result(self) -> SpfCost:
        return SpfCost(
            steps=tuple(self.steps),
            voids=self.voids["A"],
            voids_of_ipv6=self.voids["AAAA"],
            broken=tuple(dict.fromkeys(self.broken)),
            unanswered=tuple(dict.fromkeys(self.unanswered)),
            has_macros=self.has_macros,
        )

    def record(self, domain: str, text: str, depth: int) -> Evaluation[None]:
        try:
            record = parse_record(text)
        except SpfSyntaxError as error:
            self.broken.append(f"{domain}: {error}")
            return
        ends = False
        for mechanism in record.mechanisms:
            if mechanism.name is MechanismName.ALL:
                ends = True
                break
            yield from self._mechanism(mechanism, domain, depth)
        if record.redirect is not None and not ends:
            yield from self._redirect(record, domain, depth)

    def _mechanism(self, mechanism: Mechanism, domain: str, depth: int) -> Evaluation[None]:
        if mechanism.name not in _ASKING or not self._count(domain, mechanism.text, depth):
            return
        name = self._target(mechanism.domain, domain)
        if name is None:
            return
        match mechanism.name:
            case MechanismName.INCLUDE:
                yield from self._follow(name, mechanism.text, depth)
            case MechanismName.A:
                yield from self._addresses(name)
            case MechanismName.MX:
                yield from self._hosts(name)
            case MechanismName.EXISTS:
                yield from self._ask(name, "A", ("A", "AAAA"))
            case _:  # a client's names cannot be known before it comes
                self.has_macros = True

    def _redirect(self, record: SpfRecord, domain: str, depth: int) -> Evaluation[None]:
        assert record.redirect is not None
        name = self._target(record.redirect, domain)
        if self._count(domain, f"redirect={name or '…'}", depth) and name is not None:
            yield from self._follow(name, f"redirect={name}", depth)

    def _count(self, domain: str, term: str, depth: int) -> bool:
        if len(self.steps) >= _MAX_TERMS:
            return False
        self.steps.append(SpfStep(domain=domain, term=term, depth=depth))
        return True

    def _target(self, spec: MacroString | None, domain: str) -> str | None:
        if spec is None:
            return domain
        if any(isinstance(piece, Macro) and piece.letter != "d" for piece in spec.pieces):
            self.has_macros = True
            return None
        return spec.expand({"d": domain}).removesuffix(".").lower()

    def _follow(self, name: str, term: str, depth: int) -> Evaluation[None]:
        answer = yield Query(name=name, rdtype="TXT")
        if not answer.is_definite:
            self.unanswered.append(name)
            return
        records = select_records(answer.values)
        if len(records) != 1:
            self.broken.append(f"{term}: {name} publishes {len(records) or 'no'} SPF record{'s' * (len(records) > 1)}")
        elif depth + 1 < _MAX_DEPTH:
            yield from self.record(name, records[0], depth + 1)

    def _addresses(self, name: str) -> Evaluation[None]:
        for rdtype in ("A", "AAAA"):
            yield from self._ask(name, rdtype, (rdtype,))

    def _hosts(self, name: str) -> Evaluation[None]:
        hosts = [value.partition(" ")[2] for value in (yield from self._ask(name, "MX", ("A", "AAAA")))]
        if len(hosts) > NAMES_PER_TERM:
            self.broken.append(f"{name} has more than {NAMES_PER_TERM} MX records")
        for host in hosts[:NAMES_PER_TERM]:
            if host.strip("."):
                yield from self._addresses(host)

    def _ask(self, name: str, rdtype: str, families: tuple[str, ...]) -> Evaluation[tuple[str, ...]]:
        answer = yield Query(name=name, rdtype=rdtype)
        if not answer.is_definite:
            self.unanswered.append(f"{name} {rdtype}")
        elif not answer.exists:
            for family in families:
                self.voids[family] += 1
        return answer.values
