"""A domain's MTA-STS, TLS-RPT and BIMI records: what stands there, and whether receivers will heed it.

Owns the judgement. Pure: questions are yielded; the MTA-STS policy file and the BIMI logo are handed in by whoever
fetched them. The certificate of a logo is not looked at, and the words say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tayori.mail import bimi_logo
from tayori.mail.answer import Answer, Evaluation, Query
from tayori.mail.dmarc import DmarcPolicy, DmarcRecord
from tayori.mail.mta_sts import MtaStsMode, MtaStsPolicy, MtaStsSyntaxError, parse_policy
from tayori.mail.policy_records import (
    BimiRecord,
    PolicyKind,
    PolicySyntaxError,
    TlsReportingRecord,
    parse,
    place_of,
    select,
)


class PolicyVerdict(StrEnum):
    ABSENT = "absent"  # none of them is needed to send
    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # no answer, from the DNS or from the host of the policy


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """`notes` are keys of the catalogue: what is wrong, and what was not looked at. `places` is for their sentences.

    `policy` is what an MTA-STS policy file says.
    """

    kind: PolicyKind
    name: str
    verdict: PolicyVerdict
    found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    policy: MtaStsPolicy | None = None

    @property
    def awaits_file(self) -> bool:
        """Whether the DNS side of MTA-STS is in order, and the policy file is what remains to be seen."""
        return _NOT_FETCHED in self.notes

    @property
    def logo(self) -> str:
        """Where the BIMI logo is that remains to be looked at; "" where there is none."""
        if _LOGO_NOT_FETCHED not in self.notes:
            return ""
        record = parse(self.kind, self.found[0])
        return record.location if isinstance(record, BimiRecord) else ""


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


_NOT_FETCHED = "file-not-fetched"
_LOGO_NOT_FETCHED = "logo-not-fetched"
_HARMLESS = frozenset(
    {"declined", "no-certificate", "certificate-not-checked", _NOT_FETCHED, _LOGO_NOT_FETCHED}
    | {"logo-unreached", "logo-redirected", "svg-large", "svg-not-square"}
)
_NO_PROOF = frozenset({"file-unreachable", "file-too-slow"})  # it may be the way from here
_SHORT_SECONDS = 86_400
_SHOWN_HOSTS = 10


def _notes(kind: PolicyKind, text: str, dmarc: DmarcRecord | None) -> tuple[str, ...]:
    try:
        record = parse(kind, text)
    except PolicySyntaxError as error:
        return (str(error),)
    if not isinstance(record, BimiRecord):
        return ()
    if record.is_declined:
        return ("declined",)
    notes = [_LOGO_NOT_FETCHED] if record.location else []
    notes.append("certificate-not-checked" if record.authority else "no-certificate")
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
        notes, verdict = (_NOT_FETCHED,), finding.verdict
    else:
        notes, verdict = ("no-policy-host",), PolicyVerdict.BROKEN
    return PolicyFinding(kind=finding.kind, name=finding.name, verdict=verdict, found=finding.found, notes=notes)


def proposing(finding: PolicyFinding, reports_to: str) -> PolicyFinding:
    """With TLS-RPT, the record by which reports come to `reports_to`, too, where the one that stands there does not ask
    for it. The verdict stays: nobody needs reports.
    """
    address = f"mailto:{reports_to}"
    if finding.kind is not PolicyKind.TLS_RPT or finding.verdict not in (PolicyVerdict.ABSENT, PolicyVerdict.OK):
        return finding
    record = parse(finding.kind, finding.found[0]) if finding.verdict is PolicyVerdict.OK else None
    known = record.rua if isinstance(record, TlsReportingRecord) else ()
    if address.lower() in (uri.lower() for uri in known):
        return finding
    note = "tls-rpt-elsewhere" if known else "tls-rpt-proposed"
    proposed = f"v=TLSRPTv1; rua={','.join((*known, address))}"
    return replace(finding, notes=(*finding.notes, note), places={"record": proposed})


def without_policy_file(finding: PolicyFinding, why: str, detail: str) -> PolicyFinding:
    """The finding once the file could not be fetched; `why` is a key of the catalogue."""
    verdict = PolicyVerdict.UNKNOWN if why in _NO_PROOF else PolicyVerdict.BROKEN
    return replace(finding, verdict=verdict, notes=(why,), places={"detail": detail or "-"})


_LOGO_TROUBLE = {
    "file-not-found": "logo-not-found",
    "file-not-text": "logo-not-svg",
    "file-too-large": "logo-too-large",
    "file-redirected": "logo-redirected",
}


def without_logo(finding: PolicyFinding, why: str, detail: str) -> PolicyFinding:
    """The finding once the logo could not be fetched; `why` is the fetcher's word."""
    note = _LOGO_TROUBLE.get(why, "logo-unreached")
    return _with_logo_notes(finding, (note,), detail or why.removeprefix("file-"))


def with_logo(finding: PolicyFinding, content: bytes) -> PolicyFinding:
    """The finding once the logo was looked at."""
    return _with_logo_notes(finding, bimi_logo.examine(content) or ("logo-in-order",), "")


def _with_logo_notes(finding: PolicyFinding, notes: tuple[str, ...], detail: str) -> PolicyFinding:
    others = tuple(note for note in finding.notes if note != _LOGO_NOT_FETCHED)
    is_broken = any(note not in _HARMLESS and note != "logo-in-order" for note in (*notes, *others))
    verdict = PolicyVerdict.BROKEN if is_broken else finding.verdict
    return replace(finding, verdict=verdict, notes=(*notes, *others), places={"detail": detail or "-"})


def with_policy_file(finding: PolicyFinding, content: bytes, domain: str, mx: Answer) -> PolicyFinding:
    """The finding once the file was read. Its patterns must cover the hosts that take the domain's mail."""
    try:
        policy = parse_policy(content)
    except MtaStsSyntaxError as error:
        return replace(finding, verdict=PolicyVerdict.BROKEN, notes=(str(error),))
    uncovered = policy.uncovered(_hosts(domain, mx)) if policy.mode is not MtaStsMode.NONE else ()
    notes = [f"policy-mode-{policy.mode}"]
    if policy.max_age < _SHORT_SECONDS and policy.mode is not MtaStsMode.NONE:
        notes.append("policy-short-max-age")
    if uncovered:
        notes.append("policy-mx-not-covered")
    return replace(
        finding,
        verdict=PolicyVerdict.BROKEN if uncovered else PolicyVerdict.OK,
        notes=tuple(notes),
        places={"hosts": ", ".join(uncovered[:_SHOWN_HOSTS])},
        policy=policy,
    )


def _hosts(domain: str, mx: Answer) -> tuple[str, ...]:
    """By MX, or the domain itself where it has none (RFC 5321 5.1); nobody for a null MX (RFC 7505)."""
    if not mx.is_definite:
        return ()
    hosts = tuple(value.partition(" ")[2] for value in mx.values) if mx.exists else (domain,)
    return tuple(host for host in hosts if host not in ("", "."))
