"""What has to change in a domain's SPF record so that we may send, and what is wrong with the record besides.

Owns the merge: there is one SPF record at a name (RFC 7208 3.2, 4.5), so ours is never a second one but a mechanism
more in the one that stands there; every mechanism that is not ours keeps its words and its place. Pure: whoever wants
the look-ups counted drives `advise`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tayori.mail.answer import Answer, Evaluation, Query
from tayori.mail.spf_cost import SpfCost, cost_of
from tayori.mail.spf_record import (
    Mechanism,
    MechanismName,
    Qualifier,
    SpfSyntaxError,
    parse_record,
    select_records,
)

# RFC 7208 3.4: an answer that holds it should fit into 512 octets with the rest of the packet.
_LONG: Final = 450
_VERSION: Final = "v=spf1"
_MOST_RECORDS: Final = 10  # that a suggestion is made from: a zone with more is no customer's


class SpfNote(StrEnum):
    """What to tell the administrator. The first three make the present record void: nothing is merged then, and what
    is proposed is a suggestion that a person has to look at.
    """

    SEVERAL_RECORDS = "several-records"
    UNREADABLE = "unreadable"
    MODIFIER_TWICE = "modifier-twice"
    TYPE_99 = "type-99"  # RFC 7208 3.1: the type SPF is no longer in use
    PLUS_ALL = "plus-all"  # everybody may send
    PTR = "ptr"  # RFC 7208 5.5: not to be used
    MACRO = "macro"  # what it costs and allows depends on the client
    REDIRECT = "redirect"  # ours goes before it; the redirected record is as it was
    REDIRECT_IGNORED = "redirect-ignored"  # RFC 7208 6.1: `all` stands beside it
    AFTER_ALL = "after-all"  # what follows `all` is never looked at
    NO_ALL = "no-all"  # everybody else is neutral
    OURS_NOT_PASSING = "ours-not-passing"  # ours stood there, where it could not say pass
    LONG = "long"
    TOO_MANY_LOOKUPS = "too-many-lookups"
    TOO_MANY_VOIDS = "too-many-voids"
    BROKEN = "broken"  # an include leads nowhere, or to a record that cannot be read
    UNANSWERED = "unanswered"  # the DNS did not tell everything


_REFUSED: Final = frozenset({SpfNote.SEVERAL_RECORDS, SpfNote.UNREADABLE, SpfNote.MODIFIER_TWICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfMerge:
    """`before` are the SPF records that stand there, `after` is the one that shall, without the `unreadable` terms."""

    before: tuple[str, ...]
    after: str
    notes: tuple[SpfNote, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """What stands there cannot be merged into: a person has to decide which of it counts."""
        return bool(_REFUSED & set(self.notes))

    @property
    def is_in_place(self) -> bool:
        return self.before == (self.after,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfAdvice:
    """The merge, and what checks of both records cost."""

    domain: str
    merge: SpfMerge
    cost_before: SpfCost
    cost_after: SpfCost
    notes: tuple[SpfNote, ...]


def merge(values: Sequence[str], own: str) -> SpfMerge:
    """The one record that shall stand at a name whose TXT values are `values`; `own` is the record that we would ask
    for where there is none.
    """
    before = select_records(values)
    if not before:
        return SpfMerge(before=(), after=own)
    readings = [_Reading.of(text) for text in before[:_MOST_RECORDS]]
    united = readings[0]
    for reading in readings[1:]:
        united = united.with_more(reading)
    wanted = [mechanism for mechanism in parse_record(own).mechanisms if mechanism.name is not MechanismName.ALL]
    has_ours = len(before) == 1 and not united.unreadable and all(united.passes(one) for one in wanted)
    after = before[0] if has_ours else united.with_ours(wanted)
    notes = [SpfNote.SEVERAL_RECORDS] if len(before) > 1 else []
    notes += united.notes(wanted, after)
    return SpfMerge(before=before, after=after, notes=tuple(notes), unreadable=united.unreadable)


def advise(domain: str, own: str) -> Evaluation[SpfAdvice]:
    """Look at what stands at `domain`, merge, and count the look-ups of both records."""
    answer = yield Query(name=domain, rdtype="TXT")
    deprecated = yield Query(name=domain, rdtype="SPF")
    merged = merge(answer.values, own)
    cost_before = SpfCost()
    if len(merged.before) == 1:
        cost_before = yield from cost_of(domain, merged.before[0])
    cost_after = cost_before
    if not merged.is_in_place:
        cost_after = yield from cost_of(domain, merged.after)
    notes = (*merged.notes, *_notes_of(answer, deprecated, cost_after))
    return SpfAdvice(
        domain=domain, merge=merged, cost_before=cost_before, cost_after=cost_after, notes=tuple(dict.fromkeys(notes))
    )


def _notes_of(answer: Answer, deprecated: Answer, cost: SpfCost) -> list[SpfNote]:
    found = {
        SpfNote.TYPE_99: bool(select_records(deprecated.values)),
        SpfNote.MACRO: cost.has_macros,
        SpfNote.TOO_MANY_LOOKUPS: cost.is_over_terms,
        SpfNote.TOO_MANY_VOIDS: cost.is_over_voids,
        SpfNote.BROKEN: bool(cost.broken),
        SpfNote.UNANSWERED: bool(cost.unanswered) or not answer.is_definite,
    }
    return [note for note, applies in found.items() if applies]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A record term by term, so that one unreadable term does not hide the others. `terms` keep their words."""

    terms: tuple[str, ...]
    mechanisms: dict[int, Mechanism]  # by their place in `terms`
    modifiers: dict[int, str]  # lower-case names, by their place
    unreadable: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "_Reading":
        return cls.read(tuple(filter(None, text[len(_VERSION) :].split(" "))))

    @classmethod
    def read(cls, words: Sequence[str]) -> "_Reading":
        terms: list[str] = []
        mechanisms: dict[int, Mechanism] = {}
        modifiers: dict[int, str] = {}
        unreadable = []
        for word in words:
            try:
                found = parse_record(f"{_VERSION} {word}").mechanisms
            except SpfSyntaxError:
                unreadable.append(word)
                continue
            if found:
                mechanisms[len(terms)] = found[0]
            else:
                modifiers[len(terms)] = word.partition("=")[0].lower()
            terms.append(word)
        return cls(terms=tuple(terms), mechanisms=mechanisms, modifiers=modifiers, unreadable=tuple(unreadable))

    @property
    def end(self) -> int:
        """The place of the first `all`: what stands behind it is never looked at (RFC 7208 5.1)."""
        places = (at for at, mechanism in self.mechanisms.items() if mechanism.name is MechanismName.ALL)
        return min(places, default=len(self.terms))

    @property
    def has_all(self) -> bool:
        return self.end < len(self.terms)

    def passes(self, ours: Mechanism) -> bool:
        """Whether the mechanism stands where it is looked at, and says pass."""
        end = self.end
        found = next((one for at, one in self.mechanisms.items() if at < end and _is_same(one, ours)), None)
        return found is not None and found.qualifier is Qualifier.PASS

    def with_more(self, other: "_Reading") -> "_Reading":
        """Another record's mechanisms behind those of this one. This one's `all` and modifiers count."""
        known = {term.lower() for term in self.terms}
        more = [
            term
            for at, term in enumerate(other.terms[: other.end])
            if at in other.mechanisms and term.lower() not in known
        ]
        end = self._insertion()
        united = _Reading.read((*self.terms[:end], *more, *self.terms[end:]))
        missing = () if self.has_all or "redirect" in self.modifiers.values() else other.terms[other.end :][:1]
        united = _Reading.read((*united.terms, *missing)) if missing else united
        return _Reading(
            terms=united.terms,
            mechanisms=united.mechanisms,
            modifiers=united.modifiers,
            unreadable=(*self.unreadable, *other.unreadable),
        )

    def _insertion(self) -> int:
        """Before `all`; without it before modifiers at the end, which nobody expects in the middle."""
        if self.has_all:
            return self.end
        return max(self.mechanisms, default=-1) + 1

    def with_ours(self, wanted: Sequence[Mechanism]) -> str:
        """The text with ours before `all`. Ours that stood elsewhere or did not say pass goes: it might come first."""
        at = self._insertion()
        missing = [one for one in wanted if not self.passes(one)]
        kept = [
            (place, term)
            for place, term in enumerate(self.terms)
            if not any(place in self.mechanisms and _is_same(self.mechanisms[place], one) for one in missing)
        ]
        front = [term for place, term in kept if place < at]
        back = [term for place, term in kept if place >= at]
        return " ".join([_VERSION, *front, *(one.text for one in missing), *back])

    def notes(self, wanted: Sequence[Mechanism], after: str) -> list[SpfNote]:
        mechanisms = self.mechanisms.values()
        names = list(self.modifiers.values())
        end = self.end
        last = self.mechanisms.get(end)
        not_passing = [ours for ours in wanted if not self.passes(ours)]
        found = {
            SpfNote.UNREADABLE: bool(self.unreadable),
            SpfNote.MODIFIER_TWICE: any(names.count(name) > 1 for name in ("redirect", "exp")),
            SpfNote.PLUS_ALL: last is not None and last.qualifier is Qualifier.PASS,
            SpfNote.PTR: any(one.name is MechanismName.PTR for one in mechanisms),
            SpfNote.MACRO: any("%{" in term for term in self.terms),
            SpfNote.REDIRECT: "redirect" in names and not self.has_all,
            SpfNote.REDIRECT_IGNORED: "redirect" in names and self.has_all,
            SpfNote.AFTER_ALL: any(at > end for at in self.mechanisms),
            SpfNote.NO_ALL: not self.has_all and "redirect" not in names,
            SpfNote.OURS_NOT_PASSING: any(_is_same(one, ours) for one in mechanisms for ours in not_passing),
            SpfNote.LONG: len(after) > _LONG,
        }
        return [note for note, applies in found.items() if applies]


def _is_same(one: Mechanism, other: Mechanism) -> bool:
    """The same mechanism, whatever its qualifier: `ip4:192.0.2.1` and `+IP4:192.0.2.1/32` too."""
    if one.name is not other.name:
        return False
    if one.network is not None:
        return one.network == other.network
    return _plain(one) == _plain(other)


def _plain(mechanism: Mechanism) -> str:
    return mechanism.text.lstrip("+-~?").lower().removesuffix(".")
