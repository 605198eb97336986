"""Many bounces at the same time, over a real port into real rows: none is lost, and no memory is kept for them."""

import gc
import tracemalloc

import sqlalchemy as sa
from bench.storm import hand_in

from population import RETURN_PATHS, identity, inbound_port, names, open_account, submission
from tayori import ids
from tayori.clock import SystemClock
from tayori.inbound.gate import Gate
from tayori.inbound.intake import ReportIntake
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.inbound import InboundRoute, NotTaken
from tayori.resources import quotas, suppression
from tayori.resources.inbound import Received
from tayori.resources.messages import Door
from tayori.smtp.mx import MxRole
from tayori.smtp.policy import ServerSettings
from tayori.smtp.server import SmtpServer
from tayori.store.engine import Store
from tayori.store.tables import events

COUNT = 240
CONNECTIONS = 30
_MEMORY = 8 * 1024 * 1024


class NoDns:
    async def resolve(self, name: str, rdtype: str) -> Answer:
        return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)


async def port(store: Store, gate: Gate, *, max_connections: int) -> SmtpServer:
    inbound = inbound_port()

    async def accepts(address: AddrSpec) -> InboundRoute | NotTaken:
        return await store.read(inbound.route, address)

    async def record(received: Received) -> None:
        await store.batch(inbound.record, received)

    intake = ReportIntake(record, NoDns(), SystemClock(), gate)
    role = MxRole(hostname="mx.test", accepts=accepts, intake=intake)
    settings = ServerSettings(hostname="mx.test", max_line=100_000, max_connections=max_connections)
    server = SmtpServer(policy_factory=role.policy, settings=settings)
    await server.start("127.0.0.1", 0)
    return server


async def send(store: Store) -> list[tuple[str, str]]:
    """Messages to `COUNT` recipients; (return path, recipient) of each."""
    await store.write(open_account)
    await store.write(identity, "example.com")
    door = Door(names, "nobody", lambda stream: False)
    sent = [
        submission(f"gone{number}@sink.test", message_id=ids.message_id("us-east-1", store.clock.now()))
        for number in range(COUNT)
    ]
    await store.write(door.accept, sent)
    paths = [f"{one.message_id}@{names('us-east-1').mail_from_domain}" for one in sent]
    issued = [RETURN_PATHS.issue(path, 0, is_shared=False) for path in paths]
    return [(path, str(one.recipients[0])) for path, one in zip(issued, sent, strict=True)]


def test_a_storm(run, store: Store) -> None:
    async def scenario() -> int:
        bounces = await send(store)
        server = await port(store, Gate(400), max_connections=100)
        await hand_in("127.0.0.1", server.port, bounces[:40], CONNECTIONS)  # what is made once is made
        gc.collect()
        tracemalloc.start()
        try:
            await hand_in("127.0.0.1", server.port, bounces[40:], CONNECTIONS)
            await server.stop(5.0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak = run(scenario())

    async def look() -> tuple[int, int, int]:
        query = sa.select(sa.func.count()).select_from(events).where(events.c.kind == "Bounce")
        recorded = await store.read(lambda tx: int(tx.execute(query).scalar_one()))
        points = await store.read(quotas.statistics, "111122223333", "us-east-1")
        addresses = [f"gone{number}@sink.test" for number in range(COUNT)]
        listed = await store.read(suppression.reasons, "111122223333", "us-east-1", addresses)
        return recorded, sum(point.bounces for point in points), len(listed)

    assert run(look()) == (COUNT, COUNT, COUNT)
    assert peak < _MEMORY, peak


def test_who_is_put_off_comes_again(run, store: Store) -> None:
    """More connections than there is room for: those that get none try later."""

    async def scenario() -> int:
        bounces = (await send(store))[:60]
        server = await port(store, Gate(0), max_connections=2)
        await hand_in("127.0.0.1", server.port, bounces, 10)
        await server.stop(5.0)
        query = sa.select(sa.func.count()).select_from(events).where(events.c.kind == "Bounce")
        return await store.read(lambda tx: int(tx.execute(query).scalar_one()))

    assert run(scenario()) == 60
