"""What happens to a request before and around its handler."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from asgi_client import OPERATOR_KEY, Api
from botocore.exceptions import ClientError

from tayori.api.app import Access, Limits, Route
from tayori.api.registry import Call, Principal, Registry
from tayori.aws import spec
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.aws.paging import BadPageToken
from tayori.model.errors import AccessDenied, Kind, NotFound
from tayori.resources import credentials
from tayori.store.engine import StoreUnavailable


def raising(error: Exception, service: str = "sesv2") -> Registry:
    registry = Registry()

    def get_account(call: Call, request: Any) -> None:
        raise error

    if service == "sesv2":
        registry.operation("sesv2", "GetAccount")(get_account)
    else:
        get_account.__name__ = "get_send_quota"
        registry.operation("ses", "GetSendQuota")(get_account)
    return registry


def error_of(call: Callable[..., Any], **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


# ── who ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_strangers_are_told_what_aws_tells_them(make_api: Callable[..., Api]) -> None:
    unknown = make_api(Registry(), key="AKIANOBODYKNOWSTHIS0")
    text = "The security token included in the request is invalid."
    assert error_of(unknown.client("ses").get_send_quota) == ("InvalidClientTokenId", 403, text)
    assert error_of(unknown.client("sesv2").get_account) == ("UnrecognizedClientException", 403, text)
    forger = make_api(Registry(), secret="not the secret")
    assert error_of(forger.client("ses").get_send_quota)[:2] == ("SignatureDoesNotMatch", 403)
    assert error_of(forger.client("sesv2").get_account)[:2] == ("InvalidSignatureException", 403)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/"), ("GET", "/v2/email/account"), ("GET", "/v2/email/nothing")]
)
def test_an_unsigned_request(make_api: Callable[..., Api], method: str, path: str) -> None:
    answer = make_api(Registry()).send(method, path, body=b"Action=GetSendQuota")
    assert answer.status == 403
    assert b"Missing Authentication Token" in answer.body
    assert answer.headers["x-amzn-RequestId"]


def test_another_region(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry())
    code, status, text = error_of(api.client("ses", region_name="eu-west-1").get_send_quota)
    assert (code, status) == ("SignatureDoesNotMatch", 403)
    assert text.strip() == "Credential should be scoped to a valid region, not 'eu-west-1'."


def test_a_key_is_remembered_for_a_moment(make_api: Callable[..., Api]) -> None:
    looked: list[str] = []

    def find(tx: Any, access_key_id: str) -> Any:
        looked.append(access_key_id)
        return credentials.find(tx, access_key_id)

    api = make_api(Registry(), find_credential=find)
    client = api.client("sesv2")
    for _ in range(3):
        error_of(client.get_account)
    assert looked == ["AKIAEXAMPLEAPIUSER00"]


def test_authorisation_comes_after_validation(make_api: Callable[..., Api]) -> None:
    def nobody(principal: Principal, operation: spec.Operation) -> None:
        raise AccessDenied(f"User `{principal.arn}' is not authorized to perform `ses:{operation.name}'")

    client = make_api(raising(RuntimeError()), authorise=nobody).client("sesv2", parameter_validation=False)
    code, status, text = error_of(client.get_account)
    assert (code, status) == ("AccessDeniedException", 403)
    assert "ses:GetAccount" in text
    assert error_of(client.create_email_identity)[0] == "BadRequestException"


# ── what ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_operations_that_do_not_exist(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry())
    client = api.client("ses")
    client.meta.events.register("before-sign", lambda request, **_: request.data.update({"Action": "Invent"}))
    assert error_of(client.get_send_quota) == (
        "InvalidAction", 400, "Could not find operation Invent for version 2010-12-01"
    )  # fmt: skip
    client = api.client("ses")
    client.meta.events.register("before-sign", lambda request, **_: request.data.update({"Version": "2011-01-01"}))
    assert error_of(client.get_send_quota)[:2] == ("InvalidAction", 400)
    client = api.client("ses")
    client.meta.events.register("before-sign", lambda request, **_: request.data.pop("Action"))
    assert error_of(client.get_send_quota)[:2] == ("MissingAction", 400)

    def elsewhere(request: Any, **_: Any) -> None:
        request.url = request.url.replace("/account", "/nowhere")

    client = api.client("sesv2")
    client.meta.events.register("before-sign", elsewhere)
    assert error_of(client.get_account) == ("UnknownOperationException", 404, "Unknown operation.")
    answer = api.send("GET", "/elsewhere")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")


def test_a_presigned_get_of_the_query_service(make_api: Callable[..., Api]) -> None:
    registry = Registry()

    @registry.operation("ses", "GetSendQuota")
    def get_send_quota(call: Call, request: Any) -> Any:
        return {"Max24HourSend": 200.0}

    api = make_api(registry)
    url = api.client("ses").generate_presigned_url("get_send_quota", HttpMethod="GET")
    answer = api.send("GET", "/", url.partition("?")[2], {"Host": "localhost:8600"})
    assert answer.status == 200
    assert ElementTree.fromstring(answer.body)[0][0].text == "200.0"


def test_another_query_service_at_the_same_door(make_api: Callable[..., Api]) -> None:
    registry = Registry()

    @registry.operation("sns", "CreateTopic")
    def create_topic(call: Call, request: Any) -> Any:
        return {"TopicArn": f"arn:aws:sns:{call.region}:{call.account_id}:{request['Name']}"}

    api = make_api(registry, services={"sns": spec.load("sns")})
    topic = api.client("sns").create_topic(Name="bounces")["TopicArn"]
    assert topic == "arn:aws:sns:us-east-1:123456789012:bounces"
    with pytest.raises(ClientError, match="ListTopics is not offered yet"):
        api.client("sns").list_topics()
    assert error_of(api.client("ses").get_send_quota)[0] == "InvalidAction"


@pytest.mark.parametrize(
    ("error", "v1", "v2"),
    [
        (NotFound("Gone.", Kind.TEMPLATE), ("TemplateDoesNotExist", 400), ("NotFoundException", 404)),
        (BadPageToken("abc"), ("InvalidParameterValue", 400), ("BadRequestException", 400)),
        (StoreUnavailable("no database"), ("ServiceUnavailable", 503), ("ServiceUnavailable", 503)),
        (RuntimeError("a secret detail"), ("InternalFailure", 500), ("InternalFailure", 500)),
    ],
)
def test_what_handlers_raise(
    make_api: Callable[..., Api],
    error: Exception,
    v1: tuple[str, int],
    v2: tuple[str, int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.CRITICAL, logger="tayori.api"):
        assert error_of(make_api(raising(error, "ses")).client("ses").get_send_quota)[:2] == v1
        assert error_of(make_api(raising(error)).client("sesv2").get_account)[:2] == v2


def test_our_own_mistakes_are_logged_and_not_shown(
    make_api: Callable[..., Api], caplog: pytest.LogCaptureFixture
) -> None:
    client = make_api(raising(RuntimeError("a secret detail"))).client("sesv2")
    with pytest.raises(ClientError) as caught:
        client.get_account()
    shown = json.dumps(caught.value.response)
    assert "secret" not in shown
    assert "Runtime" not in shown
    (record,) = [record for record in caplog.records if record.message == "api_internal_failure"]
    assert record.exc_info is not None
    assert record.request_id == caught.value.response["ResponseMetadata"]["RequestId"]


def test_an_answer_that_the_model_does_not_have_is_our_mistake(make_api: Callable[..., Api]) -> None:
    registry = Registry()

    @registry.operation("sesv2", "GetAccount")
    def get_account(call: Call, request: Any) -> Any:
        return {"NoSuchMember": 1}

    assert error_of(make_api(registry).client("sesv2").get_account)[:2] == ("InternalFailure", 500)


def test_constraints_are_refused_in_each_protocols_way(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry())
    text = "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null"
    client = api.client("sesv2", parameter_validation=False)
    assert error_of(client.create_email_identity) == ("BadRequestException", 400, text.format("emailIdentity"))
    client = api.client("ses", parameter_validation=False)
    assert error_of(client.verify_domain_dkim) == ("ValidationError", 400, text.format("domain"))
    assert error_of(api.client("sesv2", parameter_validation=False).create_email_identity, EmailIdentity=5)[:2] == (
        "SerializationException",
        400,
    )


# ── how much ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bodies_are_bounded(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry(), limits=Limits(v1_body=1000, v2_body=2000))
    big = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "x" * 3000}}}}
    code, status, text = error_of(api.client("sesv2").send_email, Content=big)
    assert (code, status, text) == (
        "RequestEntityTooLargeException", 413, "The request's body is larger than 2000 bytes."
    )  # fmt: skip
    raw = {"Data": b"x" * 3000}
    assert error_of(api.client("ses").send_raw_email, RawMessage=raw)[:2] == ("RequestEntityTooLarge", 413)


# ── extension routes ──────────────────────────────────────────────────────────────────────────────────────────────────


async def who(request: HttpRequest, principal: Principal | None) -> HttpResponse:
    body = {"path": request.path, "account": principal and principal.account_id, "size": len(request.body)}
    return HttpResponse(status=200, headers=(("content-type", "application/json"),), body=json.dumps(body).encode())


async def missing(request: HttpRequest, principal: Principal | None) -> HttpResponse:
    raise NotFound("There is no such message.", Kind.MESSAGE)


ROUTES = (
    Route(method="GET", prefix="/healthz", handler=who, access=Access.EVERYBODY),
    Route(method="*", prefix="/tayori", handler=who, max_body=10),
    Route(method="GET", prefix="/tayori/operator", handler=who, access=Access.OPERATOR),
    Route(method="GET", prefix="/gone/", handler=missing, access=Access.EVERYBODY),
)


def test_routes_for_everybody(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry(), routes=ROUTES)
    answer = api.send("GET", "/healthz")
    assert (answer.status, json.loads(answer.body)["account"]) == (200, None)
    assert api.send("GET", "/healthz/deep").status == 200
    assert api.send("GET", "/healthzz").status == 404
    assert api.send("POST", "/healthz").status == 404
    gone = api.send("GET", "/gone")
    assert (gone.status, json.loads(gone.body)["message"]) == (404, "There is no such message.")


def test_routes_for_those_who_sign(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry(), routes=ROUTES)
    assert api.send("GET", "/tayori/messages").status == 403
    answer = api.signed("GET", "/tayori/messages", b"123")
    assert json.loads(answer.body) == {"path": "/tayori/messages", "account": "123456789012", "size": 3}
    assert api.signed("GET", "/tayori/messages", b"x" * 11).status == 413
    refused = api.signed("GET", "/tayori/operator/review")
    assert refused.status == 403
    assert "is not an operator of this installation" in json.loads(refused.body)["message"]


def test_routes_for_operators(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry(), routes=ROUTES, key=OPERATOR_KEY)
    assert api.signed("GET", "/tayori/operator/review").status == 200


# ── ASGI itself ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lifespan_and_websockets(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry())
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    api.run(api.app({"type": "lifespan"}, receive, send))
    api.run(api.app({"type": "websocket"}, receive, send))
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"
    ]  # fmt: skip


def test_a_client_that_hangs_up_is_not_answered(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry(), routes=ROUTES)
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "GET", "path": "/healthz", "raw_path": b"/healthz", "query_string": b"",
        "headers": [(b"content-length", b"5")], "client": None,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    api.run(api.app(scope, receive, send))
    assert sent == []


def test_a_body_that_never_comes(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry(), routes=ROUTES, limits=Limits(chunk_seconds=0.05))
    sent: list[Any] = []
    scope = {"type": "http", "method": "GET", "path": "/healthz", "query_string": b"", "headers": []}

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(20)
        return {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    api.run(api.app(scope, receive, send))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
