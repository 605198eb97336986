"""Feedback loops over HTTP: `/tayori/feedback-loops`.

    GET    /tayori/feedback-loops              the table, with what is noted of each enrolment
    GET    /tayori/feedback-loops/{id}         one entry, and what of this installation its enrolment asks for
    PUT    /tayori/feedback-loops/{id}         note an enrolment (operators): state, domain, note, since
    GET    /tayori/feedback-loops/coverage     whom the account's mail went to: days, identity, configuration-set
    POST   /tayori/feedback-loops/lookup       whom mail would go to: {"domains": [...]} or {"queue": true}
    POST   /tayori/feedback-loops/test         send a message of an identity, and report a complaint: {"identity": ...}
    GET    /tayori/feedback-loops/mail         what came to the service's own addresses and was no report (operators)
    GET    /tayori/feedback-loops/mail/{id}    one of these, with its text

What it says is `app.feedback_loops`'s and `app.loop_test`'s.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app import feedback_loops as shared
from tayori.app.letters import MOST_LISTED, summary, whole
from tayori.app.look_limits import LookLimits, TooManyLooks
from tayori.app.loop_test import LoopTester
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.mail.answer import Resolver
from tayori.model.errors import Invalid
from tayori.model.feedback_loops import FeedbackLoops
from tayori.resources import feedback_enrolments, identities, letters
from tayori.resources.loop_coverage import Scope
from tayori.store.engine import Store, Tx

PATH = "/tayori/feedback-loops"
_DOMAINS_A_LOOK = 20
_PUT_KEYS = frozenset({"state", "domain", "note", "since"})


class FeedbackLoopPages:
    """The handlers. `addresses` are those of the settings that receivers see mail come from."""

    def __init__(
        self,
        *,
        store: Store,
        table: FeedbackLoops,
        resolver: Resolver,
        tester: LoopTester,
        service_domain: str,
        addresses: Sequence[str],
        limits: LookLimits,
    ) -> None:
        self._store = store
        self._table = table
        self._resolver = resolver
        self._tester = tester
        self._service_domain = service_domain
        self._addresses = tuple(addresses)
        self._limits = limits

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        name = unquote(request.path.removeprefix(PATH).strip("/"))
        match request.method, name:
            case "GET", "":
                entries = await self._store.read(shared.checklist, self._table)
                return json_page.answer(200, {"entries": [_seen_by(principal, entry) for entry in entries]})
            case "GET", "coverage":
                return await self._coverage(request, principal)
            case "POST", "lookup":
                return await self._lookup(json_page.document(request), principal)
            case "POST", "test":
                return await self._test(json_page.document(request), principal)
            case "GET", _ if name == "mail" or name.startswith("mail/"):
                return await self._mail(name.removeprefix("mail").strip("/"), principal)
            case "GET", _:
                return json_page.answer(200, _seen_by(principal, await self._store.read(self._entry, name, principal)))
            case "PUT", _ if name:
                return await self._enrol(name, json_page.document(request), principal)
        raise common_error("UnknownOperationException")

    def _entry(self, tx: Tx, name: str, principal: Principal) -> dict[str, Any]:
        one = shared.named(self._table, name)
        of = None if principal.operator else principal.account_id
        here = shared.installation(tx, self._service_domain, self._addresses, principal.region, of)
        noted = shared.noted_for(one, feedback_enrolments.all_of(tx))
        return shared.entry_as_json(one, noted) | {"here": shared.needs_here(one, here)}

    async def _enrol(self, name: str, given: Mapping[str, Any], principal: Principal) -> HttpResponse:
        _require_operator(principal)
        if unknown := sorted(set(given) - _PUT_KEYS):
            raise Invalid(f"Not known here: {', '.join(unknown)}.")
        if not all(isinstance(value, str) for value in given.values()):
            raise Invalid("The values must be texts.")
        done = await self._store.write(
            shared.enrol,
            self._table,
            name,
            state=given.get("state", ""),
            domain=given.get("domain", ""),
            note=given.get("note"),
            since=given.get("since", ""),
        )
        return json_page.answer(200, shared.enrolment_as_json(done) if done else {})

    async def _coverage(self, request: HttpRequest, principal: Principal) -> HttpResponse:
        query = dict(parse_qsl(request.query))
        scope = Scope(
            account_id=principal.account_id,
            region=principal.region,
            identity=query.get("identity", "").lower(),
            configuration_set=query.get("configuration-set", ""),
        )
        age = shared.days(query.get("days", shared.DEFAULT_DAYS))
        found = await self._store.read(shared.covered, self._table, scope, age)
        return json_page.answer(200, {"days": age.days} | shared.coverage_as_json(found))

    async def _lookup(self, given: Mapping[str, Any], principal: Principal) -> HttpResponse:
        """Each domain costs a packet or two to strangers' name servers, so an account has only so many."""
        if given.get("queue") is True:
            domains: Mapping[str, int] = await self._store.read(shared.queued, principal.account_id)
        else:
            texts = given.get("domains")
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts) or not texts:
                raise Invalid("domains must be a list of domains or addresses; or queue true.")
            domains = shared.domains_of(texts)
        try:
            self._enter(principal, -(-len(domains) // _DOMAINS_A_LOOK))
        except TooManyLooks as error:
            return _busy(error.seconds)
        found = await shared.look(self._resolver, self._table, domains)
        enrolments = await self._store.read(feedback_enrolments.enrolments)
        coverage = shared.coverage_as_json(shared.foreseen(found, enrolments))
        return json_page.answer(200, {"domains": shared.outlook_as_json(found), "coverage": coverage})

    async def _mail(self, letter_id: str, principal: Principal) -> HttpResponse:
        _require_operator(principal)
        if letter_id:
            return json_page.answer(200, whole(await self._store.read(letters.get, letter_id)))
        found = await self._store.read(letters.listed, MOST_LISTED)
        return json_page.answer(200, {"mail": [summary(letter) for letter in found]})

    async def _test(self, given: Mapping[str, Any], principal: Principal) -> HttpResponse:
        name = given.get("identity")
        if not isinstance(name, str) or not name:
            raise Invalid("identity must name one of yours.")
        identity = await self._store.read(identities.get, principal.account_id, principal.region, name.lower())
        try:
            self._enter(principal, 1)
        except TooManyLooks as error:
            return _busy(error.seconds)
        return json_page.answer(200, (await self._tester.run(identity)).as_json())

    def _enter(self, principal: Principal, looks: int) -> None:
        for _ in range(looks):
            self._limits.enter(principal.account_id, asyncio.get_running_loop().time())


def _require_operator(principal: Principal) -> None:
    if not principal.operator:
        raise common_error("AccessDenied", f"User `{principal.arn}' is not an operator of this installation.")


def _seen_by(principal: Principal, entry: dict[str, Any]) -> dict[str, Any]:
    """Operators' notes are theirs."""
    if not principal.operator:
        entry["enrolments"] = [one | {"note": ""} for one in entry["enrolments"]]
    return entry


def _busy(seconds: int) -> HttpResponse:
    return json_page.answer(
        429, {"message": "Many looks are under way. Try again in a minute."}, ("retry-after", str(seconds))
    )
