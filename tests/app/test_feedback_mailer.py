"""Feedback by mail, from the bounce to the mail on its way: on by default, in SES's form, and never about itself."""

import json
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account, submission
from tayori.app.publishing import FeedbackMailer
from tayori.app.sending import Sending
from tayori.events.feedback_endpoint import FeedbackEndpoint
from tayori.events.publisher import Publisher
from tayori.mail.address import AddrSpec
from tayori.model.event import EventKind
from tayori.resources import notifications, publications
from tayori.resources.messages import INSERT_EVENT, Door
from tayori.resources.notifications import Result
from tayori.resources.settings import Settings
from tayori.store.tables import bodies, messages, recipients, to_micros

DETAILS = {
    EventKind.BOUNCE: {
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": "a@inbox.test", "action": "failed", "status": "5.1.1"}],
        "reportingMTA": "dns; a1",
    },
    EventKind.COMPLAINT: {"complainedRecipients": [{"emailAddress": "a@inbox.test"}], "complaintSubType": None},
    EventKind.DELIVERY: {"recipients": ["a@inbox.test"]},
}


@pytest.fixture
def sent(transact: Any) -> str:
    """A message of a new identity, about which nothing was set."""
    transact(open_account)
    transact(identity, "example.com")
    wanted = submission("a@inbox.test", feedback_address=AddrSpec.parse("back@example.com"))
    (accepted,) = transact(Door(names, "w", lambda size: True).accept, [wanted])
    return str(accepted.message_id)


def happen(tx: Any, message_id: str, kind: EventKind) -> None:
    row = (message_id, to_micros(tx.now), kind, 0, json.dumps(DETAILS[kind]))
    tx.hot(INSERT_EVENT, [row])
    publications.note(tx, Settings(), [row], [(message_id, ACCOUNT, REGION)])


def mailed(tx: Any, original: str) -> list[Any]:
    columns = messages.c.message_id, messages.c.reverse_path, recipients.c.address, bodies.c.content
    joined = messages.join(bodies, bodies.c.message_id == messages.c.message_id).join(
        recipients, recipients.c.message_id == messages.c.message_id
    )
    return list(tx.execute(sa.select(*columns).select_from(joined).where(messages.c.message_id != original)))


async def tell(store: Any, clock: Any) -> None:
    """What is noted goes to whom it concerns, and out."""
    await Publisher(store, "tayori.test").tick()
    endpoint = FeedbackEndpoint(FeedbackMailer(store, Sending(store, names, "w"), names, clock))
    for item in await store.write(notifications.claim, "w", 100):
        attempt = await endpoint.send(item)
        result = Result(notification=item, worker="w", verdict=attempt.verdict, error=attempt.error)
        await store.write(notifications.finish, [result])


@pytest.mark.parametrize(
    ("kind", "author", "subject"),
    [
        (EventKind.BOUNCE, "MAILER-DAEMON@tayori.test", "Delivery Status Notification (Failure)"),
        (EventKind.COMPLAINT, "complaints@tayori.test", "Complaint about message from news@example.com"),
    ],
)
def test_it_is_on_by_default_and_goes_out_as_ses_writes_it(
    run: Any, store: Any, clock: Any, transact: Any, sent: str, kind: EventKind, author: str, subject: str
) -> None:
    transact(happen, sent, kind)
    run(tell(store, clock))
    (mail,) = transact(mailed, sent)
    parsed = message_from_bytes(mail.content, policy=SMTP)
    assert mail.address == "back@example.com"
    assert (parsed["From"], parsed["To"], parsed["Subject"]) == (author, "back@example.com", subject)
    assert parsed["Auto-Submitted"].startswith("auto-")
    assert parsed.get_content_type() == "multipart/report"


def test_deliveries_are_never_told_by_mail(run: Any, store: Any, clock: Any, transact: Any, sent: str) -> None:
    transact(happen, sent, EventKind.DELIVERY)
    run(tell(store, clock))
    assert transact(mailed, sent) == []


@pytest.mark.parametrize("kind", [EventKind.BOUNCE, EventKind.COMPLAINT])
def test_what_comes_of_such_a_mail_is_told_to_nobody(
    run: Any, store: Any, clock: Any, transact: Any, sent: str, kind: EventKind
) -> None:
    """Two programs that answer each other would go on for ever: a mail about a mail is where it ends (RFC 3834 2)."""
    transact(happen, sent, EventKind.BOUNCE)
    run(tell(store, clock))
    (mail,) = transact(mailed, sent)
    clock.advance(timedelta(minutes=1).total_seconds())
    transact(happen, mail.message_id, kind)
    run(tell(store, clock))
    assert len(transact(mailed, sent)) == 1
    assert transact(publications.oldest, 10) == []
