"""Events are noted for publication with the event itself, where somebody listens, and not where nobody does."""

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account, submission
from tayori.model.event import EventKind
from tayori.resources import publications
from tayori.resources.messages import Door
from tayori.store.notification_tables import event_destinations, identity_notifications
from tayori.store.publication_tables import publications as notes


@pytest.fixture
def accept(transact):
    transact(open_account)
    transact(identity, "example.com")
    door = Door(names, "worker", lambda size: True)

    def accept(*submissions):
        return transact(door.accept, submissions)

    return accept


def listen(tx, *kinds, enabled=True):
    values = {
        "account_id": ACCOUNT,
        "region": REGION,
        "configuration_set": "set",
        "name": "destination",
        "enabled": enabled,
        "kinds": list(kinds),
        "target_kind": "sns",
        "target": {},
        "created_at": tx.now,
    }
    tx.execute(sa.insert(event_destinations).values(values))


def listen_to_identity(tx, kind, topic="arn:aws:sns:us-east-1:123456789012:t"):
    values = {
        "account_id": ACCOUNT,
        "region": REGION,
        "identity": "example.com",
        "kind": kind,
        "topic_arn": topic,
        "headers_included": False,
    }
    tx.execute(sa.insert(identity_notifications).values(values))


def noted(transact):
    return [row[2] for row in transact(lambda tx: tx.execute(sa.select(notes)).all())]


def test_nothing_is_noted_where_nobody_listens(transact, accept):
    accept(submission("a@inbox.test"))
    assert noted(transact) == []


@pytest.mark.parametrize(
    ("kinds", "expected"), [(("SEND",), ["Send"]), (("DELIVERY",), []), (("BOUNCE", "SEND"), ["Send"])]
)
def test_only_kinds_that_are_wanted_are_noted(transact, accept, kinds, expected):
    transact(listen, *kinds)
    accept(submission("a@inbox.test"))
    assert noted(transact) == expected


def test_a_destination_that_is_off_wants_nothing(transact, accept):
    transact(listen, "SEND", enabled=False)
    accept(submission("a@inbox.test"))
    assert noted(transact) == []


def test_the_topic_of_an_identity_is_a_listener_too(transact, accept):
    transact(listen_to_identity, "Delivery", topic=None)
    accept(submission("a@inbox.test"))
    assert noted(transact) == []
    transact(listen_to_identity, "Send")
    accept(submission("a@inbox.test"))
    assert noted(transact) == ["Send"]


def test_what_is_told_of_an_event(transact, accept):
    transact(listen, "SEND")
    sent = submission("a@inbox.test", "b@inbox.test", subject="Grüße")
    accept(sent)
    (found,) = transact(publications.oldest, 10)
    assert (found.kind, found.identity, found.account_id) == (EventKind.SEND, "example.com", ACCOUNT)
    assert found.mail.message_id == sent.message_id
    assert found.mail.recipients == ("a@inbox.test", "b@inbox.test")
    assert found.mail.source_arn == f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"
    assert found.mail.head.startswith(b"From: ") and found.mail.head.endswith(b"\r\n")
    assert b"\r\n\r\n" not in found.mail.head
    assert transact(publications.take, found) is True
    assert transact(publications.take, found) is False
    assert transact(publications.oldest, 10) == []


def test_a_message_that_is_forgotten_is_told_of_to_nobody(transact, accept):
    transact(listen, "SEND")
    accept(submission("a@inbox.test"))
    transact(lambda tx: tx.connection.exec_driver_sql("DELETE FROM messages"))
    (found,) = transact(publications.oldest, 10)
    assert found.mail is None
