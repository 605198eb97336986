"""Webhooks: signed, logged, tried for days, paused when dead, and sent again on demand."""

import ipaddress
import json
from datetime import timedelta

import pytest
from endpoints import Endpoint, Names, answer, serving

from population import ACCOUNT, REGION, identity, names, open_account, submission
from tayori.app import webhooks as shared
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.events.publisher import Publisher
from tayori.events.webhook_endpoint import WebhookEndpoint
from tayori.model.errors import Invalid, LimitExceeded, NotFound
from tayori.resources import configuration_sets, notifications, webhooks
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.messages import Door
from tayori.resources.notifications import Result, Verdict
from tayori.resources.webhooks import PAUSED_AFTER, WebhookState

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Told:
    """The account's owner."""

    def __init__(self):
        self.notices = []

    async def __call__(self, hook, why):
        self.notices.append((hook.webhook_id, why))


@pytest.fixture
def owner():
    return Told()


@pytest.fixture
def account(transact):
    transact(open_account)
    transact(identity, "example.com")
    transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))


def made(transact, url, *kinds, configuration_set=None):
    new = shared.new_webhook(url, kinds, configuration_set=configuration_set, secret=None, is_rehearsal=True)
    return transact(shared.create, ACCOUNT, REGION, new)


def endpoint(store, owner):
    return WebhookEndpoint(OutgoingHttp(Names(), OutgoingSettings(allowed_networks=LOOPBACK)), store, owner)


async def deliver(store, sending):
    """Send what is due, once; the verdicts."""
    verdicts = []
    for item in await store.write(notifications.claim, "w", 100):
        attempt = await sending.send(item)
        result = Result(notification=item, worker="w", verdict=attempt.verdict, error=attempt.error)
        await store.write(notifications.finish, [result])
        verdicts.append(attempt.verdict)
    return verdicts


def test_an_event_arrives_signed_by_the_convention(run, store, transact, account, owner):
    standard = pytest.importorskip("standardwebhooks", reason="standardwebhooks is not installed")

    async def check():
        async with serving(Endpoint()) as app:
            new = shared.new_webhook(
                app.url("/events"), ["SEND"], configuration_set="set", secret=None, is_rehearsal=True
            )
            hook = await store.write(shared.create, ACCOUNT, REGION, new)
            door = Door(names, "w", lambda size: True)
            await store.write(door.accept, [submission("a@inbox.test", configuration_set="set")])
            await store.write(door.accept, [submission("b@inbox.test")])
            await Publisher(store, "tayori.test").tick()
            assert await deliver(store, endpoint(store, owner)) == [Verdict.DONE]
            (request,) = app.received
            verified = standard.Webhook(hook.secret).verify(request.body, request.headers)
            assert verified["type"] == "email.send"
            assert verified["data"]["eventType"] == "Send"
            assert verified["data"]["mail"]["destination"] == ["a@inbox.test"]
            with pytest.raises(standard.WebhookVerificationError):
                standard.Webhook(hook.secret).verify(request.body + b" ", request.headers)
            (logged,) = await store.read(webhooks.attempts, ACCOUNT, hook.webhook_id)
            assert (logged.kind, logged.status, logged.number, logged.reply) == ("Send", 200, 1, "ok")
            assert logged.request == request.body.decode() and logged.delivery_id == request.headers["webhook-id"]

    run(check())


