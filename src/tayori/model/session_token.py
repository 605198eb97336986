"""Temporary credentials (STS): what their token says, and the secret that belongs to it.

Owns the form: `<content>.<signature>`, base64url, HMAC-SHA256 (RFC 2104) with a key that all nodes of an installation
share. Nothing is kept of a session: whoever holds the key of the installation can check a token and derive its secret,
which never stands in it. A token is read by nobody but the service that made it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from dataclasses import asdict, dataclass

NAME = "session-tokens"  # of the installation's value that signs them
LONGEST = 12_288
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session. `role` is empty where it is that of the key itself; `policy` where it has none of its own."""

    access_key_id: str
    account_id: str
    source_key: str  # the access key that it was made with
    expires_at: int  # seconds since the epoch
    role: str = ""
    user_id: str = ""  # of a role: <id of the role>:<name of the session>
    policy: str = ""

    @property
    def arn(self) -> str:
        """Of the assumed role; empty for a session of the key itself, which goes under its user's."""
        name = self.user_id.partition(":")[2]
        return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role}/{name}" if self.role else ""


def token_of(session: Session, key: bytes) -> str:
    content = zlib.compress(json.dumps(asdict(session), separators=(",", ":")).encode())
    return f"{_text(content)}.{_text(_signature(content, key))}"


def read(token: str, key: bytes) -> Session | None:
    """The session, or None where the token is none of ours. That it has ended is for the caller to see."""
    if len(token) > LONGEST or not token.isascii():
        return None
    first, _, second = token.partition(".")
    try:
        content, signature = _bytes(first), _bytes(second)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(_signature(content, key), signature):
        return None
    return Session(**json.loads(zlib.decompress(content)))


def secret_of(token: str, key: bytes) -> str:
    """40 characters of base64, as AWS's secret keys."""
    return base64.b64encode(hmac.digest(key, b"secret " + token.encode(), "sha256")[:30]).decode()


def user_id_of(account_id: str, user_name: str) -> str:
    """AWS's unique id of a user, made of what we have of one."""
    digest = hashlib.sha256(f"{account_id}/{user_name}".encode()).digest()
    return "AIDA" + "".join(_ALPHABET[byte % 32] for byte in digest[:17])


def _signature(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"token " + content, "sha256")


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
