"""The search over rows: what is found by what, in which order, within which bound, and by which index."""

import os
from datetime import timedelta

import pytest
from bench.search import BOUNCES_ONE_IN, FORMS, NEVER_FOUND, PART, fill

from population import (
    ACCOUNT,
    REGION,
    caller,
    deferred,
    delivered,
    failed,
    identity,
    names,
    open_account,
    report,
    rows,
    submission,
)
from tayori import ids
from tayori.model import search
from tayori.model.message import MessageTag, Operation
from tayori.model.search import Search, Status, SubjectWish
from tayori.resources import search as finding
from tayori.resources import search_index, suppression
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store.dialect import Engine, Hot

OTHER = "999900001111"
MANY = int(os.environ.get("TAYORI_TEST_SEARCHED_MESSAGES", "100000"))


@pytest.fixture
def accept(transact, clock):
    """`accept("reader@inbox.test", subject=…)` accepts a message, which waits, a second after the one before."""
    for account_id in (ACCOUNT, OTHER):
        transact(open_account, account_id)
        transact(identity, "example.com", account_id)
    door = Door(names, "nobody", lambda stream: False)

    def accept(*recipients, **changes):
        clock.advance(1)
        message_id = ids.message_id(REGION, clock.now())
        (answer,) = transact(door.accept, [submission(*recipients, message_id=message_id, **changes)])
        assert answer.message_id == message_id
        return message_id

    return accept


@pytest.fixture
def index(transact, clock):
    """Bring the index up to date; with `settling`, the second look, too."""

    def index(*, settling=False):
        clock.advance(300 if settling else 2)
        while pieces := transact(search_index.pieces):
            for piece in pieces:
                transact(search_index.write, piece)

    return index


@pytest.fixture
def find(transact):
    def find(account_id=ACCOUNT, region=REGION, **wanted):
        if isinstance(wanted.get("subject"), str):
            wanted["subject"] = SubjectWish.parse(wanted["subject"])
        step = transact(finding.step, account_id, region, Search(**wanted), start=None, limit=100, seconds=10)
        assert step.rest is None
        return [found.message_id for found in step.messages]

    return find


@pytest.fixture
def deliver(transact, clock):
    """Claim all that is due, and report the verdict for each recipient's address, else that it was delivered."""
    worker = Deliveries(names, "one")

    def deliver(**verdicts):
        for outgoing in transact(worker.claim, 100, 10_000_000):
            given = [verdicts.get(recipient.address.local, delivered()) for recipient in outgoing.recipients]
            transact(worker.record, rows([report(outgoing, *given, started_at=clock.now())]))

    return deliver


def test_messages_are_found_by_all_they_have_newest_first(accept, index, find):
    tags = (MessageTag(name="kind", value="invoice"),)
    first = accept("reader@inbox.test", subject="Your invoice 17", tags=tags)
    second = accept("Reader@inbox.test", "b@other.test", subject="ご注文の確認")
    index()
    assert find() == [second, first]
    assert find(recipients=("reader@inbox.test",)) == [second, first]
    assert find(recipients=("other.test",)) == [second]
    assert find(recipients=("nobody@inbox.test",)) == []
    assert find(subject="invoice") == [first]
    assert find(subject="invoi* 17") == [first]
    assert find(subject="注文の確認") == [second]
    assert find(tags=(("kind", "invoice"),)) == [first]
    assert find(senders=("example.com",), recipients=("inbox.test",)) == [second, first]
    assert find(identity="example.com") == [second, first]
    assert find(configuration_set="none") == []


def test_what_the_service_writes_by_itself_is_not_the_accounts_to_search(accept, index, find, transact):
    mine = accept("reader@inbox.test")
    accept("owner@inbox.test", caller=caller(operation=Operation.SERVICE))
    index()
    assert find() == find(recipients=("inbox.test",)) == [mine]


def test_nothing_is_found_before_it_is_indexed_and_all_of_it_afterwards(accept, index, find, transact, clock):
    assert transact(finding.indexed_until, REGION) is None
    accepted = [accept() for _ in range(3)]
    assert find() == []
    index()
    until = transact(finding.indexed_until, REGION)
    assert clock.now() - timedelta(seconds=30) < until <= clock.now()
    assert find() == accepted[::-1]


