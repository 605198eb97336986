"""The operator's view of the queue, and the timeline of one message."""

import json
from datetime import timedelta

import pytest

from population import ACCOUNT, deferred, delivered, failed, identity, names, open_account, report, rows, submission
from tayori.model.delivery import TRANSITIONS, Trigger
from tayori.model.errors import Kind, NotFound
from tayori.model.message import DeliveryState
from tayori.resources import configuration_sets, deliveries, identities, queue, timeline
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.resources.queue import Selection

PLENTY = 10_000_000
EVERYTHING = Selection()


@pytest.fixture
def worker():
    return Deliveries(names, "one")


@pytest.fixture
def put(transact):
    transact(open_account)
    transact(identity, "example.com")
    door = Door(names, "nobody", lambda size: False)

    def put(*recipients, **changes):
        (answer,) = transact(door.accept, [submission(*recipients, **changes)])
        return answer.message_id

    return put


def states(transact, message_id):
    return [recipient.state for recipient in transact(timeline.get, message_id).recipients]


# --- looking ---


def test_what_waits_is_counted_by_domain_and_state(put, transact, worker, clock):
    put("a@inbox.test", "b@inbox.test", "c@slow.test")
    taken = transact(worker.claim, 1, PLENTY)
    due = clock.now() + timedelta(minutes=5)
    transact(worker.record, rows([report(taken[0], deferred(due), started_at=clock.now())]))
    transact(queue.hold, Selection(domain="slow.test"))
    found = transact(queue.destinations, EVERYTHING)
    assert [(item.domain, dict(item.counts)) for item in found] == [
        ("inbox.test", {DeliveryState.QUEUED: 1, DeliveryState.DEFERRED: 1}),
        ("slow.test", {DeliveryState.HELD: 1}),
    ]
    assert found[0].next_due <= clock.now() and found[1].next_due is None
    assert transact(queue.counts) == {DeliveryState.QUEUED: 1, DeliveryState.DEFERRED: 1, DeliveryState.HELD: 1}


def test_what_is_finished_does_not_wait(put, transact, worker, clock):
    put("a@inbox.test")
    (taken,) = transact(worker.claim, 1, PLENTY)
    assert transact(queue.in_hand, EVERYTHING) == 1
    transact(worker.record, rows([report(taken, delivered(), started_at=clock.now())]))
    assert transact(queue.destinations, EVERYTHING) == [] and transact(queue.waiting, EVERYTHING, 10) == []


def test_waiting_recipients_are_shown_with_the_reason_and_the_next_try(put, transact, worker, clock):
    message_id = put("a@inbox.test")
    (taken,) = transact(worker.claim, 1, PLENTY)
    due = clock.now() + timedelta(minutes=5)
    transact(worker.record, rows([report(taken, deferred(due), started_at=clock.now())]))
    put("b@inbox.test")
    later, first = transact(queue.waiting, EVERYTHING, 10)[::-1]
    assert first.address == "b@inbox.test" and first.attempts == 0
    assert (later.message_id, later.account_id, later.from_address) == (message_id, ACCOUNT, "news@example.com")
    assert (later.state, later.attempts, later.reason) == (DeliveryState.DEFERRED, 1, "reply")
    assert later.diagnostic == "smtp; 451 4.7.1 try later"
    assert abs(later.due_at - due) < timedelta(milliseconds=1)
    assert later.expires_at - later.accepted_at == timedelta(hours=14)
    assert len(transact(queue.waiting, EVERYTHING, 1)) == 1


def test_a_selection_narrows_by_domain_message_and_account(put, transact):
    one, two = put("a@inbox.test", "b@slow.test"), put("c@inbox.test")

    def found(**given):
        return sorted(item.address for item in transact(queue.waiting, Selection(**given), 10))

    assert found(domain="inbox.test") == ["a@inbox.test", "c@inbox.test"]
    assert found(message_id=one) == ["a@inbox.test", "b@slow.test"]
    assert found(message_id=two, domain="slow.test") == []
    assert found(account_id=ACCOUNT) == ["a@inbox.test", "b@slow.test", "c@inbox.test"]
    assert found(account_id="999900001111") == []


# --- changing ---


