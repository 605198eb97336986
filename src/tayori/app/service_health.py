"""`GET /tayori/health`: how the sender itself does, for the first page of the console.

Checks its loops and workers, the queue, the service's own zone as the resolver sees it, certificates' ends, and the
disk. An operator sees what was found; everybody else only whether each is well. Looked at once in some seconds for all
who ask. `tayori doctor` looks deeper, and from outside.
"""

import asyncio
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.config import Config
from tayori.loops.base import LoopHealth
from tayori.mail.answer import Resolver
from tayori.resources import service_state
from tayori.resources.service_state import ServiceState
from tayori.store.engine import Store

PATH = "/tayori/health"
_KEPT_SECONDS = 5.0
_DNS_SECONDS = 4.0
_LATE = timedelta(minutes=15)
_LITTLE_SPACE, _NO_SPACE = 1024**3, 100 * 1024**2
_EXPIRES_SOON = timedelta(days=14)


class Health(IntEnum):
    OK = 0
    WARNING = 1
    FAILED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`key` names it; `found` is what there is to show of it, for operators."""

    key: str
    health: Health
    found: Mapping[str, Any]


class Loops(Protocol):
    """The loops of this process."""

    def health(self) -> list[LoopHealth]: ...


def of_loops(found: list[LoopHealth]) -> Check:
    troubles = [{"loop": one.name, "reason": one.reason} for one in found if not one.is_well]
    health = Health.FAILED if troubles else Health.OK
    return Check(key="loops", health=health, found={"count": len(found), "troubles": troubles})


def of_state(found: ServiceState) -> list[Check]:
    """Mail that waits for its next try is in order; mail that is due and not taken is not."""
    queue = Health.FAILED if found.late > _LATE else Health.OK
    is_more = found.waiting > service_state.MOST_COUNTED
    return [
        Check(key="workers", health=Health.OK if found.workers else Health.FAILED, found={"count": found.workers}),
        Check(
            key="queue",
            health=queue,
            found={
                "waiting": min(found.waiting, service_state.MOST_COUNTED),
                "isMore": is_more,
                "lateSeconds": int(found.late.total_seconds()),
            },
        ),
    ]


def of_space(free: int) -> Check:
    health = Health.FAILED if free < _NO_SPACE else Health.WARNING if free < _LITTLE_SPACE else Health.OK
    return Check(key="disk", health=health, found={"freeBytes": free})


def of_certificates(ends: Mapping[str, datetime | None], now: datetime) -> Check:
    """By what each is for; None for one that cannot be read."""
    left = [end - now if end else timedelta(0) for end in ends.values()]
    first = min(left, default=_EXPIRES_SOON)
    health = Health.FAILED if first <= timedelta(0) else Health.WARNING if first < _EXPIRES_SOON else Health.OK
    shown = [{"for": name, "ends": end.isoformat() if end else None} for name, end in sorted(ends.items())]
    return Check(key="certificates", health=health, found={"certificates": shown})


class HealthPages:
    def __init__(self, config: Config, store: Store, clock: Clock, loops: Loops, resolver: Resolver) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._loops = loops
        self._resolver = resolver
        self._looking = asyncio.Lock()
        self._found: list[Check] = []
        self._until = -math.inf

    def table(self) -> list[Route]:
        return [Route(method="GET", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        if request.path.rstrip("/") != PATH:
            raise common_error("UnknownOperationException")
        found = await self._checks()
        worst = max((one.health for one in found), default=Health.OK)
        return json_page.answer(
            200,
            {"health": worst.name.lower(), "checks": [_as_json(one, shows=principal.operator) for one in found]},
        )

    async def _checks(self) -> list[Check]:
        now = asyncio.get_running_loop().time
        async with self._looking:
            if now() >= self._until:
                self._found = await self._look()
                self._until = now() + _KEPT_SECONDS
            return self._found

    async def _look(self) -> list[Check]:
        wall = self._clock.wall()
        state = await self._store.read(service_state.state, wall)
        files = await asyncio.to_thread(_of_machine, self._config, wall)
        return [of_loops(self._loops.health()), *of_state(state), await self._zone(), *files]

    async def _zone(self) -> Check:
        """Receivers find the keys of every customer there."""
        domain = self._config.service.domain
        try:
            async with asyncio.timeout(_DNS_SECONDS):
                answer = await self._resolver.resolve(domain, "SOA")
        except TimeoutError:
            return Check(key="dns", health=Health.FAILED, found={"zone": domain, "answer": "timeout"})
        health = Health.OK if answer.exists else Health.FAILED
        return Check(key="dns", health=health, found={"zone": domain, "answer": answer.status.value})


def _of_machine(config: Config, wall: datetime) -> list[Check]:
    files = {"https": config.http.certificate, "smtp": config.submission.certificate}
    ends = {name: _end_of(Path(file)) for name, file in files.items() if file}
    checks = [of_certificates(ends, wall)] if ends else []
    return [*checks, of_space(shutil.disk_usage(config.data).free)]


def _end_of(file: Path) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def _as_json(one: Check, *, shows: bool) -> dict[str, Any]:
    found = {"found": dict(one.found)} if shows else {}
    return {"check": one.key, "health": one.health.name.lower()} | found
