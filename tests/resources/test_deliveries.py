"""The queue in rows: one worker has a recipient in hand, and what it reports is written once with its events."""

import asyncio
import json
import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from population import (
    ACCOUNT,
    REGION,
    caller,
    deferred,
    delivered,
    expired,
    failed,
    identity,
    names,
    open_account,
    report,
    rows,
    submission,
)
from tayori.model.delivery import TRANSITIONS, Trigger
from tayori.model.message import DeliveryState, Operation
from tayori.resources import accounts, configuration_sets, deliveries, quotas, suppression
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store import tables

PLENTY = 10_000_000


@pytest.fixture
def one():
    return Deliveries(names, "one")


@pytest.fixture
def two():
    return Deliveries(names, "two")


@pytest.fixture
def queue(transact):
    """`queue(submission, …)` accepts messages that wait in the store."""
    transact(open_account)
    transact(identity, "example.com")
    door = Door(names, "nobody", lambda size: False)

    def queue(*submissions):
        answers = transact(door.accept, submissions)
        assert not [answer for answer in answers if isinstance(answer, Exception)]

    return queue


def recipients(transact):
    def select(tx):
        table = tables.recipients
        return [row._mapping for row in tx.execute(sa.select(table).order_by(table.c.message_id, table.c.ordinal))]

    return transact(select)


def events(transact, kind=None):
    def select(tx):
        table = tables.events
        return [row._mapping for row in tx.execute(sa.select(table)) if kind is None or row.kind == kind]

    return transact(select)


