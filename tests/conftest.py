"""What every test may use: the shared vectors, and a way to run a coroutine with a time limit."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from postgres import Databases, make_schema, running_server
from tayori.clock import AdjustableClock
from tayori.store.database import open_store
from tayori.store.engine import Store

T = TypeVar("T")

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "vectors"


def pytest_itemcollected(item: pytest.Item) -> None:
    """What a person does in a browser takes its time on a machine that runs all tests at once."""
    if item.path.parent.name == "console":
        item.add_marker(pytest.mark.timeout(600))


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
    """Run a coroutine to its end in a fresh event loop, for 60 seconds at the most."""

    def runner(coroutine: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(60):
                return await coroutine

        return asyncio.run(bounded())

    return runner


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that this test session started."""
    with running_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[Databases]:
    with Databases.of(postgres_server) as databases:
        yield databases


@pytest.fixture
def postgres_url(postgres_databases: Databases) -> Iterator[str]:
    """The URL of a new database with the current schema and no rows."""
    with postgres_databases.new() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the current schema and no rows: to copy it takes a tenth of the time that making it takes."""
    path = tmp_path_factory.mktemp("template") / "tayori.db"
    make_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: every test that takes it runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tayori.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[AdjustableClock]:
    """A clock that a test may advance."""
    clock = AdjustableClock(tmp_path / "clock")
    yield clock
    clock.close()


@pytest.fixture
def store(database_url: str, clock: AdjustableClock, sqlite_template: Path) -> Iterator[Store]:
    """A store with the current schema, on SQLite and on PostgreSQL. Use its methods within one `run(...)`."""
    file = Path(database_url.removeprefix("sqlite:///"))
    if database_url.startswith("sqlite:///") and not file.exists():
        shutil.copyfile(sqlite_template, file)
    opened = open_store(database_url, clock)
    yield opened
    asyncio.run(opened.close())


@pytest.fixture
def transact(store: Store) -> Callable[..., Any]:
    """`transact(fn, *args)` runs a function of a transaction and returns what it returns: for tests without a loop."""

    def runner(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        async def once() -> Any:
            return await store.write(fn, *args, **kwargs)

        return asyncio.run(once())

    return runner
