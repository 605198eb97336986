"""The search for messages of an account: through the index, newest first, with a bound on what one step looks at.

What the index leads to is read and held against the search, account and region included, so that nothing is shown that
is not meant. A step that reaches its bound says from where to go on. Reads only.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tayori.model import postings, search
from tayori.model.names import OTHER_REGIONS_PREFIX, REGION_PREFIXES
from tayori.model.postings import AnyOf, Budget, Numbers, Posting, Spent
from tayori.model.search import OPEN_STATUSES, Place, Search, Searched, Status
from tayori.resources import provider_names, search_index
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable

STEP_ROWS = 2000  # of the index, and as much again for what it leads to
STEP_SECONDS = 0.03  # a function of a transaction is short
_COST_OF_MESSAGE = 10  # rows that reading one is like

NUMBERS = Hot(
    "SELECT span, members FROM search_terms WHERE account_id = ? AND day = ? AND term = ? AND span <= ?"
    " ORDER BY span DESC LIMIT ?"
)
DAY = Hot("SELECT MAX(day) FROM search_terms WHERE account_id = ? AND day <= ?")
MESSAGES = Hot(
    "SELECT message_id, account_id, region, accepted_at, from_address, subject, configuration_set, facts FROM messages"
    " WHERE message_id >= ? AND message_id < ?"
)
RECIPIENTS = Hot("SELECT ordinal, address, state, attempts FROM recipients WHERE message_id = ? ORDER BY ordinal")
HOSTS = Hot("SELECT DISTINCT host FROM attempts WHERE message_id = ? AND host <> ''")
BY_BEGINNING = Hot(
    "SELECT message_id, account_id, region, accepted_at, from_address, subject, configuration_set, facts FROM messages"
    " WHERE message_id >= ? AND message_id < ? ORDER BY message_id LIMIT ?"
)
_LEAST_OF_ID = 16  # digits: the region and the millisecond, so that few others have the same
_MOST_OF_A_MILLISECOND = 500
OUTCOMES = Hot("SELECT kind, detail FROM events WHERE message_id = ? AND kind IN ('Bounce', 'Complaint', 'Reject')")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecipient:
    address: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    message_id: str
    accepted_at: datetime
    from_address: str
    subject: str
    configuration_set: str | None
    tags: dict[str, str]
    recipients: tuple[FoundRecipient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step found. `rest` is where to go on, and None where all was looked at."""

    messages: list[FoundMessage]
    rest: Place | None
    looked_at: int


@dataclass(slots=True)
class _Walk:
    tx: Tx
    account_id: str
    region: str
    wanted: Search
    budget: Budget
    settled: Place
    found: list[FoundMessage] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return REGION_PREFIXES.get(self.region, OTHER_REGIONS_PREFIX)


def step(
    tx: Tx,
    account_id: str,
    region: str,
    wanted: Search,
    *,
    start: Place | None,
    limit: int,
    rows: int = STEP_ROWS,
    seconds: float = STEP_SECONDS,
) -> Step:
    """Up to `limit` messages from `start` on, or from the newest on."""
    ends = time.monotonic() + seconds
    budget = Budget(rows, lambda: time.monotonic() > ends)
    walk = _Walk(tx, account_id, region, wanted, budget, _settled(tx, region))
    rest = _walk(walk, _first(start, wanted.until, tx.now), limit)
    return Step(messages=walk.found, rest=rest, looked_at=budget.looked_at)


def by_id(tx: Tx, account_id: str, region: str, message_id: str, wanted: Search) -> list[FoundMessage]:
    """The message of that identifier, if it is the account's and meant by `wanted`, too; with the beginning of one that
    is long enough, each that begins so.
    """
    begin = storable(message_id)
    end = f"{begin}g" if len(begin) >= _LEAST_OF_ID else f"{begin}\x01"
    found: list[FoundMessage] = []
    for row in tx.hot_rows(BY_BEGINNING, (begin, end, _MOST_OF_A_MILLISECOND)):
        if (row[1], row[2]) == (account_id, region) and (row[0] == begin or len(begin) >= _LEAST_OF_ID):
            recipients = recipients_of(tx, row[0])
            if search.matches(wanted, _searched(tx, wanted, row, recipients)):
                found.append(_found(row, recipients))
    return found


def indexed_until(tx: Tx, region: str) -> datetime | None:
    """Messages accepted later are not found yet; None where nothing is."""
    place = search.place_of(search_index.cursors(tx, REGION_PREFIXES.get(region, OTHER_REGIONS_PREFIX)).indexed_to)
    return None if place is None else search.moment_of(place)


def _settled(tx: Tx, region: str) -> Place:
    cursors = search_index.cursors(tx, REGION_PREFIXES.get(region, OTHER_REGIONS_PREFIX))
    return search.place_of(cursors.settled_to) or Place(0, 0)


def _first(start: Place | None, until: datetime | None, now: datetime) -> Place:
    bounds = [Place(search.place_at(now).day + 1, 0)]
    bounds += [start] if start else []
    bounds += [search.place_at(until).before()] if until else []
    return min(bounds)


