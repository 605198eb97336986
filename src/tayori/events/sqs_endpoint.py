"""Deliveries to queues: SendMessage of any server that speaks SQS's JSON protocol, at a place that the operator names.

Owns what SNS puts into a queue: the signed document, or with raw delivery the message with its attributes
(sns: SQS as subscriber), and for a dead letter why it is one (sns: dead-letter queues).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tayori.aws import sigv4
from tayori.aws.http import Headers, HttpRequest
from tayori.clock import Clock
from tayori.events import sns_message
from tayori.events.endpoint import DONE, Attempt
from tayori.events.outgoing_http import OutgoingAnswer, OutgoingError, OutgoingHttp, Trouble
from tayori.events.signing import Signing
from tayori.events.target import Target
from tayori.resources.notifications import Notification, NotificationKind, Verdict

_TARGET = "AmazonSQS.SendMessage"
_CONTENT_TYPE = "application/x-amz-json-1.0"
_MOST_ATTRIBUTES = 10  # of a message in a queue (sqs)
_SIGNED = ("content-type", "host", "x-amz-date", "x-amz-target")
# Mistakes of ours or of the subscription that trying again cannot mend.
_FINAL = ("NonExistentQueue", "QueueDoesNotExist", "InvalidMessageContents", "InvalidAddress")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsSettings:
    """`endpoint` is the server's URL; empty where there is none."""

    endpoint: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)


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
            answer = await self._http.post(endpoint + "/", self._headers(endpoint, region, body), body)
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

    def _headers(self, endpoint: str, region: str, body: bytes) -> list[tuple[str, str]]:
        """Signed by SigV4 in the queue's region; not at all where no key is set."""
        now = self._clock.wall()
        headers = [
            ("Content-Type", _CONTENT_TYPE),
            ("X-Amz-Target", _TARGET),
            ("X-Amz-Date", f"{now:%Y%m%dT%H%M%SZ}"),
        ]
        settings = self._settings
        if not settings.access_key_id:
            return headers
        credential = sigv4.Credential(
            form=sigv4.Form.HEADER,
            access_key_id=settings.access_key_id,
            date=f"{now:%Y%m%d}",
            region=region,
            service="sqs",
            signed_headers=_SIGNED,
            signature="",
            signed_at=now,
            expires=None,
            session_token=None,
        )
        host = ("Host", Target.parse(endpoint).authority)
        request = HttpRequest(method="POST", path=f"{urlsplit(endpoint).path}/", headers=Headers([*headers, host]))
        canonical = sigv4.canonical_request(request, credential, hashlib.sha256(body).hexdigest())
        secret = sigv4.Secret(secret_access_key=settings.secret_access_key)
        scope = f"{settings.access_key_id}/{credential.date}/{region}/sqs/aws4_request"
        value = (
            f"{sigv4.ALGORITHM} Credential={scope}, SignedHeaders={';'.join(_SIGNED)},"
            f" Signature={sigv4.signature(credential, secret, canonical)}"
        )
        return [*headers, ("Authorization", value)]


def _attribute(value: Mapping[str, str]) -> Mapping[str, str]:
    """From `{Type, Value}` of a notification to what SQS calls it."""
    name = "BinaryValue" if value["Type"].startswith("Binary") else "StringValue"
    return {"DataType": value["Type"], name: value["Value"]}


def _judge(answer: OutgoingAnswer) -> Attempt:
    if answer.status == 200:
        return DONE
    said = answer.body[:300].decode("utf-8", "replace")
    is_final = 400 <= answer.status < 500 and any(word in said for word in _FINAL)
    return Attempt(
        verdict=Verdict.REFUSED if is_final else Verdict.FAILED,
        error=f"The server of the queue said {answer.status}: {said}",
    )
