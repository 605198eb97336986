"""The queue as an account sees its own, and operators that of all: `/tayori/queue/…` beside the operator's desk.

GET `destinations` (what waits where, and why), `waiting` (recipient by recipient), `site` (what delivery knows of where
a destination's mail goes), `schedule` (the shape of the retries), `limits` (operators only, as is POST to it); POST
`own/hold`, `own/release`, `own/drop`, `own/requeue`, `own/expedite` act on the account's own mail alone. What an
operator has paused, no account can release.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app import queue_desk
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.mail.address import AddressError, to_ascii_domain
from tayori.model import retry
from tayori.model.errors import Invalid
from tayori.model.pause import PauseKind
from tayori.model.shaping import SiteLimit
from tayori.model.waiting import LANGUAGES, sentence, why
from tayori.resources import pauses, queue, queue_view, site_limits
from tayori.resources.queue import HOLDER
from tayori.resources.queue_view import MOST_SHOWN, Backlog, Place, QueuedRecipient
from tayori.store.engine import Store, Tx

PATH = queue_desk.PATH
PAGE = 50
_LIFETIMES = range(60, 50_401)
_STATES = ("waiting", "held")
# Of a site that all accounts share: the rest may tell of the mail of others.
_FOR_ALL = (
    "name",
    "provider",
    "egress",
    "connections",
    "window",
    "most",
    "rate",
    "is_held_back",
    "rests_until",
    "waiting",
    "domains",
)
_SELECTED = ("domain", "message_id", "configuration_set", "recipient", "older_than")


class QueueViews:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        shown = {
            "destinations": self.destinations,
            "waiting": self.waiting,
            "site": self.site,
            "schedule": self.schedule,
        }
        return [
            *(Route(method="GET", prefix=f"{PATH}/{name}", handler=one) for name, one in shown.items()),
            Route(method="*", prefix=f"{PATH}/limits", handler=self.limits, access=Access.OPERATOR),
            Route(method="POST", prefix=f"{PATH}/own", handler=self.act),
        ]

    # -- looking -----------------------------------------------------------------------------------------------------

    async def destinations(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        query = _query(request, "accounts", "domain")
        account_id = _seen(query, principal)
        domain = _domain(query["domain"]) if query.get("domain") else ""
        return json_page.answer(200, await self._store.read(_destinations, account_id, domain))

    async def waiting(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        query = _query(request, "accounts", "domain", "state", "page", "language")
        account_id = _seen(query, principal)
        language, state = query.get("language", "en"), query.get("state", "waiting")
        if language not in LANGUAGES:
            raise Invalid(f"language must be one of: {', '.join(LANGUAGES)}.")
        if state not in _STATES:
            raise Invalid(f"state must be one of: {', '.join(_STATES)}.")
        owner = HOLDER if state == "held" else ""
        domain, behind = _domain(query.get("domain", "")), _place(query.get("page", ""))
        found = await self._store.read(_waiting, account_id, domain, owner, behind, language)
        return json_page.answer(200, found)

    async def site(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """Null where no process has mail for the domain now. It takes as long as a process needs to answer."""
        assert principal is not None
        domain = _domain(_query(request, "domain").get("domain", ""))
        found = (await queue_desk.live(self._store, [domain])).of.get(domain)
        if found is not None and not principal.operator:
            found = {name: found.get(name) for name in _FOR_ALL}
        return json_page.answer(200, {"domain": domain, "site": found})

    async def schedule(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """Seconds from acceptance on at which a message is tried that is always deferred: at the earliest, and at the
        latest, since what failed together shall not return together.
        """
        text = _query(request, "seconds").get("seconds", str(int(retry.DEFAULT_LIFETIME.total_seconds())))
        if not (text.isascii() and text.isdecimal() and len(text) < 7) or int(text) not in _LIFETIMES:
            raise Invalid(f"seconds must be from {_LIFETIMES[0]} to {_LIFETIMES[-1]}.")
        lifetime = timedelta(seconds=int(text))
        return json_page.answer(
            200,
            {
                "seconds": int(text),
                "earliest": _seconds(retry.schedule(lifetime, jitter=0.0)),
                "latest": _seconds(retry.schedule(lifetime, jitter=1.0)),
            },
        )

    # -- acting ------------------------------------------------------------------------------------------------------

    async def limits(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        if request.method == "POST":
            given = json_page.document(request)
            if unknown := sorted(set(given) - {"site", "connections", "rate"}):
                raise Invalid(f"Not known here: {', '.join(unknown)}.")
            limit = SiteLimit(connections=int(_number(given, "connections")), rate=float(_number(given, "rate")))
            site = given.get("site")
            if not isinstance(site, str):
                raise Invalid("Say which site is meant, by its name in the list of sites.")
            await self._store.write(site_limits.put, site, limit, principal.arn)
        elif request.method != "GET":
            raise common_error("UnknownOperationException")
        return json_page.answer(200, {"limits": await self._store.read(_limits)})

    async def act(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        name = request.path.removeprefix(f"{PATH}/own").strip("/")
        if name not in queue_desk.CHANGES:
            raise common_error("UnknownOperationException")
        given = json_page.document(request)
        if unknown := sorted(set(given) - {*_SELECTED, "all"}):
            raise Invalid(f"Not known here: {', '.join(unknown)}.")
        texts = {key: value for key, value in given.items() if key != "all" and value not in (None, "")}
        if not all(isinstance(value, str) for value in texts.values()):
            raise Invalid("The values must be texts.")
        if bool(texts) == (given.get("all") is True):
            raise Invalid("Say which mail is meant, or else that all is.")
        selected = queue_desk.selection(**texts, account_id=principal.account_id, now=self._store.clock.now())
        count, in_hand = await self._store.write(queue_desk.change, name, selected)
        return json_page.answer(200, {queue_desk.CHANGES[name][1].lower(): count, "in_hand": in_hand})


def _query(request: HttpRequest, *names: str) -> dict[str, str]:
    found = dict(parse_qsl(request.query))
    if unknown := sorted(set(found) - set(names)):
        raise Invalid(f"Not known here: {', '.join(unknown)}.")
    return found


def _seen(query: Mapping[str, str], principal: Principal | None) -> str | None:
    """Whose mail: the account's own, or that of all for an operator who asks for it."""
    assert principal is not None
    which = query.get("accounts", "own")
    if which not in ("own", "all"):
        raise Invalid("accounts must be own or all.")
    if which == "all" and not principal.operator:
        raise common_error("AccessDenied", f"User `{principal.arn}' is not an operator of this installation.")
    return None if which == "all" else principal.account_id


