"""Configuration sets and tags through both versions of the API."""

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION, identity

BOTH = ["sqlite", "postgres"]


def text_of(refusal):
    return refusal.value.response["Error"]["Message"]


def shown(client, name="main"):
    answer = client.get_configuration_set(ConfigurationSetName=name)
    answer.pop("ResponseMetadata")
    return answer


EMPTY = {
    "ConfigurationSetName": "main",
    "Tags": [],
    "SendingOptions": {"SendingEnabled": True},
    "ReputationOptions": {"ReputationMetricsEnabled": False},
}


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_set_is_created_shown_and_deleted(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    assert shown(client) == EMPTY
    with pytest.raises(client.exceptions.AlreadyExistsException) as refusal:
        client.create_configuration_set(ConfigurationSetName="main")
    assert text_of(refusal) == "Configuration set main already exists."
    client.delete_configuration_set(ConfigurationSetName="main")
    for operation in (client.get_configuration_set, client.delete_configuration_set):
        with pytest.raises(client.exceptions.NotFoundException) as refusal:
            operation(ConfigurationSetName="main")
        assert text_of(refusal) == "Configuration set <main> does not exist."


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_everything_that_a_set_is_created_with_comes_back(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    options = {
        "TrackingOptions": {"CustomRedirectDomain": "click.example.com", "HttpsPolicy": "REQUIRE"},
        "DeliveryOptions": {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
        "SendingOptions": {"SendingEnabled": False},
        "SuppressionOptions": {"SuppressedReasons": ["COMPLAINT"]},
        "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}},
        "Tags": [{"Key": "team", "Value": "mail"}],
    }
    client.create_configuration_set(ConfigurationSetName="main", **options)
    assert shown(client) == {"ConfigurationSetName": "main", **options}


@pytest.mark.parametrize(
    ("operation", "options", "name", "kept"),
    [
        ("delivery", {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 50400}, "DeliveryOptions", None),
        ("reputation", {"ReputationMetricsEnabled": True}, "ReputationOptions", None),
        ("sending", {"SendingEnabled": False}, "SendingOptions", None),
        ("sending", {}, "SendingOptions", {"SendingEnabled": False}),
        ("reputation", {}, "ReputationOptions", {"ReputationMetricsEnabled": False}),
        ("suppression", {"SuppressedReasons": []}, "SuppressionOptions", None),
        ("tracking", {"CustomRedirectDomain": "x.example.com"}, "TrackingOptions", None),
        (
            "vdm",
            {"VdmOptions": {"GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"}}},
            "VdmOptions",
            {"GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"}},
        ),
    ],
)
def test_each_group_of_options_is_put_for_itself(service, operation, options, name, kept):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    put = getattr(client, f"put_configuration_set_{operation}_options")
    put(ConfigurationSetName="main", **options)
    assert shown(client) == EMPTY | {name: options if kept is None else kept}
    with pytest.raises(client.exceptions.NotFoundException):
        put(ConfigurationSetName="missing", **options)


@pytest.mark.parametrize("operation", ["delivery", "suppression", "tracking", "vdm"])
def test_an_empty_put_clears_a_group(service, operation):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.create_configuration_set(
        ConfigurationSetName="main",
        DeliveryOptions={"TlsPolicy": "REQUIRE"},
        SuppressionOptions={"SuppressedReasons": []},
        TrackingOptions={"CustomRedirectDomain": "x.example.com", "HttpsPolicy": "REQUIRE"},
        VdmOptions={"DashboardOptions": {"EngagementMetrics": "ENABLED"}},
    )
    assert f"{operation.capitalize()}Options" in shown(client)
    getattr(client, f"put_configuration_set_{operation}_options")(ConfigurationSetName="main")
    assert f"{operation.capitalize()}Options" not in shown(client)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"DeliveryOptions": {"SendingPoolName": "pool"}}, "SendingPool <pool> doesn't exist"),
        (
            {"DeliveryOptions": {"MaxDeliverySeconds": 299}},
            "1 validation error detected: Value at 'deliveryOptions.maxDeliverySeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 300",
        ),
        (
            {"TrackingOptions": {"CustomRedirectDomain": "x.other.test"}},
            "Domain <x.other.test> is not verified under this account.",
        ),
        ({"TrackingOptions": {"CustomRedirectDomain": " "}}, "CustomRedirectDomain must be specified."),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "Duplicate tag key: a"),
    ],
)
def test_what_ses_refuses_is_refused_and_nothing_is_made(service, options, text):
    client = service.client("sesv2", parameter_validation=False)
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.create_configuration_set(ConfigurationSetName="main", **options)
    assert text_of(refusal) == text
    assert client.list_configuration_sets()["ConfigurationSets"] == []


