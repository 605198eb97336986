"""The rotation with real keys, real signatures and the service's own name server: dkimpy checks every message."""

import asyncio
import base64
import itertools
from datetime import UTC, datetime

import dkim as dkimpy

from tayori.dns.resolver import CachingResolver, ResolverSettings
from tayori.dns.server import AuthoritativeServer
from tayori.dns.service_zone import ServiceZone, service_zone
from tayori.loops.rotation import Rotation
from tayori.mail import dkim
from tayori.mail.address import AddrSpec
from tayori.mail.fields import split_message
from tayori.model.identity import IdentityName, KeyLength
from tayori.model.message import SigningPlan
from tayori.model.names import ServiceNames
from tayori.model.retry import DEFAULT_LIFETIME
from tayori.resources import accounts, dkim_keys, identities, identity_checks, key_rotation
from tayori.resources.dkim_keys import OwnSignature
from tayori.resources.dkim_setup import Easy
from tayori.resources.identities import NewIdentity
from tayori.resources.key_rotation import OVERLAP, SETTLING
from tayori.resources.settings import find_sender

ACCOUNT, REGION, DOMAIN = "123456789012", "us-east-1", "customer.test"
NAMES = ServiceNames(service_domain="tayori.test", region=REGION)
MESSAGE = b"From: a@customer.test\r\nTo: b@inbox.test\r\nSubject: hello\r\n\r\nHello\r\n"
DAY = 24 * 3600


class Fresh:
    """A zone whose answers the name server does not keep: its five seconds are true ones, the clock's are not."""

    def __init__(self, zone: ServiceZone) -> None:
        self.origin, self.lookup = zone.origin, zone.lookup
        self._versions = itertools.count()

    @property
    def version(self) -> int:
        return next(self._versions)


class World:
    """A domain whose aliases stand, and the DNS that a receiver asks, caches included."""

    def __init__(self, store, clock) -> None:
        self.store, self.clock = store, clock
        self.rotation = Rotation(store, key_rotation.OVERLAP * 2, NAMES.service_domain)
        zone = service_zone(
            NAMES,
            sending_addresses=["192.0.2.1"],
            listening_addresses=["192.0.2.1"],
            dkim_keys=lambda token: store.read(dkim_keys.published, token),
            own_keys=lambda selector: store.read(dkim_keys.published_own, selector),
            serial=1,
        )
        self.server = AuthoritativeServer([Fresh(zone)])

    async def start(self) -> None:
        await self.server.start("127.0.0.1", 0)
        self.resolver = CachingResolver([("127.0.0.1", self.server.port)], self.clock, ResolverSettings())
        await self.store.write(accounts.create, ACCOUNT, REGION, name="test")
        keys = await asyncio.to_thread(dkim_keys.generate, KeyLength.RSA_1024_BIT)
        new = NewIdentity(name=IdentityName.parse(DOMAIN), keys=keys)
        await self.store.write(identities.create, ACCOUNT, REGION, new)
        await self.store.write(identity_checks.take_for_verified, ACCOUNT, REGION, DOMAIN)

    async def stop(self) -> None:
        await self.resolver.close()
        await self.server.stop()

    async def plan(self) -> SigningPlan:
        """What a message that is accepted now is to be signed with."""
        sender = await self.store.read(find_sender, ACCOUNT, REGION, AddrSpec.parse(f"a@{DOMAIN}"))
        (plan,) = sender.signing
        return plan

    async def sign(self, plan: SigningPlan) -> bytes:
        private = await self.store.read(dkim_keys.private_key, plan.key_id)
        assert private is not None, "the key of a message under way is gone"
        key = dkim.load_private_key(base64.b64encode(private))
        fields, offset = split_message(MESSAGE)
        signing = dkim.SigningKey(plan.domain, plan.selector, key)
        return dkim.sign(fields, MESSAGE[offset:], [signing], datetime.now(UTC)) + MESSAGE

    async def own_plan(self) -> SigningPlan:
        """The service's own signature on a message that is accepted now."""
        ((key_id, selector),) = await self.store.read(dkim_keys.own_active, NAMES.service_domain)
        return SigningPlan(domain=NAMES.service_domain, selector=selector, key_id=key_id)

    async def check(self, raw: bytes) -> None:
        """As a receiver does, with whatever its resolver has in its cache."""
        domain, selector = (raw.partition(tag)[2].partition(b";")[0].decode() for tag in (b"d=", b"s="))
        own = f"{selector}._domainkey.{NAMES.service_domain}"
        answer = await self.resolver.resolve(own if domain != DOMAIN else f"{selector}.{NAMES.dkim_zone}", "TXT")

        def lookup(name: bytes, timeout: int = 5) -> bytes:
            assert name.decode() == f"{selector}._domainkey.{domain}."
            return answer.values[0].encode()

        assert dkimpy.DKIM(raw, minkey=1024).verify(dnsfunc=lookup)


