"""Links by which somebody without an account sees the records of one domain: made, found, listed and revoked.

Owns the rows and the installation's secret for them. A row that is gone is a link that no longer opens; the token
itself is never kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tayori.model import share_token
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.resources import installation
from tayori.store.engine import Tx
from tayori.store.tables import share_links

DEFAULT_DAYS = 30
MOST_DAYS = 366
SECRET = "share"  # noqa: S105 - the name under which the installation keeps it


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLink:
    share_id: str
    account_id: str
    region: str
    identity: str
    created_at: datetime
    expires_at: datetime


def create(tx: Tx, link: ShareLink, fresh_secret: bytes) -> str:
    """Keep a link and return its token."""
    lifetime = link.expires_at - link.created_at
    if not timedelta(0) < lifetime <= timedelta(days=MOST_DAYS):
        raise Invalid(f"A link can be valid for 1 to {MOST_DAYS} days.")
    tx.execute(share_links.delete().where(share_links.c.expires_at <= tx.now))
    tx.execute(
        share_links.insert().values(
            share_id=link.share_id,
            account_id=link.account_id,
            region=link.region,
            identity=link.identity,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )
    )
    return share_token.issue(installation.secret(tx, SECRET, fresh_secret), link.share_id, link.expires_at)


def find(tx: Tx, share_id: str) -> ShareLink | None:
    """The link, unless it was revoked or its time is over."""
    row = tx.execute(
        sa.select(share_links).where(share_links.c.share_id == share_id, share_links.c.expires_at > tx.now)
    ).first()
    return None if row is None else _link(row)


def of_identity(tx: Tx, account_id: str, region: str, identity: str) -> list[ShareLink]:
    """Links that still open, the oldest first."""
    rows = tx.execute(
        sa.select(share_links)
        .where(
            share_links.c.account_id == account_id,
            share_links.c.region == region,
            share_links.c.identity == identity,
            share_links.c.expires_at > tx.now,
        )
        .order_by(share_links.c.created_at, share_links.c.share_id)
    )
    return [_link(row) for row in rows]


def forget(tx: Tx, account_id: str, region: str, identity: str) -> None:
    """The identity is deleted, and its links with it: they shall not open again for one that is made anew."""
    mine = share_links.c.account_id == account_id, share_links.c.region == region, share_links.c.identity == identity
    tx.execute(share_links.delete().where(*mine))


def revoke(tx: Tx, account_id: str, share_id: str) -> None:
    gone = tx.execute(
        share_links.delete().where(share_links.c.share_id == share_id, share_links.c.account_id == account_id)
    )
    if not gone.rowcount:
        raise NotFound(f"There is no link {share_id}.", Kind.ACCOUNT)


def _link(row: sa.Row[tuple[object, ...]]) -> ShareLink:
    values = row._mapping
    return ShareLink(**{field: values[field] for field in ShareLink.__dataclass_fields__})
