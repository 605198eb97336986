"""Signing in by an OpenID Connect provider: the way there, the way back, and what a user keeps of it.

Owns who comes in: a subject that is linked to a user, and nobody else, unless the operator lets a provider's people in.
A way there begins in one browser and ends in the same one: `state` is kept as its digest, is used once within ten
minutes, and is worth nothing without the cookie that was given out with it, so that nobody is signed in as another by
following a link (RFC 6749 10.12, RFC 9700 4.7). To link a sign-in to a user takes the word of our own pages
(X-Tayori-CSRF), and the session that asked must live when the browser returns. What a provider says of a failure is
written to the log of the service, never shown: a page is told one of few words.

    GET    /tayori/console/oidc/NAME[?to=/…]        to the provider's page
    POST   /tayori/console/oidc/NAME/link           {"to": "/…"}: where one's own page goes to link a sign-in
    POST   /tayori/console/oidc/NAME/invitation     {"token": …}: where a page goes that has a one-time link
    GET    /tayori/console/oidc/NAME/return         where the provider's page leads back to
    GET    /tayori/console/external-users           one's own
    DELETE /tayori/console/external-users/NAME
"""

import hmac
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.console import record
from tayori.console.oidc_provider import ProviderDoor
from tayori.console.record import Trace
from tayori.console.sign_in import PATH, WINDOW, SignIn, from_our_pages, refusal
from tayori.model import console_session
from tayori.model import sign_in_provider as model
from tayori.model.errors import AlreadyExists, DomainError, Kind, NotFound
from tayori.model.sign_in_provider import Person, Provider, Unusable
from tayori.resources import external_users, sessions, users
from tayori.resources.users import User
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.console")

_BASE, _OWN = f"{PATH}/oidc", f"{PATH}/external-users"
_STEP = "oidc"
_LIFE = timedelta(minutes=10)
_EACH = 60  # ways begun by one address in a window
_CONSOLE = "/console"
_WITHIN = re.compile(r"/(?![/\\])[!-~]{0,1500}")
_COOKIE = "tayori_oidc"
_FROM_ELSEWHERE = ("cross-site", "same-site")


class _NotLetIn(Exception):
    """One of the words that the sign-in page knows: "refused", "provider", "expired", "unknown", "taken", "link"."""


