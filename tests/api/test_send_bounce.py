"""SendBounce with boto3: what the report says, field by field, and whom it may go to."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, Service

from population import ACCOUNT, REGION, identity
from tayori.mail.address import AddrSpec
from tayori.model.received import Arrival
from tayori.resources import accounts, received_mail
from tayori.resources.received_mail import Arrived, Taken

HELP = AddrSpec.parse("help@shop.example")
MESSAGE = "m" * 40
BOUNCE = {
    "OriginalMessageId": MESSAGE,
    "BounceSender": "post@shop.example",
    "BouncedRecipientInfoList": [{"Recipient": str(HELP), "BounceType": "ExceededQuota"}],
}


def receive(service: Service, message_id: str = MESSAGE, source: str = "reader@plain.test") -> None:
    arrival = Arrival(
        message_id=message_id,
        source=source,
        source_ip="192.0.2.7",
        helo="mail.plain.test",
        recipients=(str(HELP),),
        received_at=service.clock.now(),
        host="inbound-smtp.us-east-1.tayori.test",
        domain="tayori.test",
    )
    content = b"Subject: Question\r\nMessage-ID: <1@plain.test>\r\n\r\nHello\r\n"
    one = Arrived(account_id=ACCOUNT, region=REGION, arrival=arrival, recipients=(HELP,), content=content)
    assert service.transact(received_mail.record, [one], 10_000) is Taken.TAKEN


@pytest.fixture
def shop(service: Service) -> Service:
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "shop.example")
    receive(service)
    return service


def code(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**request)
    return str(refused.value.response["Error"]["Code"])


def test_every_field_of_the_report(shop: Service) -> None:
    at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    details = {
        "FinalRecipient": "rfc822; inner@shop.example",
        "Action": "delayed",
        "RemoteMta": "dns; store.shop.example",
        "Status": "4.2.2",
        "DiagnosticCode": "smtp; 452 full\r\nX-Forged: yes",
        "LastAttemptDate": at,
        "ExtensionFields": [{"Name": "X-Shelf", "Value": "7"}],
    }
    dsn = {"ReportingMta": "dns; mx.shop.example", "ArrivalDate": at, "ExtensionFields": []}
    answer = shop.client("ses").send_bounce(
        **BOUNCE
        | {
            "Explanation": "The shelf is full.",
            "MessageDsn": dsn,
            "BouncedRecipientInfoList": [{"Recipient": str(HELP), "RecipientDsnFields": details}],
        }
    )
    sent = shop.last()
    assert answer["MessageId"] == sent.message_id
    assert (sent.reverse_path, sent.recipients) == ("", ["reader@plain.test"])
    mail = email.message_from_bytes(sent.content, policy=email.policy.default)
    assert mail.get_content_type() == "multipart/report"
    assert mail["Auto-Submitted"] == "auto-replied"
    text, status, returned = mail.iter_parts()
    assert text.get_content().startswith("The shelf is full.")
    fields, recipient = status.get_payload()
    assert fields["Reporting-MTA"] == "dns; mx.shop.example"
    assert fields["Arrival-Date"] == "Tue, 24 Nov 2026 09:00:00 +0000"
    assert {name: str(recipient[name]) for name in recipient} == {
        "Original-Recipient": "rfc822; help@shop.example",
        "Final-Recipient": "rfc822; inner@shop.example",
        "Action": "delayed",
        "Status": "4.2.2",
        "Remote-MTA": "dns; store.shop.example",
        "Diagnostic-Code": "smtp; 452 full X-Forged: yes",
        "Last-Attempt-Date": "Tue, 24 Nov 2026 09:00:00 +0000",
        "X-Shelf": "7",
    }
    assert "Subject: Question" in returned.get_payload()


def test_who_may_bounce_what(shop: Service) -> None:
    ses = shop.client("ses")
    receive(shop, "n" * 40, source="")
    assert code(ses.send_bounce, **BOUNCE | {"OriginalMessageId": "n" * 40}) == "MessageRejected"
    assert code(ses.send_bounce, **BOUNCE | {"BounceSender": "post@other.example"}) == "MessageRejected"
    assert code(shop.client("ses", OTHER_ACCOUNT).send_bounce, **BOUNCE) == "MessageRejected"
    other = [{"Recipient": "other@shop.example", "BounceType": "DoesNotExist"}]
    assert code(ses.send_bounce, **BOUNCE | {"BouncedRecipientInfoList": other}) == "MessageRejected"
    for wrong in (
        [],
        [{"Recipient": str(HELP)}],
        [{"Recipient": str(HELP), "RecipientDsnFields": {"Action": "failed", "Status": "9.9"}}],
    ):
        assert code(ses.send_bounce, **BOUNCE | {"BouncedRecipientInfoList": wrong}) == "InvalidParameterValue"
    fields = [{"Name": "X Y", "Value": "z"}]
    dsn = {"ReportingMta": "dns; a", "ExtensionFields": fields}
    assert code(ses.send_bounce, **BOUNCE | {"MessageDsn": dsn}) == "InvalidParameterValue"
    assert shop.accepted() == []
    shop.clock.advance(timedelta(hours=24, minutes=1).total_seconds())
    assert code(ses.send_bounce, **BOUNCE) == "MessageRejected"
