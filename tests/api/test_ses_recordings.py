"""Answers of SES's v1, field for field as they were recorded; events and errors of event destinations are held against
theirs beside what makes them.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from served import Service

import population


@pytest.fixture(scope="module")
def recordings(vectors: Callable[[str], Path]) -> dict[str, Any]:
    entries = json.loads((vectors("real-aws-recordings") / "ses.json").read_text("utf-8"))
    return {entry["name"]: entry["recorded"] for entry in entries}


def send(client: Any, name: str, value: str) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        client.send_email(
            Source="sender@example.com",
            Destination={"ToAddresses": ["success@example.com"]},
            Message={"Subject": {"Data": "S"}, "Body": {"Text": {"Data": "T"}}},
            Tags=[{"Name": name, "Value": value}],
        )
    return dict(caught.value.response)


@pytest.mark.parametrize(
    ("test", "name", "value"),
    [
        ("test_invalid_name:123-test", "test_invalid_name:123", "test"),
        ("test-test_invalid_value:123", "test", "test_invalid_value:123"),
        ("test_invalid_name:123-test_invalid_value:123", "test_invalid_name:123", "test_invalid_value:123"),
        ("-", "", ""),
    ],
)
def test_tags_that_are_none(recordings: dict[str, Any], service: Service, test: str, name: str, value: str) -> None:
    service.transact(population.identity, "example.com")
    recorded = recordings[f"test_invalid_tags_send_email[{test}]"]["response"]
    found = send(service.client("ses"), name, value)
    assert found["Error"] == recorded["Error"]
    assert found["ResponseMetadata"]["HTTPStatusCode"] == recorded["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("name", ["ses:feedback-id-a", "ses:feedback-id-b"])
def test_names_of_ses_s_own_are_tags(recordings: dict[str, Any], service: Service, name: str) -> None:
    """What is refused is the sender, who is not verified."""
    recorded = recordings["test_special_tags_send_email"]["response"]
    assert send(service.client("ses"), name, "this-marketing-campaign")["Error"]["Code"] == recorded["Error"]["Code"]


def test_quota_of_the_sandbox(recordings: dict[str, Any], service: Service) -> None:
    recorded = recordings["test_sent_message_counter"]["get-quota-0"]
    found = service.client("ses").get_send_quota()
    assert found.keys() == recorded.keys()
    assert {name: found[name] for name in ("Max24HourSend", "MaxSendRate")} == {
        name: recorded[name] for name in ("Max24HourSend", "MaxSendRate")
    }


def test_lists_of_templates(recordings: dict[str, Any], service: Service) -> None:
    client = service.client("ses")
    part = {"SubjectPart": "Subject test", "TextPart": "hello\nworld", "HtmlPart": "hello<br />world"}
    created = client.create_template(Template={"TemplateName": "hello-world", **part})
    recorded = recordings["test_list_templates"]
    assert created.keys() == recorded["create-template"].keys()
    for number in (1, 2):
        answer = recorded[f"list-templates-{number}"]
        found = client.list_templates()
        assert found.keys() == answer.keys()
        for one in found["TemplatesMetadata"]:
            one["CreatedTimestamp"] = type(one["CreatedTimestamp"]) is datetime and "timestamp"
        assert found["TemplatesMetadata"] == answer["TemplatesMetadata"]


def test_the_recordings_without_a_counterpart_are_known(recordings: dict[str, Any]) -> None:
    """They are compared elsewhere."""
    here = {name for name in recordings if "tags" in name} | {"test_sent_message_counter", "test_list_templates"}
    events = {name for name in recordings if name.startswith("test_ses_sns_topic_integration")}  # model/test_ses_event
    destinations = {  # api/test_event_destination_operations
        "test_cannot_create_event_for_no_topic",
        "test_deleting_non_existent_configuration_set_event_destination",
        "test_creating_event_destination_without_configuration_set",
    }
    receiving = {"test_clone_receipt_rule_set"}  # api/test_receipt_rule_operations
    assert recordings.keys() == here | events | destinations | receiving
