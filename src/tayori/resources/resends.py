"""What was sent again, and as what: the link between the two messages, from either side.

Written before the new message goes to the one door, so that no message is without its link; taken back where the door
refuses it. Forgotten with the timeline of either.
"""

from dataclasses import dataclass
from datetime import datetime

from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable, to_micros

_MOST_SHOWN = 100
_PUT = Hot("INSERT INTO resends (message_id, resent_as, at, author) VALUES (?, ?, ?, ?)")
_TAKE_BACK = Hot("DELETE FROM resends WHERE message_id = ? AND resent_as = ?")
_LATER = Hot("SELECT resent_as, at, author FROM resends WHERE message_id = ? ORDER BY at DESC LIMIT ?")
_FIRST = Hot("SELECT message_id, at, author FROM resends WHERE resent_as = ? LIMIT ?")

STATEMENTS = ((_LATER, ("0100a", 100)), (_FIRST, ("0100a", 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """`message_id` is the other message. `author` is the ARN of whoever asked for it."""

    message_id: str
    at: datetime
    author: str


def put(tx: Tx, message_id: str, resent_as: str, author: str) -> None:
    tx.hot(_PUT, [(message_id, resent_as, to_micros(tx.now), storable(author))])


def take_back(tx: Tx, message_id: str, resent_as: str) -> None:
    tx.hot(_TAKE_BACK, [(message_id, resent_as)])


def of(tx: Tx, message_id: str) -> tuple[Resend | None, list[Resend]]:
    """Which message this one repeats, and which ones repeat it, the newest first."""
    first = [_loaded(row) for row in tx.hot_rows(_FIRST, (message_id, 1))]
    return (first[0] if first else None), [_loaded(row) for row in tx.hot_rows(_LATER, (message_id, _MOST_SHOWN))]


def _loaded(row: tuple[str, int, str]) -> Resend:
    return Resend(message_id=row[0], at=from_micros(row[1]), author=row[2])
