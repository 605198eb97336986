"""How a recipient says what he wants: the link in list mail, and the address that a mail program writes to instead.

Owns the form of both. Whoever holds them acts for one contact of one list, so both are signed (HMAC-SHA256, RFC 2104):
nobody can make one for a stranger, and who guesses is turned away without a look at the database. The link tells all
that it stands for and holds for as long as the list does. A local part has room for 64 octets (RFC 5321 4.5.3.1.1): it
names the message alone, and holds for as long as the message is known.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import astuple, dataclass

_TOKEN = re.compile(r"([A-Za-z0-9_-]{20,1400})\.([A-Za-z0-9_-]{27})")
_MAILBOX = re.compile(r"unsubscribe-([a-z2-7]{39})([a-z2-7]{13})")
_ALIKE = re.compile(r"unsubscribe-[a-z0-9]*")
_MESSAGE_ID = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-000000")
_GROUPS = (16, 8, 4, 4, 4, 12)  # of a MessageId, before the zeros
_VERSION = "1"


@dataclass(frozen=True, slots=True)
class SubscriptionLink:
    """For whom, on which list, and out of which message he comes."""

    account_id: str
    region: str
    contact_list: str
    topic: str  # "" for none
    message_id: str
    address: str


class SubscriptionLinks:
    """Signs links, and knows its own. `secret` is the installation's."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, link: SubscriptionLink) -> str:
        claim = _text(base64.urlsafe_b64encode("\0".join((_VERSION, *astuple(link))).encode()))
        return f"{claim}.{self._signature(claim)}"

    def read(self, token: str) -> SubscriptionLink | None:
        """What a token stands for, or None where it is not ours as it stands."""
        found = _TOKEN.fullmatch(token)
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return None
        version, *values = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode().split("\0")
        return SubscriptionLink(*values) if version == _VERSION else None

    def mailbox(self, message_id: str) -> str:
        """The local part of the address at which mail unsubscribes the recipient of this message."""
        octets = bytes.fromhex(message_id.removesuffix("-000000").replace("-", ""))
        claim = _text(base64.b32encode(octets)).lower()
        return f"unsubscribe-{claim}{self._short_signature(claim)}"

    def read_mailbox(self, local: str) -> str | None:
        """The MessageId, or None where the local part is not ours. Some hosts change the case on the way."""
        found = _MAILBOX.fullmatch(local.lower())
        if found is None or not hmac.compare_digest(found[2], self._short_signature(found[1])):
            return None
        try:
            digits = base64.b32decode(found[1].upper() + "=").hex()
        except binascii.Error:
            return None
        groups, position = [], 0
        for length in _GROUPS:
            groups.append(digits[position : position + length])
            position += length
        return "-".join((*groups, "000000"))

    def _signature(self, claim: str) -> str:
        return _text(base64.urlsafe_b64encode(self._digest(b"link", claim)[:20]))

    def _short_signature(self, claim: str) -> str:
        return _text(base64.b32encode(self._digest(b"mailbox", claim)[:8])).lower()

    def _digest(self, kind: bytes, claim: str) -> bytes:
        return hmac.digest(self._secret, b"tayori subscription %s 1\0" % kind + claim.encode(), hashlib.sha256)


def has_mailbox(message_id: str) -> bool:
    """Whether it is an id of the form that messages of the service have."""
    return _MESSAGE_ID.fullmatch(message_id) is not None


def looks_like_mailbox(local: str) -> bool:
    """Whether this has the form of one of ours, signed or not."""
    return _ALIKE.fullmatch(local.lower()) is not None


def _text(encoded: bytes) -> str:
    return encoded.rstrip(b"=").decode("ascii")
