"""What is counted of mail, under which key, and what is not."""

from collections.abc import Callable
from typing import Any

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
    inbound_port,
    names,
    open_account,
    report,
    rows,
    submission,
)
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import EnhancedStatus
from tayori.model import simulator
from tayori.model.inbound import (
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)
from tayori.model.mail_count import Count
from tayori.model.message import Operation, Outgoing
from tayori.resources import configuration_sets, mail_counts, queue, suppression
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.deliveries import Deliveries
from tayori.resources.inbound import Received
from tayori.resources.messages import Door
from tayori.store.reputation_tables import mail_counts as table

PLENTY = 10_000_000
GMAIL = "gmail-smtp-in.l.google.com"


@pytest.fixture
def send(transact) -> Callable[..., Any]:
    transact(open_account)
    transact(identity, "example.com")
    transact(identity, "other.example")
    transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="news"))
    door = Door(names, "one", lambda size: True)

    def send(*recipients: str, **changes: Any) -> Outgoing:
        (answer,) = transact(door.accept, [submission(*recipients, **changes)])
        return answer.outgoing

    return send


@pytest.fixture
def record(transact, clock) -> Callable[..., None]:
    deliveries = Deliveries(names, "one")

    def record(outgoing: Outgoing, *verdicts: Any, **more: Any) -> None:
        clock.advance(1)
        transact(deliveries.record, rows([report(outgoing, *verdicts, started_at=clock.now(), **more)]))

    return record


def counts(transact) -> dict[tuple[str, str, str], dict[str, int]]:
    """By configuration set, identity and provider, what is above zero."""

    def select(tx: Any) -> dict[tuple[str, str, str], dict[str, int]]:
        found = {}
        for row in tx.execute(sa.select(table)):
            key = row.configuration_set, row.identity, row.provider
            found[key] = {count.value: getattr(row, count) for count in Count if getattr(row, count)}
        return found

    return transact(select)


def test_recipients_are_counted_when_they_are_accepted(transact, send) -> None:
    send("a@inbox.test", "b@inbox.test")
    send("c@inbox.test", configuration_set="news")
    send("d@inbox.test", sender="me@other.example")
    assert counts(transact) == {
        ("", "example.com", ""): {"sends": 2},
        ("news", "example.com", ""): {"sends": 1},
        ("", "other.example", ""): {"sends": 1},
    }


def test_deliveries_are_counted_for_the_provider_whose_host_took_them(transact, send, record) -> None:
    for host in (GMAIL, "Alt1.Gmail-SMTP-in.L.Google.com.", "mx.inbox.test"):
        record(send("a@inbox.test", "b@inbox.test", configuration_set="news"), delivered(), host=host)
    found = counts(transact)
    assert found["news", "example.com", "gmail"] == {"deliveries": 4}
    assert found["news", "example.com", "other"] == {"deliveries": 2}


def test_a_report_that_comes_twice_is_counted_once(transact, send, record) -> None:
    outgoing = send("a@inbox.test")
    for _ in range(2):
        record(outgoing, delivered())
    assert counts(transact)["", "example.com", "other"] == {"deliveries": 1}


def test_bounces_by_what_they_are(transact, send, record) -> None:
    record(send("a@inbox.test", "b@inbox.test"), failed(), delivered(), host=GMAIL)
    record(send("c@inbox.test"), failed("mailbox full", "5.2.2"), host=GMAIL)
    record(send("d@inbox.test"), expired(), host=GMAIL)
    found = counts(transact)["", "example.com", "gmail"]
    assert found == {"deliveries": 1, "permanent_bounces": 1, "transient_bounces": 2}


def test_what_is_only_put_off_is_not_counted(transact, send, record, clock) -> None:
    record(send("a@inbox.test"), deferred(clock.now()))
    assert counts(transact) == {("", "example.com", ""): {"sends": 1}}


def test_mail_that_was_claimed_from_the_store_counts_alike(transact, clock, send, record) -> None:
    waiting = Door(names, "nobody", lambda size: False)
    transact(waiting.accept, [submission("a@inbox.test", configuration_set="news")])
    (outgoing,) = transact(Deliveries(names, "one").claim, 10, PLENTY)
    record(outgoing, delivered())
    assert counts(transact)["news", "example.com", "other"] == {"deliveries": 1}


