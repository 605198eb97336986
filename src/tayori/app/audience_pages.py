"""Recipients by the beginning of their addresses, and lists as files, beside the API.

    GET /tayori/suppression            prefix, reason, from, limit  -> entries, next
    GET /tayori/suppression/export     from, format                 -> a piece of the file: text, count, next
    GET /tayori/contacts               list, prefix, status, topic, from, limit -> contacts, next
    GET /tayori/contacts/export        list, from, format
    GET /tayori/contacts/count         list -> how many, as far as counting takes no time

A page is asked for by the address behind which to go on. Files have the form that imports read.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model import list_export
from tayori.model.contact_list import Filter, Status
from tayori.model.errors import Invalid
from tayori.model.job import DataFormat
from tayori.model.role import Role
from tayori.resources import address_search, contact_lists, contacts, suppression
from tayori.store.engine import Store, Tx
from tayori.store.tables import storable

SUPPRESSION, CONTACTS = "/tayori/suppression", "/tayori/contacts"
_MOST = 100
_MOST_OF_FILE = 1000


class AudiencePages:
    """The handlers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        answers = (
            (SUPPRESSION, _suppressed, None),
            (f"{SUPPRESSION}/export", _suppressed_file, Role.ADMINISTRATOR),
            (CONTACTS, _contacts, None),
            (f"{CONTACTS}/export", _contacts_file, Role.ADMINISTRATOR),
            (f"{CONTACTS}/count", _counted, None),
        )
        return [
            Route(method="GET", prefix=path, handler=self._handler(path, find), max_body=0, needs=needs)
            for path, find, needs in answers
        ]

    def _handler(self, path: str, find: Callable[..., Any]) -> Any:
        async def answer(request: HttpRequest, principal: Principal | None) -> HttpResponse:
            assert principal is not None
            if request.path.rstrip("/") != path:
                raise common_error("UnknownOperationException")
            query = {name: storable(value) for name, value in parse_qsl(request.query)}
            found = await self._store.read(find, principal.account_id, principal.region, query)
            return json_page.answer(200, found)

        return answer


def _suppressed(tx: Tx, account_id: str, region: str, query: Mapping[str, str]) -> dict[str, Any]:
    reason = query.get("reason", "")
    if reason and reason not in suppression.REASONS:
        raise Invalid("reason is BOUNCE or COMPLAINT.")
    found = address_search.suppressed(
        tx,
        account_id,
        region,
        prefix=query.get("prefix", ""),
        reason=reason,
        after=query.get("from", ""),
        limit=_limit(query),
    )
    entries = [
        {"address": one.address, "reason": one.reason, "updated": one.updated_at.isoformat()} for one in found.entries
    ]
    return {"entries": entries, "next": found.rest}


def _suppressed_file(tx: Tx, account_id: str, region: str, query: Mapping[str, str]) -> dict[str, Any]:
    page = suppression.page(tx, account_id, region, after=query.get("from", ""), limit=_MOST_OF_FILE)
    text = list_export.suppressed([(one.address, one.reason) for one in page.entries], _format(query))
    return {"text": text, "count": len(page.entries), "next": page.rest}


def _contacts(tx: Tx, account_id: str, region: str, query: Mapping[str, str]) -> dict[str, Any]:
    contact_list = contact_lists.get(tx, account_id, region, query.get("list", ""))
    status = query.get("status", "")
    if status and status not in tuple(Status):
        raise Invalid("status is OPT_IN or OPT_OUT.")
    topic = contact_list.topic(query["topic"]) if query.get("topic") else None
    wanted = Filter(status=Status(status) if status else None, topic=topic, by_default=True)
    found, rest = address_search.contacts(
        tx,
        contact_list,
        wanted,
        prefix=query.get("prefix", ""),
        after=query.get("from", ""),
        limit=_limit(query),
    )
    shown = [
        {
            "address": one.address,
            "unsubscribed": one.wants.unsubscribed,
            "topics": {each.name: one.wants.of(each).value for each in contact_list.topics},
            "updated": one.updated_at.isoformat(),
        }
        for one in found
    ]
    return {"contacts": shown, "next": rest}


def _contacts_file(tx: Tx, account_id: str, region: str, query: Mapping[str, str]) -> dict[str, Any]:
    contact_list = contact_lists.get(tx, account_id, region, query.get("list", ""))
    found, rest = contacts.page(tx, contact_list, Filter(), after=query.get("from", ""), limit=_MOST_OF_FILE)
    rows = [(one.address, one.wants, one.attributes) for one in found]
    kind = _format(query)
    text = list_export.contacts(rows, contact_list.topics, kind)
    if kind is DataFormat.CSV and not query.get("from"):
        text = list_export.contact_heading(contact_list.topics) + text
    return {"text": text, "count": len(found), "next": rest}


def _counted(tx: Tx, account_id: str, region: str, query: Mapping[str, str]) -> dict[str, Any]:
    contact_list = contact_lists.get(tx, account_id, region, query.get("list", ""))
    count, is_all = address_search.count(tx, contact_list)
    return {"count": count, "is_all": is_all}


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "50")
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= _MOST):
        raise Invalid(f"limit must be between 1 and {_MOST}.")
    return int(text)


def _format(query: Mapping[str, str]) -> DataFormat:
    try:
        return DataFormat(query.get("format", DataFormat.CSV).upper())
    except ValueError:
        raise Invalid("format is CSV or JSON.") from None
