"""Mail from people and their programs at the service's own addresses: what came in and was no report.

Owns the look at it. Providers confirm enrolments in their feedback loops by such mail, and somebody must read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tayori.model.errors import Kind, NotFound
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import LETTERS, from_micros, storable

_COLUMNS = "inbound_id, received_at, recipient, reverse_path, source_ip, content"
_LISTED = Hot(
    f"SELECT {_COLUMNS} FROM inbound_messages {{by inbound_letters}} WHERE {LETTERS} ORDER BY received_at DESC LIMIT ?"
)
_ONE = Hot(f"SELECT {_COLUMNS} FROM inbound_messages WHERE inbound_id = ? AND {LETTERS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    letter_id: str
    received_at: datetime
    recipient: str
    reverse_path: str
    source_ip: str
    content: bytes = field(repr=False)


def listed(tx: Tx, most: int) -> Sequence[Letter]:
    """The latest first."""
    return [_letter(*row) for row in tx.hot_rows(_LISTED, (most,))]


def get(tx: Tx, letter_id: str) -> Letter:
    for row in tx.hot_rows(_ONE, (storable(letter_id),)):
        return _letter(*row)
    raise NotFound(f"No mail {letter_id} has come to the service's own addresses.", Kind.MESSAGE)


def _letter(
    letter_id: str, received_at: int, recipient: str, reverse_path: str, source_ip: str, content: bytes
) -> Letter:
    return Letter(
        letter_id=letter_id,
        received_at=from_micros(received_at),
        recipient=recipient,
        reverse_path=reverse_path,
        source_ip=source_ip,
        content=bytes(content),
    )
