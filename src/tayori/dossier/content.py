"""The document as a whole: its sections in their order, and the sheets of the workbook."""

from tayori.dossier.blocks import Block, Document, PageBreak, Sheet
from tayori.dossier.closing import panel_notes, reply_form
from tayori.dossier.opening import background, cover, summary
from tayori.dossier.reasons import reasons
from tayori.dossier.record_cards import effects, records
from tayori.dossier.request import Request, TypedRecord, Writing
from tayori.dossier.work import checks, detail_of, dig, expected, mistakes, nslookup, schedule, undoing
from tayori.model.domain_plan import DomainPlan


def compose(plan: DomainPlan, request: Request) -> Document:
    """Raises UnknownPanel."""
    on = Writing(plan, request)
    blocks: list[Block] = [
        *summary(on),
        PageBreak(),
        *background(on),
        *reasons(on),
        *records(on),
        *effects(on),
        *schedule(on),
        *checks(on),
        *undoing(on),
        *panel_notes(on),
        *mistakes(on),
        *reply_form(on),
    ]
    words = on.texts
    return Document(
        language=request.language,
        kind=words("cover.kind"),
        title=words("cover.title", domain=plan.domain),
        facts=cover(on),
        blocks=tuple(blocks),
        sheets=(_record_sheet(on), _schedule_sheet(on), _check_sheet(on)),
        footer=words("cover.footer", domain=plan.domain, date=on.today.isoformat()),
        contents=words("cover.contents"),
    )


def _record_sheet(on: Writing) -> Sheet:
    columns = (
        ("number", 6),
        ("purpose", 26),
        ("necessity", 13),
        ("action", 26),
        ("host", 48),
        ("full-name", 60),
        ("type", 9),
        ("priority", 9),
        ("value", 60),
        ("ttl", 12),
        ("now", 44),
        ("after", 60),
    )
    return Sheet(
        title=on.texts("sheet.records"),
        head=tuple(on.texts(f"column.{name}") for name, _ in columns),
        widths=tuple(width for _, width in columns),
        rows=tuple(_record_row(on, typed) for typed in on.records),
    )


def _record_row(on: Writing, typed: TypedRecord) -> tuple[str, ...]:
    record = typed.record
    return (
        str(typed.number),
        on.title_of(typed),
        on.texts(f"necessity.{record.necessity}"),
        on.texts(f"change.{record.change}"),
        typed.host,
        record.name,
        record.rdtype,
        typed.priority,
        "\n".join(typed.values),
        str(typed.ttl),
        "\n".join(record.present),
        "\n".join(record.wanted),
    )


def _schedule_sheet(on: Writing) -> Sheet:
    columns = ("number", "date", "step", "notes", "administrator", "requester", "service")
    return Sheet(
        title=on.texts("sheet.schedule"),
        head=tuple(on.texts(f"column.{name}") for name in columns),
        widths=(6, 22, 44, 60, 18, 14, 14),
        rows=tuple(
            (
                str(number),
                on.date(step.day),
                on.texts(f"step.{step.name}.title"),
                detail_of(on, step),
                *(on.texts(f"part.{part}") for part in step.parts),
            )
            for number, step in enumerate(on.steps, start=1)
        ),
    )


def _check_sheet(on: Writing) -> Sheet:
    return Sheet(
        title=on.texts("sheet.checks"),
        head=(on.texts("column.number"), on.texts("column.purpose"), "dig", "nslookup", on.texts("column.expected")),
        widths=(6, 26, 70, 74, 70),
        rows=tuple(
            (str(typed.number), on.title_of(typed), dig(typed), nslookup(typed), "\n".join(expected(typed)))
            for typed in on.records
        ),
    )