@pytest.mark.parametrize(
    "domain", ['x".example.com', "x/.example.com", "x:80.example.com", "あ.example.com", "example"]
)
def test_what_is_no_host_name_is_no_redirect_domain(service, domain):
    """It stands in links: whoever could write anything there would write HTML."""
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_configuration_set_tracking_options(ConfigurationSetName="main", CustomRedirectDomain=domain)
    assert text_of(refusal) == f"Domain <{domain}> is not verified under this account."


def test_a_policy_without_a_domain_is_refused(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_configuration_set_tracking_options(ConfigurationSetName="main", HttpsPolicy="REQUIRE")
    assert text_of(refusal) == "CustomRedirectDomain must be specified."


def test_v1_changes_the_redirect_domain_and_leaves_the_policy_that_v2_has_set(service):
    service.transact(identity, "example.com")
    v1, v2 = service.client("ses"), service.client("sesv2")
    options = {"CustomRedirectDomain": "x.example.com", "HttpsPolicy": "REQUIRE_OPEN_ONLY"}
    v2.create_configuration_set(ConfigurationSetName="main", TrackingOptions=options)
    v1.update_configuration_set_tracking_options(
        ConfigurationSetName="main", TrackingOptions={"CustomRedirectDomain": "y.example.com"}
    )
    assert shown(v2)["TrackingOptions"] == options | {"CustomRedirectDomain": "y.example.com"}


def test_options_that_are_not_offered_are_refused_with_the_way_out(service):
    client = service.client("sesv2")
    smime = {"SigningScheme": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}}
    with pytest.raises(client.exceptions.BadRequestException, match="Leave out MessageSecurityOptions"):
        client.create_configuration_set(ConfigurationSetName="main", MessageSecurityOptions=smime)


def test_a_set_is_updated_to_the_scheme_that_it_has_and_to_no_other(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    for scheme in ({}, {"MessageSecurityOptions": {"SigningScheme": {"DefaultScheme": {}}}}):
        client.update_configuration_set(ConfigurationSetName="main", **scheme)
    assert shown(client) == EMPTY
    smime = {"SigningScheme": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}}
    with pytest.raises(client.exceptions.BadRequestException, match="S/MIME signing is not offered"):
        client.update_configuration_set(ConfigurationSetName="main", MessageSecurityOptions=smime)
    with pytest.raises(client.exceptions.NotFoundException):
        client.update_configuration_set(ConfigurationSetName="other")


def test_archiving_options_are_kept_and_cleared(service):
    client = service.client("sesv2")
    archive = {"ArchiveArn": "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-" + "a1" * 12}
    client.create_configuration_set(ConfigurationSetName="main", ArchivingOptions=archive)
    assert client.get_configuration_set(ConfigurationSetName="main")["ArchivingOptions"] == archive
    client.put_configuration_set_archiving_options(ConfigurationSetName="main")
    assert "ArchivingOptions" not in client.get_configuration_set(ConfigurationSetName="main")
    client.put_configuration_set_archiving_options(ConfigurationSetName="main", **archive)
    assert client.get_configuration_set(ConfigurationSetName="main")["ArchivingOptions"] == archive


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_names_are_listed_by_50_and_tokens_work_in_both_versions(service):
    v1, v2 = service.client("ses"), service.client("sesv2")
    for number in range(53):
        v1.create_configuration_set(ConfigurationSet={"Name": f"set{number:02}"})
    first = v2.list_configuration_sets()
    assert first["ConfigurationSets"] == [f"set{number:02}" for number in range(50)]
    rest = v1.list_configuration_sets(NextToken=first["NextToken"])
    assert rest["ConfigurationSets"] == [{"Name": f"set{number}"} for number in range(50, 53)]
    assert "NextToken" not in rest
    assert len(v1.list_configuration_sets(MaxItems=5000)["ConfigurationSets"]) == 50
    assert service.client("sesv2", OTHER_ACCOUNT).list_configuration_sets()["ConfigurationSets"] == []


def test_names_are_found_by_a_part_of_them(service):
    client = service.client("sesv2")
    for name in ("news_weekly", "news-daily", "codes"):
        client.create_configuration_set(ConfigurationSetName=name)

    def found(part):
        return client.list_configuration_sets(Filter={"CONFIGURATION_SET_NAME_CONTAINS": part})["ConfigurationSets"]

    assert found("news") == ["news-daily", "news_weekly"]
    assert found("_") == ["news_weekly"]
    assert found("%") == []


