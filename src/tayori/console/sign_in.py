"""Signing in and out, and what a user changes of their own: `/tayori/console/…`, JSON.

Owns the answers that the console's frame lives by, the pace of guesses, and what ends a session. Who may do what with
the API is decided where the API is called (`api/authenticate.py`, `model/role.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from tayori import __version__, ids
from tayori.api import json_page
from tayori.api import sessions as session_gate
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.console import record
from tayori.console.passwords import Busy, Passwords
from tayori.console.record import Trace
from tayori.model import console_session, user
from tayori.model.errors import Invalid
from tayori.resources import sessions, users
from tayori.resources.sessions import Session
from tayori.resources.users import User
from tayori.store.engine import Store, Tx
from tayori.store.tables import storable

PATH = "/tayori/console"
WINDOW = timedelta(minutes=15)
_EACH, _NAME, _ADDRESS = 10, 100, 60  # attempts in a window: on a name from an address, on a name, from an address
_REFUSED = "The user name or the password is wrong."
_TOO_MANY = "There were too many attempts. Wait a quarter of an hour."
_BUSY = "Many people sign in at this moment. Try again in a few seconds."
_LONGEST_AGENT = 200
_SHOWN = 20  # accounts, of all that an operator may enter


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    idle: timedelta
    absolute: timedelta


class SignIn:
    """The routes. `secure` says whether browsers reach the service over TLS, `providers` by whom else one signs in."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        regions: Sequence[str],
        lifetimes: Lifetimes,
        secure: bool,
        rehearsal: bool,
        knows_passkeys: Callable[[HttpRequest], bool],
        providers: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._regions = regions
        self._lifetimes = lifetimes
        self._secure = secure
        self._rehearsal = rehearsal
        self._knows_passkeys = knows_passkeys
        self._providers = providers
        self._passwords = Passwords()

    def table(self) -> list[Route]:
        everybody = Access.EVERYBODY
        return [
            Route(method="GET", prefix=f"{PATH}/session", handler=self.show, access=everybody),
            Route(method="POST", prefix=f"{PATH}/session", handler=self.enter, access=everybody),
            Route(method="DELETE", prefix=f"{PATH}/session", handler=self.leave, access=everybody),
            Route(method="GET", prefix=f"{PATH}/invitation", handler=self.invitation, access=everybody),
            Route(method="POST", prefix=f"{PATH}/invitation", handler=self.accept, access=everybody),
            Route(method="POST", prefix=f"{PATH}/first-user", handler=self.accept, access=everybody),
            Route(method="PATCH", prefix=f"{PATH}/user", handler=self.put_profile, access=everybody),
            Route(method="POST", prefix=f"{PATH}/password", handler=self.put_password, access=everybody),
            Route(method="GET", prefix=f"{PATH}/sessions", handler=self.list_sessions, access=everybody),
            Route(method="DELETE", prefix=f"{PATH}/sessions", handler=self.end_session, access=everybody),
        ]

    # -- in and out ------------------------------------------------------------------------------------------------

    async def show(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """Who is signed in; or how one can be."""
        token = self._token(request)
        found = await self._find(token) if token else None
        if token is None or found is None:
            first = not await self._store.read(users.any_exist)
            ways = {"password": True, "passkeys": self._knows_passkeys(request), "oidc": list(self._providers)}
            return json_page.answer(200, {"signedIn": False, "ways": ways, "firstStart": first, "version": __version__})
        return json_page.answer(200, await self._standing(token, found[1]))

    async def enter(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        given = from_our_pages(request)
        said, password = given.get("name"), user.normal_password(given.get("password"))
        name = said.strip().lower()[:64] if isinstance(said, str) and said.isprintable() else ""
        counted = _counted(name, request.source_ip)
        if not await self._store.write(sessions.attempt, counted, self._clock.wall(), WINDOW):
            return refusal(429, _TOO_MANY, ("retry-after", str(int(WINDOW.total_seconds()))))
        known = await self._store.read(users.by_name, name)
        able = known if known is not None and not known.disabled else None
        try:
            is_right = await self._passwords.is_right(able.password_hash if able else None, password)
        except Busy:
            return refusal(429, _BUSY, ("retry-after", "5"))
        if not is_right or able is None:
            await self._store.write(record.note_refused, self.trace(request), "password", said, known)
            return refusal(401, _REFUSED)
        await self._store.write(sessions.forget_attempts, [counted[0][0]])
        return await self.begin(request, able, "password")

    async def leave(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        token = self._token(request)
        if token is not None:
            session_gate.check_forgery(request, token)
            found = await self._find(token)
            whose = found[1] if found else None
            await self._store.write(_leave, console_session.digest(token), whose, self.trace(request))
        gone = ("set-cookie", console_session.no_cookie(secure=self._secure))
        return json_page.answer(200, {"signedIn": False}, gone, ("clear-site-data", '"cache"'))

    # -- links -----------------------------------------------------------------------------------------------------

    async def invitation(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """What a link would give, for the page that asks for name and password."""
        token = unquote(request.path.removeprefix(f"{PATH}/invitation")).strip("/")
        found = await self._store.read(users.invitation, console_session.digest(token))
        if found is None:
            return refusal(404, "This link has been used, or its time is over. Ask for a new one.")
        whose = await self._store.read(users.by_id, found.user_id) if found.user_id else None
        name = whose.name if whose else found.name
        return json_page.answer(200, {"name": name, "isReset": whose is not None, "operator": found.operator})

    async def accept(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """The name and the password of whoever followed a link."""
        given = from_our_pages(request)
        token = given.get("token")
        digest = console_session.digest(token) if isinstance(token, str) else ""
        counted = ((f"link@{request.source_ip}", _ADDRESS),)
        if not await self._store.write(sessions.attempt, counted, self._clock.wall(), WINDOW):
            return refusal(429, _TOO_MANY)
        found = await self._store.read(users.invitation, digest)
        whose = await self._store.read(users.by_id, found.user_id) if found and found.user_id else None
        name = whose.name if whose else user.user_name(given.get("name"))
        password = user.new_password(given.get("password"), name)
        if found is None:
            return refusal(404, "This link has been used, or its time is over. Ask for a new one.")
        hashed = await self._passwords.hash(password)
        shown = user.display_name(given.get("displayName") or "")
        made = await self._store.write(_accept, digest, ids.share_id(), name, hashed, shown, self.trace(request))
        return await self.begin(request, made, "link")

    # -- one's own -------------------------------------------------------------------------------------------------

    async def put_profile(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self.mine(request)
        given = json_page.document(request)
        shown = user.display_name(given["displayName"]) if "displayName" in given else who.display_name
        language, theme = given.get("language", who.language), given.get("theme", who.theme)
        if language not in user.LANGUAGES or theme not in user.THEMES:
            raise Invalid("language is en or ja, theme is light or dark; empty for what the browser says.")
        await self._store.write(users.put_profile, who.user_id, display_name=shown, language=language, theme=theme)
        return json_page.answer(200, {"displayName": shown, "language": language, "theme": theme})

    async def put_password(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """A new password, by whoever knows the old one. It ends all other sessions, and gives this one a new token."""
        _, (_, who) = await self.mine(request)
        given = json_page.document(request)
        new = user.new_password(given.get("new"), who.name)
        counted = ((f"password/{who.user_id}", _EACH),)
        if not await self._store.write(sessions.attempt, counted, self._clock.wall(), WINDOW):
            return refusal(429, _TOO_MANY)
        try:
            is_right = await self._passwords.is_right(who.password_hash, user.normal_password(given.get("old")))
        except Busy:
            return refusal(429, _BUSY, ("retry-after", "5"))
        if not is_right:
            return refusal(400, "The present password is wrong.")
        hashed = await self._passwords.hash(new)
        await self._store.write(_change_password, who, hashed, self.trace(request))
        return await self.begin(request, who, "password")

    async def list_sessions(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (here, who) = await self.mine(request)
        found = await self._store.read(sessions.of_user, who.user_id, self._clock.wall(), self._lifetimes.idle)
        return json_page.answer(200, {"sessions": [_shown(one, is_this=one == here) for one in found]})

    async def end_session(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """The one in the path; all but this one where none is."""
        _, (here, who) = await self.mine(request)
        session_id = storable(unquote(request.path.removeprefix(f"{PATH}/sessions"))).strip("/")
        await self._store.write(_end_sessions, who, session_id, here.token_digest, self.trace(request))
        return json_page.answer(200, {})

    # -- inside ----------------------------------------------------------------------------------------------------

    def trace(self, request: HttpRequest) -> Trace:
        return record.trace(request, self._regions[0])

    def _token(self, request: HttpRequest) -> str | None:
        return console_session.token_in(request.headers.all("cookie"), secure=self._secure)

    async def _find(self, token: str) -> tuple[Session, User] | None:
        digest = console_session.digest(token)
        return await self._store.read(sessions.find, digest, self._clock.wall(), self._lifetimes.idle)

    async def mine(self, request: HttpRequest) -> tuple[str, tuple[Session, User]]:
        """Raises ApiError unless somebody is signed in, and means it."""
        token = self._token(request)
        found = await self._find(token) if token else None
        if token is None or found is None:
            raise session_gate.ended()
        if request.method not in ("GET", "HEAD"):
            session_gate.check_forgery(request, token)
        return token, found

    async def begin(self, request: HttpRequest, who: User, way: str) -> HttpResponse:
        token, kept = await self.begun(request, who, way)
        return json_page.answer(200, await self._standing(token, who), ("set-cookie", kept))

    async def begun(self, request: HttpRequest, who: User, way: str) -> tuple[str, str]:
        """A session with a token of its own, and its cookie: one that was known before is worth nothing after."""
        token, now = ids.url_token(), self._clock.wall()
        session = Session(
            token_digest=console_session.digest(token),
            session_id=ids.share_id(),
            user_id=who.user_id,
            way=way,
            source_ip=request.source_ip,
            agent=(request.headers.get("user-agent") or "").encode("utf-8", "replace").decode()[:_LONGEST_AGENT],
            created_at=now,
            seen_at=now,
            expires_at=now + self._lifetimes.absolute,
        )
        before = self._token(request)
        ended = console_session.digest(before) if before else ""
        await self._store.write(_begin, session, ended, who, self.trace(request))
        return token, console_session.cookie(token, self._lifetimes.absolute, secure=self._secure)

    async def _standing(self, token: str, who: User) -> dict[str, Any]:
        known = await self._store.read(
            users.accounts_of, who, limit=_SHOWN + 1 if who.operator else users.MOST_ACCOUNTS
        )
        more = who.operator and len(known) > _SHOWN
        return {
            "signedIn": True,
            "user": {
                "id": who.user_id,
                "name": who.name,
                "displayName": who.display_name,
                "language": who.language,
                "theme": who.theme,
                "operator": who.operator,
            },
            "accounts": [
                {"id": one.account_id, "name": one.account_name, "role": one.role}
                for one in (known[:_SHOWN] if more else known)
            ],
            "moreAccounts": more,
            "regions": list(self._regions),
            "region": self._regions[0],
            "csrf": console_session.forgery_word(token),
            "rehearsal": self._rehearsal,
            "version": __version__,
        }


def _counted(name: str, source_ip: str) -> tuple[tuple[str, int], ...]:
    return (f"{name}@{source_ip}", _EACH), (f"name/{name}", _NAME), (f"from/{source_ip}", _ADDRESS)


def refusal(status: int, message: str, *headers: tuple[str, str]) -> HttpResponse:
    return json_page.answer(status, {"message": message}, *headers)


def from_our_pages(request: HttpRequest) -> dict[str, Any]:
    """The body of a request that needs no session: no form of another site can make one. Raises ApiError, Invalid."""
    session_gate.check_origin(request)
    if (request.headers.get("content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid("The body must be JSON: say so by Content-Type.")
    return json_page.document(request)


def _begin(tx: Tx, session: Session, before: str, who: User, trace: Trace) -> None:
    """A browser has one session: that of `before` ends."""
    sessions.end_by_token(tx, before)
    sessions.begin(tx, session)
    users.signed_in(tx, session.user_id)
    record.note(tx, trace, who, "SignIn", said={"way": session.way})


def _leave(tx: Tx, digest: str, whose: User | None, trace: Trace) -> None:
    sessions.end_by_token(tx, digest)
    if whose is not None:
        record.note(tx, trace, whose, "SignOut")


def _accept(tx: Tx, digest: str, user_id: str, name: str, hashed: str, shown: str, trace: Trace) -> User:
    found = users.invitation(tx, digest)
    made = users.accept(tx, digest, user_id, name, hashed, display_name=shown)
    operation = "ResetPassword" if found is not None and found.user_id else "AcceptInvitation"
    record.note(tx, trace, made, operation, said={"invitation_id": found.invitation_id if found else ""})
    return made


def _end_sessions(tx: Tx, who: User, session_id: str, here: str, trace: Trace) -> None:
    if session_id:
        sessions.end(tx, who.user_id, session_id)
    else:
        sessions.end_all(tx, who.user_id, but=here)
    record.note(tx, trace, who, "EndSessions", said={"session_id": session_id} if session_id else {})


def _change_password(tx: Tx, who: User, hashed: str, trace: Trace) -> None:
    users.put_password(tx, who.user_id, hashed)
    sessions.end_all(tx, who.user_id)
    record.note(tx, trace, who, "ChangePassword")


def _shown(session: Session, *, is_this: bool) -> dict[str, Any]:
    return {
        "id": session.session_id,
        "way": session.way,
        "sourceIp": session.source_ip,
        "agent": session.agent,
        "createdAt": session.created_at.isoformat(),
        "seenAt": session.seen_at.isoformat(),
        "isThis": is_this,
    }
