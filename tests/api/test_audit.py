"""What calls leave in the audit log, what they do not, and that no secret is ever in it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, Service, key_of

from population import ACCOUNT
from tayori.api import audit as of_api
from tayori.api import registry
from tayori.aws import spec
from tayori.aws.spec import Shape
from tayori.model import audit as model
from tayori.resources import audit
from tayori.resources.audit import Filter

SECRET = "S3cret-that-must-not-be-kept"
MODELS = ("sesv2", "ses", "sns")


def entries(service: Service, account_id: str = ACCOUNT, **wanted: Any) -> list[model.Entry]:
    found, _ = service.transact(audit.listed, account_id, Filter(**wanted))
    return list(found)


def test_a_change_is_kept_with_before_and_after(service: Service) -> None:
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="letters")
    client.put_configuration_set_sending_options(ConfigurationSetName="letters", SendingEnabled=False)
    changed, created = entries(service)
    assert changed.operation == "PutConfigurationSetSendingOptions"
    assert (changed.service, changed.resource, changed.outcome) == ("sesv2", "letters", "done")
    assert (changed.door, changed.actor, changed.source_ip) == ("key", key_of(ACCOUNT), "127.0.0.1")
    assert "Boto3" in changed.agent
    assert changed.request == {"ConfigurationSetName": "letters", "SendingEnabled": False}
    assert changed.changes == [{"path": "SendingOptions.SendingEnabled", "before": True, "after": False}]
    assert {"path": "ConfigurationSetName", "before": None, "after": "letters"} in created.changes


def test_a_handler_with_transactions_of_its_own_leaves_one_entry(service: Service) -> None:
    client = service.client("sesv2")
    client.create_email_identity(EmailIdentity="shop.example", Tags=[{"Key": "team", "Value": "a"}])
    client.delete_email_identity(EmailIdentity="shop.example")
    deleted, created = entries(service, resource="shop.ex")
    assert (created.operation, deleted.operation) == ("CreateEmailIdentity", "DeleteEmailIdentity")
    assert {"path": "VerificationStatus", "before": None, "after": "PENDING"} in created.changes
    assert {"path": "VerificationStatus", "before": "PENDING", "after": None} in deleted.changes


def test_reading_and_sending_leave_nothing(service: Service) -> None:
    client = service.client("sesv2")
    client.create_email_identity(EmailIdentity="shop.example")
    client.get_account()
    client.list_email_identities()
    body = {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}}
    with pytest.raises(ClientError):
        client.send_email(FromEmailAddress="a@shop.example", Destination={"ToAddresses": ["b@c.example"]}, Content=body)
    service.client("ses").get_send_quota()
    assert [one.operation for one in entries(service)] == ["CreateEmailIdentity"]


def test_a_refusal_is_kept_with_its_code(service: Service) -> None:
    client = service.client("sesv2")
    with pytest.raises(ClientError):
        client.delete_configuration_set(ConfigurationSetName="none")
    (one,) = entries(service)
    assert (one.outcome, one.changes) == ("NotFoundException", [])


def test_v1_and_sns_are_compared_by_their_own_readers(service: Service) -> None:
    v1, sns = service.client("ses"), service.client("sns")
    v1.create_configuration_set(ConfigurationSet={"Name": "old"})
    v1.put_configuration_set_delivery_options(ConfigurationSetName="old", DeliveryOptions={"TlsPolicy": "Require"})
    arn = sns.create_topic(Name="bounces")["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Bounces")
    named, made, put, created = entries(service)
    assert put.changes == [{"path": "DeliveryOptions.TlsPolicy", "before": None, "after": "Require"}]
    assert created.resource == "old"
    assert made.operation == "CreateTopic"
    assert [change["after"] for change in named.changes] == ["Bounces"]


def test_another_account_sees_nothing_of_it(service: Service) -> None:
    service.client("sesv2").create_configuration_set(ConfigurationSetName="mine")
    assert entries(service, OTHER_ACCOUNT) == []


def test_they_are_found_by_who_what_which_and_when_page_by_page(service: Service) -> None:
    client = service.client("sesv2")
    for number in range(5):
        client.create_configuration_set(ConfigurationSetName=f"set-{number}")
    client.delete_configuration_set(ConfigurationSetName="set-0")
    first, behind = service.transact(audit.listed, ACCOUNT, Filter(), limit=4)
    rest, end = service.transact(audit.listed, ACCOUNT, Filter(), behind=behind, limit=4)
    assert [len(first), len(rest), end] == [4, 2, None]
    assert len({one.entry_id for one in (*first, *rest)}) == 6
    assert len(entries(service, operation="DeleteConfigurationSet")) == 1
    assert len(entries(service, resource="set-0")) == 2
    assert len(entries(service, actor=key_of(ACCOUNT))) == 6
    assert entries(service, actor="nobody") == []
    now = service.clock.now()
    assert entries(service, until=now - timedelta(hours=1)) == []
    assert len(entries(service, since=now - timedelta(hours=1))) == 6


def test_old_entries_are_forgotten(service: Service) -> None:
    service.client("sesv2").create_configuration_set(ConfigurationSetName="old")
    assert service.transact(audit.forget, timedelta(days=1)) == 0
    service.clock.advance(timedelta(days=2).total_seconds())
    assert service.transact(audit.forget, timedelta(days=1)) == 1
    assert entries(service) == []


# --- secrets ---


def sensitive(shape: Shape, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to each member below that must not be kept."""
    if shape.name in seen:
        return
    for name, member in shape.contents.items() if shape.type in ("structure", "list", "map") else ():
        if member.trait("sensitive"):
            yield (name,)
        else:
            for path in sensitive(member, (*seen, shape.name)):
                yield (name, *path)


