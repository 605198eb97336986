"""Registering handlers, and what a handler is given."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from asgi_client import Api
from botocore.exceptions import ClientError

from tayori.api.registry import Call, ComposeCall, Mode, Registry, mode_of
from tayori.model.errors import Invalid
from tayori.store.engine import Tx


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("GetAccount", Mode.READ),
        ("ListContacts", Mode.READ),
        ("DescribeReceiptRule", Mode.READ),
        ("BatchGetMetricData", Mode.READ),
        ("TestRenderEmailTemplate", Mode.READ),
        ("PutAccountDetails", Mode.WRITE),
        ("CreateContact", Mode.WRITE),
        ("SetIdentityDkimEnabled", Mode.WRITE),
    ],
)
def test_the_mode_follows_from_the_name(name: str, mode: Mode) -> None:
    assert mode_of(name) is mode


def test_what_cannot_be_registered() -> None:
    registry = Registry()

    @registry.operation("sesv2", "GetAccount")
    def get_account(call: Call, request: Any) -> Any:
        return {}

    with pytest.raises(ValueError, match="registered twice"):
        registry.operation("sesv2", "GetAccount")(get_account)
    with pytest.raises(ValueError, match="must be called put_account_details"):
        registry.operation("sesv2", "PutAccountDetails")(get_account)
    with pytest.raises(ValueError, match="a coroutine is for mode 'compose'"):
        registry.operation("ses", "GetAccount", mode="compose")(get_account)
    assert [entry.operation for entry in registry] == ["GetAccount"]
    assert ("sesv2", "GetAccount") in registry


def example() -> Registry:
    """A handler of each mode, as they are written in `api/v2`."""
    registry = Registry()

    @registry.operation("sesv2", "GetAccount")
    def get_account(call: Call, request: Any) -> Any:
        (name,) = call.tx.execute(sa.text("SELECT name FROM accounts WHERE account_id = :id"), {"id": call.account_id})
        return {"EnforcementStatus": name[0], "SendingEnabled": True}

    @registry.operation("sesv2", "PutAccountSendingAttributes")
    def put_account_sending_attributes(call: Call, request: Any) -> None:
        call.tx.execute(sa.text("UPDATE accounts SET name = :name"), {"name": str(request.get("SendingEnabled"))})
        if request.get("SendingEnabled") is None:
            raise Invalid("Say what you want.")

    @registry.operation("sesv2", "SendEmail", mode="compose")
    async def send_email(call: ComposeCall, request: Any) -> Any:
        def accept(tx: Tx) -> str:
            inside = call.within(tx)
            assert inside.now == tx.now
            assert inside.request_id == call.request_id
            return f"{call.tools['prefix']}-{inside.account_id}"

        assert call.now.tzinfo is not None
        return {"MessageId": await call.store.write(accept)}

    return registry


CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def test_handlers_of_each_mode(make_api: Callable[..., Api]) -> None:
    client = make_api(example(), tools={"prefix": "m"}).client("sesv2")
    assert client.get_account()["EnforcementStatus"] == "test"
    client.put_account_sending_attributes(SendingEnabled=True)
    assert client.get_account()["EnforcementStatus"] == "True"
    assert client.send_email(Content=CONTENT)["MessageId"] == "m-123456789012"


def test_a_refusal_undoes_what_was_written(make_api: Callable[..., Api]) -> None:
    client = make_api(example()).client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException, match="Say what you want"):
        client.put_account_sending_attributes()
    assert client.get_account()["EnforcementStatus"] == "test"


def test_a_reading_handler_cannot_write(make_api: Callable[..., Api]) -> None:
    names: list[str] = []
    registry = Registry()

    @registry.operation("sesv2", "GetAccount")
    def get_account(call: Call, request: Any) -> None:
        call.tx.execute(sa.text("UPDATE accounts SET name = 'changed'"))

    @registry.operation("sesv2", "ListContactLists")
    def list_contact_lists(call: Call, request: Any) -> None:
        names.extend(call.tx.execute(sa.text("SELECT name FROM accounts")).scalars())

    client = make_api(registry).client("sesv2")
    with pytest.raises(ClientError) as caught:
        client.get_account()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    client.list_contact_lists()
    assert names == ["test"]


def test_what_a_call_knows(make_api: Callable[..., Api]) -> None:
    seen: list[Call] = []
    registry = Registry()

    @registry.operation("ses", "GetSendQuota")
    def get_send_quota(call: Call, request: Any) -> None:
        seen.append(call)

    make_api(registry).client("ses").get_send_quota()
    (call,) = seen
    assert (call.service, call.operation, call.region) == ("ses", "GetSendQuota", "us-east-1")
    assert (call.account_id, call.access_key_id) == ("123456789012", "AKIAEXAMPLEAPIUSER00")
    assert call.caller_arn == "arn:aws:iam::123456789012:user/someone"
    assert call.source_ip == "192.0.2.7"
    assert call.names.service_domain == "tayori.test"
    assert call.pages.decode("k", call.pages.encode("k", ["a"])) == ["a"]
