"""Endpoints in trouble for long: what they cost, what others notice of it, and that nothing is lost."""

import asyncio
import ipaddress

import pytest
from endpoints import Endpoint as WebServer
from endpoints import Names, answer, serving
from notices import BASE, OneSigner
from test_sender import Sub, enqueue, hang, states

from population import ACCOUNT as OWNER
from population import REGION, open_account
from tayori.app import webhooks as shared
from tayori.app.dead_letters import replay_all
from tayori.app.webhooks import PausedNotice
from tayori.events.http_endpoint import HttpEndpoint
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.events.sender import Sender, SenderSettings
from tayori.events.webhook_endpoint import WebhookEndpoint
from tayori.model.delivery_policy import HTTP, WEBHOOK
from tayori.resources import accounts, dead_letters, notifications, webhooks
from tayori.resources.dead_letters import Selection

ACCOUNT = "111111111111"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
MANY = 1000


def outgoing(seconds=5.0):
    return OutgoingHttp(Names(), OutgoingSettings(allowed_networks=LOOPBACK, seconds=seconds))


def sender(store, clock, endpoints=None, seconds=5.0, **settings):
    http = HttpEndpoint(outgoing(seconds), OneSigner(), BASE)
    values = {"stop_seconds": 0.2} | settings
    return Sender(store, clock, "w", endpoints or {"http": http}, SenderSettings(**values))


def in_hand(loop):
    """What the sender keeps in memory."""
    return sum(len(lane.waiting) for lane in loop._lanes.values()), len(loop._tasks)


async def settle(loop):
    """Ticks until nothing is due any more and nothing is under way."""
    while True:
        pause = await loop.tick()
        while loop._tasks:
            await asyncio.sleep(0.002)
        if in_hand(loop) == (0, 0) and (pause is None or pause > 0.1):
            return


def test_a_thousand_subscribers_of_which_some_hang_and_some_fail(run, store, clock):
    """Memory and places are bounded, and those that work hear at once."""

    async def check():
        broken = WebServer(answers=[answer(500)])
        async with serving(WebServer(script=hang)) as hanging, serving(broken) as failing, serving(WebServer()) as good:
            # Each server is a host of its own, by its port.
            servers = (hanging, failing, good, good)
            await store.write(enqueue, [Sub(servers[n % 4].url(f"/{n}")) for n in range(MANY)])
            loop = sender(store, clock, seconds=60, waiting_in_lane=50, in_all=200)
            most = [0, 0]
            while (await states(store)).get("done") != MANY // 2:
                await loop.tick()
                await asyncio.sleep(0.02)
                most = [max(pair) for pair in zip(most, in_hand(loop), strict=True)]
            assert most[0] <= 3 * 50  # three lanes
            assert most[1] <= 200
            assert hanging.most_at_once <= 10 and failing.most_at_once <= 10
            await loop.stop()
            # Nothing is lost: what hung, and what failed, waits.
            assert (await states(store))["waiting"] == MANY // 2

    run(check())


def test_an_endpoint_that_answers_500_for_a_day(run, store, clock):
    """Each notification is tried as the policy says and then kept; another endpoint hears each at once; all goes on
    where it stood once the endpoint works again.
    """
    times = range(0, 24, 3)

    async def check():
        async with serving(WebServer(answers=[answer(500, b"oops")])) as bad, serving(WebServer()) as good:
            loop = sender(store, clock)
            for heard, hour in enumerate(times, 1):
                await store.write(enqueue, [Sub(bad.url(f"/{hour}")), Sub(good.url(f"/{hour}"))])
                await settle(loop)
                assert len(good.received) == heard
                for _ in range(HTTP.retries):
                    clock.advance(23)
                    await settle(loop)
                clock.advance(2 * 3600)
            assert await states(store) == {"done": len(times), "dead": len(times)}
            assert len(bad.received) == len(times) * (HTTP.retries + 1)
            assert bad.most_at_once <= 10
            letters = await store.read(dead_letters.listed, ACCOUNT, REGION)
            assert {letter.reason for letter in letters} == {"It answered 500: oops"}
            bad.answers = [answer(200)]
            await store.write(subscribe_rows, letters)
            assert await replay_all(store, ACCOUNT, REGION, Selection(protocol="http")) == len(times)
            await settle(loop)
            assert await states(store) == {"done": 2 * len(times)}
            await loop.stop()

    run(check())


def subscribe_rows(tx, letters):
    """The subscription that these were for."""
    from tayori.store.notification_tables import subscriptions

    item = letters[0].notification
    tx.execute(
        subscriptions.insert().values(
            account_id=ACCOUNT,
            region=REGION,
            topic="t",
            subscription_id=item.subscription_id,
            protocol="http",
            endpoint="http://127.0.0.1/",
            state="confirmed",
            token="",
            token_expires_at=tx.now,
            attributes={},
            owner=ACCOUNT,
            principal="",
            confirmed_by_owner=True,
            needs_owner_to_leave=False,
            created_at=tx.now,
        )
    )


class Mailer:
    def __init__(self):
        self.mails = []

    async def __call__(self, mail):
        self.mails.append(mail)


@pytest.fixture
def account(transact):
    transact(open_account)
    transact(accounts.put_contact, OWNER, "owner@shop.test")


