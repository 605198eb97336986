"""The index of the search for messages: written from the messages behind the loop's cursors, forgotten day by day.

Messages are taken in the order of their identifiers, which is nearly the order of their commits. Those that were
committed late are found by a second look, minutes later, which also notes what is still open by then. What goes wrong
with a message (a bounce, a complaint, suppression, a rejection) is noted with the event itself: it is rare, and may
come weeks later. All of it may be written twice, which changes nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from tayori.model import search
from tayori.model.bounce import ON_ACCOUNT_LIST
from tayori.model.event import EventKind
from tayori.model.message import Operation
from tayori.model.names import OTHER_REGIONS_PREFIX, REGION_PREFIXES
from tayori.model.search import Searched, Status
from tayori.resources import provider_names
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import OPEN, from_micros

PREFIXES = sorted({*REGION_PREFIXES.values(), OTHER_REGIONS_PREFIX})
LAG = timedelta(seconds=1)
SETTLES_AFTER = timedelta(minutes=2)  # longer than a commit may wait for the database
STEP = 250  # messages in one transaction: others wait for it
_SETTLED_STEP = 2000
_FORGOTTEN_AT_ONCE = 5000
_OF_SERVICE = (Operation.SERVICE, Operation.TLS_REPORT)

# account id, day, term, number
Row: TypeAlias = tuple[str, int, int, int]
# account id, day, term, span, members
SpanRow: TypeAlias = tuple[str, int, int, int, str]

ADD = Hot(
    "INSERT INTO search_terms (account_id, day, term, span, members) VALUES {values}"
    " ON CONFLICT (account_id, day, term, span) DO UPDATE SET members = search_terms.members || excluded.members"
)
_CURSORS = Hot("SELECT indexed_to, settled_to FROM search_cursors WHERE prefix = ?")
_MOVE = (
    "INSERT INTO search_cursors (prefix, indexed_to, settled_to) VALUES (?, ?, '') ON CONFLICT (prefix) DO UPDATE SET"
)
_MOVE_INDEXED = Hot(f"{_MOVE} indexed_to = excluded.indexed_to")
_MOVE_SETTLED = Hot("UPDATE search_cursors SET settled_to = ? WHERE prefix = ?")
_MESSAGES = Hot(
    "SELECT message_id, account_id, region, accepted_at, from_address, subject, configuration_set, facts FROM messages"
    " WHERE message_id > ? AND message_id < ? ORDER BY message_id LIMIT ?"
)
_WAITING = Hot("SELECT MIN(message_id) FROM messages WHERE message_id > ? AND message_id < ?")
_RECIPIENTS = Hot("SELECT message_id, address FROM recipients WHERE message_id > ? AND message_id <= ?")
_OWNERS = Hot(
    "SELECT message_id, account_id, region FROM messages WHERE message_id > ? AND message_id < ?"
    " ORDER BY message_id LIMIT ?"
)
_STILL_OPEN = Hot(f"SELECT DISTINCT message_id FROM recipients WHERE message_id > ? AND message_id <= ? AND {OPEN}")
_HOSTS = Hot("SELECT DISTINCT message_id, host FROM attempts WHERE message_id > ? AND message_id <= ? AND host <> ''")
_NUMBERS = Hot(
    "SELECT span, members FROM search_terms WHERE account_id = ? AND day = ? AND term = ? AND span >= ? AND span <= ?"
)
_ACCOUNTS = Hot("SELECT account_id FROM accounts")
_OLDEST_DAY = Hot("SELECT MIN(day) FROM search_terms WHERE account_id = ?")
_NTH = Hot("SELECT term, span FROM search_terms WHERE account_id = ? AND day = ? ORDER BY term, span LIMIT 1 OFFSET ?")
_FORGET_PART = Hot("DELETE FROM search_terms WHERE account_id = ? AND day = ? AND (term, span) <= (?, ?)")
_FORGET_DAY = Hot("DELETE FROM search_terms WHERE account_id = ? AND day = ?")

# Those that read or delete, each with parameters, for whoever asks by what index they go.
STATEMENTS: tuple[tuple[Hot, tuple[Any, ...]], ...] = (
    (_MESSAGES, ("0100a", "0100b", 250)),
    (_RECIPIENTS, ("0100a", "0100b")),
    (_OWNERS, ("0100a", "0100b", 250)),
    (_WAITING, ("0100a", "0100g")),
    (_STILL_OPEN, ("0100a", "0100b")),
    (_HOSTS, ("0100a", "0100b")),
    (_NUMBERS, ("1", 1, 1, 1, 1)),
    (_OLDEST_DAY, ("1",)),
    (_NTH, ("1", 1, 5000)),
    (_FORGET_PART, ("1", 1, 1, 1)),
    (_FORGET_DAY, ("1", 1)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursors:
    indexed_to: str
    settled_to: str


def cursors(tx: Tx, prefix: str) -> Cursors:
    rows = tx.hot_rows(_CURSORS, (prefix,))
    return Cursors(indexed_to=rows[0][0], settled_to=rows[0][1]) if rows else Cursors(indexed_to="", settled_to="")


class Look(StrEnum):
    """Messages are looked at twice."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What is to be written, and the last message that was looked at. `is_last`: there is no more at the moment."""

    prefix: str
    look: Look
    rows: Sequence[SpanRow]
    last: str
    is_last: bool


