"""Which message, and which of its recipients, a return path stands for.

Owns the look-up behind `tayori.model.return_path`: what is signed by us and names no message that we still know, or
another domain than the message was sent under, stands for nothing.
"""

from dataclasses import dataclass

from tayori.model.inbound import NotTaken
from tayori.model.return_path import ReturnPath
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

_REVERSE_PATH = Hot("SELECT reverse_path FROM messages WHERE message_id = ?")
_AT_DOMAIN = Hot(
    "SELECT r.ordinal FROM recipients one"
    " JOIN recipients r ON r.message_id = one.message_id AND r.domain = one.domain"
    " WHERE one.message_id = ? AND one.ordinal = ? ORDER BY r.ordinal"
)


@dataclass(frozen=True, slots=True)
class Issued:
    """The message, and those of its recipients that a report on this path may be about."""

    message_id: str
    ordinals: tuple[int, ...]


def find(tx: Tx, path: ReturnPath, domain: str) -> Issued | NotTaken:
    """Of a message that is forgotten, the path is too old; it is signed, so there was one."""
    rows = tx.hot_rows(_REVERSE_PATH, (path.message_id,))
    if not rows:
        return NotTaken.TOO_OLD
    if rows[0][0] != f"{path.message_id}@{domain}":
        return NotTaken.NEVER_ISSUED
    if not path.is_shared:
        return Issued(path.message_id, (path.ordinal,))
    ordinals = tx.hot_rows(_AT_DOMAIN, (path.message_id, path.ordinal))
    return Issued(path.message_id, tuple([ordinal for (ordinal,) in ordinals]))
