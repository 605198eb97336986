"""The queue held against a model of it: whatever happens in whatever order, each recipient ends, once, and as told.

Hypothesis plays workers that claim, finish, lose their leases, repeat themselves and die, an operator who holds,
resumes and drops, and a clock that is set forward and back. After each step the rows must be what the model says; at
the end everything is drained. TAYORI_MODEL_EXAMPLES sets the number of stories for each database (default 60).
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from population import ACCOUNT, REGION, deferred, delivered, failed, identity, names, open_account, report, submission
from tayori.model.delivery import decide
from tayori.model.message import DeliveryState, Outgoing
from tayori.resources import configuration_sets, deliveries, queue, suppression
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.resources.queue import HOLDER, Selection
from tayori.resources.results import Written, written
from tayori.store import tables
from tayori.store.database import open_store

EXAMPLES = int(os.environ.get("TAYORI_MODEL_EXAMPLES", "60"))
PLENTY = 10_000_000
DOMAINS = ("inbox.test", "other.test")
LISTED = "gone@inbox.test"
SHORT_LIFE = 600
FINAL = {
    DeliveryState.DELIVERED: "Delivery",
    DeliveryState.BOUNCED: "Bounce",
    DeliveryState.EXPIRED: "Bounce",
    DeliveryState.SUPPRESSED: "Bounce",
    DeliveryState.CANCELLED: None,  # by an operator, who tells nobody
}
VERDICTS = ("deliver", "fail", "defer", "trouble")
Key = tuple[str, int]


class SteppedClock:
    """Stands still but for a microsecond at each look, and is set by the story: back, too."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._now = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def wall(self) -> datetime:
        return self.now()

    def step(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here sleeps by the clock")

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        raise AssertionError("nothing here waits by the clock")


@dataclass
class Recipient:
    """What the model knows of one."""

    domain: str
    state: DeliveryState
    owner: str
    due_at: datetime
    expires_at: datetime
    attempts: int = 0
    events: list[str] = field(default_factory=list)

    @property
    def is_waiting(self) -> bool:
        return self.state in (DeliveryState.QUEUED, DeliveryState.DEFERRED)

    def end(self, state: DeliveryState) -> None:
        assert self.state not in FINAL, "a final state was left"
        self.state, self.owner = state, ""
        if told := FINAL[state]:
            self.events.append(told)


def _outcome(verdict: str, attempts: int, expires_at: datetime, now: datetime) -> tuple[Any, Any]:
    given = {"deliver": delivered, "fail": failed}.get(verdict)
    outcome, _ = given() if given else deferred(now, counts=verdict == "defer")
    return outcome, decide(outcome, attempts=attempts, expires_at=expires_at, now=now, jitter=0.5)


class QueueStory(RuleBasedStateMachine):
    """Bound to a database by `bound`."""

    transact: Callable[..., Any]
    clock: SteppedClock

    def __init__(self) -> None:
        super().__init__()
        self.transact(_empty)
        self.clock.begin()
        self.recipients: dict[Key, Recipient] = {}
        self.workers = [Deliveries(names, "worker-1"), Deliveries(names, "worker-2")]
        self.called = ["worker-1", "worker-2"]
        self.in_hand: dict[str, list[Outgoing]] = defaultdict(list)
        self.told: list[tuple[str, list[Written]]] = []
        self.births = 2

    # -- what comes in -----------------------------------------------------------------------------------------------

    @initialize(number=st.integers(1, 5))
    def accept_some(self, number: int) -> None:
        for index in range(number):
            self._accept([DOMAINS[index % 2]] * (1 + index % 3), index == 2, index % 2 == 1, None)

    @rule(
        domains=st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=3),
        with_listed=st.booleans(),
        is_short=st.booleans(),
        handed_to=st.sampled_from([None, 0, 1]),
    )
    def accept(self, domains: list[str], with_listed: bool, is_short: bool, handed_to: int | None) -> None:
        self._accept(domains, with_listed, is_short, handed_to)

    def _accept(self, domains: list[str], with_listed: bool, is_short: bool, handed_to: int | None) -> None:
        addresses = [f"r{len(self.recipients) + number}@{domain}" for number, domain in enumerate(domains)]
        if with_listed:
            addresses[-1] = LISTED
        worker = self.called[handed_to or 0]
        door = Door(names, worker, lambda stream: handed_to is not None)
        wanted = submission(*addresses, configuration_set="short" if is_short else None)
        (accepted,) = self.transact(door.accept, [wanted])
        assert not isinstance(accepted, Exception), accepted
        ((accepted_at, expires_at),) = self.transact(
            lambda tx: [
                tuple(row)
                for row in tx.execute(
                    sa.select(tables.messages.c.accepted_at, tables.messages.c.expires_at).where(
                        tables.messages.c.message_id == wanted.message_id
                    )
                )
            ]
        )
        for ordinal, address in enumerate(addresses):
            is_listed = address == LISTED
            state = DeliveryState.QUEUED if accepted.outgoing is None else DeliveryState.SENDING
            self.recipients[wanted.message_id, ordinal] = one = Recipient(
                domain=address.partition("@")[2],
                state=state,
                owner=worker if state is DeliveryState.SENDING and not is_listed else "",
                due_at=accepted_at,
                expires_at=expires_at,
            )
            if is_listed:
                one.end(DeliveryState.SUPPRESSED)
        if accepted.outgoing is not None and accepted.outgoing.recipients:
            self.in_hand[worker].append(accepted.outgoing)

    # -- workers -----------------------------------------------------------------------------------------------------

    @rule(index=st.sampled_from([0, 1]), limit=st.integers(1, 12))
    def claim(self, index: int, limit: int) -> None:
        self._claim(index, limit)

    @rule(index=st.sampled_from([0, 1]), domain=st.sampled_from(DOMAINS), wait=st.integers(1, 5000))
    def claim_but_of_one_domain(self, index: int, domain: str, wait: int) -> None:
        until = self.clock.now() + timedelta(seconds=wait)
        taken = self.transact(self.workers[index].claim, 1000, PLENTY, {domain: until})
        now = self.clock.now()
        due = self._due(now)
        for key in due:
            if self.recipients[key].domain == domain:
                self.recipients[key].due_at = until
        self._took(index, taken)
        assert _keys(taken) == {key for key in due if self.recipients[key].domain != domain}

    def _claim(self, index: int, limit: int) -> None:
        taken = self.transact(self.workers[index].claim, limit, PLENTY)
        due = self._due(self.clock.now())
        keys = _keys(taken)
        assert keys <= due, "somebody's, or not yet due"
        assert len(keys) == min(limit, len(due)), "what is due was not given"
        self._took(index, taken)

    def _due(self, now: datetime) -> set[Key]:
        return {key for key, one in self.recipients.items() if one.is_waiting and one.due_at <= now}

    def _took(self, index: int, taken: list[Outgoing]) -> None:
        worker = self.called[index]
        for outgoing in taken:
            for item in outgoing.recipients:
                one = self.recipients[outgoing.message_id, item.ordinal]
                assert one.is_waiting and one.owner == "", "two owners"
                assert item.attempts == one.attempts and outgoing.expires_at == one.expires_at
                one.state, one.owner = DeliveryState.SENDING, worker
        self.in_hand[worker] += taken

    @precondition(lambda self: any(self.in_hand.values()))
    @rule(data=st.data(), is_doubled=st.booleans())
    def finish(self, data: st.DataObject, is_doubled: bool) -> None:
        """An attempt ends, for all recipients at once: the worker may long have lost them."""
        worker = data.draw(st.sampled_from(sorted(name for name, held in self.in_hand.items() if held)))
        held = self.in_hand[worker]
        outgoing = held.pop(data.draw(st.integers(0, len(held) - 1)))
        now = self.clock.now()
        verdicts = [
            _outcome(data.draw(st.sampled_from(VERDICTS)), item.attempts, outgoing.expires_at, now)
            for item in outgoing.recipients
        ]
        results = written([report(outgoing, *verdicts, started_at=now)], names, now)
        self._record(worker, results * 2 if is_doubled else results)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """The answer of the database was lost: the same results come again, however late."""
        worker, results = data.draw(st.sampled_from(self.told))
        self._record(worker, results)

    def _record(self, worker: str, results: list[Written]) -> None:
        self.transact(Deliveries(names, worker).record, results)
        self.told = [*self.told[-4:], (worker, results)]
        for result in results:
            one = self.recipients[result.message_id, result.ordinal]
            is_late_delivery = one.state is DeliveryState.DEFERRED and result.state[0] == DeliveryState.DELIVERED
            if is_late_delivery or (one.state is DeliveryState.SENDING and one.owner == worker):
                _apply(one, result)

    @precondition(lambda self: any(self.in_hand.values()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self._release(data.draw(st.sampled_from(sorted(name for name, held in self.in_hand.items() if held))))

    def _release(self, worker: str) -> None:
        outgoing = self.in_hand[worker].pop()
        pairs = [(outgoing.message_id, item.ordinal) for item in outgoing.recipients]
        self.transact(Deliveries(names, worker).release, pairs)
        self._give_back(lambda key, one: key in pairs and one.owner == worker)

    @precondition(lambda self: any(self.in_hand.values()))
    @rule(index=st.sampled_from([0, 1]))
    def die(self, index: int) -> None:
        """What it had in memory is gone with it, and another comes in its place."""
        worker = self.called[index]
        self.in_hand.pop(worker, None)
        self._reap(worker)
        self.births += 1
        self.called[index] = f"worker-{self.births}"
        self.workers[index] = Deliveries(names, self.called[index])

    @precondition(lambda self: any(self.in_hand.values()))
    @rule(index=st.sampled_from([0, 1]))
    def lose_lease(self, index: int) -> None:
        """It stood still for so long that it was taken for dead; it goes on and knows nothing of it."""
        self._reap(self.called[index])

    @precondition(lambda self: any(self.in_hand.values()))
    @rule(index=st.sampled_from([0, 1]), gives_back=st.booleans())
    def lose_lease_to_the_other(self, index: int, gives_back: bool) -> None:
        """What the other takes at once: whatever the first one says of it is late from now on."""
        worker = self.called[index]
        self._reap(worker)
        self._claim(1 - index, 1000)
        if gives_back and self.in_hand[worker]:
            self._release(worker)

    def _reap(self, worker: str) -> None:
        freed = self.transact(deliveries.reap, [name for name in self.called if name != worker])
        assert freed == self._give_back(lambda key, one: one.owner == worker)

    def _give_back(self, is_meant: Callable[[Key, Recipient], bool]) -> int:
        now, changed = self.clock.now(), 0
        for key, one in self.recipients.items():
            if one.state is DeliveryState.SENDING and is_meant(key, one):
                one.state, one.owner, one.due_at = DeliveryState.DEFERRED, "", now
                changed += 1
        return changed

    @rule(domain=st.sampled_from(DOMAINS), wait=st.integers(1, 50_000))
    def put_off(self, domain: str, wait: int) -> None:
        until = self.clock.now() + timedelta(seconds=wait)
        outcome, _ = deferred(until, counts=False)
        changed = self.transact(self.workers[0].put_off, domain, until, outcome, 1000)
        meant = [
            one
            for one in self.recipients.values()
            if one.is_waiting and one.domain == domain and one.due_at < min(until, one.expires_at)
        ]
        assert changed == len(meant)
        for one in meant:
            one.state, one.due_at = DeliveryState.DEFERRED, min(until, one.expires_at)

    # -- an operator -------------------------------------------------------------------------------------------------

    def _selected(self, data: st.DataObject) -> tuple[Selection, list[Recipient]]:
        kind = data.draw(st.sampled_from(["all", "domain", "message"]))
        keys = sorted(self.recipients)
        if kind == "message" and keys:
            message_id = data.draw(st.sampled_from(keys))[0]
            return Selection(message_id=message_id), [self.recipients[key] for key in keys if key[0] == message_id]
        everyone = list(self.recipients.values())
        if kind == "domain":
            domain = data.draw(st.sampled_from(DOMAINS))
            return Selection(domain=domain), [one for one in everyone if one.domain == domain]
        return Selection(account_id=ACCOUNT), everyone

    @precondition(lambda self: self.recipients)
    @rule(data=st.data(), change=st.sampled_from(["hold", "hold", "resume", "drop"]))
    def operate(self, data: st.DataObject, change: str) -> None:
        {"hold": self._hold, "resume": self._resume, "drop": self._drop}[change](data)

    def _hold(self, data: st.DataObject) -> None:
        selection, meant = self._selected(data)
        waiting = [one for one in meant if one.is_waiting]
        assert self.transact(queue.hold, selection) == len(waiting)
        for one in waiting:
            one.state, one.owner = DeliveryState.HELD, HOLDER

    def _resume(self, data: st.DataObject) -> None:
        selection, meant = self._selected(data)
        held = [one for one in meant if one.state is DeliveryState.HELD]
        assert self.transact(queue.release, selection) == len(held)
        for one in held:
            one.state, one.owner, one.due_at = DeliveryState.QUEUED, "", self.clock.now()

    def _drop(self, data: st.DataObject) -> None:
        selection, meant = self._selected(data)
        open_ones = [one for one in meant if one.is_waiting or one.state is DeliveryState.HELD]
        assert self.transact(queue.drop, selection) == len(open_ones)
        for one in open_ones:
            one.end(DeliveryState.CANCELLED)

    @rule()
    def expire_held(self) -> None:
        changed = self.transact(queue.expire_held, names)
        now = self.clock.now()
        overdue = [one for one in self.recipients.values() if one.state is DeliveryState.HELD and one.expires_at <= now]
        assert changed == len(overdue)
        for one in overdue:
            one.end(DeliveryState.EXPIRED)

    # -- time --------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 61, 400, 3700, SHORT_LIFE, 50_400, -1, -61, -4000]))
    def set_clock(self, seconds: int) -> None:
        self.clock.step(seconds + 0.001)

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def rows_are_as_told(self) -> None:
        rows, events, next_due = self.transact(_everything, self.workers[0])
        assert rows.keys() == self.recipients.keys()
        for key, one in self.recipients.items():
            state, owner, attempts, due_at = rows[key]
            assert (state, owner, attempts) == (one.state, one.owner, one.attempts), key
            assert events.get(key, []) == one.events, key
            if one.is_waiting:
                assert abs(due_at - one.due_at) < timedelta(milliseconds=1), key
        waiting = [one.due_at for one in self.recipients.values() if one.is_waiting]
        assert (next_due is None) == (not waiting)
        if waiting:
            assert abs(next_due - min(waiting)) < timedelta(milliseconds=1)

    def teardown(self) -> None:
        """All workers die, the operator lets go, time passes: then everything must end by claiming alone."""
        self.transact(deliveries.reap, [])
        self._give_back(lambda key, one: True)
        self.transact(queue.release, Selection())
        for one in self.recipients.values():
            if one.state is DeliveryState.HELD:
                one.state, one.owner, one.due_at = DeliveryState.QUEUED, "", self.clock.now()
        self.clock.step(500_000)
        self.in_hand.clear()
        while self._due(self.clock.now()):
            self._claim(0, 5)
            worker = self.called[0]
            for number, outgoing in enumerate(self.in_hand.pop(worker)):
                now = self.clock.now()
                verdict = _outcome(("deliver", "defer")[number % 2], 0, outgoing.expires_at, now)
                self._record(worker, written([report(outgoing, verdict, started_at=now)], names, now))
        self.rows_are_as_told()
        for key, one in self.recipients.items():
            assert one.state in FINAL, key
            told = [kind for kind in one.events if kind != "DeliveryDelay"]
            assert told == ([FINAL[one.state]] if FINAL[one.state] else []), key
            assert one.events[len(one.events) - len(told) :] == told, "something was told after the end"


def _keys(taken: list[Outgoing]) -> set[Key]:
    pairs = [(outgoing.message_id, item.ordinal) for outgoing in taken for item in outgoing.recipients]
    assert len(pairs) == len(set(pairs)), "given twice in one claim"
    return set(pairs)


def _apply(one: Recipient, result: Written) -> None:
    """A result that was still the worker's to tell."""
    decision = DeliveryState(result.state[0])
    counted = result.state[2]
    one.attempts += counted
    if decision is not DeliveryState.DEFERRED:
        one.end(decision)
        return
    one.state, one.owner = decision, ""
    one.due_at = tables.from_micros(result.state[1])
    one.events += ["DeliveryDelay"] * counted


def _everything(tx: Any, worker: Deliveries) -> tuple[dict[Key, Any], dict[Key, list[str]], datetime | None]:
    table = tables.recipients
    rows = {
        (row.message_id, row.ordinal): (
            DeliveryState(row.state),
            row.owner,
            row.attempts,
            tables.from_micros(row.due_at),
        )
        for row in tx.execute(sa.select(table))
    }
    events: dict[Key, list[str]] = defaultdict(list)
    for row in tx.execute(sa.select(tables.events).where(tables.events.c.ordinal >= 0)):
        events[row.message_id, row.ordinal].append(row.kind)
    for kinds in events.values():  # in no order of time: the clock goes back
        kinds.sort(key=lambda kind: kind != "DeliveryDelay")
    return rows, events, worker.next_due(tx)


def _empty(tx: Any) -> None:
    for table in (tables.events, tables.attempts, tables.recipients, tables.bodies, tables.messages):
        tx.execute(table.delete())
    listed = tables.suppressed_destinations
    tx.execute(listed.delete().where(listed.c.address != LISTED))


def _populate(tx: Any) -> None:
    open_account(tx)
    identity(tx, "example.com")
    suppression.put(tx, ACCOUNT, REGION, LISTED, "BOUNCE")
    options = {OptionGroup.DELIVERY: {"MaxDeliverySeconds": SHORT_LIFE}}
    configuration_sets.create(tx, ACCOUNT, REGION, ConfigurationSet(name="short", options=options))


@pytest.mark.timeout(60 + EXAMPLES)
def test_each_recipient_ends_once_whatever_happens(database_url):
    clock = SteppedClock()
    store = open_store(database_url, clock)
    with asyncio.Runner() as runner:

        def transact(fn: Any, *args: Any) -> Any:
            return runner.run(store.write(fn, *args))

        transact(_populate)

        class Story(QueueStory):
            pass

        Story.transact, Story.clock = staticmethod(transact), clock
        try:
            run_state_machine_as_test(
                Story,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=50,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    database=None,
                ),
            )
        finally:
            runner.run(store.close())
