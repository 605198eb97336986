"""Identity policies with boto3, v1 and v2, and a message that a delegate sends by them."""

import json
from typing import Any

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
ARN = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"


def policy(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER_ACCOUNT},
        "Action": "ses:Send*",
        "Resource": ARN,
    } | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=4)


@pytest.fixture
def owner(service):
    """The account of example.com; the other account is out of the sandbox."""
    service.transact(identity, "example.com")
    service.transact(accounts.grant, OTHER_ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    return service


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@BOTH
def test_v2_policies_come_and_go(owner) -> None:
    ses = owner.client("sesv2")
    ses.create_email_identity_policy(EmailIdentity="example.com", PolicyName="one", Policy=policy())
    kept = json.dumps(json.loads(policy()), separators=(",", ":"))
    assert ses.get_email_identity_policies(EmailIdentity="example.com")["Policies"] == {"one": kept}
    assert ses.get_email_identity(EmailIdentity="example.com")["Policies"] == {"one": kept}
    denied = policy(Effect="Deny")
    ses.update_email_identity_policy(EmailIdentity="example.com", PolicyName="one", Policy=denied)
    assert json.loads(ses.get_email_identity_policies(EmailIdentity="example.com")["Policies"]["one"]) == json.loads(
        denied
    )
    assert refusal(
        ses.create_email_identity_policy, EmailIdentity="example.com", PolicyName="one", Policy=policy()
    ) == ("AlreadyExistsException", "Policy one already exists")
    assert refusal(
        ses.update_email_identity_policy, EmailIdentity="example.com", PolicyName="two", Policy=policy()
    ) == ("NotFoundException", "Policy two does not exist")
    for _ in range(2):
        ses.delete_email_identity_policy(EmailIdentity="example.com", PolicyName="one")
    assert ses.get_email_identity_policies(EmailIdentity="example.com")["Policies"] == {}


@BOTH
def test_v1_policies_come_and_go(owner) -> None:
    ses = owner.client("ses")
    for _ in range(2):
        ses.put_identity_policy(Identity="example.com", PolicyName="b", Policy=policy())
    ses.put_identity_policy(Identity="example.com", PolicyName="a", Policy=policy(Effect="Deny"))
    assert ses.list_identity_policies(Identity="example.com")["PolicyNames"] == ["a", "b"]
    found = ses.get_identity_policies(Identity="example.com", PolicyNames=["b", "missing"])["Policies"]
    assert list(found) == ["b"]
    ses.delete_identity_policy(Identity="example.com", PolicyName="b")
    ses.delete_identity_policy(Identity="example.com", PolicyName="b")
    assert ses.list_identity_policies(Identity="example.com")["PolicyNames"] == ["a"]
    assert ses.list_identity_policies(Identity="unknown.example")["PolicyNames"] == []


def test_what_is_refused(owner) -> None:
    v1, v2 = owner.client("ses"), owner.client("sesv2")
    code, text = refusal(v1.put_identity_policy, Identity="example.com", PolicyName="p", Policy="{}")
    assert code == "InvalidPolicy"
    assert text.startswith("Invalid policy: ")
    code, _ = refusal(v2.create_email_identity_policy, EmailIdentity="example.com", PolicyName="p", Policy="{}")
    assert code == "BadRequestException"
    bad_name = (
        "PolicyName is invalid. Policy names must only include alpha-numeric characters, dashes, and underscores."
    )
    assert refusal(v1.put_identity_policy, Identity="example.com", PolicyName="a b", Policy=policy()) == (
        "InvalidParameterValue",
        bad_name,
    )
    assert refusal(v2.create_email_identity_policy, EmailIdentity="no.example", PolicyName="p", Policy=policy()) == (
        "NotFoundException",
        "Email identity no.example does not exist.",
    )
    code, text = refusal(
        v2.create_email_identity_policy, EmailIdentity="example.com", PolicyName="p" * 65, Policy=policy()
    )
    assert "Member must have length less than or equal to 64" in text


def test_twenty_policies_are_the_most(owner) -> None:
    v1, v2 = owner.client("ses"), owner.client("sesv2")
    for number in range(20):
        v1.put_identity_policy(Identity="example.com", PolicyName=f"p{number}", Policy=policy())
    v1.put_identity_policy(Identity="example.com", PolicyName="p0", Policy=policy(Effect="Deny"))
    text = "Number of policies for example.com exceeds max allowed number of policies per resource"
    assert refusal(v1.put_identity_policy, Identity="example.com", PolicyName="more", Policy=policy()) == (
        "InvalidParameterValue",
        text,
    )
    assert refusal(
        v2.create_email_identity_policy, EmailIdentity="example.com", PolicyName="more", Policy=policy()
    ) == ("LimitExceededException", text)


def send_v2(service, **changes: Any) -> Any:
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}}
    return service.client("sesv2", OTHER_ACCOUNT).send_email(
        **{
            "FromEmailAddress": "Marketing <news@example.com>",
            "Destination": {"ToAddresses": ["reader@inbox.test"]},
            "Content": content,
        }
        | changes
    )


@BOTH
def test_a_delegate_sends_by_v2(owner) -> None:
    code, text = refusal(lambda: send_v2(owner, FromEmailAddressIdentityArn=ARN))
    assert code == "AccessDeniedException"
    assert text == (
        f"User `arn:aws:iam::{OTHER_ACCOUNT}:user/app' is not authorized to perform `ses:SendEmail' on resource `{ARN}'"
    )
    owner.client("sesv2").create_email_identity_policy(EmailIdentity="example.com", PolicyName="p", Policy=policy())
    send_v2(owner, FromEmailAddressIdentityArn=ARN)
    assert b"From: Marketing <news@example.com>" in owner.last().content
    feedback = {"FeedbackForwardingEmailAddress": "bounces@example.com"}
    with pytest.raises(Exception, match="not verified"):
        send_v2(owner, **feedback)
    send_v2(owner, FromEmailAddressIdentityArn=ARN, FeedbackForwardingEmailAddressIdentityArn=ARN, **feedback)


@BOTH
def test_a_delegate_sends_by_v1_and_by_headers(owner) -> None:
    owner.client("ses").put_identity_policy(Identity="example.com", PolicyName="p", Policy=policy())
    ses = owner.client("ses", OTHER_ACCOUNT)
    ses.send_email(
        Source="news@example.com",
        SourceArn=ARN,
        ReturnPath="bounces@example.com",
        ReturnPathArn=ARN,
        Destination={"ToAddresses": ["reader@inbox.test"]},
        Message={"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}},
    )
    raw = f"From: news@example.com\r\nTo: reader@inbox.test\r\nX-SES-SOURCE-ARN: {ARN}\r\nSubject: x\r\n\r\nx\r\n"
    ses.send_raw_email(RawMessage={"Data": raw.encode()})
    assert b"X-SES-" not in owner.last().content
    plain = raw.replace(f"X-SES-SOURCE-ARN: {ARN}\r\n", "")
    ses.send_raw_email(RawMessage={"Data": plain.encode()}, FromArn=ARN)
    with pytest.raises(Exception, match="not verified"):
        ses.send_raw_email(RawMessage={"Data": plain.encode()})
