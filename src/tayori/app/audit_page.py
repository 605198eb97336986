"""The audit log over HTTP, for administrators of the account: `/tayori/audit`.

GET lists the newest first (`who`, `operation`, `resource`, `since`, `until`, `behind`, `limit`), and below it shows one
entry with what stood before and after. Never changes anything: nobody can.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.audit import Entry
from tayori.model.errors import Invalid
from tayori.model.role import Role
from tayori.resources import audit
from tayori.resources.audit import Filter
from tayori.store.engine import Store

PATH = "/tayori/audit"
MOST_SHOWN = 100
_LONGEST = 500


def filter_of(given: Mapping[str, str]) -> Filter:
    """Raises Invalid."""
    for name, text in given.items():
        if len(text) > _LONGEST or not text.isprintable():
            raise Invalid(f"{name[:40]} must be a text of at most {_LONGEST} characters that can be printed.")
    return Filter(
        actor=given.get("who", ""),
        operation=given.get("operation", ""),
        resource=given.get("resource", ""),
        since=_moment("since", given.get("since", "")),
        until=_moment("until", given.get("until", "")),
    )


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name} must be a time as in ISO 8601, such as 2026-01-31T12:00:00Z.") from error


def limit_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_SHOWN):
        raise Invalid(f"limit must be from 1 to {MOST_SHOWN}.")
    return int(text)


def as_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.entry_id,
        "at": entry.at.isoformat(),
        "region": entry.region,
        "door": entry.door,
        "who": entry.actor,
        "source_ip": entry.source_ip,
        "client": entry.agent,
        "service": entry.service,
        "operation": entry.operation,
        "resource": entry.resource,
        "outcome": entry.outcome,
    }


def whole_as_json(entry: Entry) -> dict[str, Any]:
    return {**as_json(entry), "request": entry.request, "changes": entry.changes}


class AuditPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="GET", prefix=PATH, handler=self.answer, needs=Role.ADMINISTRATOR)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        name, _, rest = unquote(request.path.removeprefix(PATH).strip("/")).partition("/")
        if rest:
            raise common_error("UnknownOperationException")
        if name:
            if len(name) > 80 or not name.isprintable():
                raise common_error("UnknownOperationException")
            return json_page.answer(200, whole_as_json(await self._store.read(audit.get, principal.account_id, name)))
        return json_page.answer(200, await self._listed(principal.account_id, dict(parse_qsl(request.query))))

    async def _listed(self, account_id: str, given: Mapping[str, str]) -> dict[str, Any]:
        limit = limit_of(given.get("limit", "50"))
        wanted = filter_of(given)
        found, behind = await self._store.read(
            audit.listed, account_id, wanted, behind=given.get("behind", ""), limit=limit
        )
        return {"entries": [as_json(one) for one in found], "next": behind}
