"""MTA-STS without web servers: policy files that tests write, and rows in memory."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from tayori.clock import Clock
from tayori.delivery.sts import KeptStsPolicies, StsFetchError
from tayori.delivery.tls_result import ResultType
from tayori.mail.answer import Resolver
from tayori.model.sts import StsPolicy


class PolicyFiles:
    """Implements StsFetch. A domain without file is one whose policy host does not answer."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.hold: asyncio.Event | None = None
        self.trouble = ResultType.STS_POLICY_FETCH_ERROR
        self.bug: Exception | None = None

    def put(self, domain: str, mode: str, *mx: str, max_age: int = 86_400) -> None:
        lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {one}" for one in mx), f"max_age: {max_age}", ""]
        self.files[domain] = "\r\n".join(lines).encode()

    async def __call__(self, domain: str) -> bytes:
        self.fetched.append(domain)
        if self.hold is not None:
            await self.hold.wait()
        if self.bug is not None:
            raise self.bug
        if domain not in self.files:
            raise StsFetchError(self.trouble, "file-unreachable")
        return self.files[domain]


class Rows:
    """Implements StsRows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[str, StsPolicy] = {}
        self.is_down = False

    async def since(self, moment: datetime | None, limit: int) -> Sequence[StsPolicy]:
        if self.is_down:
            raise OSError("the store is down")
        found = [p for p in self.rows.values() if moment is None or p.fetched_at >= moment]
        return sorted(found, key=lambda p: p.fetched_at, reverse=True)[:limit]

    async def keep(self, policy: StsPolicy) -> None:
        if self.is_down:
            raise OSError("the store is down")
        self.rows[policy.domain] = policy


def kept(resolver: Resolver, files: PolicyFiles, rows: Rows, clock: Clock) -> KeptStsPolicies:
    return KeptStsPolicies(resolver=resolver, fetch=files, rows=rows, clock=clock)
