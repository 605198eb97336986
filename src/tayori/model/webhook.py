"""Webhooks by the convention of Standard Webhooks (standardwebhooks.com, version 1): secret, signature, body.

Pure: what is signed is given. Never sends anything.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

from tayori.model.errors import Invalid
from tayori.model.event import EventKind

PREFIX = "whsec_"
KINDS = tuple(kind.api_name for kind in EventKind)
_LEAST_SECRET, _MOST_SECRET = 24, 64  # octets


def secret_of(octets: bytes) -> str:
    """The form in which a secret is shown."""
    return PREFIX + base64.b64encode(octets).decode("ascii")


def check_secret(text: str) -> str:
    """A secret of the user's own. Raises Invalid."""
    try:
        octets = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(f"The secret must be {PREFIX} and base64.") from error
    if not text.startswith(PREFIX) or not _LEAST_SECRET <= len(octets) <= _MOST_SECRET:
        raise Invalid(f"The secret must be {PREFIX} and the base64 of {_LEAST_SECRET} to {_MOST_SECRET} octets.")
    return text


def signature(secret: str, delivery_id: str, timestamp: int, body: str) -> str:
    """`v1,<base64>`: the value of webhook-signature."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def body_of(kind: EventKind, timestamp: str, event: str) -> str:
    """`event` is SES's JSON for event publishing; it stands unchanged under `data`."""
    head = json.dumps({"type": type_of(kind), "timestamp": timestamp}, separators=(",", ":"))
    return f'{head[:-1]},"data":{event}}}'


def type_of(kind: EventKind) -> str:
    return f"email.{kind.api_name.lower()}"


def check_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    """Those that were asked for, or all. Raises Invalid."""
    for kind in kinds:
        if kind not in KINDS:
            raise Invalid(f"{kind[:40]} is no kind of event; there are {', '.join(KINDS)}.")
    return tuple(dict.fromkeys(kinds)) or KINDS
