"""What a call of a page beside the API (`/tayori/…`) leaves in the audit log.

Owns which of these calls are changes: all but reading ones, ones that only look, and those of the rehearsal internet,
which is no part of the account. A page opens its transactions itself, so the entry follows in one of its own.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from tayori import ids
from tayori.api.audit import Caller, caller_of
from tayori.api.registry import Principal
from tayori.aws.errors import ApiError
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model import audit as model
from tayori.model.audit import DONE, Entry
from tayori.model.errors import DomainError
from tayori.resources import audit
from tayori.store.engine import Store, StoreUnavailable, Tx

logger = logging.getLogger("tayori.audit")

Handler = Callable[[HttpRequest, Principal | None], Awaitable[HttpResponse]]

_READS = ("GET", "HEAD", "OPTIONS")
# Posts that change nothing, or nothing of the account's.
_LOOKS = re.compile(
    r"/tayori/(?:rehearsal(?:/|$)|feedback-loops/lookup|console/session$|jobs/|messages/tail|.*/(?:look|check|preview)$)"
)
_LONGEST = 64 * 1024


def is_change(request: HttpRequest) -> bool:
    return request.method not in _READS and _LOOKS.match(request.path) is None


async def noted(store: Store, handler: Handler, request: HttpRequest, principal: Principal) -> HttpResponse:
    """What the page answers, with an entry where the call is a change."""
    if not is_change(request):
        return await handler(request, principal)
    caller = caller_of(principal, request)
    try:
        answer = await handler(request, principal)
    except (ApiError, DomainError) as error:
        code = error.code if isinstance(error, ApiError) else type(error).__name__
        await _note(store, caller, request, principal, code)
        raise
    await _note(store, caller, request, principal, DONE if answer.status < 400 else f"HTTP {answer.status}")
    return answer


async def _note(store: Store, caller: Caller, request: HttpRequest, principal: Principal, outcome: str) -> None:
    unique = ids.request_id()
    try:
        await store.write(_put, caller, request, principal, outcome, unique)
    except StoreUnavailable:
        logger.warning("audit_entry_lost", extra={"request_id": unique})


def _put(tx: Tx, caller: Caller, request: HttpRequest, principal: Principal, outcome: str, unique: str) -> None:
    kept, _ = model.as_kept(model.cleaned(_body(request)), ())
    page, _, resource = request.path.removeprefix("/tayori/").partition("/")
    audit.put(
        tx,
        Entry(
            account_id=principal.account_id,
            entry_id=audit.entry_id(tx.now, unique),
            at=tx.now,
            region=principal.region,
            door=caller.door,
            actor=caller.actor,
            source_ip=request.source_ip,
            agent=caller.agent,
            service="tayori",
            operation=f"{request.method} /tayori/{page}",
            resource=unquote(resource),
            request=kept,
            outcome=outcome,
            changes=[],
        ),
    )


def _body(request: HttpRequest) -> Any:
    if len(request.body) > _LONGEST:
        return model.TOO_LARGE
    try:
        return json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return model.HIDDEN
