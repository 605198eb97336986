"""What the rehearsal's controls ask of the service's rows: needed records, settings, an account given back as new."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tayori.app import domain_plans
from tayori.dns.resolver import CachingResolver
from tayori.mail.answer import Resolver
from tayori.model.identity import Verdict
from tayori.model.names import ServiceNames
from tayori.model.proof import Purpose, judge
from tayori.rehearsal.control import ControlError
from tayori.rehearsal.zones import RecordSet
from tayori.resources import accounts, identities, identity_checks, installation
from tayori.resources.accounts import UNLIMITED
from tayori.resources.identities import Identity
from tayori.store.engine import Store, Tx


def at_once(account_id: str) -> str:
    """The switch: identities of the account are taken for verified as soon as they are created."""
    return f"rehearsal.verify-at-once/{account_id}"


async def needed_of(
    known: Sequence[Identity], names: Callable[[str], ServiceNames], resolver: Resolver
) -> list[RecordSet]:
    """What one domain's identities ask for, and a DMARC policy where none holds for the domain yet."""
    records = [
        record
        for identity in reversed(known)  # of what two regions want at one name, the first region's wins
        for record in identity_checks.expected_records(identity, names(identity.region))
    ]
    if known and all(record.purpose is not Purpose.DMARC for record in records):
        domain = known[0].domain
        for record in await domain_plans.dmarc_expected(domain, names(known[0].region), resolver):
            found = judge(record, await resolver.resolve(record.name, record.rdtype))
            if found.verdict is not Verdict.MATCHED:  # which policy is the owner's decision, and stays
                records.append(record)
    sets = {
        (record.name, record.rdtype): RecordSet(name=record.name, rdtype=record.rdtype, values=(record.value,))
        for record in records
    }
    return list(sets.values())


class RehearsalHooks:
    """ServiceHooks of tayori.rehearsal.control: what is set holds in all regions; the first one's values are shown.

    `new_resolver` makes a resolver with an empty cache.
    """

    def __init__(
        self,
        store: Store,
        names: Callable[[str], ServiceNames],
        regions: Sequence[str],
        new_resolver: Callable[[], CachingResolver],
    ) -> None:
        self._store = store
        self._names = names
        self._regions = regions
        self._new_resolver = new_resolver
        self._region = regions[0]

    async def needed_records(self, account_id: str, domain: str) -> Sequence[RecordSet]:
        known = await self._store.read(self._known, account_id, domain.lower())
        resolver = self._new_resolver()
        try:
            return await needed_of(known, self._names, resolver)
        finally:
            await resolver.close()

    def _known(self, tx: Tx, account_id: str, domain: str) -> list[Identity]:
        found = [identities.find(tx, account_id, region, domain) for region in self._regions]
        known = [identity for identity in found if identity is not None]
        if not known:
            raise ControlError(404, f"Identity {domain} does not exist.")
        return known

    async def change_settings(self, account_id: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._store.write(self._change, account_id, settings)

    def _change(self, tx: Tx, account_id: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        accounts.get(tx, account_id, self._region)  # raises where there is none
        if "verify_identities_at_once" in settings:
            on = bool(settings["verify_identities_at_once"])
            installation.set_switch(tx, at_once(account_id), on=on)
            if on:
                self._verify_all(tx, account_id)
        for region in self._regions:
            self._change_region(tx, account_id, region, settings)
        return self._shown(tx, account_id)

    def _change_region(self, tx: Tx, account_id: str, region: str, settings: Mapping[str, Any]) -> None:
        account = accounts.get_anywhere(tx, account_id, region)
        production = settings.get("production_access", account.production_access)
        # -1 is unlimited, and the rehearsal's default once production access is on.
        granted = production and not account.production_access
        max_24_hour = int(settings.get("max_24_hour_send", UNLIMITED if granted else account.max_24_hour))
        max_rate = float(settings.get("max_send_rate", UNLIMITED if granted else account.max_rate))
        if production:
            accounts.grant(tx, account_id, region, max_24_hour=max_24_hour, max_rate=max_rate)
        elif account.production_access:
            accounts.deny(tx, account_id, region, reason="The rehearsal's settings ended production access.")
        elif {"max_24_hour_send", "max_send_rate"} & set(settings):
            accounts.put_quota(tx, account_id, region, max_24_hour=max_24_hour, max_rate=max_rate)

    def _verify_all(self, tx: Tx, account_id: str) -> None:
        for region in self._regions:
            after = ""
            while page := identities.page(tx, account_id, region, after=after, limit=500):
                for identity in page:
                    identity_checks.take_for_verified(tx, account_id, region, identity.name)
                after = page[-1].name

    def _shown(self, tx: Tx, account_id: str) -> Mapping[str, Any]:
        account = accounts.get(tx, account_id, self._region)
        return {
            "verify_identities_at_once": installation.switch(tx, at_once(account_id)),
            "production_access": account.production_access,
            "max_24_hour_send": account.max_24_hour,
            "max_send_rate": account.max_rate,
        }

    async def reset(self, account_id: str) -> None:
        await self._store.write(self._reset, account_id)

    def _reset(self, tx: Tx, account_id: str) -> None:
        for region in self._regions:
            accounts.reset(tx, account_id, region)
        installation.set_switch(tx, at_once(account_id), on=False)

    async def identity_created(self, account_id: str, name: str) -> None:
        """Take a new identity for verified where the account's switch says so."""
        await self._store.write(self._take_new, account_id, name)

    def _take_new(self, tx: Tx, account_id: str, name: str) -> None:
        if installation.switch(tx, at_once(account_id)):
            for region in self._regions:
                if identities.find(tx, account_id, region, name) is not None:
                    identity_checks.take_for_verified(tx, account_id, region, name)
