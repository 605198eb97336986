"""Receipt rule sets, their rules, and filters by address; only v1 has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tayori.api import listing
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model import receipt
from tayori.model.errors import InvalidLambdaFunction, InvalidS3Configuration, Kind
from tayori.model.job import FileTrouble, ObjectName
from tayori.model.receipt import Action, ActionKind
from tayori.resources import receipt_rules
from tayori.resources.receipt_rules import RuleSet

_SETS_ON_PAGE = 100
_SETUP_TEXT = (
    b"Subject: Amazon SES Setup Notification\r\nContent-Type: text/plain\r\n\r\n"
    b"This object shows that received mail can be put here. It may be deleted.\r\n"
)


@operation("ses", "CreateReceiptRuleSet")
def create_receipt_rule_set(call: Call, request: Request) -> Response:
    receipt_rules.create_set(call.tx, call.account_id, call.region, request["RuleSetName"])
    return {}


@operation("ses", "CloneReceiptRuleSet")
def clone_receipt_rule_set(call: Call, request: Request) -> Response:
    names = request["RuleSetName"], request["OriginalRuleSetName"]
    receipt_rules.clone_set(call.tx, call.account_id, call.region, *names)
    return {}


@operation("ses", "DescribeReceiptRuleSet")
def describe_receipt_rule_set(call: Call, request: Request) -> Response:
    return _shown(receipt_rules.get_set(call.tx, call.account_id, call.region, request["RuleSetName"]))


@operation("ses", "DescribeActiveReceiptRuleSet")
def describe_active_receipt_rule_set(call: Call, request: Request) -> Response:
    found = receipt_rules.active_set(call.tx, call.account_id, call.region)
    return {} if found is None else _shown(found)


def _shown(found: RuleSet) -> Response:
    return {"Metadata": _metadata(found), "Rules": list(found.rules)}


def _metadata(found: RuleSet) -> dict[str, Any]:
    return {"Name": found.name, "CreatedTimestamp": found.created_at}


@operation("ses", "ListReceiptRuleSets")
def list_receipt_rule_sets(call: Call, request: Request) -> Response:
    def fetch(after: str, limit: int) -> list[RuleSet]:
        return receipt_rules.page(call.tx, call.account_id, call.region, after=after, limit=limit)

    token = request.get("NextToken")
    found, following = listing.page(call, Kind.RECEIPT_RULE_SET, token, _SETS_ON_PAGE, fetch, lambda one: one.name)
    return {"RuleSets": [_metadata(one) for one in found]} | ({"NextToken": following} if following else {})


@operation("ses", "DeleteReceiptRuleSet")
def delete_receipt_rule_set(call: Call, request: Request) -> Response:
    receipt_rules.delete_set(call.tx, call.account_id, call.region, request["RuleSetName"])
    return {}


@operation("ses", "SetActiveReceiptRuleSet")
def set_active_receipt_rule_set(call: Call, request: Request) -> Response:
    receipt_rules.activate(call.tx, call.account_id, call.region, request.get("RuleSetName") or None)
    return {}


@operation("ses", "ReorderReceiptRuleSet")
def reorder_receipt_rule_set(call: Call, request: Request) -> Response:
    receipt_rules.reorder(call.tx, call.account_id, call.region, request["RuleSetName"], request["RuleNames"])
    return {}


@operation("ses", "CreateReceiptRule", mode="compose")
async def create_receipt_rule(call: ComposeCall, request: Request) -> Response:
    """The first, where no other is named behind which it comes."""
    rule, after = receipt.checked(request["Rule"]), request.get("After") or None
    key = call.account_id, call.region, request["RuleSetName"]
    await call.store.read(receipt_rules.check_rule, *key, rule, after=after, new=True)
    await _reach(call, rule)
    await call.store.write(receipt_rules.create_rule, *key, rule, after)
    return {}


@operation("ses", "UpdateReceiptRule", mode="compose")
async def update_receipt_rule(call: ComposeCall, request: Request) -> Response:
    rule = receipt.checked(request["Rule"])
    key = call.account_id, call.region, request["RuleSetName"]
    await call.store.read(receipt_rules.check_rule, *key, rule, after=None, new=False)
    await _reach(call, rule)
    await call.store.write(receipt_rules.update_rule, *key, rule)
    return {}


async def _reach(call: ComposeCall, rule: Mapping[str, Any]) -> None:
    """See that functions are there, and put SES's first object into each bucket."""
    actions: Sequence[Action] = [Action.read(action) for action in rule.get("Actions", ())]
    for action in actions:
        if action.kind is ActionKind.LAMBDA and action.members["FunctionArn"] not in call.tools.functions:
            arn = action.members["FunctionArn"]
            raise InvalidLambdaFunction(f"Could not invoke Lambda function: {arn}. The operator has set up no such.")
    for action in actions:
        if action.kind is ActionKind.S3:
            bucket = action.members["BucketName"]
            key = f"{action.members.get('ObjectKeyPrefix') or ''}{receipt.SETUP_NOTIFICATION}"
            try:
                await call.tools.job_files.put(call.account_id, ObjectName(bucket, key), _SETUP_TEXT)
            except FileTrouble as trouble:
                raise InvalidS3Configuration(f"Could not write to bucket: {bucket}. {trouble}") from trouble


@operation("ses", "DescribeReceiptRule")
def describe_receipt_rule(call: Call, request: Request) -> Response:
    names = request["RuleSetName"], request["RuleName"]
    return {"Rule": receipt_rules.get_rule(call.tx, call.account_id, call.region, *names)}


@operation("ses", "DeleteReceiptRule")
def delete_receipt_rule(call: Call, request: Request) -> Response:
    names = request["RuleSetName"], request["RuleName"]
    receipt_rules.delete_rule(call.tx, call.account_id, call.region, *names)
    return {}


@operation("ses", "SetReceiptRulePosition")
def set_receipt_rule_position(call: Call, request: Request) -> Response:
    names = request["RuleSetName"], request["RuleName"]
    receipt_rules.move_rule(call.tx, call.account_id, call.region, *names, request.get("After") or None)
    return {}


@operation("ses", "CreateReceiptFilter")
def create_receipt_filter(call: Call, request: Request) -> Response:
    wanted = request["Filter"]
    rule = wanted["IpFilter"]
    key = call.account_id, call.region, wanted["Name"]
    receipt_rules.create_filter(call.tx, *key, rule["Policy"], rule["Cidr"])
    return {}


@operation("ses", "ListReceiptFilters")
def list_receipt_filters(call: Call, request: Request) -> Response:
    found = receipt_rules.filters(call.tx, call.account_id, call.region)
    return {
        "Filters": [{"Name": one.name, "IpFilter": {"Policy": one.policy, "Cidr": one.cidr}} for one in found],
    }


@operation("ses", "DeleteReceiptFilter")
def delete_receipt_filter(call: Call, request: Request) -> Response:
    receipt_rules.delete_filter(call.tx, call.account_id, call.region, request["FilterName"])
    return {}
