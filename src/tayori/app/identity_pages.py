"""HTTP for the pages on identities, beside what SES's API has.

    GET    /tayori/identity-list?like=&kind=&status=&from=&limit=   identities with all of their states
    GET    /tayori/identity-activity/{identity}?days=14             what was sent as it, by day, and how its
                                                                    statuses changed
    GET    /tayori/identity-links/{domain}                          shared links that still open
    POST   /tayori/identity-links/{domain}   {"days": 30}           a new link; its address is shown this once
    DELETE /tayori/identity-links/{domain}?id=                      the link no longer opens

For the account that owns the identity. A link's token is never kept, so it cannot be shown again.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app import domain_look
from tayori.app.share_page import SHARE_PATH
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.model.errors import Invalid
from tayori.model.identity import IdentityKind, IdentityName, VerificationStatus
from tayori.resources import identities, identity_history, identity_listing, share_links
from tayori.resources.identities import Identity
from tayori.resources.identity_history import Change
from tayori.resources.identity_listing import Wish
from tayori.resources.share_links import ShareLink
from tayori.store.engine import Store

LIST_PATH, ACTIVITY_PATH, LINKS_PATH = "/tayori/identity-list", "/tayori/identity-activity", "/tayori/identity-links"
_PAGE, _MOST = 20, 100
_DAYS, _MOST_DAYS = 14, 90
_MOST_LINKS = 50  # of one domain that open at the same time


class IdentityPages:
    def __init__(self, store: Store, clock: Clock, region: str, public_url: str) -> None:
        self._store = store
        self._clock = clock
        self._region = region
        self._public_url = public_url.rstrip("/")

    def table(self) -> list[Route]:
        return [
            Route(method="GET", prefix=LIST_PATH, handler=self.listing),
            Route(method="GET", prefix=ACTIVITY_PATH, handler=self.activity),
            Route(method="GET", prefix=LINKS_PATH, handler=self.links),
            Route(method="POST", prefix=LINKS_PATH, handler=self.link),
            Route(method="DELETE", prefix=LINKS_PATH, handler=self.revoke),
        ]

    async def listing(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        account_id, region = self._place(principal)
        wish = _wish(dict(parse_qsl(request.query)))
        found = await self._store.read(identity_listing.page, account_id, region, wish)
        shown = found[: wish.limit]
        following = shown[-1].name if len(found) > wish.limit else None
        return json_page.answer(200, {"identities": [_shown(one) for one in shown], "next": following})

    async def activity(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        identity = await self._identity(request, principal, ACTIVITY_PATH)
        many = _number(dict(parse_qsl(request.query)), "days", _DAYS, _MOST_DAYS)
        place = identity.account_id, identity.region, identity.name
        days = await self._store.read(identity_listing.days, *place, many)
        changes = await self._store.read(identity_history.of_identity, *place)
        history = [_change_json(one) for one in changes]
        return json_page.answer(200, {**_shown(identity), "days": days, "changes": history})

    async def links(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        return json_page.answer(200, {"links": [_link_json(one) for one in await self._links(request, principal)]})

    async def link(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        identity = await self._identity(request, principal, LINKS_PATH)
        days = json_page.document(request).get("days", share_links.DEFAULT_DAYS)
        if type(days) is not int or not 1 <= days <= share_links.MOST_DAYS:
            raise Invalid(f"days must be a number from 1 to {share_links.MOST_DAYS}.")
        if len(await self._links(request, principal)) >= _MOST_LINKS:
            raise Invalid(f"{_MOST_LINKS} links to this domain open already. Revoke one first.")
        now = self._clock.now()
        link = ShareLink(
            share_id=ids.share_id(),
            account_id=identity.account_id,
            region=identity.region,
            identity=identity.name,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        token = await self._store.write(share_links.create, link, secrets.token_bytes(32))
        return json_page.answer(200, {**_link_json(link), "url": f"{self._public_url}{SHARE_PATH}/{token}"})

    async def revoke(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        identity = await self._identity(request, principal, LINKS_PATH)
        wanted = dict(parse_qsl(request.query)).get("id", "")
        await self._store.write(share_links.revoke, identity.account_id, wanted)
        return json_page.answer(200, {"revoked": wanted})

    async def _links(self, request: HttpRequest, principal: Principal | None) -> list[ShareLink]:
        identity = await self._identity(request, principal, LINKS_PATH)
        return await self._store.read(share_links.of_identity, identity.account_id, identity.region, identity.name)

    async def _identity(self, request: HttpRequest, principal: Principal | None, prefix: str) -> Identity:
        account_id, region = self._place(principal)
        name = unquote(request.path.removeprefix(prefix).strip("/"))
        if not name:
            raise common_error("UnknownOperationException")
        return await self._store.read(identities.get, account_id, region, IdentityName.parse(name).text)

    def _place(self, principal: Principal | None) -> tuple[str, str]:
        assert principal is not None
        return principal.account_id, principal.region or self._region


def _wish(query: Mapping[str, str]) -> Wish:
    kind, status = query.get("kind", ""), query.get("status", "")
    if kind and kind not in list(IdentityKind):
        raise Invalid(f"kind must be one of {', '.join(IdentityKind)}.")
    if status and status not in list(VerificationStatus):
        raise Invalid(f"status must be one of {', '.join(VerificationStatus)}.")
    return Wish(
        like=query.get("like", "").strip()[:320],
        kind=IdentityKind(kind) if kind else None,
        status=VerificationStatus(status) if status else None,
        after=query.get("from", "")[:320],
        limit=_number(query, "limit", _PAGE, _MOST),
    )


def _number(query: Mapping[str, str], name: str, otherwise: int, most: int) -> int:
    text = query.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise Invalid(f"{name} must be a number from 1 to {most}.")
    return int(text)


def _shown(identity: Identity) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "name": identity.name,
        "kind": str(identity.kind),
        "created_at": moment(identity.created_at),
        "statuses": domain_look.statuses(identity),
        "signing_enabled": identity.signing_enabled,
        "mail_from_domain": identity.mail_from_domain,
        "configuration_set": identity.configuration_set,
        "error": identity.error_type,
        "last_checked_at": moment(identity.last_checked_at),
        "last_success_at": moment(identity.last_success_at),
        "next_check_at": moment(identity.next_check_at),
    }


def _change_json(change: Change) -> dict[str, Any]:
    record = None
    if change.record_name:
        record = {"name": change.record_name, "type": change.record_type}
    return {
        "at": change.at.isoformat(),
        "subject": change.subject,
        "before": change.before,
        "after": change.after,
        "cause": change.cause,
        "record": record,
        "error": change.error,
    }


def _link_json(link: ShareLink) -> dict[str, str]:
    return {
        "id": link.share_id,
        "created_at": link.created_at.isoformat(),
        "expires_at": link.expires_at.isoformat(),
    }
