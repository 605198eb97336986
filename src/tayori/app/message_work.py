"""What can be done with one message over HTTP, below `/tayori/messages/<id>`; and the account's newest events.

GET `content` (source, parts and a link to its preview), `source` (text, or the file), `why` (why it waits, with what
delivery knows), `route` (where its recipients' domains lead at this moment); `preview`, by that link alone, is HTML
under a policy that lets nothing run or load. POST `resend` sends it again as a new message through the one door;
`hold`, `release`, `drop`, `expedite` and `requeue` act on what of it waits. GET `/tayori/messages/tail` is for whoever
watches.
"""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app import queue_desk
from tayori.app.look_limits import LookLimits, TooManyLooks
from tayori.app.sending import Sending
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.delivery.route import find_route
from tayori.delivery.settings import DeliverySettings
from tayori.mail.answer import Resolver
from tayori.model import shown_mail
from tayori.model.contact_list import ListOption
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.message import Caller, MessageTag, Operation, Submission
from tayori.model.names import ServiceNames
from tayori.model.search import Search
from tayori.model.submission import Arns, Handed, from_raw
from tayori.model.waiting import LANGUAGES
from tayori.resources import message_content, queue_view, resends, tail
from tayori.resources import search as finding
from tayori.resources.message_content import Content
from tayori.store.engine import Store, Tx
from tayori.store.tables import storable

PATH = "/tayori/messages"
TICKET_LASTS = timedelta(minutes=5)
_OF_SERVICE = frozenset({Operation.SERVICE, Operation.TLS_REPORT, Operation.PROBE})
_LARGE = 256 * 1024  # octets from which on the work would hold up others
_FIRST_MESSAGES = 25  # whose events begin a tail
_NO_STORE = ("cache-control", "no-store")
_AS_IT_IS = ("x-content-type-options", "nosniff")