def test_held_mail_is_not_claimed_until_it_is_released(put, transact, worker):
    held, other = put("a@inbox.test"), put("b@inbox.test")
    assert transact(queue.hold, Selection(message_id=held)) == 1
    assert transact(queue.hold, Selection(message_id=held)) == 0
    assert [outgoing.message_id for outgoing in transact(worker.claim, 10, PLENTY)] == [other]
    assert transact(worker.next_due) is None
    assert transact(queue.release, EVERYTHING) == 1
    assert [outgoing.message_id for outgoing in transact(worker.claim, 10, PLENTY)] == [held]


def test_released_mail_is_due_at_once_and_keeps_its_attempts(put, transact, worker, clock):
    put("a@inbox.test")
    (taken,) = transact(worker.claim, 1, PLENTY)
    due = clock.now() + timedelta(hours=1)
    transact(worker.record, rows([report(taken, deferred(due), started_at=clock.now())]))
    transact(queue.hold, EVERYTHING)
    assert transact(worker.claim, 1, PLENTY) == []
    transact(queue.release, EVERYTHING)
    (again,) = transact(worker.claim, 1, PLENTY)
    assert again.recipients[0].attempts == 1


def test_a_release_wakes_the_scheduler(put, transact, store, run):
    put("a@inbox.test")
    transact(queue.hold, EVERYTHING)

    async def story():
        event = store.wakeups.event("deliveries")
        await store.write(queue.release, EVERYTHING)
        await event.wait()

    run(story())


def test_dropped_mail_is_cancelled_without_a_word(put, transact, worker):
    message_id = put("a@inbox.test", "b@slow.test")
    transact(queue.hold, Selection(domain="slow.test"))
    assert transact(queue.drop, Selection(message_id=message_id)) == 2
    assert states(transact, message_id) == [DeliveryState.CANCELLED] * 2
    assert [event.kind for event in transact(timeline.get, message_id).events] == ["Send"]
    assert transact(worker.claim, 10, PLENTY) == []


def test_what_a_worker_has_in_hand_is_left_alone(put, transact, worker, clock):
    message_id = put("a@inbox.test")
    (taken,) = transact(worker.claim, 1, PLENTY)
    for change in (queue.hold, queue.release, queue.drop):
        assert transact(change, EVERYTHING) == 0
    transact(worker.record, rows([report(taken, delivered(), started_at=clock.now())]))
    assert states(transact, message_id) == [DeliveryState.DELIVERED]


def test_reaping_does_not_release_what_is_held(put, transact, worker):
    message_id = put("a@inbox.test")
    transact(queue.hold, EVERYTHING)
    assert transact(deliveries.reap, []) == 0
    assert states(transact, message_id) == [DeliveryState.HELD]


def test_a_change_of_the_queue_is_no_change_of_settings(put, transact):
    put("a@inbox.test")

    def change(tx):
        return [
            queue.hold(tx, EVERYTHING),
            queue.release(tx, EVERYTHING),
            queue.drop(tx, EVERYTHING),
        ], tx.settings_changed

    assert transact(change) == ([1, 1, 1], False)


@pytest.mark.parametrize(
    ("options", "sub_type"), [({}, "General"), ({"MaxDeliverySeconds": 300}, "CustomTimeoutExceeded")]
)
def test_the_deadline_of_held_mail_runs_on(put, transact, clock, options, sub_type):
    wanted = ConfigurationSet(name="set", options={OptionGroup.DELIVERY: options})
    transact(configuration_sets.create, ACCOUNT, "us-east-1", wanted)
    message_id = put("a@inbox.test", configuration_set="set")
    transact(queue.hold, EVERYTHING)
    assert transact(queue.expire_held, names) == 0
    clock.advance(options.get("MaxDeliverySeconds", 14 * 3600) + 1)
    assert transact(queue.expire_held, names) == 1 and transact(queue.expire_held, names) == 0
    found = transact(timeline.get, message_id)
    assert [recipient.state for recipient in found.recipients] == [DeliveryState.EXPIRED]
    (bounce,) = [event for event in found.events if event.kind == "Bounce"]
    assert (bounce.detail["bounceType"], bounce.detail["bounceSubType"]) == ("Transient", sub_type)


def test_what_waits_and_is_not_held_is_left_to_delivery_when_its_time_is_over(put, transact, clock):
    put("a@inbox.test")
    clock.advance(15 * 3600)
    assert transact(queue.expire_held, names) == 0


