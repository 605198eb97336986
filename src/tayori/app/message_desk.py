"""Messages as an account looks for them, the same by command and over HTTP: `GET /tayori/messages`, and below it a
message's timeline.

Owns what a search is written like, its pages, and when one request stops: a page is full, all was looked at, or a
second has passed. Then it says so, and gives the token to go on with. What is found is `tayori.resources.search`'s.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app import queue_desk
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.aws.paging import BadPageToken, PageTokens
from tayori.mail.address import AddressError, to_ascii_domain
from tayori.model import alignment, search
from tayori.model.errors import Invalid
from tayori.model.search import Place, Search, SubjectWish, TextWish
from tayori.resources import installation, origins, resends, timeline
from tayori.resources import search as finding
from tayori.resources.resends import Resend
from tayori.resources.search import FoundMessage
from tayori.store.engine import Store, Tx

PATH = "/tayori/messages"
SECONDS = 1.0  # of true time, for one page
PAGE, MOST = 50, 200
_ONCE = ("text", "subject", "id", "configuration_set", "identity", "since", "until")
_OFTEN = ("recipient", "to", "from", "status", "tag", "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A search as it is written: `parse` makes one of a query's pairs. `text` is the same for the same search."""

    search: Search
    message_id: str = ""
    limit: int = PAGE
    page: str = ""
    account: str = ""
    text: str = ""

    @classmethod
    def parse(cls, pairs: Sequence[tuple[str, str]], now: datetime) -> "Wanted":
        """Raises Invalid."""
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            given.setdefault(name, []).append(value)
        if unknown := sorted(set(given) - {*_ONCE, *_OFTEN, "page", "limit", "account"}):
            raise Invalid(f"Not known here: {', '.join(unknown)}.")
        if double := [name for name, values in given.items() if name not in _OFTEN and len(values) > 1]:
            raise Invalid(f"Given more than once: {', '.join(sorted(double))}.")
        one = {name: values[0] for name, values in given.items() if name not in _OFTEN}
        statuses = [name for text in given.get("status", ()) for name in text.split(",") if name]
        recipients = (*given.get("recipient", ()), *given.get("to", ()))
        return cls(
            search=Search(
                recipients=tuple(_address(text) for text in recipients if not text.endswith("*")),
                recipient_starts=tuple(search.start_of(text[:-1]) for text in recipients if text.endswith("*")),
                texts=TextWish.parse(one.get("text", "")),
                providers=frozenset(name for text in given.get("provider", ()) for name in text.split(",") if name),
                senders=tuple(_address(text) for text in given.get("from", ())),
                subject=SubjectWish.parse(one["subject"]) if one.get("subject") else None,
                statuses=search.statuses_of(statuses),
                tags=tuple(search.tag_of(text) for text in given.get("tag", ())),
                configuration_set=one.get("configuration_set", ""),
                identity=one.get("identity", ""),
                since=_moment("since", one.get("since", ""), now),
                until=_moment("until", one.get("until", ""), now),
            ),
            message_id=one.get("id", "").strip().strip("<>").partition("@")[0],
            limit=_limit(one.get("limit", "")),
            page=one.get("page", ""),
            account=one.get("account", ""),
            text=urlencode(sorted(pair for pair in pairs if pair[0] not in ("page", "limit"))),
        )


def _address(text: str) -> str:
    """An address or a domain, the domain in ASCII as it stands in the rows."""
    local, at, domain = text.strip().rpartition("@")
    try:
        return f"{local}{at}{to_ascii_domain(domain)}"
    except AddressError as error:
        raise Invalid(f"{text} is neither an address nor a domain: {error}") from error


