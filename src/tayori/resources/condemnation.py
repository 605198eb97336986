"""What a hard bounce or a complaint does to an address, whether the receiver said it at once or a report did later.

Owns which reasons suppress: a configuration set overrides the account's reasons, not its list (ses: suppression list).
The service's own mail (notices, feedback, reports) is nobody's: what becomes of it neither counts for the account on
whose behalf it was written nor suppresses. Nor does mail to the mailbox simulator.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tayori.model.mail_count import Count
from tayori.model.message import Operation
from tayori.model.simulator import is_simulated
from tayori.model.tenant import Tenant, uses_own_list
from tayori.resources import mail_counts, quotas, suppression
from tayori.resources.accounts import Account
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

_FACTS = Hot("SELECT facts FROM messages WHERE message_id = ?")
_OWN = frozenset({Operation.SERVICE, Operation.TLS_REPORT, Operation.PROBE})


def effective_reasons(
    account: Account, configuration_set: ConfigurationSet | None, tenant: Tenant | None = None
) -> tuple[str, ...]:
    """The reasons that suppress for mail under this set, of this tenant; () where none does."""
    own = configuration_set.suppressed_reasons if configuration_set else None
    if own is None and tenant is not None and tenant.suppression is not None:
        own = tenant.suppression.reasons
    return account.suppressed_reasons if own is None else own


def list_of(region: str, configuration_set: ConfigurationSet | None, tenant: Tenant | None) -> str:
    """What the list that suppresses is kept under: the region, or the tenant within it."""
    if tenant is None or not uses_own_list(tenant, configuration_set.suppression_scope if configuration_set else None):
        return region
    return tenant.list_within(region)


def condemn(
    tx: Tx,
    settings: Settings,
    key: tuple[str, str],
    *,
    configuration_set: str | None,
    address: str,
    message_id: str,
    feedback_id: str = "",  # of the report, where it came by mail
) -> None:
    """Count a hard bounce for the account and region `key`, and suppress the address where bounces do that."""
    facts = {} if is_simulated(address) else _facts(tx, message_id)
    if is_simulated(address) or facts.get("operation") in _OWN:
        return
    quotas.count_bounces(tx, {key: 1})
    mail_counts.recipients(tx, Count.PERMANENT_BOUNCES, message_id, [address])
    named = settings.configuration_set(tx, *key, configuration_set) if configuration_set else None
    tenant = _tenant(tx, settings, key, facts)
    if "BOUNCE" in effective_reasons(settings.account(tx, *key), named, tenant):
        where = key[0], list_of(key[1], named, tenant)
        suppression.add_from_feedback(tx, [(*where, address, "BOUNCE", message_id)], feedback_id)


def condemn_for_complaint(
    tx: Tx,
    settings: Settings,
    key: tuple[str, str],
    *,
    configuration_set: str | None,
    addresses: Sequence[str],
    message_id: str,
    feedback_id: str = "",  # of the report, where it came by mail
) -> None:
    """Count the complaints for the account and region `key`, and suppress who complained where complaints do that."""
    addresses = [address for address in addresses if not is_simulated(address)]
    facts = _facts(tx, message_id) if addresses else {}
    if not addresses or facts.get("operation") in _OWN:
        return
    quotas.count_complaints(tx, key, len(addresses))
    mail_counts.recipients(tx, Count.COMPLAINTS, message_id, addresses)
    named = settings.configuration_set(tx, *key, configuration_set) if configuration_set else None
    tenant = _tenant(tx, settings, key, facts)
    if "COMPLAINT" in effective_reasons(settings.account(tx, *key), named, tenant):
        where = key[0], list_of(key[1], named, tenant)
        rows = [(*where, address, "COMPLAINT", message_id) for address in addresses]
        suppression.add_from_feedback(tx, rows, feedback_id)


def _facts(tx: Tx, message_id: str) -> dict[str, Any]:
    rows = tx.hot_rows(_FACTS, (message_id,))
    return dict(json.loads(rows[0][0])) if rows else {}


def _tenant(tx: Tx, settings: Settings, key: tuple[str, str], facts: Mapping[str, Any]) -> Tenant | None:
    """Whose mail it was, where he still is."""
    path = facts.get("tenant", "")
    found = settings.tenant(tx, *key, path.partition("/")[0]) if path else None
    return found if found is not None and found.path == path else None
