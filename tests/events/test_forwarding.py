"""How much feedback is written by mail: to one person an hour, for one account a day, and what is above never."""

import pytest

from population import ACCOUNT, REGION
from tayori.events.forwarding import Forwarding
from tayori.model.event import EventKind
from tayori.model.feedback_mail import FeedbackMail
from tayori.resources import notifications
from tayori.resources.publications import Publication
from tayori.store.engine import Tx

OTHER = "444455556666"


@pytest.fixture
def forward(transact):
    """`forward(forwarding, "a@x.test", …)`: one mail to each, in one transaction."""

    def forward(forwarding: Forwarding, *to: str, account_id: str = ACCOUNT) -> None:
        def enqueue(tx: Tx) -> None:
            for number, one in enumerate(to):
                key = (f"m{number}", 1, "Bounce", 0)
                publication = Publication(
                    key=key, kind=EventKind.BOUNCE, account_id=account_id, region=REGION, detail={}
                )
                forwarding.enqueue(tx, publication, FeedbackMail(to=one, content=b"From: x\r\n\r\n"))

        transact(enqueue)

    return forward


def mailed(transact) -> list[str]:
    return sorted(one.endpoint for one in transact(notifications.claim, "w", 1000))


def test_one_person_gets_so_many_an_hour(transact, forward, clock, caplog) -> None:
    forwarding = Forwarding(most_an_hour=3)
    forward(forwarding, *["a@x.test"] * 5, "b@x.test")
    assert mailed(transact) == ["a@x.test"] * 3 + ["b@x.test"]
    assert not forwarding.may_write(ACCOUNT, "a@x.test", clock.now())
    assert forwarding.may_write(ACCOUNT, "b@x.test", clock.now())
    assert caplog.text.count("feedback_not_mailed") == 1  # not for each
    clock.advance(3601)
    forward(forwarding, "a@x.test")
    assert mailed(transact) == ["a@x.test"]


def test_what_was_too_much_is_not_written_later(transact, forward, clock) -> None:
    forwarding = Forwarding(most_an_hour=1)
    forward(forwarding, *["a@x.test"] * 5)
    assert mailed(transact) == ["a@x.test"]
    clock.advance(86_400)
    assert mailed(transact) == []


def test_an_account_causes_so_many_a_day(transact, forward) -> None:
    forwarding = Forwarding(most_a_day=2)
    forward(forwarding, "a@x.test", "b@x.test", "c@x.test")
    assert mailed(transact) == ["a@x.test", "b@x.test"]
    forward(forwarding, "c@x.test", account_id=OTHER)
    assert mailed(transact) == ["c@x.test"]


def test_the_count_is_of_all_processes(transact, forward) -> None:
    forward(Forwarding(most_an_hour=2), "a@x.test", "a@x.test")
    forward(Forwarding(most_an_hour=2), "a@x.test")
    assert mailed(transact) == ["a@x.test"] * 2
