"""Limits of operations: the table against the models' own words, the bucket, and clients that cope."""

import re

import boto3
import botocore.session
import pytest
from asgi_client import ENDPOINT, REGION
from botocore.config import Config
from botocore.exceptions import ClientError

from tayori.api.rates import OperationRates, rate_of
from tayori.api.registry import load_operations
from tayori.aws import spec
from tayori.aws.errors import ApiError

NUMBER = re.compile(r"no more than (once|\d+) (?:times )?per second|throttled at (one) request per second")


@pytest.fixture
def loader():
    return botocore.session.Session().get_component("data_loader")


@pytest.mark.parametrize("service", ["ses", "sesv2"])
def test_the_table_says_what_the_reference_says(loader, service):
    model = loader.load_service_model(service, "service-2")
    told = {}
    for name, operation in model["operations"].items():
        found = NUMBER.search(re.sub(r"<[^>]+>|\s+", " ", operation.get("documentation", "")).replace("  ", " "))
        if found:
            number = found[1] or found[2]
            told[name] = 1.0 if number in ("once", "one") else float(number)
    assert len(told) >= 20
    assert {name: rate_of(service, name) for name in told} == told
    others = {name for name in model["operations"] if rate_of(service, name) is not None} - told.keys()
    assert service == "ses" or not others


def test_sends_have_no_rate_of_their_own():
    for service, names in (
        ("ses", ("SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail")),
        ("sesv2", ("SendEmail", "SendBulkEmail", "GetAccount")),
        ("sns", ("Publish",)),
    ):
        assert all(rate_of(service, name) is None for name in names)


class Time:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_bucket_lets_two_seconds_worth_through_and_fills_again():
    time, operation = Time(), spec.load("sesv2").operations["ListEmailTemplates"]
    rates = OperationRates(time)
    for _ in range(2):
        rates.admit("a", REGION, operation)
    with pytest.raises(ApiError) as refusal:
        rates.admit("a", REGION, operation)
    assert (refusal.value.code, refusal.value.status) == ("TooManyRequestsException", 429)
    rates.admit("b", REGION, operation)
    rates.admit("a", "eu-west-1", operation)
    rates.admit("a", REGION, spec.load("sesv2").operations["CreateEmailTemplate"])
    time.now += 0.9
    with pytest.raises(ApiError):
        rates.admit("a", REGION, operation)
    time.now += 0.2
    rates.admit("a", REGION, operation)


def test_v1_and_v2_refuse_in_their_own_words_and_nobody_is_limited_without_the_setting(make_api):
    limited = make_api(load_operations(), rates=OperationRates(Time()))
    v1, v2 = limited.client("ses"), limited.client("sesv2")
    for call, code, status in (
        (v1.list_templates, "Throttling", 400),
        (v2.list_email_templates, "TooManyRequestsException", 429),
    ):
        call()
        call()
        with pytest.raises(ClientError) as refusal:
            call()
        response = refusal.value.response
        assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
        assert response["Error"]["Message"] == "Rate exceeded"
    free = make_api(load_operations()).client("ses")
    for _ in range(4):
        free.list_templates()


def test_boto3_copes_by_trying_again(make_api):
    """Each try comes a second later to the service, as boto3's pauses between them do."""
    time = Time()
    api = make_api(load_operations(), rates=OperationRates(time))
    client = api.client("sesv2")
    patient = boto3.client(
        "sesv2",
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id="AKIAEXAMPLEAPIUSER00",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )

    def send(request, **_):
        answer = api._before_send(request)
        time.now += 1.0
        return answer

    patient.meta.events.register("before-send", send)
    client.list_email_templates()
    client.list_email_templates()
    answer = patient.list_email_templates()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
