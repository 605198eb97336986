"""The turn of keys behind Easy DKIM's records, step by step."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from identity_makers import ACCOUNT, REGION, checked, domain, keys, open_account

from tayori.mail.address import AddrSpec
from tayori.model.identity import KeyLength
from tayori.model.retry import DEFAULT_LIFETIME
from tayori.resources import dkim_keys, identities, identity_checks, key_rotation
from tayori.resources.dkim_keys import DkimKey
from tayori.resources.dkim_setup import Easy, Own
from tayori.resources.key_rotation import OVERLAP, SETTLING, Step
from tayori.resources.settings import find_sender
from tayori.store import tables

LIFETIME = timedelta(days=90)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def identity(transact):
    transact(open_account)
    made = transact(domain)
    transact(identity_checks.record, checked(made), 0.0)
    return transact(identities.get, ACCOUNT, REGION, "example.com")


def fresh(token: str, name: str, length: KeyLength = KeyLength.RSA_2048_BIT) -> DkimKey:
    return DkimKey(selector=token, private_key=name.encode(), public_record=f"p={name}", length=length)


def signing(transact):
    (plan,) = transact(find_sender, ACCOUNT, REGION, AddrSpec.parse("a@example.com")).signing
    return plan


def due(transact, lifetime: timedelta | None = LIFETIME):
    return transact(key_rotation.due, lifetime, 10)


def advance(clock, time: timedelta) -> None:
    clock.advance(time.total_seconds())


def begin(transact, name: str = "fresh", **changes) -> str:
    (step,) = due(transact)
    assert step.step is Step.BEGIN
    assert transact(key_rotation.begin, step, fresh(step.selector, name, step.length))
    return step.selector


def test_one_whole_turn(transact, clock, identity) -> None:
    first, second, third = identity.tokens
    old = signing(transact)
    assert old.selector == first
    advance(clock, LIFETIME - MINUTE)
    assert due(transact) == []
    advance(clock, MINUTE)
    assert begin(transact) == second
    # Published, and not yet signing.
    assert transact(dkim_keys.published, second) == ["p=fresh"]
    assert signing(transact) == old
    advance(clock, SETTLING - MINUTE)
    assert transact(key_rotation.promote, 10) == []
    advance(clock, MINUTE)
    assert transact(key_rotation.promote, 10) == ["example.com"]
    new = signing(transact)
    assert new.selector == second
    assert transact(dkim_keys.private_key, new.key_id) == b"fresh"
    # What was accepted before is signed and verified as before, for longer than it can be under way.
    advance(clock, OVERLAP - MINUTE)
    assert due(transact) == []
    assert transact(dkim_keys.private_key, old.key_id) == first.encode()
    assert transact(dkim_keys.published, first) == [f"p={first}"]
    advance(clock, MINUTE)
    (over,) = due(transact)
    assert (over.step, over.selector) == (Step.RENEW, first)
    assert transact(key_rotation.renew, over, fresh(first, "standing by"))
    assert transact(dkim_keys.private_key, old.key_id) is None
    assert transact(dkim_keys.published, first) == ["p=standing by"]
    assert (signing(transact), due(transact)) == (new, [])
    advance(clock, LIFETIME)
    assert begin(transact) == third


def test_the_overlap_is_longer_than_mail_can_be_under_way() -> None:
    key_record_lives = timedelta(seconds=300)
    assert DEFAULT_LIFETIME + key_record_lives < OVERLAP
    assert key_record_lives < SETTLING


def test_the_last_token_is_followed_by_the_first(transact, clock, identity) -> None:
    seen = [signing(transact).selector]
    for number in range(4):
        advance(clock, LIFETIME)
        begin(transact, f"key{number}")
        advance(clock, SETTLING)
        transact(key_rotation.promote, 10)
        seen.append(signing(transact).selector)
        advance(clock, OVERLAP)
        (over,) = due(transact)
        transact(key_rotation.renew, over, fresh(over.selector, f"standby{number}"))
    first, second, third = identity.tokens
    assert seen == [first, second, third, first, second]


def test_the_time_of_the_newest_key_is_kept(transact, clock, identity) -> None:
    advance(clock, LIFETIME)
    begin(transact)
    shown = transact(identities.get, ACCOUNT, REGION, "example.com")
    assert shown.keys_made_at - identity.keys_made_at >= LIFETIME


def test_another_length_begins_a_turn_at_once_and_keeps_signing(transact, clock, identity) -> None:
    transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", Easy(length=KeyLength.RSA_1024_BIT))
    (step,) = due(transact, None)
    assert (step.step, step.length, step.selector) == (Step.BEGIN, KeyLength.RSA_1024_BIT, identity.tokens[1])
    transact(key_rotation.begin, step, fresh(step.selector, "short", step.length))
    assert due(transact, None) == []  # begun once
    assert signing(transact).selector == identity.tokens[0]
    advance(clock, SETTLING)
    transact(key_rotation.promote, 10)
    shown = transact(identities.get, ACCOUNT, REGION, "example.com")
    assert (shown.current_length, shown.key_length) == (KeyLength.RSA_1024_BIT,) * 2
    assert (signing(transact).selector, due(transact, None)) == (identity.tokens[1], [])


def test_a_third_turn_waits_until_a_token_is_free(transact, clock, identity) -> None:
    for length in (KeyLength.RSA_1024_BIT, KeyLength.RSA_2048_BIT):
        transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", Easy(length=length))
        begin(transact, length)
        advance(clock, timedelta(days=1))
        transact(key_rotation.promote, 10)
    transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", Easy(length=KeyLength.RSA_1024_BIT))
    assert due(transact) == []
    advance(clock, OVERLAP - timedelta(days=1))
    (over,) = due(transact)
    assert transact(key_rotation.renew, over, fresh(over.selector, "free", over.length))
    assert [step.step for step in due(transact)] == [Step.BEGIN]


def test_never_is_never(transact, clock, identity) -> None:
    advance(clock, timedelta(days=3650))
    assert due(transact, None) == []


def test_a_domain_that_is_not_proven_keeps_its_keys(transact, clock) -> None:
    transact(open_account)
    transact(domain)
    advance(clock, LIFETIME * 2)
    assert due(transact) == []


def test_a_step_comes_to_nothing_where_the_identity_changed(transact, clock, identity) -> None:
    advance(clock, LIFETIME)
    (step,) = due(transact)
    own = Own(key=DkimKey(selector="s1", private_key=b"own", public_record="p=own"))
    transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", own)
    assert not transact(key_rotation.begin, step, fresh(step.selector, "late"))
    transact(identities.delete, ACCOUNT, REGION, "example.com")
    assert not transact(key_rotation.begin, step, fresh(step.selector, "later"))
    assert transact(dkim_keys.published, step.selector) == []


def test_a_step_is_done_once(transact, clock, identity) -> None:
    advance(clock, LIFETIME)
    (step,) = due(transact)
    assert transact(key_rotation.begin, step, fresh(step.selector, "one"))
    assert not transact(key_rotation.begin, step, fresh(step.selector, "two"))
    assert transact(dkim_keys.published, step.selector) == ["p=one"]


def test_keys_of_ways_given_up_are_dropped_in_the_end(transact, clock, identity) -> None:
    for name in ("s1", "s2"):
        own = Own(key=DkimKey(selector=name, private_key=b"own", public_record=f"p={name}"))
        transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", own)
    transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", Easy(keys=keys()))
    advance(clock, OVERLAP)
    steps = due(transact)
    assert {step.step for step in steps} == {Step.DROP}
    assert {step.selector for step in steps} == {identity.tokens[0], "s1", "s2"}
    for step in steps:
        transact(key_rotation.drop, step)
    left = transact(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(tables.dkim_keys)).scalar_one())
    assert (left, due(transact)) == (3, [])
