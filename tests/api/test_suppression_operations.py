"""The suppression list through the API."""

from datetime import timedelta

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION
from tayori.resources import accounts, suppression

BOTH = ["sqlite", "postgres"]


@pytest.fixture(autouse=True)
def out_of_the_sandbox(service):
    for account_id in (ACCOUNT, OTHER_ACCOUNT):
        service.transact(accounts.grant, account_id, REGION, max_24_hour=-1, max_rate=-1)


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_an_address_is_put_shown_and_deleted(service):
    client = service.client("sesv2")
    client.put_suppressed_destination(EmailAddress="Gone@INBOX.test", Reason="BOUNCE")
    found = client.get_suppressed_destination(EmailAddress="Gone@inbox.test")["SuppressedDestination"]
    assert abs(found.pop("LastUpdateTime") - service.clock.now()) < timedelta(seconds=30)
    assert found == {"EmailAddress": "Gone@inbox.test", "Reason": "BOUNCE"}
    client.delete_suppressed_destination(EmailAddress="Gone@inbox.test")
    for operation in (client.get_suppressed_destination, client.delete_suppressed_destination):
        with pytest.raises(client.exceptions.NotFoundException) as refusal:
            operation(EmailAddress="Gone@inbox.test")
        assert refusal.value.response["Error"]["Message"] == (
            "Email address Gone@inbox.test does not exist on your suppression list."
        )


def test_what_feedback_said_shows_as_attributes(service):
    service.transact(suppression.add_from_feedback, [(ACCOUNT, REGION, "gone@inbox.test", "BOUNCE", "message-1")])
    found = service.client("sesv2").get_suppressed_destination(EmailAddress="gone@inbox.test")
    assert found["SuppressedDestination"]["Attributes"] == {"MessageId": "message-1", "FeedbackId": "message-1"}


def test_the_list_is_of_one_account(service):
    service.client("sesv2").put_suppressed_destination(EmailAddress="gone@inbox.test", Reason="BOUNCE")
    other = service.client("sesv2", OTHER_ACCOUNT)
    assert other.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_pages_lead_through_the_list(service):
    client = service.client("sesv2")
    wanted = [f"r{number:02}@inbox.test" for number in range(12)]
    for address in wanted:
        client.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    seen, pages = [], 0
    token: dict[str, str] = {}
    while True:
        page = client.list_suppressed_destinations(PageSize=5, **token)
        seen += [entry["EmailAddress"] for entry in page["SuppressedDestinationSummaries"]]
        pages += 1
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == wanted and pages == 3


def test_a_full_last_page_has_no_token(service):
    client = service.client("sesv2")
    for number in range(5):
        client.put_suppressed_destination(EmailAddress=f"r{number}@inbox.test", Reason="BOUNCE")
    assert "NextToken" not in client.list_suppressed_destinations(PageSize=5)


def test_the_list_is_narrowed_by_reason_and_time(service):
    client = service.client("sesv2")
    client.put_suppressed_destination(EmailAddress="early@inbox.test", Reason="BOUNCE")
    service.clock.advance(3600)
    middle = service.clock.now()
    service.clock.advance(3600)
    client.put_suppressed_destination(EmailAddress="late@inbox.test", Reason="COMPLAINT")

    def found(**filters):
        return [
            entry["EmailAddress"]
            for entry in client.list_suppressed_destinations(**filters)["SuppressedDestinationSummaries"]
        ]

    assert found(Reasons=["COMPLAINT"]) == ["late@inbox.test"]
    assert found(Reasons=["COMPLAINT", "BOUNCE"]) == ["early@inbox.test", "late@inbox.test"]
    assert found(StartDate=middle) == ["late@inbox.test"]
    assert found(EndDate=middle) == ["early@inbox.test"]


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "'"])
def test_a_token_that_is_none_is_refused_by_its_own_class(service, token):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        client.list_suppressed_destinations(NextToken=token)


