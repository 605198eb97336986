"""One connection to a mail host: bytes in and out.

Owns the client's side of SMTP on the wire: opening (greeting, EHLO or HELO, STARTTLS), then mail transactions that it
pulls from a Feed, several in flight where the host takes pipelining, time-outs for each stage, and the close. Trusts
nothing a host sends. Never picks hosts or messages, never decides what a failure means.

RFC 5321 (4.3.2 sequencing, 4.5.3.2 time-outs), RFC 2920: "the actual transfer of message content is explicitly allowed
to be the first command in a group", so content, dot and the next transaction's MAIL, RCPT and DATA go out together.
RFC 3207: what was read before the handshake is forgotten.
"""

import asyncio
import logging
import ssl
from collections import deque
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar, cast

from tayori.delivery import tls
from tayori.delivery.attempt import Step, Transaction
from tayori.delivery.connector import EgressError, connect
from tayori.delivery.egress import Egress, Relay, RelayTls
from tayori.delivery.extensions import Extensions
from tayori.delivery.relay import auth_lines
from tayori.delivery.replies import ReplyError, ReplyReader
from tayori.delivery.route import Target
from tayori.delivery.security import Security, SecurityLevel
from tayori.delivery.settings import DeliverySettings
from tayori.delivery.tls_result import ResultType
from tayori.mail.reply import Reply
from tayori.model.failure import Stage, classify_connect_error, classify_reply, classify_trouble
from tayori.model.message import Outcome, Reason, TlsFacts
from tayori.model.source import is_loopback

log = logging.getLogger("tayori.delivery")

_CHUNK = 64 * 1024
_SHORTEST_TICK, _LONGEST_TICK = 0.02, 1.0  # seconds between looks at a connection's time limit

JobT = TypeVar("JobT")


class Phase(StrEnum):
    OPENING = "opening"
    READY = "ready"
    QUITTING = "quitting"
    CLOSED = "closed"


class Feed(Protocol[JobT]):
    """Where a session takes its work from and brings it back to; it is called, never awaited."""

    def next(self, session: "Session[JobT]") -> Transaction[JobT] | None: ...

    def finished(self, session: "Session[JobT]", transaction: Transaction[JobT]) -> None:
        """Every recipient of the transaction has its outcome, but for `overflow`."""
        ...

    def returned(self, session: "Session[JobT]", transaction: Transaction[JobT]) -> None:
        """The connection ended before this transaction's turn: nothing was said about it."""
        ...

    def idle(self, session: "Session[JobT]") -> None: ...

    def ended(self, session: "Session[JobT]") -> None:
        """The last call for this session."""
        ...


