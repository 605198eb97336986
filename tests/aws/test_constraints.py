"""The model's constraints, in AWS's words."""

from typing import Any

import pytest

from tayori.aws import constraints, spec
from tayori.aws.spec import Service


def said(operation: str, params: dict[str, Any], service: str = "sesv2") -> str | None:
    return constraints.describe(spec.load(service).operations[operation], params)


ONE = "1 validation error detected: "


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        (
            "PutConfigurationSetDeliveryOptions",
            {"ConfigurationSetName": "c", "MaxDeliverySeconds": 50401},
            "Value at 'maxDeliverySeconds' failed to satisfy constraint:"
            " Member must have value less than or equal to 50400",
        ),
        (
            "PutConfigurationSetDeliveryOptions",
            {"ConfigurationSetName": "c", "MaxDeliverySeconds": 299},
            "Value at 'maxDeliverySeconds' failed to satisfy constraint:"
            " Member must have value greater than or equal to 300",
        ),
        (
            "CreateEmailIdentityPolicy",
            {"EmailIdentity": "e", "PolicyName": "p" * 65, "Policy": "{}"},
            "Value at 'policyName' failed to satisfy constraint: Member must have length less than or equal to 64",
        ),
        (
            "PutEmailIdentityMailFromAttributes",
            {"EmailIdentity": "e", "BehaviorOnMxFailure": "X"},
            "Value at 'behaviorOnMxFailure' failed to satisfy constraint:"
            " Member must satisfy enum value set: [REJECT_MESSAGE, USE_DEFAULT_VALUE]",
        ),
        (
            "CreateEmailIdentity",
            {},
            "Value null at 'emailIdentity' failed to satisfy constraint: Member must not be null",
        ),
        (
            "TagResource",
            {"ResourceArn": "a", "Tags": [{"Key": "k", "Value": "v"}, {"Value": "v"}]},
            "Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null",
        ),
        (
            "SendEmail",
            {"Content": {"Simple": {"Subject": {}, "Body": {}}}},
            "Value null at 'content.simple.subject.data' failed to satisfy constraint: Member must not be null",
        ),
        (
            "SendEmail",
            {"Content": {"Raw": {"Data": b""}}, "TenantName": ""},
            "Value at 'tenantName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "PutAccountDetails",
            {"MailType": "MARKETING", "WebsiteURL": "https://a", "AdditionalContactEmailAddresses": []},
            "Value at 'additionalContactEmailAddresses' failed to satisfy constraint:"
            " Member must have length greater than or equal to 1",
        ),
        (
            "PutAccountDetails",
            {"MailType": "MARKETING", "WebsiteURL": "https://a", "AdditionalContactEmailAddresses": ["no address"]},
            "Value at 'additionalContactEmailAddresses.1.member' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern: ^(.+)@(.+)$",
        ),
        (
            "ListRecommendations",
            {"Filter": {"WRONG": "x"}},
            "Value at 'filter.WRONG.key' failed to satisfy constraint:"
            " Member must satisfy enum value set: [IMPACT, RESOURCE_ARN, STATUS, TYPE]",
        ),
    ],
)
def test_one_violation(operation: str, params: dict[str, Any], text: str) -> None:
    assert said(operation, params) == ONE + text


def test_the_older_service_speaks_alike() -> None:
    assert said("SendEmail", {"Destination": {}, "Message": {"Subject": {"Data": ""}, "Body": {}}}, "ses") == (
        ONE + "Value null at 'source' failed to satisfy constraint: Member must not be null"
    )
    assert said("SetIdentityMailFromDomain", {"Identity": "i", "BehaviorOnMXFailure": "X"}, "ses") == (
        ONE + "Value at 'behaviorOnMXFailure' failed to satisfy constraint:"
        " Member must satisfy enum value set: [RejectMessage, UseDefaultValue]"
    )


def test_violations_are_gathered() -> None:
    text = said("PutAccountDetails", {"ContactLanguage": "FR"})
    assert text is not None
    assert text.startswith("3 validation errors detected: Value null at 'mailType' failed")
    assert text.count("; Value") == 2


def test_no_more_than_ten_are_reported() -> None:
    text = said("TagResource", {"ResourceArn": "a", "Tags": [{}] * 5000})
    assert text is not None
    assert text.startswith("10 validation errors detected: ")


def test_what_is_right_passes() -> None:
    right = {"Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}}
    assert said("SendEmail", right) is None
    assert said("GetAccount", {}) is None
    assert said("ListReputationEntities", {"PageSize": 1000, "NextToken": "AAAA"}) is None


def test_long_text_is_not_tried_on_a_pattern() -> None:
    url = "s3://b/" + "/x" * 500_000 + "\n"
    text = said("CreateImportJob", {
        "ImportDestination": {},
        "ImportDataSource": {"S3Url": url, "DataFormat": "CSV"},
    })  # fmt: skip
    assert text is not None
    assert "'importDataSource.s3Url' failed to satisfy constraint: Member must satisfy regular expression" in text


def shape_service(shapes: dict[str, Any]) -> Service:
    operation = {"name": "Op", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}}
    return Service("t", {"metadata": {"protocol": "rest-json"}, "operations": {"Op": operation}, "shapes": shapes})


def test_recursive_shapes_and_lengths_of_blobs_and_maps() -> None:
    shapes = {
        "In": {
            "type": "structure",
            "members": {"In": {"shape": "In"}, "Blob": {"shape": "Blob"}, "Map": {"shape": "Map"}, "D": {"shape": "D"}},
        },
        "Blob": {"type": "blob", "max": 2},
        "Map": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "S"}, "max": 1},
        "S": {"type": "string", "min": 1},
        "D": {"type": "double", "min": 0.5, "max": 1},
    }
    operation = shape_service(shapes).operations["Op"]
    text = constraints.describe(operation, {"In": {"Blob": b"abc", "Map": {"a": "", "b": "x"}}, "D": float("nan")})
    assert text is not None
    assert "at 'in.blob' failed to satisfy constraint: Member must have length less than or equal to 2" in text
    assert "at 'in.map' failed to satisfy constraint: Member must have length less than or equal to 1" in text
    assert "at 'in.map.a.member' failed to satisfy constraint: Member must have length greater" in text
    assert "at 'd' failed to satisfy constraint: Member must have value less than or equal to 1" in text
