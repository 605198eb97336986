"""Contact lists in rows: one for each account in a region, with its topics.

A list that is deleted is gone at once; its contacts, of which there may be a million, go piece by piece
(`forget_contacts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model.contact_list import (
    Status,
    Topic,
    check_description,
    check_name,
    check_topics,
    topic_of,
)
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.resources import tags
from tayori.store.contact_tables import contact_lists, deleted_contact_lists
from tayori.store.dialect import Hot, upsert
from tayori.store.engine import Tx

TOPIC = "deleted-contact-lists"  # of wake-ups
_PIECE = 500

_CONTACTS_OF = Hot("SELECT folded FROM contacts WHERE account_id = ? AND list_id = ? ORDER BY folded LIMIT ?")
_DELETE_CONTACT = Hot("DELETE FROM contacts WHERE account_id = ? AND list_id = ? AND folded = ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    account_id: str
    region: str
    list_id: str
    name: str
    description: str | None
    topics: tuple[Topic, ...]
    created_at: datetime
    updated_at: datetime

    def topic(self, name: str) -> Topic:
        """Raises Invalid."""
        return topic_of(self.topics, name, self.name)


def create(
    tx: Tx,
    account_id: str,
    region: str,
    name: str,
    *,
    list_id: str,
    topics: Sequence[Topic] = (),
    description: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Raises Invalid; for a second list too, whatever its name is (ses: probed)."""
    check_name(name)
    values = {
        "account_id": account_id,
        "region": region,
        "list_id": list_id,
        "name": name,
        "description": check_description(description),
        "topics": [_plain(topic) for topic in check_topics(topics)],
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    # Of two at the same moment the first one stays: nothing is changed where there is a list.
    tx.execute(upsert(tx.engine, contact_lists, changes=["region"]).values(**values))
    kept = any_of(tx, account_id, region)
    if kept is None or kept.list_id != list_id:
        raise Invalid("A maximum of 1 Lists allowed per account.")
    tags.put(tx, account_id, region, resource_of(name), labels or {})


def any_of(tx: Tx, account_id: str, region: str) -> ContactList | None:
    """The account's list in the region, if it has one."""
    table = contact_lists.c
    row = tx.execute(sa.select(contact_lists).where(table.account_id == account_id, table.region == region)).first()
    if row is None:
        return None
    values = dict(row._mapping)
    return ContactList(**(values | {"topics": tuple(_topic(one) for one in values["topics"])}))


def find(tx: Tx, account_id: str, region: str, name: str) -> ContactList | None:
    found = any_of(tx, account_id, region)
    return found if found is not None and found.name == name else None


def get(tx: Tx, account_id: str, region: str, name: str) -> ContactList:
    """Raises Invalid for what cannot be a name, and NotFound."""
    found = find(tx, account_id, region, check_name(name))
    if found is None:
        raise NotFound(f"List with name: {name} doesn't exist.", Kind.CONTACT_LIST)
    return found


def update(
    tx: Tx,
    account_id: str,
    region: str,
    name: str,
    *,
    topics: Sequence[Topic] | None,
    description: str | None,
) -> None:
    """What is None stays; topics are replaced as a whole. Preferences for a topic that is gone are kept."""
    check_name(name)
    changes = {} if topics is None else {"topics": [_plain(topic) for topic in check_topics(topics)]}
    described = {} if description is None else {"description": check_description(description)}
    found = get(tx, account_id, region, name)
    tx.execute(sa.update(contact_lists).where(*_key(found)).values(**changes, **described, updated_at=tx.now))


def delete(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Raises Invalid for what cannot be a name, and NotFound."""
    get(tx, account_id, region, name)
    drop(tx, account_id, region)


def drop(tx: Tx, account_id: str, region: str) -> None:
    """Delete the account's list in the region, if it has one."""
    found = any_of(tx, account_id, region)
    if found is None:
        return
    tx.execute(sa.delete(contact_lists).where(*_key(found)))
    tx.execute(sa.insert(deleted_contact_lists).values(account_id=account_id, list_id=found.list_id, deleted_at=tx.now))
    tags.forget(tx, account_id, region, resource_of(found.name))
    tx.wake(TOPIC)


def forget_contacts(tx: Tx) -> bool:
    """Delete some contacts of a list that is gone; false where there are none any more."""
    table = deleted_contact_lists.c
    row = tx.execute(sa.select(deleted_contact_lists).order_by(table.deleted_at).limit(1)).first()
    if row is None:
        return False
    whose = row.account_id, row.list_id
    found = tx.hot_rows(_CONTACTS_OF, (*whose, _PIECE))
    tx.hot(_DELETE_CONTACT, [(*whose, folded) for (folded,) in found])
    if len(found) < _PIECE:
        tx.execute(
            sa.delete(deleted_contact_lists).where(table.account_id == row.account_id, table.list_id == row.list_id)
        )
    return True


def resource_of(name: str) -> str:
    """As tags name it."""
    return f"{Kind.CONTACT_LIST}/{name}"


def _key(found: ContactList) -> tuple[sa.ColumnElement[bool], ...]:
    table = contact_lists.c
    return table.account_id == found.account_id, table.region == found.region


def _plain(topic: Topic) -> dict[str, str | None]:
    return {
        "name": topic.name,
        "display_name": topic.display_name,
        "description": topic.description,
        "default": topic.default,
    }


def _topic(value: Mapping[str, str]) -> Topic:
    return Topic(
        name=value["name"],
        display_name=value["display_name"],
        description=value["description"],
        default=Status(value["default"]),
    )
