"""What a document is made for: the plan, the people, the day, the panel; and what follows from them for every section.

Owns the form in which a record is typed: the host field, the value without its priority, strings of 255 bytes.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from tayori.dossier.blocks import Line, presentable
from tayori.dossier.catalogue import Texts
from tayori.dossier.panels import FinalDot, HostForm, Panel, panels
from tayori.dossier.schedule import Step, default_start, steps
from tayori.mail.txt_strings import character_strings
from tayori.model.domain_plan import Change, DomainPlan, PlannedRecord
from tayori.model.names import ServiceNames

SECTIONS = (
    "summary",
    "background",
    "why",
    "records",
    "effect",
    "schedule",
    "check",
    "undo",
    "panels",
    "mistakes",
    "form",
)
_NAMES_AS_VALUES = ("CNAME", "MX", "NS")


class UnknownPanel(ValueError):
    """There is no such panel; the text is a sentence that lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the requester says. Empty names are left for him to write in. `today` is the day where he is; without it,
    it is that of the plan, in UTC.
    """

    language: str
    requester: str = ""
    contact: str = ""
    recipient: str = ""
    today: date | None = None
    start: date | None = None
    panel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRecord:
    """One record as it is typed. `strings` are those of a TXT value that is too long for one."""

    number: int
    record: PlannedRecord
    texts: str  # the section of the catalogue that speaks of it
    host: str
    priority: str
    values: tuple[str, ...]
    strings: tuple[str, ...]
    ttl: int

    @property
    def removed(self) -> tuple[str, ...]:
        """What stands there now and shall not."""
        wanted = frozenset(self.record.wanted)
        return tuple(value for value in self.record.present if value not in wanted)

    @property
    def kept(self) -> tuple[str, ...]:
        wanted = frozenset(self.record.wanted)
        return tuple(value for value in self.record.present if value in wanted)

    @property
    def new_first(self) -> list[tuple[str, bool]]:
        """Each value that shall stand there, and whether it is new."""
        present = frozenset(self.record.present)
        return sorted(((value, value not in present) for value in self.record.wanted), key=lambda one: not one[1])


class Writing:
    """A document in the making. Sections ask it for words, records and dates."""

    def __init__(self, plan: DomainPlan, request: Request) -> None:
        self.plan = replace(plan, records=tuple(map(_presentable, plan.records)))
        self.request = replace(
            request,
            requester=presentable(request.requester),
            contact=presentable(request.contact),
            recipient=presentable(request.recipient),
        )
        self.texts = Texts(request.language)
        self.panel = self._panel(request.panel)
        self.names = ServiceNames(service_domain=plan.service_domain, region=plan.region)
        self.records = tuple(self._typed(number, record) for number, record in enumerate(self.plan.records, start=1))

    def _panel(self, key: str | None) -> Panel | None:
        known = panels()
        if key is not None and key not in known:
            raise UnknownPanel(self.texts("error.panel", panel=key, known=", ".join(known)))
        return None if key is None else known[key]

    # -- dates -------------------------------------------------------------------------------------------------------

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return steps(self.request.start or default_start(self.today), self.plan.records)

    @property
    def today(self) -> date:
        return self.request.today or self.plan.made_at.date()

    def day_of(self, step: str) -> str:
        return self.date(next(known.day for known in self.steps if known.name == step))

    def date(self, day: date) -> str:
        weekday = self.texts(f"weekday.names.{day.weekday() + 1}")
        return self.texts("cover.date-form", year=day.year, month=day.month, day=day.day, weekday=weekday)

    # -- people ------------------------------------------------------------------------------------------------------

    @property
    def requester(self) -> str:
        return self.request.requester or self.texts("cover.requester", domain=self.plan.domain)

    @property
    def recipient(self) -> str:
        return self.request.recipient or self.texts("cover.administrator", zone=self.plan.zone)

    @property
    def contact(self) -> str:
        return self.request.contact or self.texts("cover.no-contact")

    # -- records -----------------------------------------------------------------------------------------------------

    def having(self, *purposes: str) -> tuple[TypedRecord, ...]:
        return tuple(typed for typed in self.records if typed.texts.removeprefix("purpose.") in purposes)

    def count(self, *changes: Change) -> int:
        return sum(typed.record.change in changes for typed in self.records)

    @property
    def to_change(self) -> int:
        return self.count(Change.REPLACE, Change.MERGE)

    @property
    def to_add(self) -> int:
        return self.count(Change.ADD, Change.UNKNOWN)

    def _typed(self, number: int, record: PlannedRecord) -> TypedRecord:
        present = frozenset(record.present)
        new = tuple(value for value in record.wanted if value not in present) or (record.own,)
        priority, values = "", new
        if record.rdtype == "MX":
            priority = new[0].partition(" ")[0]
            values = tuple(value.partition(" ")[2] for value in new)
        if record.rdtype in _NAMES_AS_VALUES and self.panel and self.panel.final_dot is FinalDot.WITH:
            values = tuple(f"{value}." for value in values)
        strings = character_strings(values[0]) if record.rdtype == "TXT" else ()
        return TypedRecord(
            number=number,
            record=record,
            texts=self._section_of(record),
            host=self._host(record.name),
            priority=priority,
            values=values,
            strings=strings if len(strings) > 1 else (),
            ttl=self._ttl(record.ttl),
        )

    def _section_of(self, record: PlannedRecord) -> str:
        """A purpose that the catalogue does not know yet is a further record."""
        purpose = str(record.purpose)
        if purpose == "dkim" and record.rdtype == "TXT":
            purpose = "dkim-key"
        section = f"purpose.{purpose}"
        return section if self.texts.has(f"{section}.title") else "purpose.other"

    def _host(self, name: str) -> str:
        zone = self.plan.zone
        if self.panel is not None and self.panel.host_form is HostForm.FULL:
            return f"{name}."
        if name == zone:
            return "@" if self.panel is None else self.panel.apex
        return name.removesuffix(f".{zone}")

    def _ttl(self, ttl: int) -> int:
        if self.panel is None:
            return ttl
        ttl = max(ttl, self.panel.ttl_minimum or 0)
        return ttl if self.panel.ttl_maximum is None else min(ttl, self.panel.ttl_maximum)

    # -- words -------------------------------------------------------------------------------------------------------

    def words_of(self, typed: TypedRecord, what: str) -> Line:
        return self.texts.line(f"{typed.texts}.{what}", domain=self.plan.domain, name=typed.record.name)

    def title_of(self, typed: TypedRecord) -> str:
        return self.texts(f"{typed.texts}.title")

    @staticmethod
    def section(name: str) -> int:
        return SECTIONS.index(name) + 1


def _presentable(record: PlannedRecord) -> PlannedRecord:
    """What stands in a zone may be anything."""
    present, wanted = (tuple(map(presentable, values)) for values in (record.present, record.wanted))
    return replace(record, present=present, wanted=wanted)