@pytest.mark.parametrize("trigger", [Trigger.PAUSE, Trigger.RESUME, Trigger.CANCEL])
def test_only_the_changes_of_the_table_exist(put, transact, trigger):
    """Each change leads from the states that the table names, to the state that it names."""
    change = {Trigger.PAUSE: queue.hold, Trigger.RESUME: queue.release, Trigger.CANCEL: queue.drop}[trigger]
    message_id = put("a@inbox.test")

    def move(tx, state):
        owner = {"held": "held", "sending": "one"}.get(state, "")
        tx.connection.exec_driver_sql(f"UPDATE recipients SET state = '{state}', owner = '{owner}'")

    for state in DeliveryState:
        transact(move, state)
        expected = TRANSITIONS.get((state, trigger))
        assert transact(change, EVERYTHING) == (expected is not None), state
        assert states(transact, message_id) == [expected or state]


# --- the timeline ---


def test_the_timeline_tells_the_whole_story_in_order(put, transact, worker, clock):
    message_id = put("a@inbox.test", "b@inbox.test")
    (taken,) = transact(worker.claim, 10, PLENTY)
    transact(worker.record, rows([report(taken, deferred(clock.now()), failed(), started_at=clock.now())]))
    clock.advance(1)
    (taken,) = transact(worker.claim, 10, PLENTY)
    transact(worker.record, rows([report(taken, delivered(), started_at=clock.now())]))
    found = transact(timeline.get, message_id)
    assert found.has_content and found.size == len(taken.content)
    assert found.facts["tags"] == {"campaign": "spring"} and found.reverse_path.startswith(message_id)
    assert [(item.address, item.state, item.attempts, item.due_at) for item in found.recipients] == [
        ("a@inbox.test", DeliveryState.DELIVERED, 2, None),
        ("b@inbox.test", DeliveryState.BOUNCED, 1, None),
    ]
    assert [(item.ordinal, item.outcome) for item in found.attempts] == [
        (0, "deferred"),
        (1, "failed"),
        (0, "delivered"),
    ]
    assert [(item.ordinal, item.kind) for item in found.events] == [
        (-1, "Send"),
        (0, "DeliveryDelay"),
        (1, "Bounce"),
        (0, "Delivery"),
    ]
    assert found.attempts[0].detail["counted"] is True


def test_the_next_try_shows_while_there_will_be_one(put, transact):
    message_id = put("a@inbox.test")
    (recipient,) = transact(timeline.get, message_id).recipients
    assert recipient.due_at is not None
    transact(queue.hold, EVERYTHING)
    (recipient,) = transact(timeline.get, message_id).recipients
    assert recipient.due_at is None


def test_the_timeline_is_json(put, transact, worker, clock):
    message_id = put("a@inbox.test")
    (taken,) = transact(worker.claim, 10, PLENTY)
    transact(worker.record, rows([report(taken, delivered(), started_at=clock.now())]))
    told = json.loads(json.dumps(timeline.as_json(transact(timeline.get, message_id))))
    assert told["message_id"] == message_id and told["from"] == "news@example.com"
    assert told["recipients"][0] | {"updated_at": ""} == {
        "address": "a@inbox.test",
        "state": "delivered",
        "attempts": 1,
        "due_at": None,
        "reason": "",
        "status": "2.0.0",
        "diagnostic": "",
        "updated_at": "",
    }
    assert [event["type"] for event in told["events"]] == ["Send", "Delivery"]
    assert [event["recipient"] for event in told["events"]] == [None, "a@inbox.test"]
    assert told["attempts"][0]["tls"] == "TLSv1.3 TLS_AES_256_GCM_SHA384"


def test_a_message_of_another_account_is_not_found(put, transact):
    message_id = put("a@inbox.test")
    assert transact(timeline.get, message_id, account_id=ACCOUNT).message_id == message_id
    for wanted, account in ((message_id, "999900001111"), ("no-such-message", None)):
        with pytest.raises(NotFound) as refusal:
            transact(timeline.get, wanted, account_id=account)
        assert refusal.value.kind is Kind.MESSAGE


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 100_000])
def test_what_was_never_an_id_names_nothing(transact, name):
    """Names come out of paths as they are."""
    with pytest.raises(NotFound):
        transact(timeline.get, name)
    with pytest.raises(NotFound):
        transact(identities.get, ACCOUNT, "us-east-1", name)
