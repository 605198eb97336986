"""Sending as an identity of another account: its owner's policies decide, and its owner's key signs."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from population import REGION, caller, identity, names, open_account, sandboxed_account
from tayori.model.errors import AccessDenied, Invalid, Unverified
from tayori.model.message import Operation
from tayori.model.submission import Arns, Handed, from_raw
from tayori.resources import accounts, configuration_sets, identities, identity_policies
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.messages import Door
from tayori.store import tables

OWNER, DELEGATE = "111122223333", "444455556666"
ARN = f"arn:aws:ses:us-east-1:{OWNER}:identity/example.com"


def allow(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": DELEGATE}, "Action": "ses:SendRawEmail", "Resource": ARN}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})


@pytest.fixture
def house(transact):
    """An owner of example.com, and a delegate in production with own.example."""
    transact(open_account, OWNER)
    transact(open_account, DELEGATE)
    transact(identity, "example.com", OWNER)
    transact(identity, "own.example", DELEGATE)


@pytest.fixture
def send(transact, house, clock):
    """`send(header lines, source=…, arns=…)` as the delegate; the message's row, or its refusal raised."""
    door = Door(names, "worker", lambda size: False)
    count = iter(range(100))

    def send(*header: str, arns: Arns | None = None, account_id: str = DELEGATE, **changes: Any) -> Any:
        fields = header or ("From: Marketing <news@example.com>",)
        raw = "\r\n".join((*fields, "Subject: hello", "", "Hello", "")).encode()
        handed = Handed(
            message_id=f"message-{next(count)}",
            caller=caller(account_id, Operation.SEND_RAW_EMAIL),
            now=clock.now(),
            names=names(REGION),
            destinations=["reader@inbox.test"],
            arns=arns or Arns(),
            **changes,
        )
        (answer,) = transact(door.accept, [from_raw(raw, handed)])
        if isinstance(answer, Exception):
            raise answer
        return transact(_row, answer.message_id)

    return send


def _row(tx: Any, message_id: str) -> Any:
    query = sa.select(tables.messages, tables.bodies.c.content).join(
        tables.bodies, tables.bodies.c.message_id == tables.messages.c.message_id
    )
    return tx.execute(query.where(tables.messages.c.message_id == message_id)).one()


def put(transact, name: str = "p", text: str | None = None, identity: str = "example.com") -> None:
    transact(identity_policies.put, OWNER, REGION, identity, name, text or allow())


def test_without_a_policy_nobody_may(send) -> None:
    with pytest.raises(AccessDenied) as refusal:
        send(arns=Arns(source=ARN))
    assert refusal.value.message == (
        f"User `arn:aws:iam::{DELEGATE}:user/app' is not authorized to perform `ses:SendRawEmail' on resource `{ARN}'"
    )


def test_without_an_arn_the_delegate_has_no_such_identity(send, transact) -> None:
    put(transact)
    with pytest.raises(Unverified):
        send()


def test_what_a_policy_allows_is_signed_with_the_owners_key(send, transact) -> None:
    put(transact)
    row = send(arns=Arns(source=ARN))
    assert json.loads(row.signing) == [["example.com", "example.com-token0", f"{OWNER}/example.com-token0"]]
    assert row.account_id == DELEGATE
    facts = json.loads(row.facts)
    assert (facts["identity"], facts["source_arn"]) == ("example.com", ARN)


def test_the_owners_mail_from_domain_is_the_return_path(send, transact) -> None:
    put(transact)
    values = {"mail_from_domain": "bounce.example.com", "mail_from_status": "SUCCESS"}
    transact(
        lambda tx: tx.execute(
            tables.identities.update().where(tables.identities.c.identity == "example.com").values(**values)
        )
    )
    assert send(arns=Arns(source=ARN)).reverse_path.endswith("@bounce.example.com")


def test_the_owners_default_configuration_set_is_not_the_delegates(send, transact) -> None:
    put(transact)
    transact(configuration_sets.create, OWNER, REGION, ConfigurationSet(name="owners"))
    transact(identities.put_configuration_set, OWNER, REGION, "example.com", "owners")
    assert send(arns=Arns(source=ARN)).configuration_set is None


def test_an_explicit_deny_wins(send, transact) -> None:
    put(transact)
    put(transact, "no", allow(Effect="Deny", Condition={"StringEquals": {"ses:FromDisplayName": "Marketing"}}))
    with pytest.raises(AccessDenied):
        send(arns=Arns(source=ARN))
    assert send("From: Others <news@example.com>", arns=Arns(source=ARN))


