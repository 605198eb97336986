"""The mail that the service writes by itself is bounded, for each address and for each account."""

import pytest

from tayori.model.errors import LimitExceeded
from tayori.resources import service_mail

ACCOUNT, OTHER = "111122223333", "444455556666"


def test_one_address_gets_few_an_hour_whoever_asks(transact, clock):
    for account in (ACCOUNT, OTHER, ACCOUNT, OTHER, ACCOUNT):
        transact(service_mail.book, account, "victim@example.com", most_an_hour=5)
    with pytest.raises(LimitExceeded, match=r"^Victim@Example\.com has got 5 mails"):
        transact(service_mail.book, OTHER, "Victim@Example.com", most_an_hour=5)
    transact(service_mail.book, ACCOUNT, "other@example.com", most_an_hour=5)
    clock.advance(3601)
    transact(service_mail.book, OTHER, "victim@example.com", most_an_hour=5)


def test_an_account_causes_a_bounded_number_a_day(transact, clock):
    for number in range(3):
        transact(service_mail.book, ACCOUNT, f"{number}@example.com", most_an_hour=5, most_a_day=3)
    with pytest.raises(LimitExceeded, match="The account has caused 3 mails"):
        transact(service_mail.book, ACCOUNT, "3@example.com", most_an_hour=5, most_a_day=3)
    transact(service_mail.book, OTHER, "3@example.com", most_an_hour=5, most_a_day=3)
    clock.advance(86_401)
    transact(service_mail.book, ACCOUNT, "3@example.com", most_an_hour=5, most_a_day=3)


def test_what_no_bound_asks_for_is_forgotten(transact, clock):
    transact(service_mail.book, ACCOUNT, "a@example.com", most_an_hour=1)
    clock.advance(86_401)
    transact(service_mail.forget_old)
    count = transact(lambda tx: tx.connection.exec_driver_sql("SELECT COUNT(*) FROM service_mails").scalar())
    assert count == 0
