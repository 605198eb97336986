"""Deliveries to queues: SendMessage of any server that speaks SQS's JSON protocol, at a place that the operator names.

Owns what SNS puts into a queue: the signed document, or with raw delivery the message with its attributes
(sns: SQS as subscriber), and for a dead letter why it is one (sns: dead-letter queues).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tayori.clock import Clock
from tayori.events import sns_message
from tayori.events.aws_request import JSON_1_0, Keys, signed
from tayori.events.endpoint import Attempt
from tayori.events.outgoing_http import OutgoingAnswer, OutgoingError, OutgoingHttp, Trouble
from tayori.events.signing import Signing
from tayori.resources.notifications import Notification, NotificationKind, Verdict

_TARGET = "AmazonSQS.SendMessage"
_MOST_ATTRIBUTES = 10  # of a message in a queue (sqs)
# Mistakes of ours or of the subscription that trying again cannot mend.
_FINAL = ("NonExistentQueue", "QueueDoesNotExist", "InvalidMessageContents", "InvalidAddress")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsSettings:
    """`endpoint` is the server's URL; empty where there is none."""

    endpoint: str = ""
    keys: Keys = field(default_factory=Keys)


class SqsEndpoint:
    """An Endpoint. `http` may reach what the operator has set, wherever that is."""

    def __init__(
        self, http: OutgoingHttp, signing: Signing, base_url: str, settings: SqsSettings, clock: Clock
    ) -> None:
        self._http = http
        self._signing = signing
        self._base_url = base_url
        self._settings = settings
        self._clock = clock

    async def send(self, notification: Notification) -> Attempt:
        endpoint = self._settings.endpoint.rstrip("/")
        if not endpoint:
            return Attempt(verdict=Verdict.REFUSED, error="No queue can be reached: events.sqs_endpoint is not set.")
        _, _, _, region, account_id, name = notification.endpoint.split(":", 5)
        request = {"QueueUrl": f"{endpoint}/{account_id}/{name}", **await self._content(notification)}
        body = json.dumps(request, ensure_ascii=False).encode("utf-8")
        try:
            answer = await self._http.post(endpoint + "/", self._headers(endpoint + "/", region, body), body)
        except OutgoingError as error:
            return Attempt(verdict=Verdict.FAILED, error=str(error), was_slow=error.trouble is Trouble.TOO_SLOW)
        return _judge(answer)

    async def _content(self, notification: Notification) -> Mapping[str, Any]:
        is_dead = notification.kind == NotificationKind.DEAD_LETTER
        message = sns_message.compose(notification, await self._signing.current(), self._base_url)
        attributes: dict[str, Any] = {}
        if message.raw is not None:
            attributes = dict(list(notification.envelope["attributes"].items())[:_MOST_ATTRIBUTES])
        if is_dead:
            attributes["ErrorMessage"] = {"Type": "String", "Value": notification.envelope.get("reason") or "unknown"}
        content: dict[str, Any] = {"MessageBody": message.text}
        if attributes:
            content["MessageAttributes"] = {name: _attribute(value) for name, value in attributes.items()}
        return content

    def _headers(self, url: str, region: str, body: bytes) -> list[tuple[str, str]]:
        """Signed in the queue's region."""
        return signed(
            "POST",
            url,
            [("Content-Type", JSON_1_0), ("X-Amz-Target", _TARGET)],
            body,
            keys=self._settings.keys,
            service="sqs",
            region=region,
            now=self._clock.wall(),
        )


def _attribute(value: Mapping[str, str]) -> Mapping[str, str]:
    """From `{Type, Value}` of a notification to what SQS calls it."""
    name = "BinaryValue" if value["Type"].startswith("Binary") else "StringValue"
    return {"DataType": value["Type"], name: value["Value"]}


def _judge(answer: OutgoingAnswer) -> Attempt:
    said = answer.body[:300].decode("utf-8", "replace")
    if answer.status == 200:
        return Attempt(verdict=Verdict.DONE, status=answer.status, reply=said)
    is_final = 400 <= answer.status < 500 and any(word in said for word in _FINAL)
    return Attempt(
        verdict=Verdict.REFUSED if is_final else Verdict.FAILED,
        error=f"The server of the queue said {answer.status}: {said}",
        status=answer.status,
        reply=said,
    )
