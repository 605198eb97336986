"""The whole API on a real socket: uvicorn on a loopback port over a real store, and boto3 as its client."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import sqlalchemy as sa
import uvicorn
from botocore.config import Config

from population import ACCOUNT, REGION, names
from tayori.api.app import create_app
from tayori.app.job_files import FilePages, FolderFiles
from tayori.app.sending import Sending
from tayori.clock import AdjustableClock
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.event_target import Offered
from tayori.resources import accounts, credentials
from tayori.resources.credentials import Credential
from tayori.store.engine import Store
from tayori.store.tables import bodies, messages, recipients

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER_ACCOUNT = "999900001111"
OTHER_REGIONS = ("eu-west-1", "ap-northeast-1")
PUBLIC_URL = "https://mail.example.net"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:sorting"


def key_of(account_id: str) -> str:
    return f"AKIA{account_id:0>16}"


OFFERED = Offered(eventbridge=True, streams=frozenset({"audit", "222222222222/theirs"}), queues=True)


class Zone:
    """A DNS of one's own: what was put into `records` by (name, type), and nothing else."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], tuple[str, ...]] = {}
        self.is_down = False

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = self.records.get((name, rdtype), ())
        known = any(name == other for other, _ in self.records)
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA if known else AnswerStatus.NXDOMAIN
        if self.is_down:
            status, values = AnswerStatus.TIMEOUT, ()
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


@dataclass
class Tools:
    sending: Sending  # without delivery: everything waits in the store
    job_files: FolderFiles
    functions: frozenset[str] = frozenset({FUNCTION})
    resolver: Zone = field(default_factory=lambda: Zone())
    public_url: str = PUBLIC_URL
    identity_created: Callable[[str, str], Awaitable[None]] | None = None
    offered_targets: Offered = OFFERED
    created: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Message:
    """What the store has of one accepted message."""

    message_id: str
    content: bytes
    reverse_path: str
    recipients: list[str]


@dataclass
class Service:
    """One running API. `transact` runs a function of a transaction beside it."""

    port: int
    store: Store
    clock: AdjustableClock
    tools: Tools
    clients: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, account_id: str = ACCOUNT, *, region: str = REGION, **options: Any) -> Any:
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key_of(account_id),
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, **options),
        )
        self.clients.append(client)
        return client

    def transact(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        async def once() -> Any:
            return await self.store.write(fn, *args, **kwargs)

        return asyncio.run(once())

    def accepted(self) -> list[Message]:
        """All messages, oldest first."""
        return self.transact(_accepted)

    def last(self) -> Message:
        return self.accepted()[-1]


def _accepted(tx: Any) -> list[Message]:
    rows = tx.execute(
        sa.select(messages.c.message_id, messages.c.reverse_path, bodies.c.content)
        .join(bodies, bodies.c.message_id == messages.c.message_id)
        .order_by(messages.c.accepted_at, messages.c.message_id)
    ).all()
    found = []
    for row in rows:
        to = tx.execute(
            sa.select(recipients.c.address)
            .where(recipients.c.message_id == row.message_id)
            .order_by(recipients.c.ordinal)
        )
        found.append(Message(row.message_id, bytes(row.content), row.reverse_path, [item.address for item in to]))
    return found


def two_accounts(tx: Any) -> None:
    for account_id in (ACCOUNT, OTHER_ACCOUNT):
        accounts.create(tx, account_id, REGION, name=account_id)
        credential = Credential(
            access_key_id=key_of(account_id),
            account_id=account_id,
            secret_access_key=SECRET,
            user_name="app",
            active=True,
            operator=False,
            created_at=datetime.now(UTC),
        )
        credentials.create(tx, credential)


def application(store: Store, clock: AdjustableClock, folder: Path) -> tuple[Any, Tools]:
    """The whole API over that store, and what its handlers work with."""
    files = FolderFiles(folder, clock, PUBLIC_URL, b"secret of the test")
    sending = Sending(store, names, "nobody", public_url=PUBLIC_URL)
    tools = Tools(sending=sending, job_files=files)

    async def created(account_id: str, name: str) -> None:
        tools.created.append((account_id, name))

    tools.identity_created = created
    app = create_app(
        store=store,
        clock=clock,
        region=REGION,
        regions=(REGION, *OTHER_REGIONS),
        names=names(REGION),
        page_secret=b"secret of the test",
        routes=FilePages(files).table(),
        tools=tools,
    )
    return app, tools


@contextmanager
def running(store: Store, clock: AdjustableClock) -> Iterator[Service]:
    """Serve the API until the end of the block. Two accounts exist, both in the sandbox."""
    folder = tempfile.TemporaryDirectory(prefix="tayori-jobs-")
    app, tools = application(store, clock, Path(folder.name))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    service = Service(port=listener.getsockname()[1], store=store, clock=clock, tools=tools)
    service.transact(two_accounts)
    try:
        yield service
    finally:
        for client in service.clients:
            client.close()
        server.should_exit = True
        thread.join(20)
        listener.close()
        folder.cleanup()
        assert not thread.is_alive()
