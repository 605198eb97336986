"""Strings that break software, in every place where a caller may put one: an answer always, and never a 500."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from served import Service

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts

OWN = ["", "\0", "a\0b", "\ud800", "x\ud800y@example.com", "\u202e", "a" * 70_000, "\r\n\r\n", "%00", "../..", "\ufffe"]


def calls(v1: Any, v2: Any, text: str) -> list[Callable[[], Any]]:
    to = {"ToAddresses": ["reader@inbox.test"]}
    body = {"Text": {"Data": "x"}}

    def send(**changes: Any) -> Callable[[], Any]:
        request = {
            "FromEmailAddress": "news@example.com",
            "Destination": to,
            "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": body}},
        }
        return lambda: v2.send_email(**request | changes)

    return [
        send(Content={"Simple": {"Subject": {"Data": text}, "Body": {"Text": {"Data": text}, "Html": {"Data": text}}}}),
        send(FromEmailAddress=f"{text} <news@example.com>"),
        send(Destination={"ToAddresses": [text]}),
        send(ConfigurationSetName=text, EmailTags=[{"Name": text, "Value": text}]),
        send(Content={"Simple": {"Subject": {"Data": "x", "Charset": text}, "Body": body}}),
        lambda: v2.create_configuration_set(ConfigurationSetName=text),
        lambda: v2.tag_resource(
            ResourceArn=f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com", Tags=[{"Key": text, "Value": text}]
        ),
        lambda: v2.put_suppressed_destination(EmailAddress=text, Reason="BOUNCE"),
        lambda: v2.create_email_identity(EmailIdentity=f"a@{text}"),
        lambda: v2.put_account_details(
            MailType="TRANSACTIONAL", WebsiteURL="https://example.com", UseCaseDescription=text
        ),
        lambda: v1.get_identity_verification_attributes(Identities=[text, "example.com"]),
        lambda: v1.send_raw_email(
            RawMessage={
                "Data": f"From: news@example.com\nTo: a@inbox.test\nSubject: {text}\n\n{text}".encode(
                    "utf-8", "replace"
                )
            }
        ),
        lambda: v1.describe_configuration_set(ConfigurationSetName=text),
    ]


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_every_string_gets_an_answer(service: Service, vectors: Callable[[str], Path], database_url: str) -> None:
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    v1 = service.client("ses", parameter_validation=False)
    v2 = service.client("sesv2", parameter_validation=False)
    naughty = json.loads((vectors("blns") / "blns.json").read_text())
    step = 2 if database_url.startswith("sqlite") else 5  # the second database is for what only it cannot hold
    for text in [*OWN, *naughty[::step]]:
        for number, call in enumerate(calls(v1, v2, text)):
            assert status_of(call) in (None, 200, 400, 403, 404, 409, 413, 429), (number, text[:100])


def status_of(call: Callable[[], Any]) -> int | None:
    """The status of the answer; None where the client itself cannot say the string."""
    try:
        return int(call()["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    except UnicodeEncodeError:
        return None
