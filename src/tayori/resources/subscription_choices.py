"""What recipients themselves say of list mail: their preferences, and the event that tells the sender.

Owns what a signed link, or mail to a signed address, may change: one contact of one list. Who is not on the list any
more comes onto it with what he says, so that it holds for mail to come. Saying the same again changes nothing, and one
message leads to at most MOST_EVENTS events.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from tayori.model import event
from tayori.model.contact_list import NOTHING_SAID, Preferences, Status
from tayori.model.event import EventKind
from tayori.model.subscription_link import SubscriptionLink
from tayori.resources import contact_lists, contacts, event_rows, publications
from tayori.resources.contact_lists import ContactList
from tayori.resources.contacts import Contact
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

MOST_EVENTS = 100
_MESSAGE = Hot("SELECT account_id, region, from_address, facts FROM messages WHERE message_id = ?")
_RECIPIENT = Hot("SELECT address FROM recipients WHERE message_id = ? AND ordinal = 0")
_COUNT = Hot(
    "SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE message_id = ? AND kind = 'Subscription' LIMIT ?) AS known"
)


class Source(StrEnum):
    """Which way a recipient took, as events tell it. SES has the first; the second is our own word."""

    HEADER = "UnsubscribeHeader"
    PAGE = "PreferencePage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a contact can choose from, and has chosen. `sender` is the domain that wrote to him, where known."""

    contact_list: ContactList
    address: str
    wants: Preferences
    sender: str = ""


def find(tx: Tx, link: SubscriptionLink) -> Choice | None:
    """None where the list is gone."""
    contact_list = contact_lists.find(tx, link.account_id, link.region, link.contact_list)
    if contact_list is None:
        return None
    known = contacts.find(tx, contact_list, link.address)
    message = tx.hot_rows(_MESSAGE, (link.message_id,))
    return Choice(
        contact_list=contact_list,
        address=link.address,
        wants=known.wants if known else NOTHING_SAID,
        sender=message[0][2].rpartition("@")[2] if message else "",
    )


def link_of(tx: Tx, message_id: str) -> SubscriptionLink | None:
    """What the message's link stands for; None where it is forgotten, or was sent under no list."""
    message, recipient = tx.hot_rows(_MESSAGE, (message_id,)), tx.hot_rows(_RECIPIENT, (message_id,))
    option = json.loads(message[0][3]).get("list") if message and recipient else None
    if option is None:
        return None
    account_id, region = message[0][:2]
    contact_list, topic = option
    return SubscriptionLink(account_id, region, contact_list, topic, message_id, recipient[0][0])


def unsubscribe(tx: Tx, settings: Settings, link: SubscriptionLink, source: Source) -> Choice | None:
    """From the link's topic; from everything where it has none, or one that the list has no more."""

    def decide(choice: Choice) -> Preferences:
        known = any(topic.name == link.topic for topic in choice.contact_list.topics)
        return choice.wants.without(link.topic if known else "")

    return change(tx, settings, link, source, decide)


def change(
    tx: Tx, settings: Settings, link: SubscriptionLink, source: Source, decide: Callable[[Choice], Preferences]
) -> Choice | None:
    """What the contact has chosen now; None where the list is gone."""
    before = find(tx, link)
    if before is None:
        return None
    wanted = decide(before)
    known = contacts.find(tx, before.contact_list, link.address)
    if known is None or wanted != before.wants:
        kept = known or Contact(address=link.address, created_at=tx.now, updated_at=tx.now)
        contacts.keep(tx, before.contact_list, replace(kept, wants=wanted, updated_at=tx.now))
    if wanted != before.wants:
        _tell(tx, settings, link, source, before, wanted)
    return replace(before, wants=wanted)


def _tell(
    tx: Tx, settings: Settings, link: SubscriptionLink, source: Source, before: Choice, wanted: Preferences
) -> None:
    """Nobody, where the message that the link came with is forgotten: an event is of a message."""
    owner = tx.hot_rows(_MESSAGE, (link.message_id,))
    ((known,),) = tx.hot_rows(_COUNT, (link.message_id, MOST_EVENTS))
    if not owner or tuple(owner[0][:2]) != (link.account_id, link.region) or known >= MOST_EVENTS:
        return
    detail = event.subscription(
        before.contact_list.name,
        source=source,
        now=tx.now,
        new=_told(before.contact_list, wanted),
        old=_told(before.contact_list, before.wants),
    )
    row = (link.message_id, to_micros(tx.now), EventKind.SUBSCRIPTION, 0, json.dumps(detail, separators=(",", ":")))
    settings.refresh(tx)
    written = event_rows.append(tx, row)
    publications.note(tx, settings, [written], [(link.message_id, link.account_id, link.region)])


def _told(contact_list: ContactList, wants: Preferences) -> event.TopicPreferences:
    return event.TopicPreferences(
        unsubscribe_all=wants.unsubscribed,
        topics={topic.name: wants.of(topic) is Status.OPT_IN for topic in contact_list.topics},
    )
