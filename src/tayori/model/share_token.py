"""The token in a link to a domain's records: which share, until when, and a signature over both.

Owns its form, `<share id>.<expiry in epoch seconds>.<signature>`. Whoever guesses is turned away without a look at
the database. Revoking is the part of `resources.share_links`. HMAC-SHA256 (RFC 2104).
"""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime

_TOKEN = re.compile(r"([0-9a-f]{16})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")


def issue(secret: bytes, share_id: str, expires_at: datetime) -> str:
    claim = f"{share_id}.{int(expires_at.timestamp())}"
    return f"{claim}.{_signature(secret, claim)}"


def read(secret: bytes, token: str, now: datetime) -> str | None:
    """The share that a token opens, or None where it is not ours or its time is over."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    share_id, expiry, signature = found.groups()
    if not hmac.compare_digest(signature, _signature(secret, f"{share_id}.{expiry}")):
        return None
    return share_id if now < datetime.fromtimestamp(int(expiry), UTC) else None


def _signature(secret: bytes, claim: str) -> str:
    digest = hmac.new(secret, b"tayori share 1\0" + claim.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