def test_a_bad_page_is_refused_as_ses_refuses_it(service):
    v1, v2 = service.client("ses"), service.client("sesv2")
    with pytest.raises(v2.exceptions.BadRequestException) as refusal:
        v2.list_configuration_sets(PageSize=1001)
    assert text_of(refusal) == "The page size must be between 1 and 1000"
    with pytest.raises(v2.exceptions.BadRequestException) as refusal:
        v2.list_configuration_sets(NextToken="bad")
    assert text_of(refusal) == "invalid nextToken bad"
    with pytest.raises(v1.exceptions.ClientError) as refusal:
        v1.list_configuration_sets(NextToken="bad")
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValue"


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_name_that_no_set_can_have_is_not_found(service):
    client = service.client("sesv2")
    for name in ("a b", "x\u0000y", "ä"):
        with pytest.raises(client.exceptions.NotFoundException):
            client.get_configuration_set(ConfigurationSetName=name)


# --- v1 ---


def test_v1_describes_what_it_is_asked_for(service):
    service.transact(identity, "example.com")
    v1, v2 = service.client("ses"), service.client("sesv2")
    v2.create_configuration_set(
        ConfigurationSetName="main",
        DeliveryOptions={"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300},
        TrackingOptions={"CustomRedirectDomain": "x.example.com"},
    )
    bare = v1.describe_configuration_set(ConfigurationSetName="main")
    bare.pop("ResponseMetadata")
    assert bare == {"ConfigurationSet": {"Name": "main"}}
    full = v1.describe_configuration_set(
        ConfigurationSetName="main",
        ConfigurationSetAttributeNames=[
            "eventDestinations",
            "trackingOptions",
            "deliveryOptions",
            "reputationOptions",
        ],
    )
    full.pop("ResponseMetadata")
    assert full == {
        "ConfigurationSet": {"Name": "main"},
        "EventDestinations": [],
        "TrackingOptions": {"CustomRedirectDomain": "x.example.com"},
        "DeliveryOptions": {"TlsPolicy": "Require"},
        "ReputationOptions": {"SendingEnabled": True, "ReputationMetricsEnabled": False},
    }


def test_v1_changes_the_tls_policy_and_leaves_what_v2_has_set(service):
    v1, v2 = service.client("ses"), service.client("sesv2")
    v2.create_configuration_set(ConfigurationSetName="main", DeliveryOptions={"MaxDeliverySeconds": 300})
    v1.put_configuration_set_delivery_options(ConfigurationSetName="main", DeliveryOptions={"TlsPolicy": "Require"})
    assert shown(v2)["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}
    v1.put_configuration_set_delivery_options(ConfigurationSetName="main")
    assert shown(v2)["DeliveryOptions"] == {"MaxDeliverySeconds": 300}


def test_v1_switches_sending_and_metrics(service):
    v1, v2 = service.client("ses"), service.client("sesv2")
    v1.create_configuration_set(ConfigurationSet={"Name": "main"})
    v1.update_configuration_set_sending_enabled(ConfigurationSetName="main", Enabled=False)
    v1.update_configuration_set_reputation_metrics_enabled(ConfigurationSetName="main", Enabled=True)
    assert shown(v2)["SendingOptions"] == {"SendingEnabled": False}
    assert shown(v2)["ReputationOptions"] == {"ReputationMetricsEnabled": True}


def test_v1_has_an_error_class_for_everything(service):
    service.transact(identity, "example.com")
    client = service.client("ses")
    errors = client.exceptions
    with pytest.raises(errors.InvalidConfigurationSetException):
        client.create_configuration_set(ConfigurationSet={"Name": "a b"})
    client.create_configuration_set(ConfigurationSet={"Name": "main"})
    with pytest.raises(errors.ConfigurationSetAlreadyExistsException):
        client.create_configuration_set(ConfigurationSet={"Name": "main"})
    with pytest.raises(errors.ConfigurationSetDoesNotExistException):
        client.describe_configuration_set(ConfigurationSetName="none")
    with pytest.raises(errors.ConfigurationSetDoesNotExistException):
        client.update_configuration_set_sending_enabled(ConfigurationSetName="none", Enabled=True)
    own, foreign = {"CustomRedirectDomain": "x.example.com"}, {"CustomRedirectDomain": "x.other.test"}
    with pytest.raises(errors.TrackingOptionsDoesNotExistException):
        client.update_configuration_set_tracking_options(ConfigurationSetName="main", TrackingOptions=own)
    with pytest.raises(errors.InvalidTrackingOptionsException):
        client.create_configuration_set_tracking_options(ConfigurationSetName="main", TrackingOptions=foreign)
    client.create_configuration_set_tracking_options(ConfigurationSetName="main", TrackingOptions=own)
    with pytest.raises(errors.TrackingOptionsAlreadyExistsException):
        client.create_configuration_set_tracking_options(ConfigurationSetName="main", TrackingOptions=own)
    client.update_configuration_set_tracking_options(
        ConfigurationSetName="main", TrackingOptions={"CustomRedirectDomain": "y.example.com"}
    )
    assert shown(service.client("sesv2"))["TrackingOptions"] == {"CustomRedirectDomain": "y.example.com"}
    client.delete_configuration_set_tracking_options(ConfigurationSetName="main")
    with pytest.raises(errors.TrackingOptionsDoesNotExistException):
        client.delete_configuration_set_tracking_options(ConfigurationSetName="main")
    client.delete_configuration_set(ConfigurationSetName="main")
    with pytest.raises(errors.ConfigurationSetDoesNotExistException):
        client.delete_configuration_set(ConfigurationSetName="main")


# --- tags ---


def arn(resource, account=ACCOUNT, region=REGION):
    return f"arn:aws:ses:{region}:{account}:{resource}"


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
@pytest.mark.parametrize("resource", ["configuration-set/main", "identity/example.com", "identity/me@example.com"])
def test_resources_are_tagged_and_untagged(service, resource):
    service.transact(identity, "example.com")
    service.transact(identity, "me@example.com")
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main", Tags=[])
    client.tag_resource(ResourceArn=arn(resource), Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "チーム"}])
    client.tag_resource(ResourceArn=arn(resource), Tags=[{"Key": "b", "Value": "2"}])
    assert client.list_tags_for_resource(ResourceArn=arn(resource))["Tags"] == [
        {"Key": "a", "Value": "チーム"},
        {"Key": "b", "Value": "2"},
    ]
    client.untag_resource(ResourceArn=arn(resource), TagKeys=["b", "none", "x\u0000"])
    assert client.list_tags_for_resource(ResourceArn=arn(resource))["Tags"] == [{"Key": "a", "Value": "チーム"}]


