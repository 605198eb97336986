"""Settings that every message needs, kept in memory: the account, its configuration sets, who may send as whom.

A message must not cost a query for each setting. Every transaction that changes a setting raises one number in the
database (see store/engine); the cache compares it once for each batch of messages and starts anew when it moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tayori.mail.address import AddrSpec
from tayori.model.dkim_setup import parent_region
from tayori.model.errors import NotFound
from tayori.model.event import EventKind
from tayori.model.identity import HOLDING
from tayori.model.message import SigningPlan
from tayori.model.reputation import Who
from tayori.model.tenant import Tenant
from tayori.model.tracking import Tracking
from tayori.resources import (
    accounts,
    configuration_sets,
    dkim_keys,
    event_destinations,
    identity_notifications,
    listeners,
    reputation,
    tail,
    tenants,
    webhooks,
)
from tayori.resources.accounts import Account
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.event_destinations import EventDestination
from tayori.resources.identity_notifications import IdentityTopic
from tayori.resources.webhooks import Webhook
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import identities

_REVISION = Hot("SELECT revision FROM settings_revision WHERE id = 1")
_MOST_SENDERS = 50_000
_NOBODY: frozenset[Who] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What the most specific verified identity says about mail from an address it covers (ses: creating-identities)."""

    identity: str
    signing: tuple[SigningPlan, ...]
    configuration_set: str | None
    feedback_forwarding: bool
    mail_from_domain: str | None
    mail_from_ready: bool
    reject_without_mail_from: bool


class Settings:
    """The cache of one process; used only within transactions of the writer."""

    def __init__(self) -> None:
        self._revision = -1
        self._accounts: dict[tuple[str, str], Account] = {}
        self._sets: dict[tuple[str, str, str], ConfigurationSet | None] = {}
        self._senders: dict[tuple[str, str, AddrSpec], Sender | None] = {}
        self._own: dict[str, tuple[SigningPlan, ...]] = {}
        self._listened: Mapping[tuple[str, str], frozenset[str]] | None = None
        self._destinations: dict[tuple[str, str, str], tuple[EventDestination, ...]] = {}
        self._topics: dict[tuple[str, str, str], Mapping[str, IdentityTopic]] = {}
        self._webhooks: dict[tuple[str, str], list[Webhook]] = {}
        self._tracking: dict[tuple[str, str, str], Tracking | None] = {}
        self._tenants: dict[tuple[str, str, str], Tenant | None] = {}
        self._paused: Mapping[tuple[str, str], frozenset[Who]] | None = None
        self._watched: Mapping[tuple[str, str], int] | None = None

    def refresh(self, tx: Tx) -> None:
        """Forget everything where a setting changed since the last look.

        What this transaction itself has changed is not committed yet, and so is forgotten again the next time.
        """
        ((revision,),) = tx.hot_rows(_REVISION, ())
        if tx.settings_changed or revision != self._revision or len(self._senders) + len(self._tenants) > _MOST_SENDERS:
            self._accounts.clear()
            self._sets.clear()
            self._senders.clear()
            self._own.clear()
            self._listened = None
            self._destinations.clear()
            self._topics.clear()
            self._webhooks.clear()
            self._tracking.clear()
            self._tenants.clear()
            self._paused = None
            self._watched = None
            self._revision = -1 if tx.settings_changed else revision

    def account(self, tx: Tx, account_id: str, region: str) -> Account:
        key = account_id, region
        if key not in self._accounts:
            self._accounts[key] = accounts.get_anywhere(tx, account_id, region)
        return self._accounts[key]

    def configuration_set(self, tx: Tx, account_id: str, region: str, name: str) -> ConfigurationSet | None:
        key = account_id, region, name
        if key not in self._sets:
            try:
                self._sets[key] = configuration_sets.get(tx, account_id, region, name)
            except NotFound:
                self._sets[key] = None
        return self._sets[key]

    def own_signature(self, tx: Tx, service_domain: str) -> tuple[SigningPlan, ...]:
        """The signature of the service's own domain, behind the customer's; none unless the operator wants one."""
        if service_domain not in self._own:
            self._own[service_domain] = tuple(
                SigningPlan(domain=service_domain, selector=selector, key_id=key_id)
                for key_id, selector in dkim_keys.own_active(tx, service_domain)
            )
        return self._own[service_domain]

    def paused(self, tx: Tx, account_id: str, region: str) -> frozenset[Who]:
        """Configuration sets and identities of the account that may send nothing, for their reputation's sake."""
        if self._paused is None:
            self._paused = reputation.paused_parts(tx)
        return self._paused.get((account_id, region), _NOBODY)

    def tenant(self, tx: Tx, account_id: str, region: str, name: str) -> Tenant | None:
        """With what it may send with."""
        key = account_id, region, name
        if key not in self._tenants:
            self._tenants[key] = tenants.with_resources(tx, *key)
        return self._tenants[key]

    def webhooks_of(self, tx: Tx, account_id: str, region: str) -> list[Webhook]:
        """As they were made: whether one works by now is not kept here."""
        key = account_id, region
        if key not in self._webhooks:
            self._webhooks[key] = webhooks.listed(tx, *key)
        return self._webhooks[key]

    def listened(self, tx: Tx) -> Mapping[tuple[str, str], frozenset[str]]:
        """Per (account id, region): the kinds of events that somebody wants to be told of."""
        if self._listened is None:
            self._listened = listeners.kinds(tx)
        return self._listened

    def watched(self, tx: Tx) -> Mapping[tuple[str, str], int]:
        """Until when the events of which accounts are watched: see `tail`."""
        if self._watched is None:
            self._watched = tail.watched(tx)
        return self._watched

    def destinations_for(
        self, tx: Tx, account_id: str, region: str, configuration_set: str, kind: EventKind
    ) -> list[EventDestination]:
        """Where events of that kind are published for mail sent under a configuration set."""
        key = account_id, region, configuration_set
        if key not in self._destinations:
            self._destinations[key] = event_destinations.of_set(tx, *key)
        return [one for one in self._destinations[key] if one.takes(kind)]

    def tracking(self, tx: Tx, account_id: str, region: str, found: ConfigurationSet) -> Tracking | None:
        """What is tracked of mail sent under a configuration set; nothing of most."""
        key = account_id, region, found.name
        if key not in self._tracking:
            self._tracking[key] = self._find_tracking(tx, account_id, region, found)
        return self._tracking[key]

    def _find_tracking(self, tx: Tx, account_id: str, region: str, found: ConfigurationSet) -> Tracking | None:
        """Opens and clicks each where a destination of the set is told of them; both for engagement metrics."""
        is_measured = _measures_engagement(self.account(tx, account_id, region), found)
        hooks = [one for one in self.webhooks_of(tx, account_id, region) if one.configuration_set == found.name]
        opens, clicks = (
            is_measured
            or bool(self.destinations_for(tx, account_id, region, found.name, kind))
            or any(kind.api_name in one.kinds for one in hooks)
            for kind in (EventKind.OPEN, EventKind.CLICK)
        )
        options = found.options.get(OptionGroup.TRACKING, {})
        tracking = Tracking(
            opens=opens,
            clicks=clicks,
            redirect_domain=options.get("CustomRedirectDomain"),
            https_policy=options.get("HttpsPolicy"),
        )
        return tracking if opens or clicks else None

    def topic_for(self, tx: Tx, account_id: str, region: str, identity: str, kind: EventKind) -> IdentityTopic | None:
        """The topic that is told of events of that kind of mail sent under an identity; none for most kinds."""
        key = account_id, region, identity
        if key not in self._topics:
            self._topics[key] = identity_notifications.topics_of(tx, *key)
        return self._topics[key].get(kind)

    def sender(self, tx: Tx, account_id: str, region: str, address: AddrSpec) -> Sender | None:
        """The identity under which `address` may be used, or None where none is verified."""
        key = account_id, region, address
        if key not in self._senders:
            self._senders[key] = find_sender(tx, account_id, region, address)
        return self._senders[key]


