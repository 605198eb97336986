"""One TCP connection of an SMTP server: bytes between the transport and a Session, TLS, time limits.

Owns the only place that writes replies, and the flow in both directions: nothing more is read while a policy
thinks and enough is waiting, and nothing more is handled while the client does not read its replies. Never
interprets SMTP.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable
from enum import StrEnum
from typing import Protocol, cast

from tayori.mail.reply import Reply
from tayori.model.message import TlsFacts
from tayori.smtp.policy import Peer, ServerSettings, Verdict
from tayori.smtp.session import TROUBLE, Next, Session

logger = logging.getLogger(__name__)

_INPUT_LIMIT = 64 * 1024  # octets that may wait while the policy thinks
_OUTPUT_LIMIT = 64 * 1024  # octets of replies that the client has not fetched
TOO_MANY = Reply.of(421, "Too many concurrent SMTP connections")
_LINGER_SECONDS = 2.0  # for a client to fetch the last reply before the connection is cut


class Listener(Protocol):
    """What a connection needs of its server."""

    settings: ServerSettings
    tls: ssl.SSLContext | None

    @property
    def is_draining(self) -> bool: ...

    def enter(self, connection: "Connection") -> bool:
        """Remember the connection; false when there are too many."""
        ...

    def open_session(self, peer: Peer) -> Session: ...

    def forget(self, connection: "Connection") -> None: ...


class _State(StrEnum):
    TLS_HANDSHAKE = "tls-handshake"
    OPEN = "open"
    CLOSING = "closing"  # the last reply is written; what still comes in is dropped
    GONE = "gone"


class Connection(asyncio.Protocol):
    """Made by the event loop for each connection accepted."""

    def __init__(self, listener: Listener, admitted: str | None = None) -> None:
        self.peer: Peer
        self.place = admitted  # the host under which it is counted, once it is
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._session: Session | None = None
        self._state = _State.OPEN
        self._task: asyncio.Task[None] | None = None  # a policy thinking, or a TLS handshake
        self._out: list[bytes] = []
        self._client_reads = True
        self._reading = True
        self._eof = False
        self._began = self._loop.time()
        self._patience = listener.settings.first_command_timeout  # for what follows the next reply
        self._deadline = self._began + self._patience
        self._timer: asyncio.TimerHandle | None = None

    # ---- from the event loop -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_OUTPUT_LIMIT)
        self.peer = _peer_of(transport)
        self.peer.tls = _tls_facts(self._transport)
        if not self._listener.enter(self):
            self._transport.write(TOO_MANY.encode())
            self._close()
            return
        self._set_timer()
        self._greet()

    def data_received(self, data: bytes) -> None:
        session = self._session
        if self._state is _State.CLOSING or session is None:
            return
        session.feed(data)
        if self._task is None and self._client_reads:
            self._pump()
        elif session.buffered > _INPUT_LIMIT:
            self._stop_reading()

    def eof_received(self) -> bool:
        """A client that sent all it has may still wait for the replies; TLS cannot be half closed."""
        self._eof = True
        if self._task is not None and self._state is _State.OPEN and self.peer.tls is None:
            return True
        self._state = _State.CLOSING
        return False

    def pause_writing(self) -> None:
        self._client_reads = False
        self._stop_reading()

    def resume_writing(self) -> None:
        self._client_reads = True
        if self._task is None and self._state is _State.OPEN:
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._state is _State.GONE:
            return
        self._state = _State.GONE
        if self._timer is not None:
            self._timer.cancel()
        if self._task is None:
            self._forget()
        # A policy that is at work ends its work: it may be making a message durable. `_finish` does the rest.

    # ---- from the server -----------------------------------------------------------------------------------

    def drain(self) -> None:
        """The server stops: say so between two messages, let a message under way finish."""
        if self._state is _State.OPEN and self._task is None and (self._session is None or self._session.is_idle):
            self._say_last(421, "Service closing transmission channel", "4.3.2")

    def abort(self) -> asyncio.Task[None] | None:
        """Cut the connection; the task that is still to end, if any."""
        task = self._task
        if task is not None:
            task.cancel()
        if self._state is not _State.GONE:
            self._transport.abort()
        return task

    # ---- the session ---------------------------------------------------------------------------------------

    def _greet(self) -> None:
        try:
            self._session = self._listener.open_session(self.peer)
        except Exception:
            logger.exception("smtp session failed to open", extra={"event": "smtp_session_failed"})
            self._transport.write(Reply.of(421, TROUBLE.text).encode())
            self._close()
            return
        self._take(self._session.greet())
        if self._task is None:
            self._pump()

    def _pump(self) -> None:
        """Handle what has come in until more bytes, an answer of the policy or a reader of the replies is
        needed.
        """
        session = self._session
        assert session is not None
        while self._can_go_on:
            verdict = self._step(session)
            if verdict is None:
                break
            self._take(verdict)
        self._flush()
        if self._can_go_on:
            self._await_more(session)

    @property
    def _can_go_on(self) -> bool:
        return self._state is _State.OPEN and self._task is None and self._client_reads

    def _step(self, session: Session) -> Verdict | None:
        try:
            return session.step()
        except Exception:
            return self._session_failed()

    def _session_failed(self) -> Reply:
        """A fault of the session itself, whose state cannot be trusted any more."""
        logger.exception("smtp session failed", extra={"event": "smtp_session_failed", "peer": self.peer.host})
        if self._session is not None:
            self._session.next = Next.CLOSE
        return Reply.of(421, TROUBLE.text)

    def _take(self, verdict: Verdict) -> None:
        if isinstance(verdict, Reply):
            self._answer(verdict)
        else:
            self._flush()
            self._task = self._loop.create_task(self._finish(verdict), name="smtp policy")

    async def _finish(self, verdict: Awaitable[Reply]) -> None:
        try:
            reply = await verdict
        except Exception:
            reply = self._session_failed()
        finally:
            self._task = None
            if self._state is _State.GONE:
                self._forget()
        if self._state is _State.OPEN:
            self._answer(reply)
            self._pump()

    def _await_more(self, session: Session) -> None:
        """All that came in is handled."""
        if self._eof:
            self._close()
        elif self._listener.is_draining and session.is_idle:
            self.drain()
        else:
            if session.reads_content:
                self._deadline = self._loop.time() + self._listener.settings.data_timeout
            self._start_reading()

    # ---- writing -------------------------------------------------------------------------------------------

    def _answer(self, reply: Reply) -> None:
        session = self._session
        assert session is not None
        self._out.append(reply.encode())
        self._deadline = self._loop.time() + self._patience
        self._patience = self._listener.settings.command_timeout
        if session.next is Next.CONTINUE:
            return
        if session.next is Next.START_TLS:
            # Not one octet more may be read before TLS has the socket, and none that was may count after it.
            self._transport.pause_reading()
            session.drop_input()
            self._flush()
            self._start_tls()
        else:
            self._flush()
            self._close()

    def _flush(self) -> None:
        if self._out and not self._transport.is_closing():
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    def _say_last(self, code: int, text: str, enhanced: str) -> None:
        reply = Reply.of(code, text, enhanced)
        self._out.append((self._session.in_our_words(reply) if self._session else reply).encode())
        self._flush()
        self._close()

    def _close(self) -> None:
        """End the connection so that the last reply arrives: input left unread would make the kernel reset
        it.
        """
        if self._state in (_State.CLOSING, _State.GONE):
            return
        self._state = _State.CLOSING
        self._start_reading()
        try:
            if self._transport.can_write_eof() and not self._eof:
                self._transport.write_eof()
            else:
                self._transport.close()
        except OSError:  # the client was faster
            self._transport.abort()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_LINGER_SECONDS, self._transport.abort)

    # ---- reading -------------------------------------------------------------------------------------------

    def _stop_reading(self) -> None:
        if self._reading and self._state is _State.OPEN:
            self._reading = False
            self._transport.pause_reading()

    def _start_reading(self) -> None:
        if not self._reading and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()

    # ---- TLS -----------------------------------------------------------------------------------------------

    def _start_tls(self) -> None:
        self._state = _State.TLS_HANDSHAKE
        self._transport.pause_reading()
        self._task = self._loop.create_task(self._handshake(), name="smtp tls handshake")

    async def _handshake(self) -> None:
        context = self._listener.tls
        assert context is not None
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self._listener.settings.tls_handshake_timeout,
            )
        except (OSError, asyncio.CancelledError) as error:
            self._handshake_failed(error)
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        self._task = None
        if transport is None or self._state is _State.GONE:
            self._handshake_failed(ConnectionResetError("connection lost"))
            return
        self._tls_started(transport)

    def _handshake_failed(self, error: BaseException) -> None:
        logger.info(
            "smtp tls handshake failed",
            extra={"event": "smtp_tls_failed", "peer": self.peer.host, "error": type(error).__name__},
        )
        self._task = None
        self._transport.abort()
        self.connection_lost(None)  # which the event loop calls only for those whose handshake succeeded
        self._forget()

    def _tls_started(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._transport.set_write_buffer_limits(high=_OUTPUT_LIMIT)
        self._state = _State.OPEN
        self._reading = True
        self._patience = self._listener.settings.first_command_timeout
        self._deadline = self._loop.time() + self._patience
        facts = _tls_facts(transport)
        assert facts is not None
        assert self._session is not None
        self._session.tls_started(facts)
        self._pump()

    # ---- time ----------------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        """One timer that looks at a moving deadline is cheaper than a timer set anew for each command.

        The deadline may come nearer too (from waiting for a command to waiting for content), so the timer
        never sleeps longer than the shorter of the two; and while a policy thinks nothing is due.
        """
        settings = self._listener.settings
        wait = min(self._end - self._loop.time(), settings.command_timeout, settings.data_timeout)
        self._timer = self._loop.call_later(wait if wait > 0 else 1.0, self._look_at_time)

    @property
    def _end(self) -> float:
        return min(self._deadline, self._began + self._listener.settings.session_timeout)

    def _look_at_time(self) -> None:
        if self._state is not _State.OPEN or self._task is not None or self._loop.time() < self._end:
            self._set_timer()
        elif not self._client_reads:
            self._transport.abort()
        else:
            assert self._session is not None
            self._out.append(self._session.timed_out().encode())
            self._flush()
            self._close()

    def _forget(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.closed()
        self._listener.forget(self)


def _peer_of(transport: asyncio.BaseTransport) -> Peer:
    host, port = _endpoint(transport.get_extra_info("peername"))
    local_host, local_port = _endpoint(transport.get_extra_info("sockname"))
    return Peer(host=host, port=port, local_host=local_host, local_port=local_port)


def _tls_facts(transport: asyncio.BaseTransport) -> TlsFacts | None:
    ssl_object = transport.get_extra_info("ssl_object")
    if ssl_object is None:
        return None
    cipher = ssl_object.cipher()
    return TlsFacts(version=ssl_object.version() or "", cipher=cipher[0] if cipher else "")


def _endpoint(name: object) -> tuple[str, int]:
    """Host and port of a socket's name; an IPv4 client of an IPv6 socket by its IPv4 address."""
    if not isinstance(name, tuple):  # the connection was lost before we looked
        return "", 0
    host = str(name[0]).partition("%")[0]
    return host.removeprefix("::ffff:") if "." in host else host, int(name[1])
