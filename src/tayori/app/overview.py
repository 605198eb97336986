"""`GET /tayori/overview?days=1|7|14|30`: what the first page of the console shows of an account.

`days` is how far back the counts of mail go. Rates and thresholds are those of `/tayori/reputation`. Of a few of the
account's domains the DNS is asked for a DMARC record: nothing else of what is shown is in no row.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app import reputation_desk
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.config import Config
from tayori.mail.answer import Resolver, drive
from tayori.mail.dmarc import discover
from tayori.model.errors import Invalid
from tayori.model.reputation import Rules
from tayori.resources import accounts, overview, quotas, reputation
from tayori.resources.accounts import Account
from tayori.store.engine import Store, Tx

PATH = "/tayori/overview"
_DNS_SECONDS = 3.0
DAYS = {"1": 1, "7": 7, "14": 14, "30": 30}


class OverviewPages:
    def __init__(self, store: Store, config: Config, resolver: Resolver) -> None:
        self._store = store
        self._resolver = resolver
        self._rules = reputation_desk.rules_of(config.reputation)

    def table(self) -> list[Route]:
        return [Route(method="GET", prefix=PATH, handler=self.get)]

    async def get(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        days = DAYS.get(dict(parse_qsl(request.query)).get("days", "7"))
        if days is None:
            raise Invalid(f"days is one of {', '.join(DAYS)}.")
        found = await self._store.read(_show, principal.account_id, principal.region, days, self._rules)
        found["setUp"]["dmarc"] = await self._has_dmarc(found["setUp"].pop("domains"))
        return json_page.answer(200, found)

    async def _has_dmarc(self, domains: Sequence[str]) -> bool:
        """Whether a policy holds for one of them."""
        try:
            async with asyncio.timeout(_DNS_SECONDS):
                found = await asyncio.gather(*(drive(discover(domain), self._resolver) for domain in domains))
        except TimeoutError:
            return False
        return any(isinstance(one, tuple) for one in found)


def _show(tx: Tx, account_id: str, region: str, days: int, rules: Rules) -> dict[str, Any]:
    account = accounts.get(tx, account_id, region)
    look = reputation.look(tx, account_id, region, rules)
    points = overview.series(tx, account_id, region, days=days)
    return {
        "account": _account(tx, account),
        "reputation": reputation_desk.part_as_json(look.account)
        | {"limits": {"bounce": asdict(rules.bounce), "complaint": asdict(rules.complaint)}},
        "series": [
            {"at": one.at.isoformat()} | {str(name): value for name, value in one.counts.items()} for one in points
        ],
        "setUp": asdict(overview.set_up(tx, account_id, region)),
    }


def _account(tx: Tx, account: Account) -> dict[str, Any]:
    return {
        "productionAccess": account.production_access,
        "sendingEnabled": account.sending_enabled,
        "enforcementStatus": account.enforcement_status,
        "max24Hour": account.max_24_hour,
        "maxRate": account.max_rate,
        "sent24Hours": quotas.sent_last_24_hours(tx, account.account_id, account.region),
        "review": {"status": account.review_status, "case": account.review_case, "reason": account.review_reason},
        "details": dict(account.details) if account.details else None,
    }
