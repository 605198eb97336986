"""The loop that sends: nothing is lost, nobody waits for another's trouble."""

import asyncio
import ipaddress
from contextlib import asynccontextmanager

from endpoints import Endpoint as WebServer
from endpoints import Names, answer, serving
from notices import BASE, OneSigner

from tayori.events.endpoint import DONE, Attempt
from tayori.events.http_endpoint import HttpEndpoint
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.events.sender import Sender, SenderSettings
from tayori.resources import dead_letters, notifications
from tayori.resources.notifications import NotificationKind, Verdict

ACCOUNT = "111111111111"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Sub:
    def __init__(self, endpoint, protocol="http"):
        self.subscription_id = "s"
        self.endpoint = endpoint
        self.protocol = protocol
        self.token = ""
        self.attributes = {}


def enqueue(tx, subscriptions):
    for number, subscription in enumerate(subscriptions):
        notifications.enqueue(
            tx,
            account_id=ACCOUNT,
            region="us-east-1",
            kind=NotificationKind.NOTIFICATION,
            topic_arn=f"arn:aws:sns:us-east-1:{ACCOUNT}:t",
            subscription=subscription,
            message_id=f"m-{number}",
            subject="",
            message=f"{number}",
            attributes={},
            raw=True,
        )


def sender(store, clock, worker="w", seconds=5.0, endpoints=None, **settings):
    http = HttpEndpoint(
        OutgoingHttp(Names(), OutgoingSettings(allowed_networks=LOOPBACK, seconds=seconds)), OneSigner(), BASE
    )
    values = {"stop_seconds": 0.2} | settings
    return Sender(store, clock, worker, endpoints or {"http": http}, SenderSettings(**values))


@asynccontextmanager
async def ticking(loop):
    """The loop, run as its supervisor does, without its pauses."""

    async def tick():
        while True:
            await loop.tick()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(tick())
    try:
        yield loop
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await loop.stop()


async def hang(request, writer):
    """Until the other side gives up."""
    await request.reader.read()


def states(store):
    def count(tx):
        rows = tx.connection.exec_driver_sql("SELECT state, COUNT(*) FROM notifications GROUP BY state")
        return dict(rows.fetchall())

    return store.read(count)


async def until_states(store, **wanted):
    while await states(store) != wanted:
        await asyncio.sleep(0.02)


def test_a_thousand_subscribers_are_told_and_no_host_is_overrun(run, store, clock):
    async def check():
        async with serving(WebServer()) as endpoint:
            await store.write(enqueue, [Sub(endpoint.url(f"/{number}")) for number in range(1000)])
            async with ticking(sender(store, clock)):
                await until_states(store, done=1000)
            assert sorted(int(one.path[1:]) for one in endpoint.received) == list(range(1000))
            assert endpoint.most_at_once <= 10

    run(check())


def test_one_that_hangs_delays_nobody_else(run, store, clock):
    """Whether its many subscriptions have one URL or many."""

    async def check():
        async with serving(WebServer(script=hang)) as bad, serving(WebServer()) as good:
            slow = [Sub(bad.url(f"/{number % 60}")) for number in range(300)]
            await store.write(enqueue, [*slow, *(Sub(good.url()) for _ in range(50))])
            async with ticking(sender(store, clock, seconds=60, waiting_in_lane=20)):
                await good.wait_for(50)
                assert bad.most_at_once <= 10
            assert (await states(store)) == {"waiting": 300, "done": 50}

    run(check())


def test_a_lane_that_hangs_gets_one_place(run, store, clock):
    async def check():
        async with serving(WebServer(script=hang)) as bad:
            await store.write(enqueue, [Sub(bad.url()) for _ in range(30)])
            async with ticking(sender(store, clock, seconds=0.3, in_lane=5)):
                await bad.wait_for(5)
                await bad.wait_for(8)
                assert bad.at_once <= 5
                while bad.at_once > 1:
                    await asyncio.sleep(0.01)
                count = len(bad.received)
                await bad.wait_for(count + 2)
                assert bad.at_once <= 1

    run(check())


def test_failures_come_back_when_they_are_due(run, store, clock):
    async def check():
        async with serving(WebServer(answers=[answer(500), answer(503), answer(200)])) as endpoint:
            await store.write(enqueue, [Sub(endpoint.url())])
            async with ticking(sender(store, clock)):
                await until_states(store, done=1)
            assert len(endpoint.received) == 3

    run(check())


def test_what_a_dead_sender_had_in_hand_is_sent_by_the_next(run, store, clock):
    async def check():
        async with serving(WebServer()) as endpoint:
            await store.write(enqueue, [Sub(endpoint.url())])
            assert len(await store.write(notifications.claim, "the dead", 10)) == 1
            async with ticking(sender(store, clock)):
                await until_states(store, done=1)
            assert len(endpoint.received) == 1

    run(check())


def test_what_is_under_way_at_the_end_is_given_back_untried(run, store, clock):
    async def check():
        async with serving(WebServer(script=hang)) as bad:
            await store.write(enqueue, [Sub(bad.url()) for _ in range(3)])
            async with ticking(sender(store, clock, seconds=60)):
                await bad.wait_for(3)
            again = await store.write(notifications.claim, "next", 10)
            assert [item.attempts for item in again] == [0, 0, 0]

    run(check())


def test_an_endpoint_that_raises_spoils_only_its_own(run, store, clock, caplog):
    class Raising:
        async def send(self, notification):
            raise RuntimeError("a bug")

    class Fine:
        async def send(self, notification):
            return DONE

    async def check():
        await store.write(enqueue, [Sub("x", "sqs"), Sub("y", "email"), Sub("z", "carrier pigeon")])
        async with ticking(sender(store, clock, endpoints={"sqs": Raising(), "email": Fine()})):
            await until_states(store, waiting=1, done=1, dead=1)
        (dead,) = await store.read(dead_letters.listed, ACCOUNT, "us-east-1")
        assert dead.reason == "Nothing is delivered over carrier pigeon here."

    run(check())
    assert "a bug" in caplog.text


def test_endpoints_give_what_the_loop_understands():
    assert Attempt(verdict=Verdict.FAILED, error="x") != DONE
