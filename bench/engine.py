"""Store, acceptance and delivery of Tayori in this process, with smtp-sink as every domain's host.

For questions about the queue that no client can ask from outside: how long a mail waits behind a bulk, what a million
waiting recipients cost. Messages are the service's own, so that neither quota nor signature takes part.
"""

import asyncio
import resource
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from types import TracebackType

from bench.sink import Sink
from tayori.app.sending import Sending, StoredQueue
from tayori.clock import SystemClock
from tayori.delivery.scheduler import Scheduler
from tayori.delivery.settings import DeliverySettings
from tayori.delivery.sign import KeyGone
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.dkim import PrivateKey
from tayori.mail.envelope import BodyType
from tayori.model.message import AttemptReport, Caller, DeliveryState, Operation, Submission
from tayori.model.names import ServiceNames
from tayori.resources.messages import Door
from tayori.store.database import open_store
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

WORKER = "bench"
CONTENT = b"From: bench@tayori.test\r\nTo: reader@sink.test\r\nSubject: bench\r\n\r\n" + (b"X" * 76 + b"\r\n") * 50
DEAD = "dead.test"
_NOBODY = "127.88.99.99"
_MEGABYTE = 2**20
_SENDER = AddrSpec.parse("bench@tayori.test")
_numbers = count(1)


def names(region: str) -> ServiceNames:
    return ServiceNames(service_domain="tayori.test", region=region)


def rss_megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True, slots=True)
class SinkDns:
    """Every domain's mail host is the sink, but for one: nobody listens there."""

    address: str

    async def resolve(self, name: str, rdtype: str) -> Answer:
        address = _NOBODY if name.endswith(DEAD) else self.address
        values = {"MX": (f"10 mx.{name}",), "A": (address,)}.get(rdtype, ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


class CountingQueue(StoredQueue):
    """Knows when what was delivered."""

    def __init__(self, engine: "Engine") -> None:
        super().__init__(engine.store, names, WORKER, 256 * _MEGABYTE)
        self.delivered = 0
        self._finished: dict[str, asyncio.Future[float]] = {}
        self._clock = engine.clock

    def watch(self, message_id: str) -> None:
        self._finished[message_id] = asyncio.get_running_loop().create_future()

    async def until_finished(self, message_id: str) -> float:
        """When the message's delivery was on record."""
        return await self._finished[message_id]

    async def record(self, reports: Sequence[AttemptReport]) -> None:
        await super().record(reports)
        now = self._clock.now().timestamp()
        for report in reports:
            done = sum(result.decision.state is DeliveryState.DELIVERED for result in report.results)
            self.delivered += done
            watched = self._finished.get(report.message_id) if done else None
            if watched is not None and not watched.done():
                watched.set_result(now)


async def _no_key(key_id: str) -> PrivateKey:
    raise KeyGone(key_id)


class Engine:
    """`async with Engine(sink) as engine`. A `folder` that is given is kept."""

    def __init__(self, sink: Sink, folder: Path | None = None, **settings: object) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="tayori-bench-"))
        self._is_ours = folder is None
        self.clock = SystemClock()
        self.store = open_store(f"sqlite:///{self.folder / 'tayori.db'}", self.clock)
        self.queue = CountingQueue(self)
        self.sending = Sending(self.store, names, WORKER)
        self.scheduler: Scheduler | None = None
        self._sink = sink
        self._settings = settings

    async def __aenter__(self) -> "Engine":
        return self

    async def start(self) -> None:
        values: dict[str, object] = {
            "ehlo_name": "bench.tayori.test",
            "outgoing_address": "192.0.2.1",
            "port": self._sink.port,
            "allowed_networks": (ip_network("127.0.0.0/8"),),
        }
        self.scheduler = Scheduler(
            queue=self.queue,
            resolver=SinkDns(self._sink.host),
            load_key=_no_key,
            clock=self.clock,
            settings=DeliverySettings(**(values | self._settings)),  # type: ignore[arg-type]
        )
        self.sending.queue = self.queue
        await self.scheduler.start()
        self.sending.engine = self.scheduler

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.scheduler is not None:
            await self.scheduler.stop(10.0)
        await self.store.close()
        if self._is_ours:
            shutil.rmtree(self.folder, ignore_errors=True)

    def submission(self, *recipients: str, account_id: str = "111122223333") -> Submission:
        number = next(_numbers)
        return Submission(
            message_id=f"bench-{WORKER}-{number:09}-{id(self):x}",
            caller=Caller(
                account_id=account_id,
                region="us-east-1",
                arn=f"arn:aws:iam::{account_id}:root",
                source_ip="127.0.0.1",
                operation=Operation.SERVICE,
            ),
            submitted_at=self.clock.now(),
            from_address=_SENDER,
            identities=(_SENDER,),
            recipients=tuple([AddrSpec.parse(text) for text in recipients]),
            content=CONTENT,
            body=BodyType.SEVEN_BIT,
            subject="bench",
        )

    async def fill(self, submissions: Sequence[Submission], *, due_in: timedelta = timedelta(0)) -> None:
        """Put these into the store, to wait there."""
        door = Door(names, WORKER, lambda stream: False)

        def write(tx: Tx) -> None:
            refused = [answer for answer in door.accept(tx, submissions) if isinstance(answer, Exception)]
            if refused:
                raise refused[0]

        await self.store.write(write)
        if due_in:
            until = self.clock.now() + due_in
            ids = [submission.message_id for submission in submissions]
            await self.store.write(_due_later, ids, until)


_LATER = Hot("UPDATE recipients SET state = 'deferred', due_at = ?, attempts = 1 WHERE message_id = ?")


def _due_later(tx: Tx, ids: Sequence[str], until: datetime) -> None:
    tx.hot(_LATER, [(to_micros(until), message_id) for message_id in ids])
