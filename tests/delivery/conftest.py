"""Delivery is tested on both event loops, with a clock that a test can move."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trustme
import uvloop

from tayori.clock import AdjustableClock

T = TypeVar("T")


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine to its end in a fresh event loop, for 60 seconds at the most."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def runner(coroutine: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(60):
                return await coroutine

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(bounded())

    return runner


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[AdjustableClock]:
    clock = AdjustableClock(tmp_path / "clock")
    yield clock
    clock.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def host_tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a host of dest.test presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mx1.dest.test").configure_cert(context)
    return context


@pytest.fixture
def anchors(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "anchors.pem"
    authority.cert_pem.write_to_path(str(path))
    return path