def test_an_identity_is_tagged_whatever_the_case_of_its_domain(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.tag_resource(ResourceArn=arn("identity/EXAMPLE.com"), Tags=[{"Key": "a", "Value": "1"}])
    assert client.get_email_identity(EmailIdentity="example.com")["Tags"] == [{"Key": "a", "Value": "1"}]


@pytest.mark.parametrize(
    ("wanted", "error", "text"),
    [
        (arn("identity/none.test"), "NotFoundException", "No EmailIdentity present with name: none.test"),
        (arn("configuration-set/none"), "NotFoundException", "No ConfigurationSet present with name: none"),
        (arn("template/none"), "NotFoundException", "No Template present with name: none"),
        (
            arn("identity/none.test", account=OTHER_ACCOUNT),
            "BadRequestException",
            "Operations on a resource created in a different account is not allowed",
        ),
        ("arn:aws:sns:us-east-1:1:x", "BadRequestException", "Invalid ARN arn:aws:sns:us-east-1:1:x."),
        ("example.com", "BadRequestException", "Invalid ARN example.com."),
    ],
)
def test_what_cannot_be_tagged_is_refused_in_the_words_of_ses(service, wanted, error, text):
    client = service.client("sesv2")
    for attempt in (
        lambda: client.tag_resource(ResourceArn=wanted, Tags=[{"Key": "a", "Value": "1"}]),
        lambda: client.untag_resource(ResourceArn=wanted, TagKeys=["a"]),
        lambda: client.list_tags_for_resource(ResourceArn=wanted),
    ):
        with pytest.raises(getattr(client.exceptions, error)) as refusal:
            attempt()
        assert text_of(refusal) == text


def test_an_arn_of_another_region_tags_nothing(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main", Tags=[{"Key": "a", "Value": "1"}])
    other = arn("configuration-set/main", region="eu-west-1")
    with pytest.raises(client.exceptions.BadRequestException, match="Failed to tag resource"):
        client.tag_resource(ResourceArn=other, Tags=[{"Key": "a", "Value": "1"}])
    with pytest.raises(client.exceptions.BadRequestException, match="Failed to untag resource"):
        client.untag_resource(ResourceArn=other, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceArn=other)["Tags"] == []
