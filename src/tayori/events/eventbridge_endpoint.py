"""Deliveries to EventBridge: PutEvents of any server that speaks it, or the whole event posted to one URL.

Owns what goes into an entry. Which of the two is the operator's choice; both places are his. AWS itself refuses a
source that begins with `aws.`: for it, the operator names another one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tayori.clock import Clock
from tayori.events import http_endpoint
from tayori.events.aws_request import JSON_1_1, Keys, signed
from tayori.events.endpoint import Attempt
from tayori.events.gathering import Gatherer
from tayori.events.outgoing_http import OutgoingAnswer, OutgoingError, OutgoingHttp, Trouble
from tayori.model import bridge_event
from tayori.resources.notifications import Notification, Verdict

PROTOCOL = "eventbridge"
_MOST = 10  # entries of one request (eventbridge: PutEvents)
_MOST_BYTES = 240 * 1024  # of 256 KiB
_SHOWN = 300
_FINAL = ("MalformedDetail", "InvalidArgument")  # an entry that will never be taken
_NOT_SET = "Nothing can be reached: neither events.eventbridge_endpoint nor events.eventbridge_url is set."


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBridgeSettings:
    endpoint: str = ""
    url: str = field(default="", repr=False)  # may have a password in it
    source: str = bridge_event.SOURCE
    keys: Keys = field(default_factory=Keys)


class EventBridgeEndpoint:
    """An Endpoint. `http` may reach what the operator has set, wherever that is."""

    def __init__(self, http: OutgoingHttp, settings: EventBridgeSettings, clock: Clock) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock
        self._by_region: dict[str, Gatherer[Notification, Attempt]] = {}

    async def send(self, notification: Notification) -> Attempt:
        if not self._settings.endpoint and not self._settings.url:
            return Attempt(verdict=Verdict.REFUSED, error=_NOT_SET)
        try:
            if self._settings.endpoint:
                return await self._entries(notification.region).add(notification)
            return await self._post(notification)
        except OutgoingError as error:
            return Attempt(verdict=Verdict.FAILED, error=str(error), was_slow=error.trouble is Trouble.TOO_SLOW)

    async def _post(self, notification: Notification) -> Attempt:
        event = json.loads(notification.envelope["event"]) | {"source": self._settings.source}
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        headers = [("Content-Type", "application/json"), ("User-Agent", "Tayori")]
        return http_endpoint.judge(await self._http.post(self._settings.url, headers, body))

    def _entries(self, region: str) -> Gatherer[Notification, Attempt]:
        """A request is signed for one region, whose default bus takes all of its entries."""
        if region not in self._by_region:
            self._by_region[region] = Gatherer(self._put, most=_MOST, most_bytes=_MOST_BYTES, size=_size)
        return self._by_region[region]

    async def _put(self, batch: Sequence[Notification]) -> Sequence[Attempt]:
        url = self._settings.endpoint.rstrip("/") + "/"
        entries = [self._entry(json.loads(one.envelope["event"])) for one in batch]
        body = json.dumps({"Entries": entries}, ensure_ascii=False).encode("utf-8")
        headers = signed(
            "POST",
            url,
            [("Content-Type", JSON_1_1), ("X-Amz-Target", "AWSEvents.PutEvents")],
            body,
            keys=self._settings.keys,
            service="events",
            region=batch[0].region,
            now=self._clock.wall(),
        )
        return _judged(await self._http.post(url, headers, body), len(batch))

    def _entry(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """It names no bus: what it goes to is the default one of the key's account, which need not be ours."""
        return {
            "Time": int(datetime.fromisoformat(event["time"]).timestamp()),
            "Source": self._settings.source,
            "DetailType": event["detail-type"],
            "Resources": event["resources"],
            "Detail": json.dumps(event["detail"], ensure_ascii=False, separators=(",", ":")),
        }


def _size(notification: Notification) -> int:
    return len(notification.envelope["event"].encode("utf-8"))


def _judged(answer: OutgoingAnswer, count: int) -> Sequence[Attempt]:
    """What became of each entry (eventbridge: PutEventsResultEntry)."""
    said = answer.body[:_SHOWN].decode("utf-8", "replace")
    whole = Attempt(
        verdict=Verdict.FAILED,
        error=f"The EventBridge server said {answer.status}: {said}",
        status=answer.status,
        reply=said,
    )
    if answer.status != 200:
        return [whole] * count
    try:
        entries = json.loads(answer.body)["Entries"]
        attempts = [_of_entry(entry) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [whole] * count
    return attempts if len(attempts) == count else [whole] * count


def _of_entry(entry: Mapping[str, Any]) -> Attempt:
    code = entry.get("ErrorCode")
    if not code:
        return Attempt(verdict=Verdict.DONE, status=200, reply=json.dumps(entry, ensure_ascii=False))
    verdict = Verdict.REFUSED if code in _FINAL else Verdict.FAILED
    return Attempt(
        verdict=verdict, error=f"The EventBridge server refused it: {code}: {entry.get('ErrorMessage')}"[:500]
    )
