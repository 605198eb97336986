"""Pauses: what a claim meets is parked, kept out of the way, and given back at the end; deadlines run on."""

from datetime import timedelta

import pytest

from population import ACCOUNT, identity, names, open_account, submission
from tayori.model.errors import Invalid, NotFound
from tayori.model.message import DeliveryState
from tayori.model.pause import PauseKind
from tayori.model.source import SourceAddress
from tayori.resources import configuration_sets, pauses, queue, sources, timeline
from tayori.resources.configuration_sets import ConfigurationSet
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
    transact(configuration_sets.create, ACCOUNT, "us-east-1", ConfigurationSet(name="letters"))
    door = Door(names, "nobody", lambda stream: False)

    def put(*recipients, **changes):
        (answer,) = transact(door.accept, [submission(*recipients, **changes)])
        return answer.message_id

    return put


def claimed(transact, worker):
    taken = transact(worker.claim, 10, PLENTY)
    return sorted(str(recipient.address) for outgoing in taken for recipient in outgoing.recipients)


def give_back(transact):
    while transact(pauses.give_back):
        pass


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (PauseKind.ACCOUNT, ACCOUNT),
        (PauseKind.CONFIGURATION_SET, "letters"),
        (PauseKind.CONFIGURATION_SET, f"{ACCOUNT}/letters"),
        (PauseKind.DESTINATION, "INBOX.test"),
    ],
)
def test_what_is_paused_is_not_claimed_until_it_is_resumed(put, transact, worker, kind, name):
    put("a@inbox.test", configuration_set="letters")
    transact(pauses.pause, kind, name)
    assert claimed(transact, worker) == [] and transact(worker.next_due) is None
    transact(pauses.resume, kind, name)
    give_back(transact)
    assert claimed(transact, worker) == ["a@inbox.test"]


def test_a_pause_covers_nothing_else(put, transact, worker):
    put("a@inbox.test", "b@slow.test", configuration_set="letters")
    put("c@inbox.test")
    transact(pauses.pause, PauseKind.DESTINATION, "slow.test")
    transact(pauses.pause, PauseKind.ACCOUNT, "123456789012")
    transact(pauses.pause, PauseKind.CONFIGURATION_SET, "123456789012/letters")
    assert claimed(transact, worker) == ["a@inbox.test", "c@inbox.test"]


def test_a_pause_ends_by_itself(put, transact, worker, clock):
    put("a@inbox.test")
    transact(pauses.pause, PauseKind.ACCOUNT, ACCOUNT, until=clock.now() + timedelta(hours=2))
    assert claimed(transact, worker) == []
    give_back(transact)
    assert claimed(transact, worker) == []
    clock.advance(7201)
    give_back(transact)
    assert claimed(transact, worker) == ["a@inbox.test"]


def test_the_deadline_of_what_is_paused_runs_on(put, transact, worker, clock):
    message_id = put("a@inbox.test")
    transact(pauses.pause, PauseKind.ACCOUNT, ACCOUNT)
    assert claimed(transact, worker) == []
    assert transact(queue.expire_held, names) == 0
    clock.advance(30 * 86400)
    assert transact(queue.expire_held, names) == 1
    found = transact(timeline.get, message_id)
    assert [recipient.state for recipient in found.recipients] == [DeliveryState.EXPIRED]
    assert [event.kind for event in found.events] == ["Send", "Bounce"]


def test_what_memory_gives_back_is_parked_or_if_the_pause_is_over_due(put, transact, worker):
    message_id = put("a@inbox.test")
    parked = transact(pauses.pause, PauseKind.DESTINATION, "gmail").parked_as
    assert claimed(transact, worker) == ["a@inbox.test"]
    transact(worker.park, [(message_id, 0, parked)])
    assert claimed(transact, worker) == []
    transact(pauses.resume, PauseKind.DESTINATION, "gmail")
    give_back(transact)
    assert claimed(transact, worker) == ["a@inbox.test"]
    transact(worker.park, [(message_id, 0, "paused destination nobody")])
    assert claimed(transact, worker) == ["a@inbox.test"]


def test_what_is_parked_can_be_held_and_dropped(put, transact, worker):
    put("a@inbox.test", "b@inbox.test")
    transact(pauses.pause, PauseKind.DESTINATION, "inbox.test")
    assert claimed(transact, worker) == []
    assert transact(queue.hold, Selection(address="a@inbox.test")) == 1
    assert transact(queue.drop, EVERYTHING) == 2


def test_an_ended_pause_is_forgotten_and_can_begin_again(put, transact, worker, clock):
    transact(pauses.pause, PauseKind.ACCOUNT, ACCOUNT, reason="billing")
    assert [pause.reason for pause in transact(pauses.active)] == ["billing"]
    transact(pauses.resume, PauseKind.ACCOUNT, ACCOUNT)
    give_back(transact)
    assert not transact(pauses.active) and len(transact(pauses.owners)) == 1
    clock.advance(11)
    give_back(transact)
    assert transact(pauses.owners) == []
    transact(pauses.pause, PauseKind.ACCOUNT, ACCOUNT)
    assert transact(pauses.active)


def test_what_makes_no_sense_is_refused(put, transact, clock):
    with pytest.raises(NotFound):
        transact(pauses.resume, PauseKind.ACCOUNT, ACCOUNT)
    with pytest.raises(Invalid):
        transact(pauses.pause, PauseKind.ACCOUNT, ACCOUNT, until=clock.now())
    with pytest.raises(Invalid):
        transact(pauses.pause, PauseKind.DESTINATION, " ")
    with pytest.raises(NotFound):
        transact(pauses.pause, PauseKind.SOURCE, "192.0.2.1")


# --- what is due again ---


def test_a_selection_narrows_by_configuration_set_address_and_age(put, transact, worker, clock):
    put("a@inbox.test", "b@inbox.test", configuration_set="letters")
    clock.advance(3600)
    put("c@inbox.test")
    for selection, count in (
        (Selection(configuration_set="letters"), 2),
        (Selection(address="b@inbox.test"), 1),
        (Selection(accepted_before=clock.now() - timedelta(minutes=10)), 2),
        (Selection(configuration_set="letters", address="c@inbox.test"), 0),
    ):
        assert len(transact(queue.waiting, selection, 10)) == count
        assert transact(queue.hold, selection) == count
        assert transact(queue.release, selection) == count


def test_what_is_expedited_goes_first_and_what_is_requeued_is_due(put, transact, worker):
    first, second = put("a@inbox.test"), put("b@inbox.test")
    assert transact(queue.expedite, Selection(message_id=second)) == 1
    (taken,) = transact(worker.claim, 1, PLENTY)
    assert taken.message_id == second
    assert transact(queue.requeue, EVERYTHING) == 1  # the other is in hand
    (taken,) = transact(worker.claim, 1, PLENTY)
    assert taken.message_id == first


def test_a_paused_source_takes_no_mail_until_the_pause_ends(transact, clock):
    transact(sources.add, SourceAddress(address="203.0.113.5", ehlo_name="a5.tayori.test"), sources.Warmth.WARM)
    transact(pauses.pause, PauseKind.SOURCE, "203.0.113.5", until=clock.now() + timedelta(hours=1))
    assert transact(sources.get, "203.0.113.5").paused
    clock.advance(3601)
    give_back(transact)
    assert not transact(sources.get, "203.0.113.5").paused
