"""Contacts in rows: who is on a list, and what each wants of it.

A list may have a million: it is read by index, page by page, and never counted. The address is compared without case.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tayori.model.contact_list import (
    NOTHING_SAID,
    Filter,
    ListOption,
    Preferences,
    Status,
    check_address,
    check_attributes,
    folded,
)
from tayori.model.errors import AlreadyExists, Invalid, Kind, NotFound
from tayori.model.job import ImportAction, ImportRecord
from tayori.resources import contact_lists
from tayori.resources.contact_lists import ContactList
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable, to_micros

MOST_LOOKED_AT = 2_000  # contacts, for one page of a filtered list

COLUMNS = "address, unsubscribed, chosen, attributes, created_at, updated_at"
_INSERT = Hot(
    f"INSERT INTO contacts (account_id, list_id, folded, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (account_id, list_id, folded) DO NOTHING"
)
_PUT = Hot(
    f"INSERT INTO contacts (account_id, list_id, folded, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (account_id, list_id, folded) DO UPDATE SET unsubscribed = excluded.unsubscribed,"
    " chosen = excluded.chosen, attributes = excluded.attributes, updated_at = excluded.updated_at"
)
_GET = Hot(f"SELECT {COLUMNS} FROM contacts WHERE account_id = ? AND list_id = ? AND folded = ?")
_DELETE = Hot("DELETE FROM contacts WHERE account_id = ? AND list_id = ? AND folded = ?")
_PAGE = Hot(
    f"SELECT {COLUMNS} FROM contacts WHERE account_id = ? AND list_id = ? AND folded > ? ORDER BY folded LIMIT ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    address: str
    wants: Preferences = NOTHING_SAID
    attributes: str | None = None
    created_at: datetime
    updated_at: datetime


def create(
    tx: Tx,
    contact_list: ContactList,
    address: str,
    *,
    chosen: Mapping[str, Status],
    unsubscribed: bool,
    attributes: str | None,
) -> None:
    """Raises AlreadyExists, and Invalid."""
    made = _new(tx, contact_list, address, chosen, unsubscribed=unsubscribed, attributes=attributes)
    if tx.hot(_INSERT, [_row(contact_list, made)]) == 0:
        raise AlreadyExists(f"{address} already exists in List.", Kind.CONTACT)


def _new(
    tx: Tx,
    contact_list: ContactList,
    address: str,
    chosen: Mapping[str, Status],
    *,
    unsubscribed: bool = False,
    attributes: str | None = None,
) -> Contact:
    kept = check_address(address)
    for name in chosen:
        contact_list.topic(name)
    return Contact(
        address=kept,
        wants=Preferences(unsubscribed=unsubscribed, chosen=chosen),
        attributes=check_attributes(attributes),
        created_at=tx.now,
        updated_at=tx.now,
    )


def find(tx: Tx, contact_list: ContactList, address: str) -> Contact | None:
    rows = tx.hot_rows(_GET, (contact_list.account_id, contact_list.list_id, storable(folded(address))))
    return loaded(rows[0]) if rows else None


def get(tx: Tx, contact_list: ContactList, address: str) -> Contact:
    """Raises NotFound, and Invalid."""
    found = find(tx, contact_list, check_address(address))
    if found is None:
        raise _missing(address)
    return found


def update(
    tx: Tx,
    contact_list: ContactList,
    address: str,
    *,
    chosen: Mapping[str, Status],
    unsubscribed: bool,
    attributes: str | None,
) -> None:
    """Preferences are merged by topic; the rest is replaced, also by nothing (ses: probed)."""
    made = _new(tx, contact_list, address, chosen, unsubscribed=unsubscribed, attributes=attributes)
    known = get(tx, contact_list, address)
    wants = known.wants.merged(chosen, unsubscribed=unsubscribed)
    contact = replace(known, wants=wants, attributes=made.attributes, updated_at=tx.now)
    keep(tx, contact_list, contact)


def keep(tx: Tx, contact_list: ContactList, contact: Contact) -> None:
    """Write a contact, whether he is known or not."""
    tx.hot(_PUT, [_row(contact_list, contact)])


def delete(tx: Tx, contact_list: ContactList, address: str) -> None:
    """Raises NotFound, and Invalid."""
    key = contact_list.account_id, contact_list.list_id, folded(check_address(address))
    if tx.hot(_DELETE, [key]) == 0:
        raise _missing(address)


def page(
    tx: Tx, contact_list: ContactList, wanted: Filter, *, after: str, limit: int
) -> tuple[list[Contact], str | None]:
    """Up to `limit` contacts in the order of their addresses, from behind `after`, and behind which to go on.

    A bounded number of contacts is looked at, so a page may have fewer, or none, with more to come.
    """
    is_narrow = wanted.status is not None or wanted.topic is not None
    most = MOST_LOOKED_AT if is_narrow else limit + 1
    rows = tx.hot_rows(_PAGE, (contact_list.account_id, contact_list.list_id, after, most))
    found: list[Contact] = []
    for number, row in enumerate(rows):
        contact = loaded(row)
        if wanted.fits(contact.wants):
            found.append(contact)
        if len(found) == limit:
            return found, folded(contact.address) if number + 1 < len(rows) or len(rows) == most else None
    return found, folded(loaded(rows[-1]).address) if len(rows) == most else None


def checked(contact_list: ContactList, record: ImportRecord) -> ImportRecord:
    """A line of an import, with what is wrong with it for this list."""
    try:
        for name in record.contact.wants.chosen if record.contact else ():
            contact_list.topic(name)
    except Invalid as error:
        return ImportRecord(line=record.line, text=record.address, error=str(error))
    return record


def take_over(tx: Tx, contact_list: ContactList, action: ImportAction, lines: Iterable[ImportRecord]) -> None:
    """Do what the lines of an import say: put contacts, with what they want merged by topic, or delete them."""
    for line in lines:
        if action is ImportAction.DELETE:
            tx.hot(_DELETE, [(contact_list.account_id, contact_list.list_id, folded(line.address))])
        elif line.contact is not None:
            known = find(tx, contact_list, line.address) or Contact(
                address=line.address, created_at=tx.now, updated_at=tx.now
            )
            said = line.contact.wants
            wants = known.wants.merged(said.chosen, unsubscribed=said.unsubscribed)
            kept = replace(known, wants=wants, attributes=line.contact.attributes, updated_at=tx.now)
            keep(tx, contact_list, kept)


def opted_out(tx: Tx, account_id: str, region: str, option: ListOption, addresses: Iterable[str]) -> frozenset[str]:
    """Those who want no mail of this kind. Who is not on the list comes onto it (ses: subscription management).

    Raises NotFound and Invalid where the list or its topic is not there.
    """
    contact_list = contact_lists.get(tx, account_id, region, option.contact_list)
    topic = contact_list.topic(option.topic) if option.topic else None
    out: set[str] = set()
    for address in addresses:
        known = find(tx, contact_list, address)
        if known is None:
            tx.hot(_INSERT, [_row(contact_list, _new(tx, contact_list, address, {}))])
        if not (known.wants if known else NOTHING_SAID).gets(topic):
            out.add(address)
    return frozenset(out)


def _missing(address: str) -> NotFound:
    return NotFound(f"{address} doesn't exist in List.", Kind.CONTACT)


def _row(contact_list: ContactList, contact: Contact) -> tuple[Any, ...]:
    return (
        contact_list.account_id,
        contact_list.list_id,
        folded(contact.address),
        contact.address,
        int(contact.wants.unsubscribed),
        json.dumps(contact.wants.chosen, separators=(",", ":")),
        None if contact.attributes is None else storable(contact.attributes),
        to_micros(contact.created_at),
        to_micros(contact.updated_at),
    )


def loaded(row: Sequence[Any]) -> Contact:
    """From `COLUMNS`."""
    address, unsubscribed, chosen, attributes, created_at, updated_at = row
    return Contact(
        address=address,
        wants=Preferences(
            unsubscribed=bool(unsubscribed),
            chosen={name: Status(status) for name, status in json.loads(chosen).items()},
        ),
        attributes=attributes,
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
    )
