"""The work: dates and who does what, how to check, how to undo, what goes wrong most often."""

from tayori.dossier.blocks import Block, Bullets, Cell, Code, Heading, Paragraph, Table, TableKind, Tone, code, plain
from tayori.dossier.opening import heading
from tayori.dossier.record_cards import MOST_SHOWN, grouped
from tayori.dossier.request import TypedRecord, Writing
from tayori.dossier.schedule import Step
from tayori.mail.txt_strings import presentation

_PARTIES = ("administrator", "requester", "service")


def schedule(on: Writing) -> list[Block]:
    words = on.texts
    return [
        heading(on, "schedule"),
        Paragraph(line=words.line("schedule.intro", start=on.date(on.steps[0].day))),
        Table(
            kind=TableKind.GRID,
            head=tuple(words(f"column.{name}") for name in ("number", "date", "step", *_PARTIES)),
            widths=(6, 23, 32, 15, 11, 13),
            rows=tuple(_step(on, number, step) for number, step in enumerate(on.steps, start=1)),
        ),
        Paragraph(line=words.line("schedule.roles"), tone=Tone.SMALL),
        Paragraph(line=words.line("schedule.window"), tone=Tone.NOTE),
    ]


def _step(on: Writing, number: int, step: Step) -> tuple[Cell, ...]:
    parts = tuple((plain(on.texts(f"part.{part}")),) for part in step.parts)
    what = (on.texts.line(f"step.{step.name}.title"), plain(detail_of(on, step)))
    return ((plain(str(number)),), (plain(on.date(step.day)),), what, *parts)


def detail_of(on: Writing, step: Step) -> str:
    return on.texts(f"step.{step.name}.detail", records=on.section("records"), check=on.section("check"))


# -- checks ----------------------------------------------------------------------------------------------------------


def dig(typed: TypedRecord) -> str:
    return f"dig +short {typed.record.name} {typed.record.rdtype}"


def nslookup(typed: TypedRecord) -> str:
    return f"nslookup -type={typed.record.rdtype} {typed.record.name}"


def expected(typed: TypedRecord) -> list[str]:
    """The lines that `dig +short` prints once the record is in place."""
    record = typed.record
    new_first = [value for value, _ in typed.new_first[:MOST_SHOWN]]
    if record.rdtype == "TXT":
        return [presentation(value) for value in new_first]
    return [f"{value}." if record.rdtype in ("CNAME", "MX") else value for value in new_first]


def checks(on: Writing) -> list[Block]:
    words, zone = on.texts, on.plan.zone
    found: list[Block] = [
        heading(on, "check"),
        Paragraph(line=words.line("check.intro")),
        Paragraph(line=words.line("check.servers")),
        Code(lines=(f"dig +short {zone} NS", f"nslookup -type=NS {zone}")),
        Paragraph(line=words.line("check.each")),
    ]
    for typed in on.records:
        title = f"{typed.number}. {on.title_of(typed)}"
        found.append(Heading(level=3, number="", text=title, anchor=f"check-{typed.number}"))
        found.append(Code(lines=(dig(typed), nslookup(typed))))
        answers = (
            Paragraph(line=(*plain(words("check.expected")), *code(line)), tone=Tone.SMALL) for line in expected(typed)
        )
        found += answers
    found.append(Paragraph(line=words.line("check.whole"), tone=Tone.NOTE))
    return found


# -- undoing and mistakes --------------------------------------------------------------------------------------------


def undoing(on: Writing) -> list[Block]:
    words = on.texts
    ttl = on.records[0].ttl if on.records else 0
    return [
        heading(on, "undo"),
        Paragraph(line=words.line("undo.intro", ttl=ttl)),
        Paragraph(line=words.line("undo.before", records=on.section("records"))),
        Table(
            kind=TableKind.GRID,
            head=(words("column.record"), words("heading.undo")),
            widths=(36, 64),
            rows=tuple(_undone(on, group) for group in grouped(on)),
        ),
    ]


def _undone(on: Writing, group: list[TypedRecord]) -> tuple[Cell, ...]:
    numbers = ", ".join(str(typed.number) for typed in group)
    return (plain(f"{numbers}  {on.title_of(group[0])}"),), (on.words_of(group[0], "undo"),)


def mistakes(on: Writing) -> list[Block]:
    return [
        heading(on, "mistakes"),
        Bullets(items=on.texts.items("mistakes.item", zone=on.plan.zone)),
        Paragraph(line=on.texts.line("mistakes.closing", contact=on.contact)),
    ]
