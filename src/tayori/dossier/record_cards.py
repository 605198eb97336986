"""The records as they are to be typed, the present value beside the new one; and the effect and risk of each."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from tayori.dossier.blocks import (
    Block,
    Bullets,
    Cell,
    Code,
    Heading,
    Line,
    Mark,
    Paragraph,
    Span,
    Table,
    TableKind,
    Tone,
    code,
    plain,
)
from tayori.dossier.opening import heading
from tayori.dossier.request import TypedRecord, Writing
from tayori.model.domain_plan import Change

MOST_SHOWN = 20  # values of one record set


def records(on: Writing) -> list[Block]:
    words, number = on.texts, on.section("panels")
    ttl = on.records[0].ttl if on.records else 0
    rules = (
        words.line("records.host", zone=on.plan.zone),
        words.line("records.dot", section=number),
        words.line("records.quotes"),
        words.line("records.ttl", ttl=ttl),
        words.line("records.others"),
    )
    found: list[Block] = [heading(on, "records"), Paragraph(line=words.line("records.intro")), Bullets(items=rules)]
    for typed in on.records:
        found += _card(on, typed)
    return found


def _card(on: Writing, typed: TypedRecord) -> list[Block]:
    title = on.texts("records.title", number=typed.number, purpose=on.title_of(typed))
    found: list[Block] = [
        Heading(level=2, number=f"{on.section('records')}.{typed.number}", text=title, anchor=f"record-{typed.number}"),
        Table(kind=TableKind.FACTS, widths=(24, 76), rows=tuple(_facts(on, typed))),
    ]
    if typed.strings:
        found.append(Paragraph(line=on.texts.line("records.split"), tone=Tone.SMALL))
        found.append(Code(lines=tuple(f'"{string}"' for string in typed.strings)))
    notes = [key for key in typed.record.notes if on.texts.has(f"note.{key}")]
    if f"{typed.record.own}.{on.plan.zone}" in typed.record.present:
        notes.append("value-doubled")
    found += [Paragraph(line=on.texts.line(f"note.{key}"), tone=Tone.WARNING) for key in notes]
    return found


def _facts(on: Writing, typed: TypedRecord) -> Iterable[tuple[Cell, Cell]]:
    words, record = on.texts, typed.record

    def fact(column: str, *lines: Line) -> tuple[Cell, Cell]:
        return (plain(words(f"column.{column}")),), lines

    action = Span(text=words(f"change.{record.change}"), mark=Mark.STRONG)
    necessity = words(f"necessity.{record.necessity}")
    yield fact("action", (action, Span(text=f" ({necessity})")))
    host = words("column.host")
    if on.panel is not None:
        host = words("column.host-panel", panel=on.panel.names[words.language])
    yield (plain(host),), (code(typed.host),)
    yield fact("full-name", code(record.name))
    yield fact("type", code(record.rdtype))
    yield fact("value", *(code(value) for value in typed.values))
    if typed.priority:
        yield fact("priority", code(typed.priority))
    yield fact("ttl", code(str(typed.ttl)))
    yield fact("now", *_now(on, typed))
    yield fact("after", *_after(on, typed))


def _bounded(on: Writing, lines: Sequence[Line]) -> Iterable[Line]:
    """A zone may hold thousands of values at a name; nobody reads them here."""
    yield from lines[:MOST_SHOWN]
    if len(lines) > MOST_SHOWN:
        yield plain(on.texts("change.more", count=len(lines) - MOST_SHOWN))


def _now(on: Writing, typed: TypedRecord) -> Sequence[Line]:
    record = typed.record
    if record.change is Change.UNKNOWN:
        return [plain(on.texts("change.not-asked"))]
    if not record.present:
        return [plain(on.texts("change.nothing"))]
    new = [value for value, is_new in typed.new_first if is_new]
    removed = frozenset(typed.removed)
    lines = [_compared(value, new, Mark.REMOVED) if value in removed else code(value) for value in record.present]
    return list(_bounded(on, lines))


def _after(on: Writing, typed: TypedRecord) -> Sequence[Line]:
    """All that shall stand at the name: what is new, marked, and what stays."""
    lines: list[Line] = []
    for value, is_new in typed.new_first:
        if not is_new:
            lines.append((*code(value), Span(text=f" ({on.texts('change.kept')})")))
        else:
            marked = _compared(value, typed.removed, Mark.ADDED)
            how = "added" if all(span.mark is Mark.ADDED for span in marked) else "changed"
            lines.append((*marked, Span(text=f" ({on.texts(f'change.{how}')})")))
    bounded = list(_bounded(on, lines))
    if typed.kept and typed.record.change is Change.MERGE:
        bounded.append(plain(on.texts("change.whole-set")))
    return bounded


def _compared(value: str, others: Iterable[str], mark: Mark) -> Line:
    """The value, with the terms marked that are in none of the others."""
    known = {term for other in others for term in other.split()}
    terms = value.split(" ")
    if not known.intersection(terms):  # nothing in common: all of it is new, or goes
        return (Span(text=value, mark=mark),)
    line: list[Span] = []
    for is_known, run in groupby(terms, known.__contains__):
        line.append(Span(text=" ".join(run), mark=Mark.CODE if is_known else mark))
    spaced = (Span(text=f"{span.text} ", mark=span.mark) for span in line[:-1])
    return (*spaced, line[-1])


# -- effects ---------------------------------------------------------------------------------------------------------


def effects(on: Writing) -> list[Block]:
    words = on.texts
    found: list[Block] = [
        heading(on, "effect"),
        Paragraph(line=words.line("effect.intro", domain=on.plan.domain)),
        Table(
            kind=TableKind.GRID,
            head=tuple(words(f"column.{name}") for name in ("record", "effect", "receiving", "risk")),
            widths=(18, 27, 20, 35),
            rows=tuple(_effect(on, group) for group in grouped(on)),
        ),
    ]
    for typed in on.records:
        if typed.record.change is Change.REPLACE:
            places = {"name": typed.record.name, "type": typed.record.rdtype}
            found.append(Paragraph(line=words.line("effect.replaced", **places), tone=Tone.WARNING))
    if any(typed.record.rdtype == "CNAME" for typed in on.records):
        found.append(Paragraph(line=words.line("effect.conflict"), tone=Tone.NOTE))
    return found


def grouped(on: Writing) -> list[list[TypedRecord]]:
    """Records of one purpose together: what is said of one holds for all."""
    groups: dict[str, list[TypedRecord]] = {}
    for typed in on.records:
        groups.setdefault(typed.texts, []).append(typed)
    return list(groups.values())


def _effect(on: Writing, group: list[TypedRecord]) -> tuple[Cell, ...]:
    numbers = ", ".join(str(typed.number) for typed in group)
    first = group[0]
    title = (plain(f"{numbers}"), plain(on.title_of(first)))
    return (title, *((on.words_of(first, what),) for what in ("effect", "receiving", "risk")))
