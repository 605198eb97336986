"""A Loop: tells those who listen of each event that was noted (`resources.publications`).

Owns the order: look, write SES's JSON, then hand it to the topics and end the note in one transaction. So a crash
publishes nothing twice and forgets nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tayori import ids
from tayori.events import targets, webhook_endpoint
from tayori.events.forwarding import Forwarding
from tayori.events.targets import Told
from tayori.model import feedback_mail, ses_event, webhook
from tayori.model.event import timestamp
from tayori.model.feedback_mail import FeedbackMail
from tayori.model.ses_event import MailFacts, Sink
from tayori.resources import audiences, notifications, publications, tellings, topics
from tayori.resources.audiences import Audience
from tayori.resources.event_destinations import EventDestination
from tayori.resources.metrics import Counting
from tayori.resources.publications import Publication
from tayori.resources.settings import Settings
from tayori.resources.webhooks import Webhook
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.events")

_LOOKED_AT = 200
_IN_ONE_TRANSACTION = 200  # what is told to a topic, which may have a thousand subscribers, counts as ten or more
_FOR_A_TOPIC = 10
_LONG = 0.1  # true seconds that others may wait for a transaction
_GO_ON = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """An event with those who are to hear of it."""

    publication: Publication
    audiences: Sequence[Audience]
    targets: Sequence[EventDestination]
    hooks: Sequence[Webhook]
    address: str  # of feedback by mail


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    publication: Publication
    texts: tuple[tuple[Audience, str], ...]
    told: Told = field(default_factory=Told)
    bodies: tuple[tuple[Webhook, str], ...] = ()
    forwarded: FeedbackMail | None = None


class Publisher:
    name = "publications"
    every = 1.0

    def __init__(self, store: Store, service_domain: str) -> None:
        self._store = store
        self._service_domain = service_domain
        self._settings = Settings()
        self._counting = Counting()
        self._weight_of_topic = _FOR_A_TOPIC
        self._forwarding = Forwarding()

    async def tick(self) -> float | None:
        found = await self._store.read(_look, self._settings)
        ready = [self._ready(one) for one in found]
        for portion in _portions(ready, lambda: self._weight_of_topic):
            await self._publish(portion)
        return _GO_ON if len(found) == _LOOKED_AT else None

    async def _publish(self, portion: Sequence[_Ready]) -> None:
        """In one transaction. Topics weigh more in the next ones where it was long: nobody has counted subscribers."""
        began = asyncio.get_running_loop().time()
        await self._store.write(_publish, portion, self._counting, self._forwarding)
        was_long = asyncio.get_running_loop().time() - began > _LONG
        if any(one.texts for one in portion):
            weight = self._weight_of_topic * 2 if was_long else self._weight_of_topic - 1
            self._weight_of_topic = min(_IN_ONE_TRANSACTION, max(_FOR_A_TOPIC, weight))

    def _ready(self, heard: _Heard) -> _Ready:
        mail = heard.publication.mail
        if mail is None:
            return _Ready(publication=heard.publication, texts=())
        texts = {
            sink: ses_event.record(heard.publication.kind, heard.publication.detail, mail, sink)
            for sink in _sinks(heard)
        }
        return _Ready(
            publication=heard.publication,
            texts=tuple((audience, texts[audience.sink]) for audience in heard.audiences),
            told=targets.told(heard.publication, heard.targets, texts.get(Sink.EVENT_PUBLISHING, "")),
            bodies=tuple((hook, _body(heard.publication, texts[Sink.EVENT_PUBLISHING])) for hook in heard.hooks),
            forwarded=self._mail(heard.publication, mail, heard.address),
        )

    def _mail(self, publication: Publication, mail: MailFacts, address: str) -> FeedbackMail | None:
        if not address or not self._forwarding.may_write(publication.account_id, address, self._store.clock.now()):
            return None
        return feedback_mail.compose(
            publication.kind,
            publication.detail,
            mail,
            to=address,
            region=publication.region,
            service_domain=self._service_domain,
            now=self._store.clock.now(),
            boundary=ids.url_token(),
        )


def _portions(ready: Sequence[_Ready], weight_of_topic: Callable[[], int]) -> Iterator[list[_Ready]]:
    """What one transaction takes: each holds others up, and each commit costs."""
    portion: list[_Ready] = []
    weight = 0
    for one in ready:
        portion.append(one)
        weight += 1 + weight_of_topic() * len(one.texts)
        if weight >= _IN_ONE_TRANSACTION:
            yield portion
            portion, weight = [], 0
    if portion:
        yield portion


def _look(tx: Tx, settings: Settings) -> list[_Heard]:
    settings.refresh(tx)
    return [
        _Heard(
            publication=one,
            audiences=audiences.of(tx, settings, one),
            targets=audiences.targets_of(tx, settings, one),
            hooks=audiences.webhooks_for(tx, settings, one),
            address=audiences.forwarded_to(tx, settings, one),
        )
        for one in publications.oldest(tx, _LOOKED_AT)
    ]


def _sinks(heard: _Heard) -> set[Sink]:
    of_others = {Sink.EVENT_PUBLISHING} if heard.hooks or heard.targets else set()
    return {audience.sink for audience in heard.audiences} | of_others


def _body(publication: Publication, text: str) -> str:
    return webhook.body_of(publication.kind, timestamp(publication.happened_at), text)


def _publish(tx: Tx, ready: Sequence[_Ready], counting: Counting, forwarding: Forwarding) -> None:
    for one in ready:
        if publications.take(tx, one.publication):
            with tellings.about(one.publication.key):
                _hand_over(tx, one, counting, forwarding)


def _hand_over(tx: Tx, one: _Ready, counting: Counting, forwarding: Forwarding) -> None:
    for audience, text in one.texts:
        _tell(tx, one.publication, audience, text)
    targets.hand_over(tx, counting, one.publication, one.told)
    for hook, body in one.bodies:
        _post(tx, one.publication, hook, body)
    if one.forwarded is not None:
        forwarding.enqueue(tx, one.publication, one.forwarded)


def _post(tx: Tx, publication: Publication, hook: Webhook, body: str) -> None:
    notifications.enqueue_other(
        tx,
        account_id=publication.account_id,
        region=publication.region,
        kind=publication.kind,
        destination=hook.webhook_id,
        protocol=webhook_endpoint.PROTOCOL,
        endpoint=hook.url,
        envelope={"body": body},
    )


def _tell(tx: Tx, publication: Publication, audience: Audience, text: str) -> None:
    sent = topics.publish_for_ses(
        tx,
        audience.topic_arn,
        account_id=publication.account_id,
        region=publication.region,
        source_arn=audience.source_arn,
        message=text,
        subject=ses_event.SUBJECT if audience.sink is Sink.EVENT_PUBLISHING else "",
    )
    if sent is None:
        facts = {"topic": audience.topic_arn, "kind": publication.kind, "account_id": publication.account_id}
        logger.warning("topic_not_there", extra=facts)