def test_suppressed_recipients_count_for_nothing(transact, send) -> None:
    transact(suppression.put, ACCOUNT, REGION, "gone@inbox.test", "BOUNCE")
    send("gone@inbox.test", "here@inbox.test")
    send("gone@inbox.test")
    assert counts(transact) == {("", "example.com", ""): {"sends": 1}}


@pytest.mark.parametrize("operation", [Operation.SERVICE, Operation.PROBE, Operation.TLS_REPORT])
def test_the_services_own_mail_counts_for_nothing(transact, send, record, operation: Operation) -> None:
    record(send("a@inbox.test", caller=caller(operation=operation)), failed())
    assert counts(transact) == {}


def test_a_complaint_is_counted_for_the_provider_that_took_the_mail(transact, send, record) -> None:
    outgoing = send("a@inbox.test", "b@inbox.test")
    record(outgoing, delivered(), host=GMAIL)
    mail_counts_of_complaint(transact, outgoing.message_id)
    assert counts(transact)["", "example.com", "gmail"] == {"deliveries": 2, "complaints": 1}


def mail_counts_of_complaint(transact, message_id: str) -> None:
    transact(mail_counts.recipients, Count.COMPLAINTS, message_id, ["a@inbox.test"])


def test_a_message_that_is_forgotten_counts_for_nothing(transact, send) -> None:
    mail_counts_of_complaint(transact, "0100-never")
    assert counts(transact) == {}


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("5.1.1", ReportKind.BOUNCE, {"permanent_bounces": 1}),
        ("4.2.2", ReportKind.BOUNCE, {"transient_bounces": 1}),
        ("4.2.2", ReportKind.AUTOMATIC_REPLY, {"transient_bounces": 1}),
    ],
)
def test_reports_that_come_later_count_once(transact, send, record, clock, status, kind, expected) -> None:
    outgoing = send("a@inbox.test")
    record(outgoing, delivered(), host=GMAIL)
    path = AddrSpec(outgoing.message_id, "mail.tayori.test")
    route = InboundRoute(
        recipient=path, purpose=InboundPurpose.RETURN_PATH, message_id=outgoing.message_id, ordinals=(0,)
    )
    said = ReportedRecipient(
        address="a@inbox.test", action=ReportAction.FAILED, status=EnhancedStatus.parse(status), diagnostic="smtp; no"
    )
    for number in range(2):
        received = Received(
            inbound_ids=(f"i{number}",),
            message=InboundMessage(
                routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
            ),
            reports=(InboundReport(message_id=outgoing.message_id, kind=kind, recipients=(said,)),),
        )
        transact(inbound_port().record, [received])
        clock.advance(1)
    assert counts(transact)["", "example.com", "gmail"] == {"deliveries": 1} | expected


def test_what_expires_while_it_is_held_is_counted(transact, send, clock) -> None:
    waiting = Door(names, "nobody", lambda size: False)
    transact(waiting.accept, [submission("a@inbox.test")])
    transact(queue.hold, queue.Selection())
    clock.advance(15 * 3600)
    assert transact(queue.expire_held, names) == 1
    assert counts(transact)["", "example.com", "other"] == {"transient_bounces": 1}


def test_mail_to_the_simulator_counts_for_nothing(transact, send, record) -> None:
    there = f"bounce@{simulator.DOMAIN}"
    outgoing = send(there, "a@inbox.test")
    record(outgoing, failed(), delivered(), host=simulator.DOMAIN)
    transact(mail_counts.recipients, Count.COMPLAINTS, outgoing.message_id, [there])
    assert counts(transact) == {("", "example.com", ""): {"sends": 1}}


def test_hours_are_apart(transact, send, clock) -> None:
    send("a@inbox.test")
    clock.advance(3600)
    send("a@inbox.test")
    hours = transact(lambda tx: [row.sends for row in tx.execute(sa.select(table).order_by(table.c.hour))])
    assert hours == [1, 1]
