"""The last pages: what each DNS service's panel wants, and the form to sign and return."""

from collections.abc import Iterable

from tayori.dossier.blocks import (
    Block,
    Bullets,
    Cell,
    Heading,
    Line,
    PageBreak,
    Paragraph,
    Table,
    TableKind,
    Tone,
    code,
    line_of,
    plain,
)
from tayori.dossier.opening import heading
from tayori.dossier.panels import Panel, panels
from tayori.dossier.request import Writing


def panel_notes(on: Writing) -> list[Block]:
    words = on.texts
    found: list[Block] = [heading(on, "panels"), Paragraph(line=words.line("panels.intro"))]
    if on.panel is not None:  # he who knows the service needs to hear of no other
        name = words("panels.chosen", panel=on.panel.names[words.language])
        found.append(Heading(level=2, number=f"{on.section('panels')}.1", text=name, anchor="panel"))
        found.append(Bullets(items=(*_rules(on, on.panel), *_notes(on, on.panel))))
        provenance = (*plain(f"{_checked(on, on.panel)} · "), *_source(on, on.panel))
        found.append(Paragraph(line=provenance, tone=Tone.SMALL))
        return found
    found.append(
        Table(
            kind=TableKind.GRID,
            head=tuple(words(f"column.{name}") for name in ("panel", "fields", "notes")),
            widths=(18, 36, 46),
            rows=tuple(_row(on, panel) for panel in panels().values()),
        )
    )
    return found


def _row(on: Writing, panel: Panel) -> tuple[Cell, ...]:
    name = (plain(panel.names[on.texts.language]), plain(_checked(on, panel)))
    return name, tuple(_rules(on, panel)), (*_notes(on, panel), _source(on, panel))


def _rules(on: Writing, panel: Panel) -> Iterable[Line]:
    words = on.texts
    yield words.line(f"panels.host-{panel.host_form}")
    yield words.line("panels.apex-sign", apex=panel.apex) if panel.apex else words.line("panels.apex-empty")
    yield words.line(f"panels.dot-{panel.final_dot}")
    yield words.line(f"panels.text-{panel.long_text}")
    if panel.ttl_minimum is None or panel.ttl_maximum is None:
        yield words.line("panels.ttl-uncertain")
    else:
        yield words.line("panels.ttl-range", minimum=panel.ttl_minimum, maximum=panel.ttl_maximum)


def _notes(on: Writing, panel: Panel) -> Iterable[Line]:
    return (line_of(note, {}) for note in panel.notes[on.texts.language])


def _checked(on: Writing, panel: Panel) -> str:
    certainty = on.texts(f"panels.certainty-{panel.certainty}")
    return on.texts("panels.checked", checked=panel.checked, certainty=certainty)


def _source(on: Writing, panel: Panel) -> Line:
    return on.texts.line("panels.source", source=panel.source)


# -- the reply -------------------------------------------------------------------------------------------------------


def reply_form(on: Writing) -> list[Block]:
    words = on.texts
    places = {"add": on.to_add, "change": on.to_change, "section": on.section("records")}

    def row(name: str, value: Line = ()) -> tuple[Cell, ...]:
        return (plain(words(f"form.{name}")),), ((value,) if value else ())

    rows = (
        row("domain", code(on.plan.domain)),
        row("records", words.line("form.records-value", **places)),
        row("decision", words.line("form.decision-value")),
        row("service"),
        row("ttl"),
        row("dates", words.line("form.dates-value", section=on.section("schedule"))),
        row("remarks"),
        row("organisation"),
        row("person"),
        row("phone"),
        row("date"),
        row("signature"),
        row("done", words.line("form.done-value")),
    )
    return [
        PageBreak(),
        heading(on, "form"),
        Paragraph(line=words.line("form.intro", contact=on.contact)),
        Paragraph(line=words.line("form.title"), tone=Tone.LEAD),
        Table(kind=TableKind.FORM, widths=(30, 70), rows=rows),
    ]
