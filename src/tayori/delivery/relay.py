"""Smarthosts: where they are, and how we say who we are.

Owns the addresses of a relay and the lines of AUTH. Never sends them, never logs them. RFC 4954 (AUTH), RFC 4616
(PLAIN); LOGIN is no standard, and what some relays offer alone.
"""

import asyncio
from base64 import b64encode
from ipaddress import ip_address

from tayori.delivery.egress import Relay
from tayori.delivery.route import Route, Target
from tayori.delivery.settings import DeliverySettings, Families
from tayori.mail.answer import AnswerStatus, Resolver
from tayori.model.failure import at_scope, classify_trouble
from tayori.model.message import FailureScope, Reason


async def find_relay(relay: Relay, resolver: Resolver, settings: DeliverySettings) -> Route:
    """The relay's addresses, private ones too: the operator has named it. One that cannot be found is our trouble."""
    try:
        return Route(targets=(Target(relay.host, str(ip_address(relay.host))),))
    except ValueError:
        pass
    types = [
        t
        for t, family in (("A", Families.IPV4), ("AAAA", Families.IPV6))
        if settings.families in (family, Families.BOTH)
    ]
    answers = await asyncio.gather(*(resolver.resolve(relay.host, rdtype) for rdtype in types))
    targets = tuple(Target(relay.host, value) for answer in answers if answer.exists for value in answer.values)
    if targets:
        return Route(targets=targets[: settings.max_addresses])
    told = ", ".join(sorted({answer.status.name for answer in answers if answer.status is not AnswerStatus.NODATA}))
    words = f"the relay {relay.host} has no address" + (f" ({told})" if told else "")
    return Route(trouble=at_scope(classify_trouble(Reason.LOCAL_TROUBLE, words), FailureScope.LOCAL))


def auth_lines(offered: frozenset[str], relay: Relay) -> tuple[bytes, ...]:
    """What to send, each after a 334 to the one before; none where the relay takes neither of the two."""
    user, password = relay.user.encode(), relay.password.encode()
    if "PLAIN" in offered:
        return (b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password) + b"\r\n",)
    if "LOGIN" in offered:
        return b"AUTH LOGIN\r\n", b64encode(user) + b"\r\n", b64encode(password) + b"\r\n"
    return ()
