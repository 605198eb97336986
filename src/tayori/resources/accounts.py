"""Accounts: sandbox and production access, pauses, details for the review, quotas.

SES keeps all of it for each region apart (ses: request-production-access). A new account is in the sandbox: 200
recipients in 24 hours, one a second, only to verified addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Conflict, Kind, NotFound
from tayori.model.source import DEFAULT_POOL
from tayori.resources import contact_lists, reviews
from tayori.resources.reviews import StepKind
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.identity_tables import identity_changes
from tayori.store.notification_tables import (
    event_destinations,
    identity_notifications,
    notifications,
    subscriptions,
    topics,
)
from tayori.store.receipt_tables import receipt_filters, receipt_rule_sets, received_messages
from tayori.store.reputation_tables import mail_counts, recommendations, reputation_points, reputation_states
from tayori.store.review_tables import review_steps
from tayori.store.source_tables import dedicated_ip_pools, source_addresses, warmup_choices
from tayori.store.tables import (
    account_regions,
    accounts,
    attempts,
    bodies,
    configuration_sets,
    custom_verification_templates,
    dkim_keys,
    events,
    identities,
    identity_policies,
    inbound_messages,
    messages,
    probes,
    recipients,
    send_counts,
    send_rates,
    share_links,
    suppressed_destinations,
    tags,
)
from tayori.store.template_tables import email_templates
from tayori.store.tenant_tables import tenant_resources, tenants

SANDBOX_MAX_24_HOUR = 200
SANDBOX_MAX_RATE = 1.0
# SES's first production values; an operator may grant others.
PRODUCTION_MAX_24_HOUR = 50_000
PRODUCTION_MAX_RATE = 14.0
UNLIMITED = -1


class EnforcementStatus(StrEnum):
    HEALTHY = "HEALTHY"
    PROBATION = "PROBATION"
    SHUTDOWN = "SHUTDOWN"


class ReviewStatus(StrEnum):
    PENDING = "PENDING"
    FAILED = "FAILED"
    GRANTED = "GRANTED"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account in one region. Quotas count recipients; -1 is unlimited."""

    account_id: str
    region: str
    production_access: bool
    sending_enabled: bool
    enforcement_status: str
    max_24_hour: int
    max_rate: float
    details: Mapping[str, Any] | None
    review_status: str | None
    review_case: str | None
    review_reason: str | None
    suppressed_reasons: tuple[str, ...]
    vdm: Mapping[str, Any] | None


def create(tx: Tx, account_id: str, region: str, *, name: str) -> Account:
    """A new account, in the sandbox."""
    tx.execute(accounts.insert().values(account_id=account_id, name=name, created_at=tx.now))
    return open_region(tx, account_id, region)


def open_region(tx: Tx, account_id: str, region: str) -> Account:
    """The account in a region, in the sandbox where it has never been there."""
    tx.execute(
        upsert(tx.engine, account_regions, changes=["region"]).values(
            account_id=account_id,
            region=region,
            production_access=False,
            sending_enabled=True,
            enforcement_status=EnforcementStatus.HEALTHY,
            max_24_hour=SANDBOX_MAX_24_HOUR,
            max_rate=SANDBOX_MAX_RATE,
            suppressed_reasons=["BOUNCE", "COMPLAINT"],
        )
    )
    return get(tx, account_id, region)


def get(tx: Tx, account_id: str, region: str) -> Account:
    row = tx.execute(sa.select(account_regions).where(*_key(account_id, region))).first()
    if row is None:
        raise NotFound(f"Account {account_id} does not exist in region {region}.", Kind.ACCOUNT)
    values = dict(row._mapping)
    values["suppressed_reasons"] = tuple(values["suppressed_reasons"])
    return Account(**values)


def get_anywhere(tx: Tx, account_id: str, region: str) -> Account:
    """The account in a region, which it enters with its first use of it, as on SES: in the sandbox."""
    return get(tx, account_id, region) if has_region(tx, account_id, region) else open_region(tx, account_id, region)


def has_region(tx: Tx, account_id: str, region: str) -> bool:
    return tx.execute(sa.select(account_regions.c.region).where(*_key(account_id, region))).first() is not None


def all_accounts(tx: Tx) -> list[tuple[str, str]]:
    """(account id, name) of every account, oldest first."""
    rows = tx.execute(sa.select(accounts.c.account_id, accounts.c.name).order_by(accounts.c.created_at))
    return [(row.account_id, row.name) for row in rows]


def all_regions(tx: Tx) -> list[tuple[str, str]]:
    """(account id, region) of every account where it has ever been."""
    columns = account_regions.c.account_id, account_regions.c.region
    return [(row.account_id, row.region) for row in tx.execute(sa.select(*columns).order_by(*columns))]


def put_contact(tx: Tx, account_id: str, address: str | None) -> None:
    """Who is told when the status of an identity changes; None for nobody. The address is checked by the caller."""
    values = {"contact_address": address}
    if not tx.execute(accounts.update().where(accounts.c.account_id == account_id).values(values)).rowcount:
        raise NotFound(f"Account {account_id} does not exist.", Kind.ACCOUNT)


def contacts(tx: Tx, account_id: str, region: str) -> tuple[str, ...]:
    """The contact address of the account, and those that PutAccountDetails named for the region."""
    own = tx.execute(sa.select(accounts.c.contact_address).where(accounts.c.account_id == account_id)).scalar()
    row = tx.execute(sa.select(account_regions.c.details).where(*_key(account_id, region))).first()
    details = (row.details if row is not None else None) or {}
    named = (own, *details.get("AdditionalContactEmailAddresses", ()))
    return tuple(dict.fromkeys(address for address in named if address))


