"""The panel in which a domain's administrator types records, one at a time, as registrars' panels ask for them.

Owns how a panel reads what was typed: the host without the zone's name, the priority in a field of its own, and the
habits by which panels spoil records. Which registrar's panel has which habits comes from the dossier's table. Never
holds a record itself: the book of zones does. RFC 1035 5.1 (names and texts), RFC 2181 5.2 (one TTL for a set).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tayori.dossier.panels import FinalDot, HostForm, LongText, Panel, panels
from tayori.rehearsal.zones import DEFAULT_TTL, RecordBook, RecordSet, ZoneError

PAGE = 100
_LONGEST_TTL = 604_800
_STRING = 255  # RFC 1035 3.3: octets of one character-string
_HOSTS = frozenset({"CNAME", "MX", "NS", "PTR"})


class Habit(StrEnum):
    """What a panel does to records that were typed as the document has them."""

    DOUBLES_NAMES = "doubles-names"  # the zone is appended to every host, to full names too
    NEEDS_FINAL_DOT = "needs-final-dot"  # the zone is appended to a host name as a value that has no final dot
    KEEPS_QUOTES = "keeps-quotes"  # quotation marks round a text become part of it
    ESCAPES_SEMICOLONS = "escapes-semicolons"  # as a zone file of old would: `v=DMARC1\; p=none`
    REFUSES_LONG_TEXT = "refuses-long-text"
    REFUSES_UNDERSCORES = "refuses-underscores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One panel: its habits, and the TTLs that it takes."""

    habits: frozenset[Habit] = frozenset()
    ttl_minimum: int = 0
    ttl_maximum: int = _LONGEST_TTL

    @classmethod
    def of(cls, panel: Panel) -> "Rules":
        habits = {
            Habit.DOUBLES_NAMES: panel.host_form is HostForm.RELATIVE,
            Habit.NEEDS_FINAL_DOT: panel.final_dot is FinalDot.WITH,
            Habit.REFUSES_LONG_TEXT: panel.long_text is LongText.REFUSED,
        }
        return cls(
            habits=frozenset(habit for habit, has in habits.items() if has),
            ttl_minimum=panel.ttl_minimum or 0,
            ttl_maximum=min(panel.ttl_maximum or _LONGEST_TTL, _LONGEST_TTL),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One line of the panel's form. `priority` is asked for an MX record only."""

    host: str
    rdtype: str
    value: str
    priority: int | None = None
    ttl: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record as the panel lists it."""

    name: str
    rdtype: str
    value: str
    ttl: int
    is_fixed: bool

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.name} {self.rdtype} {self.value}".encode()).hexdigest()[:20]

    @property
    def place(self) -> tuple[list[str], str, str]:
        return self.name.split(".")[::-1], self.rdtype, self.value

    def as_json(self, domain: str) -> dict[str, Any]:
        priority, value = (None, self.value)
        if self.rdtype == "MX":
            number, _, value = self.value.partition(" ")
            priority = int(number)
        return {
            "id": self.id,
            "name": self.name,
            "host": "@" if self.name == domain else self.name.removesuffix(f".{domain}"),
            "type": self.rdtype,
            "value": value,
            "priority": priority,
            "ttl": self.ttl,
            "is_fixed": self.is_fixed,
        }


def read(domain: str, typed: Typed, rules: Rules) -> RecordSet:
    """What the panel makes of a line of its form: a record set of one. Raises ZoneError."""
    name, rdtype = _name(domain, typed.host, rules), typed.rdtype.strip().upper()
    ttl = max(rules.ttl_minimum, DEFAULT_TTL) if typed.ttl is None else typed.ttl
    if not rules.ttl_minimum <= ttl <= rules.ttl_maximum:
        raise ZoneError(f"this panel takes a TTL from {rules.ttl_minimum} to {rules.ttl_maximum} seconds")
    value = typed.value.strip()
    if not value:
        raise ZoneError("give a value")
    if rdtype in _HOSTS:
        value = _target(domain, rdtype, typed, value, rules)
    elif rdtype == "TXT":
        value = _text(value, rules)
    return RecordSet(name=name, rdtype=rdtype, values=(value,), ttl=ttl)


def _name(domain: str, host: str, rules: Rules) -> str:
    text = host.strip().lower()
    if "_" in text and Habit.REFUSES_UNDERSCORES in rules.habits:
        raise ZoneError("this panel takes no underscore in a host name")
    if text in ("", "@"):
        return domain
    is_full = text == domain or text.endswith(f".{domain}")
    if text.endswith("."):
        text = text.removesuffix(".")
        if text != domain and not text.endswith(f".{domain}"):
            raise ZoneError(f"{text} is not a name of the zone {domain}")
        return text
    return text if is_full and Habit.DOUBLES_NAMES not in rules.habits else f"{text}.{domain}"


def _target(domain: str, rdtype: str, typed: Typed, value: str, rules: Rules) -> str:
    if rdtype == "MX" and typed.priority is None:
        raise ZoneError("give the priority of the MX record in its own field")
    if any(character.isspace() for character in value):
        raise ZoneError(f"the value of a record of type {rdtype} is one host name, without spaces")
    if not value.endswith(".") and Habit.NEEDS_FINAL_DOT in rules.habits:
        value = f"{value}.{domain}"
    return f"{typed.priority} {value}" if rdtype == "MX" else value


def _text(value: str, rules: Rules) -> str:
    if Habit.ESCAPES_SEMICOLONS in rules.habits:
        value = value.replace(";", "\\;")
    if Habit.REFUSES_LONG_TEXT in rules.habits and len(value.encode("utf-8", "replace")) > _STRING:
        raise ZoneError(f"this panel takes texts of {_STRING} characters at the most")
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value if is_quoted and Habit.KEEPS_QUOTES not in rules.habits else quoted(value.encode("utf-8", "replace"))


def quoted(text: bytes) -> str:
    """A text in the form of a zone file, in which every octet stays what it is."""
    strings = [text[at : at + _STRING] for at in range(0, len(text), _STRING)] or [b""]
    return " ".join(f'"{"".join(_octet(octet) for octet in string)}"' for string in strings)


def _octet(octet: int) -> str:
    if octet in b'"\\':
        return f"\\{chr(octet)}"
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03}"


class RegistrarDesk:
    """The zones of the book, as a panel shows and changes them. All methods raise ZoneError."""

    def __init__(self, book: RecordBook) -> None:
        self._book = book

    def panels(self) -> Mapping[str, Any]:
        listed = []
        for panel in panels().values():
            rules = Rules.of(panel)
            listed.append(
                {
                    "key": panel.key,
                    "names": dict(panel.names),
                    "apex": panel.apex,
                    "habits": sorted(rules.habits),
                    "ttl_minimum": rules.ttl_minimum,
                    "ttl_maximum": rules.ttl_maximum,
                    "notes": {language: list(texts) for language, texts in panel.notes.items()},
                }
            )
        return {"panels": listed, "habits": list(Habit)}

    def zones(self, like: str, after: str) -> Mapping[str, Any]:
        """Registered domains by name, a page of them."""
        counts: dict[str, list[int]] = {}
        for line in self._lines(""):
            both = counts.setdefault(".".join(line.name.split(".")[-2:]), [0, 0])
            both[line.is_fixed] += 1
        found = sorted(domain for domain in counts if like.lower() in domain and domain > after)
        page = found[:PAGE]
        listed = [{"domain": one, "records": counts[one][0], "fixed": counts[one][1]} for one in page]
        return {"zones": listed, "next": page[-1]} if len(found) > PAGE else {"zones": listed}

    def zone(self, domain: str, after: str) -> Mapping[str, Any]:
        """The records at and below a domain, a page of them; `after` is the id of a line, or what `next` said."""
        domain = self._book.territory(domain)
        lines = sorted(self._lines(domain), key=lambda line: line.place)
        begin = next((at + 1 for at, line in enumerate(lines) if line.id == after), 0)
        page = lines[begin : begin + PAGE]
        answer = {"domain": domain, "records": [line.as_json(domain) for line in page], "total": len(lines)}
        return {**answer, "next": page[-1].id} if begin + PAGE < len(lines) else answer

    def add(self, domain: str, typed: Typed, rules: Rules) -> Mapping[str, Any]:
        domain = self._book.territory(domain)
        return self._add(domain, read(domain, typed, rules))

    def _add(self, domain: str, wanted: RecordSet) -> Mapping[str, Any]:
        present = self._book.get(wanted.name, wanted.rdtype)
        values = present.values if present else ()
        together = self._book.put(
            wanted.name, wanted.rdtype, [*(_typed(wanted.rdtype, one) for one in values), *wanted.values], wanted.ttl
        )
        if len(together.values) == len(values):
            raise ZoneError(f"this {wanted.rdtype} record of {together.name} is there already")
        return _only(together).as_json(domain)

    def change(self, domain: str, line_id: str, typed: Typed, rules: Rules) -> Mapping[str, Any]:
        """Put a record in place of another; where that cannot be, the other stays."""
        domain = self._book.territory(domain)
        wanted, line = read(domain, typed, rules), self._line(domain, line_id)
        before = self._book.get(line.name, line.rdtype)
        self._take_away(line)
        try:
            return self._add(domain, wanted)
        except ZoneError:
            if before is not None:
                self._put(before)
            raise

    def delete(self, domain: str, line_id: str) -> Mapping[str, Any]:
        domain = self._book.territory(domain)
        self._take_away(self._line(domain, line_id))
        return {}

    def _take_away(self, line: Line) -> None:
        present = self._book.get(line.name, line.rdtype)
        rest = tuple(value for value in present.values if value != line.value) if present else ()
        if present is None or not rest:
            self._book.delete(line.name, line.rdtype)  # which says where a record is fixed
        else:
            self._put(RecordSet(name=line.name, rdtype=line.rdtype, values=rest, ttl=present.ttl))

    def _put(self, record_set: RecordSet) -> None:
        values = [_typed(record_set.rdtype, value) for value in record_set.values]
        self._book.put(record_set.name, record_set.rdtype, values, record_set.ttl)

    def _line(self, domain: str, line_id: str) -> Line:
        found = next((line for line in self._lines(domain) if line.id == line_id), None)
        if found is None:
            raise ZoneError("this record is no longer there; it was changed or deleted meanwhile")
        return found

    def _lines(self, under: str) -> Iterator[Line]:
        for fixed in self._book.fixed(under):
            yield Line(name=fixed.name, rdtype=fixed.rdtype, value=fixed.value, ttl=fixed.ttl, is_fixed=True)
        for record_set in self._book.sets(under):
            yield from _lines_of(record_set)


def _lines_of(record_set: RecordSet) -> Sequence[Line]:
    return [
        Line(name=record_set.name, rdtype=record_set.rdtype, value=value, ttl=record_set.ttl, is_fixed=False)
        for value in record_set.values
    ]


def _only(record_set: RecordSet) -> Line:
    """The line that was added: the last of its set."""
    return _lines_of(record_set)[-1]


def _typed(rdtype: str, value: str) -> str:
    """A value of the book in a form that the book reads as the same value."""
    return quoted(value.encode("latin-1")) if rdtype == "TXT" else value
