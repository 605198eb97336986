"""The first page: cover block and summary; and the background for readers who know nothing of mail."""

from tayori.dossier import figures
from tayori.dossier.blocks import Block, Bullets, Cell, Heading, Line, Paragraph, Table, TableKind, Tone, code, plain
from tayori.dossier.request import TypedRecord, Writing
from tayori.model.domain_plan import Change


def heading(on: Writing, name: str) -> Heading:
    """The heading of a section, with its number."""
    return Heading(level=1, number=f"{on.section(name)}", text=on.texts(f"heading.{name}"), anchor=name)


def cover(on: Writing) -> tuple[tuple[str, Cell], ...]:
    words = on.texts
    return (
        (words("cover.to"), (plain(on.recipient),)),
        (words("cover.from"), (plain(on.requester),)),
        (words("cover.contact"), (plain(on.contact),)),
        (words("cover.domain"), (code(on.plan.domain),)),
        (words("cover.zone"), (code(on.plan.zone),)),
        (words("cover.date"), (plain(on.date(on.today)),)),
        (words("cover.start"), (plain(on.date(on.steps[0].day)),)),
    )


def summary(on: Writing) -> list[Block]:
    lead = on.texts.line("summary.greeting", requester=on.requester, domain=on.plan.domain)
    found: list[Block] = [heading(on, "summary"), Paragraph(line=lead, tone=Tone.LEAD)]
    if on.plan.is_complete:
        found.append(Paragraph(line=on.texts.line("summary.complete"), tone=Tone.NOTE))
    found.append(Bullets(items=tuple(_points(on))))
    found.append(Paragraph(line=on.texts.line("summary.table", section=on.section("records"))))
    found.append(at_a_glance(on))
    return found


def _points(on: Writing) -> list[Line]:
    words = on.texts
    counts = {"add": on.to_add, "change": on.to_change, "present": on.count(Change.NONE), "total": len(on.records)}
    points = [words.line("summary.what", **counts)]
    if on.count(Change.UNKNOWN):
        points.append(words.line("summary.unknown", unknown=on.count(Change.UNKNOWN)))
    points.append(_receiving(on))
    if on.plan.is_complete:
        return points
    days = {"start": on.date(on.steps[0].day), "register": on.day_of("register"), "send": on.day_of("send")}
    return [
        *points,
        words.line("summary.effort"),
        words.line("summary.when", **days),
        words.line("summary.undo", section=on.section("undo")),
        words.line("summary.reply", section=on.section("form")),
    ]


def _receiving(on: Writing) -> Line:
    for typed in on.having("mail-from-mx"):
        if typed.record.change is Change.REPLACE:
            return on.texts.line("summary.receiving-warning", name=typed.record.name, domain=on.plan.domain)
    return on.texts.line("summary.receiving", domain=on.plan.domain)


def at_a_glance(on: Writing) -> Table:
    columns = ("number", "name", "type", "purpose", "action")
    return Table(
        kind=TableKind.GRID,
        head=tuple(on.texts(f"column.{name}") for name in columns),
        widths=(7, 41, 10, 22, 20),
        rows=tuple(_glance(on, typed) for typed in on.records),
    )


def _glance(on: Writing, typed: TypedRecord) -> tuple[Cell, ...]:
    record = typed.record
    return (
        (plain(str(typed.number)),),
        (code(record.name),),
        (code(record.rdtype),),
        (plain(on.title_of(typed)),),
        (plain(on.texts(f"change.{record.change}")),),
    )


def background(on: Writing) -> list[Block]:
    places = {"service": on.plan.service_domain, "domain": on.plan.domain}
    return [
        heading(on, "background"),
        Paragraph(line=on.texts.line("background.intro")),
        figures.overview(on.texts, on.plan.domain),
        Bullets(items=on.texts.items("background.step", **places), is_ordered=True),
        Paragraph(line=on.texts.line("background.why-now")),
    ]