def test_what_waits_for_the_index_can_be_told(accept, index, transact, clock):
    accept()
    assert transact(search_index.seconds_behind) == 0
    index()
    assert transact(search_index.seconds_behind) == 0
    accept()
    clock.advance(100)
    assert 100 <= transact(search_index.seconds_behind) < 130
    index()
    assert transact(search_index.seconds_behind) == 0


def test_accounts_and_regions_are_apart(accept, index, find):
    own = accept(subject="Secret plans")
    other = accept(subject="Secret plans", caller=caller(OTHER))
    index()
    assert find(subject="secret") == [own]
    assert find(OTHER, subject="secret") == [other]
    assert find(ACCOUNT, "eu-west-1", subject="secret") == []


def test_a_term_that_leads_astray_shows_nothing(accept, index, find, transact):
    """Two values may share a number: what is found is held against the search."""
    theirs = accept(subject="Secret plans", caller=caller(OTHER))
    own = accept(subject="hello")
    index()
    words = search.term(REGION, "word", "secret")
    for message_id in (theirs, own):
        place = search.place_of(message_id)
        piece = search_index.Piece(
            prefix="none",
            look=search_index.Look.FIRST,
            rows=search_index.in_spans([(ACCOUNT, place.day, words, place.number)]),
            last="",
            is_last=True,
        )
        transact(search_index.write, piece)
    assert find(subject="secret") == []


def test_time_bounds_what_is_found(accept, index, find, clock):
    old = accept()
    clock.advance(3 * 86400)
    middle = clock.now()
    new = accept()
    index()
    assert find(since=middle) == [new]
    assert find(until=middle) == [old]
    assert find(since=middle, until=middle + timedelta(seconds=1)) == []


def test_each_status_finds_its_messages(accept, index, find, deliver, transact, clock):
    transact(suppression.put, ACCOUNT, REGION, "listed@inbox.test", "BOUNCE")
    transact(suppression.put, ACCOUNT, REGION, "angry@inbox.test", "COMPLAINT")
    sent, bounced, late = accept("fine@inbox.test"), accept("gone@inbox.test"), accept("slow@inbox.test")
    listed, angry = accept("listed@inbox.test"), accept("angry@inbox.test")
    deliver(gone=failed(), slow=deferred(clock.now() + timedelta(hours=1)))
    fresh = accept("fresh@inbox.test")
    index()
    expected = {
        Status.DELIVERED: [sent],
        Status.BOUNCED: [bounced],
        Status.DELAYED: [late],
        Status.SENDING: [fresh],
        Status.SUPPRESSED: [angry, listed],
        Status.COMPLAINED: [],
        Status.REJECTED: [],
        Status.CANCELLED: [],
    }
    assert {status: find(statuses=frozenset({status})) for status in Status} == expected
    index(settling=True)
    assert {status: find(statuses=frozenset({status})) for status in Status} == expected
    assert find(statuses=frozenset({Status.BOUNCED, Status.DELAYED})) == [late, bounced]
    assert find(statuses=frozenset({Status.BOUNCED}), recipients=("fine@inbox.test",)) == []


def test_a_rejected_message_is_found_by_that(accept, index, find):
    rejected = accept("a@inbox.test", is_bad=True)
    accept("b@inbox.test")
    index()
    assert find(statuses=frozenset({Status.REJECTED})) == [rejected]


def test_what_is_open_for_long_is_found_though_much_was_sent_since(accept, index, deliver, transact, clock):
    late = accept("slow@inbox.test")
    deliver(slow=deferred(clock.now() + timedelta(hours=6)))
    for _ in range(30):
        accept("fine@inbox.test")
    deliver()
    index(settling=True)
    wanted = Search(statuses=frozenset({Status.DELAYED}))
    step = transact(finding.step, ACCOUNT, REGION, wanted, start=None, limit=10, rows=60, seconds=10)
    assert [found.message_id for found in step.messages] == [late] and step.rest is None


