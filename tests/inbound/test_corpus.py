"""Bounces, complaints and replies of real systems: what each is read as, in figures, and which are missed.

What is expected comes with the corpus: the fields of standard reports by an independent parser, the rest as another
program reads it. Its status classes of messages that name no status are its own opinion, and are counted all the same.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

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

MISSES = json.loads((Path(__file__).parent / "corpus_misses.json").read_text("utf-8"))
_ACTIONS = {"deliverable": "delivered", "expired": "failed"}  # words of other systems
# What they return is a notification itself, on which the corpus' parser goes on; it is not about this message.
_RETURNS_ANOTHER = frozenset({"lhost-sendmail-38.eml", "lhost-sendmail-41.eml", "rhost-yahooinc-03.eml"})


@pytest.fixture
def corpus(vectors) -> list[tuple[dict[str, Any], InboundMessage]]:
    folder = vectors("bounces-sisimai")
    rows = json.loads((folder / "index.json").read_text("utf-8"))
    return [(row, message((folder / "eml" / row["file"]).read_bytes())) for row in rows]


def message(content: bytes) -> InboundMessage:
    address = AddrSpec("id", "mail.tayori.test")
    return InboundMessage(
        routes=(InboundRoute(recipient=address, purpose=InboundPurpose.RETURN_PATH, message_id="id"),),
        reverse_path=ReversePath.NULL,
        content=to_crlf(content),
        source_ip="192.0.2.1",
        helo="",
        tls=None,
    )


def read(mail: InboundMessage) -> InboundReport:
    (report,) = read_reports(mail)
    return report


def status_class(one: ReportedRecipient | None) -> str:
    if one is None:
        return ""
    if one.status is not None:
        return str(one.status.status_class)
    if one.code is not None:
        return str(one.code)[0]
    return {"failed": "5", "delayed": "4"}.get(one.action, "2")


def test_every_standard_notification_is_right(corpus) -> None:
    """Recipient, action and status class, each against what stands in the notification."""
    right = 0
    for row, mail in corpus:
        if not row["standard_dsn"]:
            continue
        found = row["structure"]
        said = zip(found["dsn_final_recipient"], found["dsn_action"], found["dsn_status"], strict=True)
        expected = [(who, _ACTIONS.get(action, action), status[:1] or "5") for who, action, status in said]
        if row["file"] in _RETURNS_ANOTHER:
            expected = expected[:1]
        report = read(mail)
        got = {
            (address.lower(), one.action.value, status_class(one))
            for one in report.recipients
            for address in (one.address, one.final_address)
        }
        for who, action, digit in expected:
            word = action or {"5": "failed", "4": "delayed"}[digit]
            assert (who.lower(), word, digit) in got, (row["file"], who, action, digit, got)
            right += 1
    assert right >= 165


def test_every_complaint_is_right(corpus) -> None:
    for row, mail in corpus:
        report = read_complaint(mail)
        assert (report is not None) is (row["kind"] == "complaint"), row["file"]
        if report is not None:
            assert report.feedback_type == row["expect"][0]["feedback_type"], row["file"]
            named = set(report.recipients or report.returned_recipients)
            assert named == {one["recipient"] for one in row["expect"]}, row["file"]


def test_bounces_in_free_form(corpus) -> None:
    """At least 97 of 100 right in status class, and the misses are those that are known."""
    total: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    for row, mail in corpus:
        if row["kind"] != "bounce" or row["standard_dsn"]:
            continue
        by_address = {one.address.lower(): one for one in read(mail).recipients}
        for one in row["expect"]:
            expected = one["status"][0]
            total[expected] += 1
            got = status_class(by_address.get(one["recipient"].lower()) or by_address.get(""))
            if got != expected:
                wrong.setdefault(row["file"], []).append(f"{expected} read as {got or 'nothing'}")
    missed = sum(map(len, wrong.values()))
    assert wrong == MISSES["free-form status class"]
    assert total.total() >= 130 and missed / total.total() <= 0.03, (total, wrong)


def test_no_reply_and_no_notice_of_delivery_is_a_permanent_failure(corpus) -> None:
    for row, mail in corpus:
        if row["kind"] != "delivered" and not row["file"].startswith("rfc3834"):
            continue
        report = read(mail)
        failed = [one for one in report.recipients if one.action is ReportAction.FAILED]
        kinds = {classify_status(one.status, one.diagnostic, code=one.code).bounce_type for one in failed}
        assert BounceType.PERMANENT not in kinds, row["file"]
        if row["file"].startswith("rfc3834"):
            assert report.kind in (ReportKind.AUTOMATIC_REPLY, ReportKind.UNREADABLE), row["file"]
