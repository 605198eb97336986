"""The account's suppression list: addresses that get no more mail, and why.

The domain of an address is compared without case, its local part with case (ses: probed). Written from the hot path
too, when a receiver says that an address does not exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.mail.address import AddressError, AddrSpec
from tayori.model.errors import Invalid, Kind, NoProductionAccess, NotFound
from tayori.resources import accounts
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import suppressed_destinations, to_micros

REASONS = ("BOUNCE", "COMPLAINT")
_LOOKUP_AT_ONCE = 50
_LOOKED_AT = 5000  # entries, for one page of a list that is narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedDestination:
    address: str
    reason: str
    updated_at: datetime
    message_id: str | None = None
    feedback_id: str | None = None


_ADD = Hot(
    "INSERT INTO suppressed_destinations"
    " (account_id, region, address, reason, message_id, feedback_id, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (account_id, region, address) DO NOTHING"
)
_REPLACE = Hot(
    "INSERT INTO suppressed_destinations"
    " (account_id, region, address, reason, message_id, feedback_id, updated_at) VALUES (?, ?, ?, ?, NULL, NULL, ?)"
    " ON CONFLICT (account_id, region, address) DO UPDATE SET reason = excluded.reason, message_id = NULL,"
    " feedback_id = NULL, updated_at = excluded.updated_at"
)
_REMOVE = Hot("DELETE FROM suppressed_destinations WHERE account_id = ? AND region = ? AND address = ?")
_FIND = {
    count: Hot(
        "SELECT address, reason FROM suppressed_destinations WHERE account_id = ? AND region = ?"
        f" AND address IN ({', '.join('?' * count)})"
    )
    for count in (1, 2, 5, 10, _LOOKUP_AT_ONCE)
}


def add_from_feedback(tx: Tx, rows: Iterable[tuple[str, str, str, str, str]], feedback_id: str = "") -> None:
    """(account id, region, address, reason, message id) of addresses that feedback condemns. Existing entries stay.

    `feedback_id` is that of the event; the message's own where the receiver said so at once.
    """
    now = to_micros(tx.now)
    tx.hot(_ADD, [(*row, feedback_id or row[4], now) for row in rows])


def reasons(tx: Tx, account_id: str, region: str, addresses: Sequence[str]) -> dict[str, str]:
    """The reason of each of `addresses` that is on the list."""
    found: dict[str, str] = {}
    for start in range(0, len(addresses), _LOOKUP_AT_ONCE):
        part = list(addresses[start : start + _LOOKUP_AT_ONCE])
        size = next(count for count in _FIND if count >= len(part))
        # Padding with the last address keeps the number of different statements, and so of prepared ones, small.
        part += [part[-1]] * (size - len(part))
        found.update({row[0]: row[1] for row in tx.hot_rows(_FIND[size], (account_id, region, *part))})
    return found


def require_production(tx: Tx, account_id: str, region: str) -> None:
    """In the sandbox the list is not managed by hand (ses: moving out of the sandbox). Raises NoProductionAccess."""
    if not accounts.get(tx, account_id, region).production_access:
        raise NoProductionAccess("The suppression list can be changed only by accounts with production access.")


def put(tx: Tx, account_id: str, region: str, address: str, reason: str) -> None:
    """Put an address onto the list, whatever is known of it there."""
    if reason not in REASONS:
        raise Invalid(f"Reason {reason} is invalid, must be one of [BOUNCE, COMPLAINT].")
    try:
        parsed = AddrSpec.parse(address.strip())
    except AddressError as error:
        raise Invalid(str(error)) from error
    put_all(tx, account_id, region, [(str(parsed), reason)])


def put_all(tx: Tx, account_id: str, region: str, entries: Sequence[tuple[str, str]]) -> None:
    """(address, reason) of addresses as they stand on the list. Existing entries are replaced."""
    now = to_micros(tx.now)
    tx.hot(_REPLACE, [(account_id, region, address, reason, now) for address, reason in entries])


def remove_all(tx: Tx, account_id: str, region: str, addresses: Sequence[str]) -> None:
    """Those that are on the list."""
    tx.hot(_REMOVE, [(account_id, region, address) for address in addresses])


def get(tx: Tx, account_id: str, region: str, address: str) -> SuppressedDestination:
    listed = _listed_as(address)
    row = tx.execute(sa.select(suppressed_destinations).where(*_key(account_id, region, listed))).first()
    if row is None:
        raise _missing(listed)
    return _from_row(row)


def delete(tx: Tx, account_id: str, region: str, address: str) -> None:
    listed = _listed_as(address)
    if not tx.hot(_REMOVE, [(account_id, region, listed)]):
        raise _missing(listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`rest` is the address behind which to go on, and None at the end of the list."""

    entries: list[SuppressedDestination]
    rest: str | None


def page(
    tx: Tx,
    account_id: str,
    region: str,
    *,
    wanted_reasons: Sequence[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
    after: str = "",
    limit: int,
    rows: int = _LOOKED_AT,
) -> Page:
    """Entries in the order of their addresses, from the first one behind `after`; at most `rows` are looked at.

    So a page may have few, or none, though others follow.
    """
    table = suppressed_destinations.c
    mine = table.account_id == account_id, table.region == region, table.address > after
    looked_at = sa.select(suppressed_destinations).where(*mine).order_by(table.address).limit(rows).subquery()
    conditions: list[sa.ColumnElement[bool]] = [looked_at.c.reason.in_(wanted_reasons)] if wanted_reasons else []
    conditions += [looked_at.c.updated_at >= start] if start is not None else []
    conditions += [looked_at.c.updated_at <= end] if end is not None else []
    query = sa.select(looked_at).where(*conditions).order_by(looked_at.c.address).limit(limit + 1)
    found = [_from_row(row) for row in tx.execute(query)]
    if len(found) > limit:
        return Page(entries=found[:limit], rest=found[limit - 1].address)
    last = tx.execute(sa.select(table.address).where(*mine).order_by(table.address).offset(rows - 1).limit(2)).all()
    return Page(entries=found, rest=last[0].address if len(last) > 1 else None)


def _from_row(row: sa.Row[tuple[object, ...]]) -> SuppressedDestination:
    values = row._mapping
    return SuppressedDestination(
        address=values["address"],
        reason=values["reason"],
        updated_at=values["updated_at"],
        message_id=values["message_id"],
        feedback_id=values["feedback_id"],
    )


def _listed_as(address: str) -> str:
    """How `address` would stand on the list. What is no address cannot be on it."""
    try:
        return str(AddrSpec.parse(address.strip()))
    except AddressError as error:
        raise _missing(address) from error


def _missing(address: str) -> NotFound:
    return NotFound(f"Email address {address} does not exist on your suppression list.", Kind.SUPPRESSED_DESTINATION)


def _key(account_id: str, region: str, address: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = suppressed_destinations.c
    return table.account_id == account_id, table.region == region, table.address == address
