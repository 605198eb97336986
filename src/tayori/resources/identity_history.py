"""How the statuses of an identity, of its DKIM and of its MAIL FROM domain came to be what they are.

Owns the rows: the newest of each identity are kept, however often its records come and go. Written with the change
itself, in the same transaction; what leaves every status as it was writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from tayori.model.identity import ErrorType, VerificationStatus
from tayori.model.identity_notice import Subject
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.identity_tables import identity_changes
from tayori.store.tables import storable, to_micros

KEPT = 100  # of one identity
_columns = identity_changes.c
# Past the settings' revision: nothing that sending depends on is in these rows.
_NOTE = Hot(
    "INSERT INTO identity_changes (account_id, region, identity, ordinal, at, subject, before, after, cause,"
    " record_name, record_type, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FORGET = Hot("DELETE FROM identity_changes WHERE account_id = ? AND region = ? AND identity = ? AND ordinal <= ?")


class Cause(StrEnum):
    FOUND = "found"  # the records are in place
    MISSING = "missing"  # the DNS answered, and a record is not there or is another
    SILENT = "silent"  # the DNS did not answer
    NO_PARENT = "no-parent"  # the identity follows one in another region, which there is not
    LINK = "link"  # the link in the mail was opened
    LINK_EXPIRED = "link-expired"
    AGAIN = "again"  # somebody had the search begin anew
    CHANGED = "changed"  # the setting was changed, so that other records are looked for
    ASSUMED = "assumed"  # taken for verified without a proof, in the rehearsal


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    at: datetime
    subject: Subject
    before: VerificationStatus
    after: VerificationStatus
    cause: Cause
    record_name: str | None = None
    record_type: str | None = None
    error: ErrorType | None = None


def note(tx: Tx, account_id: str, region: str, name: str, changes: Sequence[Change]) -> None:
    """Keep what changed, and no more than the newest."""
    if not changes:
        return
    last = tx.execute(sa.select(sa.func.max(_columns.ordinal)).where(*_key(account_id, region, name))).scalar_one() or 0
    place = account_id, region, storable(name)
    tx.hot(_NOTE, [(*place, ordinal, *_row(one)) for ordinal, one in enumerate(changes, last + 1)])
    tx.hot(_FORGET, [(*place, last + len(changes) - KEPT)])


def became(
    tx: Tx,
    account_id: str,
    region: str,
    name: str,
    cause: Cause,
    changes: Mapping[Subject, tuple[VerificationStatus, VerificationStatus]],
) -> None:
    """Statuses changed for a cause that no record tells of: (before, after) by what they are of."""
    made = [
        Change(at=tx.now, subject=subject, before=before, after=after, cause=cause)
        for subject, (before, after) in changes.items()
        if before is not after
    ]
    note(tx, account_id, region, name, made)


def of_identity(tx: Tx, account_id: str, region: str, name: str) -> list[Change]:
    """The newest first."""
    query = sa.select(identity_changes).where(*_key(account_id, region, name)).order_by(_columns.ordinal.desc())
    return [
        Change(
            at=row.at,
            subject=Subject(row.subject),
            before=VerificationStatus(row.before),
            after=VerificationStatus(row.after),
            cause=Cause(row.cause),
            record_name=row.record_name,
            record_type=row.record_type,
            error=ErrorType(row.error) if row.error else None,
        )
        for row in tx.execute(query)
    ]


def forget(tx: Tx, account_id: str, region: str, name: str) -> None:
    tx.execute(identity_changes.delete().where(*_key(account_id, region, name)))


def _row(change: Change) -> tuple[object, ...]:
    record = change.record_name, change.record_type, change.error
    return to_micros(change.at), change.subject, change.before, change.after, change.cause, *record


def _key(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _columns.account_id == account_id, _columns.region == region, _columns.identity == storable(name)
