"""Pauses in rows: begun and ended by operators, obeyed by claims and by what delivers from memory.

A recipient that is met while a pause covers it is parked: it belongs to the pause (`owner`), so that no claim and no
index of waiting mail meets it again, and falls due at its deadline, which runs on. After the end of a pause `give_back`
makes what it has parked due, some at a time; the row is forgotten when nothing is left.
"""

import contextlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.pause import Pause, PauseKind, Pauses, parked_as
from tayori.resources import sources
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import OPEN, from_micros, storable, to_micros

TOPIC = "pauses"
_LONGEST = 256
_GRACE = 10_000_000  # microseconds; whoever still takes the pause for one that holds may park for so long

_PUT = Hot(
    "INSERT INTO pauses (parked_as, kind, name, reason, since, until, ended_at) VALUES (?, ?, ?, ?, ?, ?, 0)"
    " ON CONFLICT (parked_as) DO UPDATE SET reason = excluded.reason, since = excluded.since,"
    " until = excluded.until, ended_at = 0"
)
_END = Hot("UPDATE pauses SET ended_at = ? WHERE parked_as = ? AND ended_at = 0")
_END_OVER = Hot("UPDATE pauses SET ended_at = ? WHERE ended_at = 0 AND until > 0 AND until <= ?")
_ENDED = Hot("SELECT parked_as, ended_at FROM pauses WHERE ended_at > 0")
_OVER_SOURCES = Hot("SELECT name FROM pauses WHERE ended_at = 0 AND until > 0 AND until <= ? AND kind = 'source'")
_FORGET = Hot("DELETE FROM pauses WHERE parked_as = ? AND ended_at > 0")
_ACTIVE = Hot(
    "SELECT kind, name, reason, since, until FROM pauses WHERE ended_at = 0 AND (until = 0 OR until > ?)"
    " ORDER BY kind, name"
)
_ALL = Hot("SELECT parked_as FROM pauses")
_DEADLINE = "(SELECT m.expires_at FROM messages m WHERE m.message_id = recipients.message_id)"
_PARK = Hot(
    f"UPDATE recipients SET owner = ?, state = 'deferred', due_at = {_DEADLINE}, updated_at = ?"
    " WHERE message_id = ? AND ordinal = ? AND owner = ? AND state IN ('queued', 'sending', 'deferred')"
    " AND EXISTS (SELECT 1 FROM pauses WHERE parked_as = ?)"
)
_GIVE_BACK = Hot(
    "UPDATE recipients SET owner = '', due_at = ?, updated_at = ? WHERE (message_id, ordinal) IN"
    f" (SELECT message_id, ordinal FROM recipients WHERE {OPEN} AND owner = ? ORDER BY due_at LIMIT ? {{skip_locked}})"
)


def pause(tx: Tx, kind: PauseKind, name: str, *, reason: str = "", until: datetime | None = None) -> Pause:
    """Begin one, or give it another reason and end. Raises Invalid."""
    found = Pause(kind=kind, name=_checked(kind, name), reason=storable(reason)[:_LONGEST], since=tx.now, until=until)
    if until is not None and until <= tx.now:
        raise Invalid("A pause must end in the future.")
    if kind is PauseKind.SOURCE and found.name != "default":
        sources.put_paused(tx, found.name, paused=True)
    ends = to_micros(until) if until is not None else 0
    tx.hot(_PUT, [(found.parked_as, kind, found.name, found.reason, to_micros(tx.now), ends)])
    tx.wake(TOPIC)
    return found


def resume(tx: Tx, kind: PauseKind, name: str) -> None:
    """End it; what it has parked falls due. Raises NotFound."""
    name = _checked(kind, name)
    if not tx.hot(_END, [(to_micros(tx.now), parked_as(kind, name))]):
        raise NotFound(f"The {kind} {name} is not paused.", Kind.PAUSE)
    if kind is PauseKind.SOURCE and name != "default":
        with contextlib.suppress(NotFound):  # removed meanwhile
            sources.put_paused(tx, name, paused=False)
    tx.wake(TOPIC)


