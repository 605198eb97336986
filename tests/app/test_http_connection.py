"""What a stranger may do to a connection before his request has a head: on real sockets, behind uvicorn."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from tayori.app.http_connection import MAX_HEAD, BoundedProtocol

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Hasty(BoundedProtocol):
    head_seconds = 0.3
    most_connections = 4


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def serve(protocol: type[BoundedProtocol]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, ws="none", log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture
def port() -> Iterator[int]:
    yield from serve(BoundedProtocol)


@pytest.fixture
def hasty_port() -> Iterator[int]:
    yield from serve(Hasty)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def everything(connection: socket.socket) -> bytes:
    """What is said until the server hangs up, which it must do in time."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET", HEAD, HEAD + b"X-Slow: 1"])
def test_a_head_that_does_not_come_is_not_waited_for(hasty_port: int, sent: bytes) -> None:
    with connect(hasty_port) as connection:
        connection.sendall(sent)
        assert everything(connection) == b""


def test_nor_is_the_next_one(hasty_port: int) -> None:
    with connect(hasty_port) as connection:
        connection.sendall(HEAD + b"\r\n")
        connection.recv(1000)
        connection.sendall(b"\r\n")
        assert everything(connection).partition(b"\r\n\r\n")[2] in (b"", b"ok")


def send_for_ever(connection: socket.socket, piece: bytes) -> None:
    for _ in range(100 * MAX_HEAD // len(piece)):
        connection.sendall(piece)


@pytest.mark.parametrize("piece", [b"X-Field: " + b"x" * 1000 + b"\r\n", b"x" * 1000])
def test_a_head_without_end_is_cut_off(port: int, piece: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(HEAD + b"X-Long: ")
        with pytest.raises(ConnectionError):
            send_for_ever(connection, piece)


def test_a_head_as_large_as_programs_send_is_taken(port: int) -> None:
    fields = b"".join(b"X-Field-%d: " % number + b"x" * 7000 + b"\r\n" for number in range(8))
    with connect(port) as connection:
        for _ in range(3):  # the count begins anew with each request
            connection.sendall(HEAD + fields + b"\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_one_client_too_many_is_turned_away(hasty_port: int) -> None:
    held = [connect(hasty_port) for _ in range(Hasty.most_connections)]
    for connection in held:
        connection.sendall(HEAD + b"\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    with connect(hasty_port) as late:
        try:
            late.sendall(HEAD + b"\r\n")
            answer = everything(late)
        except ConnectionError:
            answer = b""
    assert answer == b""
    for connection in held:
        connection.close()
