"""What the tests of commands share beside their fixtures: a command's result, and work in a service's store."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tayori.app.endpoints import Endpoints
from tayori.clock import AdjustableClock
from tayori.store.database import open_store


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Tayori = Callable[..., Result]


def in_store(service: Endpoints, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run a function of a transaction in the service's store."""

    async def once() -> Any:
        clock = AdjustableClock(Path(service.clock_file))
        store = open_store(service.database_url, clock)
        try:
            return await store.write(fn, *args, **kwargs)
        finally:
            await store.close()
            clock.close()

    return asyncio.run(once())