SENSITIVE = [
    (service, operation.name, path)
    for service in MODELS
    for operation in spec.load(service).operations.values()
    if operation.input and of_api.is_change(operation)
    for path in sensitive(operation.input)
]


def put(path: tuple[str, ...], shape: Shape) -> Any:
    if not path:
        return [SECRET] if shape.type == "list" else SECRET
    below = put(path[1:], shape.contents[path[0]])
    if shape.type == "list":
        return [below]
    return {"key": below} if shape.type == "map" else {path[0]: below}


@pytest.mark.parametrize(("service_name", "operation", "path"), SENSITIVE)
def test_no_member_that_the_model_calls_sensitive_is_kept(
    service_name: str, operation: str, path: tuple[str, ...]
) -> None:
    shape = spec.load(service_name).operations[operation].input
    assert shape is not None
    given = put(path, shape)
    assert SECRET in json.dumps(given)
    cleaned = of_api.cleaned(shape, given)
    kept = model.as_kept(cleaned, model.difference(None, cleaned))
    assert SECRET not in json.dumps(kept)
    assert model.HIDDEN in json.dumps(kept)


def test_the_model_has_sensitive_members_in_changes() -> None:
    assert {("sesv2", "PutAccountDetails"), ("sesv2", "CreateEmailIdentity")} <= {one[:2] for one in SENSITIVE}


def test_content_of_templates_is_compared_and_not_kept(service: Service) -> None:
    client = service.client("sesv2")
    client.create_email_template(TemplateName="t", TemplateContent={"Subject": SECRET, "Text": SECRET})
    client.update_email_template(TemplateName="t", TemplateContent={"Subject": SECRET, "Text": f"{SECRET}2"})
    updated, created = entries(service)
    assert SECRET not in json.dumps([updated.request, updated.changes, created.request, created.changes])
    assert updated.changes == [{"path": "TemplateContent", "before": model.HIDDEN, "after": model.HIDDEN}]


@pytest.mark.parametrize(
    "value",
    [
        {"password": SECRET},
        {"new_password": SECRET},
        {"secretAccessKey": SECRET},
        {"nested": [{"Token": SECRET}]},
        {"headers": {"Authorization": SECRET}},
        {"endpoint": f"https://user:{SECRET}@host.example/"},
        {"url": f"https://host.example/?token={SECRET}&x=1"},
        {"TemplateData": json.dumps({"name": SECRET})},
        {"raw": SECRET.encode()},
    ],
)
def test_what_is_secret_by_name_is_not_kept(value: Any) -> None:
    assert SECRET not in json.dumps(model.as_kept(model.cleaned(value), ()))


def test_an_entry_has_a_bound() -> None:
    large = {f"name-{number}": "x" * 900 for number in range(200)}
    changes = model.difference({}, large)
    request, kept = model.as_kept(model.cleaned({"one": "x" * 10**6, "list": [large] * 20}), changes)
    assert len(json.dumps(request)) + len(json.dumps(kept)) <= model.MOST_OCTETS
    assert request["list"] == model.TOO_LARGE


def test_every_reader_of_the_table_is_offered() -> None:
    operations = registry.load_operations()
    for (service, operation), (reader, _) in of_api._READERS.items():
        assert operations.find(service, operation) is not None, operation
        found = operations.find(service, reader)
        assert found is not None and found.mode is registry.Mode.READ, reader


@pytest.mark.parametrize(
    ("operation", "reader"),
    [
        ("PutConfigurationSetSendingOptions", "GetConfigurationSet"),
        ("PutEmailIdentityDkimSigningAttributes", "GetEmailIdentity"),
        ("UpdateEmailIdentityPolicy", "GetEmailIdentityPolicies"),
        ("PutAccountDetails", "GetAccount"),
        ("UpdateContact", "GetContact"),
        ("UpdateContactList", "GetContactList"),
        ("PutSuppressedDestination", "GetSuppressedDestination"),
        ("PutDedicatedIpInPool", "GetDedicatedIp"),
        ("DeleteDedicatedIpPool", "GetDedicatedIpPool"),
        ("TagResource", "ListTagsForResource"),
    ],
)
def test_the_reader_follows_from_the_name(operation: str, reader: str) -> None:
    found = of_api.reader_of(spec.load("sesv2").operations[operation])
    assert found is not None
    assert found[0] == reader
