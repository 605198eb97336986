"""Tenants through the API: their life, what they may send with, their own list, and their standing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION, failed, identity, names, report, rows
from tayori.model.mail_count import Count, counts_as
from tayori.model.reputation import Rules
from tayori.resources import accounts, mail_counts, reputation, tenant_reputation
from tayori.resources.deliveries import Deliveries
from tayori.store.dialect import Hot

BOTH = ["sqlite", "postgres"]
KEY = ACCOUNT, REGION
IDENTITY = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"
SET = f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/news"
TEMPLATE = f"arn:aws:ses:{REGION}:{ACCOUNT}:template/welcome"
FEW = Rules(minimum_volume=10)


@pytest.fixture
def client(service) -> Any:
    """Out of the sandbox, with something of each kind to send with."""
    service.transact(accounts.grant, *KEY, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="news")
    client.create_email_template(TemplateName="welcome", TemplateContent={"Subject": "Hello", "Text": "Hello"})
    return client


def refused(operation: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(operation.__self__.exceptions.ClientError) as refusal:
        operation(**request)
    answer = refusal.value.response
    return answer["Error"]["Code"], answer["Error"].get("Message") or answer.get("Message") or answer.get("message")


def send(client: Any, to: str = "reader@inbox.test", **more: Any) -> str:
    content = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hi"}}}}
    request = {"FromEmailAddress": "news@example.com", "Destination": {"ToAddresses": [to]}, "Content": content}
    return str(client.send_email(**request | more)["MessageId"])


def tenant(client: Any, name: str = "shop", *resources: str, **more: Any) -> dict[str, Any]:
    made = client.create_tenant(TenantName=name, **more)
    for arn in resources:
        client.create_tenant_resource_association(TenantName=name, ResourceArn=arn)
    return dict(made)


def _events(tx: Any, message_id: str) -> list[tuple[str, dict[str, Any]]]:
    found = tx.hot_rows(Hot("SELECT kind, detail FROM events WHERE message_id = ? ORDER BY at"), (message_id,))
    return [(kind, json.loads(detail)) for kind, detail in found]


# --- their life ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_tenant_is_made_shown_and_deleted(client):
    made = tenant(client, "shop", IDENTITY, SET, Tags=[{"Key": "team", "Value": "one"}])
    assert made["TenantId"].startswith("tn-") and len(made["TenantId"]) == 33
    assert made["TenantArn"] == f"arn:aws:ses:{REGION}:{ACCOUNT}:tenant/shop/{made['TenantId']}"
    assert made["SendingStatus"] == "ENABLED" and "SuppressionAttributes" not in made
    shown = client.get_tenant(TenantName="shop")["Tenant"]
    assert {name: made[name] for name in shown} == shown
    (listed,) = client.list_tenants()["Tenants"]
    assert listed == {name: shown[name] for name in listed} and "Tags" not in listed

    client.tag_resource(ResourceArn=made["TenantArn"], Tags=[{"Key": "plan", "Value": "large"}])
    labels = client.list_tags_for_resource(ResourceArn=made["TenantArn"])["Tags"]
    assert {one["Key"]: one["Value"] for one in labels} == {"team": "one", "plan": "large"}
    client.delete_tenant(TenantName="shop")
    assert client.list_tenants()["Tenants"] == []
    assert client.list_resource_tenants(ResourceArn=IDENTITY)["ResourceTenants"] == []
    assert refused(client.get_tenant, TenantName="shop") == (
        "NotFoundException",
        "The requested tenant <shop> does not exist.",
    )
    assert tenant(client)["TenantId"] != made["TenantId"]


def test_names_and_doubles_are_refused_in_ses_words(client):
    tenant(client)
    assert refused(client.create_tenant, TenantName="shop") == (
        "AlreadyExistsException",
        f"Tenant with name 'shop' already exists in account '{ACCOUNT}'",
    )
    for name in ("a" * 65, "with space"):
        assert refused(client.create_tenant, TenantName=name)[0] == "BadRequestException"
    assert refused(client.delete_tenant, TenantName="other")[0] == "NotFoundException"


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_lists_come_in_pages_and_narrowed(client, service):
    for name in ("alpha", "beta", "gamma"):
        tenant(client, name, IDENTITY)
    paginator = client.get_paginator("list_tenants").paginate(PaginationConfig={"PageSize": 2})
    pages = [[one["TenantName"] for one in page["Tenants"]] for page in paginator]
    assert pages == [["alpha", "beta"], ["gamma"]]
    found = client.list_tenants(Filter={"TENANT_NAME_CONTAINS": "et"})["Tenants"]
    assert [one["TenantName"] for one in found] == ["beta"]
    assert client.list_tenants(Filter={"SENDING_STATUS": "DISABLED"})["Tenants"] == []
    sharing = client.get_paginator("list_resource_tenants").paginate(
        ResourceArn=IDENTITY, PaginationConfig={"PageSize": 2}
    )
    assert [one["TenantName"] for page in sharing for one in page["ResourceTenants"]] == ["alpha", "beta", "gamma"]
    assert service.client("sesv2", OTHER_ACCOUNT).list_tenants()["Tenants"] == []


# --- associations ---


def test_what_a_tenant_may_send_with(client):
    tenant(client, "shop", IDENTITY, SET, TEMPLATE)
    found = client.list_tenant_resources(TenantName="shop")["TenantResources"]
    assert [(one["ResourceType"], one["ResourceArn"]) for one in found] == [
        ("configuration-set", SET),
        ("identity", IDENTITY),
        ("template", TEMPLATE),
    ]
    for word in ("identity", "EMAIL_IDENTITY"):
        narrowed = client.list_tenant_resources(TenantName="shop", Filter={"RESOURCE_TYPE": word})
        assert [one["ResourceArn"] for one in narrowed["TenantResources"]] == [IDENTITY]
    assert refused(client.create_tenant_resource_association, TenantName="shop", ResourceArn=SET) == (
        "AlreadyExistsException",
        f"Resources {SET} has already been associated with tenant shop",
    )
    client.delete_tenant_resource_association(TenantName="shop", ResourceArn=SET)
    client.delete_tenant_resource_association(TenantName="shop", ResourceArn=SET)
    assert len(client.list_tenant_resources(TenantName="shop")["TenantResources"]) == 2


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("example.com", "BadRequestException"),
        (f"arn:aws:ses:{REGION}:{ACCOUNT}:contact-list/readers", "BadRequestException"),
        (f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/example.com", "BadRequestException"),
        (f"arn:aws:ses:{REGION}:{OTHER_ACCOUNT}:identity/example.com", "BadRequestException"),
        (f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/other.example", "NotFoundException"),
        (f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/other", "NotFoundException"),
        (f"arn:aws:ses:{REGION}:{ACCOUNT}:template/other", "NotFoundException"),
    ],
)
def test_what_cannot_be_associated(client, arn, code):
    tenant(client)
    assert refused(client.create_tenant_resource_association, TenantName="shop", ResourceArn=arn)[0] == code


def test_what_a_tenant_may_send_with_is_not_deleted(client, service):
    tenant(client, "shop", IDENTITY, SET, TEMPLATE)
    deletions = (
        (client.delete_email_identity, {"EmailIdentity": "example.com"}, IDENTITY),
        (client.delete_configuration_set, {"ConfigurationSetName": "news"}, SET),
        (client.delete_email_template, {"TemplateName": "welcome"}, TEMPLATE),
    )
    for operation, request, arn in deletions:
        text = (
            f"Cannot delete <{arn}> because it has tenant associations. Remove all tenant associations and try again."
        )
        assert refused(operation, **request) == ("BadRequestException", text)
    client.delete_tenant(TenantName="shop")
    for operation, request, _ in deletions:
        operation(**request)


# --- sending ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_tenant_sends_with_what_is_its_own(client, service):
    tenant(client)
    with pytest.raises(client.exceptions.ClientError) as refusal:
        send(client, TenantName="shop", ConfigurationSetName="news")
    answer = refusal.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDeniedException", 403)
    assert f"Tenant not associated with resources [{IDENTITY}, {SET}]." in json.dumps(answer)
    for arn in (IDENTITY, SET):
        client.create_tenant_resource_association(TenantName="shop", ResourceArn=arn)
    message_id = send(client, TenantName="shop", ConfigurationSetName="news")
    assert service.last().message_id == message_id
    client.delete_tenant_resource_association(TenantName="shop", ResourceArn=SET)
    with pytest.raises(client.exceptions.ClientError, match="AccessDeniedException"):
        send(client, TenantName="shop", ConfigurationSetName="news")
    send(client, ConfigurationSetName="news")  # the account itself goes on
    with pytest.raises(client.exceptions.NotFoundException, match=f"Tenant other for AwsAccountId {ACCOUNT} not found"):
        send(client, TenantName="other")


def test_a_stored_template_must_be_the_tenants(client, service):
    tenant(client, "shop", IDENTITY)
    content = {"Template": {"TemplateName": "welcome", "TemplateData": "{}"}}
    with pytest.raises(client.exceptions.ClientError, match=r"resources \[arn:aws:ses:.*:template/welcome\]"):
        send(client, TenantName="shop", Content=content)
    bulk = {
        "FromEmailAddress": "news@example.com",
        "DefaultContent": content,
        "BulkEmailEntries": [{"Destination": {"ToAddresses": [f"r{n}@inbox.test"]}} for n in range(2)],
        "TenantName": "shop",
    }
    answers = client.send_bulk_email(**bulk)["BulkEmailEntryResults"]
    assert [one["Status"] for one in answers] == ["FAILED", "FAILED"]
    client.create_tenant_resource_association(TenantName="shop", ResourceArn=TEMPLATE)
    send(client, TenantName="shop", Content=content)
    answers = client.send_bulk_email(**bulk)["BulkEmailEntryResults"]
    assert [one["Status"] for one in answers] == ["SUCCESS", "SUCCESS"]


def test_a_raw_message_names_its_tenant_in_a_header(client, service):
    tenant(client, "shop", IDENTITY)
    raw = b"From: news@example.com\r\nTo: reader@inbox.test\r\nSubject: Hi\r\nX-SES-TENANT: %s\r\n\r\nHi\r\n"
    send(client, Content={"Raw": {"Data": raw % b"shop"}})
    assert b"X-SES-TENANT" not in service.last().content
    with pytest.raises(client.exceptions.NotFoundException, match="Tenant none"):
        send(client, Content={"Raw": {"Data": raw % b"none"}})


def test_the_tenant_is_known_of_each_event(client, service):
    tenant(client, "shop", IDENTITY, SET)
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    message_id = send(client, TenantName="shop", ConfigurationSetName="news")
    tags = client.get_message_insights(MessageId=message_id)["EmailTags"]
    assert {"Name": "ses:tenant-name", "Value": "shop"} in tags
    other = client.get_message_insights(MessageId=send(client))["EmailTags"]
    assert "ses:tenant-name" not in [tag["Name"] for tag in other]
    now = service.clock.now()
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    query = {
        "Id": "one",
        "Namespace": "VDM",
        "Metric": "SEND",
        "StartDate": start,
        "EndDate": start + timedelta(days=1),
        "Dimensions": {"TENANT_NAME": "shop"},
    }
    (result,) = client.batch_get_metric_data(Queries=[query])["Results"]
    assert result["Values"] == [1]


# --- suppression ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_tenant_has_a_list_of_its_own(client, service):
    own = {"SuppressionScope": "TENANT", "SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    made = tenant(client, "shop", IDENTITY, SuppressionAttributes=own)
    tenant(client, "club", IDENTITY)
    assert made["SuppressionAttributes"] == own
    client.put_suppressed_destination(EmailAddress="gone@inbox.test", Reason="BOUNCE", TenantName="shop")
    client.put_suppressed_destination(EmailAddress="all@inbox.test", Reason="BOUNCE")
    listed = client.list_suppressed_destinations(TenantName="shop")["SuppressedDestinationSummaries"]
    assert [one["EmailAddress"] for one in listed] == ["gone@inbox.test"]
    assert client.list_suppressed_destinations(TenantName="club")["SuppressedDestinationSummaries"] == []
    assert refused(client.get_suppressed_destination, EmailAddress="gone@inbox.test")[0] == "NotFoundException"

    (_, (kind, detail)) = service.transact(_events, send(client, "gone@inbox.test", TenantName="shop"))
    assert (kind, detail["bounceSubType"]) == ("Bounce", "OnTenantSuppressionList")
    assert "suppression list for your tenant" in json.dumps(detail)
    for to, name in (("all@inbox.test", "shop"), ("gone@inbox.test", "club")):
        assert len(service.transact(_events, send(client, to, TenantName=name))) == 1
    (_, (_, detail)) = service.transact(_events, send(client, "all@inbox.test", TenantName="club"))
    assert detail["bounceSubType"] == "OnAccountSuppressionList"

    client.put_tenant_suppression_attributes(TenantName="shop", SuppressionScope="TENANT", SuppressedReasons=[])
    assert len(service.transact(_events, send(client, "gone@inbox.test", TenantName="shop"))) == 1
    client.put_tenant_suppression_attributes(TenantName="shop")
    assert "SuppressionAttributes" not in client.get_tenant(TenantName="shop")["Tenant"]
    assert refused(client.put_tenant_suppression_attributes, TenantName="shop", SuppressionScope="TENANT")[0] == (
        "BadRequestException"
    )
    client.delete_suppressed_destination(EmailAddress="gone@inbox.test", TenantName="shop")


def test_a_configuration_sets_scope_goes_first(client, service):
    tenant(client, "shop", IDENTITY, SET)
    client.put_suppressed_destination(EmailAddress="gone@inbox.test", Reason="COMPLAINT", TenantName="shop")
    client.put_configuration_set_suppression_options(ConfigurationSetName="news", SuppressionScope="TENANT")
    shown = client.get_configuration_set(ConfigurationSetName="news")["SuppressionOptions"]
    assert shown == {"SuppressionScope": "TENANT"}
    message_id = send(client, "gone@inbox.test", TenantName="shop", ConfigurationSetName="news")
    (_, (kind, detail)) = service.transact(_events, message_id)
    assert (kind, detail["complaintSubType"]) == ("Complaint", "OnTenantSuppressionList")
    assert len(service.transact(_events, send(client, "gone@inbox.test", TenantName="shop"))) == 1


def bounced(service: Any, message_id: str) -> None:
    queue = Deliveries(names, "one")
    found = service.transact(queue.claim, 10, 1 << 20, {}, ())
    (outgoing,) = (one for one in found if one.message_id == message_id)
    service.transact(queue.record, rows([report(outgoing, failed(), started_at=service.clock.now())]))


def test_a_bounce_puts_the_address_on_the_tenants_list(client, service):
    own = {"SuppressionScope": "TENANT", "SuppressedReasons": ["BOUNCE"]}
    tenant(client, "shop", IDENTITY, SuppressionAttributes=own)
    bounced(service, send(client, "gone@inbox.test", TenantName="shop"))
    found = client.get_suppressed_destination(EmailAddress="gone@inbox.test", TenantName="shop")
    assert found["SuppressedDestination"]["Reason"] == "BOUNCE"
    assert client.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


# --- reputation ---


def policy(name: str) -> str:
    return f"arn:aws:ses:{REGION}:aws:reputation-policy/{name}"


def look(service: Any) -> None:
    found = service.transact(reputation.look, *KEY, FEW)
    assert service.transact(reputation.settle, found)
    service.transact(tenant_reputation.settle, found)


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_policy_pauses_one_tenant_and_its_owner_reinstates_it(client, service):
    arns = {name: tenant(client, name, IDENTITY)["TenantArn"] for name in ("bad", "good")}
    entity = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": arns["bad"]}
    assert client.get_reputation_entity(**entity)["ReputationEntity"] == {
        "ReputationEntityReference": arns["bad"],
        "ReputationEntityType": "RESOURCE",
        "ReputationManagementPolicy": policy("none"),
        "CustomerManagedStatus": {"Status": "ENABLED"},
        "AwsSesManagedStatus": {"Status": "ENABLED"},
        "SendingStatusAggregate": "ENABLED",
        "ReputationImpact": "NONE",
    }
    for name, arn in arns.items():
        path = arn.partition("tenant/")[2]
        key = (*KEY, counts_as("", "example.com", path), "")
        service.transact(mail_counts.add, Count.SENDS, {key: 100})
        service.transact(mail_counts.add, Count.PERMANENT_BOUNCES, {key: 30 if name == "bad" else 1})
    look(service)
    found = client.get_reputation_entity(**entity)["ReputationEntity"]
    assert (found["ReputationImpact"], found["SendingStatusAggregate"]) == ("HIGH", "ENABLED")
    client.update_reputation_entity_policy(**entity, ReputationEntityPolicy=policy("standard"))
    look(service)
    found = client.get_reputation_entity(**entity)["ReputationEntity"]
    assert found["ReputationManagementPolicy"] == policy("standard")
    assert found["CustomerManagedStatus"]["Status"] == found["SendingStatusAggregate"] == "DISABLED"
    assert found["CustomerManagedStatus"]["Cause"].endswith("the bounce rate is 30.00%.")
    assert client.get_tenant(TenantName="bad")["Tenant"]["SendingStatus"] == "DISABLED"
    with pytest.raises(client.exceptions.SendingPausedException, match="Sending is paused for tenant bad"):
        send(client, TenantName="bad")
    send(client, TenantName="good")
    listed = client.list_reputation_entities(Filter={"SENDING_STATUS": "DISABLED"})["ReputationEntities"]
    assert [one["ReputationEntityReference"] for one in listed] == [arns["bad"]]
    part = service.transact(reputation.look, *KEY, FEW).account.appraisal
    assert (part.bounce.bad, part.bounce.volume) == (1, 101)  # what is paused is held against nobody else

    client.update_reputation_entity_customer_managed_status(**entity, SendingStatus="REINSTATED")
    look(service)
    found = client.get_reputation_entity(**entity)["ReputationEntity"]
    assert (found["SendingStatusAggregate"], found["ReputationImpact"]) == ("REINSTATED", "NONE")
    assert found["CustomerManagedStatus"]["Cause"] == "Status manually updated."
    send(client, TenantName="bad")


def test_the_owner_pauses_a_tenant_by_hand(client):
    arn = tenant(client, "shop", IDENTITY)["TenantArn"]
    entity = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": arn}
    client.update_reputation_entity_customer_managed_status(**entity, SendingStatus="DISABLED")
    with pytest.raises(client.exceptions.SendingPausedException):
        send(client, TenantName="shop")
    client.update_reputation_entity_customer_managed_status(**entity, SendingStatus="ENABLED")
    send(client, TenantName="shop")


def test_entities_are_tenants(client):
    arn = tenant(client)["TenantArn"]
    pages = client.get_paginator("list_reputation_entities").paginate(Filter={"ENTITY_REFERENCE_PREFIX": arn[:-5]})
    assert [one["ReputationEntityReference"] for page in pages for one in page["ReputationEntities"]] == [arn]
    none = client.list_reputation_entities(Filter={"ENTITY_REFERENCE_PREFIX": arn + "x"})
    assert none["ReputationEntities"] == []
    gone = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": f"{arn}0"}
    assert refused(client.get_reputation_entity, **gone)[0] == "NotFoundException"
    wrong = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": IDENTITY}
    assert refused(client.get_reputation_entity, **wrong)[0] == "BadRequestException"
    assert refused(client.update_reputation_entity_policy, **gone, ReputationEntityPolicy=policy("none"))[0] == (
        "BadRequestException"
    )
    assert refused(
        client.update_reputation_entity_policy,
        ReputationEntityType="RESOURCE",
        ReputationEntityReference=arn,
        ReputationEntityPolicy=policy("lenient"),
    ) == ("BadRequestException", f"Invalid reputation policy <{policy('lenient')}>.")
