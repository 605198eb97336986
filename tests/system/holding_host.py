"""A receiver's mail host that stops in the middle of the dialogue until it is told to go on.

Owns the account of what it has taken responsibility for: a message counts as received from the moment before its 250 is
written, for each time that this happens. What it has not answered yet is not received (RFC 5321 4.5.4.1): when the
connection ends meanwhile, it is dropped.
"""

import contextlib
import re
import select
import socket
import struct
import threading
import time
from collections import defaultdict
from enum import StrEnum
from typing import BinaryIO

_MESSAGE_ID = re.compile(rb"^Message-ID: <([0-9a-f-]+)@", re.IGNORECASE | re.MULTILINE)
_LOOK_SECONDS = 0.02
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a host does that dies


class Hold(StrEnum):
    """Before what the host stops."""

    NOTHING = "nothing"
    GREETING = "the greeting"
    DATA = "the 354"
    REPLY = "the reply to the end of data"
    RECIPIENT = "no stop, but each recipient is put off"


class HoldingHost:
    """Listens on `address` from the start; `release` ends the hold for good."""

    def __init__(self, address: str, port: int, hold: Hold = Hold.NOTHING) -> None:
        self.receipts: dict[str, list[float]] = defaultdict(list)  # MessageId → when, by time.monotonic
        self.holding = 0  # connections that are stopped now
        self.put_off = 0
        self._place = (address, port)
        self._hold = hold
        self._released = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.come_up()

    # -- what a test does with it ------------------------------------------------------------------------------------

    def release(self) -> None:
        self._released.set()

    def come_up(self) -> None:
        self._listener = socket.create_server(self._place, backlog=128)
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()

    def go_down(self) -> None:
        """Every connection is reset, and new ones are refused."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    connection.shutdown(socket.SHUT_RDWR)

    # -- its threads -------------------------------------------------------------------------------------------------

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
        try:
            with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
                self._converse(connection, lines)
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _converse(self, connection: socket.socket, lines: BinaryIO) -> None:
        if not self._pause(connection, Hold.GREETING):
            return
        connection.sendall(b"220 held.test ESMTP\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                if not self._take(connection, lines):
                    return
                continue
            connection.sendall(self._answer(verb))
            if verb == b"QUIT":
                return

    def _answer(self, verb: bytes) -> bytes:
        match verb:
            case b"EHLO":
                return b"250-held.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            case b"RCPT" if self._hold is Hold.RECIPIENT and not self._released.is_set():
                self.put_off += 1
                return b"451 4.7.1 Greylisted, try again later\r\n"
            case b"QUIT":
                return b"221 Bye\r\n"
            case _:
                return b"250 Ok\r\n"

    def _take(self, connection: socket.socket, lines: BinaryIO) -> bool:
        """False where the connection has ended meanwhile."""
        if self._hold is Hold.RECIPIENT and not self._released.is_set():
            connection.sendall(b"503 5.5.1 No valid recipients\r\n")
            return True
        if not self._pause(connection, Hold.DATA):
            return False
        connection.sendall(b"354 Go ahead\r\n")
        content = bytearray()
        for line in lines:
            if line == b".\r\n":
                break
            content += line
        else:
            return False
        if not self._pause(connection, Hold.REPLY):
            return False
        self._receive(connection, bytes(content))
        return True

    def _receive(self, connection: socket.socket, content: bytes) -> None:
        found = _MESSAGE_ID.search(content)
        assert found is not None, content[:500]
        with self._lock:
            self.receipts[found.group(1).decode()].append(time.monotonic())
        connection.sendall(b"250 2.0.0 Ok\r\n")

    def _pause(self, connection: socket.socket, where: Hold) -> bool:
        """Wait for the release, if this is the place; false where the client has gone."""
        if self._hold is not where or self._released.is_set():
            return _lives(connection)
        with self._lock:
            self.holding += 1
        try:
            while not self._released.wait(_LOOK_SECONDS):
                if not _lives(connection):
                    return False
        finally:
            with self._lock:
                self.holding -= 1
        return _lives(connection)


def _lives(connection: socket.socket) -> bool:
    """Whether the other end is still there, as far as one can tell without reading."""
    readable, _, _ = select.select([connection], [], [], 0)
    try:
        return not readable or bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
