"""What reports change: one fact for each recipient, however often and by whomever it is reported."""

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, inbound_port, names, open_account, submission
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import EnhancedStatus
from tayori.model.inbound import (
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)
from tayori.resources import quotas, suppression, timeline
from tayori.resources.inbound import Received
from tayori.resources.inbound_mail import KEPT_OCTETS
from tayori.resources.messages import Door
from tayori.store.tables import inbound_messages

READER = "reader@inbox.test"


@pytest.fixture
def message_id(transact) -> str:
    transact(open_account)
    transact(identity, "example.com")
    (answer,) = transact(Door(names, "nobody", lambda size: False).accept, [submission(READER, "other@inbox.test")])
    return answer.message_id


@pytest.fixture
def come(transact, clock, message_id):
    """`come("5.1.1", …)`: a report with a block about READER for each status, on so many routes."""
    number = iter(range(100))

    def come(
        *statuses: str,
        kind: ReportKind = ReportKind.BOUNCE,
        routes: int = 1,
        address: str = READER,
        ordinals: tuple[int, ...] = (0, 1),
    ) -> None:
        route = InboundRoute(
            recipient=AddrSpec(message_id, "mail.tayori.test"),
            purpose=InboundPurpose.RETURN_PATH,
            message_id=message_id,
            ordinals=ordinals,
        )
        message = InboundMessage(
            routes=(route,) * routes,
            reverse_path=ReversePath.NULL,
            content=b"Subject: x\r\n\r\n",
            source_ip="192.0.2.1",
            helo="",
            tls=None,
        )
        blocks = tuple(
            ReportedRecipient(
                address=address, action=ReportAction.FAILED, status=EnhancedStatus.parse(text), diagnostic="smtp; no"
            )
            for text in statuses
        )
        report = InboundReport(message_id=message_id, kind=kind, recipients=blocks)
        received = Received(
            inbound_ids=tuple(f"i{next(number)}" for _ in range(routes)), message=message, reports=(report,)
        )
        transact(inbound_port().record, [received])
        clock.advance(1)

    return come


def bounces(transact, message_id: str) -> list[str]:
    events = transact(timeline.get, message_id).events
    return [event.detail["bounceType"] for event in events if event.kind == "Bounce"]


def counted(transact) -> int:
    return sum(point.bounces for point in transact(quotas.statistics, ACCOUNT, REGION))


def test_a_hard_bounce_is_an_event_a_count_and_a_suppression(transact, come, message_id) -> None:
    come("5.1.1")
    assert bounces(transact, message_id) == ["Permanent"]
    assert counted(transact) == 1
    assert transact(suppression.reasons, ACCOUNT, REGION, [READER]) == {READER: "BOUNCE"}
    entry = transact(suppression.get, ACCOUNT, REGION, READER)
    told = [one.detail for one in transact(timeline.get, message_id).events if one.kind == "Bounce"]
    assert (entry.message_id, entry.feedback_id) == (message_id, told[0]["feedbackId"])


def test_a_bounce_that_is_sent_again_and_again_counts_once(transact, come, message_id) -> None:
    for _ in range(5):
        come("5.1.1")
    assert bounces(transact, message_id) == ["Permanent"]
    assert counted(transact) == 1


@pytest.mark.parametrize(
    ("statuses", "types"), [(("5.1.1", "5.1.1"), ["Permanent"]), (("4.2.2", "5.1.1"), ["Transient"])]
)
def test_two_blocks_about_one_recipient_are_one_bounce(transact, come, message_id, statuses, types) -> None:
    come(*statuses)
    assert bounces(transact, message_id) == types


def test_a_report_that_comes_twice_in_one_transaction(transact, come, message_id) -> None:
    come("5.1.1", routes=2)
    assert bounces(transact, message_id) == ["Permanent"]


def test_a_soft_bounce_does_not_hide_a_hard_one(transact, come, message_id) -> None:
    come(kind=ReportKind.AUTOMATIC_REPLY)
    come(kind=ReportKind.AUTOMATIC_REPLY)
    come("5.1.1")
    assert bounces(transact, message_id) == ["Transient", "Permanent"]


def test_an_automatic_reply_is_of_whom_it_is_from(transact, come, message_id) -> None:
    come("2.0.0", kind=ReportKind.AUTOMATIC_REPLY, address="other@inbox.test")
    come("2.0.0", kind=ReportKind.AUTOMATIC_REPLY, address="stranger@inbox.test")
    events = [one.detail for one in transact(timeline.get, message_id).events if one.kind == "Bounce"]
    who = [detail["bouncedRecipients"][0]["emailAddress"] for detail in events]
    assert who == ["other@inbox.test", READER]
    assert counted(transact) == 0


def test_an_address_that_the_message_did_not_have_is_not_believed(transact, come, message_id) -> None:
    come("5.1.1", address="stranger@inbox.test")
    assert bounces(transact, message_id) == []
    assert counted(transact) == 0


def test_of_a_huge_message_the_beginning_is_kept(transact, message_id):
    route = InboundRoute(recipient=AddrSpec("postmaster", "tayori.test"), purpose=InboundPurpose.POSTMASTER)
    content = b"Subject: x\r\n\r\n" + b"x" * (2 * KEPT_OCTETS)
    message = InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=content, source_ip="192.0.2.1", helo="", tls=None
    )
    transact(inbound_port().record, [Received(inbound_ids=("huge",), message=message, reports=())])
    query = sa.select(inbound_messages.c.content).where(inbound_messages.c.inbound_id == "huge")
    kept = transact(lambda tx: bytes(tx.execute(query).scalar_one()))
    assert kept == content[:KEPT_OCTETS]


def test_a_text_that_names_nobody_is_not_taken_for_one_of_several(transact, come, message_id) -> None:
    come("5.1.1", address="")
    assert bounces(transact, message_id) == []
