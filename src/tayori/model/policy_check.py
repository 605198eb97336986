"""A domain's MTA-STS, TLS-RPT and BIMI records: what stands there, and whether receivers will heed it.

Owns the judgement of the DNS side. The MTA-STS policy file and the BIMI logo are not fetched: their host is the
customer's own web server, and this service asks no address that a stranger's zone names. Pure: questions are yielded.
"""

from dataclasses import dataclass
from enum import StrEnum

from tayori.mail.answer import Answer, Evaluation, Query
from tayori.mail.dmarc import DmarcPolicy, DmarcRecord
from tayori.mail.policy_records import (
    BimiRecord,
    PolicyKind,
    PolicySyntaxError,
    parse,
    place_of,
    select,
)


class PolicyVerdict(StrEnum):
    ABSENT = "absent"  # none of them is needed to send
    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # the DNS did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """`notes` are keys of the catalogue: what is wrong, and what was not looked at."""

    kind: PolicyKind
    name: str
    verdict: PolicyVerdict
    found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def examine(domain: str, dmarc: DmarcRecord | None) -> Evaluation[tuple[PolicyFinding, ...]]:
    """All three. `dmarc` is the policy that holds for the domain: BIMI asks for an enforced one."""
    findings = []
    for kind in PolicyKind:
        answer = yield Query(name=place_of(kind, domain), rdtype="TXT")
        finding = _judge(kind, answer, dmarc)
        if kind is PolicyKind.MTA_STS and finding.verdict is PolicyVerdict.OK:
            finding = yield from _with_policy_host(finding, domain)
        findings.append(finding)
    return tuple(findings)


def _judge(kind: PolicyKind, answer: Answer, dmarc: DmarcRecord | None) -> PolicyFinding:
    records = select(kind, answer.values)
    notes: tuple[str, ...] = ()
    if not answer.is_definite:
        verdict = PolicyVerdict.UNKNOWN
    elif not records:
        notes = ("unrelated",) if answer.values else ()
        verdict = PolicyVerdict.ABSENT
    else:
        notes = ("several",) if len(records) > 1 else _notes(kind, records[0], dmarc)
        verdict = PolicyVerdict.OK if all(note in _HARMLESS for note in notes) else PolicyVerdict.BROKEN
    return PolicyFinding(kind=kind, name=answer.name, verdict=verdict, found=records or answer.values, notes=notes)


_HARMLESS = frozenset({"declined", "no-certificate", "file-not-fetched"})


def _notes(kind: PolicyKind, text: str, dmarc: DmarcRecord | None) -> tuple[str, ...]:
    try:
        record = parse(kind, text)
    except PolicySyntaxError as error:
        return (str(error),)
    if not isinstance(record, BimiRecord):
        return ()
    if record.is_declined:
        return ("declined",)
    notes = [] if record.authority else ["no-certificate"]
    return tuple(notes if _is_enforced(dmarc) else [*notes, "dmarc-not-enforced"])


def _is_enforced(dmarc: DmarcRecord | None) -> bool:
    """BIMI wants the whole mail of the organisation under quarantine or reject."""
    if dmarc is None or dmarc.percent < 100 or dmarc.is_testing:
        return False
    return DmarcPolicy.NONE not in (dmarc.policy, dmarc.subdomain_policy)


def _with_policy_host(finding: PolicyFinding, domain: str) -> Evaluation[PolicyFinding]:
    """The file is fetched from mta-sts.<domain> (RFC 8461 3.3): a name without address has none."""
    ipv4 = yield Query(name=f"mta-sts.{domain}", rdtype="A")
    ipv6 = yield Query(name=f"mta-sts.{domain}", rdtype="AAAA")
    answers = (ipv4, ipv6)
    notes: tuple[str, ...]
    if any(answer.exists for answer in answers) or not all(answer.is_definite for answer in answers):
        notes, verdict = ("file-not-fetched",), finding.verdict
    else:
        notes, verdict = ("no-policy-host",), PolicyVerdict.BROKEN
    return PolicyFinding(kind=finding.kind, name=finding.name, verdict=verdict, found=finding.found, notes=notes)
