"""What a domain's DNS administrator is asked to change: every record as it shall stand, beside what stands there now.

Owns the one plan that the hand-over document, the machine forms (zone file, Terraform …) and the console show, so that
none can differ from another. Pure: whoever makes a plan has asked the DNS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.dmarc import is_dmarc_record, is_readable
from tayori.model import spf_advice
from tayori.model.identity import Verdict
from tayori.model.proof import ExpectedRecord, Purpose, judge

# Seconds. Long enough to be kind to name servers, short enough that a mistake is over within the hour.
RECORD_TTL = 3600


class Change(StrEnum):
    """What has to be done at one name for one type."""

    ADD = "add"  # nothing of this type stands there
    REPLACE = "replace"  # what stands there is in the way
    MERGE = "merge"  # what stands there stays, with something added (SPF, other TXT records)
    NONE = "none"  # it is in place
    UNKNOWN = "unknown"  # the DNS could not be asked


class Necessity(StrEnum):
    REQUIRED = "required"  # without it mail is not sent, or not signed
    RECOMMENDED = "recommended"  # without it mail is sent, and trusted less
    OPTIONAL = "optional"  # without it mail is sent and trusted just the same


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecord:
    """One record set. `wanted` is all that shall stand at `name` for `rdtype` after the change, as in Answer.values.

    `own` is the part of it that we ask for; `present` is what stands there now. `notes` are keys of sentences for the
    administrator, such as `spf.plus-all` (see SpfNote).
    """

    purpose: Purpose
    name: str  # full, without a final dot
    rdtype: str
    own: str
    wanted: tuple[str, ...]
    present: tuple[str, ...]
    change: Change
    necessity: Necessity
    ttl: int = RECORD_TTL
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPlan:
    """All records of one identity. `zone` is the zone they are registered in: the domain itself, or a parent of it."""

    domain: str
    zone: str
    account_id: str
    region: str
    service_domain: str
    mail_from_domain: str | None
    records: tuple[PlannedRecord, ...]
    made_at: datetime

    @property
    def is_complete(self) -> bool:
        return all(record.change is Change.NONE for record in self.records)


_NECESSITIES = {
    Purpose.DKIM: Necessity.REQUIRED,
    Purpose.OWNERSHIP: Necessity.REQUIRED,
    Purpose.MAIL_FROM_MX: Necessity.REQUIRED,
    Purpose.DKIM_ED25519: Necessity.OPTIONAL,
    Purpose.TRACKING: Necessity.OPTIONAL,
}


def planned(expected: ExpectedRecord, answer: Answer) -> PlannedRecord:
    """The record set that shall stand at a record's name, given what stands there."""
    present = answer.values if answer.status is AnswerStatus.FOUND else ()
    notes: tuple[str, ...] = ()
    if expected.purpose is Purpose.MAIL_FROM_SPF and answer.is_definite:
        change, wanted, notes = _spf_change(expected, present)
    elif expected.purpose is Purpose.DMARC and answer.is_definite:
        change, wanted, notes = _dmarc_change(expected, present)
    else:
        change, wanted = _change(expected, answer, present)
    return PlannedRecord(
        purpose=expected.purpose,
        name=expected.name,
        rdtype=expected.rdtype,
        own=expected.value,
        wanted=wanted,
        present=present,
        change=change,
        necessity=_NECESSITIES.get(expected.purpose, Necessity.RECOMMENDED),
        notes=notes,
    )


def _spf_change(expected: ExpectedRecord, present: tuple[str, ...]) -> tuple[Change, tuple[str, ...], tuple[str, ...]]:
    """SPF is one record (RFC 7208 4.5): ours is merged into the one that stands there, at its place among the others.

    Records that cannot be merged into are replaced by one that a person has to look at; the notes say so.
    """
    merged = spf_advice.merge(present, expected.value)
    notes = tuple(f"spf.{note}" for note in merged.notes)
    if merged.is_in_place:
        return Change.NONE, present, notes
    if not present:
        return Change.ADD, (merged.after,), notes
    wanted = [merged.after if value in merged.before else value for value in present]
    if not merged.before:
        wanted.append(merged.after)
    change = Change.REPLACE if merged.is_refused else Change.MERGE
    return change, tuple(dict.fromkeys(wanted)), notes


def _dmarc_change(
    expected: ExpectedRecord, present: tuple[str, ...]
) -> tuple[Change, tuple[str, ...], tuple[str, ...]]:
    """One policy that can be read is left alone. Of several, which receivers discard (RFC 7489 6.6.3), one stays."""
    records = tuple(value for value in present if is_dmarc_record(value))
    readable = tuple(value for value in records if is_readable(value))
    if len(records) == len(readable) == 1:
        return Change.NONE, present, ()
    if not present:
        return Change.ADD, (expected.value,), ()
    others = tuple(value for value in present if value not in records)
    wanted = (*others, readable[0] if readable else expected.value)
    return (Change.REPLACE, wanted, ("dmarc.found.permerror",)) if records else (Change.MERGE, wanted, ())


def _change(expected: ExpectedRecord, answer: Answer, present: tuple[str, ...]) -> tuple[Change, tuple[str, ...]]:
    if not answer.is_definite:
        return Change.UNKNOWN, (expected.value,)
    if judge(expected, answer).verdict is Verdict.MATCHED:
        return Change.NONE, present
    if not present:
        return Change.ADD, (expected.value,)
    if expected.rdtype == "TXT" and expected.purpose is not Purpose.DKIM:
        others = tuple(value for value in present if value != expected.value)
        return Change.MERGE, (*others, expected.value)
    return Change.REPLACE, (expected.value,)


def records_of(
    expected: Sequence[ExpectedRecord], answers: Mapping[tuple[str, str], Answer]
) -> tuple[PlannedRecord, ...]:
    """The plan's records; `answers` by (name, type)."""
    return tuple(planned(record, answers[record.name, record.rdtype]) for record in expected)
