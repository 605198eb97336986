"""Who listens to events at all: asked once for each change of settings, so that events nobody hears cost nothing."""

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa

from tayori.model.event import EventKind
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations, identity_notifications
from tayori.store.publication_tables import webhooks

_BY_API_NAME = {kind.api_name: kind for kind in EventKind}


def kinds(tx: Tx) -> Mapping[tuple[str, str], frozenset[str]]:
    """Per (account id, region): kinds for which there is an event destination, an identity's topic or a webhook."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    table = event_destinations.c
    for row in tx.execute(sa.select(table.account_id, table.region, table.kinds).where(table.enabled)):
        found[row.account_id, row.region] |= {_BY_API_NAME[name] for name in row.kinds if name in _BY_API_NAME}
    own = identity_notifications.c
    for row in tx.execute(sa.select(own.account_id, own.region, own.kind).where(own.topic_arn.is_not(None)).distinct()):
        found[row.account_id, row.region].add(row.kind)
    hooks = webhooks.c
    for row in tx.execute(sa.select(hooks.account_id, hooks.region, hooks.kinds)):
        found[row.account_id, row.region] |= {_BY_API_NAME[name] for name in row.kinds}
    return {key: frozenset(names) for key, names in found.items()}
