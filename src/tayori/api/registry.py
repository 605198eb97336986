"""Operations and the functions that answer them, and what such a function is given.

Owns the binding by name: `@operation("sesv2", "GetAccount")` on a function `get_account`. Everything else about an
operation (route, protocol, members, constraints, errors) comes from the model. Never runs anything: `app` does.

    @operation("sesv2", "GetAccount")
    def get_account(call: Call, request: Request) -> Response: ...

Three modes. `read` and `write` handlers are plain functions of a transaction (`call.tx`) and may not await; which of
the two follows from the operation's name. `compose` handlers are coroutines without a transaction: they prepare work
off the writer's thread, then open a transaction themselves (`await call.store.write(…)`). Sending is composed.
"""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from tayori.aws.paging import PageTokens
from tayori.clock import Clock
from tayori.model.grants import Grants, Permit
from tayori.model.names import ServiceNames
from tayori.model.once import Once
from tayori.model.role import Role
from tayori.store.engine import Store, Tx

Request = Mapping[str, Any]
Response = Mapping[str, Any]
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_READING = ("Get", "List", "Describe", "BatchGet", "TestRender")


class Mode(StrEnum):
    READ = "read"
    WRITE = "write"
    COMPOSE = "compose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, and where: the holder of an access key, or a user of the console."""

    account_id: str
    access_key_id: str
    arn: str
    operator: bool
    region: str = ""  # that the request was signed for
    role: Role = Role.ADMINISTRATOR
    user: str = ""  # the name of a user of the console; such a one has no access key
    grants: Grants | None = None  # what the policies of the key or session let it do; None: all that its account may
    source_key: str = ""  # of temporary credentials: the access key that they were made with
    user_id: str = ""  # as STS tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One API call, as far as it does not depend on a transaction."""

    principal: Principal
    service: str
    operation: str
    region: str
    request_id: str
    source_ip: str
    names: ServiceNames
    pages: PageTokens
    once: Once | None = None  # of a send that shall happen once
    permit: Permit | None = None  # of a send, whose message decides what has to be allowed

    @property
    def account_id(self) -> str:
        return self.principal.account_id

    @property
    def access_key_id(self) -> str:
        return self.principal.access_key_id

    @property
    def caller_arn(self) -> str:
        return self.principal.arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Context):
    """An API call inside a transaction."""

    tx: Tx

    @property
    def now(self) -> datetime:
        """The moment of the transaction: one for all that happens in it."""
        return self.tx.now


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeCall(Context):
    """An API call that opens its transactions itself. `tools` is what the composition root gave to `create_app`."""

    store: Store
    clock: Clock
    tools: Any

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def within(self, tx: Tx) -> Call:
        """The same call inside a transaction."""
        return within(tx, self)


_CONTEXT_FIELDS = tuple(field.name for field in fields(Context))


def _context_of(context: Context) -> dict[str, Any]:
    return {name: getattr(context, name) for name in _CONTEXT_FIELDS}


def within(tx: Tx, context: Context) -> Call:
    return Call(tx=tx, **_context_of(context))


def composing(context: Context, *, store: Store, clock: Clock, tools: Any) -> ComposeCall:
    return ComposeCall(store=store, clock=clock, tools=tools, **_context_of(context))


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An operation that is offered. `run` is the handler as the store (or, composed, the app) calls it."""

    service: str
    operation: str
    mode: Mode
    run: Callable[[Tx, Context, Request], Response]
    compose: Callable[[ComposeCall, Request], Coroutine[Any, Any, Response]] | None
    function_name: str


class Registry:
    """All operations that are offered, by service ("ses", "sesv2", …) and name."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Registered] = {}

    def operation(self, service: str, name: str, *, mode: Mode | str | None = None) -> Callable[[FunctionT], FunctionT]:
        """Register a function under an operation's name. Its own name must be the operation's in snake case."""

        def register(function: FunctionT) -> FunctionT:
            self._add(service, name, Mode(mode) if mode else mode_of(name), function)
            return function

        return register

    def _add(self, service: str, name: str, mode: Mode, function: Callable[..., Any]) -> None:
        if (service, name) in self._entries:
            raise ValueError(f"{service} {name} is registered twice")
        if function.__name__ != snake_name(name):
            raise ValueError(f"the function of {service} {name} must be called {snake_name(name)}")
        if inspect.iscoroutinefunction(function) != (mode is Mode.COMPOSE):
            raise ValueError(f"{function.__name__}: a coroutine is for mode 'compose', and only for that")

        @functools.wraps(function)  # the store logs slow transactions by the name of their function
        def run(tx: Tx, context: Context, request: Request) -> Response:
            result: Response | None = function(within(tx, context), request)
            return result or {}

        self._entries[service, name] = Registered(
            service=service,
            operation=name,
            mode=mode,
            run=run,
            compose=function if mode is Mode.COMPOSE else None,
            function_name=function.__name__,
        )

    def find(self, service: str, name: str) -> Registered | None:
        return self._entries.get((service, name))

    def __iter__(self) -> Iterator[Registered]:
        return iter(self._entries.values())

    def __contains__(self, key: object) -> bool:
        return key in self._entries


def mode_of(name: str) -> Mode:
    """What an operation of that name does to the database, unless it says otherwise."""
    return Mode.READ if name.startswith(_READING) else Mode.WRITE


def snake_name(name: str) -> str:
    """`PutAccountVdmAttributes` → `put_account_vdm_attributes`; a test holds it against botocore's `xform_name`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


_PACKAGES = ("tayori.api.v1", "tayori.api.v2", "tayori.api.sns", "tayori.api.cloudwatch", "tayori.api.sts")
REGISTRY = Registry()
operation = REGISTRY.operation


def load_operations() -> Registry:
    """The registry with everything that the modules of `api/v1`, `v2`, `sns` and `cloudwatch` offer."""
    for package_name in _PACKAGES:
        package = importlib.import_module(package_name)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package_name}.{module.name}")
    return REGISTRY
