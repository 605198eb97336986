"""A Loop: tells those who listen of each event that was noted (`resources.publications`).

Owns the order: look, write SES's JSON, then hand it to the topics and end the note in one transaction. So a crash
publishes nothing twice and forgets nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from tayori import ids
from tayori.events.feedback_endpoint import PROTOCOL
from tayori.model import feedback_mail, ses_event
from tayori.model.feedback_mail import FeedbackMail
from tayori.model.ses_event import Sink
from tayori.resources import audiences, notifications, publications, topics
from tayori.resources.audiences import Audience
from tayori.resources.publications import Publication
from tayori.resources.settings import Settings
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.events")

_LOOKED_AT = 200
_IN_ONE_TRANSACTION = 20  # a topic may have a thousand subscribers
_GO_ON = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    publication: Publication
    texts: tuple[tuple[Audience, str], ...]
    forwarded: FeedbackMail | None = None


class Publisher:
    name = "publications"
    every = 1.0

    def __init__(self, store: Store, service_domain: str) -> None:
        self._store = store
        self._service_domain = service_domain
        self._settings = Settings()

    async def tick(self) -> float | None:
        found = await self._store.read(_look, self._settings)
        ready = [
            _Ready(publication=one, texts=_texts(one, listening), forwarded=self._mail(one, address))
            for one, listening, address in found
        ]
        for start in range(0, len(ready), _IN_ONE_TRANSACTION):
            await self._store.write(_publish, ready[start : start + _IN_ONE_TRANSACTION])
        return _GO_ON if len(found) == _LOOKED_AT else None

    def _mail(self, publication: Publication, address: str) -> FeedbackMail | None:
        if not address or publication.mail is None:
            return None
        return feedback_mail.compose(
            publication.kind,
            publication.detail,
            publication.mail,
            to=address,
            region=publication.region,
            service_domain=self._service_domain,
            now=self._store.clock.now(),
            boundary=ids.url_token(),
        )


def _look(tx: Tx, settings: Settings) -> list[tuple[Publication, Sequence[Audience], str]]:
    settings.refresh(tx)
    return [
        (one, audiences.of(tx, settings, one), audiences.forwarded_to(tx, settings, one))
        for one in publications.oldest(tx, _LOOKED_AT)
    ]


def _texts(publication: Publication, listening: Sequence[Audience]) -> tuple[tuple[Audience, str], ...]:
    mail = publication.mail
    if mail is None:
        return ()
    made: dict[Sink, str] = {}
    for audience in listening:
        if audience.sink not in made:
            made[audience.sink] = ses_event.record(publication.kind, publication.detail, mail, audience.sink)
    return tuple((audience, made[audience.sink]) for audience in listening)


def _publish(tx: Tx, ready: Sequence[_Ready]) -> None:
    for one in ready:
        if publications.take(tx, one.publication):
            for audience, text in one.texts:
                _tell(tx, one.publication, audience, text)
            if one.forwarded is not None:
                _forward(tx, one.publication, one.forwarded)


def _forward(tx: Tx, publication: Publication, mail: FeedbackMail) -> None:
    notifications.enqueue_other(
        tx,
        account_id=publication.account_id,
        region=publication.region,
        kind=publication.kind,
        destination=publication.key[0],
        protocol=PROTOCOL,
        endpoint=mail.to,
        envelope={"content": mail.content.decode("latin-1")},
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
