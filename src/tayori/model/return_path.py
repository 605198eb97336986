"""Return paths: which message and which of its recipients a report is about, and proof that we gave the address out.

Owns their form. SES's is `<MessageId>@<MAIL FROM domain>`. Here the last six digits of the MessageId, which are always
zeros, give way to ten characters, so that the local part has the 64 octets that RFC 5321 4.5.3.1.1 allows: two for the
recipient, eight of a signature over all that stands before them (as BATV's, which has fewer bits). A transaction for
one recipient names him; one for several names those at their domain, since they all see the same path. Whoever gets a
message can report for himself and for nobody else, and who knows a MessageId alone for nobody.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_ZEROS = "000000"
_STEM = 54  # characters of a MessageId up to the zeros
_MESSAGE_ID = r"[0-9a-f]{16}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-"
_SIGNED = re.compile(rf"({_MESSAGE_ID})([0-9a-f]{{2}})([a-z2-7]{{8}})")
_ALIKE = re.compile(rf"{_MESSAGE_ID}[0-9a-z]*")
_SHARED = 0x80  # beside the ordinal: not he alone, but all at his domain
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """A return path that we gave out."""

    message_id: str
    ordinal: int
    is_shared: bool  # with the others at the recipient's domain

    @property
    def issued_at(self) -> datetime:
        """When the message was accepted, which its id tells (see `tayori.ids`)."""
        return _EPOCH + timedelta(milliseconds=int(self.message_id[4:16], 16))


class ReturnPaths:
    """Signs return paths, and knows its own. `secret` is the installation's."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, path: str, ordinal: int, *, is_shared: bool) -> str:
        """`path` is SES's form of it."""
        claim = f"{path[:_STEM]}{ordinal | _SHARED if is_shared else ordinal:02x}"
        return f"{claim}{self._signature(claim)}{path[_STEM + len(_ZEROS) :]}"

    def read(self, local: str) -> ReturnPath | None:
        """What a local part says, or None where it is not signed by us. Some hosts change the case on the way."""
        found = _SIGNED.fullmatch(local.lower())
        if found is None:
            return None
        stem, mark, signature = found.groups()
        if not hmac.compare_digest(signature, self._signature(stem + mark)):
            return None
        number = int(mark, 16)
        return ReturnPath(stem + _ZEROS, number & ~_SHARED, bool(number & _SHARED))

    def _signature(self, claim: str) -> str:
        digest = hmac.digest(self._secret, b"tayori return path 1\0" + claim.encode(), hashlib.sha256)
        return base64.b32encode(digest[:5]).decode().lower()


def looks_like_one(local: str) -> bool:
    """Whether this has the form of one of ours, signed or not."""
    return _ALIKE.fullmatch(local.lower()) is not None
