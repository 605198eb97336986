"""Contact lists: topics, what a contact wants of them, and whether mail under a topic may go to him.

Owns SES's rules for both and their words (ses: list management, subscription management). A contact who has not said
what he wants of a topic has its default. Never knows where lists are kept, nor how a contact says what he wants.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tayori.mail.address import AddressError, AddrSpec
from tayori.model.errors import Invalid

MOST_TOPICS = 20
MOST_ATTRIBUTES = 64 * 1024  # characters; SES publishes no number
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_TEXT = 500
_LONGEST_DISPLAY_NAME = 128


class Status(StrEnum):
    OPT_IN = "OPT_IN"
    OPT_OUT = "OPT_OUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    name: str
    display_name: str
    description: str | None = None
    default: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOption:
    """Under which list, and which of its topics, a message is sent; `topic` "" is none of them."""

    contact_list: str
    topic: str = ""

    @classmethod
    def parse(cls, value: str) -> "ListOption | None":
        """`<list>; topic=<topic>` of X-SES-LIST-MANAGEMENT-OPTIONS; None for an empty value. Raises Invalid.

        The names of the API's members are taken too, since libraries write them: `contactListName=…; topicName=…`.
        """
        if not value.strip():
            return None
        names = {"contact_list": "", "topic": ""}
        for number, part in enumerate(value.split(";")):
            left, equals, right = (piece.strip() for piece in part.partition("="))
            if not left and not equals:
                continue
            key = _OPTIONS.get(left.lower()) if equals else "contact_list" if number == 0 else None
            if key is None or names[key]:
                raise Invalid("X-SES-LIST-MANAGEMENT-OPTIONS has the form: contact list; topic=topic.")
            names[key] = right if equals else left
        if not names["contact_list"]:
            raise Invalid("ContactListName can't be blank.")
        return cls(**names)


_OPTIONS = {"contactlistname": "contact_list", "topic": "topic", "topicname": "topic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a contact wants: nothing at all (`unsubscribed`), or by topic, as far as he has said so."""

    unsubscribed: bool = False
    chosen: Mapping[str, Status] = field(default_factory=dict)

    def merged(self, changes: Mapping[str, Status], *, unsubscribed: bool) -> "Preferences":
        return Preferences(unsubscribed=unsubscribed, chosen={**self.chosen, **changes})

    def without(self, topic: str) -> "Preferences":
        """Unsubscribed from the topic, or from everything where it is none."""
        if not topic:
            return Preferences(unsubscribed=True, chosen=self.chosen)
        return self.merged({topic: Status.OPT_OUT}, unsubscribed=self.unsubscribed)

    def of(self, topic: Topic) -> Status:
        return self.chosen.get(topic.name, topic.default)

    def gets(self, topic: Topic | None) -> bool:
        """Whether mail under this topic, or under none, may go to him."""
        return not self.unsubscribed and (topic is None or self.of(topic) is Status.OPT_IN)


NOTHING_SAID = Preferences()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedContact:
    """What a line of an import file says of a contact."""

    wants: Preferences
    attributes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which contacts are listed. Without a topic, OPT_OUT are those who want nothing at all."""

    status: Status | None = None
    topic: Topic | None = None
    by_default: bool = False  # those too who have not said what they want of the topic

    def fits(self, wants: Preferences) -> bool:
        if self.topic is None:
            return self.status is None or wants.unsubscribed == (self.status is Status.OPT_OUT)
        if self.topic.name not in wants.chosen and not self.by_default:
            return False
        if self.status is None:
            return True
        return wants.gets(self.topic) == (self.status is Status.OPT_IN)


# -- what a request may say ----------------------------------------------------------------------------------------


def check_name(name: str, of: str = "ContactListName") -> str:
    """Raises Invalid."""
    if not name.strip():
        raise Invalid(f"{of} can't be blank.")
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{of} can contain up to 64 characters. Only alphanumeric characters, underscores(_) and hyphens(-) are "
            "allowed."
        )
    return name


def check_topics(topics: Sequence[Topic]) -> tuple[Topic, ...]:
    """Raises Invalid."""
    if len(topics) > MOST_TOPICS:
        raise Invalid(f"Maximum of <{MOST_TOPICS}> topics allowed per ContactList")
    names: set[str] = set()
    for topic in topics:
        check_name(topic.name, "TopicName")
        if len(topic.display_name) > _LONGEST_DISPLAY_NAME:
            raise Invalid(f"Topic DisplayName can contain up to <{_LONGEST_DISPLAY_NAME}> characters.")
        if len(topic.description or "") > _LONGEST_TEXT:
            raise Invalid(f"Topic description can contain up to {_LONGEST_TEXT} characters.")
        if topic.name in names:
            raise Invalid("Duplicate topic names are not allowed within a List.")
        names.add(topic.name)
    return tuple(topics)


def check_description(description: str | None) -> str | None:
    """Raises Invalid."""
    if len(description or "") > _LONGEST_TEXT:
        raise Invalid(f"List description can contain up to {_LONGEST_TEXT} characters.")
    return description


def check_address(address: str) -> str:
    """As it is kept. Raises Invalid."""
    if not address.strip():
        raise Invalid("EmailAddress can't be blank.")
    try:
        return str(AddrSpec.parse(address))
    except AddressError as error:
        raise Invalid(f"EmailAddress <{address}> is invalid") from error


def check_attributes(attributes: str | None) -> str | None:
    """Raises Invalid."""
    if len(attributes or "") > MOST_ATTRIBUTES:
        raise Invalid(f"AttributesData can contain up to {MOST_ATTRIBUTES} characters.")
    return attributes


def topic_of(topics: Iterable[Topic], name: str, contact_list: str) -> Topic:
    """Raises Invalid where the list has none of that name."""
    for topic in topics:
        if topic.name == name:
            return topic
    raise Invalid(f"List: {contact_list} doesn't contain Topic: {name}")


def folded(address: str) -> str:
    """Under which a contact is found: whoever has unsubscribed as Jane@ gets nothing as jane@ either."""
    return address.lower()
