"""What the tests of the SMTP server share."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop
from recording import Certificates


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    return Certificates()


@pytest.fixture(params=["asyncio", "uvloop"])
def run_on(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a coroutine for 60 seconds at the most, on either event loop: they differ in how they start TLS."""

    async def bounded(coroutine: Coroutine[Any, Any, None]) -> None:
        async with asyncio.timeout(60):
            await coroutine

    start = asyncio.run if request.param == "asyncio" else uvloop.run
    return lambda coroutine: start(bounded(coroutine))
