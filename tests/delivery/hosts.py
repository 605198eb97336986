"""Mail hosts that do what they are told, a DNS as a dictionary, and a queue in memory: what delivery meets in tests.

Real sockets throughout. `Host` is a scripted SMTP server: by default it behaves, and each of its replies can be
replaced by other bytes, silence or a close. The queue checks every change of state against the model's own table.
"""

import asyncio
import socket
import ssl
import struct
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from tayori.clock import Clock
from tayori.delivery.egress import EgressChooser
from tayori.delivery.queue import NOTHING
from tayori.delivery.scheduler import Scheduler
from tayori.delivery.securities import secured_calls
from tayori.delivery.settings import DeliverySettings, Timeouts
from tayori.delivery.sign import KeyGone
from tayori.delivery.sts import StsPolicies
from tayori.delivery.tls_result import TlsResult
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.envelope import BodyType, ReversePath
from tayori.model.delivery import TRANSITIONS, Trigger
from tayori.model.message import (
    AttemptReport,
    DeliveryState,
    DueRecipient,
    Outcome,
    Outgoing,
    RecipientResult,
    TlsPolicy,
)

CLOSE = b"\0close"
HANG = b"\0hang"
RESET = b"\0reset"  # close with RST

Action = bytes | Callable[["Host", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes | None]]

_DEFAULTS: dict[str, bytes] = {
    "CONNECT": b"220 mx.test ESMTP\r\n",
    "HELO": b"250 mx.test\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go ahead\r\n",
    "BDAT": b"250 2.0.0 Ok\r\n",
    "DOT": b"250 2.0.0 Ok: queued\r\n",
    "RSET": b"250 2.0.0 Ok\r\n",
    "STARTTLS": b"220 2.0.0 Ready\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass
class Received:
    mail: str
    recipients: list[str]
    content: bytes
    over_tls: bool


@dataclass
class Host:
    """One scripted mail host. `on` replaces what it says to a verb, once for each action given or, for
    `always`, every time.
    """

    address: str
    port: int = 0
    keywords: tuple[str, ...] = ("PIPELINING", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)  # the addresses that connections came from
    tls_at_once: bool = False  # from the first byte (RFC 8314)
    contents: int = 0  # how often a whole message arrived, accepted or not
    connections: int = 0
    open_connections: int = 0
    most_open: int = 0
    _once: dict[str, deque[Action]] = field(default_factory=lambda: defaultdict(deque))
    _always: dict[str, Action] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def on(self, verb: str, *actions: Action) -> None:
        self._once[verb].extend(actions)

    def always(self, verb: str, action: Action) -> None:
        self._always[verb] = action

    async def start(self) -> None:
        implicit = self.tls if self.tls_at_once else None
        self._server = await asyncio.start_server(self._connected, self.address, self.port, ssl=implicit)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def verbs(self) -> list[str]:
        return [command.split(" ")[0].split(":")[0] for command in self.commands]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.peers.append(writer.get_extra_info("peername")[0])
        self.open_connections += 1
        self.most_open = max(self.most_open, self.open_connections)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, _Closed):
            pass
        finally:
            self.open_connections -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    async def _say(self, verb: str, default: bytes, reader: Any, writer: asyncio.StreamWriter) -> bytes:
        """Do what the script says; the bytes that were sent."""
        action: Action = default
        if self._once[verb]:
            action = self._once[verb].popleft()
        elif verb in self._always:
            action = self._always[verb]
        if callable(action):
            action = await action(self, reader, writer) or b""
        if action == HANG:
            await asyncio.Event().wait()
        text = action.removesuffix(CLOSE).removesuffix(RESET)
        if text:
            writer.write(text)
            await writer.drain()
        if action.endswith(RESET):
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if action.endswith((CLOSE, RESET)):
            raise _Closed
        return text

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say("CONNECT", _DEFAULTS["CONNECT"], reader, writer)
        mail, recipients, over_tls = "", [], self.tls_at_once
        chunks: list[bytes] = []
        while True:
            line = (await reader.readuntil(b"\r\n")).decode("latin-1").removesuffix("\r\n")
            self.commands.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "BDAT" and "BDAT" not in self._always:
                chunks.append(await reader.readexactly(int(line.split(" ")[1])))
                self.contents += line.endswith(" LAST")
            sent = await self._say(verb, self._default(verb, over_tls), reader, writer)
            if verb == "MAIL":
                mail, recipients, chunks = line, [], []
            elif verb == "BDAT" and sent.startswith(b"250") and line.endswith(" LAST"):
                self.received.append(Received(mail, list(recipients), b"".join(chunks), over_tls))
            elif verb == "RCPT" and sent.startswith(b"25"):
                recipients.append(line)
            elif verb == "STARTTLS" and sent.startswith(b"220"):
                await writer.start_tls(self.tls)
                over_tls = True
            elif verb == "DATA" and sent.startswith(b"354"):
                await self._data(mail, recipients, over_tls, reader, writer)
            elif verb == "QUIT":
                return

    def _default(self, verb: str, over_tls: bool) -> bytes:
        if verb == "EHLO":
            starttls = ["STARTTLS"] if self.tls is not None and not over_tls else []
            lines = ["mx.test", *self.keywords, *starttls]
            return "".join(
                f"250{'-' if i + 1 < len(lines) else ' '}{line}\r\n" for i, line in enumerate(lines)
            ).encode()
        return _DEFAULTS.get(verb, b"500 5.5.1 what?\r\n")

    async def _data(self, mail: str, recipients: list[str], over_tls: bool, reader: Any, writer: Any) -> None:
        lines: list[bytes] = []
        while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.commands.append(".")
        self.contents += bool(lines)
        default = _DEFAULTS["DOT"] if recipients else b"554 5.5.1 no valid recipients\r\n"
        sent = await self._say("DOT", default, reader, writer)
        if sent.startswith(b"250"):
            self.received.append(Received(mail, list(recipients), b"".join(lines), over_tls))


