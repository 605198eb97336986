"""Requests for production access: the operator's inbox of them, and what was asked and decided in one account.

Owns both looks and the rows of the second. How the matter stands is `resources.accounts`'s, which notes each step here
in the transaction that takes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import account_regions, accounts, from_micros, storable, to_micros

MOST_STEPS = 100
_PENDING = "PENDING"
_NOTE = Hot(
    "INSERT INTO review_steps (account_id, region, at, kind, case_id, reason, max_24_hour, max_rate)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, region, at) DO NOTHING"
)
_STEPS = Hot(
    "SELECT at, kind, case_id, reason, max_24_hour, max_rate FROM review_steps"
    " WHERE account_id = ? AND region = ? ORDER BY at DESC LIMIT ?"
)


class StepKind(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"  # or other quotas than before
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    at: datetime
    kind: StepKind
    case_id: str
    reason: str
    max_24_hour: int | None
    max_rate: float | None


def note(
    tx: Tx,
    account_id: str,
    region: str,
    kind: StepKind,
    *,
    case_id: str | None,
    reason: str = "",
    quota: tuple[int, float] | None = None,
) -> None:
    at, (daily, rate) = to_micros(tx.now), quota or (None, None)
    while not tx.hot(_NOTE, [(account_id, region, at, kind, case_id or "", storable(reason), daily, rate)]):
        at += 1  # several in one transaction


def history(tx: Tx, account_id: str, region: str) -> list[Step]:
    """The latest steps, the last one first."""
    return [
        Step(at=from_micros(at), kind=StepKind(kind), case_id=case_id, reason=reason, max_24_hour=daily, max_rate=rate)
        for at, kind, case_id, reason, daily, rate in tx.hot_rows(_STEPS, (account_id, region, MOST_STEPS))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An account that has asked, in one region."""

    account_id: str
    name: str
    region: str
    status: str
    case_id: str | None
    reason: str | None
    details: Mapping[str, Any] | None
    production_access: bool
    max_24_hour: int
    max_rate: float

    @property
    def place(self) -> str:
        """Behind which a list goes on."""
        return f"{_rank(self.status)}/{self.account_id}/{self.region}"


def _rank(status: str) -> int:
    """Those who wait come first."""
    return 0 if status == _PENDING else 1


def page(tx: Tx, *, is_open: bool | None = None, behind: str = "", limit: int) -> tuple[list[Review], str | None]:
    """Those who wait first, and behind which to go on; None for `is_open` is all."""
    table = account_regions.c
    rank = sa.case((table.review_status == _PENDING, 0), else_=1)
    conditions: list[sa.ColumnElement[bool]] = [table.review_status.is_not(None)]
    if is_open is not None:
        conditions.append(table.review_status == _PENDING if is_open else table.review_status != _PENDING)
    if behind:
        conditions.append(_comes_after(rank, behind.split("/", 2)))
    query = (
        sa.select(account_regions, accounts.c.name)
        .join(accounts, accounts.c.account_id == table.account_id)
        .where(*conditions)
        .order_by(rank, table.account_id, table.region)
        .limit(limit + 1)
    )
    found = [_review(row) for row in tx.execute(query)]
    return found[:limit], found[limit - 1].place if len(found) > limit else None


def _comes_after(rank: sa.ColumnElement[int], place: Sequence[str]) -> sa.ColumnElement[bool]:
    where, account_id, region = (*place, "", "")[:3]
    table = account_regions.c
    first = 0 if where == "0" else 1
    same_account = sa.and_(table.account_id == account_id, table.region > region)
    return sa.or_(rank > first, sa.and_(rank == first, sa.or_(table.account_id > account_id, same_account)))


def waiting(tx: Tx) -> int:
    """How many wait for an operator."""
    query = sa.select(sa.func.count()).select_from(account_regions).where(account_regions.c.review_status == _PENDING)
    return int(tx.execute(query).scalar_one())


def _review(row: Any) -> Review:
    return Review(
        account_id=row.account_id,
        name=row.name,
        region=row.region,
        status=row.review_status,
        case_id=row.review_case,
        reason=row.review_reason,
        details=row.details,
        production_access=row.production_access,
        max_24_hour=row.max_24_hour,
        max_rate=row.max_rate,
    )
