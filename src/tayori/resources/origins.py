"""By what settings a topic hears of a message's events: the identity's own notifications, or event destinations of its
configuration set. As the settings are now. Reads only.
"""

import sqlalchemy as sa

from tayori.resources.timeline import Timeline
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations, identity_notifications


def of_topics(tx: Tx, found: Timeline) -> dict[str, list[dict[str, str]]]:
    """Per topic ARN: {"kind": "identity" or "configuration-set", "name": …}, in that order."""
    topics = {told.topic_arn for told in found.tellings if told.topic_arn}
    if not topics:
        return {}
    by: dict[str, list[dict[str, str]]] = {topic: [] for topic in topics}
    own, sets = identity_notifications.c, event_destinations.c
    named = found.facts.get("identity", ""), found.from_address, found.from_address.rpartition("@")[2]
    rows = tx.execute(
        sa.select(own.identity, own.topic_arn)
        .where(own.account_id == found.account_id, own.region == found.region, own.identity.in_(named))
        .distinct()
    )
    for row in rows:
        if row.topic_arn in by:
            by[row.topic_arn].append({"kind": "identity", "name": row.identity})
    of_set = sets.account_id == found.account_id, sets.region == found.region
    chosen = sa.select(sets.name, sets.target).where(*of_set, sets.configuration_set == (found.configuration_set or ""))
    for row in tx.execute(chosen):
        topic = row.target.get("TopicArn", "")
        if topic in by:
            by[topic].append({"kind": "configuration-set", "name": f"{found.configuration_set}/{row.name}"})
    return by
