"""Probes: messages that the service sends to itself by the real way, and what came of them.

Owns the address of each, which is taken for mail only until the probe expires, and the one message that came to it.
Never evaluates what came: `app.probing` does.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from tayori.mail.address import AddrSpec
from tayori.model.inbound import InboundMessage
from tayori.store.engine import Tx
from tayori.store.tables import probes

LOCAL_PREFIX = "probe-"
LIFETIME = timedelta(hours=1)
_MAX_OPEN = 100  # of one account


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedProbe:
    """The message as the inbound port got it, and the facts that a receiver judges it by."""

    reverse_path: str
    source_ip: str
    helo: str
    tls_version: str
    content: bytes = field(repr=False)
    received_at: datetime


def address_of(token: str, service_domain: str) -> AddrSpec:
    return AddrSpec(f"{LOCAL_PREFIX}{token}", service_domain)


def begin(tx: Tx, account_id: str, region: str, identity: str, token: str) -> bool:
    """Open an address. False where the account has too many open ones already."""
    tx.execute(probes.delete().where(probes.c.expires_at <= tx.now))
    count = sa.select(sa.func.count()).where(probes.c.account_id == account_id)
    if tx.execute(count).scalar_one() >= _MAX_OPEN:
        return False
    tx.execute(
        probes.insert().values(
            token=token, account_id=account_id, region=region, identity=identity, expires_at=tx.now + LIFETIME
        )
    )
    return True


def is_open(tx: Tx, local: str) -> bool:
    """Whether a local part is the address of a probe that nothing has come to yet."""
    if not local.startswith(LOCAL_PREFIX):
        return False
    query = sa.select(probes.c.token).where(
        probes.c.token == local.removeprefix(LOCAL_PREFIX),
        probes.c.expires_at > tx.now,
        probes.c.received_at.is_(None),
    )
    return tx.execute(query).first() is not None


def keep(tx: Tx, recipient: AddrSpec, message: InboundMessage) -> None:
    """Write down what came. The first message counts: the address is closed after it."""
    tx.execute(
        probes.update()
        .where(probes.c.token == recipient.local.removeprefix(LOCAL_PREFIX), probes.c.received_at.is_(None))
        .values(
            received_at=tx.now,
            reverse_path=message.reverse_path.text,
            source_ip=message.source_ip,
            helo=message.helo,
            tls_version=message.tls.version if message.tls else "",
            content=message.content,
        )
    )


def arrived(tx: Tx, token: str) -> ArrivedProbe | None:
    row = tx.execute(sa.select(probes).where(probes.c.token == token)).first()
    if row is None or row.received_at is None:
        return None
    return ArrivedProbe(
        reverse_path=row.reverse_path,
        source_ip=row.source_ip,
        helo=row.helo,
        tls_version=row.tls_version,
        content=row.content,
        received_at=row.received_at,
    )


def end(tx: Tx, token: str) -> None:
    """Close the address, and forget the message."""
    tx.execute(probes.delete().where(probes.c.token == token))
