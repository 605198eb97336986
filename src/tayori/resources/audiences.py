"""Who is told of one event: topics of the configuration set's event destinations, and the topic of the identity.

Owns SES's rules for it. An identity's own settings are those of the most specific verified one; mail that is sent under
another account's identity is told to neither account's identities (see docs/quirks).
"""

from dataclasses import dataclass

import sqlalchemy as sa

from tayori.model.arn import Arn
from tayori.model.ses_event import Sink
from tayori.resources.publications import Publication
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations, identity_notifications


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A topic, in which form it is told, and in whose name."""

    topic_arn: str
    sink: Sink
    source_arn: str


def of(tx: Tx, publication: Publication) -> list[Audience]:
    if publication.mail is None:
        return []
    return [*_of_configuration_set(tx, publication), *_of_identity(tx, publication)]


def _of_configuration_set(tx: Tx, publication: Publication) -> list[Audience]:
    if not publication.configuration_set:
        return []
    table = event_destinations.c
    rows = tx.execute(
        sa.select(table.kinds, table.target).where(
            table.account_id == publication.account_id,
            table.region == publication.region,
            table.configuration_set == publication.configuration_set,
            table.enabled,
            table.target_kind == "sns",
        )
    )
    source = _arn(publication, "configuration-set", publication.configuration_set)
    return [
        Audience(topic_arn=row.target["TopicArn"], sink=Sink.EVENT_PUBLISHING, source_arn=source)
        for row in rows
        if publication.kind.api_name in row.kinds
    ]


def _of_identity(tx: Tx, publication: Publication) -> list[Audience]:
    if not publication.identity:
        return []
    table = identity_notifications.c
    row = tx.execute(
        sa.select(table.topic_arn, table.headers_included).where(
            table.account_id == publication.account_id,
            table.region == publication.region,
            table.identity == publication.identity,
            table.kind == publication.kind.value,
            table.topic_arn.is_not(None),
        )
    ).first()
    if row is None:
        return []
    sink = Sink.IDENTITY_WITH_HEADERS if row.headers_included else Sink.IDENTITY
    source = _arn(publication, "identity", publication.identity)
    return [Audience(topic_arn=row.topic_arn, sink=sink, source_arn=source)]


def _arn(publication: Publication, kind: str, name: str) -> str:
    region, account_id = publication.region, publication.account_id
    return str(Arn(region=region, account_id=account_id, resource_type=kind, name=name))
