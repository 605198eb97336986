"""What programs and the console may do to the rehearsal internet: `/tayori/rehearsal/...`, without a web framework.

Owns the operations, their JSON and their refusals. `WorldControl` is the part that the world itself answers, in
whichever process it runs; `RehearsalControl` adds what needs the service's rows, given as hooks. Never authenticates:
whoever mounts this has done so.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeGuard
from urllib.parse import unquote

from tayori.clock import AdjustableClock, Clock
from tayori.rehearsal.complaints import ComplaintDesk
from tayori.rehearsal.mail_desk import PAGE, MailDesk
from tayori.rehearsal.mailbox import Mailboxes, ReceivedMessage
from tayori.rehearsal.provider_book import ProviderDesk, ProviderError
from tayori.rehearsal.registrar import Habit, RegistrarDesk, Rules, Typed
from tayori.rehearsal.zones import DEFAULT_TTL, RecordBook, RecordSet, ZoneError

PREFIX = "/tayori/rehearsal/"
_LIST_LIMIT = 1000
_LIST_OCTETS = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRequest:
    """One call. `path` is the URL's path as sent, percent-encoded; `body` the decoded JSON, or None."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResponse:
    status: int
    body: Mapping[str, Any]


ControlHandler: TypeAlias = Callable[[ControlRequest], Awaitable[ControlResponse]]


