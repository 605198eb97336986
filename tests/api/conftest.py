"""Fixtures of the API's tests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi_client import ACCOUNT, KEY, OPERATOR_KEY, REGION, SECRET, Api

from tayori.api.app import create_app
from tayori.api.registry import Registry
from tayori.clock import AdjustableClock
from tayori.model.names import ServiceNames
from tayori.resources import accounts, credentials
from tayori.resources.credentials import Credential
from tayori.store.database import open_store


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