def pieces(tx: Tx) -> list[Piece]:
    """What there is to do, for each prefix and look at most one."""
    found = [look(tx, prefix) for prefix in PREFIXES for look in (next_piece, settle)]
    return [piece for piece in found if piece is not None]


def next_piece(tx: Tx, prefix: str) -> Piece | None:
    """The messages behind the cursor, but the youngest; None where there are none."""
    now = cursors(tx, prefix)
    end = search.first_identifier(prefix, tx.now - LAG)
    found = tx.hot_rows(_MESSAGES, (now.indexed_to or prefix, end, STEP))
    if not found:
        return None
    last = found[-1][0]
    to: dict[str, list[str]] = defaultdict(list)
    for message_id, address in tx.hot_rows(_RECIPIENTS, (now.indexed_to or prefix, last)):
        to[message_id].append(address)
    rows = [row for message in found for row in _rows(message, to[message[0]])]
    return Piece(prefix=prefix, look=Look.FIRST, rows=in_spans(rows), last=last, is_last=len(found) < STEP)


def _rows(message: Sequence[Any], recipients: Sequence[str]) -> Iterable[Row]:
    place = search.place_of(message[0])
    if place is None or is_of_service(message):
        return ()
    searched = searched_of(message, recipients)
    return ((message[1], place.day, term, place.number) for term in search.terms_of(searched))


def is_of_service(message: Sequence[Any]) -> bool:
    """Whether the service wrote it by itself (notices, feedback by mail): it is not the account's mail to search."""
    return json.loads(message[7]).get("operation") in _OF_SERVICE


def searched_of(
    message: Sequence[Any],
    recipients: Sequence[str],
    statuses: Sequence[Status] = (),
    providers: Sequence[str] = (),
) -> Searched:
    """Of a row (message id, account id, region, accepted at, from, subject, configuration set, facts)."""
    facts = json.loads(message[7])
    return Searched(
        region=message[2],
        accepted_at=from_micros(message[3]),
        from_address=message[4],
        subject=message[5],
        configuration_set=message[6] or "",
        identity=facts.get("identity", ""),
        tags=facts.get("tags", {}),
        recipients=tuple(recipients),
        statuses=tuple(statuses),
        providers=tuple(providers),
    )


def settle(tx: Tx, prefix: str) -> Piece | None:
    """Behind the second cursor: messages that were committed too late for the first, and what is still open."""
    now = cursors(tx, prefix)
    begin = now.settled_to or prefix
    end = min(search.first_identifier(prefix, tx.now - SETTLES_AFTER), now.indexed_to)
    found = tx.hot_rows(_OWNERS, (begin, end, _SETTLED_STEP))
    if not found:
        return None
    last = found[-1][0]
    rows = _open_rows(tx, begin, last, found) + _provider_rows(tx, begin, last, found)
    for message_id in _left_out(tx, found):
        message = tx.hot_rows(_MESSAGES, (message_id[:-1], f"{message_id}~", 1))
        recipients = [address for _, address in tx.hot_rows(_RECIPIENTS, (message_id[:-1], message_id))]
        rows += [row for one in message for row in _rows(one, recipients)]
    return Piece(prefix=prefix, look=Look.SECOND, rows=in_spans(rows), last=last, is_last=len(found) < _SETTLED_STEP)


def _open_rows(tx: Tx, begin: str, last: str, owners: Sequence[Sequence[Any]]) -> list[Row]:
    still_open = {message_id for (message_id,) in tx.hot_rows(_STILL_OPEN, (begin, last))}
    return [row for owner in owners if owner[0] in still_open for row in _row(owner, search.STILL_OPEN)]