def _domain(text: str) -> str:
    try:
        return to_ascii_domain(text)
    except AddressError as error:
        raise Invalid(f"{text} is not a domain: {error}") from error


def _number(given: Mapping[str, Any], name: str) -> float:
    found = given.get(name, 0)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Invalid(f"{name} must be a number.")
    if abs(found) > 1e9:
        raise Invalid(f"{name} is too large.")
    return found


def _seconds(tries: Sequence[timedelta]) -> list[int]:
    return [round(one.total_seconds()) for one in tries]


# -- as JSON -----------------------------------------------------------------------------------------------------------


def _destinations(tx: Tx, account_id: str | None, domain: str) -> dict[str, Any]:
    found = queue_view.backlogs(tx, account_id, domain=domain)
    held = [
        queue_desk.pause_as_json(one)
        for one in pauses.active(tx)
        if account_id is None or (one.kind is PauseKind.ACCOUNT and one.name == account_id)
    ]
    return {
        "destinations": [_backlog(one) for one in found.destinations[:MOST_SHOWN]],
        "more": max(0, len(found.destinations) - MOST_SHOWN),
        "recipients": sum(one.recipients for one in found.destinations),
        "is_cut": found.is_cut,
        "pauses": held,
    }


def _backlog(one: Backlog) -> dict[str, Any]:
    reason = one.reasons.most_common(1)
    return {
        "domain": one.domain,
        "recipients": one.recipients,
        "states": dict(one.states),
        "reasons": dict(one.reasons),
        "reason": reason[0][0] if reason else None,
        "oldest": one.oldest.isoformat() if one.oldest else None,
        "next_due": one.next_due.isoformat() if one.next_due else None,
        "last_said": one.last_said or None,
        "last_said_at": one.last_said_at.isoformat() if one.last_said_at else None,
    }


def _waiting(
    tx: Tx, account_id: str | None, domain: str, owner: str, behind: Place | None, language: str
) -> dict[str, Any]:
    found, following = queue_view.page(tx, account_id, domain, owner=owner, behind=behind, limit=PAGE)
    paused = pauses.active(tx)
    recipients = []
    for one in found:
        facts = queue.facts_of(tx, one.waiting, paused)
        text = " ".join(sentence(facts, tx.now, language=language).split())
        recipients.append(_recipient(one) | {"why": why(facts, tx.now).value, "sentence": text})
    return {"recipients": recipients, "next": _token(following)}


def _recipient(one: QueuedRecipient) -> dict[str, Any]:
    waiting = one.waiting
    return {
        "message_id": waiting.message_id,
        "account_id": waiting.account_id,
        "recipient": waiting.address,
        "from": waiting.from_address,
        "subject": one.subject,
        "state": waiting.state.value,
        "attempts": waiting.attempts,
        "accepted_at": waiting.accepted_at.isoformat(),
        "due_at": waiting.due_at.isoformat(),
        "expires_at": waiting.expires_at.isoformat(),
        "last_said": waiting.diagnostic or None,
    }


def _limits(tx: Tx) -> list[dict[str, Any]]:
    return [
        {
            "site": one.site,
            "connections": one.limit.connections or None,
            "rate": one.limit.rate or None,
            "set_at": one.set_at.isoformat(),
            "by": one.author,
        }
        for one in site_limits.listed(tx)
    ]


def _token(place: Place | None) -> str | None:
    return None if place is None else f"{place.due_at}~{place.message_id}~{place.ordinal}~{place.stream}"


def _place(text: str) -> Place | None:
    """What is made up leads nowhere else than within what the asker may see: the domain and the account are asked for
    beside it.
    """
    if not text:
        return None
    due_at, message_id, ordinal, stream = (*text.split("~", 3), "", "", "")[:4]
    numbers = due_at.removeprefix("-"), ordinal
    if not all(one.isascii() and one.isdecimal() and len(one) <= 18 for one in numbers) or "\0" in text:
        raise Invalid("page must be the `next` of an earlier answer.")
    return Place(int(due_at), message_id, int(ordinal), stream)