class _Closed(Exception):
    pass


class Zone:
    """The DNS: what was put in, else that the name has no such record; names in `absent` do not exist."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], tuple[str, ...]] = {}
        self.status: dict[tuple[str, str], AnswerStatus] = {}
        self.is_signed = False  # DNSSEC vouches for all but what is below the names in `unsigned`
        self.unsigned: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.questions: list[tuple[str, str]] = []

    def put(self, name: str, rdtype: str, *values: str) -> None:
        self.records[name, rdtype] = values

    def fail(self, name: str, rdtype: str, status: AnswerStatus) -> None:
        self.status[name, rdtype] = status

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.questions.append((name, rdtype))
        values = self.records.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        status = self.status.get((name, rdtype), status)
        canonical = name if rdtype == "CNAME" else self.aliases.get(name, name)
        is_validated = self.is_signed and not any(n.endswith(u) for n in (name, canonical) for u in self.unsigned)
        return Answer(
            name=name,
            rdtype=rdtype,
            status=status,
            values=values,
            canonical_name=canonical,
            authenticated=is_validated,
        )


@dataclass
class _Row:
    outgoing: Outgoing
    recipient: DueRecipient
    state: DeliveryState = DeliveryState.QUEUED
    due_at: datetime | None = None
    attempts: int = 0

    def change(self, trigger: Trigger) -> None:
        self.state = TRANSITIONS[self.state, trigger]


_TRIGGERS = {
    DeliveryState.DELIVERED: Trigger.DELIVER,
    DeliveryState.BOUNCED: Trigger.FAIL,
    DeliveryState.EXPIRED: Trigger.EXPIRE,
    DeliveryState.DEFERRED: Trigger.DEFER,
}


class MemoryQueue:
    """The Queue protocol over a dictionary: a test double, nothing survives it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self.rows: dict[tuple[str, int], _Row] = {}
        self.reports: list[AttemptReport] = []
        self.released: list[tuple[str, list[int]]] = []
        self.fail_records: deque[Exception] = deque()
        self.poison: str | None = None  # a message whose report always fails to be recorded
        self.avoided: list[set[str]] = []
        self.parked: list[tuple[str, int, str]] = []
        self.put_offs: list[tuple[str, int]] = []

    @property
    def wake(self) -> asyncio.Event:
        return self._wake

    def put(self, outgoing: Outgoing, *, in_hand: bool = False) -> None:
        for recipient in outgoing.recipients:
            row = _Row(outgoing, recipient)
            if in_hand:
                row.change(Trigger.CLAIM)
            self.rows[outgoing.message_id, recipient.ordinal] = row
        if not in_hand:
            self._wake.set()

    def _due(self, avoid: Collection[str]) -> list[_Row]:
        now = self._clock.now()
        return [
            row
            for row in self.rows.values()
            if row.state in (DeliveryState.QUEUED, DeliveryState.DEFERRED)
            and (row.due_at is None or row.due_at <= now)
            and row.recipient.address.domain not in avoid
        ]

    async def claim(
        self, limit: int, *, avoid: Mapping[str, datetime] = NOTHING, full: Collection[str] = ()
    ) -> list[Outgoing]:
        self.avoided.append(set(avoid))
        by_message: dict[str, list[_Row]] = defaultdict(list)
        for row in [row for row in self._due(avoid) if row.outgoing.stream not in full][:limit]:
            row.change(Trigger.CLAIM)
            by_message[row.outgoing.message_id].append(row)
        claimed = []
        for rows in by_message.values():
            recipients = tuple(
                DueRecipient(ordinal=r.recipient.ordinal, address=r.recipient.address, attempts=r.attempts)
                for r in rows
            )
            original = rows[0].outgoing
            claimed.append(Outgoing(**{**_members(original), "recipients": recipients}))
        return claimed

    async def put_off(self, domain: str, until: datetime, outcome: Outcome, limit: int) -> int:
        waiting = [row for row in self._due(()) if row.recipient.address.domain == domain]
        for row in waiting[:limit]:
            row.due_at = until
            row.state = DeliveryState.DEFERRED
        self.put_offs.append((domain, len(waiting[:limit])))
        async with self._changed:
            self._changed.notify_all()
        return len(waiting[:limit])

    async def record(self, reports: Sequence[AttemptReport]) -> None:
        await asyncio.sleep(0)
        if self.fail_records:
            raise self.fail_records.popleft()
        if self.poison is not None and any(r.message_id == self.poison for r in reports):
            raise RuntimeError("this report cannot be recorded")
        for report in reports:
            self.reports.append(report)
            for result in report.results:
                row = self.rows[report.message_id, result.ordinal]
                row.change(_TRIGGERS[result.decision.state])
                row.due_at = result.decision.due_at
                row.attempts += result.decision.counts
        self._wake.set()
        async with self._changed:
            self._changed.notify_all()

    async def release(self, claims: Sequence[tuple[str, Sequence[int]]]) -> None:
        for message_id, ordinals in claims:
            self.released.append((message_id, list(ordinals)))
            for ordinal in ordinals:
                self.rows[message_id, ordinal].change(Trigger.RELEASE)

    async def park(self, items: Sequence[tuple[str, int, str]]) -> None:
        """Nothing here ends a pause."""
        for message_id, ordinal, parked in items:
            row = self.rows[message_id, ordinal]
            row.change(Trigger.RELEASE)
            if parked:
                row.due_at = self._clock.now() + timedelta(days=1)
            self.parked.append((message_id, ordinal, parked))
        async with self._changed:
            self._changed.notify_all()

    async def next_due(self) -> datetime | None:
        due = [r.due_at for r in self.rows.values() if r.state is DeliveryState.DEFERRED and r.due_at is not None]
        return min(due, default=None)

    # --- for the tests ---------------------------------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(condition)

    async def until_claimed(self, outgoing: Outgoing) -> None:
        while any(row.state is DeliveryState.QUEUED for row in self.rows.values() if row.outgoing is outgoing):
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)  # for the claim to come back

    async def until_reported(self, count: int) -> list[RecipientResult]:
        """Wait for `count` results, and return all there are, in the order in which they were recorded."""
        await self.until(lambda: len(self.results()) >= count)
        return self.results()

    def results(self) -> list[RecipientResult]:
        return [result for report in self.reports for result in report.results]

    def states(self) -> list[DeliveryState]:
        return [row.state for row in self.rows.values()]