def _walk(walk: _Walk, place: Place, limit: int) -> Place | None:
    oldest = search.place_at(walk.wanted.since) if walk.wanted.since else Place(0, 0)
    while (day := _day(walk, place.day)) is not None and day >= oldest.day:
        if day < place.day:
            place = Place(day, search.DAY_END)
        try:
            for number in postings.in_all(_lists(walk, day), place.number, walk.budget):
                here = Place(day, number)
                if here < oldest:
                    return None
                if len(walk.found) >= limit:
                    return here
                walk.found += _meant(walk, here)
        except Spent as spent:
            return Place(day, spent.at)
        place = Place(day - 1, search.DAY_END)
    return None


def _day(walk: _Walk, at_most: int) -> int | None:
    ((day,),) = walk.tx.hot_rows(DAY, (walk.account_id, at_most))
    return None if day is None else int(day)


def _lists(walk: _Walk, day: int) -> list[Numbers]:
    wanted = walk.wanted
    lists: list[Numbers] = [
        AnyOf([_posting(walk, day, term) for term in condition]) for condition in wanted.conditions()
    ]
    if wanted.statuses:
        lists.append(AnyOf([one for status in sorted(wanted.statuses) for one in _of_status(walk, day, status)]))
    if wanted.providers:
        lists.append(AnyOf([one for name in sorted(wanted.providers) for one in _of_provider(walk, day, name)]))
    return lists or [_posting(walk, day, search.EVERYTHING)]


def _of_provider(walk: _Walk, day: int, provider: str) -> Iterator[Numbers]:
    """Who was called is noted by the second look; what is younger, or was open then, may have been by now."""
    yield _posting(walk, day, search.provider_term(provider))
    yield _posting(walk, day, search.STILL_OPEN)
    yield _posting(walk, day, search.EVERYTHING, above=walk.settled)


def _of_status(walk: _Walk, day: int, status: Status) -> Iterator[Numbers]:
    """What is still open was noted once for what is older than the second look; of the rest, all may be."""
    if status in OPEN_STATUSES:
        yield _posting(walk, day, search.STILL_OPEN)
        yield _posting(walk, day, search.EVERYTHING, above=walk.settled)
    elif status in (Status.DELIVERED, Status.CANCELLED):
        yield _posting(walk, day, search.EVERYTHING)
    else:
        yield _posting(walk, day, search.outcome_term(status))


def _posting(walk: _Walk, day: int, term: tuple[str, str], *, above: Place | None = None) -> Posting:
    number = search.term(walk.region, *term)

    def fetch(at_most: int, limit: int) -> tuple[Sequence[int], bool]:
        rows = walk.tx.hot_rows(NUMBERS, (walk.account_id, day, number, search.span_of(at_most), limit))
        found = [one for row in rows for one in search.members_of(*row) if one <= at_most]
        kept = found if above is None else [one for one in found if Place(day, one) > above]
        return kept, len(rows) < limit or len(kept) < len(found)

    return Posting(fetch, walk.budget)


def _meant(walk: _Walk, place: Place) -> list[FoundMessage]:
    found: list[FoundMessage] = []
    for row in walk.tx.hot_rows(MESSAGES, search.identifiers_at(walk.prefix, place)):
        walk.budget.take(_COST_OF_MESSAGE)
        if (row[1], row[2]) == (walk.account_id, walk.region) and not search_index.is_of_service(row):
            recipients = recipients_of(walk.tx, row[0])
            if search.matches(walk.wanted, _searched(walk.tx, walk.wanted, row, recipients)):
                found.append(_found(row, recipients))
    return found


def recipients_of(tx: Tx, message_id: str) -> tuple[FoundRecipient, ...]:
    events = tx.hot_rows(OUTCOMES, (message_id,))
    feedback = search.feedback_of((kind, json.loads(detail)) for kind, detail in events)
    return tuple(
        FoundRecipient(address=address, status=search.status_of(address, state, attempts, feedback))
        for _, address, state, attempts in tx.hot_rows(RECIPIENTS, (message_id,))
    )


def _searched(tx: Tx, wanted: Search, row: Sequence[Any], recipients: Sequence[FoundRecipient]) -> Searched:
    hosts = tx.hot_rows(HOSTS, (row[0],)) if wanted.providers else ()
    return search_index.searched_of(
        row,
        [recipient.address for recipient in recipients],
        [recipient.status for recipient in recipients],
        [provider_names.provider_of(host) for (host,) in hosts],
    )


def _found(row: Sequence[Any], recipients: tuple[FoundRecipient, ...]) -> FoundMessage:
    return FoundMessage(
        message_id=row[0],
        accepted_at=from_micros(row[3]),
        from_address=row[4],
        subject=row[5],
        configuration_set=row[6],
        tags=dict(json.loads(row[7]).get("tags", {})),
        recipients=recipients,
    )
