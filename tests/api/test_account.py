"""GetAccount and its like, in both versions of the API."""

import pytest

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts
from tayori.resources.quotas import count_bounces

DETAILS = {
    "MailType": "TRANSACTIONAL",
    "WebsiteURL": "https://example.com",
    "ContactLanguage": "JA",
    "UseCaseDescription": "受注の確認メール",
    "AdditionalContactEmailAddresses": ["ops@example.com"],
    "ProductionAccessEnabled": True,
}


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_a_new_account_is_shown_as_ses_shows_it(service):
    assert without_metadata(service.client("sesv2").get_account()) == {
        "DedicatedIpAutoWarmupEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": False,
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0},
        "SendingEnabled": True,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        "VdmAttributes": {
            "VdmEnabled": "DISABLED",
            "DashboardAttributes": {"EngagementMetrics": "DISABLED"},
            "GuardianAttributes": {"OptimizedSharedDelivery": "DISABLED"},
        },
    }
    v1 = service.client("ses")
    assert without_metadata(v1.get_send_quota()) == {
        "Max24HourSend": 200.0,
        "MaxSendRate": 1.0,
        "SentLast24Hours": 0.0,
    }
    assert v1.get_account_sending_enabled()["Enabled"] is True
    assert v1.get_send_statistics()["SendDataPoints"] == []


def test_production_access_is_asked_for_and_granted(service):
    client = service.client("sesv2")
    client.put_account_details(**DETAILS)
    details = client.get_account()["Details"]
    case = details["ReviewDetails"].pop("CaseId")
    assert case and details.pop("ReviewDetails") == {"Status": "PENDING"}
    assert details == {name: value for name, value in DETAILS.items() if name != "ProductionAccessEnabled"}
    with pytest.raises(client.exceptions.ConflictException):
        client.put_account_details(**DETAILS)
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=50_000, max_rate=14.0)
    account = client.get_account()
    assert account["ProductionAccessEnabled"] is True
    assert account["SendQuota"]["Max24HourSend"] == 50_000.0
    assert account["Details"]["ReviewDetails"] == {"Status": "GRANTED", "CaseId": case}


def test_several_mistakes_in_the_details_are_told_at_once(service):
    client = service.client("sesv2", parameter_validation=False)
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_account_details(MailType="SPAM")
    text = refusal.value.response["Error"]["Message"]
    assert text.startswith("2 validation errors detected: ")
    assert "Value null at 'websiteURL' failed to satisfy constraint: Member must not be null" in text
    assert "Member must satisfy enum value set: [MARKETING, TRANSACTIONAL]" in text


def test_sending_can_be_paused_in_both_versions(service):
    v1, v2 = service.client("ses"), service.client("sesv2")
    v2.put_account_sending_attributes(SendingEnabled=False)
    assert v1.get_account_sending_enabled()["Enabled"] is False
    v1.update_account_sending_enabled(Enabled=True)
    assert v2.get_account()["SendingEnabled"] is True
    v2.put_account_sending_attributes()  # what is left out is false
    assert v2.get_account()["SendingEnabled"] is False


@pytest.mark.parametrize("reasons", [[], ["BOUNCE"], ["COMPLAINT", "BOUNCE"]])
def test_the_reasons_of_the_suppression_list_are_kept(service, reasons):
    client = service.client("sesv2")
    client.put_account_suppression_attributes(SuppressedReasons=reasons)
    assert client.get_account()["SuppressionAttributes"] == {"SuppressedReasons": reasons}


def test_an_unknown_reason_is_refused(service):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException):
        client.put_account_suppression_attributes(SuppressedReasons=["SPAM"])


def test_what_was_sent_shows_in_quota_and_statistics(service):
    service.transact(identity, "example.com")
    client = service.client("ses")
    client.send_email(
        Source="news@example.com",
        Destination={"ToAddresses": ["a@example.com", "b@example.com"]},
        Message={"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
    )
    service.transact(count_bounces, {(ACCOUNT, REGION): 1})
    assert client.get_send_quota()["SentLast24Hours"] == 2.0
    assert service.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"] == 2.0
    (point,) = client.get_send_statistics()["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Bounces"], point["Complaints"], point["Rejects"]) == (2, 1, 0, 0)
    assert point["Timestamp"].timestamp() % 900 == 0