def _members(value: Outgoing) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


CONTENT = (
    b"From: a@sender.test\r\nTo: b@dest.test\r\nSubject: hello\r\nMessage-ID: <1@sender.test>\r\n"
    b"Date: Tue, 24 Nov 2026 00:00:00 +0000\r\n\r\nHello.\r\n.a line with a dot\r\n..\r\nBye.\r\n"
)


class World:
    """A scheduler among scripted hosts. Use: `async with World(clock, ...) as world`."""

    def __init__(self, clock: Clock, *, keys: dict[str, Any] | None = None, **settings: Any) -> None:
        self.clock = clock
        self.zone = Zone()
        self.queue = MemoryQueue(clock)
        self.hosts: list[Host] = []
        self.loaded: list[str] = []
        self._keys = {} if keys is None else keys
        self._options = settings
        self._port = 0
        self._count = 0
        self.chooser: EgressChooser | None = None
        self._scheduler: Scheduler | None = None
        self.sts: StsPolicies | None = None
        self.seen: list[TlsResult] = []

    def saw(self, result: TlsResult) -> None:
        self.seen.append(result)

    async def __aenter__(self) -> "World":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._scheduler is not None:
            await self.stop(0.0)
        for host in self.hosts:
            await host.stop()

    async def host(self, **options: Any) -> Host:
        """Another host, on a loopback address of its own; all of them share a port as on the Internet."""
        address = options.pop("address", f"127.88.0.{len(self.hosts) + 1}")
        host = Host(address, self._port, **options)
        await host.start()
        self._port = host.port
        self.hosts.append(host)
        return host

    async def domain(self, name: str = "dest.test", **options: Any) -> Host:
        """A domain with one MX and its host."""
        host = await self.host(**options)
        self.mx(name, host)
        return host

    def mx(self, name: str, *hosts: Host | str) -> None:
        """MX records in falling preference; a text is an address where nobody listens."""
        values = []
        for index, host in enumerate(hosts):
            exchange = f"mx{index + 1}.{name}"
            values.append(f"{(index + 1) * 10} {exchange}")
            address = host if isinstance(host, str) else host.address
            self.zone.put(exchange, "AAAA" if ":" in address else "A", address)
        self.zone.put(name, "MX", *values)

    def message(
        self,
        *to: str,
        content: bytes = CONTENT,
        policy: TlsPolicy = TlsPolicy.OPTIONAL,
        lifetime: float = 50_400,
        **more: Any,
    ) -> Outgoing:
        self._count += 1
        now = self.clock.now()
        members: dict[str, Any] = {
            "message_id": f"message-{self._count}",
            "account_id": "111122223333",
            "region": "us-east-1",
            "configuration_set": None,
            "reverse_path": ReversePath.of(AddrSpec.parse(f"{self._count}@bounce.sender.test")),
            "content": content,
            "body": BodyType.SEVEN_BIT,
            "signing": (),
            "tls_policy": policy,
            "accepted_at": now,
            "expires_at": now + timedelta(seconds=lifetime),
            "recipients": tuple(
                DueRecipient(ordinal=i, address=AddrSpec.parse(address))
                for i, address in enumerate(to or ("b@dest.test",))
            ),
        }
        return Outgoing(**{**members, **more})

    @property
    def settings(self) -> DeliverySettings:
        defaults: dict[str, Any] = {
            "ehlo_name": "a1.smtp-out.tayori.test",
            "outgoing_address": "192.0.2.25",
            "port": self._port or 1,
            "allowed_networks": (ip_network("127.0.0.0/8"),),
            "timeouts": Timeouts().scaled(1 / 60),
        }
        return DeliverySettings(**{**defaults, **self._options})

    async def start(self) -> Scheduler:
        async def load_key(key_id: str) -> Any:
            self.loaded.append(key_id)
            await asyncio.sleep(0)
            key = self._keys[key_id]
            if key is None:
                raise KeyGone(key_id)
            return key

        self._scheduler = Scheduler(
            queue=self.queue,
            resolver=self.zone,
            load_key=load_key,
            clock=self.clock,
            settings=self.settings,
            jitter=lambda: 0.0,
            chooser=self.chooser,
            calls=secured_calls(self.settings, self.zone, self.clock, sts=self.sts, observer=self),
        )
        await self._scheduler.start()
        return self._scheduler

    @property
    def scheduler(self) -> Scheduler:
        assert self._scheduler is not None
        return self._scheduler

    async def stop(self, drain_seconds: float) -> None:
        scheduler, self._scheduler = self._scheduler, None
        assert scheduler is not None
        await scheduler.stop(drain_seconds)

    def offer(self, message: Outgoing) -> bool:
        """Hand over a fresh message; when it is refused, it waits in the queue."""
        assert self._scheduler is not None
        taken = self._scheduler.offer(message)
        self.queue.put(message, in_hand=taken)
        return taken

    async def send(self, *messages: Outgoing) -> list[RecipientResult]:
        """Deliver these (or one plain message) and wait until each recipient has had one result more."""
        messages = messages or (self.message(),)
        if self._scheduler is None:
            await self.start()
        before = len(self.queue.results())
        for message in messages:
            assert self.offer(message)
        wanted = sum(len(message.recipients) for message in messages)
        return (await self.queue.until_reported(before + wanted))[before:]
