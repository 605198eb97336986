"""What a hard bounce or a complaint does to an address, whether the receiver said it at once or a report did later.

Owns which reasons suppress: a configuration set overrides the account's reasons, not its list (ses: suppression list).
The service's own mail (notices, feedback, reports) is nobody's: what becomes of it neither counts for the account on
whose behalf it was written nor suppresses. Nor does mail to the mailbox simulator.
"""

import json
from collections.abc import Sequence

from tayori.model.mail_count import Count
from tayori.model.message import Operation
from tayori.model.simulator import is_simulated
from tayori.resources import mail_counts, quotas, suppression
from tayori.resources.accounts import Account
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

_FACTS = Hot("SELECT facts FROM messages WHERE message_id = ?")
_OWN = frozenset({Operation.SERVICE, Operation.TLS_REPORT, Operation.PROBE})


def effective_reasons(account: Account, configuration_set: ConfigurationSet | None) -> tuple[str, ...]:
    """The reasons that suppress for mail under this set; () where none does."""
    own = configuration_set.suppressed_reasons if configuration_set else None
    return account.suppressed_reasons if own is None else own


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
    if is_simulated(address) or _is_own_mail(tx, message_id):
        return
    quotas.count_bounces(tx, {key: 1})
    mail_counts.recipients(tx, Count.PERMANENT_BOUNCES, message_id, [address])
    named = settings.configuration_set(tx, *key, configuration_set) if configuration_set else None
    if "BOUNCE" in effective_reasons(settings.account(tx, *key), named):
        suppression.add_from_feedback(tx, [(*key, address, "BOUNCE", message_id)], feedback_id)


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
    if not addresses or _is_own_mail(tx, message_id):
        return
    quotas.count_complaints(tx, key, len(addresses))
    mail_counts.recipients(tx, Count.COMPLAINTS, message_id, addresses)
    named = settings.configuration_set(tx, *key, configuration_set) if configuration_set else None
    if "COMPLAINT" in effective_reasons(settings.account(tx, *key), named):
        rows = [(*key, address, "COMPLAINT", message_id) for address in addresses]
        suppression.add_from_feedback(tx, rows, feedback_id)


def _is_own_mail(tx: Tx, message_id: str) -> bool:
    rows = tx.hot_rows(_FACTS, (message_id,))
    return bool(rows) and json.loads(rows[0][0])["operation"] in _OWN
