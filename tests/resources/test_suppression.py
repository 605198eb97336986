"""The suppression list: one entry for each address, found whatever the case of its domain, listed page by page."""

from datetime import timedelta

import pytest

from tayori.model.errors import Invalid, Kind, NotFound
from tayori.resources import suppression

OWN = ("111122223333", "us-east-1")


def test_an_entry_is_kept_with_its_reason_and_time(transact, clock):
    transact(suppression.put, *OWN, "gone@inbox.test", "BOUNCE")
    entry = transact(suppression.get, *OWN, "gone@inbox.test")
    assert (entry.address, entry.reason, entry.message_id) == ("gone@inbox.test", "BOUNCE", None)
    assert abs(entry.updated_at - clock.now()) < timedelta(seconds=20)


def test_putting_again_replaces_reason_and_time_and_what_feedback_said(transact, clock):
    transact(suppression.add_from_feedback, [(*OWN, "gone@inbox.test", "BOUNCE", "message-1")])
    before = transact(suppression.get, *OWN, "gone@inbox.test")
    assert (before.message_id, before.feedback_id) == ("message-1", "message-1")
    clock.advance(60)
    transact(suppression.put, *OWN, "gone@inbox.test", "COMPLAINT")
    after = transact(suppression.get, *OWN, "gone@inbox.test")
    assert (after.reason, after.message_id) == ("COMPLAINT", None)
    assert after.updated_at - before.updated_at >= timedelta(seconds=60)


def test_feedback_leaves_an_entry_as_it_is(transact):
    transact(suppression.put, *OWN, "gone@inbox.test", "COMPLAINT")
    transact(suppression.add_from_feedback, [(*OWN, "gone@inbox.test", "BOUNCE", "message-1")])
    assert transact(suppression.get, *OWN, "gone@inbox.test").reason == "COMPLAINT"


def test_the_domain_has_no_case_and_the_local_part_has(transact):
    transact(suppression.put, *OWN, "Gone@INBOX.Test", "BOUNCE")
    assert transact(suppression.get, *OWN, "Gone@inbox.test").address == "Gone@inbox.test"
    with pytest.raises(NotFound):
        transact(suppression.get, *OWN, "gone@inbox.test")


@pytest.mark.parametrize("text", ["gone@inbox.test", "no address", "", "a\0b@inbox.test", "@"])
def test_what_is_not_on_the_list_is_not_found(transact, text):
    for function in (suppression.get, suppression.delete):
        with pytest.raises(NotFound) as refusal:
            transact(function, *OWN, text)
        assert refusal.value.message == f"Email address {text} does not exist on your suppression list."
        assert refusal.value.kind is Kind.SUPPRESSED_DESTINATION


def test_lists_are_of_one_account_and_region(transact):
    transact(suppression.put, *OWN, "gone@inbox.test", "BOUNCE")
    for other in (("999900001111", "us-east-1"), ("111122223333", "eu-west-1")):
        assert transact(suppression.reasons, *other, ["gone@inbox.test"]) == {}
        assert transact(suppression.page, *other, limit=10).entries == []


def test_a_deleted_entry_is_gone(transact):
    transact(suppression.put, *OWN, "gone@inbox.test", "BOUNCE")
    transact(suppression.delete, *OWN, "gone@inbox.test")
    assert transact(suppression.page, *OWN, limit=10).entries == []


@pytest.mark.parametrize("reason", ["", "bounce", "UNSUBSCRIBE"])
def test_an_unknown_reason_is_refused(transact, reason):
    with pytest.raises(Invalid) as refusal:
        transact(suppression.put, *OWN, "gone@inbox.test", reason)
    assert refusal.value.message == f"Reason {reason} is invalid, must be one of [BOUNCE, COMPLAINT]."


def test_what_is_no_address_cannot_be_put(transact):
    with pytest.raises(Invalid, match="Missing final '@domain'"):
        transact(suppression.put, *OWN, "nobody", "BOUNCE")


def test_pages_go_through_the_whole_list_once(transact):
    wanted = [f"r{number:03}@inbox.test" for number in range(25)]
    for address in reversed(wanted):
        transact(suppression.put, *OWN, address, "BOUNCE")
    seen, after = [], ""
    while after is not None:
        page = transact(suppression.page, *OWN, after=after, limit=10)
        seen += [entry.address for entry in page.entries]
        after = page.rest
    assert seen == wanted


def test_pages_can_be_narrowed_by_reason_and_time(transact, clock):
    transact(suppression.put, *OWN, "early@inbox.test", "BOUNCE")
    clock.advance(3600)
    middle = clock.now()
    clock.advance(3600)
    transact(suppression.put, *OWN, "late@inbox.test", "COMPLAINT")

    def found(**filters):
        return [entry.address for entry in transact(suppression.page, *OWN, limit=10, **filters).entries]

    assert found() == ["early@inbox.test", "late@inbox.test"]
    assert found(wanted_reasons=["BOUNCE"]) == ["early@inbox.test"]
    assert found(wanted_reasons=["BOUNCE", "COMPLAINT"]) == ["early@inbox.test", "late@inbox.test"]
    assert found(start=middle) == ["late@inbox.test"]
    assert found(end=middle) == ["early@inbox.test"]
    assert found(start=middle, end=middle) == []


@pytest.mark.parametrize("size", [0, 1, 2, 3, 10, 11, 50, 51, 130])
def test_any_number_of_addresses_is_looked_up(transact, size):
    addresses = [f"r{number}@inbox.test" for number in range(size)]
    transact(suppression.add_from_feedback, [(*OWN, address, "BOUNCE", "m") for address in addresses[::2]])
    assert transact(suppression.reasons, *OWN, addresses) == dict.fromkeys(addresses[::2], "BOUNCE")


def test_a_page_of_a_narrowed_list_looks_at_so_many_entries_and_no_more(transact):
    """A rare reason in a long list: pages may be empty, and lead on."""
    addresses = [f"r{number:03}@inbox.test" for number in range(25)]
    transact(suppression.put_all, *OWN, [(address, "BOUNCE") for address in addresses])
    transact(suppression.put, *OWN, addresses[17], "COMPLAINT")
    found, after, sizes = [], "", []
    while after is not None:
        page = transact(suppression.page, *OWN, wanted_reasons=["COMPLAINT"], after=after, limit=10, rows=5)
        found += [entry.address for entry in page.entries]
        sizes.append(len(page.entries))
        after = page.rest
    assert found == [addresses[17]] and sizes == [0, 0, 0, 1, 0]
    whole = transact(suppression.page, *OWN, limit=25, rows=25)
    assert (len(whole.entries), whole.rest) == (25, None)
    cut = transact(suppression.page, *OWN, limit=10)
    assert (len(cut.entries), cut.rest) == (10, addresses[9])
