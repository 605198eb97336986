"""HTTP for the records of a domain: for the account that owns it, and for whoever holds a shared link.

Owns the bounds that keep a public link from becoming a way to make us ask the DNS without end: one look for a domain in
thirty seconds, and not more than `look_limits` allows. Nothing here changes anything.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app import domain_dossier, domain_look, domain_plans, share_page
from tayori.app.authentication_look import LookAnswers, days_of
from tayori.app.domain_dossier import DossierPress
from tayori.app.look_limits import LookLimits, TooManyLooks
from tayori.app.policy_file import PolicyFileFetcher
from tayori.app.share_page import SHARE_PATH
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.mail.answer import Resolver
from tayori.model import share_token
from tayori.model.domain_plan import DomainPlan
from tayori.model.errors import Invalid
from tayori.model.names import ServiceNames
from tayori.resources import configuration_sets, identities, installation, share_links, tls_reports
from tayori.resources.identities import Identity
from tayori.resources.share_links import ShareLink
from tayori.store.engine import Store
from tayori.zoneforms.forms import Form, file_name, media_type, render

DOMAINS_PATH = "/tayori/domains"
_PARTS = ("zone", "dossier", "records", "dmarc", "tls-reports")
_FRESH_SECONDS = 30
_MOST_KEPT = 1000


class Forgetful(Resolver, Protocol):
    def forget(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    plan: DomainPlan
    at: float  # seconds of the event loop: true time, whatever a rehearsal's clock says


class LivePlans:
    """Plans of domains, each looked up afresh at most every thirty seconds."""

    def __init__(
        self, store: Store, resolver: Forgetful, names: Callable[[str], ServiceNames], clock: Clock, limits: LookLimits
    ) -> None:
        self._store = store
        self._limits = limits
        self._resolver = resolver
        self._names = names
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str, str], _Look] = OrderedDict()
        self._locks: dict[tuple[str, str, str], asyncio.Lock] = {}

    async def of(self, identity: Identity) -> tuple[DomainPlan, int]:
        """The plan, and in how many seconds a new look is possible. Raises TooManyLooks."""
        key = identity.account_id, identity.region, identity.name
        async with self._locks.setdefault(key, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            kept = self._kept.get(key)
            if kept is not None and now - kept.at < _FRESH_SECONDS:
                return kept.plan, max(1, round(_FRESH_SECONDS - (now - kept.at)))
            self._limits.enter(identity.account_id, now)
            plan = await self._look(identity, kept)
            self._keep(key, _Look(plan=plan, at=now))
            return plan, 0

    async def _look(self, identity: Identity, kept: _Look | None) -> DomainPlan:
        """Whoever has just registered a record wants the new answer, not the cached one."""
        for record in kept.plan.records if kept else ():
            self._resolver.forget(record.name)
        key = identity.account_id, identity.region, identity.domain
        redirects = await self._store.read(configuration_sets.redirect_domains, *key)
        names, now = self._names(identity.region), self._clock.now()
        return await domain_plans.make(identity, names, self._resolver, now, redirect_domains=redirects)

    def _keep(self, key: tuple[str, str, str], look: _Look) -> None:
        self._kept[key] = look
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            old, _ = self._kept.popitem(last=False)
            self._locks.pop(old, None)


class DomainPages:
    """The handlers, with what they need."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        region: str,
        resolver: Forgetful,
        names: Callable[[str], ServiceNames],
        records: Callable[[Identity], Awaitable[HttpResponse]] | None = None,
        files: PolicyFileFetcher | None = None,
        limits: LookLimits | None = None,
    ) -> None:
        self._limits = limits or LookLimits()
        self._store = store
        self._records = records
        self._clock = clock
        self._region = region
        self._plans = LivePlans(store, resolver, names, clock, self._limits)
        self._press = DossierPress()
        self._looks = LookAnswers(store, resolver, names, files=files)
        self._secret: bytes | None = None

    def table(self) -> list[Route]:
        return [
            Route(method="GET", prefix=DOMAINS_PATH, handler=self.domain),
            Route(method="GET", prefix=SHARE_PATH, handler=self.share, access=Access.EVERYBODY),
        ]

    # -- for the account ---------------------------------------------------------------------------------------------

    async def domain(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """`/tayori/domains/{domain}/status`, `…/zone?format=…`, `…/dossier?lang=…&format=…`, `…/records`,
        `…/dmarc?days=…` and `…/tls-reports?days=…`.
        """
        assert principal is not None
        name, what = _tail(request.path, DOMAINS_PATH)
        if what not in ("zone", "dossier", "records", "dmarc", "tls-reports", "status") or (
            what == "records" and self._records is None
        ):
            raise common_error("UnknownOperationException")
        region = principal.region or self._region
        identity = await self._store.read(identities.get, principal.account_id, region, name.lower())
        if what == "status":
            return _json(domain_look.last_look(identity))
        if what == "tls-reports":
            return await self._tls_reports(identity, dict(parse_qsl(request.query)))
        try:
            if what in ("records", "dmarc"):
                self._limits.enter(identity.account_id, asyncio.get_running_loop().time())
            if what == "records" and self._records is not None:
                return await self._records(identity)
            if what == "dmarc":
                return await self._looks(identity, dict(parse_qsl(request.query)))
            plan, _ = await self._plans.of(identity)
            if what == "dossier":
                return await self._press.answer(plan, dict(parse_qsl(request.query)))
        except TooManyLooks as error:
            return HttpResponse(status=429, headers=(("retry-after", str(error.seconds)),))
        except domain_dossier.Busy:
            return HttpResponse(status=429, headers=(("retry-after", "2"),))
        return _download(plan, _form(request))

    async def _tls_reports(self, identity: Identity, query: Mapping[str, str]) -> HttpResponse:
        age = timedelta(days=days_of(query))
        return _json(tls_reports.as_json(await self._store.read(tls_reports.of_identity, identity, age)))

    # -- for whoever holds a link --------------------------------------------------------------------------------------

    async def share(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """`/tayori/share/{token}`, and `…/zone?format=…` and `…/dossier?lang=…&format=…` below it."""
        token, what = _tail(request.path, SHARE_PATH)
        query = dict(parse_qsl(request.query))
        lang = share_page.language_of(request.headers.get("accept-language") or "", query.get("lang", ""))
        found = await self._opened(token)
        if found is None or what not in ("", "zone", "dossier"):
            return _html(404, lang, share_page.notice("gone", lang))
        link, identity = found
        try:
            plan, fresh_in = await self._plans.of(identity)
            if what == "dossier":
                return await self._press.answer(plan, {"lang": lang, **query})
        except TooManyLooks as error:
            return _html(429, lang, share_page.notice("busy", lang), ("retry-after", str(error.seconds)))
        except domain_dossier.Busy:
            return _html(429, lang, share_page.notice("busy", lang), ("retry-after", "2"))
        if what == "zone":
            return _download(plan, _form(request))
        until = f"{link.expires_at:%Y-%m-%d %H:%M}"
        path = f"{SHARE_PATH}/{token}"
        documents = domain_dossier.links(path, lang)
        page = share_page.page(plan, lang, path=path, until=until, fresh_in=fresh_in, documents=documents)
        return _html(200, lang, page)

    async def _opened(self, token: str) -> tuple[ShareLink, Identity] | None:
        if self._secret is None:
            self._secret = await self._store.read(installation.note, share_links.SECRET)
        if self._secret is None:  # no link was ever made
            return None
        share_id = share_token.read(self._secret, token, self._clock.now())
        if share_id is None:
            return None
        link = await self._store.read(share_links.find, share_id)
        if link is None:
            return None
        identity = await self._store.read(identities.find, link.account_id, link.region, link.identity)
        return None if identity is None else (link, identity)


def _tail(path: str, prefix: str) -> tuple[str, str]:
    """What stands behind the prefix, in two parts."""
    first, _, rest = path.removeprefix(prefix).strip("/").partition("/")
    return unquote(first), rest


def _form(request: HttpRequest) -> Form:
    wanted = dict(parse_qsl(request.query)).get("format", Form.BIND)
    if wanted not in list(Form):
        raise Invalid(f"format must be one of {', '.join(Form)}.")
    return Form(wanted)


def _download(plan: DomainPlan, form: Form) -> HttpResponse:
    headers = (
        ("content-type", media_type(form)),
        ("content-disposition", f'attachment; filename="{file_name(plan, form)}"'),
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    )
    return HttpResponse(status=200, headers=headers, body=render(plan, form).encode())


def _json(value: Any) -> HttpResponse:
    return json_page.answer(200, value, ("cache-control", "no-store"))


def _html(status: int, lang: str, page: str, *more: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status=status, headers=(*share_page.headers(lang), *more), body=page.encode())
