"""The mailboxes of the rehearsal's providers: what arrived, for whom, and how it was judged.

Owns the store of received mail, one row for each recipient, bounded in number and size: the oldest goes first. Never
receives or judges anything itself. It keeps a rehearsal's mail over a restart, but does not fight for it as the
service fights for its own: no write waits for the disk.
"""

import base64
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    mailbox TEXT NOT NULL,
    provider TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL,
    received_at TEXT NOT NULL,
    client TEXT NOT NULL,
    helo TEXT NOT NULL,
    tls TEXT,
    cipher TEXT,
    spf TEXT NOT NULL,
    dkim TEXT NOT NULL,
    dmarc TEXT NOT NULL,
    spam_reported_at TEXT,
    content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS message_by_mailbox ON message (mailbox, number);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What all mailboxes together may hold."""

    messages: int = 20_000
    octets: int = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """One message in one mailbox. `tls` and `cipher` are None where it came in the clear.

    `spf`, `dkim` and `dmarc` are RFC 8601 results without their method, a passing one first. `content` is the message
    as delivered: with the fields that the provider put in front.
    """

    id: str
    provider: str
    mail_from: str
    rcpt_to: str
    received_at: datetime
    client: str
    helo: str
    tls: str | None
    cipher: str | None
    spf: str
    dkim: str
    dmarc: str
    content: bytes
    spam_reported_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "provider": self.provider,
            "mail_from": self.mail_from,
            "rcpt_to": self.rcpt_to,
            "received_at": self.received_at.isoformat(),
            "client": self.client,
            "helo": self.helo,
            "tls": self.tls,
            "cipher": self.cipher,
            "spf": self.spf,
            "dkim": self.dkim,
            "dmarc": self.dmarc,
            "spam_reported_at": self.spam_reported_at.isoformat() if self.spam_reported_at else None,
            "raw_base64": base64.b64encode(self.content).decode("ascii"),
        }


_COLUMNS = "id, provider, mail_from, rcpt_to, received_at, client, helo, tls, cipher, spf, dkim, dmarc, content"


class Mailboxes:
    """All mailboxes of all providers, in one file."""

    def __init__(self, file: Path, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        query = "SELECT count(*), coalesce(sum(length(content)), 0) FROM message"
        self._count, self._octets = self._db.execute(query).fetchone()

    def close(self) -> None:
        self._db.close()

    def deliver(self, message: ReceivedMessage) -> None:
        """Put the message into the mailbox of its recipient."""
        values = (
            message.id,
            message.provider,
            message.mail_from,
            message.rcpt_to,
            message.received_at.isoformat(),
            message.client,
            message.helo,
            message.tls,
            message.cipher,
            message.spf,
            message.dkim,
            message.dmarc,
            message.content,
            _mailbox(message.rcpt_to),
        )
        self._db.execute(
            f"INSERT INTO message ({_COLUMNS}, mailbox) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
            values,
        )
        self._count += 1
        self._octets += len(message.content)
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self._count > 1 and (self._count > self._limits.messages or self._octets > self._limits.octets):
            query = "SELECT number, length(content) FROM message ORDER BY number LIMIT 1"
            number, octets = self._db.execute(query).fetchone()
            self._db.execute("DELETE FROM message WHERE number = ?", (number,))
            self._count -= 1
            self._octets -= octets

    def messages(
        self, address: str, *, after: str = "", limit: int = 1000, octets: int = 1 << 40
    ) -> tuple[ReceivedMessage, ...]:
        """The messages of a mailbox, oldest first; those behind the message `after` where that is given.

        Ends before `limit` when the messages so far have `octets` together.
        """
        query = (
            f"SELECT {_COLUMNS}, spam_reported_at FROM message WHERE mailbox = ?"  # noqa: S608
            " AND number > coalesce((SELECT number FROM message WHERE id = ?), 0) ORDER BY number LIMIT ?"
        )
        found: list[ReceivedMessage] = []
        for message in self._read(query, (_mailbox(address), after, limit)):
            found.append(message)
            octets -= len(message.content)
            if octets <= 0:
                break
        return tuple(found)

    def newest(self, *, to: str = "", before: str = "", limit: int = 100) -> tuple[ReceivedMessage, ...]:
        """Messages of all mailboxes whose address has `to` in it, newest first; those before the message `before`."""
        query = (
            f"SELECT {_COLUMNS}, spam_reported_at FROM message WHERE instr(mailbox, ?) > 0"  # noqa: S608
            " AND number < coalesce((SELECT number FROM message WHERE id = ?), 9223372036854775807)"
            " ORDER BY number DESC LIMIT ?"
        )
        return tuple(self._read(query, (_mailbox(to), before, limit)))

    def get(self, message_id: str) -> ReceivedMessage | None:
        query = f"SELECT {_COLUMNS}, spam_reported_at FROM message WHERE id = ?"  # noqa: S608
        return next(self._read(query, (message_id,)), None)

    def addresses(self) -> dict[str, int]:
        """How many messages each mailbox holds."""
        query = "SELECT mailbox, count(*) FROM message GROUP BY mailbox ORDER BY mailbox"
        return dict(self._db.execute(query).fetchall())

    def address_page(self, *, like: str, after: str, limit: int) -> list[tuple[str, int, str]]:
        """Mailboxes by name, those behind `after`: address, how many messages, when the last came."""
        query = (
            "SELECT mailbox, count(*), max(received_at) FROM message WHERE instr(mailbox, ?) > 0 AND mailbox > ?"
            " GROUP BY mailbox ORDER BY mailbox LIMIT ?"
        )
        return list(self._db.execute(query, (_mailbox(like), after, limit)).fetchall())

    def mark_as_spam(self, message_id: str, now: datetime) -> None:
        self._db.execute("UPDATE message SET spam_reported_at = ? WHERE id = ?", (now.isoformat(), message_id))

    def clear(self, address: str = "") -> None:
        """Empty one mailbox, or all."""
        if address:
            self._db.execute("DELETE FROM message WHERE mailbox = ?", (_mailbox(address),))
        else:
            self._db.execute("DELETE FROM message")
        query = "SELECT count(*), coalesce(sum(length(content)), 0) FROM message"
        self._count, self._octets = self._db.execute(query).fetchone()

    def _read(self, query: str, values: tuple[Any, ...]) -> Iterator[ReceivedMessage]:
        for row in self._db.execute(query, values):
            yield ReceivedMessage(
                id=row[0],
                provider=row[1],
                mail_from=row[2],
                rcpt_to=row[3],
                received_at=datetime.fromisoformat(row[4]),
                client=row[5],
                helo=row[6],
                tls=row[7],
                cipher=row[8],
                spf=row[9],
                dkim=row[10],
                dmarc=row[11],
                content=row[12],
                spam_reported_at=datetime.fromisoformat(row[13]) if row[13] else None,
            )


def _mailbox(address: str) -> str:
    """Providers take a local part in any case, as nearly all do in the wild."""
    return address.lower()
