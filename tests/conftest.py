"""What every test may use: the shared vectors, and a way to run a coroutine with a time limit."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Path]:
    """`vectors("isemail")` is the folder of that name, or skips the test where the vectors are absent."""

    def find(name: str) -> Path:
        folder = VECTORS / name
        if not folder.is_dir():
            pytest.skip(f"test vectors {name!r} are not beside this checkout")
        return folder

    return find


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine to its end in a fresh event loop, for 30 seconds at the most."""

    def runner(coroutine: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(30):
                return await coroutine

        return asyncio.run(bounded())

    return runner
