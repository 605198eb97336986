"""Sending under a configuration set that tracks, by every operation: what is accepted has the links, and only them."""

import re
from email import message_from_bytes
from email.policy import default as modern

import pytest

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts

FROM, TO = "news@example.com", "reader@example.org"
HTML = '<html><body><a href="https://example.com/?a=1&amp;b=2">x</a></body></html>\r\n'
RAW = (
    f"From: {FROM}\r\nTo: {TO}\r\nSubject: hello\r\nX-SES-CONFIGURATION-SET: tracked\r\n"
    f"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{HTML}"
).encode()


@pytest.fixture
def tracked(service):
    """A set with opens and clicks told to a topic, made by a client."""
    service.transact(identity, "example.com")
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    topic = service.client("sns").create_topic(Name="t")["TopicArn"]
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="tracked")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="tracked",
        EventDestinationName="destination",
        EventDestination={
            "Enabled": True, "MatchingEventTypes": ["OPEN", "CLICK"], "SnsDestination": {"TopicArn": topic},
        },
    )  # fmt: skip
    return service


def v2_simple(service):
    content = {"Simple": {"Subject": {"Data": "hello"}, "Body": {"Html": {"Data": HTML}}}}
    service.client("sesv2").send_email(
        FromEmailAddress=FROM, Destination={"ToAddresses": [TO]}, Content=content, ConfigurationSetName="tracked"
    )


def v2_raw(service):
    service.client("sesv2").send_email(Content={"Raw": {"Data": RAW}})


def v1_simple(service):
    message = {"Subject": {"Data": "hello"}, "Body": {"Html": {"Data": HTML}}}
    service.client("ses").send_email(
        Source=FROM, Destination={"ToAddresses": [TO]}, Message=message, ConfigurationSetName="tracked"
    )


def v1_raw(service):
    service.client("ses").send_raw_email(RawMessage={"Data": RAW})


@pytest.mark.parametrize("send", [v2_simple, v2_raw, v1_simple, v1_raw])
def test_links_and_pixel_are_put_in_and_nothing_else_is_changed(tracked, send):
    send(tracked)
    last = tracked.last()
    html = message_from_bytes(last.content, policy=modern).get_content()
    url = rf"http://r\.{REGION}\.tayori\.test/L0/https:%2F%2Fexample\.com%2F%3Fa=1%26b=2/1/{last.message_id}/[\w-]{{27}}=\d+"
    pixel = rf'<img alt="" src="http://r\.{REGION}\.tayori\.test/I0/{last.message_id}/[\w-]{{27}}=\d+" style="[^"]+">'
    found = re.fullmatch(rf'<html><body><a href="{url}">x</a>{pixel}</body></html>', html.strip())
    assert found, html


def test_the_redirect_domain_and_its_policy_hold(tracked):
    tracked.client("sesv2").put_configuration_set_tracking_options(
        ConfigurationSetName="tracked", CustomRedirectDomain="click.example.com", HttpsPolicy="REQUIRE"
    )
    v2_simple(tracked)
    html = message_from_bytes(tracked.last().content, policy=modern).get_content()
    assert html.count("https://click.example.com/") == 2


def test_a_destination_that_is_switched_off_tracks_nothing(tracked):
    client = tracked.client("sesv2")
    destination = client.get_configuration_set_event_destinations(ConfigurationSetName="tracked")["EventDestinations"][
        0
    ]
    name = destination.pop("Name")
    client.update_configuration_set_event_destination(
        ConfigurationSetName="tracked",
        EventDestinationName=name,
        EventDestination={**destination, "Enabled": False},
    )
    v2_raw(tracked)
    assert tracked.last().content.endswith(b"\r\n\r\n" + HTML.encode())


@pytest.mark.parametrize("configuration_set", ["tracked", ""])
@pytest.mark.parametrize(
    ("opens", "clicks"), [("DISABLED", "DISABLED"), ("DISABLED", None), (None, "ENABLED"), ("ENABLED", "ENABLED")]
)
def test_a_request_comes_before_its_configuration_set(tracked, configuration_set, opens, clicks):
    """By single sends and in bulk; what the request does not say stays as the set has it."""
    given = {"OpenTrackingEnabled": opens, "ClickTrackingEnabled": clicks}
    request = {
        "FromEmailAddress": FROM,
        "ConfigurationOverrides": {"Tracking": {name: value for name, value in given.items() if value}},
        **({"ConfigurationSetName": configuration_set} if configuration_set else {}),
    }
    client, to = tracked.client("sesv2"), {"ToAddresses": [TO]}
    simple = {"Subject": {"Data": "hello"}, "Body": {"Html": {"Data": HTML}}}
    client.send_email(Destination=to, Content={"Simple": simple}, **request)
    template = {"TemplateContent": {"Subject": "hello", "Html": HTML}, "TemplateData": "{}"}
    client.send_bulk_email(DefaultContent={"Template": template}, BulkEmailEntries=[{"Destination": to}], **request)
    by_set = bool(configuration_set)
    expected = tuple(by_set if value is None else value == "ENABLED" for value in (opens, clicks))
    found = [(b"tayori.test/I0/" in one.content, b"tayori.test/L0/" in one.content) for one in tracked.accepted()]
    assert found == [expected] * 2
