"""The DNS tree walk of RFC 9989 4.10, which replaced the list of public suffixes in DMARC.

Owns the walk and what it finds: the organisational domain, and the record that holds for a domain. Beside
`dmarc.discover`, which does the same as RFC 7489 says; who shows both tells an owner what either kind of receiver does.
"""

from dataclasses import dataclass
from typing import Final

from tayori.mail.answer import Evaluation, Query
from tayori.mail.dmarc import DmarcRecord, DmarcSyntaxError, SuffixDomain, is_dmarc_record, parse_record

_MAX_QUERIES: Final = 8
_LABELS_AFTER_SKIP: Final = 7  # 4.10: of a longer name the labels between are passed over


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What the walk from a domain upwards came to. `record` is None where no policy holds for the domain."""

    organisational_domain: str
    policy_domain: str = ""
    record: DmarcRecord | None = None
    unanswered: tuple[str, ...] = ()


def walk(domain: str) -> Evaluation[Walked]:
    """Ask from the domain to the top-level domain, eight times at the most."""
    found: dict[str, DmarcRecord] = {}
    unanswered = []
    for name in _names(domain):
        answer = yield Query(name=f"_dmarc.{name}", rdtype="TXT")
        if not answer.is_definite:
            unanswered.append(answer.name)
            continue
        record = _only_record(answer.values)
        if record is None:
            continue
        found[name] = record
        if record.suffix_domain is SuffixDomain.NO or (record.suffix_domain is SuffixDomain.YES and name != domain):
            break
    organisation = _organisation(domain, found)
    policy_domain = next((name for name in (domain, organisation, *list(found)[-1:]) if name in found), "")
    return Walked(
        organisational_domain=organisation,
        policy_domain=policy_domain,
        record=found.get(policy_domain),
        unanswered=tuple(unanswered),
    )


def _names(domain: str) -> list[str]:
    labels = domain.split(".")
    start = max(1, len(labels) - _LABELS_AFTER_SKIP)
    return [domain, *(".".join(labels[at:]) for at in range(start, len(labels)))][:_MAX_QUERIES]


def _only_record(values: tuple[str, ...]) -> DmarcRecord | None:
    """Several records are discarded as if there were none (4.10)."""
    records = [text for text in values if is_dmarc_record(text)]
    if len(records) != 1:
        return None
    try:
        return parse_record(records[0])
    except DmarcSyntaxError:
        return None


def _organisation(domain: str, found: dict[str, DmarcRecord]) -> str:
    """4.10.2: where psd=n stands; one label below psd=y; else the highest name that has a record."""
    for name, record in found.items():
        if record.suffix_domain is SuffixDomain.NO:
            return name
        if record.suffix_domain is SuffixDomain.YES and name != domain:
            return ".".join(domain.split(".")[-(name.count(".") + 2) :])
    return list(found)[-1] if found else domain
