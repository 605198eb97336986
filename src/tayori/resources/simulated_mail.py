"""Mail to the simulator that its mailboxes answer: noted in the outbox with the delivery, composed later.

Owns which deliveries are answered, and what is known of them when the answer is due.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tayori.mail.address import AddrSpec
from tayori.model import simulator
from tayori.resources import notifications
from tayori.resources.results import Written
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros

PROTOCOL = "simulator"  # of the outbox
_HEAD = 32 * 1024
_ORIGINAL = Hot(
    "SELECT m.reverse_path, m.accepted_at, SUBSTR(b.content, 1, ?) FROM messages m"
    " LEFT JOIN bodies b ON b.message_id = m.message_id WHERE m.message_id = ?"
)


def note(tx: Tx, results: Iterable[Written]) -> None:
    """Put what `results` make the simulator write into the outbox, in the transaction that records them."""
    for one in results:
        if one.attempt[4] == simulator.DOMAIN and one.delivery is not None:
            (address,) = json.loads(one.delivery)["recipients"]
            mailbox = simulator.mailbox_of(AddrSpec.parse(address))
            if mailbox in simulator.ANSWERING:
                _put(tx, one, mailbox, address)


def _put(tx: Tx, delivered: Written, mailbox: simulator.Mailbox, address: str) -> None:
    notifications.enqueue_other(
        tx,
        account_id=delivered.account_id,
        region=delivered.region,
        kind=mailbox,
        destination=delivered.message_id,
        protocol=PROTOCOL,
        endpoint=address,
        envelope={"message_id": delivered.message_id, "ordinal": delivered.ordinal},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A message that was delivered; `head` is empty where its content is forgotten."""

    reverse_path: AddrSpec
    accepted_at: datetime
    head: bytes


def original(tx: Tx, message_id: str) -> Original | None:
    """None where the message itself is forgotten."""
    for reverse_path, accepted_at, beginning in tx.hot_rows(_ORIGINAL, (_HEAD, message_id)):
        head, _, _ = bytes(beginning or b"").partition(b"\r\n\r\n")
        return Original(
            reverse_path=AddrSpec.parse(reverse_path), accepted_at=from_micros(accepted_at), head=head + b"\r\n"
        )
    return None
