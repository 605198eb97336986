"""The only source of chance: message ids, tokens, account ids, keys.

Owns the shapes that SES gives to its identifiers. Cryptographic randomness throughout: an id of ours is also the
return path of a message, and must not be guessed.
"""

import base64
import secrets
from datetime import datetime
from uuid import UUID

from tayori.model.names import OTHER_REGIONS_PREFIX, REGION_PREFIXES

_LOWER_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_ACCESS_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def message_id(region: str, now: datetime) -> str:
    """`<4 hex of the region><12 hex of the epoch in milliseconds>-<uuid>-000000`, as SES forms it: sorts by time."""
    prefix = REGION_PREFIXES.get(region, OTHER_REGIONS_PREFIX)
    return f"{prefix}{int(now.timestamp() * 1000):012x}-{UUID(bytes=secrets.token_bytes(16), version=4)}-000000"


def received_id() -> str:
    """40 characters of 0-9 and a-v: what SES calls a message that came in."""
    return base64.b32hexencode(secrets.token_bytes(25)).decode().lower()


def request_id() -> str:
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def dkim_token() -> str:
    """32 characters of a-z and 2-7: an Easy DKIM token, which is also a selector."""
    return "".join(secrets.choice(_LOWER_BASE32) for _ in range(32))


def verification_token() -> str:
    """The value of the `_amazonses` TXT record of the older way to verify a domain (44 characters of base64)."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def url_token() -> str:
    """43 characters that nobody can guess, for a link sent by mail."""
    return secrets.token_urlsafe(32)


def account_id() -> str:
    """Twelve digits, the first not zero."""
    return str(secrets.randbelow(9 * 10**11) + 10**11)


def access_key_id() -> str:
    return "AKIA" + "".join(secrets.choice(_ACCESS_KEY_ALPHABET) for _ in range(16))


def temporary_key_id() -> str:
    """The access key id of temporary credentials."""
    return "ASIA" + "".join(secrets.choice(_ACCESS_KEY_ALPHABET) for _ in range(16))


def role_id() -> str:
    """AWS's unique id of a role: one that is made anew under an old name has another."""
    return "AROA" + "".join(secrets.choice(_ACCESS_KEY_ALPHABET) for _ in range(17))


def secret_access_key() -> str:
    """40 characters of base64, as AWS's secret keys."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def worker_id() -> str:
    """Names one run of one process: claims carry it, so that a restart never mistakes another's claims for its own."""
    return secrets.token_hex(8)


def jitter() -> float:
    """A number in [0, 1) that spreads retries."""
    return secrets.randbelow(1 << 30) / (1 << 30)


def share_id() -> str:
    """Names one shared link; what keeps it from being guessed is the signature beside it."""
    return secrets.token_hex(8)


def subscription_token() -> str:
    """288 hexadecimal digits, as the token with which a subscription of SNS is confirmed."""
    return secrets.token_hex(144)


def user_id() -> str:
    """16 hexadecimal digits: a user of the console, one of their sessions, an invitation."""
    return secrets.token_hex(8)


def tenant_id() -> str:
    """`tn-` and 30 hexadecimal digits, as SES's (probed)."""
    return f"tn-{secrets.token_hex(15)}"
