"""The API over HTTP: an ASGI application without a framework.

Owns what happens to a request, which is the list in `Application._answer_call`: authenticate → route → parse →
validate → authorise → run → serialise. Never knows an operation by name: handlers come from the registry, everything
else from the models. Whatever goes wrong inside is logged with its traceback and answered as InternalFailure with the
request's id; nothing of it leaves the house.

    app = create_app(store=store, clock=clock, region="us-east-1", names=names, page_secret=secret, routes=…, tools=…)
    uvicorn.run(app, http="httptools", …)

Routes: `POST /` and `GET /?Action=…` are query services, told apart by what the caller signed for (`ses`, `sns`,
`monitoring`, and whatever else `services` has), with `X-Amz-Target` services of the json protocol; the links of SNS's
notifications come without a signature (`unsigned`); `/v2/email/…` is SES v2; the rest is the table of `routes` given by
the caller.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from tayori import ids
from tayori.api import asgi, audit, earlier_routes, faults, page_audit, permission, registry, unsigned
from tayori.api.asgi import Incoming, Receive, Scope, Send
from tayori.api.authenticate import Authenticator, Find
from tayori.api.rates import OperationRates
from tayori.api.registry import Context, Principal, Registry
from tayori.api.sessions import SessionGate
from tayori.api.unsigned import Visitors
from tayori.aws import constraints, json_rpc, query, rest_json, spec
from tayori.aws.errors import ApiError, common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.aws.paging import BadPageToken, PageTokens
from tayori.aws.spec import Operation, Service
from tayori.clock import Clock
from tayori.model import once
from tayori.model.errors import DomainError
from tayori.model.names import ServiceNames
from tayori.model.once import AnsweredBefore, Once
from tayori.model.role import Role, may_call
from tayori.resources import credentials, send_answers
from tayori.store.engine import Store, StoreUnavailable

logger = logging.getLogger("tayori.api")

_MIB = 1024 * 1024


class Access(StrEnum):
    """Who may use an extension route."""

    EVERYBODY = "everybody"
    SIGNED = "signed"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route beside the API, such as `/tayori/…`, `/healthz` or `/metrics`. The longest prefix that fits wins.

    `prefix` fits the path itself and everything below it; with a `suffix`, it fits what begins and ends so. `method`
    "*" fits every method. The handler gets the principal, or None where the route is for everybody; it may raise
    ApiError and DomainError. `needs` is the least role of a user of the console: a viewer's to read, else an
    administrator's, unless it is given.
    """

    method: str
    prefix: str
    handler: Callable[[HttpRequest, Principal | None], Awaitable[HttpResponse]]
    access: Access = Access.SIGNED
    max_body: int = _MIB
    suffix: str = ""
    needs: Role | None = None

    def least_role(self, method: str) -> Role:
        return self.needs or (Role.VIEWER if method in ("GET", "HEAD") else Role.ADMINISTRATOR)

    def fits(self, method: str, path: str) -> bool:
        if self.suffix:
            return self.method in ("*", method) and path.startswith(self.prefix) and path.endswith(self.suffix)
        prefix = self.prefix.rstrip("/")
        return self.method in ("*", method) and (path == prefix or path.startswith(prefix + "/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes of bodies in bytes, of one and of all together, and seconds of real time for one to arrive.

    SES takes 40 MB after base64 in v2 and 10 MB in v1 (ses: quotas). In v2 such a message is base64 in JSON, a third
    longer; in v1 base64 in a form, longer again by its percent signs.
    """

    v1_body: int = 16 * _MIB
    v2_body: int = 56 * _MIB
    all_bodies: int = 512 * _MIB
    body_seconds: float = 120.0
    chunk_seconds: float = 20.0


def by_role(principal: Principal, operation: Operation) -> None:
    """An access key may do all that its account may do, a user of the console what their role there may."""
    if not may_call(principal.role, operation.name):
        what = f"{operation.service.signing_name}:{operation.name}"
        raise common_error("AccessDenied", f"User: {principal.arn} is not authorized to perform: {what}")


def create_app(
    *,
    store: Store,
    clock: Clock,
    region: str,
    names: ServiceNames,
    page_secret: bytes,
    routes: Iterable[Route] = (),
    tools: Any = None,
    operations: Registry | None = None,
    services: Mapping[str, Service] | None = None,
    regions: Sequence[str] = (),
    find_credential: Find = credentials.find,
    authorise: Callable[[Principal, Operation], None] = by_role,
    limits: Limits | None = None,
    gate: SessionGate | None = None,
    home: str = "",
    rates: OperationRates | None = None,
) -> "Application":
    """The application of one process.

    `names` are those of `region`, the service's own; `regions` are all that are served, where there are more.
    `page_secret` is shared by all nodes of an installation. `tools` is handed to handlers of mode "compose" as
    `call.tools`. `services` are query services by signing name, beside SES v1 and SNS. `operations` defaults to all
    handlers of `api/v1`, `api/v2` and `api/sns`.
    """
    return Application(
        store=store,
        clock=clock,
        names=names,
        pages=PageTokens(page_secret),
        routes=tuple(sorted(routes, key=lambda route: len(route.prefix), reverse=True)),
        tools=tools,
        operations=operations if operations is not None else registry.load_operations(),
        v2=spec.load("sesv2"),
        query_services={
            "ses": spec.load("ses"),
            "sns": spec.load("sns"),
            "sts": spec.load("sts"),
            "monitoring": spec.load("cloudwatch", "query"),
            **(services or {}),
        },
        json_services={"monitoring": spec.load("cloudwatch", "json")},
        authenticate=Authenticator(
            store=store, clock=clock, regions=tuple(regions) or (region,), find=find_credential, gate=gate
        ),
        authorise=authorise,
        limits=limits or Limits(),
        room=asgi.Room((limits or Limits()).all_bodies),
        visitors=Visitors(),
        home=home,
        rates=rates,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    store: Store
    clock: Clock
    names: ServiceNames
    pages: PageTokens
    routes: tuple[Route, ...]
    tools: Any
    operations: Registry
    v2: Service
    query_services: Mapping[str, Service]
    json_services: Mapping[str, Service]
    authenticate: Authenticator
    authorise: Callable[[Principal, Operation], None]
    limits: Limits
    room: asgi.Room
    visitors: Visitors
    home: str  # where somebody is led who opens the service's address in a browser
    rates: OperationRates | None  # where operations are limited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await asgi.lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = asgi.head_of(scope)
        try:
            with self.room.share() as share:
                response = await self._respond(head, Incoming(receive=receive, share=share), ids.request_id())
        except asgi.ClientGone:
            return
        await asgi.send_response(send, response, to=head)

    # ── which of the three doors ──────────────────────────────────────────────────────────────────────────────────────

    async def _respond(self, head: HttpRequest, incoming: Incoming, request_id: str) -> HttpResponse:
        route = next((one for one in self.routes if one.fits(head.method, head.path)), None)
        if route is not None:
            return await self._guarded(self._answer_route(route, head, incoming), self.v2, request_id)
        if self.home and _is_visit(head):
            return HttpResponse(status=302, headers=(("location", self.home), ("cache-control", "no-store")))
        if unsigned.is_link(head):
            link = self._answer_link(head, incoming, request_id)
            return await self._guarded(link, self.query_services["sns"], request_id)
        if head.path == "/" and head.method in ("GET", "POST"):
            named = json_rpc.TARGET in head.headers
            services = self.json_services if named else self.query_services
            call = self._answer_at_root(services, head, incoming, request_id)
            return await self._guarded(call, next(iter(services.values())), request_id)
        return await self._guarded(self._answer_rest(head, incoming, request_id), self.v2, request_id)

    async def _guarded(self, answer: Awaitable[HttpResponse], service: Service, request_id: str) -> HttpResponse:
        """Whatever goes wrong becomes an answer of that service."""
        try:
            return await answer
        except ApiError as error:
            return _failed(service, error, request_id)
        except DomainError as error:
            return _failed(service, faults.translate(error, service), request_id)
        except StoreUnavailable:
            logger.warning("api_store_unavailable", extra={"request_id": request_id}, exc_info=True)
            return _failed(service, common_error("ServiceUnavailable"), request_id)
        except asgi.ClientGone:
            raise
        except Exception:
            logger.exception("api_internal_failure", extra={"request_id": request_id})
            return _failed(service, common_error("InternalFailure"), request_id)

    async def _answer_route(self, route: Route, head: HttpRequest, incoming: Incoming) -> HttpResponse:
        if route.access is Access.EVERYBODY:
            return await route.handler(await self._complete(head, incoming, route.max_body), None)
        claimed = await self.authenticate.claim(head)
        request = await self._complete(head, incoming, route.max_body)
        principal = (await self.authenticate(request, claimed, ("ses",))).principal
        if route.access is Access.OPERATOR and not principal.operator:
            raise common_error("AccessDenied", f"User `{principal.arn}' is not an operator of this installation.")
        if not principal.role.includes(needed := route.least_role(head.method)):
            raise common_error("AccessDenied", f"User: {principal.arn} would have to be {needed} of this account.")
        if principal.grants is not None:
            permission.check_page(request, principal, principal.grants, self.clock.now())
        return await page_audit.noted(self.store, route.handler, request, principal)

    async def _answer_at_root(
        self, services: Mapping[str, Service], head: HttpRequest, incoming: Incoming, request_id: str
    ) -> HttpResponse:
        claimed = await self.authenticate.claim(head)
        request = await self._complete(head, incoming, self.limits.v1_body)
        caller = await self.authenticate(request, claimed, services)
        service = services[caller.signing_name]
        return await self._guarded(
            self._answer_call(service, request, caller.principal, request_id), service, request_id
        )

    async def _answer_link(self, head: HttpRequest, incoming: Incoming, request_id: str) -> HttpResponse:
        self.visitors.admit(head.source_ip, self.clock.wall())
        request = await self._complete(head, incoming, 0)
        return await self._answer_call(self.query_services["sns"], request, unsigned.nobody(head), request_id)

    async def _answer_rest(self, head: HttpRequest, incoming: Incoming, request_id: str) -> HttpResponse:
        if not head.path.startswith("/v2/email/"):
            raise common_error("UnknownOperationException")
        claimed = await self.authenticate.claim(head)
        request = await self._complete(head, incoming, self.limits.v2_body)
        caller = await self.authenticate(request, claimed, ("ses",))
        return await self._answer_call(self.v2, request, caller.principal, request_id)

    # ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _answer_call(
        self, service: Service, request: HttpRequest, principal: Principal, request_id: str
    ) -> HttpResponse:
        operation, params = understand(service, request)
        if self.rates is not None and not principal.user:
            self.rates.admit(principal.account_id, principal.region, operation)
        validate(operation, params)
        context = self._context(operation, request, principal, request_id)
        change = audit.audited(self.operations, operation, context, audit.caller_of(principal, request), params)
        try:
            self.authorise(principal, operation)
            if principal.grants is not None:
                permit = permission.check(operation, request, principal, params, self.clock.now())
                context = replace(context, permit=permit)
            result = await self._run(operation, context, params, change)
        except ApiError as error:
            if change is not None:
                await change.refuse(self.store, error.code)
            raise
        return _wire(service).serialize_response(operation, result, request_id)

    def _context(self, operation: Operation, request: HttpRequest, principal: Principal, request_id: str) -> Context:
        return Context(
            principal=principal,
            service=operation.service.name,
            operation=operation.name,
            region=principal.region,
            request_id=request_id,
            source_ip=request.source_ip,
            names=replace(self.names, region=principal.region),
            pages=self.pages,
            once=_once(operation, request, principal) if once.HEADER in request.headers else None,
        )

    async def _run(
        self, operation: Operation, context: Context, params: Mapping[str, Any], change: audit.Audited | None
    ) -> Mapping[str, Any]:
        handler = self.operations.find(operation.service.name, operation.name)
        if handler is None:
            raise faults.not_built(operation)
        try:
            if handler.compose is not None:
                store = self.store if change is None else audit.Recording(self.store, change)
                call = registry.composing(context, store=store, clock=self.clock, tools=self.tools)
                if call.once is not None:
                    return await self._run_once(handler.compose(call, params), call.once)
                return await handler.compose(call, params) or {}
            if handler.mode is registry.Mode.READ:
                return await self.store.read(handler.run, context, params)
            if change is not None:
                return await self.store.write(change.run, handler)
            return await self.store.write(handler.run, context, params)
        except DomainError as error:
            raise faults.translate(error, operation.service, operation.error_names) from error
        except BadPageToken as error:
            raise faults.bad_page_token(error, operation) from error

    async def _run_once(self, answer: Coroutine[Any, Any, registry.Response], once: Once) -> Mapping[str, Any]:
        """What was answered before, where it was. The look saves work; what decides is the transaction of the send."""
        try:
            known = await self.store.read(send_answers.find, once)
            return known if known is not None else await answer
        except AnsweredBefore as before:
            return before.answer
        finally:
            answer.close()

    async def _complete(self, head: HttpRequest, incoming: Incoming, limit: int) -> HttpRequest:
        """The request with its body."""
        limits = self.limits
        body = await asgi.read_body(head, incoming, limit, limits.body_seconds, limits.chunk_seconds)
        return replace(head, body=body)


def _is_visit(head: HttpRequest) -> bool:
    """A browser at the bare address: no call of an API asks for a page of HTML."""
    wants_page = "text/html" in (head.headers.get("accept") or "")
    return head.path == "/" and head.method == "GET" and not head.query and wants_page


def _once(operation: Operation, request: HttpRequest, principal: Principal) -> Once | None:
    """The key under which a send shall happen once. Raises ApiError."""
    service, name = operation.service.name, operation.name
    if not once.takes_key(service, name):
        return None
    try:
        key = once.key_of(request.headers.get(once.HEADER) or "")
    except DomainError as error:
        raise faults.translate(error, operation.service) from error
    asked = (f"{service}:{name}", request.query)
    digest = once.digest_of(*(text.encode("utf-8", "surrogateescape") for text in asked), request.body)
    return Once(account_id=principal.account_id, region=principal.region, key=key, digest=digest)


class Wire(Protocol):
    """What `rest_json`, `json_rpc` and `query` all offer."""

    def serialize_response(
        self, operation: Operation, result: Mapping[str, Any], request_id: str, /
    ) -> HttpResponse: ...

    def serialize_error(self, service: Service, error: ApiError, request_id: str, /) -> HttpResponse: ...


_WIRES: Mapping[str, Wire] = {"rest-json": rest_json, "json": json_rpc, "query": query}


def _wire(service: Service) -> Wire:
    return _WIRES[service.protocol]


def understand(service: Service, request: HttpRequest) -> tuple[Operation, dict[str, Any]]:
    """Which operation a request names, and its input."""
    if service.protocol == "json":
        named = json_rpc.operation_of(service, request)
        if named is None:
            raise common_error("UnknownOperationException")
        return named, json_rpc.parse_request(named, request)
    if service.protocol == "query":
        fields = query.fields_of(request)
        action = _action(service, fields)
        return action, query.parse_fields(action, fields)
    operation = service.route(request.method, request.path, request.query)
    if operation is None:
        earlier = earlier_routes.understand(service, request)
        if earlier is None:
            raise common_error("UnknownOperationException")
        return earlier
    return operation, rest_json.parse_request(operation, request)


def _action(service: Service, fields: Mapping[str, str]) -> Operation:
    action, version = fields.get("Action"), fields.get("Version", service.api_version)
    if not action:
        raise common_error("MissingAction")
    operation = service.operations.get(action)
    if operation is None or version != service.api_version:
        raise common_error("InvalidAction", f"Could not find operation {action[:100]} for version {version[:40]}")
    return operation


def validate(operation: Operation, params: dict[str, Any]) -> None:
    message = constraints.describe(operation, params)
    if message is not None:
        raise faults.invalid_input(operation, message)


def _failed(service: Service, error: ApiError, request_id: str) -> HttpResponse:
    return _wire(service).serialize_error(service, error, request_id)
