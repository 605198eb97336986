"""A Loop: looks once a day at the domains of accounts that want to be advised, and at the rates of their parts.

Owns when, and that one domain that cannot be looked at keeps no other from it. How a domain is looked at is handed in.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tayori.model.identity import IdentityKind
from tayori.model.recommendation import OF_DOMAINS, OF_RATES, Found, of_rates
from tayori.model.reputation import Rules, Subject
from tayori.resources import identities, recommendations, reputation
from tayori.resources.identities import Identity
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.reputation")

# What is wrong with a domain; None where the DNS did not tell.
LookAtDomain = Callable[[Identity], Awaitable[set[Found] | None]]

_DAY = timedelta(days=1)
_AT_ONCE = 50  # domains of one round: each costs packets to strangers' name servers
_MOST_IDENTITIES = 1000


class Advisor:
    name = "advisor"
    every = 600.0

    def __init__(self, store: Store, rules: Rules, look: LookAtDomain) -> None:
        self._store = store
        self._rules = rules
        self._look = look
        self._looked_at: dict[tuple[str, str, str], datetime] = {}

    async def tick(self) -> float | None:
        left = _AT_ONCE
        for key in await self._store.read(recommendations.watched):
            known = await self._store.read(_domains, key)
            for identity in known:
                if left and self._is_due(key, identity):
                    left -= 1
                    await self._look_at(key, identity)
            await self._look_at_rates(key, known)
        return None

    def _is_due(self, key: tuple[str, str], identity: Identity) -> bool:
        looked_at = self._looked_at.get((*key, identity.name))
        return looked_at is None or self._store.clock.now() - looked_at >= _DAY

    async def _look_at(self, key: tuple[str, str], identity: Identity) -> None:
        self._looked_at[(*key, identity.name)] = self._store.clock.now()
        try:
            found = await self._look(identity)
        except Exception:
            logger.exception("advice_failed", extra={"identity": identity.name, "account_id": key[0]})
            return
        if found is not None:
            await self._store.write(recommendations.settle, key, f"identity/{identity.name}", OF_DOMAINS, found)

    async def _look_at_rates(self, key: tuple[str, str], domains: list[Identity]) -> None:
        look = await self._store.read(reputation.look, *key, self._rules)
        resources = {f"identity/{one.name}" for one in domains}
        for part in look.parts:
            if part.who.kind in (Subject.IDENTITY, Subject.CONFIGURATION_SET, Subject.TENANT):
                resource = f"{part.who.kind}/{part.who.name}"
                resources.add(resource)
                found = of_rates(part.appraisal)
                await self._store.write(_settle_rates, key, resource, found)
        await self._store.write(recommendations.forget, *key, resources)


def _domains(tx: Tx, key: tuple[str, str]) -> list[Identity]:
    found = identities.page(tx, *key, limit=_MOST_IDENTITIES)
    return [one for one in found if one.kind is IdentityKind.DOMAIN and one.is_verified]


def _settle_rates(tx: Tx, key: tuple[str, str], resource: str, found: set[Found]) -> None:
    recommendations.settle(tx, key, resource, OF_RATES, found)
