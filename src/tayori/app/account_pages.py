"""The installation's accounts, for operators: `/tayori/accounts`.

GET lists them as they are in the region asked for (`like`, `behind`, `limit`); POST makes one, in the sandbox and
without a key; PATCH gives another name. Reviews, quotas and pauses have pages of their own.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app.audit_page import limit_of
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import Invalid
from tayori.resources import account_list, accounts
from tayori.resources.account_list import Listed
from tayori.store.engine import Store, Tx

PATH = "/tayori/accounts"
_LONGEST_NAME = 100


def as_json(one: Listed) -> dict[str, Any]:
    return {
        "id": one.account_id,
        "name": one.name,
        "created_at": one.created_at.isoformat(),
        "production_access": one.production_access,
        "sending_enabled": one.sending_enabled,
        "enforcement_status": one.enforcement_status,
        "review_status": one.review_status,
        "max_24_hour": one.max_24_hour,
        "identities": one.identities,
        "credentials": one.credentials,
        "sent_24_hours": one.sent,
    }


class AccountPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer, access=Access.OPERATOR)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        account_id = unquote(request.path.removeprefix(PATH).strip("/"))
        match request.method, bool(account_id):
            case "GET", False:
                given = dict(parse_qsl(request.query))
                return json_page.answer(200, await self._store.read(_listed, principal.region, given))
            case "POST", False:
                name = _name(json_page.document(request))
                made = await self._store.write(_made, ids.account_id(), principal.region, name)
                return json_page.answer(201, as_json(made))
            case "PATCH", True:
                name = _name(json_page.document(request))
                changed = await self._store.write(_named, account_id, principal.region, name)
                return json_page.answer(200, as_json(changed))
        raise common_error("UnknownOperationException")


def _name(given: Mapping[str, Any]) -> str:
    name = given.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid(f"name must be a text of 1 to {_LONGEST_NAME} characters that can be printed.")
    if set(given) != {"name"}:
        raise Invalid("Only name can be given here.")
    return name.strip()


def _listed(tx: Tx, region: str, given: Mapping[str, str]) -> dict[str, Any]:
    like, behind = given.get("like", ""), given.get("behind", "")
    if len(like) > _LONGEST_NAME or not like.isprintable() or not behind.isprintable():
        raise Invalid(f"like must be a text of at most {_LONGEST_NAME} characters that can be printed.")
    found, more = account_list.listed(tx, region, like=like, behind=behind, limit=limit_of(given.get("limit", "50")))
    return {"accounts": [as_json(one) for one in found], "next": more}


def _made(tx: Tx, account_id: str, region: str, name: str) -> Listed:
    accounts.create(tx, account_id, region, name=name)
    return account_list.one(tx, account_id, region)


def _named(tx: Tx, account_id: str, region: str, name: str) -> Listed:
    account_list.rename(tx, account_id, name)
    return account_list.one(tx, account_id, region)