def _checked(kind: PauseKind, name: str) -> str:
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise Invalid(f"Say which {kind} is meant.")
    if kind is PauseKind.DESTINATION and " " not in name:
        try:
            return to_ascii_domain(name)
        except AddressError:
            return name  # of a provider
    return name


def active(tx: Tx) -> Pauses:
    """Those that hold now."""
    rows = tx.hot_rows(_ACTIVE, (to_micros(tx.now),))
    return Pauses(
        Pause(
            kind=PauseKind(kind),
            name=name,
            reason=reason,
            since=from_micros(since),
            until=from_micros(until) if until else None,
        )
        for kind, name, reason, since, until in rows
    )


def owners(tx: Tx) -> list[str]:
    """In whose names recipients may be parked."""
    return [row[0] for row in tx.hot_rows(_ALL, ())]


def park(tx: Tx, given: Iterable[tuple[str, int, str]], owner: str = "") -> None:
    """Recipients (message id, ordinal, `parked_as`) that belonged to `owner` wait for the end of a pause."""
    now = to_micros(tx.now)
    tx.hot(_PARK, [(parked, now, message_id, ordinal, owner, parked) for message_id, ordinal, parked in given])


def give_back(tx: Tx, limit: int = 1000) -> bool:
    """End what is over, and make some of what ended pauses have parked due. True: there may be more."""
    now = to_micros(tx.now)
    for (name,) in tx.hot_rows(_OVER_SOURCES, (now,)):
        if name != "default":
            with contextlib.suppress(NotFound):  # removed meanwhile
                sources.put_paused(tx, name, paused=False)
    tx.hot(_END_OVER, [(now, now)])
    is_more = False
    for parked, ended_at in tx.hot_rows(_ENDED, ()):
        count = tx.hot(_GIVE_BACK, [(now, now, parked, limit)])
        if count:
            tx.wake("deliveries")
        is_more = is_more or count == limit
        if not count and ended_at + _GRACE < now:
            tx.hot(_FORGET, [(parked,)])
    return is_more


# --- what delivering processes show ---

_ASK = Hot(
    "INSERT INTO delivery_views (worker, asked, view) VALUES (?, ?, ?)"
    " ON CONFLICT (worker) DO UPDATE SET asked = excluded.asked, view = excluded.view"
)
_ASKED = Hot("SELECT asked, view FROM delivery_views WHERE worker = ''")
_VIEWS = Hot("SELECT worker, view FROM delivery_views WHERE worker <> '' AND asked = ?")
_NO_VIEWS = Hot("DELETE FROM delivery_views WHERE asked < ?")


@dataclass(frozen=True, slots=True)
class Question:
    """What an operator wants to see; number 0: nobody has asked yet."""

    number: int
    domains: tuple[str, ...] = ()


def ask(tx: Tx, domains: Sequence[str] = ()) -> int:
    """Ask every delivering process for what it knows, of `domains` in particular; the number of the question."""
    rows = tx.hot_rows(_ASKED, ())
    number = max(to_micros(tx.now), rows[0][0] + 1 if rows else 0)
    tx.hot(_ASK, [("", number, json.dumps(list(domains)))])
    tx.hot(_NO_VIEWS, [(number,)])
    tx.wake(TOPIC)
    return number


def look(tx: Tx) -> tuple[Pauses, Question]:
    """What a delivering process wants to know each second: the pauses that hold, and the last question."""
    rows = tx.hot_rows(_ASKED, ())
    return active(tx), Question(rows[0][0], tuple(json.loads(rows[0][1]))) if rows else Question(0)


def answer(tx: Tx, worker: str, asked: int, view: Any) -> None:
    tx.hot(_ASK, [(worker, asked, json.dumps(view, ensure_ascii=False, default=str, separators=(",", ":")))])


def answers(tx: Tx, asked: int) -> Sequence[tuple[str, Any]]:
    """Who has answered, and what."""
    return [(worker, json.loads(view)) for worker, view in tx.hot_rows(_VIEWS, (asked,))]
