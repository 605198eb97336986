"""HTTP beside the API: health, metrics, the link of a verification mail, the rehearsal's controls."""

import asyncio
import html
import json
import math
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.api.tools import VERIFY_PATH
from tayori.app import metric_pages, queue_desk, records, reputation_watch, source_gauges
from tayori.app.rehearsal_hooks import RehearsalHooks
from tayori.app.rehearsal_mail import RehearsalMail
from tayori.app.sending import Engine
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.config import Config
from tayori.loops.base import Supervisor
from tayori.model.errors import DomainError
from tayori.model.message import DeliveryState
from tayori.rehearsal.control import ControlRequest, RehearsalControl
from tayori.rehearsal.remote import RemoteWorld
from tayori.resources import custom_verification, identity_checks, queue, security_levels
from tayori.store.engine import Store, Tx

_REHEARSAL_PATH = "/tayori/rehearsal"
_COUNTS_SECONDS = 5.0
_COST = 20  # a long queue is counted less often: at most a twentieth of the time goes into it
_CONTROL_BODY = 16 * 1024 * 1024


class Routes:
    """The handlers, with what they need."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        config: Config,
        loops: Supervisor,
        engine: Engine | None,
        hooks: RehearsalHooks,
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._loops = loops
        self._engine = engine
        self._counting = asyncio.Lock()
        self._counts: Mapping[DeliveryState, int] = {}
        self._sources: tuple[str, ...] = ()
        self._counts_until = -math.inf
        self._downgraded = 0
        self._control: RehearsalControl | None = None
        self._mail_routes: list[Route] = []
        if config.rehearsal:
            world = RemoteWorld(config.rehearsal_folder).handle
            self._control = RehearsalControl(world, hooks)
            self._mail_routes = RehearsalMail(world).table()

    def table(self) -> list[Route]:
        routes = [
            Route(method="GET", prefix="/healthz", handler=self.health, access=Access.EVERYBODY),
            Route(method="GET", prefix="/metrics", handler=self.metrics, access=Access.EVERYBODY),
            Route(method="GET", prefix=VERIFY_PATH, handler=self.verify, access=Access.EVERYBODY),
        ]
        if self._control is not None:
            control = Route(
                method="*",
                prefix=_REHEARSAL_PATH,
                handler=self.rehearsal,
                access=Access.OPERATOR,
                max_body=_CONTROL_BODY,
            )
            routes += [control, *self._mail_routes]
        return routes

    # -- health ------------------------------------------------------------------------------------------------------

    async def health(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """200 where all of this process works; 503 with the reasons where something does not."""
        troubles = [f"loop {loop.name}: {loop.reason}" for loop in self._loops.health() if not loop.is_well]
        if self._engine is not None and not self._engine.is_running:
            troubles.append("delivery: it is not running")
        return json_page.answer(
            503 if troubles else 200, {"status": "unwell" if troubles else "ok", "troubles": troubles}
        )

    async def metrics(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """Gauges in Prometheus's text form."""
        states = await self._queue_counts()
        lines = [
            "# HELP tayori_queue_recipients Recipients by their state, as far as timelines are kept.",
            "# TYPE tayori_queue_recipients gauge",
            *(f'tayori_queue_recipients{{state="{state}"}} {count}' for state, count in sorted(states.items())),
            "# HELP tayori_tls_downgraded_domains Domains to which connections are less secure than they were.",
            "# TYPE tayori_tls_downgraded_domains gauge",
            f"tayori_tls_downgraded_domains {self._downgraded}",
            *self._sources,
            "# HELP tayori_messages_in_memory Messages that this process has in hand.",
            "# TYPE tayori_messages_in_memory gauge",
            f"tayori_messages_in_memory {self._engine.in_memory if self._engine else 0}",
            "# HELP tayori_loop_well Whether a background loop of this process works.",
            "# TYPE tayori_loop_well gauge",
            *(f'tayori_loop_well{{loop="{loop.name}"}} {int(loop.is_well)}' for loop in self._loops.health()),
        ]
        text = "\n".join(lines) + "\n"
        return HttpResponse(
            status=200, headers=(("content-type", "text/plain; version=0.0.4; charset=utf-8"),), body=text.encode()
        )

    async def _queue_counts(self) -> Mapping[DeliveryState, int]:
        """Counting goes through the whole queue, and everybody may ask: it is done once for all who ask meanwhile."""
        now = asyncio.get_running_loop().time
        async with self._counting:
            if now() >= self._counts_until:
                began = now()
                self._counts, self._downgraded, self._sources = await self._store.read(_counted)
                self._counts_until = now() + max(_COUNTS_SECONDS, _COST * (now() - began))
            return self._counts

    # -- the verification link ---------------------------------------------------------------------------------------

    async def verify(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        token = unquote(request.path.removeprefix(VERIFY_PATH).strip("/"))
        leads = await self._store.read(custom_verification.redirects, token)
        try:
            identity = await self._store.write(identity_checks.verify_by_link, token)
        except DomainError as refusal:
            if leads is not None:
                return _see(leads.failure_url)
            return _page(
                404,
                "This link does not verify an address.",
                "このリンクではメールアドレスを確認できません。",
                refusal.message,
            )
        if leads is not None:
            return _see(leads.success_url)
        return _page(
            200,
            "The address is verified. Mail can now be sent from it.",
            "メールアドレスを確認しました。このアドレスから送信できます。",
            identity.name,
        )

    # -- the rehearsal -----------------------------------------------------------------------------------------------

    async def rehearsal(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        assert self._control is not None
        try:
            body = json.loads(request.body) if request.body else None
        except ValueError:
            return json_page.answer(400, {"message": "The body must be JSON."})
        answer = await self._control.handle(
            ControlRequest(
                method=request.method,
                path=request.path,
                query=dict(parse_qsl(request.query)),
                body=body,
                account_id=principal.account_id,
            )
        )
        return json_page.answer(answer.status, answer.body)


def _counted(tx: Tx) -> tuple[Mapping[DeliveryState, int], int, tuple[str, ...]]:
    who = queue_desk, metric_pages, source_gauges, reputation_watch, records
    more = tuple(line for one in who for line in one.gauges(tx))
    return queue.counts(tx), security_levels.count_downgraded(tx), more


def _see(url: str) -> HttpResponse:
    headers = (("location", url), ("referrer-policy", "no-referrer"), ("cache-control", "no-store"))
    return HttpResponse(status=302, headers=headers)


def _page(status: int, english: str, japanese: str, what: str) -> HttpResponse:
    """A page without script or anything loaded from elsewhere, for a person who followed a link."""
    lines: Iterable[str] = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        "<title>Tayori</title><style>body{font:16px/1.6 system-ui,sans-serif;max-width:36em;margin:4em auto;",
        "padding:0 1em;color:#16191f;background:#fff}code{word-break:break-all}</style>",
        f"<p>{html.escape(english)}</p><p lang=ja>{html.escape(japanese)}</p><p><code>{html.escape(what)}</code></p>",
    )
    headers = (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    )
    return HttpResponse(status=status, headers=headers, body="".join(lines).encode())
