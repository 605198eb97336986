"""GetMessageInsights: the events of each recipient, from the message's own rows."""

import json
from datetime import timedelta

import pytest
from served import OTHER_ACCOUNT

from population import (
    ACCOUNT,
    REGION,
    deferred,
    delivered,
    failed,
    identity,
    names,
    report,
    rows,
    submission,
)
from tayori.model.event import EventKind
from tayori.resources import accounts, suppression
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import INSERT_EVENT, Door
from tayori.store.tables import to_micros

BOTH = ["sqlite", "postgres"]


@pytest.fixture
def client(service):
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    return client


@pytest.fixture
def send(service):
    worker = Deliveries(names, "one")

    def send(*recipients, verdicts=(), host="mx.inbox.test", **changes):
        wanted = submission(*recipients, **changes)
        (answer,) = service.transact(Door(names, "nobody", lambda stream: False).accept, [wanted])
        for outgoing in service.transact(worker.claim, 10, 10_000_000) if verdicts else ():
            told = report(outgoing, *verdicts, started_at=service.clock.now(), host=host)
            service.transact(worker.record, rows([told]))
        return answer.message_id

    return send


def test_without_the_manager_nothing_is_said_whatever_the_identifier(service):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.NotFoundException) as refusal:
        client.get_message_insights(MessageId="nonsense")
    assert refusal.value.response["Error"]["Message"] == (
        "To use this feature you must enable Virtual Deliverability Manager"
    )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_each_recipient_has_its_own_events(client, send, service):
    verdicts = [delivered(), failed(), deferred(service.clock.now() + timedelta(hours=1))]
    message_id = send("a@inbox.test", "b@inbox.test", "c@inbox.test", verdicts=verdicts, subject="Hello")
    found = client.get_message_insights(MessageId=message_id)
    assert (found["MessageId"], found["FromEmailAddress"], found["Subject"]) == (
        message_id,
        "news@example.com",
        "Hello",
    )
    tags = {tag["Name"]: tag["Value"] for tag in found["EmailTags"]}
    assert tags["campaign"] == "spring" and tags["ses:from-domain"] == "example.com"
    insights = {one["Destination"]: [event["Type"] for event in one["Events"]] for one in found["Insights"]}
    assert insights == {
        "a@inbox.test": ["SEND", "DELIVERY"],
        "b@inbox.test": ["SEND", "BOUNCE"],
        "c@inbox.test": ["SEND", "DELIVERY_DELAY"],
    }
    bounce = found["Insights"][1]["Events"][1]
    assert bounce["Details"] == {
        "Bounce": {
            "BounceType": "PERMANENT",
            "BounceSubType": "General",
            "DiagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    }
    assert abs(bounce["Timestamp"] - service.clock.now()) < timedelta(minutes=1)
    assert {one["Isp"] for one in found["Insights"]} == {"UNKNOWN_ISP"}


def test_the_provider_is_known_by_its_mail_host(client, send):
    message_id = send("a@gmail.com", verdicts=[delivered()], host="gmail-smtp-in.l.google.com")
    (found,) = client.get_message_insights(MessageId=message_id)["Insights"]
    assert found["Isp"] == "GMAIL"


def test_a_complaint_is_of_those_who_complained(client, send, service):
    message_id = send("a@inbox.test", "b@inbox.test", verdicts=[delivered()])

    def complain(tx):
        detail = {
            "complainedRecipients": [{"emailAddress": "b@inbox.test"}],
            "complaintFeedbackType": "abuse",
            "complaintSubType": None,
        }
        tx.hot(INSERT_EVENT, [(message_id, to_micros(tx.now), EventKind.COMPLAINT, 1, json.dumps(detail))])

    service.transact(complain)
    first, second = client.get_message_insights(MessageId=message_id)["Insights"]
    assert [event["Type"] for event in first["Events"]] == ["SEND", "DELIVERY"]
    assert second["Events"][-1]["Details"] == {"Complaint": {"ComplaintFeedbackType": "abuse"}}


def test_suppressed_recipients_tell_by_which_reason(client, send, service):
    for name, reason in (("bounced", "BOUNCE"), ("angry", "COMPLAINT")):
        service.transact(suppression.put, ACCOUNT, REGION, f"{name}@inbox.test", reason)
    message_id = send("bounced@inbox.test", "angry@inbox.test")
    first, second = client.get_message_insights(MessageId=message_id)["Insights"]
    assert first["Events"][1]["Details"]["Bounce"]["BounceSubType"] == "OnAccountSuppressionList"
    assert second["Events"][1]["Details"]["Complaint"] == {"ComplaintSubType": "OnAccountSuppressionList"}


def test_messages_of_others_do_not_exist(client, send, service):
    message_id = send("a@inbox.test")
    other = service.client("sesv2", OTHER_ACCOUNT)
    other.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    for asking, account_id, wanted in ((other, OTHER_ACCOUNT, message_id), (client, ACCOUNT, "nonsense")):
        with pytest.raises(asking.exceptions.NotFoundException) as refusal:
            asking.get_message_insights(MessageId=wanted)
        assert refusal.value.response["Error"]["Message"] == f"Message <{wanted}> not found for account <{account_id}>"
