"""Event destinations, tried out and watched: `/tayori/configuration-sets/<set>/event-destinations/<name>/test`, and the
log of what any destination was sent: `/tayori/deliveries`.

POST `test` publishes a made-up event (`model.trial_event`) by the way that real ones take: the destination's topic or
target, filter policies, signatures, retries. It goes to that destination alone, whether it is enabled or not, and no
mail is sent. GET `test?id=` says what became of it. A test of a CloudWatch destination counts one, in the metric that
real events are counted in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.events import targets
from tayori.model import ses_event, trial_event
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.event import EventKind, timestamp
from tayori.model.event_target import TargetKind
from tayori.model.ses_event import Sink
from tayori.model.shown_url import shown
from tayori.resources import delivery_log, event_destinations, tellings, topics
from tayori.resources.delivery_log import LoggedDelivery, Place
from tayori.resources.event_destinations import EventDestination
from tayori.resources.metrics import Counting
from tayori.resources.publications import Publication
from tayori.store.engine import Store, Tx
from tayori.store.tables import to_micros

SETS, LOG = "/tayori/configuration-sets", "/tayori/deliveries"
_BY_API_NAME = {kind.api_name: kind for kind in EventKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was published. `is_taken` is false where the topic is gone, or does not let SES publish."""

    test_id: str
    event: str
    is_taken: bool
    counts: tuple[Mapping[str, Any], ...] = ()


def try_out(
    tx: Tx, account_id: str, region: str, configuration_set: str, name: str, *, kind_name: str, caller: str
) -> Trial:
    """Publish a test to one destination; `kind_name` is empty for the first of the kinds that it takes."""
    found = _destination(tx, account_id, region, configuration_set, name)
    kind = _BY_API_NAME.get(kind_name or found.kinds[0])
    if kind is None or kind.api_name not in found.kinds:
        raise Invalid(f"The event destination does not take events of the type {kind_name[:40]}.")
    test_id = f"{tellings.TEST}{account_id}-{ids.url_token()}"
    place = {"account_id": account_id, "region": region, "configuration_set": configuration_set}
    publication = Publication(
        key=(test_id, to_micros(tx.now), kind.value, 0),
        kind=kind,
        detail=trial_event.detail(kind, test_id=test_id, now=tx.now),
        mail=trial_event.mail(kind, test_id=test_id, caller=caller, now=tx.now, **place),
        **place,
    )
    with tellings.about(publication.key):
        return _publish(tx, publication, found)


def _publish(tx: Tx, publication: Publication, destination: EventDestination) -> Trial:
    assert publication.mail is not None
    text = ses_event.record(publication.kind, publication.detail, publication.mail, Sink.EVENT_PUBLISHING)
    test_id = publication.key[0]
    if destination.target_kind is TargetKind.SNS:
        sent = topics.publish_for_ses(
            tx,
            destination.target["TopicArn"],
            account_id=publication.account_id,
            region=publication.region,
            source_arn=event_destinations.source_arn(
                publication.account_id, publication.region, publication.configuration_set or ""
            ),
            message=text,
            subject=ses_event.SUBJECT,
        )
        return Trial(test_id=test_id, event=text, is_taken=sent is not None)
    told = targets.told(publication, [destination], text)
    targets.hand_over(tx, Counting(), publication, told)
    counts = tuple({"metric": one.metric, "dimensions": dict(one.dimensions)} for one in told.counts)
    return Trial(test_id=test_id, event=text, is_taken=True, counts=counts)


def _destination(tx: Tx, account_id: str, region: str, configuration_set: str, name: str) -> EventDestination:
    known = event_destinations.listed(tx, account_id, region, configuration_set)
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise NotFound(
            f"An event destination with name <{name[:80]}> does not exist for configuration set"
            f" <{configuration_set[:80]}>.",
            Kind.EVENT_DESTINATION,
        )
    return found


def as_json(one: LoggedDelivery) -> dict[str, Any]:
    return {
        "id": one.notification_id,
        "kind": one.kind,
        "state": one.state,
        "tries": one.tries,
        "topic": one.topic_arn or None,
        "destination": one.destination,
        "protocol": one.protocol,
        "endpoint": shown(one.endpoint),
        "content": one.content,
        "createdAt": timestamp(one.created_at),
        "changedAt": timestamp(one.changed_at),
        "nextTryAt": timestamp(one.due_at) if one.state == "waiting" else None,
        "status": one.status or None,
        "milliseconds": one.duration_ms if one.tries else None,
        "reply": one.reply,
        "error": one.error,
    }


class DestinationPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [
            Route(method="*", prefix=SETS, handler=self.test),
            Route(method="GET", prefix=LOG, handler=self.log),
        ]

    async def test(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        parts = [unquote(part) for part in request.path.removeprefix(SETS).strip("/").split("/")]
        if len(parts) != 4 or parts[1] != "event-destinations" or parts[3] != "test":
            raise common_error("UnknownOperationException")
        key = principal.account_id, principal.region, parts[0], parts[2]
        if request.method == "GET":
            await self._store.read(_destination, *key)
            test_id = dict(parse_qsl(request.query)).get("id", "")
            found = await self._store.read(delivery_log.of_test, principal.account_id, test_id)
            return json_page.answer(200, {"deliveries": [as_json(one) for one in found]})
        if request.method != "POST":
            raise common_error("UnknownOperationException")
        kind = json_page.document(request).get("eventType") or ""
        if not isinstance(kind, str):
            raise Invalid("eventType must be a text.")
        trial = await self._store.write(_tried, key, kind, principal.arn)
        answer = {"id": trial.test_id, "event": trial.event, "taken": trial.is_taken, "counts": list(trial.counts)}
        return json_page.answer(200, answer)

    async def log(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """`destination` is asked for; `limit` and `behind` lead through the pages."""
        assert principal is not None
        given = dict(parse_qsl(request.query))
        destination, limit = given.get("destination", ""), _limit(given.get("limit", "50"))
        if not destination:
            raise Invalid("destination must name a subscription, a webhook, or <configuration set>/<destination>.")
        behind = _place(given["behind"]) if "behind" in given else None
        key = principal.account_id, principal.region, destination
        found = await self._store.read(_log, key, behind, limit)
        last = Place.of(found[-1]) if len(found) == limit else None
        following = f"{last.micros}.{last.notification_id}" if last else None
        return json_page.answer(200, {"deliveries": [as_json(one) for one in found], "next": following})


def _tried(tx: Tx, key: tuple[str, str, str, str], kind: str, caller: str) -> Trial:
    return try_out(tx, *key, kind_name=kind, caller=caller)


def _log(tx: Tx, key: tuple[str, str, str], behind: Place | None, limit: int) -> list[LoggedDelivery]:
    return delivery_log.listed(tx, *key, behind=behind, limit=limit)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= delivery_log.MOST_SHOWN:
        raise Invalid(f"limit must be from 1 to {delivery_log.MOST_SHOWN}.")
    return int(text)


def _place(text: str) -> Place:
    micros, dot, notification_id = text.partition(".")
    if not dot or not micros.isascii() or not micros.isdecimal() or len(micros) > 18:
        raise Invalid("behind must be the `next` of an earlier answer.")
    return Place(micros=int(micros), notification_id=notification_id)