class Oidc:
    """The routes. `secure` says whether browsers reach the service over TLS."""

    def __init__(
        self,
        sign_in: SignIn,
        *,
        store: Store,
        clock: Clock,
        doors: Sequence[ProviderDoor],
        idle: timedelta,
        secure: bool,
    ) -> None:
        self._sign_in = sign_in
        self._store = store
        self._clock = clock
        self._doors = {door.provider.name: door for door in doors}
        self._idle = idle
        self._secure = secure

    def table(self) -> list[Route]:
        everybody = Access.EVERYBODY
        return [
            Route(method="GET", prefix=_BASE, handler=self.get, access=everybody, max_body=0),
            Route(method="POST", prefix=_BASE, handler=self.post, access=everybody),
            Route(method="GET", prefix=_OWN, handler=self.show, access=everybody),
            Route(method="DELETE", prefix=_OWN, handler=self.unlink, access=everybody),
        ]

    # -- there -----------------------------------------------------------------------------------------------------

    async def get(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        door, verb = self._named(request)
        if verb == "return":
            return await self._come_back(request, door)
        if verb:
            return refusal(404, "There is no such page.")
        asked = parse_qs(request.query)
        to = _within(asked.get("to", ["/"])[0])
        if request.headers.get("sec-fetch-site") in _FROM_ELSEWHERE:  # another site sends nobody there
            return _see(f"{_CONSOLE}/sign-in")
        try:
            url, cookie = await self._begin(request, door, {"purpose": "sign-in", "to": to})
        except _NotLetIn as word:
            return _see(_failed({"purpose": "sign-in"}, str(word)))
        return _see(url, ("set-cookie", cookie))

    async def post(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """Where a page of ours shall go: told, since a page may not be redirected to another origin by a call."""
        door, verb = self._named(request)
        if verb == "link":
            _, (session, who) = await self._sign_in.mine(request)
            to = _within(json_page.document(request).get("to"))
            step = {"purpose": "link", "user": who.user_id, "session": session.token_digest, "to": to}
        elif verb == "invitation":
            token = from_our_pages(request).get("token")
            digest = console_session.digest(token) if isinstance(token, str) else ""
            found = await self._store.read(users.invitation, digest)
            if found is None or found.user_id:
                return refusal(404, "This link has been used, or its time is over. Ask for a new one.")
            step = {"purpose": "invitation", "invitation": digest, "to": "/"}
        else:
            return refusal(404, "There is no such page.")
        try:
            url, cookie = await self._begin(request, door, step)
        except _NotLetIn:
            return refusal(502, "The provider cannot be reached, or is not set up as this service needs it.")
        return json_page.answer(200, {"url": url}, ("set-cookie", cookie))

    async def _begin(self, request: HttpRequest, door: ProviderDoor, step: Mapping[str, str]) -> tuple[str, str]:
        """The provider's address, and the cookie that binds the way to this browser."""
        counted, now = ((f"oidc@{request.source_ip}", _EACH),), self._clock.wall()
        if not await self._store.write(sessions.attempt, counted, now, WINDOW):
            raise _NotLetIn("many")
        state, seal, nonce, verifier = (ids.url_token() for _ in range(4))
        try:
            url = await door.sign_in_url(state=state, nonce=nonce, verifier=verifier)
        except Unusable as error:
            raise self._provider_failed(door, error) from error
        kept = {
            **step,
            "provider": door.provider.name,
            "seal": console_session.digest(seal),
            "nonce": nonce,
            "verifier": verifier,
        }
        await self._store.write(sessions.put_step, console_session.digest(state), _STEP, kept, now, now + _LIFE)
        return url, self._cookie(seal, _LIFE)

    # -- back ------------------------------------------------------------------------------------------------------

    async def _come_back(self, request: HttpRequest, door: ProviderDoor) -> HttpResponse:
        gone = ("set-cookie", self._cookie("", timedelta()))
        said = parse_qs(request.query, max_num_fields=50)
        step: Mapping[str, Any] = {"purpose": "sign-in"}
        if "error" in said and "state" not in said:  # some providers forget it; there is nothing to go on with
            return _see(_failed(step, "refused"), gone)
        try:
            step = await self._step(request, door, _one(said, "state"))
            who = await self._person(door, step, said)
            _, kept = await self._let_in(request, door.provider, step, who)
        except _NotLetIn as word:
            return _see(_failed(step, str(word)), gone)
        if step["purpose"] == "link":
            mark = "&" if "?" in step["to"] else "?"
            return _see(f"{_CONSOLE}{step['to']}{mark}linked={door.provider.name}", gone)
        return _see(f"{_CONSOLE}{step['to']}", gone, ("set-cookie", kept))

    async def _step(self, request: HttpRequest, door: ProviderDoor, state: str) -> Mapping[str, Any]:
        """What this browser began with this provider, once."""
        digest = console_session.digest(state)
        step = await self._store.write(sessions.take_step, digest, _STEP, self._clock.wall())
        seal = console_session.digest(self._seal(request))
        if step is None or step["provider"] != door.provider.name or not hmac.compare_digest(step["seal"], seal):
            raise _NotLetIn("expired")
        return dict(step)

    async def _person(self, door: ProviderDoor, step: Mapping[str, Any], said: Mapping[str, list[str]]) -> Person:
        if "error" in said:
            raise _NotLetIn("refused")
        try:
            who = await door.person(
                code=_one(said, "code"),
                issuer=_one(said, "iss") if "iss" in said else None,
                nonce=step["nonce"],
                verifier=step["verifier"],
            )
        except Unusable as error:
            raise self._provider_failed(door, error) from error
        return who

    async def _let_in(
        self, request: HttpRequest, provider: Provider, step: Mapping[str, Any], who: Person
    ) -> tuple[User, str]:
        """The user, and the cookie of a new session; none where somebody who is signed in has linked a sign-in."""
        trace = self._sign_in.trace(request)
        if not model.is_allowed(who, provider):
            await self._store.write(record.note_refused, trace, "oidc", who.email, None)
            raise _NotLetIn("unknown")
        try:
            if step["purpose"] == "link":
                return await self._linked(trace, provider, step, who), ""
            if step["purpose"] == "invitation":
                token, user_id = step["invitation"], ids.user_id()
                whose: User | None = await self._store.write(_accept, who, token, user_id, provider.name, trace)
            else:
                whose = await self._store.write(_enter, who, provider, ids.user_id(), trace)
        except AlreadyExists as error:
            raise _NotLetIn("taken") from error
        except DomainError as error:
            logger.warning("oidc_not_let_in", extra={"provider": provider.name, "reason": str(error)})
            raise _NotLetIn("link") from error
        if whose is None:
            raise _NotLetIn("unknown")
        _, kept = await self._sign_in.begun(request, whose, "oidc")
        return whose, kept

    async def _linked(self, trace: Trace, provider: Provider, step: Mapping[str, Any], who: Person) -> User:
        """The session that asked for it is asked, since its cookie does not come from a provider's page."""
        now = self._clock.wall()
        found = await self._store.read(sessions.find, step["session"], now, self._idle)
        if found is None or found[1].user_id != step["user"]:
            raise _NotLetIn("expired")
        await self._store.write(_link, who, found[1], provider.name, trace)
        return found[1]

    # -- one's own -------------------------------------------------------------------------------------------------

    async def show(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self._sign_in.mine(request)
        found = {one.issuer: one for one in await self._store.read(external_users.of_user, who.user_id)}
        shown = [
            {
                **public(door.provider),
                "linkedAt": found[door.provider.issuer].created_at.isoformat()
                if door.provider.issuer in found
                else None,
            }
            for door in self._doors.values()
        ]
        return json_page.answer(200, {"providers": shown})

    async def unlink(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self._sign_in.mine(request)
        door = self._door(unquote(request.path.removeprefix(_OWN)).strip("/"))
        await self._store.write(_unlink, door.provider, who, self._sign_in.trace(request))
        return json_page.answer(200, {})

    # -- inside ----------------------------------------------------------------------------------------------------

    def _named(self, request: HttpRequest) -> tuple[ProviderDoor, str]:
        name, _, verb = unquote(request.path.removeprefix(_BASE)).strip("/").partition("/")
        return self._door(name), verb

    def _door(self, name: str) -> ProviderDoor:
        door = self._doors.get(name)
        if door is None:
            raise NotFound("There is no such provider.", Kind.USER)
        return door

    def _provider_failed(self, door: ProviderDoor, error: Unusable) -> _NotLetIn:
        logger.warning("oidc_provider_unusable", extra={"provider": door.provider.name, "reason": str(error)[:300]})
        return _NotLetIn("provider")

    def _cookie(self, value: str, life: timedelta) -> str:
        """Lax: the browser returns from another site, by a GET that it makes itself (RFC 6265bis 5.6.7.1)."""
        name = f"__Host-{_COOKIE}" if self._secure else _COOKIE
        text = f"{name}={value}; Path=/; Max-Age={int(life.total_seconds())}; HttpOnly; SameSite=Lax"
        return f"{text}; Secure" if self._secure else text

    def _seal(self, request: HttpRequest) -> str:
        name = f"__Host-{_COOKIE}" if self._secure else _COOKIE
        pairs = (part.strip().partition("=") for text in request.headers.all("cookie") for part in text.split(";"))
        found = {value for key, _, value in pairs if key == name}
        return found.pop() if len(found) == 1 else ""


def public(provider: Provider) -> dict[str, str]:
    """What everybody may know of a provider."""
    return {"id": provider.name, "name": provider.label, "nameJa": provider.label_ja}


def _within(to: object) -> str:
    """A page of the console, whatever was asked for."""
    return to if isinstance(to, str) and _WITHIN.fullmatch(to) else "/"


def _one(said: Mapping[str, list[str]], name: str) -> str:
    values = said.get(name, [])
    return values[0][:4000] if len(values) == 1 else ""


def _failed(step: Mapping[str, Any], word: str) -> str:
    if step["purpose"] == "link":
        mark = "&" if "?" in step["to"] else "?"
        return f"{_CONSOLE}{step['to']}{mark}failed={word}"
    return f"{_CONSOLE}/sign-in?failed={word}"


def _see(url: str, *headers: tuple[str, str]) -> HttpResponse:
    kept = (("cache-control", "no-store"), ("referrer-policy", "no-referrer"))
    return HttpResponse(status=303, headers=(("location", url), *kept, *headers))


def _enter(tx: Tx, who: Person, provider: Provider, user_id: str, trace: Trace) -> User | None:
    """Whoever they are here; None, which is noted, where they are nobody who may sign in."""
    found = external_users.find(tx, who.issuer, who.subject)
    if found is None and provider.link_by_email and who.email:
        found = users.by_name(tx, who.email)
        if found is not None and not found.disabled:
            _link(tx, who, found, provider.name, trace)
    if found is None and provider.create_users:
        found = external_users.create(tx, who, user_id, provider.role, provider.account)
        record.note(tx, trace, found, "CreateUser", said={"provider": provider.name, "role": provider.role.value})
    if found is None or found.disabled:
        record.note_refused(tx, trace, "oidc", found.name if found else who.email, found)
        return None
    return found


def _accept(tx: Tx, who: Person, token_digest: str, user_id: str, provider: str, trace: Trace) -> User:
    made = external_users.accept(tx, who, token_digest, user_id)
    record.note(tx, trace, made, "AcceptInvitation", said={"provider": provider})
    return made


def _link(tx: Tx, who: Person, user: User, provider: str, trace: Trace) -> None:
    external_users.link(tx, who, user.user_id)
    record.note(tx, trace, user, "LinkSignIn", said={"provider": provider})


def _unlink(tx: Tx, provider: Provider, user: User, trace: Trace) -> None:
    external_users.unlink(tx, provider.issuer, user)
    record.note(tx, trace, user, "UnlinkSignIn", said={"provider": provider.name})
