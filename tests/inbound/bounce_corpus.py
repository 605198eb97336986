"""The shared corpus of bounces, complaints and replies, read by the service: every statement beside what was expected,
and the page that tells of it (docs/bounce-corpus.md).

What is expected comes with the corpus: the fields of standard reports by an independent parser, the rest as another
program reads it. Its status classes of messages that name no status are its own opinion, and are counted all the same.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tayori.inbound.complaints import read_complaint
from tayori.inbound.reports import read_reports
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.lines import to_crlf
from tayori.model.bounce import BounceType, classify_status
from tayori.model.inbound import (
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)

RECIPIENT = "Standard notifications (RFC 3464): recipient"
ACTION = "Standard notifications: action"
STATUS = "Standard notifications: status class"
FREE_FAILED = "Bounces in free form: status class, where it is 5"
FREE_DELAYED = "Bounces in free form: status class, where it is 4"
COMPLAINT = "Reports of complaints (RFC 5965): type and recipients"
REPLY = "Automatic replies (RFC 3834): no permanent failure"
DELIVERED = "Notices of delivery: no permanent failure"
CLASSES = (RECIPIENT, ACTION, STATUS, FREE_FAILED, FREE_DELAYED, COMPLAINT, REPLY, DELIVERED)
FREE_FORM = (FREE_FAILED, FREE_DELAYED)

_ACTIONS = {"deliverable": "delivered", "expired": "failed"}  # words of other systems
# What they return is a notification itself, on which the corpus' parser goes on; it is not about this message.
_RETURNS_ANOTHER = frozenset({"lhost-sendmail-38.eml", "lhost-sendmail-41.eml", "rhost-yahooinc-03.eml"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a message of the corpus says, and what was read."""

    file: str
    kind: str  # one of CLASSES
    expected: str
    got: str

    @property
    def is_right(self) -> bool:
        return self.expected == self.got


def statements(folder: Path) -> list[Statement]:
    rows = json.loads((folder / "index.json").read_text("utf-8"))
    return [one for row in rows for one in _statements(row, message((folder / "eml" / row["file"]).read_bytes()))]


def message(content: bytes) -> InboundMessage:
    route = InboundRoute(
        recipient=AddrSpec("id", "mail.tayori.test"),
        purpose=InboundPurpose.RETURN_PATH,
        message_id="id",
        ordinals=(0,),
    )
    return InboundMessage(
        routes=(route,),
        reverse_path=ReversePath.NULL,
        content=to_crlf(content),
        source_ip="192.0.2.1",
        helo="",
        tls=None,
    )


def _statements(row: dict[str, Any], mail: InboundMessage) -> Iterator[Statement]:
    (report,) = read_reports(mail)
    yield from _complaint(row, mail)
    if row["standard_dsn"]:
        yield from _standard(row, report)
    elif row["kind"] == "bounce":
        yield from _free_form(row, report)
    if row["file"].startswith("rfc3834"):
        is_none = report.kind in (ReportKind.AUTOMATIC_REPLY, ReportKind.UNREADABLE)
        yield Statement(row["file"], REPLY, "none", "none" if is_none else report.kind)
    elif row["kind"] == "delivered":
        yield Statement(row["file"], DELIVERED, "none", _worst(report))


def _standard(row: dict[str, Any], report: InboundReport) -> Iterator[Statement]:
    found = row["structure"]
    said = list(zip(found["dsn_final_recipient"], found["dsn_action"], found["dsn_status"], strict=True))
    blocks = {address.lower(): one for one in report.recipients for address in (one.final_address, one.address)}
    for who, action, status in said[:1] if row["file"] in _RETURNS_ANOTHER else said:
        digit = status[:1] or "5"
        word = _ACTIONS.get(action, action) or {"5": "failed", "4": "delayed"}[digit]
        one = blocks.get(who.lower())
        yield Statement(row["file"], RECIPIENT, who.lower(), who.lower() if one else "")
        same = [each for each in report.recipients if who.lower() in (each.address.lower(), each.final_address.lower())]
        actions = {each.action.value for each in same}
        yield Statement(row["file"], ACTION, word, word if word in actions else " ".join(actions))
        digits = {status_class(each) for each in same if each.action == word}
        yield Statement(row["file"], STATUS, digit, digit if digit in digits else " ".join(digits))


def _free_form(row: dict[str, Any], report: InboundReport) -> Iterator[Statement]:
    by_address = {one.address.lower(): one for one in report.recipients}
    for one in row["expect"]:
        expected = one["status"][0]
        kind = FREE_DELAYED if expected == "4" else FREE_FAILED
        got = status_class(by_address.get(one["recipient"].lower()) or by_address.get(""))
        yield Statement(row["file"], kind, expected, got)


def _complaint(row: dict[str, Any], mail: InboundMessage) -> Iterator[Statement]:
    report = read_complaint(mail)
    if report is None and row["kind"] != "complaint":
        return
    expected = sorted((one["feedback_type"], one["recipient"]) for one in row["expect"])
    named = (report.recipients or report.returned_recipients) if report else ()
    got = sorted((report.feedback_type.value, address) for address in set(named)) if report else []
    yield Statement(row["file"], COMPLAINT, str(expected if row["kind"] == "complaint" else "none"), str(got))


def _worst(report: InboundReport) -> str:
    """Whether any recipient would be taken for gone."""
    failed = [one for one in report.recipients if one.action is ReportAction.FAILED]
    kinds = {classify_status(one.status, one.diagnostic, code=one.code).bounce_type for one in failed}
    return "permanent" if BounceType.PERMANENT in kinds else "none"


def status_class(one: ReportedRecipient | None) -> str:
    if one is None:
        return ""
    if one.status is not None:
        return str(one.status.status_class)
    if one.code is not None:
        return str(one.code)[0]
    return {"failed": "5", "delayed": "4"}.get(one.action, "2")


# -- the page ----------------------------------------------------------------------------------------------------------

_HEAD = """\
# How bounces are read

The messages are those of the project Sisimai ([set-of-emails](https://github.com/sisimai/set-of-emails), BSD licence):
302 notifications, complaints and replies of many mail systems and providers, in English and Japanese. A statement is
one thing that a message says: of one recipient, mostly. What is right is told by a parser of RFC 3464 that is not ours,
or, where a message has no such fields, by Sisimai's own reading. `tests/inbound/test_corpus.py` measures it and checks
this page.

"""


def page(found: Sequence[Statement], reasons: dict[str, str]) -> str:
    lines = ["| Class | Statements | Right | |", "|---|--:|--:|--:|"]
    lines += [_row(kind, [one for one in found if one.kind == kind]) for kind in CLASSES]
    lines.append(_row("**Bounces in free form, all**", [one for one in found if one.kind in FREE_FORM]))
    lines += ["", "## What is missed", "", "| Message | Expected | Read as | Why |", "|---|---|---|---|"]
    for one in found:
        if not one.is_right:
            got = one.got or "nothing"
            lines.append(f"| `{one.file}` | {one.expected} | {got} | {reasons.get(one.file, '')} |")
    return _HEAD + "\n".join(lines) + "\n"


def _row(kind: str, found: Iterable[Statement]) -> str:
    all_of_it = list(found)
    right = sum(one.is_right for one in all_of_it)
    return f"| {kind} | {len(all_of_it)} | {right} | {100 * right / max(1, len(all_of_it)):.1f} % |"
