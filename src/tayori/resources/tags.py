"""Tags of resources: at most 50 for each, in the charset SES allows (ses: API_TagResource)."""

import re
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from tayori.model.errors import Invalid
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.tables import tags

MAX_TAGS = 50
_ALLOWED = re.compile(r"[\w .:/=+\-@]*")


def check(wanted: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request as a mapping; Invalid where a key repeats, is reserved or has a character too many."""
    found: dict[str, str] = {}
    for tag in wanted:
        key, value = tag["Key"], tag["Value"]
        if key in found:
            raise Invalid(f"Duplicate tag key: {key}")
        if key.lower().startswith("aws:"):
            raise Invalid("Tag keys must not begin with aws:")
        if not 1 <= len(key) <= 128 or not _ALLOWED.fullmatch(key):
            raise Invalid("Tag keys have 1 to 128 characters: letters, digits, spaces and _ . : / = + - @")
        if len(value) > 256 or not _ALLOWED.fullmatch(value):
            raise Invalid("Tag values have up to 256 characters: letters, digits, spaces and _ . : / = + - @")
        found[key] = value
    if len(found) > MAX_TAGS:
        raise Invalid(f"A resource can have at most {MAX_TAGS} tags")
    return found


def put(tx: Tx, account_id: str, region: str, resource: str, wanted: Mapping[str, str]) -> None:
    """Set tags, keeping those of other keys. The limit holds for the merged set."""
    if len(get(tx, account_id, region, resource) | dict(wanted)) > MAX_TAGS:
        raise Invalid(f"A resource can have at most {MAX_TAGS} tags")
    for key, value in wanted.items():
        tx.execute(
            upsert(tx.engine, tags, changes=["value"]).values(
                account_id=account_id, region=region, resource=resource, key=key, value=value
            )
        )


def get(tx: Tx, account_id: str, region: str, resource: str) -> dict[str, str]:
    rows = tx.execute(
        sa.select(tags.c.key, tags.c.value).where(*_of(account_id, region, resource)).order_by(tags.c.key)
    )
    return {row.key: row.value for row in rows}


def remove(tx: Tx, account_id: str, region: str, resource: str, keys: Iterable[str]) -> None:
    known = [key for key in keys if _ALLOWED.fullmatch(key)]  # what no tag can be called is not asked for
    tx.execute(tags.delete().where(*_of(account_id, region, resource), tags.c.key.in_(known)))


def forget(tx: Tx, account_id: str, region: str, resource: str) -> None:
    """The resource is deleted, and its tags with it."""
    tx.execute(tags.delete().where(*_of(account_id, region, resource)))


def _of(account_id: str, region: str, resource: str) -> tuple[sa.ColumnElement[bool], ...]:
    return tags.c.account_id == account_id, tags.c.region == region, tags.c.resource == resource
