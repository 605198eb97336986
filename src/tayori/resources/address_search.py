"""Suppressed addresses and contacts by the beginning of an address, in the order of their addresses.

A bounded number of rows is looked at for a page, from the index, so that a list may have a million; a page may then
have few, or none, with more to come. Owns no rows.
"""

from tayori.model.contact_list import Filter, folded
from tayori.resources import suppression
from tayori.resources.contact_lists import ContactList
from tayori.resources.contacts import COLUMNS, Contact, loaded
from tayori.resources.suppression import Page, SuppressedDestination
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros

_LOOKED_AT = 2000
_MOST_COUNTED = 100_000
# Sorts behind whatever may follow the prefix. Where the database sorts by a language's rules, what fits is looked at.
_BEHIND = "\U0010fffd"

_SUPPRESSED = Hot(
    "SELECT address, reason, updated_at FROM suppressed_destinations WHERE account_id = ? AND region = ?"
    " AND address > ? AND address >= ? AND address < ? ORDER BY address LIMIT ?"
)
_CONTACTS = Hot(
    f"SELECT {COLUMNS} FROM contacts WHERE account_id = ? AND list_id = ? AND folded > ? AND folded >= ?"
    " AND folded < ? ORDER BY folded LIMIT ?"
)
_COUNT = Hot(
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM contacts WHERE account_id = ? AND list_id = ? LIMIT ?) AS found"
)


def suppressed(tx: Tx, account_id: str, region: str, *, prefix: str, reason: str, after: str, limit: int) -> Page:
    """The local part is compared with case, as it is on the list."""
    if not prefix:
        wanted = (reason,) if reason else ()
        return suppression.page(tx, account_id, region, wanted_reasons=wanted, after=after, limit=limit)
    bounds = after, prefix, prefix + _BEHIND
    rows = tx.hot_rows(_SUPPRESSED, (account_id, region, *bounds, _LOOKED_AT))
    found: list[SuppressedDestination] = []
    for address, why, updated_at in rows:
        if len(found) == limit:
            return Page(entries=found, rest=found[-1].address)
        if address.startswith(prefix) and reason in ("", why):
            found.append(SuppressedDestination(address=address, reason=why, updated_at=from_micros(updated_at)))
    return Page(entries=found, rest=rows[-1][0] if len(rows) == _LOOKED_AT else None)


def contacts(
    tx: Tx, contact_list: ContactList, wanted: Filter, *, prefix: str, after: str, limit: int
) -> tuple[list[Contact], str | None]:
    """And behind which address to go on."""
    begins = folded(prefix)
    bounds = after, begins, begins + _BEHIND
    rows = tx.hot_rows(_CONTACTS, (contact_list.account_id, contact_list.list_id, *bounds, _LOOKED_AT))
    found: list[Contact] = []
    for row in rows:
        if len(found) == limit:
            return found, folded(found[-1].address)
        one = loaded(row)
        if folded(one.address).startswith(begins) and wanted.fits(one.wants):
            found.append(one)
    return found, folded(loaded(rows[-1]).address) if len(rows) == _LOOKED_AT else None


def count(tx: Tx, contact_list: ContactList) -> tuple[int, bool]:
    """How many contacts, and whether these are all."""
    ((number,),) = tx.hot_rows(_COUNT, (contact_list.account_id, contact_list.list_id, _MOST_COUNTED + 1))
    return min(number, _MOST_COUNTED), number <= _MOST_COUNTED
