"""Receipt rule sets, rules and filters with boto3: SES's limits, order, errors and texts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served import FUNCTION, Service

from population import ACCOUNT, REGION, identity
from tayori.model.topic_arn import TopicArn
from tayori.resources import receipt_rules, topics

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
HEADER = {"AddHeaderAction": {"HeaderName": "X-Seen", "HeaderValue": "yes"}}


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def names(ses: Any, name: str = "main") -> list[str]:
    return [rule["Name"] for rule in ses.describe_receipt_rule_set(RuleSetName=name)["Rules"]]


@BOTH
def test_sets_come_are_active_and_go(service: Service) -> None:
    ses = service.client("ses")
    ses.create_receipt_rule_set(RuleSetName="main")
    assert refusal(ses.create_receipt_rule_set, RuleSetName="main") == (
        "AlreadyExists",
        "Rule set already exists: main",
    )
    assert refusal(ses.create_receipt_rule_set, RuleSetName=".x")[1] == "Not a valid ruleSetName: .x"
    assert "Metadata" not in ses.describe_active_receipt_rule_set()
    ses.set_active_receipt_rule_set(RuleSetName="main")
    assert ses.describe_active_receipt_rule_set()["Metadata"]["Name"] == "main"
    assert refusal(ses.delete_receipt_rule_set, RuleSetName="main") == (
        "CannotDelete",
        "Cannot delete active rule set: main",
    )
    assert refusal(ses.set_active_receipt_rule_set, RuleSetName="other") == (
        "RuleSetDoesNotExist",
        "Rule set does not exist: other",
    )
    ses.set_active_receipt_rule_set()
    ses.delete_receipt_rule_set(RuleSetName="main")
    ses.delete_receipt_rule_set(RuleSetName="main")
    assert ses.list_receipt_rule_sets()["RuleSets"] == []


@BOTH
def test_rules_have_an_order(service: Service) -> None:
    ses = service.client("ses")
    ses.create_receipt_rule_set(RuleSetName="main")
    ses.create_receipt_rule(RuleSetName="main", Rule={"Name": "a"})
    ses.create_receipt_rule(RuleSetName="main", Rule={"Name": "b"}, After="a")
    ses.create_receipt_rule(RuleSetName="main", Rule={"Name": "first"})
    assert names(ses) == ["first", "a", "b"]
    ses.set_receipt_rule_position(RuleSetName="main", RuleName="first", After="b")
    assert names(ses) == ["a", "b", "first"]
    ses.set_receipt_rule_position(RuleSetName="main", RuleName="b")
    assert names(ses) == ["b", "a", "first"]
    ses.reorder_receipt_rule_set(RuleSetName="main", RuleNames=["first", "b", "a"])
    assert names(ses) == ["first", "b", "a"]
    assert refusal(ses.reorder_receipt_rule_set, RuleSetName="main", RuleNames=["first", "b"])[0] == (
        "InvalidParameterValue"
    )
    missing = ("RuleDoesNotExist", "Rule does not exist: x")
    assert refusal(ses.reorder_receipt_rule_set, RuleSetName="main", RuleNames=["x"]) == missing
    assert refusal(ses.create_receipt_rule, RuleSetName="main", Rule={"Name": "c"}, After="x") == missing
    assert refusal(ses.update_receipt_rule, RuleSetName="main", Rule={"Name": "x"}) == missing
    assert refusal(ses.describe_receipt_rule, RuleSetName="main", RuleName="x") == missing
    assert refusal(ses.create_receipt_rule, RuleSetName="main", Rule={"Name": "a"})[0] == "AlreadyExists"
    ses.update_receipt_rule(RuleSetName="main", Rule={"Name": "b", "Enabled": True, "Recipients": ["Shop.Example"]})
    assert ses.describe_receipt_rule(RuleSetName="main", RuleName="b")["Rule"] == {
        "Name": "b",
        "Enabled": True,
        "TlsPolicy": "Optional",
        "ScanEnabled": False,
        "Recipients": ["shop.example"],
    }
    ses.delete_receipt_rule(RuleSetName="main", RuleName="b")
    ses.delete_receipt_rule(RuleSetName="main", RuleName="b")
    assert names(ses) == ["first", "a"]


def test_a_clone_is_as_recorded(vectors: Callable[[str], Path], service: Service) -> None:
    entries = json.loads((vectors("real-aws-recordings") / "ses.json").read_text("utf-8"))
    (entry,) = (one for one in entries if one["name"] == "test_clone_receipt_rule_set")
    ses = service.client("ses")
    for request in entry["requests"]:
        text = json.dumps(request["params"]).replace("<bucket>", "bucket-1")
        answer = service.client("ses")._make_api_call(request["op"], json.loads(text))
        if request["op"] == "DescribeReceiptRuleSet":
            recorded = json.loads(
                json.dumps(entry["recorded"][request["record"]]).replace("<bucket-name:1>", "bucket-1")
            )
            assert answer["Rules"] == recorded["Rules"]
            assert answer["Metadata"]["Name"] == recorded["Metadata"]["Name"]
            assert answer["Metadata"].keys() == recorded["Metadata"].keys()
    assert ses.describe_active_receipt_rule_set().keys() == {"ResponseMetadata"}


def test_where_rules_put_mail_is_looked_at_first(service: Service) -> None:
    service.transact(identity, "shop.example")
    topic = TopicArn(region=REGION, account_id=ACCOUNT, name="mail")
    service.transact(topics.create, topic, {}, {})
    ses = service.client("ses")
    ses.create_receipt_rule_set(RuleSetName="main")

    def code(**action: Any) -> str:
        return refusal(ses.create_receipt_rule, RuleSetName="main", Rule={"Name": "r", "Actions": [action]})[0]

    bounce = {"SmtpReplyCode": "550", "StatusCode": "5.1.1", "Message": "No such mailbox", "Sender": "x@shop.example"}
    organization = "arn:aws:workmail:us-east-1:111122223333:organization/m-1"
    assert code(SNSAction={"TopicArn": f"{topic}-gone"}) == "InvalidSnsTopic"
    assert code(S3Action={"BucketName": "mail", "TopicArn": f"{topic}-gone"}) == "InvalidSnsTopic"
    assert code(S3Action={"BucketName": "../mail"}) == "InvalidS3Configuration"
    assert code(S3Action={"BucketName": "mail", "ObjectKeyPrefix": "../x/"}) == "InvalidS3Configuration"
    assert code(LambdaAction={"FunctionArn": f"{FUNCTION}-gone"}) == "InvalidLambdaFunction"
    assert code(BounceAction=bounce | {"Sender": "x@other.example"}) == "InvalidParameterValue"
    assert code(BounceAction=bounce | {"StatusCode": "4.1.1"}) == "InvalidParameterValue"
    assert code(AddHeaderAction={"HeaderName": "X-Y", "HeaderValue": "a\r\nb"}) == "InvalidParameterValue"
    assert code(AddHeaderAction={"HeaderName": "X Y", "HeaderValue": "a"}) == "InvalidParameterValue"
    assert code(WorkmailAction={"OrganizationArn": organization}) == "InvalidParameterValue"
    assert names(ses) == []
    actions = [
        HEADER,
        {"S3Action": {"BucketName": "mail", "ObjectKeyPrefix": "in/", "TopicArn": str(topic)}},
        {"LambdaAction": {"FunctionArn": FUNCTION}},
        {"BounceAction": bounce},
        {"SNSAction": {"TopicArn": str(topic), "Encoding": "Base64"}},
        {"StopAction": {"Scope": "RuleSet"}},
    ]
    ses.create_receipt_rule(RuleSetName="main", Rule={"Name": "all", "Actions": actions})
    assert ses.describe_receipt_rule(RuleSetName="main", RuleName="all")["Rule"]["Actions"] == actions
    folder = service.tools.job_files._folder / ACCOUNT / "mail" / "in"
    assert [path.name for path in folder.iterdir()] == ["AMAZON_SES_SETUP_NOTIFICATION"]


def test_limits(service: Service) -> None:
    ses = service.client("ses")
    ses.create_receipt_rule_set(RuleSetName="main")
    rule = {"Name": "r"}
    many = [f"a{number}@shop.example" for number in range(101)]
    assert refusal(ses.create_receipt_rule, RuleSetName="main", Rule=rule | {"Recipients": many})[0] == (
        "InvalidParameterValue"
    )
    assert refusal(ses.create_receipt_rule, RuleSetName="main", Rule=rule | {"Actions": [HEADER] * 11})[0] == (
        "InvalidParameterValue"
    )
    service.transact(
        receipt_rules.create_set, ACCOUNT, REGION, "full", [{"Name": f"r{number}"} for number in range(200)]
    )
    assert refusal(ses.create_receipt_rule, RuleSetName="full", Rule=rule)[0] == "LimitExceeded"
    for number in range(38):
        service.transact(receipt_rules.create_set, ACCOUNT, REGION, f"set{number}")
    assert refusal(ses.create_receipt_rule_set, RuleSetName="more")[0] == "LimitExceeded"
    assert refusal(ses.clone_receipt_rule_set, RuleSetName="more", OriginalRuleSetName="full")[0] == "LimitExceeded"
    assert len(ses.list_receipt_rule_sets()["RuleSets"]) == 40


def test_filters(service: Service) -> None:
    ses = service.client("ses")

    def wanted(name: str, cidr: str = "192.0.2.0/24") -> dict[str, Any]:
        return {"Name": name, "IpFilter": {"Policy": "Block", "Cidr": cidr}}

    ses.create_receipt_filter(Filter=wanted("one"))
    assert refusal(ses.create_receipt_filter, Filter=wanted("one"))[0] == "AlreadyExists"
    assert refusal(ses.create_receipt_filter, Filter=wanted("two", "192.0.2.0/33"))[0] == "InvalidParameterValue"
    assert ses.list_receipt_filters()["Filters"] == [wanted("one")]
    for number in range(99):
        service.transact(receipt_rules.create_filter, ACCOUNT, REGION, f"f{number}", "Allow", "10.0.0.1")
    assert refusal(ses.create_receipt_filter, Filter=wanted("more"))[0] == "LimitExceeded"
    ses.delete_receipt_filter(FilterName="one")
    ses.delete_receipt_filter(FilterName="one")
    assert len(ses.list_receipt_filters()["Filters"]) == 99
