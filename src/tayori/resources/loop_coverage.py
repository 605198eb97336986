"""Whom a sender's mail went to, by provider, and which identities wait for complaints.

Owns the questions to the counts of mail (`resources.mail_counts`), by the beginning of their key, and to the settings
that tell of complaints. What it means is `model.loop_coverage`'s.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from tayori.model.event import EventKind
from tayori.resources.mail_counts import HOUR_SECONDS
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations, identity_notifications
from tayori.store.publication_tables import webhooks

MOST_DAYS = 90

_DELIVERED = Hot(
    "SELECT provider, identity, configuration_set, SUM(deliveries) FROM mail_counts"
    " WHERE account_id = ? AND region = ? AND hour >= ? AND deliveries > 0"
    " GROUP BY provider, identity, configuration_set"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which mail is meant. What is empty means all."""

    account_id: str
    region: str
    identity: str = ""  # an address, or a domain with its addresses
    configuration_set: str = ""

    @property
    def subject(self) -> str:
        """In words, "" for all of the account's mail."""
        return f"configuration-set/{self.configuration_set}" if self.configuration_set else self.identity


def delivered(tx: Tx, scope: Scope, age: timedelta) -> Mapping[tuple[str, str], int]:
    """Recipients of mail that was delivered lately, by provider and the domain that it was sent as."""
    hour = int((tx.now - age).timestamp()) // HOUR_SECONDS
    found: Counter[tuple[str, str]] = Counter()
    for provider, identity, configuration_set, count in tx.hot_rows(_DELIVERED, (scope.account_id, scope.region, hour)):
        domain = identity.rpartition("@")[2]
        is_meant = not scope.identity or scope.identity in (identity, domain)
        if is_meant and scope.configuration_set in ("", configuration_set):
            found[provider, domain] += int(count)
    return found


def listening(tx: Tx) -> list[Scope]:
    """Who has asked to be told of complaints: an identity by its topic, mail of a configuration set by a destination,
    and an account's, or a set's, by a webhook.
    """
    own, sets, hooks = identity_notifications.c, event_destinations.c, webhooks.c
    found = [
        Scope(account_id=row.account_id, region=row.region, identity=row.identity)
        for row in tx.execute(
            sa.select(own.account_id, own.region, own.identity).where(
                own.kind == EventKind.COMPLAINT, own.topic_arn.is_not(None)
            )
        )
    ]
    destinations = sa.select(sets.account_id, sets.region, sets.configuration_set, sets.kinds).where(sets.enabled)
    of_hooks = sa.select(hooks.account_id, hooks.region, hooks.configuration_set, hooks.kinds)
    found += [
        Scope(account_id=row.account_id, region=row.region, configuration_set=row.configuration_set or "")
        for row in (*tx.execute(destinations), *tx.execute(of_hooks))
        if EventKind.COMPLAINT.api_name in row.kinds
    ]
    return list(dict.fromkeys(found))
