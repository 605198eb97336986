"""What operators have noted of their enrolments in feedback loops, and who was warned of silence.

Owns those rows. A note is all it is: whether a provider really reports is proved by a report alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from tayori.model.errors import Invalid
from tayori.model.loop_coverage import Enrolments, EnrolmentState
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.feedback_tables import feedback_enrolments, feedback_warnings
from tayori.store.tables import storable

_LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """`name` is a provider's or a collector's; `domain` is whose mail it covers, "" for all."""

    name: str
    domain: str
    state: EnrolmentState
    since: date
    note: str
    changed_at: datetime


def put(tx: Tx, name: str, domain: str, state: EnrolmentState, *, since: date, note: str | None) -> Enrolment:
    """Note it, over what was noted before; a note that is not given is left as it was."""
    if note is not None and len(note) > _LONGEST_NOTE:
        raise Invalid(f"A note has at most {_LONGEST_NOTE} characters.")
    known = all_of(tx).get((name, domain))
    kept = note if note is not None else known.note if known else ""
    values = {"state": state, "since": since.isoformat(), "note": storable(kept), "changed_at": tx.now}
    statement = upsert(tx.engine, feedback_enrolments, changes=list(values))
    tx.execute(statement.values(name=name, domain=domain, **values))
    return all_of(tx)[name, domain]


def forget(tx: Tx, name: str, domain: str) -> None:
    table = feedback_enrolments.c
    tx.execute(feedback_enrolments.delete().where(table.name == name, table.domain == domain))


def all_of(tx: Tx) -> Mapping[tuple[str, str], Enrolment]:
    """By name and domain."""
    table = feedback_enrolments.c
    return {
        (row.name, row.domain): Enrolment(
            name=row.name,
            domain=row.domain,
            state=EnrolmentState(row.state),
            since=date.fromisoformat(row.since),
            note=row.note,
            changed_at=row.changed_at,
        )
        for row in tx.execute(sa.select(feedback_enrolments).order_by(table.name, table.domain))
    }


def enrolments(tx: Tx) -> Enrolments:
    return Enrolments({key: one.state for key, one in all_of(tx).items()})


def warn_once(tx: Tx, account_id: str, region: str, subject: str) -> bool:
    """Whether a warning is due: true once for each subject."""
    table = feedback_warnings.c
    key = table.account_id == account_id, table.region == region, table.subject == subject
    if tx.execute(sa.select(table.subject).where(*key)).first() is not None:
        return False
    values = {"account_id": account_id, "region": region, "subject": subject, "warned_at": tx.now}
    tx.execute(feedback_warnings.insert().values(**values))
    return True
