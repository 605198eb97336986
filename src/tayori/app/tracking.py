"""Open and click tracking over HTTP: the pixel, the redirect, and the hits on their way to the rows.

Owns what strangers get for a link of ours: where the message wanted to lead, at once, and nothing of what they sent. A
hit waits in memory until what came with it is there, too, and is written with others: nobody who follows a link waits
for the database, and a flood is a bounded number of rows. What a crash takes is the hits of the last seconds.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock, SystemClock
from tayori.config import Config
from tayori.loops.base import Supervised, Supervisor
from tayori.model import tracking_link
from tayori.model.tracking_link import HttpsUse, LinkKind, TrackingHosts, TrackingLink
from tayori.resources import tracking
from tayori.resources.settings import Settings
from tayori.resources.tracking import Hit
from tayori.store.engine import Store, StoreUnavailable

logger = logging.getLogger("tayori.tracking")

_SETTLES = 2.0  # seconds: a program that follows all links of a message has followed more than one by then
_STEP = 100
_MOST_WAITING = 20_000
_MOST_WAITING_EACH = 200  # of one message
_LONGEST_USER_AGENT = 500
_RELOAD_SECONDS = 1.0
_ALLOWED = ("GET", "HEAD")

_PIXEL = bytes.fromhex(  # one transparent pixel (GIF89a)
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_PRIVATE = (
    ("cache-control", "no-store, no-cache, private, max-age=0"),
    ("referrer-policy", "no-referrer"),
    ("x-robots-tag", "noindex, nofollow"),
)
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>404</title>"
    "<p>This link does not lead anywhere. It may have been cut off or changed on its way.</p>"
    "<p lang=ja>このリンクは無効です。途中で切れているか、書き換えられた可能性があります。</p>"
).encode()


def tracking_hosts(config: Config) -> TrackingHosts:
    """Links lead to where the API is reached, under names of their own."""
    url = urlsplit(config.http_url)
    https = config.tracking.https or ("require" if url.scheme == "https" else "never")
    ports = {f"{url.scheme}_port": url.port} if url.port else {}
    return TrackingHosts(host=config.tracking.host, https=HttpsUse(https.upper()), **ports)


def tracking_pages(
    config: Config, store: Store, clock: Clock, loops: Supervisor, stops: list[Callable[[], Awaitable[None]]]
) -> "TrackingPages":
    """The pages, with the loop behind them started."""
    recorder = Recorder(store)
    loops.add(Supervised(recorder, SystemClock()))
    stops.append(recorder.stop)
    return TrackingPages(store, clock, recorder, config.service.region)


class TrackingPages:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock, recorder: "Recorder", region: str) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._region = region
        self._keys: dict[int, bytes] = {}
        self._looked_at = -_RELOAD_SECONDS

    def table(self) -> list[Route]:
        route = partial(Route, method="*", access=Access.EVERYBODY, max_body=0)
        return [
            route(prefix="/I0", handler=self.visit),
            route(prefix="/L0", handler=self.visit),
            route(prefix="/favicon.ico", handler=self.icon),
        ]

    async def visit(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        if request.method not in _ALLOWED:
            return HttpResponse(status=405, headers=(("allow", ", ".join(_ALLOWED)),))
        link = await self._link(request)
        if link is None:
            headers = (("content-type", "text/html; charset=utf-8"), ("content-security-policy", "default-src 'none'"))
            return HttpResponse(status=404, headers=(*headers, *_PRIVATE), body=_PAGE)
        self._recorder.add(
            Hit(
                link=link,
                at=self._clock.now(),
                ip_address=request.source_ip,
                user_agent=(request.headers.get("user-agent") or "")[:_LONGEST_USER_AGENT],
                is_head=request.method == "HEAD",
            )
        )
        if link.kind is LinkKind.OPEN:
            return HttpResponse(status=200, headers=(("content-type", "image/gif"), *_PRIVATE), body=_PIXEL)
        return HttpResponse(status=302, headers=(("location", link.target), *_PRIVATE))

    async def _link(self, request: HttpRequest) -> TrackingLink | None:
        number = tracking_link.key_number_of(request.path)
        now = asyncio.get_running_loop().time()
        if number is not None and number not in self._keys and now >= self._looked_at + _RELOAD_SECONDS:
            self._looked_at = now
            self._keys = await self._store.read(tracking.keys)
        return tracking_link.read(request.path, request.query, request.headers.get("host") or "", self._keys.get)

    async def icon(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """What SES's guide asks for, to see whether a redirect domain leads here and over which protocol."""
        headers = (
            ("content-type", "image/gif"),
            ("x-amz-ses-region", self._region),
            ("x-amz-ses-request-protocol", request.scheme),
        )
        return HttpResponse(status=200, headers=headers, body=_PIXEL)


class Recorder:
    """A Loop: writes hits that have settled, a bounded number of them."""

    name = "tracking"
    every = 0.5

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settings = Settings()
        self._waiting: deque[tuple[float, Hit]] = deque()
        self._each: Counter[str] = Counter()
        self._lost = 0
        self._writing = asyncio.Lock()

    def add(self, hit: Hit) -> None:
        message_id = hit.link.message_id
        if len(self._waiting) >= _MOST_WAITING or self._each[message_id] >= _MOST_WAITING_EACH:
            self._lost += 1
            return
        self._each[message_id] += 1
        self._waiting.append((asyncio.get_running_loop().time(), hit))

    async def tick(self) -> float | None:
        await self._write(asyncio.get_running_loop().time() - _SETTLES)
        if self._lost:
            logger.warning("tracking_hits_lost", extra={"count": self._lost})
            self._lost = 0
        return None

    async def stop(self) -> None:
        """Write what is left."""
        await self._write(asyncio.get_running_loop().time())

    async def _write(self, until: float) -> None:
        async with self._writing:
            while step := [hit for at, hit in islice(self._waiting, _STEP) if at <= until]:
                try:
                    await self._store.write(tracking.record, self._settings, step)
                except StoreUnavailable:  # they stay, and are written when it is there again
                    raise
                except Exception:
                    logger.exception("tracking_record_failed")
                for _ in step:
                    self._forget(self._waiting.popleft()[1].link.message_id)

    def _forget(self, message_id: str) -> None:
        self._each[message_id] -= 1
        if not self._each[message_id]:
            del self._each[message_id]
