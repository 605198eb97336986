"""Configuration sets: named groups of options that a message is sent under.

Each option group has its own PUT in the API; an absent group means "not set". What is acted on: delivery (TlsPolicy,
SendingPoolName, MaxDeliverySeconds), sending, suppression reasons, tracking, and of VDM's the engagement metrics. The
others are kept and returned (docs/quirks.md).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Invalid, Kind, NotFound
from tayori.model.identity import HOLDING
from tayori.model.reputation import Subject, Who
from tayori.model.source import RESERVED_POOLS, is_pool_name
from tayori.model.tenant import SuppressionScope
from tayori.resources import reputation, sources, tenants
from tayori.resources import tags as tags_of
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations
from tayori.store.tables import configuration_sets, identities

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


class OptionGroup(StrEnum):
    """The option groups, by their column; the API calls them DeliveryOptions, ReputationOptions and so on."""

    DELIVERY = "delivery_options"
    REPUTATION = "reputation_options"
    SENDING = "sending_options"
    SUPPRESSION = "suppression_options"
    TRACKING = "tracking_options"
    VDM = "vdm_options"
    ARCHIVING = "archiving_options"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSet:
    name: str
    options: Mapping[OptionGroup, Mapping[str, Any]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def sending_enabled(self) -> bool:
        return bool(self.options.get(OptionGroup.SENDING, {}).get("SendingEnabled", True))

    @property
    def suppressed_reasons(self) -> tuple[str, ...] | None:
        """The reasons that suppress for this set; None where the account's hold, () where none does."""
        reasons = self.options.get(OptionGroup.SUPPRESSION, {}).get("SuppressedReasons")
        return None if reasons is None else tuple(reasons)

    @property
    def suppression_scope(self) -> str | None:
        """Whose list suppresses for a tenant's mail under this set; None where the tenant's own word holds."""
        return self.options.get(OptionGroup.SUPPRESSION, {}).get("SuppressionScope")


def check_name(name: str) -> None:
    if len(name) > 64:
        raise Invalid("Configuration set name cannot exceed 64 characters.")
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"Invalid configuration set name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
        )


def create(tx: Tx, account_id: str, region: str, wanted: ConfigurationSet) -> None:
    check_name(wanted.name)
    for group, options in wanted.options.items():
        _check_options(tx, account_id, region, group, options)
    if _row(tx, account_id, region, wanted.name) is not None:
        raise AlreadyExists(f"Configuration set {wanted.name} already exists.", Kind.CONFIGURATION_SET)
    tx.execute(
        configuration_sets.insert().values(
            account_id=account_id,
            region=region,
            name=wanted.name,
            created_at=tx.now,
            **{group.value: dict(options) for group, options in wanted.options.items()},
        )
    )
    tags_of.put(tx, account_id, region, _resource(wanted.name), wanted.tags)


def get(tx: Tx, account_id: str, region: str, name: str) -> ConfigurationSet:
    row = _row(tx, account_id, region, name)
    if row is None:
        raise missing(name)
    options = {group: row[group.value] for group in OptionGroup if row[group.value] is not None}
    return ConfigurationSet(name=name, options=options, tags=tags_of.get(tx, account_id, region, _resource(name)))


def exists(tx: Tx, account_id: str, region: str, name: str) -> bool:
    return _row(tx, account_id, region, name) is not None


def missing(name: str) -> NotFound:
    return NotFound(f"Configuration set <{name}> does not exist.", Kind.CONFIGURATION_SET)


def names(tx: Tx, account_id: str, region: str, *, after: str, limit: int, contains: str = "") -> list[str]:
    """Names in order, from the first one behind `after`; those with `contains` somewhere in them."""
    rows = tx.execute(
        sa.select(configuration_sets.c.name)
        .where(
            configuration_sets.c.account_id == account_id,
            configuration_sets.c.region == region,
            configuration_sets.c.name > after,
            *([configuration_sets.c.name.contains(contains, autoescape=True)] if contains else []),
        )
        .order_by(configuration_sets.c.name)
        .limit(limit)
    )
    return [row.name for row in rows]


