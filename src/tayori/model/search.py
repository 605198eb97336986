"""What messages can be found by: the terms of a message, what a search asks for, and whether a message is meant.

Owns the words of subjects, the order of messages and the one decision `matches`. An index of terms only narrows: what
it leads to is held against the search here, so that a term in common never shows a message that is not meant. Pure.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from tayori.model.errors import Invalid
from tayori.model.message import DeliveryState

_DAY_MS = 86_400_000
_CHANCE_BITS = 20  # of the identifier's random part: tells apart what was accepted within one millisecond
DAY_END = (_DAY_MS << _CHANCE_BITS) - 1  # the highest number of a day
_SPAN_BITS = 30  # 1024 milliseconds
_MEMBER = 8  # digits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MESSAGE_ID = re.compile(r"([0-9a-f]{4})([0-9a-f]{12})-([0-9a-f]{5})[0-9a-f-]*\Z")

_MOST_WORDS = 32  # of a subject; what stands behind them is not found by
_LONGEST_WORD = 64
_KEY_LETTERS = 4  # a word of letters is kept by its beginning: so one row serves the word and what it begins with
_SHORTEST_WORD = 3  # of letters; shorter ones are in every subject
ADDRESS_LETTERS = 3  # an address is kept by its beginning, too
_MOST_TEXTS = 8
_WORDS = re.compile(r"\w+\*?")
_UNSPACED = r"\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


class Status(StrEnum):
    """What has become of a recipient, as people ask for it."""

    SENDING = "sending"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


OPEN_STATUSES = frozenset({Status.SENDING, Status.DELAYED})


# -- the order of messages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a message stands in the order of acceptance: its day since 1970, and its number within the day."""

    day: int
    number: int

    def before(self) -> "Place":
        return Place(self.day, self.number - 1)


def place_of(message_id: str) -> Place | None:
    """None for what does not have the form of the service's identifiers."""
    found = _MESSAGE_ID.match(message_id)
    if found is None:
        return None
    day, millisecond = divmod(int(found[2], 16), _DAY_MS)
    return Place(day, millisecond << _CHANCE_BITS | int(found[3], 16))


def identifiers_at(prefix: str, place: Place) -> tuple[str, str]:
    """The bounds of the message identifiers at `place`, with a region's prefix: from the first, below the second."""
    millisecond = place.day * _DAY_MS + (place.number >> _CHANCE_BITS)
    chance = place.number & ((1 << _CHANCE_BITS) - 1)
    begin = f"{prefix}{millisecond:012x}-{chance:05x}"
    return begin, f"{begin}g"


def first_identifier(prefix: str, moment: datetime) -> str:
    """What sorts before every identifier of that moment and later, and behind all that are older."""
    return f"{prefix}{(moment - _EPOCH) // timedelta(milliseconds=1):012x}"


