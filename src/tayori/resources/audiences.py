"""Who is told of one event: the configuration set's event destinations, the topic of the identity, and the sender by
mail.

Owns SES's rules for it. Mail that is sent under another account's identity is told to no identity's topic: the identity
is the owner's, the mail the delegate's (see docs/quirks).
"""

from dataclasses import dataclass

from tayori.mail.address import AddrSpec
from tayori.model.event_target import TargetKind
from tayori.model.ses_event import Sink
from tayori.resources import event_destinations, identity_notifications
from tayori.resources.event_destinations import EventDestination
from tayori.resources.publications import FORWARDED, Publication
from tayori.resources.settings import Settings
from tayori.resources.webhooks import Webhook
from tayori.store.engine import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A topic, in which form it is told, and in whose name."""

    topic_arn: str
    sink: Sink
    source_arn: str


def of(tx: Tx, settings: Settings, publication: Publication) -> list[Audience]:
    if publication.mail is None:
        return []
    return [*_of_configuration_set(tx, settings, publication), *_of_identity(tx, settings, publication)]


def targets_of(tx: Tx, settings: Settings, publication: Publication) -> list[EventDestination]:
    """The configuration set's destinations that are no topics."""
    if publication.mail is None or not publication.configuration_set:
        return []
    key = publication.account_id, publication.region, publication.configuration_set
    found = settings.destinations_for(tx, *key, publication.kind)
    return [one for one in found if one.target_kind is not TargetKind.SNS]


def webhooks_for(tx: Tx, settings: Settings, publication: Publication) -> list[Webhook]:
    """Those of the account that want such an event; a paused one, too, so that it can be sent what it misses."""
    if publication.mail is None:
        return []
    return [
        hook
        for hook in settings.webhooks_of(tx, publication.account_id, publication.region)
        if publication.kind.api_name in hook.kinds and hook.configuration_set in (None, publication.configuration_set)
    ]


def forwarded_to(tx: Tx, settings: Settings, publication: Publication) -> str:
    """The address to which the event is mailed, or "". An identity that forwards nothing must have told another way
    (ses: feedback forwarding): what nobody would hear of is forwarded all the same.
    """
    mail, address = publication.mail, publication.feedback_address
    if mail is None or publication.kind not in FORWARDED:
        return ""
    if not publication.identity:
        return address
    sender = settings.sender(tx, publication.account_id, publication.region, AddrSpec.parse(mail.from_address))
    if sender is None or sender.feedback_forwarding or not _is_told(tx, settings, publication):
        return address
    return ""


def _is_told(tx: Tx, settings: Settings, publication: Publication) -> bool:
    """Another way than by mail; counting it in a metric tells nobody whom it concerns."""
    targets = targets_of(tx, settings, publication)
    return bool(of(tx, settings, publication)) or any(one.target_kind is not TargetKind.CLOUDWATCH for one in targets)


def _of_configuration_set(tx: Tx, settings: Settings, publication: Publication) -> list[Audience]:
    if not publication.configuration_set:
        return []
    key = publication.account_id, publication.region, publication.configuration_set
    source = event_destinations.source_arn(*key)
    return [
        Audience(topic_arn=one.target["TopicArn"], sink=Sink.EVENT_PUBLISHING, source_arn=source)
        for one in settings.destinations_for(tx, *key, publication.kind)
        if one.target_kind is TargetKind.SNS
    ]


def _of_identity(tx: Tx, settings: Settings, publication: Publication) -> list[Audience]:
    if not publication.identity:
        return []
    key = publication.account_id, publication.region, publication.identity
    topic = settings.topic_for(tx, *key, publication.kind)
    if topic is None:
        return []
    sink = Sink.IDENTITY_WITH_HEADERS if topic.headers_included else Sink.IDENTITY
    source = identity_notifications.source_arn(publication.account_id, publication.region, topic.identity)
    return [Audience(topic_arn=topic.topic_arn, sink=sink, source_arn=source)]