def put_options(
    tx: Tx, account_id: str, region: str, name: str, group: OptionGroup, options: Mapping[str, Any] | None
) -> None:
    """Replace one option group; None clears it."""
    if _row(tx, account_id, region, name) is None:
        raise missing(name)
    if options is not None:
        _check_options(tx, account_id, region, group, options)
    if group is OptionGroup.SENDING and (options or {}).get("SendingEnabled", True):
        _start_afresh_where_paused(tx, account_id, region, name)
    value = sa.null() if options is None else dict(options)
    tx.execute(configuration_sets.update().where(*_key(account_id, region, name)).values({group.value: value}))


def _start_afresh_where_paused(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Its rates begin anew when its sending is enabled again (ses: ReputationOptions)."""
    if not get(tx, account_id, region, name).sending_enabled:
        reputation.start_afresh(tx, account_id, region, Who(Subject.CONFIGURATION_SET, name))


def redirect_domains(tx: Tx, account_id: str, region: str, domain: str) -> tuple[str, ...]:
    """The redirect domains of the account's sets that are `domain` or below it."""
    table = configuration_sets.c
    rows = tx.execute(
        sa.select(table.tracking_options).where(
            table.account_id == account_id, table.region == region, table.tracking_options.is_not(None)
        )
    )
    known = {str((row.tracking_options or {}).get("CustomRedirectDomain", "")).lower() for row in rows}
    return tuple(sorted(host for host in known if host == domain or host.endswith(f".{domain}")))


def delete(tx: Tx, account_id: str, region: str, name: str) -> None:
    """With its event destinations. Identities keep it as their default, and their sends fail, as on SES."""
    if _row(tx, account_id, region, name) is None:
        raise missing(name)
    tenants.refuse_while_associated(tx, account_id, region, _resource(name))
    tx.execute(configuration_sets.delete().where(*_key(account_id, region, name)))
    of_set = event_destinations.c.configuration_set == name
    of_account = event_destinations.c.account_id == account_id, event_destinations.c.region == region
    tx.execute(event_destinations.delete().where(*of_account, of_set))
    tags_of.forget(tx, account_id, region, _resource(name))
    reputation.forget(tx, account_id, region, Who(Subject.CONFIGURATION_SET, name))


def _check_options(tx: Tx, account_id: str, region: str, group: OptionGroup, options: Mapping[str, Any]) -> None:
    if group is OptionGroup.DELIVERY and (pool := options.get("SendingPoolName")) is not None:
        if not pool:
            raise Invalid("sendingPoolName can't be blank.")
        if pool not in RESERVED_POOLS and not (is_pool_name(pool) and sources.has_pool(tx, account_id, region, pool)):
            raise Invalid(f"SendingPool <{pool}> doesn't exist")
    if group is OptionGroup.TRACKING:
        _check_redirect_domain(tx, account_id, region, options.get("CustomRedirectDomain"))
    if group is OptionGroup.SUPPRESSION:
        for reason in options.get("SuppressedReasons") or ():
            if reason not in ("BOUNCE", "COMPLAINT"):
                raise Invalid(f"Reason {reason} is invalid, must be one of [BOUNCE, COMPLAINT].")
        if (scope := options.get("SuppressionScope")) not in (None, *SuppressionScope):
            raise Invalid(f"SuppressionScope {scope} is invalid, must be one of [ACCOUNT, TENANT].")


def _check_redirect_domain(tx: Tx, account_id: str, region: str, domain: str | None) -> None:
    """It stands in links, so it is a host name, of a domain that is verified."""
    if not domain or not domain.strip():
        raise Invalid("CustomRedirectDomain must be specified.")
    labels = domain.lower().split(".") if _HOST_NAME.fullmatch(domain) else []
    candidates = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    verified = tx.execute(
        sa.select(identities.c.identity).where(
            identities.c.account_id == account_id,
            identities.c.region == region,
            identities.c.identity.in_(candidates),
            identities.c.verification_status.in_(sorted(HOLDING)),
        )
    ).first()
    if verified is None:
        raise Invalid(f"Domain <{domain}> is not verified under this account.")


def _row(tx: Tx, account_id: str, region: str, name: str) -> sa.RowMapping | None:
    if not _NAME.fullmatch(name):  # cannot exist, and may be what no database takes for a text
        return None
    row = tx.execute(sa.select(configuration_sets).where(*_key(account_id, region, name))).first()
    return None if row is None else row._mapping


def _resource(name: str) -> str:
    return f"configuration-set/{name}"


def _key(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        configuration_sets.c.account_id == account_id,
        configuration_sets.c.region == region,
        configuration_sets.c.name == name,
    )
