"""Events on their way to whoever listens: noted in the transaction that writes them, taken once they are published.

A note is written only where somebody of the account wants that kind of event, and for what is told by mail. What the
note leads to is decided later, when there is time. The notifications and the end of the note are one transaction, so
an event is published once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from tayori.model.event import EventKind
from tayori.model.message import Operation
from tayori.model.ses_event import MailFacts
from tayori.resources import search_index, tail
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros

TOPIC = "publications"  # of wake-ups
FORWARDED = frozenset({EventKind.BOUNCE, EventKind.COMPLAINT})  # by mail, unless an identity says otherwise
_HEAD = 32 * 1024  # octets of a message that are read for its header: events tell of 10 KB

# message id, microseconds, kind, ordinal, detail: a row of `events`.
EventRow: TypeAlias = tuple[Any, ...]

_NOTE = Hot(
    "INSERT INTO publications (message_id, at, kind, ordinal) VALUES {values}"
    " ON CONFLICT (message_id, at, kind, ordinal) DO NOTHING"
)
_OLDEST = Hot(
    "SELECT p.message_id, p.at, p.kind, p.ordinal, e.detail, m.account_id, m.region, m.accepted_at, m.from_address,"
    " m.configuration_set, m.facts, SUBSTR(b.content, 1, ?) FROM publications p"
    " LEFT JOIN events e ON e.message_id = p.message_id AND e.at = p.at AND e.kind = p.kind AND e.ordinal = p.ordinal"
    " LEFT JOIN messages m ON m.message_id = p.message_id LEFT JOIN bodies b ON b.message_id = p.message_id"
    " ORDER BY p.at LIMIT ?"
)
_RECIPIENTS = Hot("SELECT address FROM recipients WHERE message_id = ? ORDER BY ordinal")
_LAST_ATTEMPT = Hot(
    "SELECT source_address, tls FROM attempts WHERE message_id = ? AND ordinal = ? ORDER BY started_at DESC LIMIT 1"
)
_TAKE = Hot("DELETE FROM publications WHERE message_id = ? AND at = ? AND kind = ? AND ordinal = ?")


def note(tx: Tx, settings: Settings, rows: Sequence[EventRow], accounts: Iterable[tuple[str, str, str]]) -> None:
    """Note those of the events `rows` that somebody listens to; that of the rare kinds, the search finds the message.

    `accounts` are (message id, account id, region) of their messages; it is not gone through where nobody listens.
    """
    listened = settings.listened(tx)
    if watched := settings.watched(tx):
        accounts = list(accounts)
        tail.note(tx, watched, rows, accounts)
    if not search_index.RARE.isdisjoint([row[2] for row in rows]):
        accounts = list(accounts)
        search_index.note_outcomes(tx, rows, accounts)
    elif not listened:
        return
    wanted = {message_id: listened.get((account_id, region), ()) for message_id, account_id, region in accounts}
    heard = [row[:4] for row in rows if row[2] in FORWARDED or row[2] in wanted[row[0]]]
    if heard:
        tx.hot(_NOTE, heard)
        tx.wake(TOPIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One event that somebody may listen to, with what is to be told of it. `mail` is None where the message is gone,
    and for the service's own mail: then nobody is told.
    """

    key: tuple[str, int, str, int]
    kind: EventKind
    account_id: str = ""
    region: str = ""
    identity: str = ""  # of the account's own, under which the message was sent
    configuration_set: str | None = None
    feedback_address: str = ""  # to which bounces and complaints are forwarded
    detail: Mapping[str, Any]
    mail: MailFacts | None = None

    @property
    def happened_at(self) -> datetime:
        return from_micros(self.key[1])


_NOBODYS = frozenset({Operation.SERVICE, Operation.TLS_REPORT, Operation.PROBE})  # mail of the service itself


def oldest(tx: Tx, limit: int) -> list[Publication]:
    return [_loaded(tx, row) for row in tx.hot_rows(_OLDEST, (_HEAD, limit))]


def _loaded(tx: Tx, row: Sequence[Any]) -> Publication:
    message_id, at, kind, ordinal, detail, account_id, region, accepted, from_address, configuration_set = row[:10]
    key = message_id, at, kind, ordinal
    facts = json.loads(row[10]) if row[10] else {}
    if detail is None or not facts or facts["operation"] in _NOBODYS:
        return Publication(key=key, kind=EventKind(kind), detail={})
    identity, lent = facts["identity"], facts.get("source_arn", "")
    attempts = tx.hot_rows(_LAST_ATTEMPT, (message_id, ordinal))
    mail = MailFacts(
        message_id=message_id,
        account_id=account_id,
        accepted_at=from_micros(accepted),
        from_address=from_address,
        source_arn=lent or f"arn:aws:ses:{region}:{account_id}:identity/{identity}",
        source_ip=facts["source_ip"],
        caller_arn=facts["caller"],
        operation=facts["operation"],
        recipients=tuple(address for (address,) in tx.hot_rows(_RECIPIENTS, (message_id,))),
        head=_head(bytes(row[11] or b"")),
        configuration_set=configuration_set,
        source_tls=facts.get("source_tls", ""),
        outgoing_ip=attempts[0][0] if attempts else "",
        outgoing_tls=attempts[0][1].partition(" ")[0] if attempts else "",
        tags=facts["tags"],
        tenant=facts.get("tenant", "").partition("/")[0],
    )
    return Publication(
        key=key,
        kind=EventKind(kind),
        account_id=account_id,
        region=region,
        identity="" if lent else identity,
        configuration_set=configuration_set,
        feedback_address=facts["feedback_address"],
        detail=json.loads(detail),
        mail=mail,
    )


def _head(beginning: bytes) -> bytes:
    """The header block, as far as it was read; a last line that was cut off is left out."""
    end = beginning.find(b"\r\n\r\n")
    if end >= 0:
        return beginning[: end + 2]
    return beginning[: beginning.rfind(b"\r\n") + 2] if b"\r\n" in beginning else b""


def take(tx: Tx, publication: Publication) -> bool:
    """End the note; false where another has published the event already."""
    return tx.hot(_TAKE, [publication.key]) == 1
