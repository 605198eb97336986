"""What delivery needs for transport security and must not make itself: policies over HTTPS, and rows to keep them in.

Owns the putting together. RFC 8461 3.3 (the policy file), RFC 8460 4.3.2 (what went wrong with it).
"""

import ipaddress
import ssl

from tayori.app.policy_file import FetchError, FetchSettings, FetchTrouble, PolicyFileFetcher
from tayori.clock import Clock
from tayori.config import Config
from tayori.delivery.sts import KeptStsPolicies, StsFetchError
from tayori.mail.answer import Resolver
from tayori.model.tls_result import ResultType
from tayori.resources.sts_policies import StoredStsPolicies
from tayori.store.engine import Store

_EVERY = 3600.0


def policy_files(config: Config, resolver: Resolver) -> PolicyFileFetcher:
    """Fetches from policy hosts, which prove themselves to the same authorities as mail hosts do."""
    delivery = config.delivery
    networks = tuple(ipaddress.ip_network(text) for text in delivery.private_networks)
    tls = ssl.create_default_context(cafile=delivery.trust_anchors or None)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    settings = FetchSettings(port=delivery.policy_port, allowed_networks=networks, tls=tls)
    return PolicyFileFetcher(resolver, settings)


class StsFetches:
    """The fetcher as `delivery.sts` wants it."""

    def __init__(self, files: PolicyFileFetcher) -> None:
        self._files = files

    async def __call__(self, domain: str) -> bytes:
        try:
            return await self._files.fetch(domain)
        except FetchError as error:
            is_pki = error.trouble is FetchTrouble.BAD_CERTIFICATE
            result = ResultType.STS_WEBPKI_INVALID if is_pki else ResultType.STS_POLICY_FETCH_ERROR
            raise StsFetchError(result, ": ".join(filter(None, (str(error.trouble), error.detail)))) from error


def sts_policies(config: Config, resolver: Resolver, store: Store, clock: Clock) -> KeptStsPolicies | None:
    """None where the settings say that MTA-STS is not followed."""
    if not config.delivery.mta_sts:
        return None
    fetch = StsFetches(policy_files(config, resolver))
    return KeptStsPolicies(resolver=resolver, fetch=fetch, rows=StoredStsPolicies(store), clock=clock)


class StsRefresh:
    """A Loop: fetches policies anew, long before they run out, whether there is mail for their domains or not."""

    name = "mta-sts"
    every = _EVERY

    def __init__(self, policies: KeptStsPolicies) -> None:
        self._policies = policies

    async def tick(self) -> float | None:
        await self._policies.refresh()
        return None
