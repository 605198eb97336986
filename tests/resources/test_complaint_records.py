"""What complaints change: whose they are, once each, and nothing where they are not to be believed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, caller, identity, inbound_port, names, open_account, submission
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.inbound import ComplaintReport, FeedbackType, InboundMessage, InboundPurpose, InboundRoute
from tayori.model.message import Operation
from tayori.resources import quotas, suppression, timeline
from tayori.resources.inbound import Received
from tayori.resources.messages import Door
from tayori.store.tables import inbound_messages

A, B, C = "a@fbl.test", "b@fbl.test", "c@elsewhere.test"


@pytest.fixture
def message_id(transact) -> str:
    transact(open_account)
    transact(identity, "example.com")
    (answer,) = transact(Door(names, "nobody", lambda size: False).accept, [submission(A, B, C)])
    return answer.message_id


@pytest.fixture
def come(transact, clock) -> Callable[..., None]:
    number = iter(range(100))

    def come(*claims: str, kind: FeedbackType = FeedbackType.ABUSE, by: tuple[str, ...] = (), **more: Any) -> None:
        route = InboundRoute(recipient=AddrSpec("complaints", "tayori.test"), purpose=InboundPurpose.FEEDBACK)
        message = InboundMessage(
            routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
        )
        report = ComplaintReport(feedback_type=kind, claims=claims, recipients=by, **more)
        received = Received(inbound_ids=(f"i{next(number)}",), message=message, reports=(), complaint=report)
        transact(inbound_port().record, [received])
        clock.advance(1)

    return come


def claim(message_id: str) -> str:
    return f"{message_id}@{names(REGION).message_id_host}"


def told(transact, message_id: str) -> list[dict[str, Any]]:
    return [one.detail for one in transact(timeline.get, message_id).events if one.kind == "Complaint"]


def who(transact, message_id: str) -> list[list[str]]:
    return [[one["emailAddress"] for one in each["complainedRecipients"]] for each in told(transact, message_id)]


def listed(transact) -> dict[str, str]:
    return transact(suppression.reasons, ACCOUNT, REGION, [A, B, C])


def test_a_complaint_is_an_event_a_count_and_a_suppression(transact, come, message_id) -> None:
    come(claim(message_id), by=(A,), user_agent="Loop/1", arrived_at=datetime(2026, 1, 2, tzinfo=UTC))
    (detail,) = told(transact, message_id)
    assert detail["complainedRecipients"] == [{"emailAddress": A}]
    assert (detail["complaintFeedbackType"], detail["complaintSubType"]) == ("abuse", None)
    assert (detail["userAgent"], detail["arrivalDate"]) == ("Loop/1", "2026-01-02T00:00:00.000Z")
    assert detail["feedbackId"] == "i0"
    assert listed(transact) == {A: "COMPLAINT"}
    entry = transact(suppression.get, ACCOUNT, REGION, A)
    assert (entry.message_id, entry.feedback_id) == (message_id, detail["feedbackId"])
    assert sum(point.complaints for point in transact(quotas.statistics, ACCOUNT, REGION)) == 1


def test_a_redacted_one_stands_for_all_recipients_at_the_provider(transact, come, message_id) -> None:
    come(claim(message_id), by=("redacted@fbl.test",))
    assert who(transact, message_id) == [[A, B]]
    assert listed(transact) == {A: "COMPLAINT", B: "COMPLAINT"}


def test_the_returned_message_tells_where_it_was_read(transact, come, message_id) -> None:
    come(claim(message_id), returned_recipients=("x@elsewhere.test",))
    assert who(transact, message_id) == [[C]]


def test_nobody_is_guessed_among_several(transact, come, message_id) -> None:
    come(claim(message_id), by=("redacted@unknown.test",))
    assert who(transact, message_id) == []


def test_each_recipient_complains_once(transact, come, message_id) -> None:
    come(claim(message_id), by=(A,))
    come(claim(message_id), by=(A,))
    come(claim(message_id), by=("redacted@fbl.test",))
    assert who(transact, message_id) == [[A], [B]]


def test_not_spam_is_told_and_condemns_nobody(transact, come, message_id) -> None:
    come(claim(message_id), by=(A,), kind=FeedbackType.NOT_SPAM)
    (detail,) = told(transact, message_id)
    assert detail["complaintFeedbackType"] == "not-spam"
    assert listed(transact) == {}
    come(claim(message_id), by=(A,))
    assert listed(transact) == {A: "COMPLAINT"}


def test_a_complaint_about_a_probe_is_a_test(transact, come, message_id) -> None:
    probe = submission(A, caller=caller(operation=Operation.PROBE))
    (answer,) = transact(Door(names, "nobody", lambda size: False).accept, [probe])
    come(claim(answer.message_id), by=("redacted@fbl.test",))
    assert who(transact, answer.message_id) == [[A]]
    assert listed(transact) == {}
    assert sum(point.complaints for point in transact(quotas.statistics, ACCOUNT, REGION)) == 0


def test_a_report_of_failed_authentication_is_only_kept(transact, come, message_id) -> None:
    come(claim(message_id), by=(A,), kind=FeedbackType.AUTH_FAILURE)
    assert told(transact, message_id) == [] and listed(transact) == {}
    rows = transact(lambda tx: tx.execute(sa.select(inbound_messages.c.report)).all())
    assert [row[0] for row in rows] == ["auth-failure"]


@pytest.mark.parametrize("forged", ["0100-never-sent@us-east-1.tayori.test", "{id}@us-east-1.other.test", "{id}", "@"])
def test_a_message_that_was_never_issued_changes_nothing(transact, come, message_id, forged: str) -> None:
    come(forged.format(id=message_id), by=(A,))
    assert told(transact, message_id) == [] and listed(transact) == {}


def test_a_feedback_id_of_another_account_is_not_believed(transact, come, message_id) -> None:
    come(claim(message_id), by=(A,), feedback_id="::1.us-east-1.AAAA=:Tayori")
    assert told(transact, message_id) == []


def test_reasons_of_the_account_decide(transact, come, message_id) -> None:
    transact(lambda tx: tx.execute(sa.text("UPDATE account_regions SET suppressed_reasons = '[\"BOUNCE\"]'")))
    come(claim(message_id), by=(A,))
    assert who(transact, message_id) == [[A]] and listed(transact) == {}
