"""The mails that the verifier sends to an account: one for each change, none for anything else."""

from email import message_from_bytes, policy
from typing import Any

import sqlalchemy as sa
from verifier_world import ACCOUNT, DOMAIN, NAMES, REGION, World, aliases, world

from tayori.app.notices import Notifier
from tayori.app.sending import Sending
from tayori.dns.record import Record
from tayori.loops.verifier import Verifier
from tayori.model.identity import VerificationStatus
from tayori.resources import accounts, identities
from tayori.store.engine import Tx
from tayori.store.tables import bodies, messages, recipients

HOUR = 3600


def _mails(tx: Tx) -> list[tuple[str, list[str], str]]:
    """(subject, recipients, text) of all mail, oldest first."""
    found = []
    rows = tx.execute(
        sa.select(messages.c.message_id, bodies.c.content)
        .join(bodies, bodies.c.message_id == messages.c.message_id)
        .order_by(messages.c.accepted_at, messages.c.message_id)
    )
    for row in rows:
        to = tx.execute(
            sa.select(recipients.c.address)
            .where(recipients.c.message_id == row.message_id)
            .order_by(recipients.c.ordinal)
        ).scalars()
        parsed: Any = message_from_bytes(row.content, policy=policy.default)
        found.append((str(parsed["Subject"]), list(to), parsed.get_content()))
    return found


def _with_notices(w: World) -> None:
    sending = Sending(w.store, lambda region: NAMES, "worker")
    notify = Notifier(w.store, sending, lambda region: NAMES, w.clock)
    w.verifier = Verifier(w.store, w.resolver, lambda region: NAMES, notify)


def test_each_change_is_told_once(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            _with_notices(w)
            await store.write(accounts.put_contact, ACCOUNT, "owner@shop.test")
            identity = await w.create()
            await w.look(0)
            assert await store.read(_mails) == []
            w.dns.publish(aliases(identity))
            await w.look()
            await w.look(7 * HOUR)
            (verified,) = await store.read(_mails)
            assert verified[0].startswith(f"{DOMAIN} is verified / ")
            assert verified[1] == ["owner@shop.test"]
            assert "The DKIM records of customer.test were found." in verified[2]

            w.dns.publish([])
            await w.look(7 * HOUR)
            for _ in range(3):
                await w.look(HOUR)
            warning = (await store.read(_mails))[1:]
            assert [subject.split(" / ")[0] for subject, *_ in warning] == [
                f"Warning: DNS records of {DOMAIN} are gone"
            ]
            assert f"{identity.tokens[0]}._domainkey.{DOMAIN}  CNAME" in warning[0][2]

            found = await w.look(73 * HOUR)
            assert found.dkim.status is VerificationStatus.FAILED
            await w.look(HOUR)
            revoked = (await store.read(_mails))[2:]
            assert [subject.split(" / ")[0] for subject, *_ in revoked] == [f"The verification of {DOMAIN} was revoked"]

    run(scenario())


def test_a_search_of_72_hours_that_finds_nothing_is_told(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            _with_notices(w)
            await store.write(accounts.put_contact, ACCOUNT, "owner@shop.test")
            await w.create()
            await w.look(0)
            await w.look(73 * HOUR)
            await w.look(73 * HOUR)
            (failed,) = await store.read(_mails)
            assert failed[0].startswith(f"{DOMAIN} could not be verified / ")

    run(scenario())


def test_the_mail_from_domain_is_told_of(run, store, clock) -> None:
    mx = Record(name=f"bounce.{DOMAIN}", rdtype="MX", value=f"10 {NAMES.feedback_host}", ttl=5)

    async def scenario() -> None:
        async with world(store, clock) as w:
            _with_notices(w)
            await store.write(accounts.put_contact, ACCOUNT, "owner@shop.test")
            identity = await w.create()
            await store.write(identities.put_mail_from, ACCOUNT, REGION, DOMAIN, f"bounce.{DOMAIN}", None)
            w.dns.publish([*aliases(identity), mx])
            await w.look(0)
            w.dns.publish(aliases(identity))
            await w.look(7 * HOUR)
            await w.look(73 * HOUR)
            subjects = [subject.split(" / ")[0] for subject, *_ in await store.read(_mails)]
            assert subjects == [
                f"{DOMAIN} is verified",
                f"Warning: the MX record of the MAIL FROM domain of {DOMAIN} is gone",
                f"The MAIL FROM domain of {DOMAIN} has failed",
            ]

    run(scenario())


def test_an_outage_of_the_dns_is_told_to_nobody_and_fails_nothing(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            _with_notices(w)
            await store.write(accounts.put_contact, ACCOUNT, "owner@shop.test")
            identity = await w.create()
            w.dns.publish(aliases(identity))
            await w.look(0)
            await w.server.stop()
            found = await w.look(100 * HOUR)
            found = await w.look(100 * HOUR)
            assert (found.verification.status, found.dkim.status) == (VerificationStatus.TEMPORARY_FAILURE,) * 2
            assert found.is_verified
            assert len(await store.read(_mails)) == 1

    run(scenario())


def test_an_account_without_a_contact_gets_no_mail(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            _with_notices(w)
            identity = await w.create()
            w.dns.publish(aliases(identity))
            assert (await w.look(0)).is_verified
            assert await store.read(_mails) == []

    run(scenario())


def test_a_contact_that_is_no_address_keeps_no_identity_from_being_looked_at(run, store, clock) -> None:
    async def scenario() -> None:
        async with world(store, clock) as w:
            _with_notices(w)
            await store.write(accounts.put_contact, ACCOUNT, "not an address")
            identity = await w.create()
            w.dns.publish(aliases(identity))
            assert (await w.look(0)).is_verified

    run(scenario())