class _Trouble(Exception):
    """Ends the opening of a connection; never leaves this module."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.diagnostic)
        self.outcome = outcome


async def open_session(
    target: Target,
    security: Security,
    *,
    settings: DeliverySettings,
    egress: Egress,
    feed: Feed[JobT],
) -> "Session[JobT] | Outcome":
    """A session that is ready for mail, or why there is none. The session pulls from `feed` once `start` is called."""
    loop = asyncio.get_running_loop()
    session: Session[JobT] = Session(target, settings, egress, feed, loop)
    relay = egress.relay
    port = relay.port if relay is not None else settings.port
    at_once = security if relay is not None and relay.tls is RelayTls.IMPLICIT else None
    try:
        async with asyncio.timeout(settings.timeouts.connect):
            implicit = (at_once.context, at_once.server_name) if at_once is not None else None
            await connect(egress, target.address, port, lambda: session, implicit_tls=implicit)
    except TimeoutError:
        session.abandon()
        return classify_trouble(Reason.CONNECTION_TIMEOUT, "connection timed out", target.host)
    except EgressError as error:
        return classify_trouble(Reason.LOCAL_TROUBLE, str(error), target.host)
    except ssl.SSLError as error:
        return classify_trouble(Reason.TLS_FAILED, f"TLS handshake failed: {error}", target.host)
    except OSError as error:
        return classify_connect_error(error.errno, f"cannot connect: {error.strerror or error}", target.host)
    try:
        await session.establish(security, has_tls=at_once is not None)
    except _Trouble as trouble:
        session.abandon()
        return trouble.outcome
    except BaseException:
        session.abandon()
        raise
    return session


class Session(asyncio.Protocol, Generic[JobT]):
    """An SMTP connection as its client. Made by `open_session`."""

    def __init__(
        self,
        target: Target,
        settings: DeliverySettings,
        egress: Egress,
        feed: Feed[JobT],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.target = target
        self.extensions = Extensions.NONE
        self.tls: TlsFacts | None = None
        self.egress = egress
        self.source_address = egress.shown(target.address)
        self.taken = 0  # transactions begun
        self.completed = 0  # transactions that ended while the connection held
        self.notes: tuple[str, ...] = ()  # what went wrong with the hosts tried before this one
        self.phase = Phase.OPENING
        self._settings = settings
        self._marked_day, self._todays_mark = 0, b""
        self._feed = feed
        self._loop = loop
        self.since = loop.time()
        self._transport: asyncio.Transport | None = None
        self._security: Security | None = None  # once it has TLS
        self._reader = ReplyReader()
        # opening
        self._early: deque[Reply] = deque()
        self._answer: asyncio.Future[None] | None = None
        self._lost: Outcome | None = None
        # ready; None in `_waiting` stands for RSET
        self._waiting: deque[Transaction[JobT] | None] = deque()
        self._unsent = memoryview(b"")
        self._writing_paused = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        wanted = min(settings.timeouts.shortest / 4, settings.idle_seconds / 2)
        self._tick_seconds = min(_LONGEST_TICK, max(_SHORTEST_TICK, wanted))

    # --- opening: awaited step by step -----------------------------------------------------------------------------

    async def establish(self, security: Security, *, has_tls: bool = False) -> None:
        """Greeting, EHLO, TLS unless it has come first, and AUTH for a relay. Raises _Trouble."""
        if has_tls:
            self._is_secured_by(security)
        await self._greet(security)
        relay = self.egress.relay
        if relay is not None and relay.user:
            await self._authenticate(relay)
        # Whoever opens a session may rely on its first transaction getting a result, or would open the next for ever.
        self._check_in_turn()
        if self._lost is not None:
            raise _Trouble(self._lost)

    async def _greet(self, security: Security) -> None:
        greeting = await self._reply(Stage.GREETING)
        if greeting.code != 220:
            raise _Trouble(classify_reply(Stage.GREETING, greeting, self.target.host))
        await self._hello()
        if security.level is SecurityLevel.NONE or self.tls is not None:
            return
        if self.extensions.starttls and await self._start_tls(security):
            await self._hello()
        elif security.level.needs_tls:
            raise self._tls_trouble(Reason.TLS_REQUIRED, ResultType.STARTTLS_NOT_SUPPORTED)

    async def _hello(self) -> None:
        """EHLO, and HELO for hosts that do not know it (RFC 5321 4.1.1.1, 3.2)."""
        name = self.egress.ehlo_name.encode("ascii")
        reply = await self._command(Stage.EHLO, b"EHLO " + name + b"\r\n")
        if reply.is_permanent:
            reply = await self._command(Stage.EHLO, b"HELO " + name + b"\r\n")
            self.extensions = Extensions.NONE
        elif reply.code == 250:
            self.extensions = Extensions.parse(reply)
        if reply.code != 250:
            raise _Trouble(classify_reply(Stage.EHLO, reply, self.target.host))

    async def _start_tls(self, security: Security) -> bool:
        """False: the host does not want to after all, and the connection goes on in the clear (RFC 3207 4)."""
        reply = await self._command(Stage.STARTTLS, b"STARTTLS\r\n")
        if reply.code != 220:
            if not security.level.needs_tls:
                return False
            words = f"TLS is required and the host says: {reply}"
            raise self._tls_trouble(Reason.TLS_REQUIRED, ResultType.STARTTLS_NOT_SUPPORTED, words)
        # Somebody on the way may have added replies in the clear after the 220, to be taken for the host's own
        # once the connection is encrypted (CVE-2011-0411 and its kin).
        self._early.clear()
        self._reader.clear()
        if self._lost is not None or self._transport is None:
            raise self._handshake_trouble("the connection was lost before the TLS handshake")
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                security.context,
                server_hostname=security.server_name,
                ssl_handshake_timeout=self._settings.timeouts.starttls,
                ssl_shutdown_timeout=self._settings.timeouts.quit,
            )
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; a name that cannot be SNI a ValueError
            raise self._handshake_trouble(f"TLS handshake failed: {error}", tls.result_of(error)) from error
        if secured is None:  # the connection was lost meanwhile
            raise self._handshake_trouble("")
        self._transport = secured
        mismatch = security.check(tls.ssl_object(secured)) if security.check is not None else None
        if mismatch is not None:
            raise self._handshake_trouble(mismatch.words, mismatch.result)
        self._is_secured_by(security)
        self._early.clear()
        self._reader.clear()
        return True

    def _is_secured_by(self, security: Security) -> None:
        assert self._transport is not None
        self._security = security
        self.tls = tls.facts(self._transport, security.proved.text, security.why)

    async def _authenticate(self, relay: Relay) -> None:
        """AUTH (RFC 4954): a relay that refuses it is set up wrongly by us, which no mail is to blame for."""
        if self.tls is None and not is_loopback(self.target.address):
            raise self._trouble(Reason.LOCAL_TROUBLE, f"no password is sent to {relay.host} without TLS")
        lines = auth_lines(self.extensions.auth, relay)
        if not lines:
            raise self._trouble(Reason.LOCAL_TROUBLE, f"{relay.host} takes neither AUTH PLAIN nor LOGIN")
        reply = await self._command(Stage.EHLO, lines[0])
        for line in lines[1:]:
            if reply.code != 334:
                break
            reply = await self._command(Stage.EHLO, line)
        if reply.code != 235:
            raise self._trouble(Reason.LOCAL_TROUBLE, f"{relay.host} refuses our user name and password: {reply}")

    async def _command(self, stage: Stage, line: bytes) -> Reply:
        self._check_in_turn()
        self._write(line)
        return await self._reply(stage)

    def _check_in_turn(self) -> None:
        if self._early or not self._reader.is_empty:
            raise self._trouble(Reason.PROTOCOL_ERROR, "the host answers before it is asked")

    async def _reply(self, stage: Stage) -> Reply:
        if not self._early and self._lost is None:
            self._answer = self._loop.create_future()
            try:
                async with asyncio.timeout(self._settings.timeouts.of(stage)):
                    await self._answer
            except TimeoutError:
                words = f"no answer in time ({stage})"
                raise self._trouble(Reason.CONNECTION_TIMEOUT, words) from None
            finally:
                self._answer = None
        if self._early:
            return self._early.popleft()
        raise _Trouble(self._lost or classify_trouble(Reason.CONNECTION_LOST, remote_mta=self.target.host))

    def _trouble(self, reason: Reason, words: str = "") -> _Trouble:
        return _Trouble(classify_trouble(reason, words, self.target.host))

    def _tls_trouble(self, reason: Reason, result: ResultType, words: str = "") -> _Trouble:
        return _Trouble(replace(classify_trouble(reason, words, self.target.host), tls_result=result))

    def _handshake_trouble(self, words: str, result: ResultType = ResultType.VALIDATION_FAILURE) -> _Trouble:
        return self._tls_trouble(Reason.TLS_FAILED, result, words)

    def _early_trouble(self, reason: Reason, words: str) -> None:
        if self._lost is None:
            self._lost = classify_trouble(reason, words, self.target.host)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def _early_reply(self, reply: Reply) -> None:
        self._early.append(reply)
        if len(self._early) > 8:  # one answer to each question is due; nobody needs eight
            self._early_trouble(Reason.PROTOCOL_ERROR, "the host answers before it is asked")
            self.abandon()
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    # --- asyncio.Protocol ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self.source_address:
            name = transport.get_extra_info("sockname")
            self.source_address = name[0] if name else ""

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.CLOSED:
            return
        try:
            replies = self._reader.feed(data)
        except ReplyError as error:
            self._out_of_order(str(error))
            return
        try:
            last = len(replies) - 1
            for index, reply in enumerate(replies):
                if self.phase is Phase.READY:
                    self._take(reply, index == last and self._reader.is_empty)
                elif self.phase is Phase.OPENING:
                    self._early_reply(reply)
                else:
                    self._close()
                    return
        except Exception:
            log.exception("a bug in a mail dialogue with %s", self.target.host)
            self._fail(Reason.LOCAL_TROUBLE, "")
        if self.phase is Phase.READY and replies:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        words = "the host closed the connection" if exc is None else f"the connection was lost: {exc}"
        if self.phase is Phase.OPENING:
            self._early_trouble(Reason.CONNECTION_LOST, words)
        elif self.phase is Phase.READY:
            self._fail(Reason.CONNECTION_LOST, words)
        else:
            self._close()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._unsent and self.phase is Phase.READY:
            self._pump()
            self._arm()

    # --- ready: driven by replies ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to pull from the feed."""
        self.phase = Phase.READY
        self._timer = self._loop.call_later(self._tick_seconds, self._tick)
        self.wake()

    @property
    def is_idle(self) -> bool:
        return self.phase is Phase.READY and not self._waiting

    def wake(self) -> None:
        """There may be work for an idle session."""
        if not self.is_idle:
            return
        transaction = self._pull()
        if self.phase is Phase.READY:
            if transaction is not None:
                self._write(transaction.opening())
            else:
                self._feed.idle(self)
        if self.phase is Phase.READY:
            self._arm()

    def quit(self) -> None:
        """Close politely; only for an idle session."""
        if self.phase is not Phase.READY:
            return
        self.phase = Phase.QUITTING
        self._write(b"QUIT\r\n")
        self._deadline = self._loop.time() + self._settings.timeouts.quit

    def abandon(self) -> None:
        """Close at once. What is under way is reported as trouble of ours, nothing is said about the host."""
        if self.phase is Phase.READY and self._waiting:
            self._fail(Reason.LOCAL_TROUBLE, "delivery was stopped")
        else:
            self._close()

    def mark(self, now: datetime) -> bytes:
        """X-SES-Outgoing, outside of what is signed (as on SES) since it names the address of this very connection.

        The same all day. It is put in front of content as that goes out: one signed message may leave from several.
        """
        day = now.toordinal()
        if day != self._marked_day:
            text = f"X-SES-Outgoing: {now:%Y.%m.%d}-{self.source_address}\r\n"
            self._marked_day, self._todays_mark = day, text.encode("ascii")
        return self._todays_mark

    def _pull(self) -> Transaction[JobT] | None:
        transaction = self._feed.next(self)
        if transaction is not None:
            self.taken += 1
            self._waiting.append(transaction)
        return transaction

    def _take(self, reply: Reply, is_last: bool) -> None:
        """One reply, to the command at the head of what waits. `is_last`: nothing more has arrived after it."""
        if not self._waiting:
            # 421 is what a host says before it closes an idle connection; other words nobody asked for.
            self._close()
            return
        transaction = self._waiting[0]
        if transaction is None:
            self._waiting.popleft()
            if reply.code == 250:
                self.wake()
            else:
                self._close()
            return
        if self._unsent and reply.code < 400:
            self._out_of_order(f"an answer before the end of the data: {reply}")
            return
        step = transaction.take(reply)
        if step is Step.WAIT:
            return
        if step is Step.FINISHED:
            self._finish(transaction)
        elif step is Step.CLOSE:
            self._waiting.popleft()
            self._feed.finished(self, transaction)
            self._close()
        elif step is Step.SEND_NEXT:
            self._write(transaction.next_command())
        elif not is_last:
            # Content has not been sent yet, so nothing can answer it: to go on would pair this answer with it.
            self._fail(Reason.PROTOCOL_ERROR, "an answer before the data", Stage.DATA)
        elif step is Step.SEND_CONTENT:
            self._send_content(transaction)
        elif step is Step.SEND_CHUNK:
            start, self._unsent = transaction.next_chunk()
            self._write(start)
            self._pump()
        else:
            self._write(b".\r\n")

    def _finish(self, transaction: Transaction[JobT]) -> None:
        self._waiting.popleft()
        self.completed += 1
        if transaction.refuses_chunks:
            self.extensions = replace(self.extensions, chunking=False)
        self._feed.finished(self, transaction)
        if self.phase is not Phase.READY:
            return
        if self._unsent:  # refused before the end of the data: what the host takes the rest for is its guess
            self._close()
        elif not transaction.is_clean:
            self._waiting.append(None)
            self._write(b"RSET\r\n")
        elif not self._waiting:
            self.wake()

    def _send_content(self, transaction: Transaction[JobT]) -> None:
        mark, wire = transaction.mark, transaction.signed.wire
        if len(wire) > _CHUNK:
            self._write(mark)
            self._unsent = memoryview(wire)
            self._pump()
            return
        following = self._pull() if self.extensions.pipelining else None
        if following is None:
            self._write(mark + wire)
        else:
            self._write(b"".join((mark, wire, following.opening())))

    def _pump(self) -> None:
        """Large content goes out as the host takes it, never all of it into a buffer."""
        while self._unsent and not self._writing_paused:
            chunk, self._unsent = self._unsent[:_CHUNK], self._unsent[_CHUNK:]
            self._write(bytes(chunk))

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    # --- time and the end ------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Set the time limit for what is awaited now."""
        self._deadline = self._loop.time() + self._limit()

    def _limit(self) -> float:
        if not self._waiting:
            return self._settings.idle_seconds
        if self._unsent:
            return self._settings.timeouts.block
        transaction = self._waiting[0]
        return self._settings.timeouts.of(Stage.MAIL if transaction is None else transaction.stage)

    def _tick(self) -> None:
        """Looks at the limit now and then: one timer for a connection's life instead of one for each reply."""
        self._timer = None
        if self.phase is Phase.CLOSED:
            return
        if self._loop.time() >= self._deadline:
            if self.phase is Phase.QUITTING:
                self._close()
                return
            if self._waiting:
                self._fail(Reason.CONNECTION_TIMEOUT, f"no answer in time ({self._awaited()})")
                return
            self.quit()
        self._timer = self._loop.call_later(self._tick_seconds, self._tick)

    def _awaited(self) -> str:
        transaction = self._waiting[0] if self._waiting else None
        return "rset" if transaction is None else transaction.stage.value

    def _out_of_order(self, words: str) -> None:
        if self.phase is Phase.OPENING:
            self._early_trouble(Reason.PROTOCOL_ERROR, words)
            self.abandon()
        elif self.phase is Phase.READY:
            self._fail(Reason.PROTOCOL_ERROR, words)
        else:
            self._close()

    def _fail(self, reason: Reason, words: str, stage: Stage | None = None) -> None:
        """The connection is of no more use: the transaction at the head bears it, those behind it go back."""
        head = self._waiting[0] if self._waiting else None
        if head is not None:
            self._waiting.popleft()
            head.abort(classify_trouble(reason, words, self.target.host, stage=stage or head.stage))
            self._feed.finished(self, head)
        self._close()

    def _close(self) -> None:
        if self.phase is Phase.CLOSED:
            return
        was_ready = self.phase is not Phase.OPENING
        self.phase = Phase.CLOSED
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            if self._security is not None:
                tls.remember(self._transport, self._security.context, self._security.server_name)
            # An abort, not a close: a host that reads nothing must not hold our last bytes, and nothing of use
            # is in the buffer any more.
            self._transport.abort()
        if not was_ready:
            return
        while self._waiting:
            transaction = self._waiting.pop()
            if transaction is not None:
                self._feed.returned(self, transaction)
        self._feed.ended(self)