def test_a_dead_one_is_paused_its_owner_told_and_nothing_lost(run, store, transact, account, owner, clock):
    async def check():
        async with serving(Endpoint(answers=[answer(500, b"oops")])) as app:
            new = shared.new_webhook(app.url(), [], configuration_set=None, secret=None, is_rehearsal=True)
            hook = await store.write(shared.create, ACCOUNT, REGION, new)
            key = ACCOUNT, REGION, hook.webhook_id
            sending = endpoint(store, owner)
            await store.write(shared.send_test, *key)
            assert await deliver(store, sending) == [Verdict.FAILED]
            clock.advance(PAUSED_AFTER.total_seconds() - 60)
            assert await deliver(store, sending) == [Verdict.FAILED]
            assert (await store.read(webhooks.get, *key)).state is WebhookState.ACTIVE and owner.notices == []
            clock.advance(3600)
            assert await deliver(store, sending) == [Verdict.FAILED]
            assert (await store.read(webhooks.get, *key)).state is WebhookState.PAUSED
            assert owner.notices == [(hook.webhook_id, "It answered 500.")]
            # What is due while it is paused is kept, and nothing is sent.
            await store.write(shared.send_test, *key)
            assert set(await deliver(store, sending)) == {Verdict.REFUSED}
            clock.advance(3600)
            assert await deliver(store, sending) == [Verdict.REFUSED]
            assert len(app.received) == 3
            app.answers = [answer(200)]
            await store.write(webhooks.resume, *key)
            assert await shared.replay(store, *key, []) == 2
            assert await deliver(store, sending) == [Verdict.DONE, Verdict.DONE]
            assert (await store.read(webhooks.get, *key)).failing_since is None
            log = await store.read(webhooks.attempts, ACCOUNT, hook.webhook_id)
            assert [one.status for one in log] == [200, 200, 500, 500, 500]
            # One that was delivered can be sent again by its id, and no other webhook's.
            assert await shared.replay(store, *key, [log[0].delivery_id]) == 1
            other = await store.write(shared.create, ACCOUNT, REGION, new_like(new, "wh-other"))
            assert await shared.replay(store, ACCOUNT, REGION, other.webhook_id, [log[1].delivery_id]) == 0

    run(check())


def new_like(new, webhook_id):
    return webhooks.NewWebhook(webhook_id=webhook_id, url=new.url, kinds=new.kinds, secret=new.secret)


def test_one_that_says_gone_is_paused_at_once(run, store, account, owner):
    async def check():
        async with serving(Endpoint(answers=[answer(410)])) as app:
            new = shared.new_webhook(app.url(), [], configuration_set=None, secret=None, is_rehearsal=True)
            hook = await store.write(shared.create, ACCOUNT, REGION, new)
            await store.write(shared.send_test, ACCOUNT, REGION, hook.webhook_id)
            await store.write(shared.send_test, ACCOUNT, REGION, hook.webhook_id)
            assert await deliver(store, endpoint(store, owner)) == [Verdict.REFUSED, Verdict.REFUSED]
            assert len(app.received) == 1 and len(owner.notices) == 1

    run(check())


def test_what_is_due_for_one_that_was_deleted_ends(run, store, transact, account, owner):
    hook = made(transact, "https://app.example/")
    transact(shared.send_test, ACCOUNT, REGION, hook.webhook_id)
    transact(webhooks.delete, ACCOUNT, REGION, hook.webhook_id)

    async def check():
        assert await deliver(store, endpoint(store, owner)) == [Verdict.REFUSED]
        with pytest.raises(NotFound):
            await store.write(webhooks.get, ACCOUNT, REGION, hook.webhook_id)

    run(check())


def test_trouble_on_the_way_is_logged_too(run, store, transact, account, owner):
    hook = made(transact, "https://10.0.0.1/")
    transact(shared.send_test, ACCOUNT, REGION, hook.webhook_id)

    async def check():
        assert await deliver(store, endpoint(store, owner)) == [Verdict.FAILED]
        (logged,) = await store.read(webhooks.attempts, ACCOUNT, hook.webhook_id)
        assert logged.status == 0 and "not a public address" in logged.error
        assert json.loads(logged.request)["type"] == "tayori.test"

    run(check())


def test_old_attempts_are_forgotten(run, store, transact, account, owner, clock):
    hook = made(transact, "https://10.0.0.1/")
    transact(shared.send_test, ACCOUNT, REGION, hook.webhook_id)

    async def check():
        await deliver(store, endpoint(store, owner))
        assert await store.write(webhooks.forget_attempts) == 0
        clock.advance((webhooks.LOG_KEPT + timedelta(hours=1)).total_seconds())
        assert await store.write(webhooks.forget_attempts) == 1

    run(check())


@pytest.mark.parametrize(
    "url", ["http://app.example/", "ftp://app.example/", "https://0x7f.1/", "https://a.example:25/"]
)
def test_urls_that_no_webhook_can_have(url):
    with pytest.raises(Invalid):
        shared.new_webhook(url, [], configuration_set=None, secret=None, is_rehearsal=False)


def test_limits(transact, account):
    with pytest.raises(NotFound):
        made(transact, "https://app.example/", configuration_set="absent")
    for _ in range(webhooks.MOST):
        made(transact, "https://app.example/")
    with pytest.raises(LimitExceeded):
        made(transact, "https://app.example/")