@pytest.mark.parametrize(
    ("condition", "may"),
    [
        ({"StringLike": {"ses:FromAddress": "news@*"}}, True),
        ({"StringLike": {"ses:FromAddress": "sales@*"}}, False),
        ({"ForAllValues:StringLike": {"ses:Recipients": "*@inbox.test"}}, True),
        ({"ForAllValues:StringLike": {"ses:Recipients": "*@example.org"}}, False),
        ({"StringEquals": {"ses:FeedbackAddress": "bounces@example.com"}}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{DELEGATE}:user/*"}}, True),
    ],
)
def test_conditions_see_the_message(send, transact, condition: dict[str, Any], may: bool) -> None:
    put(transact, text=allow(Condition=condition))
    arguments = {"arns": Arns(source=ARN), "return_path": "bounces@example.com"}
    if may:
        assert send(**arguments)
    else:
        with pytest.raises(AccessDenied):
            send(**arguments)


def test_headers_name_identities_and_are_taken_out(send, transact) -> None:
    put(transact)
    row = send(
        "From: news@example.com", f"X-SES-SOURCE-ARN: {ARN}", f"X-SES-FROM-ARN: {ARN}", f"X-SES-RETURN-PATH-ARN: {ARN}"
    )
    assert b"-ARN:" not in row.content
    assert json.loads(row.signing)


def test_a_parameter_overrides_the_header(send, transact) -> None:
    put(transact)
    elsewhere = ARN.replace(OWNER, "999999999999")
    assert send("From: news@example.com", f"X-SES-SOURCE-ARN: {elsewhere}", arns=Arns(source=ARN))
    with pytest.raises(AccessDenied):
        send("From: news@example.com", f"X-SES-SOURCE-ARN: {ARN}", arns=Arns(source=elsewhere))


def test_each_address_goes_by_the_arn_of_its_place(send, transact) -> None:
    put(transact)
    assert send(
        "From: news@example.com",
        source="me@own.example",
        arns=Arns(author=ARN, source=ARN.replace(OWNER, DELEGATE).replace("example.com", "own.example")),
    )
    with pytest.raises(Invalid, match="does not cover"):
        send("From: news@example.com", source="me@own.example", arns=Arns(source=ARN))


@pytest.mark.parametrize(
    "arn",
    [
        "nonsense",
        f"arn:aws:ses:us-east-1:{OWNER}:configuration-set/example.com",
        f"arn:aws:ses:eu-west-1:{OWNER}:identity/example.com",
        f"arn:aws:ses:us-east-1:{OWNER}:identity/no domain",
    ],
)
def test_what_is_no_identity_of_this_region(send, arn: str) -> None:
    with pytest.raises(Invalid):
        send(arns=Arns(source=arn))


def test_an_identity_lends_only_what_it_covers(send, transact) -> None:
    put(transact)
    with pytest.raises(Invalid, match="does not cover"):
        send("From: someone@example.org", arns=Arns(source=ARN))
    assert send(
        "From: someone@sub.example.com",
        arns=Arns(
            source=ARN.upper().replace("ARN:AWS:SES:US-EAST-1", "arn:aws:ses:us-east-1").replace("IDENTITY", "identity")
        ),
    )


def test_an_identity_that_is_not_verified_lends_nothing(send, transact) -> None:
    put(transact)
    transact(
        lambda tx: tx.execute(
            tables.identities.update()
            .where(tables.identities.c.account_id == OWNER)
            .values(verification_status="PENDING")
        )
    )
    with pytest.raises(Unverified):
        send(arns=Arns(source=ARN))


def test_an_own_arn_is_as_none(send, transact) -> None:
    own = f"arn:aws:ses:us-east-1:{DELEGATE}:identity/own.example"
    assert send("From: me@own.example", arns=Arns(source=own))
    with pytest.raises(Invalid, match="does not cover"):
        send("From: news@example.com", arns=Arns(source=own))


def test_a_delegate_in_the_sandbox_sends_to_verified_addresses_only(send, transact) -> None:
    put(transact, text=allow(Principal="*"))
    transact(sandboxed_account, "777788889999")
    with pytest.raises(Unverified) as refusal:
        send(arns=Arns(source=ARN), account_id="777788889999")
    assert refusal.value.identities == ("reader@inbox.test",)


def test_policies_end_with_the_identity(send, transact) -> None:
    put(transact)
    transact(identities.delete, OWNER, REGION, "example.com")
    transact(identity, "example.com", OWNER, tokens=[])
    with pytest.raises(AccessDenied):
        send(arns=Arns(source=ARN))


def test_a_paused_delegate_sends_nothing(send, transact) -> None:
    put(transact)
    transact(accounts.put_sending, DELEGATE, REGION, enabled=False)
    with pytest.raises(Exception, match="paused"):
        send(arns=Arns(source=ARN))


@pytest.mark.parametrize(
    "authors",
    [
        "Marketing <news@example.com>, The Board <board@example.com>",
        "Marketing <news@example.com>, The Board <news@example.com>",
        "me@own.example, The Board <board@example.com>",
    ],
)
def test_an_author_that_is_allowed_brings_no_other_along(send, transact, authors: str) -> None:
    condition = {"ses:FromAddress": "news@example.com", "ses:FromDisplayName": "Marketing"}
    put(transact, text=allow(Condition={"StringEquals": condition}))
    assert send(arns=Arns(source=ARN))
    with pytest.raises((AccessDenied, Invalid)):
        send(f"From: {authors}", arns=Arns(source=ARN))
