"""Requests for production access: the operator's inbox, `/tayori/reviews`, and an account's own, `/tayori/review`.

`GET /tayori/reviews` lists who has asked, those who wait first (`state` is `open` or `decided`; `behind`, `limit`).
`POST /tayori/reviews/<account>/<region>/grant` takes `max24Hour` and `maxRate` (recipients in 24 hours and a second, -1
for unlimited), also to raise the quotas of one who has access; `…/deny` takes a `reason`. The account's contacts are
told by mail (`app.review_mail`). `GET /tayori/review` is what the caller's account has asked, and what came of it.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app.audit_page import limit_of
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import Invalid
from tayori.resources import accounts, review_notices, reviews
from tayori.resources.reviews import Review
from tayori.store.engine import Store, Tx

PATH = "/tayori/reviews"
OWN_PATH = "/tayori/review"
_STATES: Mapping[str, bool | None] = {"": None, "open": True, "decided": False}
_LONGEST_REASON = 2000
_MOST = 10**12


class ReviewPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [
            Route(method="*", prefix=PATH, handler=self.answer, access=Access.OPERATOR),
            Route(method="GET", prefix=OWN_PATH, handler=self.own),
        ]

    async def own(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        if request.path.rstrip("/") != OWN_PATH:
            raise common_error("UnknownOperationException")
        return json_page.answer(200, await self._store.read(_own, principal.account_id, principal.region))

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        parts = [unquote(part) for part in request.path.removeprefix(PATH).strip("/").split("/") if part]
        if request.method == "GET" and not parts:
            return json_page.answer(200, await self._store.read(_listed, dict(parse_qsl(request.query))))
        if request.method == "POST" and len(parts) == 3 and parts[2] in ("grant", "deny"):
            account_id, region, verb = parts
            await (self._grant if verb == "grant" else self._deny)(account_id, region, json_page.document(request))
            return json_page.answer(200, {"account": account_id, "region": region, "decision": verb})
        raise common_error("UnknownOperationException")

    async def _grant(self, account_id: str, region: str, given: dict[str, Any]) -> None:
        daily = _quota(given, "max24Hour", accounts.PRODUCTION_MAX_24_HOUR)
        rate = _quota(given, "maxRate", accounts.PRODUCTION_MAX_RATE)
        if daily != int(daily):
            raise Invalid("max24Hour must be a whole number.")
        await self._store.write(_grant, account_id, region, int(daily), float(rate))

    async def _deny(self, account_id: str, region: str, given: dict[str, Any]) -> None:
        reason = " ".join(str(given.get("reason") or "").split())
        if not 0 < len(reason) <= _LONGEST_REASON:
            raise Invalid(
                f"A denial needs a reason of at most {_LONGEST_REASON} characters: the account's owner reads it."
            )
        await self._store.write(_deny, account_id, region, reason)


def _quota(given: dict[str, Any], name: str, otherwise: float) -> float:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Invalid(f"{name} must be a number above 0, or -1 for unlimited.")
    if value != accounts.UNLIMITED and not 0 < value < _MOST:
        raise Invalid(f"{name} must be a number above 0, or -1 for unlimited.")
    return value


def _listed(tx: Tx, given: Mapping[str, str]) -> dict[str, Any]:
    state, behind = given.get("state", ""), given.get("behind", "")
    if state not in _STATES:
        raise Invalid("state is open or decided.")
    if len(behind) > 200 or not behind.isprintable():
        raise Invalid("behind is what the page before has said to be next.")
    found, more = reviews.page(tx, is_open=_STATES[state], behind=behind, limit=limit_of(given.get("limit", "50")))
    return {"reviews": [_as_json(one) for one in found], "next": more, "waiting": reviews.waiting(tx)}


def _as_json(one: Review) -> dict[str, Any]:
    return {
        "account": one.account_id,
        "name": one.name,
        "region": one.region,
        "status": one.status,
        "case": one.case_id,
        "reason": one.reason,
        "details": one.details,
        "productionAccess": one.production_access,
        "max24Hour": one.max_24_hour,
        "maxRate": one.max_rate,
    }


def _own(tx: Tx, account_id: str, region: str) -> dict[str, Any]:
    account = accounts.get(tx, account_id, region)
    steps = reviews.history(tx, account_id, region)
    return {
        "status": account.review_status,
        "case": account.review_case,
        "reason": account.review_reason,
        "details": account.details,
        "productionAccess": account.production_access,
        "contacts": accounts.contacts(tx, account_id, region),
        "history": [asdict(step) | {"at": step.at.isoformat()} for step in steps],
    }


def _grant(tx: Tx, account_id: str, region: str, daily: int, rate: float) -> None:
    accounts.get(tx, account_id, region)
    review_notices.grant(tx, account_id, region, max_24_hour=daily, max_rate=rate)


def _deny(tx: Tx, account_id: str, region: str, reason: str) -> None:
    accounts.get(tx, account_id, region)
    review_notices.deny(tx, account_id, region, reason=reason)
