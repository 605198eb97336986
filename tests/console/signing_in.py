"""The API and the console's sign-in on a loopback port, and people who use it as a browser does."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from population import ACCOUNT, REGION, names
from tayori import ids
from tayori.api.app import Route, create_app
from tayori.app import console_door
from tayori.clock import AdjustableClock
from tayori.config import Config
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model import console_session
from tayori.resources import accounts, users
from tayori.sections import ConsoleSettings, EventSettings, HttpSettings
from tayori.store.engine import Store

OTHER_ACCOUNT = "999900001111"
PASSWORD = "correct horse battery staple"


class NoNames:
    """There is no DNS: everything is on this machine."""

    async def resolve(self, name: str, rdtype: str) -> Answer:
        return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)


class Door:
    """A running service."""

    def __init__(self, port: int, store: Store) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.store = store
        self.people: list[Person] = []

    def transact(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        async def once() -> Any:
            return await self.store.write(fn, *args, **kwargs)

        return asyncio.run(once())

    def link(self, **what: Any) -> str:
        """The token of a one-time link; an operator's unless told otherwise."""
        token = ids.url_token()

        def make(tx: Any) -> None:
            first = users.first_invitation(ids.user_id(), tx.now)
            users.invite(tx, console_session.digest(token), replace(first, **what))

        self.transact(make)
        return token

    def person(self) -> "Person":
        """Somebody with a browser, not signed in."""
        person = Person(self)
        self.people.append(person)
        return person

    def operator(self, name: str = "hanako") -> "Person":
        return self.person().follow(self.link(), name)

    def member(self, name: str, role: str, account_id: str = ACCOUNT) -> "Person":
        return self.person().follow(self.link(account_id=account_id, role=users.Role(role), operator=False), name)


class Person:
    """A browser with one service open: keeps the cookie, and says what our pages would say."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.http = httpx.Client(base_url=door.origin, timeout=30)
        self.csrf = ""
        self.account = ACCOUNT

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {
            "Origin": self.door.origin,
            "Sec-Fetch-Site": "same-origin",
            "X-Tayori-CSRF": self.csrf,
            "X-Tayori-Account": self.account,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.http.request(method, path, json=body, headers={k: v.encode() for k, v in given.items() if v})

    def entered(self, answer: httpx.Response) -> "Person":
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]
        return self

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.ask("POST", "/tayori/console/session", {"name": name, "password": password})

    def follow(self, token: str, name: str, password: str = PASSWORD) -> "Person":
        body = {"token": token, "name": name, "password": password}
        return self.entered(self.ask("POST", "/tayori/console/first-user", body))

    @property
    def cookie(self) -> str:
        return self.http.cookies["tayori_session"]

    def session(self) -> Any:
        return self.ask("GET", "/tayori/console/session").json()


def _accounts(tx: Any) -> None:
    for account_id in (ACCOUNT, OTHER_ACCOUNT):
        accounts.create(tx, account_id, REGION, name=f"account {account_id}")


@contextmanager
def running(
    store: Store,
    clock: AdjustableClock,
    folder: Path,
    *,
    idle: timedelta = timedelta(hours=12),
    public_url: str = "",
    routes: tuple[Route, ...] = (),
    oidc: dict[str, dict[str, Any]] | None = None,
) -> Iterator[Door]:
    """Two accounts, no users. `folder` holds the console's files, `oidc` who else lets people in: on this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = replace(
        Config(data=folder),
        http=HttpSettings(port=port, public_url=public_url),
        console=ConsoleSettings(folder=str(folder), idle_hours=idle / timedelta(hours=1), oidc=oidc or {}),
        events=EventSettings(private_networks=["127.0.0.0/8"]),
        secrets={"COMPANY": "what the provider knows us by"},
    )
    app = create_app(
        store=store,
        clock=clock,
        region=REGION,
        names=names(REGION),
        page_secret=b"secret of the test",
        routes=[*console_door.routes(config, store, clock, NoNames()), *routes],
        gate=console_door.gate(config, store, clock),
        home=console_door.home(config),
    )
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    door = Door(port, store)
    door.transact(_accounts)
    try:
        yield door
    finally:
        for person in door.people:
            person.http.close()
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()
