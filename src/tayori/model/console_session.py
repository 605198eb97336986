"""The tokens by which a browser is known: what is kept of one, the cookie it travels in, the word against forgery.

Owns the forms. A token is kept as its SHA-256 alone. The word (X-Tayori-CSRF) is made of the token by HMAC-SHA256
(RFC 2104): whoever can say it has been told it by us, in an answer that no other origin can read; a cookie that came
along by itself does not know it. RFC 6265 4.1.2, and the `__Host-` prefix of its successor, 4.1.3.2.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import timedelta

COOKIE = "tayori_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def forgery_word(token: str) -> str:
    """What a request that changes something says beside the cookie."""
    return hmac.new(token.encode(), b"tayori csrf 1", hashlib.sha256).hexdigest()


def is_forgery_word(token: str, said: str) -> bool:
    return hmac.compare_digest(forgery_word(token).encode(), said.encode("utf-8", "replace"))


def cookie_name(*, secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE


def token_in(fields: Iterable[str], *, secure: bool) -> str | None:
    """The token in Cookie fields; None where there is none. Two that differ are none: one was put there by another."""
    name = cookie_name(secure=secure)
    pairs = (part.strip().partition("=") for text in fields for part in text.split(";"))
    found = {value for key, _, value in pairs if key == name}
    token = found.pop() if len(found) == 1 else ""
    return token if _TOKEN.fullmatch(token) else None


def cookie(token: str, lifetime: timedelta, *, secure: bool) -> str:
    """The value of Set-Cookie."""
    return _cookie(token, int(lifetime.total_seconds()), secure=secure)


def no_cookie(*, secure: bool) -> str:
    """The value of Set-Cookie that takes it away."""
    return _cookie("", 0, secure=secure)


def _cookie(value: str, seconds: int, *, secure: bool) -> str:
    text = f"{cookie_name(secure=secure)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"
    return f"{text}; Secure" if secure else text
