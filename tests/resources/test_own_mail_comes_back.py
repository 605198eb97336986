"""The service's own mail comes back: nobody's address is suppressed for it, nobody's rate suffers."""

from datetime import timedelta

import pytest

from population import (
    ACCOUNT,
    REGION,
    caller,
    failed,
    identity,
    inbound_port,
    names,
    open_account,
    report,
    rows,
    submission,
)
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import EnhancedStatus
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
from tayori.model.message import Operation
from tayori.resources import publications, quotas, suppression, timeline
from tayori.resources.deliveries import Deliveries
from tayori.resources.inbound import Received
from tayori.resources.messages import Door

READER = "admin@receiver.test"
OWN = [Operation.SERVICE, Operation.TLS_REPORT, Operation.PROBE]


def send(transact, operation: Operation):
    transact(open_account)
    transact(identity, "example.com")
    sent = submission(READER, caller=caller(operation=operation))
    (answer,) = transact(Door(names, "worker", lambda size: True).accept, [sent])
    return answer


def traces(transact) -> tuple[dict[str, str], int]:
    points = transact(quotas.statistics, ACCOUNT, REGION)
    listed = transact(suppression.reasons, ACCOUNT, REGION, [READER])
    return listed, sum(point.bounces + point.complaints for point in points)


def report_back(transact, message_id: str) -> None:
    route = InboundRoute(
        recipient=AddrSpec("r", "mail.tayori.test"),
        purpose=InboundPurpose.RETURN_PATH,
        message_id=message_id,
        ordinals=(0,),
    )
    message = InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
    )
    gone = ReportedRecipient(address=READER, action=ReportAction.FAILED, status=EnhancedStatus(5, 1, 1))
    read_as = InboundReport(message_id=message_id, kind=ReportKind.BOUNCE, recipients=(gone,))
    transact(inbound_port().record, [Received(inbound_ids=("i1",), message=message, reports=(read_as,))])
    claim = f"{message_id}@{names(REGION).message_id_host}"
    complaint = ComplaintReport(feedback_type=FeedbackType.ABUSE, claims=(claim,), recipients=(READER,))
    transact(inbound_port().record, [Received(inbound_ids=("i2",), message=message, reports=(), complaint=complaint)])


@pytest.mark.parametrize("operation", OWN)
def test_reports_on_it_change_nothing_for_the_account(transact, operation: Operation) -> None:
    message_id = send(transact, operation).message_id
    report_back(transact, message_id)
    assert [one.kind for one in transact(timeline.get, message_id).events] == ["Send", "Bounce", "Complaint"]
    assert traces(transact) == ({}, 0)


def test_reports_on_other_mail_do(transact) -> None:
    report_back(transact, send(transact, Operation.SEND_EMAIL).message_id)
    assert traces(transact) == ({READER: "BOUNCE"}, 2)


@pytest.mark.parametrize("operation", OWN)
def test_a_refusal_of_it_changes_nothing_for_the_account(transact, clock, operation: Operation) -> None:
    outgoing = send(transact, operation).outgoing
    queue = Deliveries(names, "worker")
    results = rows([report(outgoing, failed(), started_at=clock.now() + timedelta(seconds=1))])
    transact(queue.record, results)
    assert transact(timeline.get, outgoing.message_id).recipients[0].state == "bounced"
    assert traces(transact) == ({}, 0)


@pytest.mark.parametrize("operation", OWN)
def test_nobody_is_written_to_about_it(transact, operation: Operation) -> None:
    """Else a notice that bounces would lead to a notice."""
    report_back(transact, send(transact, operation).message_id)
    told = [one.mail for one in transact(publications.oldest, 10)]
    assert told and not any(told)


@pytest.mark.parametrize("operation", OWN)
def test_an_automatic_reply_to_it_is_answered_by_nothing(transact, operation: Operation) -> None:
    """Else two programs would write to each other for ever (RFC 3834 2)."""
    message_id = send(transact, operation).message_id
    route = InboundRoute(
        recipient=AddrSpec("r", "mail.tayori.test"),
        purpose=InboundPurpose.RETURN_PATH,
        message_id=message_id,
        ordinals=(0,),
    )
    message = InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
    )
    away = InboundReport(message_id=message_id, kind=ReportKind.AUTOMATIC_REPLY)
    transact(inbound_port().record, [Received(inbound_ids=("i",), message=message, reports=(away,))])
    assert [one.kind for one in transact(timeline.get, message_id).events] == ["Send", "Bounce"]
    told = [one.mail for one in transact(publications.oldest, 10)]
    assert told and not any(told)
    assert traces(transact) == ({}, 0)