def put_sending(tx: Tx, account_id: str, region: str, *, enabled: bool) -> None:
    _change(tx, account_id, region, sending_enabled=enabled)


def put_suppressed_reasons(tx: Tx, account_id: str, region: str, reasons: tuple[str, ...]) -> None:
    _change(tx, account_id, region, suppressed_reasons=list(reasons))


def put_vdm(tx: Tx, account_id: str, region: str, attributes: Mapping[str, Any]) -> None:
    """The settings of the Virtual Deliverability Manager, as given."""
    _change(tx, account_id, region, vdm=dict(attributes))


def require_vdm(tx: Tx, account_id: str, region: str) -> None:
    """Raises NotFound where the account has not switched the Virtual Deliverability Manager on (ses: probed)."""
    if (get(tx, account_id, region).vdm or {}).get("VdmEnabled") != "ENABLED":
        raise NotFound("To use this feature you must enable Virtual Deliverability Manager", Kind.ACCOUNT)


def put_details(tx: Tx, account_id: str, region: str, details: Mapping[str, Any], case_id: str) -> None:
    """A request for production access (or its renewal after a denial). Conflict while a review is open."""
    account = get(tx, account_id, region)
    if account.review_status == ReviewStatus.PENDING:
        raise Conflict("Your account details are under review. They can be edited once the review is finished.")
    wants_review = details.get("ProductionAccessEnabled", True) and not account.production_access
    _change(
        tx,
        account_id,
        region,
        details=dict(details),
        review_status=ReviewStatus.PENDING if wants_review else account.review_status,
        review_case=case_id if wants_review else account.review_case,
        review_reason=None if wants_review else account.review_reason,
    )
    if wants_review:
        reviews.note(tx, account_id, region, StepKind.ASKED, case_id=case_id)


def grant(tx: Tx, account_id: str, region: str, *, max_24_hour: int, max_rate: float) -> None:
    """The operator grants production access with these quotas, or other quotas to one who has it."""
    _change(
        tx,
        account_id,
        region,
        production_access=True,
        review_status=ReviewStatus.GRANTED,
        review_reason=None,
        max_24_hour=max_24_hour,
        max_rate=max_rate,
    )
    case_id = get(tx, account_id, region).review_case
    reviews.note(tx, account_id, region, StepKind.GRANTED, case_id=case_id, quota=(max_24_hour, max_rate))


def deny(tx: Tx, account_id: str, region: str, *, reason: str) -> None:
    """The operator denies production access; the account stays, or falls back, in the sandbox."""
    _change(
        tx,
        account_id,
        region,
        production_access=False,
        review_status=ReviewStatus.DENIED,
        review_reason=reason,
        max_24_hour=SANDBOX_MAX_24_HOUR,
        max_rate=SANDBOX_MAX_RATE,
    )
    case_id = get(tx, account_id, region).review_case
    reviews.note(tx, account_id, region, StepKind.DENIED, case_id=case_id, reason=reason)


def put_quota(tx: Tx, account_id: str, region: str, *, max_24_hour: int, max_rate: float) -> None:
    _change(tx, account_id, region, max_24_hour=max_24_hour, max_rate=max_rate)


def reset(tx: Tx, account_id: str, region: str) -> None:
    """Give the account back as new in this region: empty, in the sandbox. Its access keys stay."""
    sent = sa.select(messages.c.message_id).where(messages.c.account_id == account_id, messages.c.region == region)
    for table in (events, attempts, recipients, bodies, inbound_messages):
        tx.execute(table.delete().where(table.c.message_id.in_(sent)))
    owned: tuple[sa.Table, ...] = (
        messages,
        identities,
        identity_policies,
        share_links,
        identity_changes,
        dkim_keys,
        custom_verification_templates,
        email_templates,
        configuration_sets,
        event_destinations,
        identity_notifications,
        topics,
        subscriptions,
        notifications,
        tags,
        dedicated_ip_pools,
        warmup_choices,
        suppressed_destinations,
        tenants,
        tenant_resources,
        receipt_filters,
        receipt_rule_sets,
        received_messages,
        probes,
        send_counts,
        send_rates,
        mail_counts,
        reputation_states,
        recommendations,
        reputation_points,
        review_steps,
        account_regions,
    )
    for table in owned:
        tx.execute(table.delete().where(table.c.account_id == account_id, table.c.region == region))
    contact_lists.drop(tx, account_id, region)
    # Addresses are the operator's, who has lent them: they stay.
    lent = source_addresses.c.account_id == account_id, source_addresses.c.region == region
    tx.execute(source_addresses.update().where(*lent).values(pool=DEFAULT_POOL))
    open_region(tx, account_id, region)


def _change(tx: Tx, account_id: str, region: str, **values: Any) -> None:
    changed = tx.execute(account_regions.update().where(*_key(account_id, region)).values(**values)).rowcount
    if not changed:
        raise NotFound(f"Account {account_id} does not exist in region {region}.", Kind.ACCOUNT)


def _key(account_id: str, region: str) -> tuple[sa.ColumnElement[bool], ...]:
    return account_regions.c.account_id == account_id, account_regions.c.region == region
