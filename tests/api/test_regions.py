"""One endpoint, several regions: what a request is signed for decides where it acts."""

import pytest
from botocore.exceptions import ClientError

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts

BOTH = ["sqlite", "postgres"]
OTHER = "eu-west-1"
SHORT = {"NextSigningKeyLength": "RSA_1024_BIT"}


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_each_region_has_identities_of_its_own(service):
    here, there = service.client("sesv2"), service.client("sesv2", region=OTHER)
    one = here.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=SHORT)
    assert there.list_email_identities()["EmailIdentities"] == []
    two = there.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=SHORT)
    assert not set(one["DkimAttributes"]["Tokens"]) & set(two["DkimAttributes"]["Tokens"])
    there.delete_email_identity(EmailIdentity="example.com")
    assert [item["IdentityName"] for item in here.list_email_identities()["EmailIdentities"]] == ["example.com"]
    assert service.client("ses", region=OTHER).list_identities()["Identities"] == []


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_an_account_is_in_the_sandbox_of_a_region_that_it_uses_for_the_first_time(service):
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=50_000, max_rate=14.0)
    there = service.client("sesv2", region=OTHER)
    account = there.get_account()
    assert (account["ProductionAccessEnabled"], account["SendQuota"]["Max24HourSend"]) == (False, 200)
    assert service.client("sesv2").get_account()["ProductionAccessEnabled"] is True
    there.put_account_suppression_attributes(SuppressedReasons=[])
    assert service.client("sesv2").get_account()["SuppressionAttributes"]["SuppressedReasons"] != []


def test_lists_of_suppressed_addresses_are_apart(service):
    there = service.client("sesv2", region=OTHER)
    there.get_account()
    service.transact(accounts.grant, ACCOUNT, OTHER, max_24_hour=50_000, max_rate=14.0)
    there.put_suppressed_destination(EmailAddress="gone@inbox.test", Reason="BOUNCE")
    assert service.client("sesv2").list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
    assert len(there.list_suppressed_destinations()["SuppressedDestinationSummaries"]) == 1


def test_mail_goes_out_under_the_regions_names(service):
    for region in (REGION, OTHER):
        service.transact(accounts.get_anywhere, ACCOUNT, region)
        service.transact(accounts.grant, ACCOUNT, region, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com", region=OTHER)
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}}
    request = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@inbox.test"]},
        "Content": content,
    }
    sent = service.client("sesv2", region=OTHER).send_email(**request)["MessageId"]
    message = service.last()
    assert sent.startswith("0102")
    assert message.reverse_path == f"{sent}@eu-west-1.mail.tayori.test"
    assert f"Message-ID: <{sent}@eu-west-1.tayori.test>".encode() in message.content
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.MessageRejected, match="US-EAST-1"):
        client.send_email(**request)


def test_a_region_that_is_not_served_is_refused(service):
    with pytest.raises(ClientError, match="valid region") as refusal:
        service.client("sesv2", region="sa-east-1").get_account()
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