def place_at(moment: datetime) -> Place:
    """The first place of that moment."""
    day, millisecond = divmod((moment - _EPOCH) // timedelta(milliseconds=1), _DAY_MS)
    return Place(day, millisecond << _CHANCE_BITS)


def moment_of(place: Place) -> datetime:
    return _EPOCH + timedelta(milliseconds=place.day * _DAY_MS + (place.number >> _CHANCE_BITS))


def spanned(numbers: Iterable[int]) -> dict[int, str]:
    """The members of each span."""
    found: dict[int, list[str]] = {}
    for number in numbers:
        found.setdefault(number >> _SPAN_BITS, []).append(f"{number & ((1 << _SPAN_BITS) - 1):0{_MEMBER}x}")
    return {span: "".join(members) for span, members in found.items()}


def span_of(number: int) -> int:
    return number >> _SPAN_BITS


def members_of(span: int, members: str) -> list[int]:
    """Their numbers, the highest first, each once."""
    texts = {members[start : start + _MEMBER] for start in range(0, len(members), _MEMBER)}
    base = span << _SPAN_BITS
    return [base | int(text, 16) for text in sorted(texts, reverse=True)]


# -- subjects ----------------------------------------------------------------------------------------------------------


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _runs(text: str) -> Iterator[str]:
    """Words; a run of characters of a script without spaces is apart from what it touches. A `*` stays at its end."""
    for word in _WORDS.findall(text):
        yield from _RUNS.findall(word)


def _pairs(run: str) -> Iterator[str]:
    """Such a run is found by each two characters that follow each other."""
    return (run[index : index + 2] for index in range(max(1, len(run) - 1)))


def words_of(subject: str) -> tuple[str, ...]:
    """What a subject is found by, each once, in its order."""
    found: dict[str, None] = {}
    for run in _runs(normal(subject)):
        word = run.removesuffix("*")
        found.update(dict.fromkeys(_pairs(word) if _IS_UNSPACED.match(word) else _keys(word)))
        if len(found) >= _MOST_WORDS:
            break
    return tuple(found)[:_MOST_WORDS]


def _keys(word: str) -> Iterator[str]:
    """Under what a word is kept; nothing where it is too short to tell anything. Numbers are kept whole."""
    if not word.isalpha():
        if word:
            yield word[:_LONGEST_WORD]
    elif len(word) >= _SHORTEST_WORD:
        yield word[:_KEY_LETTERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectWish:
    """All of it must be there: whole words, beginnings of words, and runs of a script without spaces."""

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "SubjectWish":
        """`invoice ship* 注文`. Raises Invalid for what no index serves."""
        runs = list(_runs(normal(text)))
        unspaced = tuple(run for run in runs if _IS_UNSPACED.match(run))
        spaced = [run for run in runs if run not in unspaced and run != "*"]
        prefixes = tuple(run[:-1] for run in spaced if run.endswith("*"))
        if any(len(prefix) < _KEY_LETTERS or not prefix.isalpha() for prefix in prefixes):
            raise Invalid(f"The beginning of a word must have at least {_KEY_LETTERS} letters before the *.")
        if any(len(run.removesuffix("*")) < 2 for run in unspaced):
            raise Invalid("One character alone is not searched for: give two that follow each other.")
        if not unspaced and not any(key for run in spaced for key in _keys(run)):
            raise Invalid("The subject to search for has no word that is long enough.")
        return cls(
            words=tuple(run[:_LONGEST_WORD] for run in spaced if not run.endswith("*")),
            prefixes=prefixes,
            runs=tuple(run.removesuffix("*") for run in unspaced),
        )

    def terms(self) -> Iterator[tuple[str, str]]:
        yield from (("word", key) for word in (*self.words, *self.prefixes) for key in _keys(word))
        yield from (("word", pair) for run in self.runs for pair in _pairs(run))

    def meets(self, subject: str) -> bool:
        text = normal(subject)
        runs = [run.removesuffix("*") for run in _runs(text)]
        known = {run[:_LONGEST_WORD] for run in runs}
        return (
            all(word in known for word in self.words)
            and all(any(word.startswith(prefix) for word in known) for prefix in self.prefixes)
            and all(any(wanted in run for run in runs) for wanted in self.runs)
        )


@dataclass(frozen=True, slots=True)
class TextWish:
    """One word as it is typed into a field that knows all: the beginning of a recipient or of a word of the subject, a
    domain, a sender, a configuration set, or a message tag as name=value.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> "tuple[TextWish, ...]":
        """Each word that stands apart. Raises Invalid for what no index serves."""
        found = tuple(cls(word) for word in dict.fromkeys(text.split()))
        if len(found) > _MOST_TEXTS:
            raise Invalid(f"At most {_MOST_TEXTS} words are searched for at once.")
        for one in found:
            if len(one.folded) < ADDRESS_LETTERS and one.subject is None:
                raise Invalid(f"{one.text} is too short: give {ADDRESS_LETTERS} letters or more of each word.")
        return found

    @property
    def folded(self) -> str:
        return self.text.casefold().removeprefix("@")

    @property
    def subject(self) -> SubjectWish | None:
        """What it means in a subject; None where that is nothing."""
        word = normal(self.text).strip("*")
        try:
            return SubjectWish.parse(f"{word}*" if word.isalpha() and len(word) >= _KEY_LETTERS else word)
        except Invalid:
            return None

    def condition(self) -> "Condition":
        folded, subject = self.folded, self.subject
        found = [
            ("recipient-domain", folded),
            ("sender", folded),
            ("sender-domain", folded),
            ("set", self.text),
            ("tag", self.text),
            *list(subject.terms() if subject else ())[:1],
        ]
        if len(folded) >= ADDRESS_LETTERS:
            found.append(("recipient-start", folded[:ADDRESS_LETTERS]))
        return tuple(found)

    def meets(self, message: "Searched") -> bool:
        folded, subject = self.folded, self.subject
        recipients = [address.casefold() for address in message.recipients]
        sender = message.from_address.casefold()
        return (
            any(address.startswith(folded) or address.rpartition("@")[2] == folded for address in recipients)
            or folded in (sender, sender.rpartition("@")[2])
            or self.text == message.configuration_set
            or any(self.text == f"{name}={value}" for name, value in message.tags.items())
            or (subject is not None and subject.meets(message.subject))
        )


# -- terms -------------------------------------------------------------------------------------------------------------

EVERYTHING = ("all", "")
STILL_OPEN = ("open", "")


@lru_cache(maxsize=65_536)
def term(region: str, kind: str, value: str) -> int:
    """The number under which the index keeps it. That two share one is unlikely, and harmless (see `matches`)."""
    text = f"{region}\0{kind}\0{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def outcome_term(status: Status) -> tuple[str, str]:
    return "status", status.value


def provider_term(provider: str) -> tuple[str, str]:
    return "provider", provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a message is found by."""

    region: str
    accepted_at: datetime
    from_address: str
    subject: str
    configuration_set: str
    identity: str
    tags: Mapping[str, str]
    recipients: tuple[str, ...]
    statuses: tuple[Status, ...] = ()
    providers: tuple[str, ...] = ()  # behind the hosts that were called; known some minutes after acceptance


def terms_of(message: Searched) -> set[int]:
    """All terms of a message but those of its status, which come later."""
    return {term(message.region, kind, value) for kind, value in _terms_of(message)}


def _terms_of(message: Searched) -> Iterator[tuple[str, str]]:
    yield EVERYTHING
    for address in message.recipients:
        yield from _of_address("recipient", address)
        yield "recipient-start", address.casefold()[:ADDRESS_LETTERS]
    yield from _of_address("sender", message.from_address)
    if message.identity.casefold() not in _own_identities(message.from_address):
        yield "identity", message.identity.casefold()
    if message.configuration_set:
        yield "set", message.configuration_set
    yield from (("tag", f"{name}={value}") for name, value in message.tags.items())
    yield from (("word", word) for word in words_of(message.subject))


def _own_identities(from_address: str) -> tuple[str, ...]:
    """What the sender leads to anyway: no identity, the address's, its domain's."""
    folded = from_address.casefold()
    return "", folded, folded.rpartition("@")[2]


def _of_address(role: str, address: str) -> Iterator[tuple[str, str]]:
    folded = address.casefold()
    yield role, folded
    yield f"{role}-domain", folded.rpartition("@")[2]


Condition: TypeAlias = tuple[tuple[str, str], ...]  # terms of which one must be there


# -- what is asked for -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """All that is given must hold; of several statuses or providers, one. An address without a local part means its
    domain; `recipient_starts` are beginnings of addresses, `texts` what stands anywhere.
    """

    recipients: tuple[str, ...] = ()
    recipient_starts: tuple[str, ...] = ()
    texts: tuple[TextWish, ...] = ()
    providers: frozenset[str] = frozenset()
    senders: tuple[str, ...] = ()
    subject: SubjectWish | None = None
    statuses: frozenset[Status] = frozenset()
    tags: tuple[tuple[str, str], ...] = ()
    configuration_set: str = ""
    identity: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[Condition]:
        """A message must have a term of each; its status and its providers apart."""
        single = [
            *(_wanted_address("recipient", address) for address in self.recipients),
            *(("recipient-start", start.casefold()[:ADDRESS_LETTERS]) for start in self.recipient_starts),
            *(_wanted_address("sender", address) for address in self.senders),
            *(self.subject.terms() if self.subject else ()),
            *(("tag", f"{name}={value}") for name, value in self.tags),
            *((("set", self.configuration_set),) if self.configuration_set else ()),
        ]
        named = (("identity", self.identity.casefold()), _wanted_address("sender", self.identity))
        return [
            *((one,) for one in dict.fromkeys(single)),
            *((named,) if self.identity else ()),
            *(text.condition() for text in self.texts),
        ]


def _wanted_address(role: str, text: str) -> tuple[str, str]:
    folded = text.casefold()
    local, _, domain = folded.rpartition("@")
    return (role, folded) if local else (f"{role}-domain", domain)


def tag_of(text: str) -> tuple[str, str]:
    """`name=value`. Raises Invalid."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise Invalid(f"A message tag is searched for as name=value, not as {text}.")
    return name, value


def start_of(text: str) -> str:
    """The beginning of an address. Raises Invalid."""
    if len(text) < ADDRESS_LETTERS:
        raise Invalid(f"The beginning of an address must have at least {ADDRESS_LETTERS} characters before the *.")
    return text


def statuses_of(names: Iterable[str]) -> frozenset[Status]:
    """Raises Invalid."""
    try:
        return frozenset(Status(name) for name in names)
    except ValueError as error:
        raise Invalid(f"status must be one of: {', '.join(Status)}.") from error


def matches(search: Search, message: Searched) -> bool:
    wanted = search.conditions()
    held = set(_terms_of(message)) if wanted else set()
    return (
        (not search.identity or search.identity.casefold() == message.identity.casefold())
        and (search.since is None or message.accepted_at >= search.since)
        and (search.until is None or message.accepted_at < search.until)
        and (not search.statuses or not search.statuses.isdisjoint(message.statuses))
        and (not search.providers or not search.providers.isdisjoint(message.providers))
        and (search.subject is None or search.subject.meets(message.subject))
        and all(any(_begins(address, start) for address in message.recipients) for start in search.recipient_starts)
        and all(text.meets(message) for text in search.texts)
        and all(any(one in held for one in condition) for condition in wanted)
    )


def _begins(address: str, start: str) -> bool:
    return address.casefold().startswith(start.casefold())


# -- status ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What the events of a message say of its recipients, by address; `rejected` is the whole message."""

    bounced: frozenset[str] = frozenset()
    complained: frozenset[str] = frozenset()
    rejected: bool = False


def feedback_of(events: Iterable[tuple[str, Mapping[str, object]]]) -> Feedback:
    """Of (kind, detail) of Bounce, Complaint and Reject events. An automatic reply is no bounce, "not spam" no
    complaint: SES tells of both by such events.
    """
    bounced: set[str] = set()
    complained: set[str] = set()
    rejected = False
    for kind, detail in events:
        if kind == "Bounce":
            bounced.update(_failed(_people(detail, "bouncedRecipients")))
        elif kind == "Complaint" and detail.get("complaintFeedbackType") != "not-spam":
            complained.update(person["emailAddress"] for person in _people(detail, "complainedRecipients"))
        elif kind == "Reject":
            rejected = True
    return Feedback(bounced=frozenset(bounced), complained=frozenset(complained), rejected=rejected)


def _people(detail: Mapping[str, object], name: str) -> Sequence[Mapping[str, str]]:
    found = detail.get(name)
    return found if isinstance(found, list) else ()


def _failed(people: Sequence[Mapping[str, str]]) -> Iterator[str]:
    return (person["emailAddress"] for person in people if person.get("status") or person.get("diagnosticCode"))


_OF_STATES: Mapping[str, Status] = {
    DeliveryState.SUPPRESSED: Status.SUPPRESSED,
    DeliveryState.CANCELLED: Status.CANCELLED,
    DeliveryState.BOUNCED: Status.BOUNCED,
    DeliveryState.EXPIRED: Status.BOUNCED,
    DeliveryState.DELIVERED: Status.DELIVERED,
    "rejected": Status.REJECTED,
}


def status_of(address: str, state: str, attempts: int, feedback: Feedback) -> Status:
    """What has become of one recipient: the worst that is known."""
    settled = _OF_STATES.get(state)
    if feedback.rejected:
        return Status.REJECTED
    if settled in (Status.SUPPRESSED, Status.CANCELLED, Status.REJECTED):
        return settled
    if address in feedback.complained:
        return Status.COMPLAINED
    if address in feedback.bounced:
        return Status.BOUNCED
    if settled is not None:
        return settled
    return Status.DELAYED if state == DeliveryState.DEFERRED and attempts else Status.SENDING
