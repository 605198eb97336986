"""Two events of one kind for one recipient at the same microsecond: both are kept, and nothing fails."""

import pytest
import sqlalchemy as sa

from population import identity, inbound_port, names, open_account, submission
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import EnhancedStatus
from tayori.model.event import EventKind
from tayori.model.inbound import (
    ComplaintReport,
    FeedbackType,
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)
from tayori.resources import event_rows, publications, timeline
from tayori.resources.inbound import Received
from tayori.resources.messages import Door
from tayori.store.engine import Tx
from tayori.store.tables import events, to_micros

READER, OTHER = "reader@inbox.test", "other@inbox.test"


@pytest.fixture
def message_id(transact) -> str:
    transact(open_account)
    transact(identity, "example.com")
    (answer,) = transact(Door(names, "nobody", lambda size: False).accept, [submission(READER, OTHER)])
    return answer.message_id


def test_the_later_one_is_the_next_microseconds(transact, message_id) -> None:
    def thrice(tx: Tx) -> list[int]:
        at = to_micros(tx.now)
        rows = [event_rows.append(tx, (message_id, at, EventKind.OPEN, -1, f'{{"{number}": 1}}')) for number in "abc"]
        return [row[1] - at for row in rows]

    assert transact(thrice) == [0, 1, 2]
    query = sa.select(events.c.detail).where(events.c.kind == EventKind.OPEN).order_by(events.c.at)
    assert list(transact(lambda tx: tx.execute(query).scalars().all())) == ['{"a": 1}', '{"b": 1}', '{"c": 1}']


def message(message_id: str) -> InboundMessage:
    route = InboundRoute(
        recipient=AddrSpec("r", "mail.tayori.test"),
        purpose=InboundPurpose.RETURN_PATH,
        message_id=message_id,
        ordinals=(0, 1),
    )
    return InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
    )


def bounced(message_id: str, inbound_id: str, status: EnhancedStatus) -> Received:
    block = ReportedRecipient(address=READER, action=ReportAction.FAILED, status=status)
    report = InboundReport(message_id=message_id, kind=ReportKind.BOUNCE, recipients=(block,))
    return Received(inbound_ids=(inbound_id,), message=message(message_id), reports=(report,))


def test_a_soft_and_a_hard_bounce_in_one_transaction(transact, message_id) -> None:
    def both(tx: Tx) -> None:
        inbound_port().record(tx, [bounced(message_id, "i1", EnhancedStatus(4, 2, 2))])
        inbound_port().record(tx, [bounced(message_id, "i2", EnhancedStatus(5, 1, 1))])

    transact(both)
    found = [one.detail["bounceType"] for one in transact(timeline.get, message_id).events if one.kind == "Bounce"]
    assert found == ["Transient", "Permanent"]
    assert len(transact(publications.oldest, 10)) == 2  # each is told


def test_two_complaints_in_one_transaction(transact, message_id) -> None:
    def complain(tx: Tx, inbound_id: str, kind: FeedbackType) -> None:
        claim = f"{message_id}@{names('us-east-1').message_id_host}"
        report = ComplaintReport(feedback_type=kind, claims=(claim,), recipients=(READER,))
        complaint = Received(inbound_ids=(inbound_id,), message=message(message_id), reports=(), complaint=report)
        inbound_port().record(tx, [complaint])

    def both(tx: Tx) -> None:
        complain(tx, "i1", FeedbackType.ABUSE)
        complain(tx, "i2", FeedbackType.NOT_SPAM)

    transact(both)
    found = [one.detail for one in transact(timeline.get, message_id).events if one.kind == "Complaint"]
    assert [one["complaintFeedbackType"] for one in found] == ["abuse", "not-spam"]