def test_mail_of_before_during_and_after_a_turn_verifies_when_it_arrives(run, store, clock) -> None:
    """A message is accepted and another arrives every few hours, each as late after it was accepted as may be."""

    async def scenario() -> None:
        w = World(store, clock)
        await w.start()
        under_way: list[tuple[datetime, SigningPlan]] = []
        selectors = set()
        hours = 7
        for _ in range(3 * OVERLAP.days * 24 // hours):
            while (await w.rotation.tick()) is not None:
                pass
            plan = await w.plan()
            selectors.add(plan.selector)
            await w.check(await w.sign(plan))  # sent at once
            under_way.append((clock.now(), plan))
            while under_way and clock.now() - under_way[0][0] >= DEFAULT_LIFETIME:  # sent at the last moment
                await w.check(await w.sign(under_way.pop(0)[1]))
            clock.advance(hours * 3600)
        assert len(selectors) == 2
        await w.stop()

    run(scenario())


def test_a_receiver_with_the_old_key_in_its_cache_never_meets_the_new_signature(run, store, clock) -> None:
    async def scenario() -> None:
        w = World(store, clock)
        await w.start()
        identity = await store.read(identities.get, ACCOUNT, REGION, DOMAIN)
        second = f"{identity.tokens[1]}.{NAMES.dkim_zone}"
        before = (await w.resolver.resolve(second, "TXT")).values  # now in the receiver's cache
        easy = Easy(length=KeyLength.RSA_2048_BIT)
        await store.write(identities.put_dkim_signing, ACCOUNT, REGION, DOMAIN, easy)
        await w.rotation.tick()
        assert (await w.plan()).selector == identity.tokens[0]
        assert (await w.resolver.resolve(second, "TXT")).values == before
        clock.advance(SETTLING.total_seconds())
        await w.rotation.tick()
        plan = await w.plan()
        assert plan.selector == identity.tokens[1]
        await w.check(await w.sign(plan))
        assert (await w.resolver.resolve(second, "TXT")).values != before
        shown = await store.read(identities.get, ACCOUNT, REGION, DOMAIN)
        assert shown.current_length is KeyLength.RSA_2048_BIT
        await w.stop()

    run(scenario())


def test_the_services_own_key_changes_and_no_mail_under_way_notices(run, store, clock) -> None:
    async def scenario() -> None:
        w = World(store, clock)
        await w.start()
        first = await asyncio.to_thread(dkim_keys.generate_own, OwnSignature.RSA)
        own = NAMES.service_domain
        await store.write(dkim_keys.use_own, own, OwnSignature.RSA, first)
        under_way: list[tuple[datetime, SigningPlan]] = []
        selectors: list[str] = []
        hours = 7
        for _ in range(3 * OVERLAP.days * 24 // hours):
            while (await w.rotation.tick()) is not None:
                pass
            await store.write(dkim_keys.use_own, own, OwnSignature.RSA, None)  # a restart changes nothing
            plan = await w.own_plan()
            if plan.selector not in selectors:
                selectors.append(plan.selector)
            await w.check(await w.sign(plan))
            under_way.append((clock.now(), plan))
            while under_way and clock.now() - under_way[0][0] >= DEFAULT_LIFETIME:
                await w.check(await w.sign(under_way.pop(0)[1]))
            clock.advance(hours * 3600)
        assert (selectors[0], len(selectors)) == (first.selector, 2)
        clock.advance(OVERLAP.total_seconds())
        while (await w.rotation.tick()) is not None:
            pass
        assert await store.read(dkim_keys.published_own, first.selector) == []
        await w.stop()

    run(scenario())


def test_a_fresh_key_of_the_service_is_published_before_it_signs(run, store, clock) -> None:
    async def scenario() -> None:
        w = World(store, clock)
        await w.start()
        own, kind = NAMES.service_domain, OwnSignature.ED25519
        first = dkim_keys.generate_own(kind)
        await store.write(dkim_keys.use_own, own, kind, first)
        clock.advance((OVERLAP * 2).total_seconds())
        await w.rotation.tick()
        assert (await w.own_plan()).selector == first.selector
        assert await store.read(key_rotation.own_due, own, OVERLAP * 2) is OwnSignature.OFF, "one is on its way"
        clock.advance(SETTLING.total_seconds())
        await w.rotation.tick()
        second = await w.own_plan()
        assert second.selector != first.selector
        (record,) = await store.read(dkim_keys.published_own, second.selector)
        assert record.startswith("v=DKIM1; k=ed25519; ")
        assert await store.read(dkim_keys.published_own, first.selector) == [first.public_record]
        await w.stop()

    run(scenario())


def test_without_a_signature_or_a_lifetime_no_key_of_the_service_is_made(run, store, clock) -> None:
    async def scenario() -> None:
        own = NAMES.service_domain
        clock.advance((OVERLAP * 9).total_seconds())
        assert await store.read(key_rotation.own_due, own, OVERLAP) is OwnSignature.OFF
        key = dkim_keys.generate_own(OwnSignature.ED25519)
        assert not await store.write(key_rotation.begin_own, own, OVERLAP, key)
        await store.write(dkim_keys.use_own, own, OwnSignature.ED25519, key)
        clock.advance((OVERLAP * 9).total_seconds())
        assert await store.read(key_rotation.own_due, own, None) is OwnSignature.OFF
        assert await store.read(key_rotation.own_due, own, OVERLAP) is OwnSignature.ED25519

    run(scenario())
