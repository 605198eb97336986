"""A message of a rehearsal's mailbox for the browser itself: its HTML within a frame, its source as a file.

Owns how the two are kept apart from the console: the policy of the answer forbids script, forms, frames and whatever
would be loaded from elsewhere, and gives the page an origin of its own, whoever opens it. Never rewrites the HTML.
"""

import base64

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.rehearsal.control import PREFIX, ControlHandler, ControlRequest

_MESSAGES = f"{PREFIX}messages/"
_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)
_COMMON = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
)


class RehearsalMail:
    def __init__(self, world: ControlHandler) -> None:
        self._world = world

    def table(self) -> list[Route]:
        access = Access.OPERATOR
        return [
            Route(method="GET", prefix=_MESSAGES, suffix="/page", handler=self.page, access=access),
            Route(method="GET", prefix=_MESSAGES, suffix="/source", handler=self.source, access=access),
        ]

    async def page(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """The HTML, for a frame without rights."""
        path = f"{request.path.removesuffix('/page')}/html"
        answer = await self._world(ControlRequest(method="GET", path=path))
        if answer.status != 200:
            return json_page.answer(answer.status, answer.body)
        headers = (("content-type", "text/html; charset=utf-8"), ("content-security-policy", _POLICY), *_COMMON)
        return HttpResponse(status=200, headers=headers, body=str(answer.body["html"]).encode("utf-8", "replace"))

    async def source(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """The message as it arrived, octet for octet, to keep as a file."""
        answer = await self._world(ControlRequest(method="GET", path=request.path.removesuffix("/source")))
        if answer.status != 200:
            return json_page.answer(answer.status, answer.body)
        headers = (
            ("content-type", "message/rfc822"),
            ("content-disposition", 'attachment; filename="message.eml"'),
            ("content-security-policy", "sandbox; default-src 'none'"),
            *_COMMON,
        )
        return HttpResponse(status=200, headers=headers, body=base64.b64decode(answer.body["raw_base64"]))
