"""Deliveries to http and https subscribers.

Owns what an answer means. 2xx is delivered; 429 and 5xx are tried again; the rest will not get better by itself, so the
notification is kept among the dead with the reason, where SNS drops it without a word (sns: message delivery status).
"""

from http import HTTPStatus

from tayori.events import sns_message
from tayori.events.endpoint import Attempt
from tayori.events.outgoing_http import OutgoingAnswer, OutgoingError, OutgoingHttp, Trouble
from tayori.events.signing import Signing
from tayori.model.delivery_policy import policy_of
from tayori.resources.notifications import Notification, Verdict

_SHOWN = 200
_KEPT = 4000  # octets of an answer, for the log


class HttpEndpoint:
    """An Endpoint; `base_url` is where subscribers reach this service."""

    def __init__(self, http: OutgoingHttp, signing: Signing, base_url: str) -> None:
        self._http = http
        self._signing = signing
        self._base_url = base_url

    async def send(self, notification: Notification) -> Attempt:
        message = sns_message.compose(notification, await self._signing.current(), self._base_url)
        envelope = notification.envelope
        policy = policy_of(notification.protocol, envelope["policy"], envelope["topic_policy"])
        headers = sns_message.http_headers(notification, message, policy.content_type)
        try:
            answer = await self._http.post(notification.endpoint, headers, message.text.encode("utf-8"))
        except OutgoingError as error:
            verdict = Verdict.REFUSED if error.trouble is Trouble.BAD_URL else Verdict.FAILED
            return Attempt(verdict=verdict, error=str(error), was_slow=error.trouble is Trouble.TOO_SLOW)
        return judge(answer)


def judge(answer: OutgoingAnswer) -> Attempt:
    status = answer.status
    reply = answer.body[:_KEPT].decode("utf-8", "replace")
    if 200 <= status < 300:
        return Attempt(verdict=Verdict.DONE, status=status, reply=reply)
    can_pass = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    said = answer.body[:_SHOWN].decode("utf-8", "replace").strip()
    return Attempt(
        verdict=Verdict.FAILED if can_pass else Verdict.REFUSED,
        error=f"It answered {status}: {said}" if said else f"It answered {status}.",
        status=status,
        reply=reply,
    )