def _provider_rows(tx: Tx, begin: str, last: str, owners: Sequence[Sequence[Any]]) -> list[Row]:
    """Who was called by now; whoever is called later is looked for among what is still open."""
    of = {owner[0]: owner for owner in owners}
    called = {
        (message_id, provider_names.provider_of(host))
        for message_id, host in tx.hot_rows(_HOSTS, (begin, last))
        if message_id in of
    }
    return [row for message_id, provider in called for row in _row(of[message_id], search.provider_term(provider))]


def _row(owner: Sequence[Any], term: tuple[str, str]) -> list[Row]:
    message_id, account_id, region = owner
    place = search.place_of(message_id)
    return [(account_id, place.day, search.term(region, *term), place.number)] if place else []


def _left_out(tx: Tx, owners: Sequence[Sequence[Any]]) -> list[str]:
    """Those that the index does not know."""
    groups: dict[tuple[str, int, int], dict[int, str]] = defaultdict(dict)
    for owner in owners:
        for account_id, day, term, number in _row(owner, search.EVERYTHING):
            groups[account_id, day, term][number] = owner[0]
    missing: list[str] = []
    for group, numbers in groups.items():
        spans = search.span_of(min(numbers)), search.span_of(max(numbers))
        known = {one for row in tx.hot_rows(_NUMBERS, (*group, *spans)) for one in search.members_of(*row)}
        missing += [message_id for number, message_id in numbers.items() if number not in known]
    return missing


def in_spans(rows: Iterable[Row]) -> list[SpanRow]:
    """Rows of the table, in the order of its key."""
    numbers: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for account_id, day, term, number in rows:
        numbers[account_id, day, term].add(number)
    return sorted((*key, *span) for key, found in numbers.items() for span in search.spanned(found).items())


def write(tx: Tx, piece: Piece) -> None:
    tx.hot(ADD, piece.rows)
    if piece.look is Look.FIRST:
        tx.hot(_MOVE_INDEXED, [(piece.prefix, piece.last)])
    else:
        tx.hot(_MOVE_SETTLED, [(piece.last, piece.prefix)])


def seconds_behind(tx: Tx) -> float:
    """The age of the oldest message that waits for the index; nothing waits where it was never begun."""
    begun = [(prefix, last) for prefix in PREFIXES if (last := cursors(tx, prefix).indexed_to)]
    oldest = [tx.hot_rows(_WAITING, (last, f"{prefix}g"))[0][0] for prefix, last in begun]
    places = [place for found in oldest if found and (place := search.place_of(found))]
    return max(((tx.now - search.moment_of(place)).total_seconds() for place in places), default=0.0)


# -- outcomes ----------------------------------------------------------------------------------------------------------

_REJECTIONS = frozenset({EventKind.REJECT, EventKind.RENDERING_FAILURE})
RARE = frozenset({EventKind.BOUNCE, EventKind.COMPLAINT}) | _REJECTIONS
_SUPPRESSED = f'SubType":"{ON_ACCOUNT_LIST.sub_type}"'


def note_outcomes(tx: Tx, rows: Iterable[Sequence[Any]], owners: Iterable[tuple[str, str, str]]) -> None:
    """That messages are found by those of their events that are RARE. `owners`: message id, account id, region."""
    of = {owner[0]: owner for owner in owners}
    terms = [
        term
        for message_id, _, kind, _, detail in rows
        if kind in RARE
        for term in _row(of[message_id], search.outcome_term(_outcome(kind, detail)))
    ]
    tx.hot(ADD, in_spans(terms))


def _outcome(kind: str, detail: str) -> Status:
    if kind in _REJECTIONS:
        return Status.REJECTED
    if _SUPPRESSED in detail.replace(": ", ":"):
        return Status.SUPPRESSED
    return Status.BOUNCED if kind == EventKind.BOUNCE else Status.COMPLAINED


# -- forgetting --------------------------------------------------------------------------------------------------------


def forget(tx: Tx, before: datetime, *, rows: int = _FORGOTTEN_AT_ONCE) -> bool:
    """Forget a part of what is older than `before`; whether there is more."""
    last_day = search.place_at(before).day - 1
    for (account_id,) in tx.hot_rows(_ACCOUNTS, ()):
        ((day,),) = tx.hot_rows(_OLDEST_DAY, (account_id,))
        if day is not None and day <= last_day:
            part = tx.hot_rows(_NTH, (account_id, day, rows))
            if part:
                tx.hot(_FORGET_PART, [(account_id, day, *part[0])])
            else:
                tx.hot(_FORGET_DAY, [(account_id, day)])
            return True
    return False