class MessageWork:
    """`secret` is shared by all nodes of an installation."""

    def __init__(
        self,
        *,
        store: Store,
        sending: Sending,
        names: Callable[[str], ServiceNames],
        resolver: Resolver,
        settings: DeliverySettings,
        limits: LookLimits,
        secret: bytes,
    ) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._resolver = resolver
        self._settings = settings
        self._limits = limits
        self._key = hashlib.sha256(b"tayori previews of messages\0" + secret).digest()

    def table(self) -> list[Route]:
        below: Mapping[str, Callable[[HttpRequest, Principal | None], Awaitable[HttpResponse]]] = {
            "content": self.content,
            "source": self.source,
            "why": self.why,
            "route": self.route,
        }
        return [
            Route(method="GET", prefix=f"{PATH}/tail", handler=self.tail),
            *(Route(method="GET", prefix=f"{PATH}/", suffix=f"/{name}", handler=one) for name, one in below.items()),
            Route(method="GET", prefix=f"{PATH}/", suffix="/preview", handler=self.preview, access=Access.EVERYBODY),
            Route(method="POST", prefix=PATH, handler=self.act),
        ]

    # -- looking -----------------------------------------------------------------------------------------------------

    async def content(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        message_id = _message_of(request, "content")
        found = await self._found(message_id, principal)
        shown = await asyncio.to_thread(shown_mail.shown, found.content)
        text, is_cut = shown_mail.source(found.content)
        return json_page.answer(
            200,
            {
                "source": text,
                "is_cut": is_cut,
                "size": len(found.content),
                "headers": [{"name": name, "value": value} for name, value in shown.headers],
                "parts": [
                    {"type": one.content_type, "name": one.file_name, "disposition": one.disposition, "size": one.size}
                    for one in shown.parts
                ],
                "is_html": shown.is_html,
                "blocked": shown.blocked,
                "preview": self._link(message_id),
            },
            _NO_STORE,
        )

    async def source(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """As text, bounded; with `download` the file, whole. Neither is of a type that a browser makes a page of."""
        message_id = _message_of(request, "source")
        found = await self._found(message_id, principal)
        if "download" in dict(parse_qsl(request.query, keep_blank_values=True)):
            name = f'attachment; filename="{"".join(one for one in message_id if one.isalnum() or one == "-")}.eml"'
            kind = ("content-type", "application/octet-stream")
            file = (kind, ("content-disposition", name), _AS_IT_IS, _NO_STORE, ("content-security-policy", "sandbox"))
            return HttpResponse(status=200, headers=file, body=found.content)
        text, _ = shown_mail.source(found.content)
        plain = ("content-type", "text/plain; charset=utf-8")
        headers = (plain, _AS_IT_IS, _NO_STORE, ("content-security-policy", shown_mail.POLICY))
        return HttpResponse(status=200, headers=headers, body=text.encode())

    async def why(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        message_id = _message_of(request, "why")
        query = dict(parse_qsl(request.query))
        language = query.get("language", "en")
        if language not in LANGUAGES:
            raise Invalid(f"language must be one of: {', '.join(LANGUAGES)}.")
        await self._store.read(_owned, message_id, _account(principal))
        found = await queue_desk.explain(self._store, message_id, query.get("recipient", ""), language=language)
        return json_page.answer(200, {"recipients": [queue_desk.explained_as_json(one) for one in found]})

    async def route(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """Asked of the DNS now: what it said then is in the attempts, as far as it mattered."""
        assert principal is not None
        message_id = _message_of(request, "route")
        domains = await self._store.read(_domains, message_id, _account(principal))
        wanted = dict(parse_qsl(request.query)).get("domain", domains[0])
        if wanted not in domains:
            raise Invalid("No recipient of the message has this domain.")
        try:
            self._limits.enter(principal.account_id, asyncio.get_running_loop().time())
        except TooManyLooks as error:
            text = f"The DNS was asked too often: try again in {error.seconds} seconds."
            return json_page.answer(429, {"message": text}, ("retry-after", str(error.seconds)))
        found = await find_route(wanted, self._resolver, self._settings, random.shuffle)
        return json_page.answer(
            200,
            {
                "domain": wanted,
                "asked_at": self._store.clock.now().isoformat(),
                "hosts": [
                    {"host": one.host, "address": one.address, "dnssec": one.is_validated_host} for one in found.targets
                ],
                "trouble": found.trouble.diagnostic if found.trouble else None,
                "notes": list(found.notes),
            },
        )

    async def _found(self, message_id: str, principal: Principal | None) -> Content:
        return await self._store.read(message_content.get, message_id, account_id=_account(principal))

    # -- preview -----------------------------------------------------------------------------------------------------

    def _link(self, message_id: str) -> str:
        until = int((self._store.clock.now() + TICKET_LASTS).timestamp())
        query = urlencode({"until": until, "ticket": self._ticket(message_id, until)})
        return f"{PATH}/{quote(message_id, safe='')}/preview?{query}"

    def _ticket(self, message_id: str, until: int) -> str:
        return hmac.new(self._key, f"{message_id}?{until}".encode("utf-8", "replace"), "sha256").hexdigest()

    async def preview(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """For a frame, which can bring no header of its own: the link is the right to see it, for some minutes."""
        message_id = _message_of(request, "preview")
        query = parse_qs(request.query)
        (until, *_), (given, *_) = query.get("until", [""]), query.get("ticket", [""])
        if not (until.isascii() and until.isdecimal() and len(until) <= 12) or not hmac.compare_digest(
            self._ticket(message_id, int(until)).encode(), given.encode("utf-8", "replace")
        ):
            raise common_error("AccessDenied", "The link to this preview is none of ours.")
        if self._store.clock.now().timestamp() > int(until):
            raise common_error("AccessDenied", "The link to this preview has ended: load the page again.")
        found = await self._store.read(message_content.get, message_id, account_id=None)
        shown = await asyncio.to_thread(shown_mail.shown, found.content)
        headers = (
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", shown_mail.POLICY),
            ("referrer-policy", "no-referrer"),
            ("x-dns-prefetch-control", "off"),
            ("x-robots-tag", "noindex, nofollow"),
            _AS_IT_IS,
            _NO_STORE,
        )
        return HttpResponse(status=200, headers=headers, body=shown.html.encode("utf-8", "replace"))

    # -- acting ------------------------------------------------------------------------------------------------------

    async def act(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        message_id, _, action = request.path.removeprefix(PATH).strip("/").rpartition("/")
        message_id, given = unquote(message_id), json_page.document(request)
        if message_id and action == "resend":
            return json_page.answer(200, await self._resent(message_id, given, request, principal))
        if message_id and action in queue_desk.CHANGES:
            recipient = _only(given, "recipient").get("recipient", "")
            if not isinstance(recipient, str):
                raise Invalid("recipient must be a text.")
            await self._store.read(_owned, message_id, _account(principal))
            selected = queue_desk.selection(message_id=message_id, recipient=recipient, now=self._store.clock.now())
            count, in_hand = await self._store.write(queue_desk.change, action, selected)
            return json_page.answer(200, {queue_desk.CHANGES[action][1].lower(): count, "in_hand": in_hand})
        raise common_error("UnknownOperationException")

    async def _resent(
        self, message_id: str, given: Mapping[str, Any], request: HttpRequest, principal: Principal
    ) -> dict[str, Any]:
        found = await self._found(message_id, principal)
        if found.facts.get("operation") in _OF_SERVICE:
            raise Invalid("The service's own mail is not sent again by hand.")
        chosen = _only(given, "recipients").get("recipients", list(found.recipients))
        if not isinstance(chosen, list) or not chosen or not set(map(str, chosen)) <= set(found.recipients):
            raise Invalid("recipients must be a list of recipients of the message.")
        caller = Caller(
            account_id=found.account_id,
            region=found.region,
            arn=principal.arn,
            source_ip=request.source_ip,
            operation=Operation.SEND_RAW_EMAIL,
        )
        now = self._store.clock.now()
        handed = _handed(found, caller, self._names(found.region), list(dict.fromkeys(chosen)), now)
        submission = (
            await asyncio.to_thread(_submission, found, handed)
            if len(found.content) > _LARGE
            else (_submission(found, handed))
        )
        await self._store.write(resends.put, message_id, submission.message_id, principal.arn)
        try:
            await self._sending.submit(submission)
        except BaseException:
            await self._store.write(resends.take_back, message_id, submission.message_id)
            raise
        return {"message_id": submission.message_id, "resent_from": message_id}

    # -- watching ----------------------------------------------------------------------------------------------------

    async def tail(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """The newest events behind `after`, which is the `cursor` of the last answer; without it, those of the newest
        messages to begin with.
        """
        assert principal is not None
        after = dict(parse_qsl(request.query)).get("after", "")
        if after and not (after.isascii() and after.isdecimal() and len(after) <= 18):
            raise Invalid("after must be the `cursor` of an earlier answer.")
        place = principal.account_id, principal.region
        if not await self._store.read(tail.is_watched, *place):
            await self._store.write(tail.watch, *place)
        found = await self._store.read(tail.newest, *place, int(after or 0))
        events = found.events
        if not after:
            known = {_key(one) for one in events}
            events += [one for one in await self._store.read(_begin, *place) if _key(one) not in known]
            events.sort(key=lambda one: one.at, reverse=True)
        return json_page.answer(
            200,
            {
                "events": [_event_as_json(one) for one in events[: tail.MOST]],
                "cursor": str(found.cursor),
                "is_cut": found.is_cut,
            },
            _NO_STORE,
        )


def _message_of(request: HttpRequest, name: str) -> str:
    return storable(unquote(request.path.removeprefix(f"{PATH}/").removesuffix(f"/{name}")))


def _account(principal: Principal | None) -> str | None:
    """Whose messages are seen; None for all."""
    assert principal is not None
    return None if principal.operator else principal.account_id


def _only(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if unknown := sorted(set(given) - {name}):
        raise Invalid(f"Not known here: {', '.join(unknown)}.")
    return given


def _owned(tx: Tx, message_id: str, account_id: str | None) -> None:
    if account_id is not None and not queue_view.is_of_account(tx, message_id, account_id):
        raise NotFound(f"Message {message_id} does not exist.", Kind.MESSAGE)


def _domains(tx: Tx, message_id: str, account_id: str | None) -> list[str]:
    _owned(tx, message_id, account_id)
    found = finding.recipients_of(tx, message_id)
    if not found:
        raise NotFound(f"Message {message_id} does not exist.", Kind.MESSAGE)
    return list(dict.fromkeys(one.address.rpartition("@")[2] for one in found))


def _handed(found: Content, caller: Caller, names: ServiceNames, recipients: list[str], now: Any) -> Handed:
    facts = found.facts
    contact_list = facts.get("list")
    return Handed(
        message_id=ids.message_id(found.region, now),
        caller=caller,
        now=now,
        names=names,
        destinations=recipients,
        return_path=facts.get("feedback_address", ""),
        configuration_set=found.configuration_set,
        tags=[MessageTag(name=name, value=value) for name, value in facts.get("tags", {}).items()],
        arns=Arns(source=facts.get("source_arn", "")),
        list_option=ListOption(contact_list=contact_list[0], topic=contact_list[1]) if contact_list else None,
    )


def _submission(found: Content, handed: Handed) -> Submission:
    """Its links lead where those of the first message do: what was tracked there still is, nothing is tracked twice."""
    return replace(from_raw(found.content, handed), is_trackable=True)


def _begin(tx: Tx, account_id: str, region: str) -> list[tail.TailEvent]:
    step = finding.step(tx, account_id, region, Search(), start=None, limit=_FIRST_MESSAGES)
    return tail.of_messages(tx, [one.message_id for one in step.messages])


def _key(one: tail.TailEvent) -> tuple[object, ...]:
    return one.message_id, one.at, one.kind, one.recipient


def _event_as_json(one: tail.TailEvent) -> dict[str, Any]:
    return {
        "message_id": one.message_id,
        "at": one.at.isoformat(),
        "type": one.kind,
        "recipient": one.recipient or None,
        "from": one.from_address,
        "subject": one.subject,
        "detail": dict(one.detail),
    }
