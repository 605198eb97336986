"""A bulk at the door: one transaction, an answer for each. And what could not be rendered."""

import json

import pytest
import sqlalchemy as sa

from population import identity, names, open_account, submission
from tayori.app.sending import Sending
from tayori.model.errors import Unverified
from tayori.model.message import DeliveryState, RenderingFailure
from tayori.resources.messages import Door
from tayori.store import tables


@pytest.fixture
def production(transact):
    transact(open_account)
    transact(identity, "example.com")


def table_of(transact, table):
    return transact(lambda tx: [row._mapping for row in tx.execute(sa.select(table))])


def submit_together(run, store, submissions):
    async def submit():
        return await Sending(store, names, "nobody").submit_together(submissions)

    return run(submit())


def test_entries_are_accepted_at_one_moment_and_a_bad_one_spoils_none(production, transact, run, store):
    many = [submission(f"reader{number}@inbox.test") for number in range(50)]
    many[7] = submission("reader@inbox.test", sender="news@elsewhere.test")
    answers = submit_together(run, store, many)
    assert isinstance(answers[7], Unverified)
    good = [one.message_id for index, one in enumerate(many) if index != 7]
    assert [answer for answer in answers if isinstance(answer, str)] == good
    found = table_of(transact, tables.messages)
    assert {row["message_id"] for row in found} == set(good)
    assert len({row["accepted_at"] for row in found}) == 1, "more than one transaction"


def test_what_breaks_the_transaction_is_tried_alone(production, transact, run, store):
    twice = submission("reader@inbox.test")
    answers = submit_together(run, store, [submission("other@inbox.test"), twice, twice])  # a message id repeats
    assert isinstance(answers[0], str) and answers[1] == twice.message_id
    assert isinstance(answers[2], Exception)
    assert len(table_of(transact, tables.messages)) == 2


def test_nothing_is_submitted_of_nothing(run, store):
    assert submit_together(run, store, []) == []


def test_what_could_not_be_rendered_is_told_and_goes_nowhere(production, transact, run, store):
    failure = RenderingFailure(template_name="welcome", error_message="Attribute 'a' is not present …")
    one = submission("reader@inbox.test", "other@inbox.test", failure=failure)
    assert submit_together(run, store, [one]) == [one.message_id]
    events = table_of(transact, tables.events)
    assert [row["kind"] for row in events] == ["Rendering Failure"], "nothing was sent"
    assert json.loads(events[0]["detail"]) == {
        "errorMessage": "Attribute 'a' is not present …",
        "templateName": "welcome",
    }
    found = [(row["state"], row["reason"]) for row in table_of(transact, tables.recipients)]
    assert found == [(DeliveryState.REJECTED, "rendering-failure")] * 2
    assert transact(lambda tx: tx.execute(sa.text("SELECT count(*) FROM mail_counts")).scalar_one()) == 0


def test_the_door_answers_groups_apart(production, transact):
    door = Door(names, "nobody", lambda stream: True)
    first, second = [submission("a@inbox.test"), submission("b@inbox.test")], [submission("c@inbox.test")]
    answers = transact(door.accept_together, [first, [], second])
    assert [[one.message_id for one in group] for group in answers] == [
        [one.message_id for one in group] for group in (first, [], second)
    ]