class ControlError(Exception):
    """A call that is refused; the text is for its maker."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def segments(path: str) -> list[str]:
    """The decoded segments behind the prefix."""
    return [unquote(part) for part in path.removeprefix(PREFIX).strip("/").split("/")]


def refused(error: ControlError) -> ControlResponse:
    return ControlResponse(status=error.status, body={"message": str(error)})


class WorldControl:
    """The operations on zones, mailboxes, providers and the clock."""

    def __init__(
        self,
        *,
        book: RecordBook,
        registrar: RegistrarDesk,
        mailboxes: Mailboxes,
        desk: MailDesk,
        complaints: ComplaintDesk,
        providers: ProviderDesk,
        clock: Clock,
    ) -> None:
        self._book = book
        self._registrar = registrar
        self._desk = desk
        self._providers = providers
        self._mailboxes = mailboxes
        self._complaints = complaints
        self._clock = clock

    async def handle(self, request: ControlRequest) -> ControlResponse:
        try:
            return ControlResponse(status=200, body=await self._answer(request))
        except ControlError as error:
            return refused(error)
        except (ZoneError, ProviderError) as error:
            return refused(ControlError(400, str(error)))

    async def _answer(self, request: ControlRequest) -> Mapping[str, Any]:
        match (request.method, *segments(request.path)):
            case (_, "registrar", *rest):
                return self._registered(request, rest)
            case (_, "providers", *rest):
                return await self._provided(request, rest)
            case _:
                return self._answer_at_once(request)

    def _answer_at_once(self, request: ControlRequest) -> Mapping[str, Any]:
        match (request.method, *segments(request.path)):
            case ("GET", "dns"):
                found = self._book.sets(request.query.get("under", ""))
                return {"record_sets": [record_set.as_json() for record_set in found]}
            case ("POST", "dns"):
                return self._put_all(request)
            case ("POST", "dns", "import"):
                return self._import(request)
            case ("PUT", "dns", name, rdtype):
                return self._put(name, rdtype, _object(request.body)).as_json()
            case ("GET", "dns", name, rdtype):
                return self._get(name, rdtype).as_json()
            case ("DELETE", "dns", name, rdtype):
                if not self._book.delete(name, rdtype):
                    raise _no_record(name, rdtype)
                return {}
            case ("GET", "mailboxes") if "page" in request.query:
                return self._desk.mailboxes(request.query.get("like", ""), request.query.get("after", ""))
            case ("GET", "letters"):
                query = request.query
                return self._desk.letters(query.get("to", ""), query.get("before", ""), _limit(query, PAGE))
            case ("GET", "mailboxes"):
                return {"mailboxes": [{"address": a, "messages": n} for a, n in self._mailboxes.addresses().items()]}
            case ("DELETE", "mailboxes"):
                self._mailboxes.clear()
                return {}
            case ("GET", "mailboxes", address):
                return self._mailbox(address, request.query)
            case ("DELETE", "mailboxes", address):
                self._mailboxes.clear(address)
                return {}
            case ("GET", "messages", message_id):
                return self._message(message_id).as_json()
            case ("GET", "messages", message_id, "reading"):
                return self._desk.reading(self._message(message_id))
            case ("GET", "messages", message_id, "html"):
                return self._html(message_id)
            case ("POST", "messages", message_id, "report-spam"):
                return self._report_spam(message_id)
            case ("GET", "clock"):
                return self._time()
            case ("PUT", "clock"):
                return self._set_clock(_object(request.body))
        raise _unknown(request)

    # --- the registrar's panel, and the providers ---------------------------------------------------------------

    def _registered(self, request: ControlRequest, rest: Sequence[str]) -> Mapping[str, Any]:
        after = request.query.get("after", "")
        match (request.method, *rest):
            case ("GET", "panels"):
                return self._registrar.panels()
            case ("GET", "zones"):
                return self._registrar.zones(request.query.get("like", ""), after)
            case ("GET", "zones", domain):
                return self._registrar.zone(domain, after)
            case ("POST", "zones", domain, "records"):
                return self._registrar.add(domain, *_line(_object(request.body)))
            case ("PUT", "zones", domain, "records", line_id):
                return self._registrar.change(domain, line_id, *_line(_object(request.body)))
            case ("DELETE", "zones", domain, "records", line_id):
                return self._registrar.delete(domain, line_id)
        raise _unknown(request)

    async def _provided(self, request: ControlRequest, rest: Sequence[str]) -> Mapping[str, Any]:
        match (request.method, *rest):
            case ("GET",):
                return self._providers.listing()
            case ("PUT", domain):
                return await self._providers.change(domain, _object(request.body))
            case ("DELETE", domain):
                return await self._providers.restore(domain)
        raise _unknown(request)

    # --- zones -------------------------------------------------------------------------------------------------

    def _put(self, name: str, rdtype: str, body: Mapping[str, Any]) -> RecordSet:
        wanted = _record_set({"name": name, "type": rdtype, **body})
        return self._book.put(wanted.name, wanted.rdtype, wanted.values, wanted.ttl)

    def _get(self, name: str, rdtype: str) -> RecordSet:
        found = self._book.get(name, rdtype)
        if found is None:
            raise _no_record(name, rdtype)
        return found

    def _put_all(self, request: ControlRequest) -> Mapping[str, Any]:
        items = _object(request.body).get("record_sets")
        if not isinstance(items, list):
            raise ControlError(400, "record_sets must be a list")
        wanted = [_record_set(_object(item)) for item in items]
        registered = self._book.put_all([self._beside_others(record_set) for record_set in wanted])
        return {"record_sets": [record_set.as_json() for record_set in registered]}

    def _beside_others(self, wanted: RecordSet) -> RecordSet:
        """An administrator who is handed a TXT record adds it to those that are there, in place of one of its kind."""
        present = self._book.get(wanted.name, wanted.rdtype) if wanted.rdtype.upper() == "TXT" else None
        if present is None:
            return wanted
        kinds = {_kind(value) for value in wanted.values}
        kept = [value for value in present.values if _kind(value) not in kinds and value not in wanted.values]
        return RecordSet(name=wanted.name, rdtype="TXT", values=(*kept, *wanted.values), ttl=wanted.ttl)

    def _import(self, request: ControlRequest) -> Mapping[str, Any]:
        body = _object(request.body)
        text, origin = body.get("zone_file"), body.get("origin", "")
        if not isinstance(text, str) or not isinstance(origin, str):
            raise ControlError(400, "zone_file and origin must be text")
        report = self._book.import_zone(text, origin)
        registered = [record_set.as_json() for record_set in report.registered]
        return {"record_sets": registered, "skipped": list(report.skipped)}

    # --- mailboxes ---------------------------------------------------------------------------------------------

    def _mailbox(self, address: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        limit = _limit(query, _LIST_LIMIT)
        page = self._mailboxes.messages(address, after=query.get("after", ""), limit=limit, octets=_LIST_OCTETS)
        more = bool(page) and bool(self._mailboxes.messages(address, after=page[-1].id, limit=1))
        shown = {"messages": [message.as_json() for message in page]}
        return {**shown, "next": page[-1].id} if more else shown

    def _message(self, message_id: str) -> ReceivedMessage:
        found = self._mailboxes.get(message_id)
        if found is None:
            raise ControlError(404, f"no mailbox holds a message {message_id}")
        return found

    def _html(self, message_id: str) -> Mapping[str, Any]:
        html = self._desk.html(self._message(message_id))
        if html is None:
            raise ControlError(404, f"the message {message_id} has no HTML")
        return {"html": html}

    def _report_spam(self, message_id: str) -> Mapping[str, Any]:
        found = self._message(message_id)
        told = self._complaints.report(found)
        return {"id": found.id, "provider": found.provider, "reported_to": told}

    # --- the clock ---------------------------------------------------------------------------------------------

    def _time(self) -> Mapping[str, Any]:
        speed = self._clock.speed if isinstance(self._clock, AdjustableClock) else 1.0
        return {"now": self._clock.now().isoformat(), "speed": speed}

    def _set_clock(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        clock = self._clock
        if not isinstance(clock, AdjustableClock):
            raise ControlError(409, "this rehearsal runs on the machine's clock, which cannot be changed")
        unknown = sorted(body.keys() - {"speed", "advance_seconds"})
        if unknown or not body:
            raise ControlError(400, "give speed, advance_seconds or both" + "".join(f"; not {key}" for key in unknown))
        if not all(_is_number(value) for value in body.values()):
            raise ControlError(400, "speed and advance_seconds must be numbers")
        try:
            if "speed" in body:
                clock.set_speed(float(body["speed"]))
            if "advance_seconds" in body:
                clock.advance(float(body["advance_seconds"]))
        except (ValueError, OverflowError) as error:
            raise ControlError(400, str(error)) from error
        return self._time()


class ServiceHooks(Protocol):
    """What the rehearsal needs of the service's rows. Refusals are raised as ControlError."""

    async def needed_records(self, account_id: str, domain: str) -> Sequence[RecordSet]:
        """The records that the domain's identity asks its administrator for; a DMARC policy where none holds."""
        ...

    async def change_settings(self, account_id: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Apply what `RehearsalControl` has checked; returns all settings as they are now."""
        ...

    async def reset(self, account_id: str) -> None:
        """Give the account back as new."""
        ...


class RehearsalControl:
    """All of `/tayori/rehearsal/...`. `world` is WorldControl.handle, or a remote end of it."""

    def __init__(self, world: ControlHandler, hooks: ServiceHooks) -> None:
        self._world = world
        self._hooks = hooks

    async def handle(self, request: ControlRequest) -> ControlResponse:
        try:
            match (request.method, *segments(request.path)):
                case ("POST", "dns", "adopt", domain):
                    return await self._adopt(request, domain)
                case ("PUT", "settings"):
                    settings = _settings(_object(request.body))
                    return ControlResponse(
                        status=200, body=await self._hooks.change_settings(request.account_id, settings)
                    )
                case ("POST", "reset"):
                    await self._hooks.reset(request.account_id)
                    return ControlResponse(status=200, body={})
        except ControlError as error:
            return refused(error)
        return await self._world(request)

    async def _adopt(self, request: ControlRequest, domain: str) -> ControlResponse:
        needed = await self._hooks.needed_records(request.account_id, domain)
        if not needed:
            raise ControlError(404, f"the identity {domain} asks for no records")
        body = {"record_sets": [record_set.as_json() for record_set in needed]}
        return await self._world(ControlRequest(method="POST", path=f"{PREFIX}dns", body=body))


def _settings(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """verify_identities_at_once and production_access are true or false, the two limits numbers or -1."""
    for key, value in body.items():
        if key in ("verify_identities_at_once", "production_access"):
            if not isinstance(value, bool):
                raise ControlError(400, f"{key} must be true or false")
        elif key in ("max_24_hour_send", "max_send_rate"):
            if not _is_number(value) or (value < 0 and value != -1):
                raise ControlError(400, f"{key} must be a number of zero or more, or -1 for no limit")
        else:
            raise ControlError(400, f"{key} is not a setting of the rehearsal")
    return body


def _record_set(item: Mapping[str, Any]) -> RecordSet:
    name, rdtype, values, ttl = (item.get(key) for key in ("name", "type", "values", "ttl"))
    ttl = DEFAULT_TTL if ttl is None else ttl
    if not isinstance(name, str) or not isinstance(rdtype, str):
        raise ControlError(400, "name and type must be text")
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ControlError(400, "values must be a list of texts")
    if not isinstance(ttl, int) or isinstance(ttl, bool):
        raise ControlError(400, "ttl must be a whole number of seconds")
    return RecordSet(name=name, rdtype=rdtype, values=tuple(values), ttl=ttl)


def _line(item: Mapping[str, Any]) -> tuple[Typed, Rules]:
    """One line of the registrar's form, and the panel in which it is typed."""
    host, rdtype, value = (item.get(key) for key in ("host", "type", "value"))
    if not (isinstance(host, str) and isinstance(rdtype, str) and isinstance(value, str)):
        raise ControlError(400, "host, type and value must be texts")
    habits = item.get("habits", [])
    if not isinstance(habits, list) or not all(isinstance(one, str) and one in list(Habit) for one in habits):
        raise ControlError(400, f"habits must be a list of {', '.join(Habit)}")
    minimum = _whole(item, "ttl_minimum", 604_800) or 0
    typed = Typed(
        host=host,
        rdtype=rdtype,
        value=value,
        priority=_whole(item, "priority", 65_535),
        ttl=_whole(item, "ttl", 2**31 - 1),
    )
    return typed, Rules(habits=frozenset(Habit(one) for one in habits), ttl_minimum=minimum)


def _whole(item: Mapping[str, Any], key: str, most: int) -> int | None:
    value = item.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ControlError(400, f"{key} must be a whole number from 0 to {most}")
    return value


def _limit(query: Mapping[str, str], most: int) -> int:
    limit = query.get("limit", str(most))
    if not (limit.isdecimal() and len(limit) < 7 and 1 <= int(limit) <= most):
        raise ControlError(400, f"limit must be a number from 1 to {most}")
    return int(limit)


def _kind(value: str) -> str:
    """TXT records that begin with a version, such as v=spf1, are of a kind of which a name has one."""
    text = value.strip().strip('"').lower()
    return text.replace(";", " ").split()[0] if text.startswith("v=") else text


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise ControlError(400, "the body must be a JSON object")
    return body


def _no_record(name: str, rdtype: str) -> ControlError:
    return ControlError(404, f"no {rdtype.upper()} record of {name} is registered")


def _unknown(request: ControlRequest) -> ControlError:
    return ControlError(404, f"there is no {request.method} {request.path} in the rehearsal")
