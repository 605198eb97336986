"""The verifier with a real resolver and real name servers: the customer's, and the service's own."""

import asyncio

import pytest
from verifier_world import ACCOUNT, DOMAIN, NAMES, OTHER, REGION, aliases, world

from tayori.dns.record import Record
from tayori.dns.resolver import CachingResolver
from tayori.loops.base import Supervised
from tayori.loops.verifier import Verifier
from tayori.mail.answer import Answer
from tayori.model.identity import IdentityName, VerificationStatus
from tayori.resources import dkim_keys, ed25519, identities
from tayori.resources.dkim_keys import DkimKey, OwnSignature
from tayori.resources.dkim_setup import Own
from tayori.resources.identities import NewIdentity

PENDING, SUCCESS, FAILED = VerificationStatus.PENDING, VerificationStatus.SUCCESS, VerificationStatus.FAILED


def test_a_domain_is_verified_once_its_three_aliases_are_there(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            waiting = await w.look(0)
            assert (waiting.verification.status, waiting.dkim.status) == (PENDING, PENDING)
            assert waiting.error_type == "HOST_NOT_FOUND"
            assert waiting.soa == {
                "PrimaryNameServer": f"ns.{DOMAIN}",
                "AdminEmail": f"admin.{DOMAIN}",
                "SerialNumber": 7,
            }
            w.dns.publish(aliases(identity)[:2])
            assert (await w.look()).dkim.status is PENDING
            w.dns.publish(aliases(identity))
            found = await w.look()
            assert (found.verification.status, found.dkim.status, found.error_type) == (SUCCESS, SUCCESS, None)
            assert [finding["verdict"] for finding in found.findings] == ["matched"] * 3
            # Who follows the alias finds the key that signs.
            answer = await w.resolver.resolve(f"{identity.tokens[0]}._domainkey.{DOMAIN}", "TXT")
            assert answer.values == tuple(await store.read(dkim_keys.published, identity.tokens[0]))
            assert answer.values[0].startswith("v=DKIM1; k=rsa; p=")

    run(scenario())


def test_a_second_key_signs_once_its_record_is_there(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            w.dns.publish(aliases(identity))
            await w.look(0)
            key = dkim_keys.generate_own(OwnSignature.ED25519)
            place = ACCOUNT, REGION, DOMAIN
            await store.write(ed25519.put, *place, key)
            found = await w.look()
            assert [finding["verdict"] for finding in found.findings] == ["matched"] * 3 + ["missing"]
            assert found.is_verified
            assert not (await store.read(ed25519.find, *place)).is_active
            target = f"{key.selector}.{NAMES.dkim_zone}"
            second = Record(name=f"{key.selector}._domainkey.{DOMAIN}", rdtype="CNAME", value=target, ttl=5)
            w.dns.publish([*aliases(identity), second])
            await w.look()
            assert (await store.read(ed25519.find, *place)).is_active
            answer = await w.resolver.resolve(second.name, "TXT")
            assert answer.values == (key.public_record,)

    run(scenario())


def test_the_records_of_one_account_verify_no_other(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            ours = await w.create()
            await w.create(account_id=OTHER)
            w.dns.publish(aliases(ours))
            await w.look(0)
            assert (await w.get()).is_verified
            assert not (await w.get(account_id=OTHER)).is_verified

    run(scenario())


@pytest.mark.parametrize(
    ("suffix", "error", "hint"),
    [
        ("dkim.tayori.test.customer.test", "INVALID_VALUE", "value-doubled"),
        ("dkim.amazonses.test", "INVALID_VALUE", None),
    ],
)
def test_wrong_values_are_shown_with_what_was_found(run, store, clock, suffix, error, hint) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            w.dns.publish(aliases(identity, suffix))
            found = await w.look(0)
            assert (found.dkim.status, found.error_type) == (PENDING, error)
            first = found.findings[0]
            assert (first["found"], first["hint"]) == ([f"{identity.tokens[0]}.{suffix}"], hint)

    run(scenario())


def test_a_name_to_which_the_provider_appended_the_domain_is_noticed(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            w.dns.publish(
                [
                    Record(name=f"{record.name}.{DOMAIN}", rdtype="CNAME", value=record.value, ttl=5)
                    for record in aliases(identity)
                ]
            )
            found = await w.look(0)
            assert {finding["hint"] for finding in found.findings} == {"name-doubled"}
            assert (found.dkim.status, found.error_type) == (PENDING, "HOST_NOT_FOUND")

    run(scenario())


def test_a_domain_may_be_proven_by_the_older_txt_record(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            token = await store.write(identities.verify_domain, ACCOUNT, REGION, IdentityName.parse(DOMAIN), "token+/=")
            w.dns.publish([Record(name=f"_amazonses.{DOMAIN}", rdtype="TXT", value=token, ttl=5)])
            found = await w.look(0)
            assert (found.verification.status, found.dkim.status) == (SUCCESS, VerificationStatus.NOT_STARTED)

    run(scenario())


def test_a_mail_from_domain_wants_exactly_one_mx(run, store, clock) -> None:
    mx = Record(name=f"bounce.{DOMAIN}", rdtype="MX", value=f"10 {NAMES.feedback_host}", ttl=5)
    spf = Record(name=f"bounce.{DOMAIN}", rdtype="TXT", value=NAMES.spf_record, ttl=5)

    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            await store.write(identities.put_mail_from, ACCOUNT, REGION, DOMAIN, f"bounce.{DOMAIN}", None)
            second = Record(name=mx.name, rdtype="MX", value="20 mail.customer.test", ttl=5)
            w.dns.publish([*aliases(identity), mx, second, spf])
            found = await w.look(0)
            assert found.mail_from.status is PENDING
            assert [finding["hint"] for finding in found.findings[3:]] == ["several-mx", None]
            w.dns.publish([*aliases(identity), mx])
            found = await w.look()
            assert found.mail_from.status is SUCCESS
            assert [finding["verdict"] for finding in found.findings[3:]] == ["matched", "missing"]
            w.dns.publish([*aliases(identity), spf])
            found = await w.look(7 * 3600)
            assert found.mail_from.status is VerificationStatus.TEMPORARY_FAILURE and found.is_verified

    run(scenario())


def test_it_gives_up_after_72_hours_and_starts_anew_when_asked(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            assert (await w.look(71 * 3600)).verification.status is PENDING
            failed = await w.look(2 * 3600)
            assert (failed.verification.status, failed.dkim.status) == (FAILED, FAILED)
            w.dns.publish(aliases(identity))
            assert (await w.look(3600)).verification.status is FAILED
            await store.write(identities.verify_domain_dkim, ACCOUNT, REGION, IdentityName.parse(DOMAIN), ())
            assert (await w.look()).is_verified

    run(scenario())


def test_it_keeps_looking_and_revokes_what_is_gone_for_72_hours(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            identity = await w.create()
            w.dns.publish(aliases(identity))
            assert (await w.look()).is_verified
            w.dns.publish([])
            gone = await w.look(7 * 3600)
            assert gone.is_verified and gone.error_type == "HOST_NOT_FOUND"
            assert (await w.look(71 * 3600)).is_verified
            w.dns.publish(aliases(identity))
            assert (await w.look(3600)).verification.since is None
            w.dns.publish([])
            await w.look(7 * 3600)
            revoked = await w.look(72 * 3600)
            assert (revoked.verification.status, revoked.dkim.status) == (FAILED, FAILED)

    run(scenario())


def test_a_dns_that_is_down_never_fails_a_verified_identity(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            w.dns.publish(aliases(await w.create()))
            assert (await w.look()).is_verified
            await w.server.stop()
            for _ in range(3):
                found = await w.look(100 * 3600)
                assert found.is_verified and found.error_type == "DNS_SERVER_ERROR"

    run(scenario())


def test_one_identity_that_cannot_be_looked_at_does_not_keep_others_waiting(run, store, clock, caplog) -> None:
    class Failing(CachingResolver):
        async def resolve(self, name: str, rdtype: str) -> Answer:
            if "broken" in name:
                raise RuntimeError("a fault of ours")
            return await super().resolve(name, rdtype)

    async def scenario() -> None:
        async with world(store, clock) as w:
            await w.create("broken.test")
            w.dns.publish(aliases(await w.create()))
            resolver = Failing([("127.0.0.1", w.server.port)], clock)
            w.verifier = Verifier(store, resolver, lambda region: NAMES)
            assert (await w.look()).is_verified
            broken = await w.get("broken.test")
            assert (broken.verification.status, broken.error_type) == (PENDING, "SERVICE_ERROR")
            assert broken.next_check_at is not None and broken.next_check_at > clock.now()

    run(scenario())
    assert "identity_check_failed" in caplog.text


def test_a_new_identity_wakes_it(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            loop = Supervised(w.verifier, clock, wake=store.wakeups.event(identities.TOPIC))
            loop.start()
            while loop.health().seconds_since_success is None:  # then it waits for a minute
                await asyncio.sleep(0.01)
            identity = await w.create()
            while (await w.get()).last_checked_at is None:
                await asyncio.sleep(0.02)
            w.dns.publish(aliases(identity))
            while not (await w.get()).is_verified:
                clock.advance(1)
                await asyncio.sleep(0.05)
            await loop.stop(5)

    run(scenario())


def test_an_address_whose_link_is_not_opened_fails_without_a_question(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            new = NewIdentity(name=IdentityName.parse(f"user@{DOMAIN}"), link_token="token")
            await store.write(identities.create, ACCOUNT, REGION, new)
            await w.verifier.tick()
            assert (await w.get(f"user@{DOMAIN}")).verification.status is PENDING
            clock.advance(24 * 3600)
            await w.verifier.tick()
            assert (await w.get(f"user@{DOMAIN}")).verification.status is FAILED

    run(scenario())


def test_the_pause_ends_when_the_next_identity_is_due(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            assert await w.verifier.tick() == w.verifier.every
            await w.create()
            assert (await w.verifier.tick() or 0) <= 5

    run(scenario())


# --- a key of the customer's own ---


def key_record(value: str) -> Record:
    return Record(name=f"mine._domainkey.{DOMAIN}", rdtype="TXT", value=value, ttl=5)


def test_a_customers_own_key_is_verified_by_the_key_in_the_dns(run, store, clock) -> None:
    ours, other = (
        DkimKey(selector="mine", private_key=key.private_key, public_record=key.public_record)
        for key in dkim_keys.generate(count=2)
    )

    async def scenario() -> None:
        async with world(store, clock) as w:
            new = NewIdentity(name=IdentityName.parse(DOMAIN), dkim=Own(key=ours))
            await store.write(identities.create, ACCOUNT, REGION, new)
            assert (await w.look(0)).error_type == "HOST_NOT_FOUND"
            steps = [
                (other.public_record, PENDING, "other-key"),
                ("v=DKIM1; k=rsa; p=", PENDING, "revoked-key"),
                # Longer than one character-string holds: it goes over the wire in pieces. Only p= counts.
                (f"k=rsa;  p={ours.public_record.partition('p=')[2]}", SUCCESS, None),
            ]
            for value, status, hint in steps:
                w.dns.publish([key_record(value)])
                found = await w.look()
                assert (found.dkim.status, found.findings[0]["hint"]) == (status, hint)
            assert found.is_verified

    run(scenario())
