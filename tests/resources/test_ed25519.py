"""An Ed25519 key beside a domain's other one, in the rows."""

from datetime import timedelta

import pytest
from identity_makers import ACCOUNT, NAMES, REGION, address, checked, domain, open_account

from tayori.mail.address import AddrSpec
from tayori.model.errors import Invalid, NotFound
from tayori.model.identity import SEARCH_WINDOW, Verdict, VerificationStatus
from tayori.model.proof import Purpose
from tayori.resources import dkim_keys, ed25519, identities, identity_checks, key_rotation
from tayori.resources.dkim_keys import DkimKey, OwnSignature
from tayori.resources.dkim_setup import Own
from tayori.resources.key_rotation import OVERLAP, Step
from tayori.resources.settings import find_sender

PLACE = ACCOUNT, REGION, "example.com"
KEY = dkim_keys.generate_own(OwnSignature.ED25519)


@pytest.fixture
def identity(transact):
    transact(open_account)
    made = transact(domain)
    transact(identity_checks.record, checked(made), 0.0)
    return made


def selectors(transact) -> list[str]:
    sender = transact(find_sender, ACCOUNT, REGION, AddrSpec.parse("a@example.com"))
    return [plan.selector for plan in sender.signing]


def test_it_signs_behind_the_other_key_while_its_record_is_there(transact, identity) -> None:
    key = transact(ed25519.put, *PLACE, KEY)
    assert transact(ed25519.put, *PLACE, dkim_keys.generate_own(OwnSignature.ED25519)) == key
    assert transact(dkim_keys.published, KEY.selector) == [KEY.public_record]
    assert selectors(transact) == [identity.tokens[0]]
    transact(ed25519.switch, key)
    assert transact(ed25519.find, *PLACE).is_active
    assert selectors(transact) == [identity.tokens[0], KEY.selector]
    transact(ed25519.switch, transact(ed25519.find, *PLACE))
    assert selectors(transact) == [identity.tokens[0]]


def test_it_follows_its_record_at_once_and_no_status_does(transact, identity, clock) -> None:
    transact(ed25519.put, *PLACE, KEY)
    there = transact(identities.get, *PLACE)
    (wanted,) = [one for one in identity_checks.expected_records(there, NAMES) if one.purpose is Purpose.DKIM_ED25519]
    assert (wanted.name, wanted.rdtype) == (f"{KEY.selector}._domainkey.example.com", "CNAME")

    def look(verdict: Verdict) -> identities.Identity:
        looked = checked(transact(identities.get, *PLACE), ed25519=verdict)
        assert transact(identity_checks.record, looked, 0.0) == []
        found = transact(identities.get, *PLACE)
        assert found.is_verified and found.dkim.status is VerificationStatus.SUCCESS and found.error_type is None
        return found

    missing = look(Verdict.MISSING)
    assert not transact(ed25519.find, *PLACE).is_active
    assert missing.next_check_at - clock.now() < timedelta(minutes=2), "whoever registers it is waiting"
    settled = look(Verdict.MATCHED)
    assert transact(ed25519.find, *PLACE).is_active
    assert settled.next_check_at - clock.now() > timedelta(hours=1)
    look(Verdict.UNKNOWN)
    assert transact(ed25519.find, *PLACE).is_active, "a DNS that is silent proves nothing"
    look(Verdict.MISSING)
    assert not transact(ed25519.find, *PLACE).is_active
    clock.advance(SEARCH_WINDOW.total_seconds())
    assert look(Verdict.MISSING).next_check_at - clock.now() > timedelta(hours=1), "nobody seems to want it"


def test_what_was_looked_for_before_it_was_made_anew_counts_for_nothing(transact, identity) -> None:
    transact(ed25519.put, *PLACE, KEY)
    old = checked(transact(identities.get, *PLACE))
    transact(ed25519.take_away, *PLACE)
    assert transact(identities.get, *PLACE).ed25519_token is None
    transact(ed25519.put, *PLACE, dkim_keys.generate_own(OwnSignature.ED25519))
    transact(identity_checks.record, old, 0.0)
    assert not transact(ed25519.find, *PLACE).is_active


def test_it_outlives_an_exchange_of_the_other_key_and_is_not_rotated(transact, identity, clock) -> None:
    transact(ed25519.switch, transact(ed25519.put, *PLACE, KEY))
    own = Own(key=DkimKey(selector="s1", private_key=b"own", public_record="v=DKIM1; k=rsa; p=OWN"))
    transact(identities.put_dkim_signing, *PLACE, own)
    assert selectors(transact) == []  # never alone
    transact(identity_checks.record, checked(transact(identities.get, *PLACE)), 0.0)
    assert selectors(transact) == ["s1", KEY.selector]
    clock.advance(OVERLAP.total_seconds() * 30)
    assert {step.step for step in transact(key_rotation.due, OVERLAP * 2, 10)} == {Step.DROP}  # Easy DKIM's old key


def test_it_is_not_taken_for_an_easy_dkim_key(transact, identity, clock) -> None:
    transact(ed25519.switch, transact(ed25519.put, *PLACE, KEY))
    clock.advance(OVERLAP.total_seconds() * 30)
    (step,) = transact(key_rotation.due, OVERLAP * 2, 10)
    assert (step.step, step.selector) == (Step.BEGIN, identity.tokens[1])
    fresh = DkimKey(selector=step.selector, private_key=b"x", public_record="p=x", length=step.length)
    assert transact(key_rotation.begin, step, fresh)
    clock.advance(key_rotation.SETTLING.total_seconds())
    transact(key_rotation.promote, 10)
    assert selectors(transact) == [identity.tokens[1], KEY.selector]


def test_taken_away_it_stays_for_the_mail_under_way(transact, identity, clock) -> None:
    transact(ed25519.switch, transact(ed25519.put, *PLACE, KEY))
    transact(ed25519.take_away, *PLACE)
    assert transact(ed25519.find, *PLACE) is None
    assert selectors(transact) == [identity.tokens[0]]
    assert transact(dkim_keys.published, KEY.selector) == [KEY.public_record]
    clock.advance(OVERLAP.total_seconds())
    (step,) = transact(key_rotation.due, None, 10)
    transact(key_rotation.drop, step)
    assert transact(dkim_keys.published, KEY.selector) == []


def test_it_is_for_domains_that_exist(transact, identity) -> None:
    transact(address)
    with pytest.raises(Invalid, match="is for a domain"):
        transact(ed25519.put, ACCOUNT, REGION, "user@example.com", KEY)
    with pytest.raises(NotFound):
        transact(ed25519.put, ACCOUNT, REGION, "unknown.test", KEY)
