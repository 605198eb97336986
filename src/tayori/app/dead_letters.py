"""What was given up, over HTTP: `/tayori/notifications`, and what the command shares with it.

GET lists (`topic`, `protocol`, `limit`, `behind`), GET below it shows one with its content, POST `replay` sends some or
all of them again. The rules are `resources.dead_letters`'s.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import Invalid
from tayori.model.event import timestamp
from tayori.model.notification_text import text_of
from tayori.model.shown_url import shown
from tayori.resources import dead_letters
from tayori.resources.dead_letters import DeadLetter, Place, Selection
from tayori.store.engine import Store
from tayori.store.tables import to_micros

PATH = "/tayori/notifications"
_MOST_NAMED = 500


def as_json(letter: DeadLetter) -> dict[str, Any]:
    item = letter.notification
    return {
        "id": item.notification_id,
        "kind": item.kind,
        "topic": item.topic_arn or None,
        "destination": item.subscription_id,
        "protocol": item.protocol,
        "endpoint": shown(item.endpoint),
        "tries": item.attempts,
        "createdAt": timestamp(item.created_at),
        "diedAt": timestamp(letter.died_at),
        "reason": letter.reason,
    }


def whole_as_json(letter: DeadLetter) -> dict[str, Any]:
    """With what was to be told; the token of a confirmation is nobody's to see."""
    envelope = letter.notification.envelope
    return as_json(letter) | {
        "subject": envelope.get("subject") or None,
        "attributes": envelope.get("attributes") or {},
        "content": text_of(envelope),
    }


async def replay_all(store: Store, account_id: str, region: str, selection: Selection) -> int:
    """Send again all that are dead by now; how many. What dies again meanwhile is left."""
    count, place = 0, Place(micros=to_micros(store.clock.now()))
    while True:
        some, following = await store.write(dead_letters.revive_some, account_id, region, selection, place)
        count += some
        if following is None:
            return count
        place = following


class NotificationPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        name = unquote(request.path.removeprefix(PATH).strip("/"))
        if request.method == "GET" and not name:
            return await self._list(request, principal)
        if request.method == "POST" and name == "replay":
            return json_page.answer(200, {"replayed": await self._replay(request, principal)})
        if request.method == "GET":
            found = await self._store.read(dead_letters.get, principal.account_id, name)
            return json_page.answer(200, whole_as_json(found))
        raise common_error("UnknownOperationException")

    async def _list(self, request: HttpRequest, principal: Principal) -> HttpResponse:
        given = dict(parse_qsl(request.query))
        limit = _limit(given.get("limit", "100"))
        found = await self._store.read(
            dead_letters.listed,
            principal.account_id,
            principal.region,
            _selection(given),
            behind=_place(given["behind"]) if "behind" in given else None,
            limit=limit,
        )
        following = _token(Place.of(found[-1])) if len(found) == limit else None
        return json_page.answer(200, {"notifications": [as_json(letter) for letter in found], "next": following})

    async def _replay(self, request: HttpRequest, principal: Principal) -> int:
        given = json_page.document(request)
        named = given.get("notifications")
        if named is None:
            return await replay_all(self._store, principal.account_id, principal.region, _selection(given))
        if not isinstance(named, list) or len(named) > _MOST_NAMED or not all(isinstance(one, str) for one in named):
            raise Invalid(f"notifications must be a list of ids, {_MOST_NAMED} at the most.")
        return await self._store.write(dead_letters.revive, principal.account_id, named)


def _selection(given: Mapping[str, Any]) -> Selection:
    return Selection(topic_arn=str(given.get("topic") or ""), protocol=str(given.get("protocol") or ""))


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= dead_letters.MOST_SHOWN:
        raise Invalid(f"limit must be from 1 to {dead_letters.MOST_SHOWN}.")
    return int(text)


def _token(place: Place) -> str:
    return f"{place.micros}.{place.notification_id}"


def _place(text: str) -> Place:
    micros, dot, notification_id = text.partition(".")
    if not dot or not micros.isascii() or not micros.isdecimal() or len(micros) > 18:
        raise Invalid("behind must be the `next` of an earlier answer.")
    return Place(micros=int(micros), notification_id=notification_id)
