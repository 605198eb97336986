"""Email templates: one store for both APIs, by account and region.

Owns the rows. What a template may be is `model.template`'s to say, before the transaction: compiling takes its time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Kind, LimitExceeded, NotFound
from tayori.model.template import MAX_TEMPLATES, TemplateContent
from tayori.resources import tags as tags_of
from tayori.resources import tenants
from tayori.store.engine import Tx
from tayori.store.tables import account_regions, storable
from tayori.store.template_tables import email_templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A template without its content."""

    name: str
    created_at: datetime


def resource_of(name: str) -> str:
    """As tags and ARNs name it."""
    return f"{Kind.TEMPLATE}/{name}"


def create(
    tx: Tx, account_id: str, region: str, name: str, content: TemplateContent, tags: Sequence[Mapping[str, str]] = ()
) -> None:
    wanted_tags = tags_of.check(tags)
    key = account_regions.c.account_id == account_id, account_regions.c.region == region
    tx.execute(sa.select(account_regions.c.account_id).where(*key).with_for_update())
    if exists(tx, account_id, region, name):
        raise AlreadyExists(f"Template {name} already exists.", Kind.TEMPLATE)
    own = email_templates.c.account_id == account_id, email_templates.c.region == region
    if tx.execute(sa.select(sa.func.count()).select_from(email_templates).where(*own)).scalar_one() >= MAX_TEMPLATES:
        raise LimitExceeded(f"An account can have at most {MAX_TEMPLATES} templates in a region.")
    row = {"account_id": account_id, "region": region, "name": name, "created_at": tx.now, **_values(content)}
    tx.execute(email_templates.insert().values(**row))
    tags_of.put(tx, account_id, region, resource_of(name), wanted_tags)


def update(tx: Tx, account_id: str, region: str, name: str, content: TemplateContent) -> None:
    """All of the content is replaced; tags stay."""
    changed = email_templates.update().where(*_key(account_id, region, name)).values(**_values(content))
    if not tx.execute(changed).rowcount:
        raise missing(name)


def delete(tx: Tx, account_id: str, region: str, name: str) -> None:
    tenants.refuse_while_associated(tx, account_id, region, resource_of(name))
    if not tx.execute(email_templates.delete().where(*_key(account_id, region, name))).rowcount:
        raise missing(name)
    tags_of.forget(tx, account_id, region, resource_of(name))


def exists(tx: Tx, account_id: str, region: str, name: str) -> bool:
    query = sa.select(email_templates.c.name).where(*_key(account_id, region, name))
    return tx.execute(query).first() is not None


def get(tx: Tx, account_id: str, region: str, name: str) -> TemplateContent:
    columns = email_templates.c
    query = sa.select(columns.subject, columns.text, columns.html).where(*_key(account_id, region, name))
    row = tx.execute(query).first()
    if row is None:
        raise missing(name)
    return TemplateContent(subject=row.subject, text=row.text, html=row.html)


def page(
    tx: Tx, account_id: str, region: str, *, after: tuple[datetime, str] | None = None, limit: int
) -> list[Listed]:
    """The newest first (ses: probed), from the first one behind `after`."""
    columns = email_templates.c
    query = sa.select(columns.name, columns.created_at).where(columns.account_id == account_id)
    query = query.where(columns.region == region)
    if after is not None:
        created_at, name = after
        same = sa.and_(columns.created_at == created_at, columns.name < name)
        query = query.where(columns.created_at <= created_at, sa.or_(columns.created_at < created_at, same))
    rows = tx.execute(query.order_by(columns.created_at.desc(), columns.name.desc()).limit(limit))
    return [Listed(name=row.name, created_at=row.created_at) for row in rows]


def missing(name: str) -> NotFound:
    return NotFound(f"Template {storable(name)[:200]} does not exist.", Kind.TEMPLATE)


def _values(content: TemplateContent) -> dict[str, str]:
    return {name: storable(getattr(content, name)) for name in ("subject", "text", "html")}


def _key(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    columns = email_templates.c
    return columns.account_id == account_id, columns.region == region, columns.name == storable(name)
