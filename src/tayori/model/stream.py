"""What a message takes turns with others as: its stream.

Owns the naming. A stream is an account's mail of one configuration set, one campaign (the message tag of that name) and
one way of sending: a bulk through SendBulkEmail does not stand before a password reset that was sent alone. SES knows
no such thing; its customers keep such mail apart by configuration sets and tags, so that these are what can be gone by.
"""

import zlib
from collections.abc import Sequence

from tayori.model.message import MessageTag, Operation

CAMPAIGN = "campaign"
_BUCKETS = 64  # campaigns of one configuration set that are told apart: a tag may have a new value for each message


def stream_of(account_id: str, configuration_set: str | None, tags: Sequence[MessageTag], operation: Operation) -> str:
    """The account, a space, and the rest."""
    rest = configuration_set or ""
    for tag in tags:
        if tag.name.lower() == CAMPAIGN:
            rest = f"{rest}/{zlib.crc32(tag.value.encode()) % _BUCKETS:02d}"
            break
    if operation is Operation.SEND_BULK_EMAIL:
        rest += "*"
    return f"{account_id} {rest}"


def sender_of(stream: str) -> tuple[str, str]:
    """The account and the configuration set ("" for none) of a stream."""
    account, _, rest = stream.partition(" ")
    return account, rest.partition("/")[0].removesuffix("*")


def account_of(stream: str) -> str:
    return stream.partition(" ")[0]
