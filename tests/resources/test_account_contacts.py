"""Who is told of an account's affairs."""

import pytest

from tayori.model.errors import NotFound
from tayori.resources import accounts

ACCOUNT, REGION = "123456789012", "us-east-1"
DETAILS = {
    "MailType": "TRANSACTIONAL",
    "WebsiteURL": "https://shop.test",
    "AdditionalContactEmailAddresses": ["ops@shop.test", "owner@shop.test"],
}


def test_contacts_are_the_account_s_and_those_of_its_details(transact) -> None:
    transact(accounts.create, ACCOUNT, REGION, name="test")
    assert transact(accounts.contacts, ACCOUNT, REGION) == ()
    transact(accounts.put_contact, ACCOUNT, "owner@shop.test")
    assert transact(accounts.contacts, ACCOUNT, REGION) == ("owner@shop.test",)
    transact(accounts.put_details, ACCOUNT, REGION, DETAILS, case_id="c")
    assert transact(accounts.contacts, ACCOUNT, REGION) == ("owner@shop.test", "ops@shop.test")
    transact(accounts.put_contact, ACCOUNT, None)
    assert transact(accounts.contacts, ACCOUNT, REGION) == ("ops@shop.test", "owner@shop.test")


def test_an_unknown_account_has_no_contact(transact) -> None:
    with pytest.raises(NotFound):
        transact(accounts.put_contact, ACCOUNT, "owner@shop.test")
