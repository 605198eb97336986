"""What an operator asks of the queue and does with it, the same by command and over HTTP: `/tayori/queue`.

GET shows what waits (and below it `sites`, `connections`, `why/MESSAGE_ID`, `pauses`); POST `hold`, `release`, `drop`,
`requeue`, `expedite`, `pause` and `resume` act, by a JSON body. What delivering processes know is asked for by rows
(`resources.pauses`), and whoever does not answer in time is left out. The rules are `resources.queue`'s.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.mail.address import AddressError, to_ascii_domain
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.message import DeliveryState
from tayori.model.pause import Pause, PauseKind
from tayori.model.waiting import LANGUAGES, SiteState, WaitingFacts, sentence, why
from tayori.resources import pauses, queue
from tayori.resources.queue import Depth, Selection, Waiting
from tayori.store import leases
from tayori.store.engine import Store, Tx

PATH = "/tayori/queue"
_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_MOST_EXPLAINED = 1000
_MOST_SHOWN = 100
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_SPAN = timedelta(days=366)

CHANGES: Mapping[str, tuple[Callable[[Tx, Selection], int], str]] = {
    "hold": (queue.hold, "Held"),
    "release": (queue.release, "Released"),
    "drop": (queue.drop, "Dropped"),
    "requeue": (queue.requeue, "Requeued"),
    "expedite": (queue.expedite, "Expedited"),
}


def span(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `3d`. Raises Invalid."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > 9 or not int(number):
        raise Invalid(f"{text} is no length of time: write it like 90s, 15m, 2h or 3d.")
    found = timedelta(seconds=int(number) * _UNITS[unit])
    if found > _LONGEST_SPAN:
        raise Invalid("A length of time has at most 366 days here.")
    return found


def selection(
    *,
    domain: str = "",
    message_id: str = "",
    account_id: str = "",
    configuration_set: str = "",
    recipient: str = "",
    older_than: str = "",
    now: datetime,
) -> Selection:
    """What an operator names. Raises Invalid."""
    try:
        ascii_domain = to_ascii_domain(domain) if domain else ""
    except AddressError as error:
        raise Invalid(f"{domain} is not a domain: {error}") from error
    local, at, host = recipient.rpartition("@")
    return Selection(
        domain=ascii_domain,
        message_id=message_id,
        account_id=account_id,
        configuration_set=configuration_set,
        address=f"{local}{at}{host.lower()}",
        accepted_before=now - span(older_than) if older_than else None,
    )


def change(tx: Tx, name: str, selected: Selection) -> tuple[int, int]:
    """How many recipients were changed, and how many a worker has in hand, which were left alone."""
    return CHANGES[name][0](tx, selected), queue.in_hand(tx, selected)


# --- what delivery knows ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the delivering processes have answered."""

    sites: Sequence[dict[str, Any]] = ()
    connections: Sequence[dict[str, Any]] = ()
    of: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # by recipient domain


