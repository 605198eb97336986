"""Fixtures of the API's tests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi_client import ACCOUNT, KEY, OPERATOR_KEY, REGION, SECRET, Api
from served import Service, running

from tayori.api.app import create_app
from tayori.api.registry import Registry
from tayori.clock import AdjustableClock
from tayori.model.names import ServiceNames
from tayori.resources import accounts, credentials
from tayori.resources.credentials import Credential
from tayori.store.database import open_store
from tayori.store.engine import Store


def _two_keys(tx: Any) -> None:
    accounts.create(tx, ACCOUNT, REGION, name="test")
    for key, operator in ((KEY, False), (OPERATOR_KEY, True)):
        credential = Credential(
            access_key_id=key,
            account_id=ACCOUNT,
            secret_access_key=SECRET,
            user_name="someone",
            active=True,
            operator=operator,
            created_at=datetime.now(UTC),
        )
        credentials.create(tx, credential)


@pytest.fixture
def make_api(tmp_path: Path, clock: AdjustableClock) -> Iterator[Callable[..., Api]]:
    """`make_api(registry, **arguments of create_app)`: the API on a new SQLite store, with two access keys."""
    opened: list[tuple[Api, Any]] = []

    def make(operations: Registry, *, key: str = KEY, secret: str = SECRET, **arguments: Any) -> Api:
        store = open_store(f"sqlite:///{tmp_path / f'api{len(opened)}.db'}", clock)
        app = create_app(
            store=store,
            clock=clock,
            region=REGION,
            names=ServiceNames(service_domain="tayori.test", region=REGION),
            page_secret=b"secret of the test",
            operations=operations,
            **arguments,
        )
        api = Api(app, key=key, secret=secret)
        opened.append((api, store))
        api.run(store.write(_two_keys))
        return api

    yield make
    for api, store in opened:
        api.run(store.close())
        api.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, unless a test asks for both: `@pytest.mark.parametrize("database_url", BOTH, indirect=True)`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'served.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def service(store: Store, clock: AdjustableClock) -> Iterator[Service]:
    """The whole API on a loopback port, with two accounts in the sandbox."""
    with running(store, clock) as served:
        yield served