def test_a_webhook_that_answers_500_for_a_day_misses_nothing(run, store, clock, account):
    async def check():
        async with serving(WebServer(answers=[answer(500)])) as app:
            mailer = Mailer()
            hook, loop = await hooked(store, clock, app, mailer)
            for _ in range(24):
                await store.write(shared.send_test, OWNER, REGION, hook.webhook_id)
                clock.advance(3600)
                await settle(loop)
            assert (await states(store)) == {"waiting": 24} and mailer.mails == []
            assert len(app.received) <= 24 * (WEBHOOK.retries + 1)
            app.answers = [answer(204)]
            clock.advance(12 * 3600)
            await settle(loop)
            assert await states(store) == {"done": 24}
            await loop.stop()

    run(check())


async def hooked(store, clock, app, mailer):
    new = shared.new_webhook(app.url(), [], configuration_set=None, secret=None, is_rehearsal=True)
    hook = await store.write(shared.create, OWNER, REGION, new)
    endpoint = WebhookEndpoint(outgoing(), store, PausedNotice(store, mailer))
    return hook, sender(store, clock, {"webhook": endpoint})


def test_one_that_is_dead_is_paused_its_owner_gets_one_mail_and_all_is_sent_in_the_end(run, store, clock, account):
    async def check():
        async with serving(WebServer(answers=[answer(503)])) as app:
            mailer = Mailer()
            hook, loop = await hooked(store, clock, app, mailer)
            days = 8
            for _ in range(days):
                await store.write(shared.send_test, OWNER, REGION, hook.webhook_id)
                for _ in range(8):
                    clock.advance(3 * 3600)
                    await settle(loop)
            (mail,) = mailer.mails
            assert (mail.to, hook.webhook_id in mail.subject) == ("owner@shop.test", True)
            assert f"tayori webhook replay {hook.webhook_id}" in mail.text and "一時停止" in mail.text
            count = len(app.received)
            await store.write(shared.send_test, OWNER, REGION, hook.webhook_id)
            await settle(loop)
            assert len(app.received) == count  # a paused one is not asked
            app.answers = [answer(200)]
            await store.write(webhooks.resume, OWNER, REGION, hook.webhook_id)
            sent = await shared.replay(store, OWNER, REGION, hook.webhook_id, [])
            clock.advance(12 * 3600)
            await settle(loop)
            assert await states(store) == {"done": days + 1} and sent > 0
            ids = [one.headers["webhook-id"] for one in app.received[count:]]
            assert len(ids) == len(set(ids)) == days + 1
            await loop.stop()

    run(check())


def test_a_great_many_are_sent_again_in_steps(run, store, clock, account):
    def die(tx, hook):
        for _ in range(600):
            shared.send_test(tx, OWNER, REGION, hook.webhook_id)
        items = notifications.claim(tx, "w", 2000)
        results = [
            notifications.Result(notification=item, worker="w", verdict=notifications.Verdict.REFUSED) for item in items
        ]
        notifications.finish(tx, results)

    async def check():
        new = shared.new_webhook("https://app.example/", [], configuration_set=None, secret=None, is_rehearsal=True)
        hook = await store.write(shared.create, OWNER, REGION, new)
        await store.write(die, hook)
        assert await states(store) == {"dead": 600}
        assert await shared.replay(store, OWNER, REGION, hook.webhook_id, []) == 600
        assert await states(store) == {"waiting": 600}

    run(check())


def test_what_waits_for_a_side_that_hangs_takes_no_memory(run, store, clock):
    async def check():
        async with serving(WebServer(script=hang)) as hanging:
            await store.write(enqueue, [Sub(hanging.url()) for _ in range(200)])
            loop = sender(store, clock, seconds=0.3)
            await loop.tick()
            assert in_hand(loop) == (40, 10)
            while in_hand(loop)[0] > 1:
                await asyncio.sleep(0.01)
            for _ in range(20):
                await loop.tick()
                assert in_hand(loop)[0] <= 1
            await loop.stop()
            assert await states(store) == {"waiting": 200}

    run(check())


def test_memory_is_bounded_by_number_and_by_size(run, store, clock):
    """However many hosts there are that hang."""

    async def check():
        async with serving(WebServer(script=hang)) as hanging:
            hosts = [Sub(f"http://h{number}.localhost:{hanging.port}/") for number in range(60)]
            await store.write(enqueue, hosts * 3)
            few = sender(store, clock, seconds=60, in_memory=30, in_all=20)
            for _ in range(10):
                await few.tick()
                assert sum(in_hand(few)) <= 30
            await few.stop()
            await store.write(big, Sub("http://big.localhost/"), 12)
            small = sender(store, clock, seconds=60, megabytes_in_memory=1, in_all=0)
            for _ in range(10):
                await small.tick()
            sizes = [item.size for lane in small._lanes.values() for item in lane.waiting]
            assert 1024 * 1024 < sum(sizes) < 4 * 1024 * 1024
            await small.stop()

    run(check())


def big(tx, subscription, count):
    for number in range(count):
        notifications.enqueue(
            tx,
            account_id=ACCOUNT,
            region=REGION,
            kind="Notification",
            topic_arn=f"arn:aws:sns:us-east-1:{ACCOUNT}:t",
            subscription=subscription,
            message_id=f"b-{number}",
            subject="",
            message="x" * 256 * 1024,
            attributes={},
            raw=True,
        )