def _moment(name: str, text: str, now: datetime) -> datetime | None:
    """`2026-11-24`, `2026-11-24T10:00:00Z`, or how long ago: `90s`, `15m`, `2h`, `3d`."""
    if not text:
        return None
    if text[:-1].isdecimal() and text[-1:] in "smhd":
        return now - queue_desk.span(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{name} must be a time like 2026-11-24T10:00:00Z, or 2h for two hours ago.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _limit(text: str) -> int:
    if not text:
        return PAGE
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST:
        raise Invalid(f"limit must be from 1 to {MOST}.")
    return int(text)


# -- looking -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Page:
    """`following` is the token to go on with; `is_cut`: the bound was reached before the page was full."""

    messages: list[FoundMessage] = field(default_factory=list)
    following: str | None = None
    is_cut: bool = False
    looked_at: int = 0
    indexed_until: datetime | None = None


async def tokens(store: Store) -> PageTokens:
    secret = await store.write(installation.secret, "page", secrets.token_bytes(32))
    return PageTokens(hashlib.sha256(secret).digest())


async def look(
    store: Store, pages: PageTokens, account_id: str, region: str, wanted: Wanted, *, seconds: float = SECONDS
) -> Page:
    """One page. Raises Invalid for a token that is none of this search."""
    if wanted.message_id:
        return Page(messages=await store.read(finding.by_id, account_id, region, wanted.message_id, wanted.search))
    bound_to = f"messages/{account_id}/{region}/{wanted.text}"
    place = _decoded(pages, bound_to, wanted.page)
    found = Page(indexed_until=await store.read(finding.indexed_until, region))
    ends = asyncio.get_running_loop().time() + seconds
    while True:
        left = wanted.limit - len(found.messages)
        step = await store.read(finding.step, account_id, region, wanted.search, start=place, limit=left)
        found.messages += step.messages
        found.looked_at += step.looked_at
        place = step.rest
        is_full = len(found.messages) >= wanted.limit
        if place is None or is_full or asyncio.get_running_loop().time() > ends:
            break
    if place is not None:
        found.following, found.is_cut = pages.encode(bound_to, [place.day, place.number]), not is_full
    return found


def _decoded(pages: PageTokens, bound_to: str, token: str) -> Place | None:
    if not token:
        return None
    try:
        day, number = pages.decode(bound_to, token)
    except BadPageToken as error:
        raise Invalid("The page is none of this search.") from error
    return Place(int(str(day)), int(str(number)))


# -- as JSON -----------------------------------------------------------------------------------------------------------


def as_json(page: Page) -> dict[str, Any]:
    return {
        "messages": [message_as_json(found) for found in page.messages],
        "next": page.following,
        "is_cut": page.is_cut,
        "looked_at": page.looked_at,
        "indexed_until": page.indexed_until.isoformat() if page.indexed_until else None,
    }


def message_as_json(found: FoundMessage) -> dict[str, Any]:
    return {
        "message_id": found.message_id,
        "accepted_at": found.accepted_at.isoformat(),
        "from": found.from_address,
        "subject": found.subject,
        "configuration_set": found.configuration_set,
        "tags": dict(found.tags),
        "recipients": [
            {"address": recipient.address, "status": recipient.status.value} for recipient in found.recipients
        ],
    }


def _whole(tx: Tx, message_id: str, account_id: str | None) -> dict[str, Any]:
    """The timeline, with what receivers could authenticate it by, and what was sent again."""
    found = timeline.get(tx, message_id, account_id=account_id)
    first, later = resends.of(tx, message_id)
    signatures = [name for attempt in found.attempts for name in attempt.detail.get("signatures", ())]
    told_by = origins.of_topics(tx, found)
    shown = timeline.as_json(found)
    for told in shown["told"]:
        told["by"] = told_by.get(told["topic"], [])
    return shown | {
        "authentication": alignment.of_message(found.from_address, found.reverse_path, signatures),
        "resent_from": _resend(first) if first else None,
        "resent_as": [_resend(one) for one in later],
    }


def _resend(one: Resend) -> dict[str, Any]:
    return {"message_id": one.message_id, "at": one.at.isoformat(), "by": one.author}


# -- HTTP --------------------------------------------------------------------------------------------------------------


class MessagePages:
    """For the account that asks; an operator may name another (`account`)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pages: PageTokens | None = None

    def table(self) -> list[Route]:
        return [Route(method="GET", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        message_id = unquote(request.path.removeprefix(PATH).strip("/"))
        if message_id:
            account_id = None if principal.operator else principal.account_id
            return json_page.answer(200, await self._store.read(_whole, message_id, account_id))
        wanted = Wanted.parse(parse_qsl(request.query, keep_blank_values=True), self._store.clock.now())
        if wanted.account and not principal.operator:
            raise common_error("AccessDenied", f"User `{principal.arn}' is not an operator of this installation.")
        if self._pages is None:
            self._pages = await tokens(self._store)
        account_id = wanted.account or principal.account_id
        return json_page.answer(
            200, as_json(await look(self._store, self._pages, account_id, principal.region, wanted))
        )