def test_a_message_that_was_committed_late_is_found_by_the_second_look(accept, index, find, transact, clock):
    before = accept()
    hidden = ids.message_id(REGION, clock.now())
    after = accept()
    index()
    door = Door(names, "nobody", lambda stream: False)
    transact(door.accept, [submission("late@inbox.test", message_id=hidden)])
    index()
    assert find() == [after, before]
    index(settling=True)
    assert find() == [after, hidden, before]
    assert find(recipients=("late@inbox.test",)) == [hidden]


def test_pages_go_on_where_they_ended(accept, index, transact):
    accepted = [accept() for _ in range(7)]
    index()
    start, found, sizes = None, [], []
    while True:
        step = transact(finding.step, ACCOUNT, REGION, Search(), start=start, limit=3, seconds=10)
        found += [one.message_id for one in step.messages]
        sizes.append(len(step.messages))
        if step.rest is None:
            break
        start = step.rest
    assert found == accepted[::-1] and sizes == [3, 3, 1]


def test_what_is_kept_for_long_enough_is_forgotten_by_days(accept, index, find, transact, clock):
    accept()
    clock.advance(3 * 86400)
    young = accept()
    index()
    steps = 0
    while transact(search_index.forget, clock.now() - timedelta(days=2), rows=5):
        steps += 1
    assert steps > 1 and find() == [young]


# -- a large store -----------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(transact, clock):
    """Fill the store with a number of messages."""

    def filled(count):
        transact(open_account)
        for start in range(0, count, PART):
            transact(fill, (ACCOUNT, REGION), clock.now() - timedelta(days=4), count, start)
        transact(lambda tx: tx.engine is Engine.POSTGRES and tx.connection.exec_driver_sql("ANALYZE search_terms"))

    return filled


def test_every_form_of_search_is_quick_in_a_large_store(filled, transact):
    """However many messages there are: one step looks at no more than its bound, and ends or says where to go on."""
    filled(MANY if transact(lambda tx: tx.engine) is Engine.SQLITE else min(MANY, 6000))
    for name, wanted in FORMS.items():
        step = transact(finding.step, ACCOUNT, REGION, wanted, start=None, limit=50, seconds=10)
        assert step.looked_at < 2 * finding.STEP_ROWS + 512 * len(wanted.conditions()), name
        expects_some = name not in NEVER_FOUND
        assert bool(step.messages) is expects_some, name
        if step.rest is None:
            assert len(step.messages) < 50, name


def test_a_search_to_its_end_finds_each_message_once(filled, transact):
    filled(6000)
    start, found, steps = None, [], 0
    wanted = Search(statuses=frozenset({Status.BOUNCED}))
    while True:
        step = transact(finding.step, ACCOUNT, REGION, wanted, start=start, limit=1000, rows=30, seconds=10)
        found += [one.message_id for one in step.messages]
        steps += 1
        if step.rest is None:
            break
        start = step.rest
    assert len(found) == len(set(found)) == len(range(0, 6000, BOUNCES_ONE_IN))
    assert found == sorted(found, reverse=True) and steps > 2


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (finding.NUMBERS, (ACCOUNT, 20_000, 1, 2**16, 16)),
        (finding.DAY, (ACCOUNT, 30_000)),
        (finding.MESSAGES, ("0100aa", "0100ab")),
        (finding.RECIPIENTS, ("0100aa",)),
        (finding.OUTCOMES, ("0100aa",)),
        (finding.HOSTS, ("0100aa",)),
        (finding.BY_BEGINNING, ("0100aa", "0100ag", 500)),
        *((one, parameters) for one, parameters in search_index.STATEMENTS),
    ],
)
def test_every_statement_goes_by_an_index(transact, statement, parameters):
    plan = transact(_plan, statement, parameters)
    assert plan and not [line for line in plan if line.startswith("SCAN") or "Seq Scan" in line], plan


def _plan(tx, statement, parameters):
    sqlite = tx.engine is Engine.SQLITE
    if not sqlite:
        tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    rows = tx.hot_rows(Hot(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement.sql}"), parameters)
    return [str(row[-1]).strip() for row in rows]
