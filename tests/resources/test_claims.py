"""Which recipients a claim takes: some of each stream, by index, and none of a destination that rests."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from population import identity, names, open_account, submission
from tayori.model.failure import classify_trouble
from tayori.model.message import MessageTag, Operation, Reason
from tayori.model.stream import account_of, stream_of
from tayori.resources import deliveries
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store import tables
from tayori.store.dialect import Engine
from tayori.store.tables import to_micros

PLENTY = 100_000_000
REFUSED = classify_trouble(Reason.CONNECTION_REFUSED)


@pytest.fixture
def one():
    return Deliveries(names, "one")


@pytest.fixture
def queue(transact):
    transact(open_account)
    transact(identity, "example.com")
    door = Door(names, "nobody", lambda stream: False)

    def queue(*submissions):
        answers = transact(door.accept, submissions)
        assert not [answer for answer in answers if isinstance(answer, Exception)]

    return queue


def campaign(name):
    return (MessageTag(name="campaign", value=name),)


def claimed(transact, one, limit=10, **more):
    """The addresses of what a claim takes."""
    taken = transact(lambda tx: one.claim(tx, limit, PLENTY, **more))
    return sorted(str(recipient.address) for outgoing in taken for recipient in outgoing.recipients)


def rows(transact):
    table = tables.recipients
    return transact(lambda tx: [row._mapping for row in tx.execute(sa.select(table).order_by(table.c.address))])


def in_minutes(transact, minutes):
    return transact(lambda tx: tx.now) + timedelta(minutes=minutes)


# --- streams ---


def test_a_bulk_leaves_room_for_others_in_each_claim(queue, transact, one):
    queue(*(submission(f"bulk{number}@inbox.test", tags=campaign("bulk")) for number in range(60)))
    queue(*(submission(f"{name}@inbox.test", tags=campaign(name)) for name in ("reset", "invoice")))
    taken = claimed(transact, one, 12)
    assert {"reset@inbox.test", "invoice@inbox.test"} <= set(taken)
    assert len(taken) == 12  # what the others leave is the bulk's


def test_with_more_streams_than_a_claim_has_room_for_each_has_its_turn(queue, transact, one):
    queue(
        *(
            submission(f"{name}-{number}@inbox.test", tags=campaign(f"{name}"))
            for number in range(8)
            for name in range(12)
        )
    )
    seen = Counter[str]()
    for _ in range(4):
        seen.update({address.partition("-")[0] for address in claimed(transact, one, 16)})
    assert len(seen) == len({row["stream"] for row in rows(transact)}) or len(seen) >= 10


def test_a_stream_of_which_there_is_enough_in_memory_is_left(queue, transact, one):
    queue(submission("a@inbox.test", tags=campaign("bulk")), submission("b@inbox.test", tags=campaign("other")))
    bulk = rows(transact)[0]["stream"]
    assert claimed(transact, one, full=[bulk]) == ["b@inbox.test"]
    assert claimed(transact, one) == ["a@inbox.test"]


def test_what_is_due_is_found_whatever_else_waits_for_later(queue, transact, one):
    queue(*(submission(f"{number}@later.test", tags=campaign(str(number))) for number in range(30)))
    transact(one.put_off, "later.test", in_minutes(transact, 30), REFUSED, 100)
    assert claimed(transact, one) == []
    queue(submission("now@inbox.test"))
    assert claimed(transact, one) == ["now@inbox.test"]


def test_the_names_of_streams():
    def named(configuration_set=None, tags=(), operation=Operation.SEND_EMAIL):
        return stream_of("111122223333", configuration_set, tags, operation)

    assert named() == "111122223333 "
    assert account_of(named("news")) == "111122223333"
    assert named("news") != named("receipts") != named()
    assert named(operation=Operation.SEND_BULK_EMAIL) != named()
    assert named("news", campaign("spring")) != named("news")
    assert named("news", (MessageTag(name="other", value="x"),)) == named("news")
    # A tag with a new value for each message makes no more streams than these.
    assert len({named("news", campaign(str(number))) for number in range(10_000)}) <= 64


# --- destinations that rest ---


def test_what_rests_is_put_off_in_one_statement_and_says_why(queue, transact, one):
    queue(*(submission(f"{number}@dead.test") for number in range(5)), submission("x@inbox.test"))
    until = in_minutes(transact, 10)
    assert transact(one.put_off, "dead.test", until, REFUSED, 3) == 3
    assert transact(one.put_off, "dead.test", until, REFUSED, 3) == 2
    assert transact(one.put_off, "dead.test", until, REFUSED, 3) == 0
    assert claimed(transact, one) == ["x@inbox.test"]
    dead = [row for row in rows(transact) if row["domain"] == "dead.test"]
    assert {(row["state"], row["due_at"], row["attempts"]) for row in dead} == {("deferred", to_micros(until), 0)}
    assert {(row["reason"], row["status"]) for row in dead} == {(Reason.CONNECTION_REFUSED, "4.4.1")}


def test_nothing_is_put_off_beyond_its_deadline(queue, transact, one):
    queue(submission("a@dead.test"))
    ends = in_minutes(transact, 5)
    transact(lambda tx: tx.execute(sa.update(tables.messages).values(expires_at=ends)))
    assert transact(one.put_off, "dead.test", in_minutes(transact, 30), REFUSED, 10) == 1
    assert rows(transact)[0]["due_at"] == to_micros(ends)
    assert transact(one.put_off, "dead.test", in_minutes(transact, 30), REFUSED, 10) == 0


def test_what_a_worker_has_in_hand_is_not_put_off(queue, transact, one):
    queue(submission("a@dead.test"))
    assert claimed(transact, one) == ["a@dead.test"]
    assert transact(one.put_off, "dead.test", in_minutes(transact, 30), REFUSED, 10) == 0


def test_a_claim_passes_over_what_it_should_avoid_and_does_not_meet_it_again(queue, transact, one):
    queue(*(submission(f"{number}@full.test") for number in range(20)), submission("x@inbox.test"))
    avoid = {"full.test": in_minutes(transact, 1)}
    found = []
    for _ in range(4):
        found += claimed(transact, one, 8, avoid=avoid)
    assert found == ["x@inbox.test"]
    assert {row["due_at"] for row in rows(transact) if row["domain"] == "full.test"} == {to_micros(avoid["full.test"])}


# --- indexes ---


STATEMENTS = {
    "streams": (deliveries._STREAMS, ("", 10), "recipients_by_stream"),
    "due": (deliveries._DUE, ("111122223333 ", 2**62, 10), "recipients_by_stream"),
    "next due": (deliveries._NEXT_DUE, (), "recipients_open"),
    "put off": (deliveries._PUT_OFF, ("", "", "", 0, 1, 1, "d7.test", 2**62, 10), "recipients_by_domain"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_long_queue_is_read_by_index_only(queue, transact, store, name):
    """A queue of a million waiting recipients must not be read whole for each claim."""
    for start in range(0, 1000, 100):
        queue(*(submission(f"r{number}@d{number % 50}.test") for number in range(start, start + 100)))
    statement, parameters, index = STATEMENTS[name]
    plan = "\n".join(transact(_plan, store.engine, statement.text(store.engine), parameters))
    assert index in plan
    assert "SCAN recipients" not in plan.replace("SCAN recipients USING", "")
    assert "Seq Scan on recipients" not in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


def _plan(tx, engine, text, parameters):
    if engine is Engine.SQLITE:
        found = tx.connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text, parameters)
        return [str(row) for row in found]
    tx.connection.exec_driver_sql("ANALYZE recipients")
    tx.connection.exec_driver_sql("ANALYZE messages")
    # As with a million rows: a thousand fit into so few pages that reading all of them is as good.
    tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    tx.connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    return [str(row[0]) for row in tx.connection.exec_driver_sql("EXPLAIN " + text, parameters)]
