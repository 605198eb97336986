"""Templates while they are written, beside the API: `/tayori/templates`.

    POST   /tayori/templates/render    subject, text, html, data -> the parts, and all that is wrong, with its place
    GET    /tayori/templates/frame     the empty page in which a preview is shown

Nothing is kept. The frame is a document of its own because one made by `srcdoc` within the console would have the
console's policy, under which no mail's style applies. It may run one script, its own, which puts what the page around
it hands over into a frame inside of it; that one may run nothing, load nothing and lead nowhere.
"""

import base64
import hashlib
from dataclasses import asdict

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.api.template_work import aside
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import Invalid
from tayori.model.role import Role
from tayori.model.template import TemplateContent, tried

PATH = "/tayori/templates"
_PARTS = ("subject", "text", "html")
_MOST_BODY = 4 * 1024 * 1024

_STYLE = "html,body{height:100%;margin:0;background:#fff}iframe{border:0;display:block;width:100%;height:100%}"
# The mode that is asked for counts, not that of the reader's system.
_SCRIPT = """
const shown = document.querySelector("iframe");
addEventListener("message", (event) => {
  if (event.source !== parent || typeof event.data?.html !== "string") return;
  const mode = event.data.mode === "dark" ? "dark" : "light";
  const html = event.data.html.replace(
    /\\(\\s*prefers-color-scheme\\s*:\\s*(dark|light)\\s*\\)/gi,
    (_, named) => (named.toLowerCase() === mode ? "(min-width:0px)" : "(max-width:0px)"),
  );
  shown.title = String(event.data.title ?? "");
  shown.style.colorScheme = mode;
  document.body.style.background = mode === "dark" ? "#1f1f1f" : "#fff";
  shown.srcdoc = `<style>:root{color-scheme:${mode}}</style>${html}`;
});
parent.postMessage("ready", "*");
"""


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# What is shown inside has this policy too: its styles apply, pictures only those that it brings along.
_POLICY = (
    f"default-src 'none'; script-src {_digest(_SCRIPT)}; style-src 'unsafe-inline'; img-src data:; font-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
_FRAME = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Preview</title>'
    f'<style>{_STYLE}</style></head><body><iframe sandbox="" title="Preview"></iframe>'
    f"<script>{_SCRIPT}</script></body></html>"
)


class TemplatePages:
    """The handlers."""

    def table(self) -> list[Route]:
        return [
            Route(method="POST", prefix=f"{PATH}/render", handler=self.render, max_body=_MOST_BODY, needs=Role.VIEWER),
            Route(method="GET", prefix=f"{PATH}/frame", handler=self.frame, access=Access.EVERYBODY, max_body=0),
        ]

    async def render(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        if request.path.rstrip("/") != f"{PATH}/render":
            raise common_error("UnknownOperationException")
        given = json_page.document(request)
        if unknown := sorted(set(given) - {*_PARTS, "data"}):
            raise Invalid(f"Not known here: {', '.join(unknown)}.")
        if not all(isinstance(value, str) for value in given.values()):
            raise Invalid("subject, text, html and data must be texts.")
        content = TemplateContent(**{name: given.get(name, "") for name in _PARTS})
        data = given.get("data") or "{}"
        parts, faults = await aside(lambda: tried(content, data))
        return json_page.answer(200, {"parts": parts, "errors": [asdict(fault) for fault in faults]})

    async def frame(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        headers = (
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", _POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-cache"),
        )
        return HttpResponse(status=200, headers=headers, body=_FRAME.encode())
