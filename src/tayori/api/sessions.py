"""A request of the console: known by its session's cookie in place of a signature.

Owns what such a request must bring along. The cookie comes by itself, from wherever the browser was led here; the word
that is made of it (`model/console_session.py`) only from our own pages. Where the session may act is said by
X-Tayori-Account and X-Tayori-Region, for which service at `POST /` by X-Tayori-Service.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from tayori.api.registry import Principal
from tayori.aws.errors import ApiError, common_error
from tayori.aws.http import HttpRequest
from tayori.clock import Clock
from tayori.model import console_session
from tayori.resources import sessions
from tayori.resources.sessions import Here
from tayori.store.engine import Store

_OURS = ("same-origin", "none")  # Sec-Fetch-Site: from a page of ours, or typed by the user


def ended() -> ApiError:
    return ApiError("ExpiredToken", "You are not signed in, or your session has ended. Sign in again.", 401)


def check_origin(request: HttpRequest) -> None:
    """Raises ApiError where the browser says that a page of another site makes the request.

    Old browsers, and those that come without TLS, say less: Origin then names the host that was asked, if anything.
    """
    origin = request.headers.get("origin")
    host = (request.headers.get("host") or "").lower()
    is_ours = origin is None or origin.lower().partition("://")[2] == host
    if not is_ours or (request.headers.get("sec-fetch-site") or "none") not in _OURS:
        raise _foreign()


def check_forgery(request: HttpRequest, token: str) -> None:
    """Raises ApiError unless the request comes from one of our own pages."""
    check_origin(request)
    if not console_session.is_forgery_word(token, request.headers.get("x-tayori-csrf") or ""):
        raise _foreign()


def _foreign() -> ApiError:
    return common_error("AccessDenied", "This request does not come from a page of the console. Load the page again.")


class SessionGate:
    """From the cookie to the principal. One read for each request; nothing is remembered, so that what ends, ends."""

    def __init__(self, *, store: Store, clock: Clock, regions: Sequence[str], idle: timedelta, secure: bool) -> None:
        self._store = store
        self._clock = clock
        self._regions = regions
        self._idle = idle
        self._secure = secure

    def token_of(self, head: HttpRequest) -> str | None:
        """The token, where a request has one and no signature."""
        if "authorization" in head.headers or "cookie" not in head.headers or "x-amz-signature" in head.query.lower():
            return None
        return console_session.token_in(head.headers.all("cookie"), secure=self._secure)

    async def claim(self, head: HttpRequest, token: str) -> Here:
        """Before a body is read. Raises ApiError."""
        # At `/` a GET is a call like any other, and a link in a mail is a GET that no page has made.
        if head.method not in ("GET", "HEAD") or head.path == "/":
            check_forgery(head, token)
        elif (head.headers.get("sec-fetch-site") or "none") not in _OURS:
            raise common_error("AccessDenied", "The pages of another site may not read this.")
        asked = head.headers.get("x-tayori-account") or ""
        wanted = asked if asked.isascii() and asked.isprintable() else "-"
        now, digest = self._clock.wall(), console_session.digest(token)
        here = await self._store.read(sessions.here, digest, wanted[:64], now, self._idle)
        if here is None:
            raise ended()
        if here.role is None:
            raise common_error("AccessDenied", "Say by X-Tayori-Account in which account: one that is yours to enter.")
        if now - here.session.seen_at >= sessions.SEEN_EVERY:
            await self._store.write(sessions.seen, digest, now)
        return here

    def principal(self, head: HttpRequest, here: Here) -> Principal:
        assert here.role is not None
        asked = head.headers.get("x-tayori-region") or ""
        return Principal(
            account_id=here.account_id,
            access_key_id="",
            arn=f"arn:aws:iam::{here.account_id}:user/{here.user.name}",
            operator=here.user.operator,
            region=asked if asked in self._regions else self._regions[0],
            role=here.role,
            user=here.user.name,
        )

    def service(self, head: HttpRequest, services: Collection[str]) -> str:
        """Raises ApiError where it is none of them."""
        named = head.headers.get("x-tayori-service") or next(iter(services))
        if named not in services:
            raise common_error("UnknownOperationException")
        return named
