"""Page tokens: opaque to the caller, and of use only for the list that gave them.

Owns the form of a token: a position (JSON) and a MAC over it and over the *kind* of list it belongs to. SES's tokens
are bound to the kind of resource and the region, and some lists bind them to the request's filter as well; whatever
the caller of `encode` puts into `kind` is bound. Never keeps anything: a token is good as long as the installation's
secret is.

The text is plain base64 with padding, because the pattern of the newer lists (`NextTokenV2`) admits nothing else.
"""

import base64
import binascii
import hashlib
import hmac
import json

_MAC_LENGTH = 16
_MAX_TOKEN = 5_000  # the model's own maximum for NextTokenV2

Position = list[str | int | float | None]


class BadPageToken(ValueError):
    """The token was not made by this installation for this list. Carries the token, which SES repeats in its answer."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


class PageTokens:
    """Makes and reads tokens. All nodes of an installation share `secret`."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(b"tayori page tokens\0" + secret).digest()

    def encode(self, kind: str, position: Position) -> str:
        payload = json.dumps(position, separators=(",", ":")).encode("utf-8")
        return base64.b64encode(self._mac(kind, payload) + payload).decode("ascii")

    def decode(self, kind: str, token: str) -> Position:
        if len(token) > _MAX_TOKEN:
            raise BadPageToken(token)
        try:
            raw = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadPageToken(token) from error
        mac, payload = raw[:_MAC_LENGTH], raw[_MAC_LENGTH:]
        if not hmac.compare_digest(mac, self._mac(kind, payload)):
            raise BadPageToken(token)
        position: Position = json.loads(payload)
        return position

    def _mac(self, kind: str, payload: bytes) -> bytes:
        text = kind.encode("utf-8")
        return hmac.digest(self._key, len(text).to_bytes(4, "big") + text + payload, "sha256")[:_MAC_LENGTH]
