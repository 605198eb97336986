"""The SMTP password that belongs to an access key (ses: smtp-credentials).

Owns the derivation, which SES's users run in scripts of their own: it must never change. A password serves
one region, and the secret cannot be had from it. Never compares passwords: `tayori.smtp.submission` does, in
constant time.
"""

import base64
import hashlib
import hmac

# Constants of the derivation. The date is no date: it makes this chain of keys differ from SigV4's.
_DATE = "11111111"
_SERVICE = "ses"
_TERMINAL = "aws4_request"
_MESSAGE = "SendRawEmail"
_VERSION = b"\x04"


def smtp_password(secret_access_key: str, region: str) -> str:
    """44 characters of base64: the version octet 4 and a chain of HMAC-SHA256 as SigV4 has it."""
    key = f"AWS4{secret_access_key}".encode()
    for word in (_DATE, region, _SERVICE, _TERMINAL, _MESSAGE):
        key = hmac.digest(key, word.encode(), hashlib.sha256)
    return base64.b64encode(_VERSION + key).decode("ascii")