async def live(store: Store, domains: Sequence[str] = ()) -> Live:
    """Ask every delivering process; who does not answer within five seconds is left out."""
    workers = set(await store.read(leases.living_workers, store.clock.wall()))
    if not workers:
        return Live()
    asked = await store.write(pauses.ask, domains)
    answers: Sequence[tuple[str, Any]] = ()
    for _ in range(int(_ANSWER_SECONDS / _LOOK_SECONDS)):
        await asyncio.sleep(_LOOK_SECONDS)
        answers = await store.read(pauses.answers, asked)
        if workers <= {worker for worker, _ in answers}:
            break
    views = [view | {"worker": worker} for worker, view in answers]
    of: dict[str, dict[str, Any]] = {}
    for view in views:
        for domain, site in view["of"].items():
            known = of.get(domain)
            if known is None or (known["rests_until"] is None and site["rests_until"] is not None):
                of[domain] = site
    return Live(
        sites=[site | {"worker": view["worker"]} for view in views for site in view["sites"]],
        connections=[one | {"worker": view["worker"]} for view in views for one in view["connections"]],
        of=of,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One recipient that waits, and why."""

    waiting: Waiting
    reason: str
    sentence: str


async def explain(store: Store, message_id: str, recipient: str = "", *, language: str = "en") -> list[Explained]:
    """Why each recipient of a message waits that does. Raises NotFound where there is none."""
    selected = selection(message_id=message_id, recipient=recipient, now=store.clock.now())
    found = await store.read(_facts, selected)
    if not found:
        raise NotFound(f"No recipient of {message_id} waits.", Kind.MESSAGE)
    domains = sorted({facts.domain for _, facts in found})
    states = {domain: _state(site) for domain, site in (await live(store, domains)).of.items()}
    now = store.clock.now()
    return [
        Explained(
            waiting=waiting,
            reason=why(facts, now, states.get(facts.domain)),
            sentence=_one(facts, now, states.get(facts.domain), language),
        )
        for waiting, facts in found
    ]


def _one(facts: WaitingFacts, now: datetime, site: SiteState | None, language: str) -> str:
    return " ".join(sentence(facts, now, site, language=language).split())


def _facts(tx: Tx, selected: Selection) -> list[tuple[Waiting, WaitingFacts]]:
    paused = pauses.active(tx)
    return [(one, queue.facts_of(tx, one, paused)) for one in queue.waiting(tx, selected, _MOST_EXPLAINED)]


def _state(site: Mapping[str, Any]) -> SiteState:
    return SiteState(
        name=site["name"],
        waiting=site["waiting"],
        connections=site["connections"],
        window=site["window"],
        rate=site["rate"],
        is_held_back=site["is_held_back"],
        rests_until=datetime.fromisoformat(site["rests_until"]) if site["rests_until"] else None,
        rest_reason=site["rest_reason"],
    )


# --- as JSON ---


def pause_as_json(pause: Pause) -> dict[str, Any]:
    return {
        "kind": pause.kind.value,
        "name": pause.name,
        "reason": pause.reason,
        "since": pause.since.isoformat(),
        "until": pause.until.isoformat() if pause.until else None,
    }


def explained_as_json(one: Explained) -> dict[str, Any]:
    return {
        "message_id": one.waiting.message_id,
        "recipient": one.waiting.address,
        "state": one.waiting.state.value,
        "attempts": one.waiting.attempts,
        "due_at": one.waiting.due_at.isoformat(),
        "expires_at": one.waiting.expires_at.isoformat(),
        "reason": one.reason,
        "sentence": one.sentence,
    }


def _summary(tx: Tx) -> dict[str, Any]:
    domains, accounts = queue.depths(tx, _MOST_SHOWN)
    counts = queue.counts(tx)
    return {
        "states": {state.value: counts.get(state, 0) for state in DeliveryState if state in counts},
        "destinations": [_depth(one) for one in domains],
        "accounts": [_depth(one) for one in accounts],
        "pauses": [pause_as_json(pause) for pause in pauses.active(tx)],
    }


def _depth(one: Depth) -> dict[str, Any]:
    return {"name": one.name, "recipients": one.recipients, "oldest": one.oldest.isoformat()}


# --- gauges ---

_MOST_GAUGES = 20


def gauges(tx: Tx) -> tuple[str, ...]:
    """The longest queues, and how old the oldest message in each is."""
    lines: list[str] = []
    for label, found in zip(("destination", "account"), queue.depths(tx, _MOST_GAUGES), strict=True):
        name = f"tayori_queue_{label}"
        lines += [
            f"# HELP {name}_recipients Recipients that wait, of the {_MOST_GAUGES} longest queues by {label}.",
            f"# TYPE {name}_recipients gauge",
            *(f'{name}_recipients{{{label}="{_label(one.name)}"}} {one.recipients}' for one in found),
            f"# HELP {name}_oldest_seconds The age of the oldest message in such a queue.",
            f"# TYPE {name}_oldest_seconds gauge",
            *(f'{name}_oldest_seconds{{{label}="{_label(one.name)}"}} {_age(tx, one)}' for one in found),
        ]
    return tuple(lines)


def _age(tx: Tx, one: Depth) -> int:
    return max(0, int((tx.now - one.oldest).total_seconds()))


def _label(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


# --- HTTP ---


class QueuePages:
    """For operators only."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer, access=Access.OPERATOR)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        what, _, rest = request.path.removeprefix(PATH).strip("/").partition("/")
        if request.method == "GET":
            return json_page.answer(200, await self._shown(what, unquote(rest), dict(parse_qsl(request.query))))
        if request.method == "POST" and not rest:
            given = _document(request)
            if what in CHANGES:
                return json_page.answer(200, await self._changed(what, given))
            if what in ("pause", "resume"):
                return json_page.answer(200, await self._store.write(_paused, what, given))
        raise common_error("UnknownOperationException")

    async def _shown(self, what: str, rest: str, query: Mapping[str, str]) -> Any:
        match what, bool(rest):
            case "", False:
                return await self._store.read(_summary)
            case "pauses", False:
                return {"pauses": [pause_as_json(pause) for pause in await self._store.read(pauses.active)]}
            case "sites", False:
                return {"sites": (await live(self._store)).sites}
            case "connections", False:
                return {"connections": (await live(self._store)).connections}
            case "why", True:
                language = query.get("language", "en")
                if language not in LANGUAGES:
                    raise Invalid(f"language must be one of: {', '.join(LANGUAGES)}.")
                found = await explain(self._store, rest, query.get("recipient", ""), language=language)
                return {"recipients": [explained_as_json(one) for one in found]}
        raise common_error("UnknownOperationException")

    async def _changed(self, name: str, given: Mapping[str, str]) -> dict[str, int]:
        names = {"domain", "message_id", "account_id", "configuration_set", "recipient", "older_than", "all"}
        if unknown := sorted(set(given) - names):
            raise Invalid(f"Not known here: {', '.join(unknown)}.")
        is_all = given.get("all") == "true"
        selected = selection(**{key: text for key, text in given.items() if key != "all"}, now=self._store.clock.now())
        if (selected != Selection()) == is_all:
            raise Invalid("Say which mail is meant, or else that all is.")
        count, in_hand = await self._store.write(change, name, selected)
        return {CHANGES[name][1].lower(): count, "in_hand": in_hand}


def _paused(tx: Tx, what: str, given: Mapping[str, str]) -> dict[str, Any]:
    try:
        kind = PauseKind(given.get("kind", ""))
    except ValueError as error:
        raise Invalid(f"kind must be one of: {', '.join(PauseKind)}.") from error
    name = given.get("name", "")
    if what == "resume":
        pauses.resume(tx, kind, name)
        return {}
    until = tx.now + span(given["for"]) if given.get("for") else None
    return pause_as_json(pauses.pause(tx, kind, name, reason=given.get("reason", ""), until=until))


def _document(request: HttpRequest) -> dict[str, str]:
    """A flat object of texts; true stands for "true"."""
    given = json_page.document(request)
    found = {str(key): "true" if value is True else value for key, value in given.items() if value is not None}
    if not all(isinstance(value, str) for value in found.values()):
        raise Invalid("The values must be texts.")
    return found
