"""The operator's inbox of requests for production access: `/tayori/reviews`.

`GET` lists who has asked, those who wait first; `POST /tayori/reviews/<account>/<region>/grant` takes `max24Hour` and
`maxRate` (recipients in 24 hours and a second, -1 for unlimited), `…/deny` a `reason`. The account's contacts are told
by mail once it is written down.
"""

from typing import Any
from urllib.parse import unquote

from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app import json_page
from tayori.app.notices import AccountMail
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model import review_notice
from tayori.model.errors import Invalid
from tayori.resources import accounts
from tayori.store.engine import Store, Tx

PATH = "/tayori/reviews"
_LONGEST_REASON = 2000
_MOST = 10**12


class ReviewPages:
    def __init__(self, store: Store, mail: AccountMail) -> None:
        self._store = store
        self._mail = mail

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer, access=Access.OPERATOR)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        parts = [unquote(part) for part in request.path.removeprefix(PATH).strip("/").split("/") if part]
        if request.method == "GET" and not parts:
            return json_page.answer(200, {"reviews": await self._store.read(accounts.reviews)})
        if request.method == "POST" and len(parts) == 3 and parts[2] in ("grant", "deny"):
            account_id, region, verb = parts
            await (self._grant if verb == "grant" else self._deny)(account_id, region, json_page.document(request))
            return json_page.answer(200, {"account": account_id, "region": region, "decision": verb})
        raise common_error("UnknownOperationException")

    async def _grant(self, account_id: str, region: str, given: dict[str, Any]) -> None:
        daily = _quota(given, "max24Hour", accounts.PRODUCTION_MAX_24_HOUR)
        rate = _quota(given, "maxRate", accounts.PRODUCTION_MAX_RATE)
        await self._store.write(_grant, account_id, region, int(daily), float(rate))
        text = review_notice.granted(region, int(daily), float(rate))
        await self._mail.send(account_id, region, text, {"review": "granted"})

    async def _deny(self, account_id: str, region: str, given: dict[str, Any]) -> None:
        reason = " ".join(str(given.get("reason") or "").split())
        if not 0 < len(reason) <= _LONGEST_REASON:
            raise Invalid(
                f"A denial needs a reason of at most {_LONGEST_REASON} characters: the account's owner reads it."
            )
        await self._store.write(_deny, account_id, region, reason)
        await self._mail.send(account_id, region, review_notice.denied(region, reason), {"review": "denied"})


def _quota(given: dict[str, Any], name: str, otherwise: float) -> float:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Invalid(f"{name} must be a number above 0, or -1 for unlimited.")
    if value != accounts.UNLIMITED and not 0 < value < _MOST:
        raise Invalid(f"{name} must be a number above 0, or -1 for unlimited.")
    return value


def _grant(tx: Tx, account_id: str, region: str, daily: int, rate: float) -> None:
    accounts.get(tx, account_id, region)
    accounts.grant(tx, account_id, region, max_24_hour=daily, max_rate=rate)


def _deny(tx: Tx, account_id: str, region: str, reason: str) -> None:
    accounts.get(tx, account_id, region)
    accounts.deny(tx, account_id, region, reason=reason)
