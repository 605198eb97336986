"""The two requests that come without a signature: the links in notifications of SNS.

`GET /?Action=ConfirmSubscription&TopicArn=…&Token=…` and `GET /?Action=Unsubscribe&SubscriptionArn=…`. What lets them
in is the token, or that a subscription's id cannot be guessed. Owns which requests these are, in whose name they run
(nobody's), and how many of them one network may make. Never anything else without a signature.
"""

import ipaddress
from datetime import datetime

from tayori.api.registry import Principal
from tayori.aws import query
from tayori.aws.errors import ApiError, common_error
from tayori.aws.http import HttpRequest

ACTIONS = frozenset(("ConfirmSubscription", "Unsubscribe"))
_BURST = 20.0
_A_SECOND = 1.0
_MOST_NETWORKS = 10_000
_LONGEST_QUERY = 4096


def is_link(head: HttpRequest) -> bool:
    """Whether a request is one of the two, unsigned."""
    if head.method != "GET" or head.path != "/" or "authorization" in head.headers:
        return False
    fields = _fields(head)
    return fields.get("Action") in ACTIONS and not any(name.lower().startswith("x-amz-") for name in fields)


def _fields(head: HttpRequest) -> dict[str, str]:
    if len(head.query) > _LONGEST_QUERY:
        return {}
    try:
        return query.split_form(head.query.encode("utf-8", "surrogateescape"))
    except ApiError:
        return {}


def nobody(head: HttpRequest) -> Principal:
    """Who asks: no account. The region is that of the ARN that the link speaks of."""
    fields = _fields(head)
    arn = fields.get("TopicArn", fields.get("SubscriptionArn", "")).split(":")
    return Principal(
        account_id="", access_key_id="", arn="anonymous", operator=False, region=arn[3] if len(arn) > 5 else ""
    )


class Visitors:
    """How many links each network may still follow: a burst, and then one a second."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, datetime]] = {}

    def admit(self, source_ip: str, now: datetime) -> None:
        """Raises ApiError where it was too many."""
        network = _network(source_ip)
        left, since = self._left.get(network, (_BURST, now))
        left = min(_BURST, left + max(0.0, (now - since).total_seconds()) * _A_SECOND)
        if left < 1:
            raise common_error("Throttling")
        if len(self._left) >= _MOST_NETWORKS:
            self._left.clear()
        self._left[network] = (left - 1, now)


def _network(source_ip: str) -> str:
    """An address of version 4, or the /64 of one of version 6, which one subscriber has."""
    try:
        address = ipaddress.ip_address(source_ip)
    except ValueError:
        return source_ip
    if address.version == 4:
        return source_ip
    return str(ipaddress.ip_network((address, 64), strict=False))