def count(transact, table):
    return transact(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


# --- claiming ---


def test_a_claim_takes_what_is_due_and_gives_it_once(queue, transact, one, two):
    wanted = submission("a@inbox.test", "b@other.test")
    queue(wanted)
    (outgoing,) = transact(one.claim, 10, PLENTY)
    assert outgoing.content == wanted.content and outgoing.message_id == wanted.message_id
    assert [(item.ordinal, str(item.address), item.attempts) for item in outgoing.recipients] == [
        (0, "a@inbox.test", 0),
        (1, "b@other.test", 0),
    ]
    assert outgoing.signing[0].domain == "example.com"
    assert transact(two.claim, 10, PLENTY) == [] and transact(one.claim, 10, PLENTY) == []
    assert {(row["state"], row["owner"]) for row in recipients(transact)} == {("sending", "one")}


def test_what_was_handed_over_and_what_is_claimed_is_the_same_message(queue, transact, one):
    """A restart must not deliver other bytes, or under another return path, than memory would have."""
    wanted = submission("a@inbox.test")
    (accepted,) = transact(Door(names, "lost", lambda size: True).accept, [wanted]) if queue else ()
    transact(deliveries.reap, [])
    (claimed,) = transact(one.claim, 10, PLENTY)
    assert claimed == accepted.outgoing


def test_claims_follow_the_limits_of_number_and_size(queue, transact, one):
    queue(*(submission(content=b"x" * 1000) for _ in range(5)))
    assert len(transact(one.claim, 2, PLENTY)) == 2
    assert len(transact(one.claim, 10, 2500)) == 2
    assert len(transact(one.claim, 10, 10)) == 1


def test_two_workers_never_have_the_same_recipient(queue, store, run, one, two):
    queue(*(submission(*[f"r{number}@inbox.test" for number in range(5)]) for _ in range(40)))

    async def take(worker, into):
        while taken := await store.write(worker.claim, 7, PLENTY):
            into += [(outgoing.message_id, item.ordinal) for outgoing in taken for item in outgoing.recipients]

    async def story():
        first, second = [], []
        await asyncio.gather(take(one, first), take(two, second), take(one, first), take(two, second))
        return first, second

    first, second = run(story())
    assert len(first) + len(second) == 200
    assert len({*first, *second}) == 200


def test_nothing_is_claimed_before_it_is_due(queue, transact, one, clock):
    queue(submission())
    (outgoing,) = transact(one.claim, 10, PLENTY)
    due = clock.now() + timedelta(minutes=5)
    transact(one.record, rows([report(outgoing, deferred(due), started_at=clock.now())]))
    assert transact(one.claim, 10, PLENTY) == []
    assert abs(transact(one.next_due) - due) < timedelta(milliseconds=1)
    clock.advance(301)
    (again,) = transact(one.claim, 10, PLENTY)
    assert again.recipients[0].attempts == 1
    assert transact(one.next_due) is None


# --- recording ---


def test_a_delivery_is_recorded_with_its_attempt_and_event(queue, transact, one, clock):
    queue(submission("a@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, delivered(), started_at=clock.now())]))
    (row,) = recipients(transact)
    assert (row["state"], row["owner"], row["attempts"], row["status"]) == ("delivered", "", 1, "2.0.0")
    (event,) = events(transact, "Delivery")
    detail = json.loads(event["detail"])
    assert detail["recipients"] == ["a@inbox.test"] and detail["smtpResponse"] == "250 2.0.0 OK queued"
    assert detail["reportingMTA"] == "a1.smtp-out.us-east-1.tayori.test"
    assert detail["remoteMtaIp"] == "127.77.0.1" and detail["processingTimeMillis"] >= 0
    (attempt,) = transact(lambda tx: [r._mapping for r in tx.execute(sa.select(tables.attempts))])
    assert (attempt["outcome"], attempt["host"], attempt["tls"]) == (
        "delivered",
        "mx.inbox.test",
        "TLSv1.3 TLS_AES_256_GCM_SHA384",
    )
    assert json.loads(attempt["detail"])["signatures"] == ["s._domainkey.example.com"]


def test_each_recipient_of_a_message_has_its_own_outcome(queue, transact, one, clock):
    queue(submission("a@inbox.test", "b@inbox.test", "c@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    due = clock.now() + timedelta(minutes=1)
    transact(one.record, rows([report(outgoing, delivered(), failed(), deferred(due), started_at=clock.now())]))
    assert [row["state"] for row in recipients(transact)] == ["delivered", "bounced", "deferred"]
    assert sorted((event["kind"], event["ordinal"]) for event in events(transact)) == [
        ("Bounce", 1),
        ("Delivery", 0),
        ("DeliveryDelay", 2),
        ("Send", -1),
    ]


def test_a_deferral_by_our_own_trouble_counts_for_nobody(queue, transact, one, clock):
    queue(submission())
    (outgoing,) = transact(one.claim, 10, PLENTY)
    due = clock.now() + timedelta(minutes=1)
    transact(one.record, rows([report(outgoing, deferred(due, counts=False), started_at=clock.now())]))
    (row,) = recipients(transact)
    assert (row["state"], row["attempts"], row["reason"]) == ("deferred", 0, "local-trouble")
    assert events(transact, "DeliveryDelay") == []
    assert count(transact, tables.attempts) == 1


def test_a_late_result_is_dropped(queue, transact, one, two, clock, caplog):
    """The worker was taken for dead, and another has the recipient: the first one's result changes nothing."""
    queue(submission("a@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    assert transact(deliveries.reap, ["two"]) == 1
    (again,) = transact(two.claim, 10, PLENTY)
    with caplog.at_level(logging.WARNING, "tayori.queue"):
        transact(one.record, rows([report(outgoing, failed(), started_at=clock.now())]))
    assert "late_result" in caplog.messages
    (row,) = recipients(transact)
    assert (row["state"], row["owner"], row["attempts"]) == ("sending", "two", 0)
    assert events(transact, "Bounce") == [] and count(transact, tables.attempts) == 0
    transact(two.record, rows([report(again, delivered(), started_at=clock.now())]))
    assert recipients(transact)[0]["state"] == "delivered"


def test_a_late_delivery_counts_while_nobody_has_taken_over(queue, transact, one, clock):
    """Else the recipient would get the message again, though it is known that he has it. A failure does not count."""
    queue(submission("a@inbox.test", "b@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    assert transact(deliveries.reap, []) == 2
    transact(one.record, rows([report(outgoing, delivered(), failed(), started_at=clock.now())]))
    assert [(row["state"], row["attempts"]) for row in recipients(transact)] == [("delivered", 1), ("deferred", 0)]
    assert len(events(transact, "Delivery")) == 1 and events(transact, "Bounce") == []


def test_of_a_batch_only_what_is_late_is_dropped(queue, transact, one, two, clock):
    queue(submission("a@inbox.test", "b@inbox.test"), submission("c@inbox.test"))
    taken = {outgoing.message_id: outgoing for outgoing in transact(one.claim, 10, PLENTY)}
    first, second = sorted(taken)
    table = tables.recipients.c
    transact(
        lambda tx: tx.execute(
            tables.recipients.update().where(table.message_id == first, table.ordinal == 1).values(owner="two")
        )
    )
    transact(one.record, rows([report(taken[key], delivered(), started_at=clock.now()) for key in (first, second)]))
    assert [(row["state"], row["owner"]) for row in recipients(transact)] == [
        ("delivered", ""),
        ("sending", "two"),
        ("delivered", ""),
    ]
    assert len(events(transact, "Delivery")) == 2


def test_the_same_report_twice_counts_once(queue, transact, one, clock):
    queue(submission())
    (outgoing,) = transact(one.claim, 10, PLENTY)
    twice = report(outgoing, delivered(), started_at=clock.now())
    transact(one.record, rows([twice, twice]))
    transact(one.record, rows([twice]))
    assert len(events(transact, "Delivery")) == 1 and recipients(transact)[0]["attempts"] == 1


def test_text_of_a_receiver_that_no_column_can_hold_does_not_stop_the_record(queue, transact, one, clock):
    queue(submission())
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, failed("no\0such \ud800user"), started_at=clock.now())]))
    (row,) = recipients(transact)
    assert row["state"] == "bounced" and row["diagnostic"] == "smtp; 550 5.1.1 no\ufffdsuch ?user"
    (event,) = events(transact, "Bounce")
    assert json.loads(event["detail"])["bouncedRecipients"][0]["diagnosticCode"].startswith("smtp; 550 5.1.1 no")


# --- bounces ---


def bounce_of(transact):
    (event,) = events(transact, "Bounce")
    detail = json.loads(event["detail"])
    return detail["bounceType"], detail["bounceSubType"]


def on_list(transact, text):
    return transact(suppression.reasons, ACCOUNT, REGION, [text])


def test_a_hard_bounce_puts_the_address_on_the_suppression_list_and_counts(queue, transact, one, clock):
    queue(submission("gone@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, failed(), started_at=clock.now())]))
    assert bounce_of(transact)[0] == "Permanent"
    assert on_list(transact, "gone@inbox.test") == {"gone@inbox.test": "BOUNCE"}
    entry = transact(suppression.get, ACCOUNT, REGION, "gone@inbox.test")
    assert entry.message_id == outgoing.message_id
    (point,) = transact(quotas.statistics, ACCOUNT, REGION)
    assert (point.attempts, point.bounces) == (1, 1)


def test_a_soft_bounce_condemns_nobody(queue, transact, one, clock):
    queue(submission("full@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, failed("mailbox full", "5.2.2"), started_at=clock.now())]))
    assert bounce_of(transact) == ("Transient", "MailboxFull")
    assert on_list(transact, "full@inbox.test") == {}


@pytest.mark.parametrize(
    ("account_reasons", "set_reasons", "is_listed"),
    [
        (("COMPLAINT",), None, False),
        (("BOUNCE",), None, True),
        (("COMPLAINT",), ["BOUNCE"], True),
        (("BOUNCE",), [], False),
    ],
)
def test_reasons_decide_whether_a_bounce_is_listed(
    queue, transact, one, clock, account_reasons, set_reasons, is_listed
):
    options = {} if set_reasons is None else {"SuppressedReasons": set_reasons}
    wanted = ConfigurationSet(name="set", options={OptionGroup.SUPPRESSION: options})
    transact(configuration_sets.create, ACCOUNT, REGION, wanted)
    transact(accounts.put_suppressed_reasons, ACCOUNT, REGION, account_reasons)
    queue(submission("gone@inbox.test", configuration_set="set"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, failed(), started_at=clock.now())]))
    assert bool(on_list(transact, "gone@inbox.test")) == is_listed


@pytest.mark.parametrize(
    ("options", "kind"),
    [({}, ("Transient", "General")), ({"MaxDeliverySeconds": 300}, ("Transient", "CustomTimeoutExceeded"))],
)
def test_a_message_whose_time_is_over_bounces_by_whose_limit_it_was(queue, transact, one, clock, options, kind):
    wanted = ConfigurationSet(name="set", options={OptionGroup.DELIVERY: options})
    transact(configuration_sets.create, ACCOUNT, REGION, wanted)
    queue(submission(configuration_set="set"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, expired(), started_at=clock.now())]))
    assert recipients(transact)[0]["state"] == "expired"
    assert bounce_of(transact) == kind


def test_a_bounce_of_the_services_own_mail_condemns_nobody(transact, one, clock):
    transact(open_account)
    door = Door(names, "nobody", lambda size: False)
    own = submission("new@customer.test", caller=caller(operation=Operation.SERVICE), identities=())
    transact(door.accept, [own])
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.record, rows([report(outgoing, failed(), started_at=clock.now())]))
    assert recipients(transact)[0]["state"] == "bounced"
    assert on_list(transact, "new@customer.test") == {}


# --- giving back and reaping ---


def test_what_is_released_is_due_at_once_and_no_attempt_is_counted(queue, transact, store, one, two):
    queue(submission("a@inbox.test", "b@inbox.test"))
    (outgoing,) = transact(one.claim, 10, PLENTY)
    transact(one.release, [(outgoing.message_id, 1)])
    (again,) = transact(two.claim, 10, PLENTY)
    assert [(item.ordinal, item.attempts) for item in again.recipients] == [(1, 0)]
    transact(one.release, [(outgoing.message_id, 1)])  # it is the other worker's by now
    assert [row["owner"] for row in recipients(transact)] == ["one", "two"]


def test_release_and_reap_follow_the_table_of_transitions(queue, transact, one):
    queue(submission(), submission())
    taken = transact(one.claim, 10, PLENTY)
    transact(one.release, [(taken[0].message_id, 0)])
    transact(deliveries.reap, [])
    expected = TRANSITIONS[DeliveryState.SENDING, Trigger.RELEASE]
    assert {row["state"] for row in recipients(transact)} == {expected}


def test_what_dead_workers_had_is_reaped_exactly_once(queue, transact, store, run, one, two):
    queue(*(submission() for _ in range(10)))
    transact(one.claim, 6, PLENTY)
    transact(two.claim, 10, PLENTY)

    async def story():
        return await asyncio.gather(*(store.write(deliveries.reap, ["two"]) for _ in range(5)))

    assert sorted(run(story())) == [0, 0, 0, 0, 6]
    assert [row["owner"] for row in recipients(transact)].count("two") == 4
    assert len(transact(two.claim, 10, PLENTY)) == 6


def test_attempts_grow_by_one_for_each_try_and_survive_a_reaping(queue, transact, one, two, clock):
    queue(submission())
    for expected in range(3):
        (outgoing,) = transact(one.claim, 10, PLENTY)
        assert outgoing.recipients[0].attempts == expected
        transact(one.record, rows([report(outgoing, deferred(clock.now()), started_at=clock.now())]))
    transact(one.claim, 10, PLENTY)
    transact(deliveries.reap, [])
    (outgoing,) = transact(two.claim, 10, PLENTY)
    assert outgoing.recipients[0].attempts == 3


def test_waiting_work_wakes_the_scheduler(queue, transact, store, run, one, clock):
    queue(submission())

    async def story():
        event = store.wakeups.event("deliveries")
        (outgoing,) = await store.write(one.claim, 10, PLENTY)
        await store.write(one.record, rows([report(outgoing, deferred(clock.now()), started_at=clock.now())]))
        async with asyncio.timeout(20):
            await event.wait()
        event.clear()
        (outgoing,) = await store.write(one.claim, 10, PLENTY)
        await store.write(one.release, [(outgoing.message_id, 0)])
        async with asyncio.timeout(20):
            await event.wait()

    run(story())