def _measures_engagement(account: Account, found: ConfigurationSet) -> bool:
    """Where the account has VDM at all, the set's word goes before the account's (ses: VDM settings)."""
    given = account.vdm or {}
    if given.get("VdmEnabled") != "ENABLED":
        return False
    own = (found.options.get(OptionGroup.VDM, {}).get("DashboardOptions") or {}).get("EngagementMetrics")
    return (own or (given.get("DashboardAttributes") or {}).get("EngagementMetrics")) == "ENABLED"


def covering(address: AddrSpec) -> list[str]:
    """Names of the identities that would cover an address, the most specific first: address, domain, parent domains.

    A label (`user+label@`) needs no verification of its own.
    """
    labels = address.domain.split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels))]
    return list(dict.fromkeys([str(address), str(address.unlabelled()), *domains]))


def find_sender(tx: Tx, account_id: str, region: str, address: AddrSpec) -> Sender | None:
    names = covering(address)
    rows = tx.execute(
        sa.select(identities).where(
            identities.c.account_id == account_id,
            identities.c.region == region,
            identities.c.identity.in_(names),
        )
    )
    known = {row.identity: row for row in rows}
    verified = [known[name] for name in names if name in known and known[name].verification_status in HOLDING]
    if not verified:
        return None
    first = verified[0]
    has_mail_from = next((row for row in verified if row.mail_from_domain), None)
    return Sender(
        identity=first.identity,
        signing=_signing(tx, account_id, region, verified),
        configuration_set=first.configuration_set,
        feedback_forwarding=first.feedback_forwarding,
        mail_from_domain=has_mail_from.mail_from_domain if has_mail_from else None,
        mail_from_ready=has_mail_from is not None and has_mail_from.mail_from_status == "SUCCESS",
        reject_without_mail_from=has_mail_from is not None and has_mail_from.mail_from_behavior == "REJECT_MESSAGE",
    )


def _signing(
    tx: Tx, account_id: str, region: str, verified: Sequence[sa.Row[tuple[object, ...]]]
) -> tuple[SigningPlan, ...]:
    """The customer's signature: by the most specific domain whose DKIM is in place, unless it was switched off.

    An address identity has no keys of its own; its flag overrides, its domain's keys sign (ses: probed).
    """
    if not verified[0].signing_enabled:
        return ()
    for row in verified:
        if row.kind == "DOMAIN" and row.dkim_status in HOLDING and row.signing_enabled:
            # A replica signs with whatever key its parent signs with.
            home = parent_region(row.dkim_origin) or region
            return tuple(
                SigningPlan(domain=row.identity, selector=selector, key_id=key_id)
                for key_id, selector in dkim_keys.active(tx, account_id, home, row.identity)
            )
    return ()
