"""The API behind uvicorn, on a real socket: what boto3, and what nobody's client, sends."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import uvicorn
from asgi_client import KEY, REGION, SECRET, Api
from botocore.config import Config
from botocore.exceptions import ClientError

from tayori.api.app import Access, Limits, Route
from tayori.api.registry import Call, Principal, Registry
from tayori.aws.http import HttpRequest, HttpResponse


def operations() -> Registry:
    registry = Registry()

    @registry.operation("sesv2", "GetEmailIdentity")
    def get_email_identity(call: Call, request: Any) -> Any:
        return {"ConfigurationSetName": request["EmailIdentity"]}

    @registry.operation("sesv2", "SendEmail")
    def send_email(call: Call, request: Any) -> Any:
        return {"MessageId": str(len(request["Content"]["Raw"]["Data"]))}

    @registry.operation("ses", "SendRawEmail")
    def send_raw_email(call: Call, request: Any) -> Any:
        return {"MessageId": str(len(request["RawMessage"]["Data"]))}

    return registry


async def health(request: HttpRequest, principal: Principal | None) -> HttpResponse:
    return HttpResponse(status=200, headers=(("content-type", "text/plain"),), body=request.body or b"ok")


@pytest.fixture
def port(make_api: Callable[..., Api]) -> Iterator[int]:
    """The port of a server of its own, in a thread."""
    routes = (Route(method="*", prefix="/healthz", handler=health, access=Access.EVERYBODY, max_body=100_000),)
    api = make_api(operations(), routes=routes, limits=Limits(chunk_seconds=0.3, all_bodies=4_000_000))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(api.app, http="httptools", log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    listener.close()
    assert not thread.is_alive()


def client(service: str, port: int) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize("name", ["a@b.example", "a+label@b.example", "100%/x y~z", "テスト.例え"])
def test_names_in_paths_survive_the_wire_and_the_signature(port: int, name: str) -> None:
    sesv2 = client("sesv2", port)
    assert sesv2.get_email_identity(EmailIdentity=name)["ConfigurationSetName"] == name
    sesv2.close()


def test_large_messages(port: int) -> None:
    content = bytes(range(256)) * 4096
    with_v2, with_v1 = client("sesv2", port), client("ses", port)
    assert with_v2.send_email(Content={"Raw": {"Data": content}})["MessageId"] == str(len(content))
    assert with_v1.send_raw_email(RawMessage={"Data": content})["MessageId"] == str(len(content))
    with_v2.close(), with_v1.close()


def exchange(port: int, data: bytes) -> bytes:
    """Everything that the server says to these bytes until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_chunked_bodies(port: int) -> None:
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = exchange(port, head + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nhello world")


def test_a_chunked_body_that_is_too_large(port: int) -> None:
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = exchange(port, head + b"20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"RequestEntityTooLargeException" in answer


def send_for_ever(connection: socket.socket) -> None:
    for _ in range(100_000):
        connection.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def test_a_chunked_body_without_end_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            send_for_ever(connection)


def test_a_large_body_is_refused_before_it_is_sent(port: int) -> None:
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\n"
    assert exchange(port, head + b"Content-Length: 99999999999\r\n\r\n").startswith(b"HTTP/1.1 413 ")
    asking = head + b"Content-Length: 100001\r\nExpect: 100-continue\r\n\r\n"
    assert exchange(port, asking).startswith(b"HTTP/1.1 413 ")


def test_a_slow_body_times_out(port: int) -> None:
    started = time.monotonic()
    answer = exchange(port, b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 5


def test_an_unsigned_body_is_not_waited_for(port: int) -> None:
    head = (
        b"POST /v2/email/outbound-emails HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 50000000\r\n\r\n"
    )
    answer = exchange(port, head)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"MissingAuthenticationTokenException" in answer


@pytest.mark.parametrize(
    "line",
    [b"GET /v2/email/%ff HTTP/1.1", b"GET /\xff\xfe HTTP/1.1", b"POST // HTTP/1.1", b"GET /?%00=%zz HTTP/1.1"],
)
def test_odd_request_lines_are_answered(port: int, line: bytes) -> None:
    answer = exchange(port, line + b"\r\nHost: x\r\nX-Odd: \xff\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] in (b"400", b"403", b"404")


def test_head_has_no_body(port: int) -> None:
    answer = exchange(port, b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")


def test_all_bodies_together_have_an_end(port: int) -> None:
    """A body is known to be signed only when all of it is there. What it took is free again with the answer."""
    sesv2 = client("sesv2", port)
    for _ in range(3):
        assert sesv2.send_email(Content={"Raw": {"Data": bytes(2_000_000)}})["MessageId"] == "2000000"
        with pytest.raises(ClientError, match="Try again in a moment") as refusal:
            sesv2.send_email(Content={"Raw": {"Data": bytes(3_500_000)}})
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    sesv2.close()