def test_a_token_of_another_account_or_list_is_refused(service):
    client, other = service.client("sesv2"), service.client("sesv2", OTHER_ACCOUNT)
    for number in range(2):
        client.put_suppressed_destination(EmailAddress=f"r{number}@inbox.test", Reason="BOUNCE")
        client.create_configuration_set(ConfigurationSetName=f"set{number}")
    token = client.list_suppressed_destinations(PageSize=1)["NextToken"]
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        other.list_suppressed_destinations(NextToken=token)
    with pytest.raises(client.exceptions.BadRequestException):
        client.list_configuration_sets(NextToken=token)


@pytest.mark.parametrize("size", [-1, 0, 1001])
def test_page_sizes_have_bounds(service, size):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException):
        client.list_suppressed_destinations(PageSize=size)


@pytest.mark.parametrize("address", ["nobody", "a b@c.test", "@", "a@-"])
def test_what_is_no_address_is_refused(service, address):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException):
        client.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")


def test_spaces_around_an_address_are_not_part_of_it(service):
    client = service.client("sesv2")
    client.put_suppressed_destination(EmailAddress=" gone@INBOX.test ", Reason="BOUNCE")
    found = client.get_suppressed_destination(EmailAddress="gone@inbox.test")["SuppressedDestination"]
    assert found["EmailAddress"] == "gone@inbox.test"


def test_what_is_missing_is_named_as_it_would_stand_on_the_list(service):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.NotFoundException) as refusal:
        client.get_suppressed_destination(EmailAddress="Gone@INBOX.test")
    assert refusal.value.response["Error"]["Message"] == (
        "Email address Gone@inbox.test does not exist on your suppression list."
    )


def test_an_unknown_reason_is_refused_in_sess_words(service):
    client = service.client("sesv2")
    one = "failed to satisfy constraint: Member must satisfy enum value set: [BOUNCE, COMPLAINT]"
    several = f"failed to satisfy constraint: Member must satisfy constraint: [{one.partition(': ')[2]}]"
    for operation, given, words in (
        (client.put_suppressed_destination, {"EmailAddress": "a@inbox.test", "Reason": "X"}, f"'reason' {one}"),
        (client.list_suppressed_destinations, {"Reasons": ["X"]}, f"'reasons' {several}"),
        (client.put_account_suppression_attributes, {"SuppressedReasons": ["X"]}, f"'suppressedReasons' {several}"),
    ):
        with pytest.raises(client.exceptions.BadRequestException) as refusal:
            operation(**given)
        assert refusal.value.response["Error"]["Message"] == f"1 validation error detected: Value at {words}"


def test_a_configuration_set_refuses_an_unknown_reason_in_words_of_its_own(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="told")
    for operation, given in (
        (client.put_configuration_set_suppression_options, {"SuppressedReasons": ["BOUNCE", "X"]}),
        (client.create_configuration_set, {"SuppressionOptions": {"SuppressedReasons": ["X"]}}),
    ):
        with pytest.raises(client.exceptions.BadRequestException) as refusal:
            operation(ConfigurationSetName="told", **given)
        assert refusal.value.response["Error"]["Message"] == "Reason X is invalid, must be one of [BOUNCE, COMPLAINT]."


def test_a_token_belongs_to_the_filter_it_was_given_with(service):
    client = service.client("sesv2")
    for number in range(3):
        client.put_suppressed_destination(EmailAddress=f"r{number}@inbox.test", Reason="BOUNCE")
    token = client.list_suppressed_destinations(Reasons=["BOUNCE"], PageSize=1)["NextToken"]
    assert client.list_suppressed_destinations(Reasons=["BOUNCE"], PageSize=1, NextToken=token)["NextToken"]
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        client.list_suppressed_destinations(Reasons=["COMPLAINT"], PageSize=1, NextToken=token)


def test_the_sandbox_has_no_list_to_put_to(service):
    client = service.client("sesv2", region="eu-west-1")
    with pytest.raises(client.exceptions.BadRequestException, match="production access"):
        client.put_suppressed_destination(EmailAddress="a@inbox.test", Reason="BOUNCE")
    assert client.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
