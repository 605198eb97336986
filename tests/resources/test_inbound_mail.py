"""How much of what strangers send is kept: of one mail, of an hour, in all, and for how long."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute
from tayori.resources import inbound_mail
from tayori.resources.inbound_mail import KEPT_OCTETS, KeptMail
from tayori.store.engine import Tx
from tayori.store.tables import inbound_messages

ROUTE = InboundRoute(recipient=AddrSpec("postmaster", "tayori.test"), purpose=InboundPurpose.POSTMASTER)
MONTH = timedelta(days=30)
KIB = 1024
SIZE = 10 * KIB - 512  # with what a row takes besides, 10 KiB


def message(size: int = SIZE) -> InboundMessage:
    return InboundMessage(
        routes=(ROUTE,),
        reverse_path=ReversePath.NULL,
        content=b"x" * size,
        source_ip="192.0.2.1",
        helo="",
        tls=None,
    )


def keep(transact, *inbound_ids: str, limits: KeptMail, size: int = SIZE) -> None:
    def all_of_them(tx: Tx) -> None:
        for inbound_id in inbound_ids:
            inbound_mail.keep(tx, inbound_id, ROUTE, message(size), None, limits)

    transact(all_of_them)


def kept(transact) -> list[str]:
    query = sa.select(inbound_messages.c.inbound_id).order_by(inbound_messages.c.inbound_id)
    return list(transact(lambda tx: tx.execute(query).scalars().all()))


def forget(transact, limits: KeptMail, age: timedelta = MONTH) -> int:
    return transact(inbound_mail.forget, age, limits)


def hours(transact) -> list[tuple[Any, ...]]:
    query = "SELECT octets, passed_over FROM inbound_hours ORDER BY hour"
    return [tuple(row) for row in transact(lambda tx: tx.connection.exec_driver_sql(query).all())]


def test_the_first_of_an_hour_are_kept(transact, clock, caplog: pytest.LogCaptureFixture) -> None:
    limits = KeptMail(an_hour=30 * KIB)
    keep(transact, *"abcde", limits=limits)
    assert kept(transact) == ["a", "b", "c"]
    assert hours(transact) == [(30 * KIB, 2)]
    assert [record.message for record in caplog.records] == ["inbound_mail_not_kept"]  # once an hour, not for each
    clock.advance(3600)
    keep(transact, "f", limits=limits)
    assert kept(transact) == ["a", "b", "c", "f"]


def test_small_mails_have_a_bound_in_number(transact) -> None:
    keep(transact, *(f"{number:03}" for number in range(200)), limits=KeptMail(an_hour=64 * KIB), size=0)
    assert len(kept(transact)) == 128


def test_of_what_is_too_much_in_all_the_oldest_goes(transact, clock) -> None:
    limits = KeptMail(in_all=40 * KIB)
    for name in "abcdefg":
        keep(transact, name, limits=limits)
        clock.advance(1200)
    assert forget(transact, limits) == 3
    assert kept(transact) == ["d", "e", "f", "g"]
    assert sum(octets for octets, _ in hours(transact)) == 40 * KIB
    assert forget(transact, limits) == 0


def test_what_is_old_is_forgotten(transact, clock) -> None:
    limits = KeptMail()
    keep(transact, "a", limits=limits)
    clock.advance(MONTH.total_seconds() - 60)
    keep(transact, "b", limits=limits)
    assert forget(transact, limits) == 0
    clock.advance(120)
    assert forget(transact, limits) == 1
    assert kept(transact) == ["b"]
    assert [octets for octets, _ in hours(transact)] == [10 * KIB]


def test_many_are_forgotten_in_small_steps(transact, clock) -> None:
    limits = KeptMail()
    keep(transact, *(f"{number:03}" for number in range(450)), limits=limits, size=0)
    clock.advance(MONTH.total_seconds() + 3600)
    assert [forget(transact, limits) for _ in range(4)] == [200, 200, 50, 0]
    assert hours(transact) == []


def test_counts_of_mail_that_others_deleted_do_not_stay(transact, clock) -> None:
    limits = KeptMail(in_all=20 * KIB)
    keep(transact, *"ab", limits=limits)
    transact(lambda tx: tx.execute(inbound_messages.delete()))
    clock.advance(3600)
    assert forget(transact, limits) == 0
    keep(transact, *"cd", limits=limits)
    assert forget(transact, limits) == 0 and kept(transact) == ["c", "d"]


def test_one_mail_has_a_bound_of_its_own(transact) -> None:
    keep(transact, "a", limits=KeptMail(), size=2 * KEPT_OCTETS)
    assert hours(transact) == [(KEPT_OCTETS + 512, 0)]
