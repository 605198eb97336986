"""The files of the console's pages, as Vite built them, under /console/.

Owns what a browser is told of them: nothing inline runs, nothing comes from elsewhere, nobody frames them. Files with a
hash in their name never change; the page itself is asked for each time. A path without a file is a page of the console,
which finds its own way. All files are read once, when the service starts: no path from outside reaches the file system.
The build leaves each file compressed beside it, as `.br` (RFC 7932) and `.gz` (RFC 1952); nothing is compressed here.
"""

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse

PATH = "/console"
PACKAGED = Path(__file__).parent / "static"
_PAGE = "index.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".png": "image/png",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
)
_CODINGS = {"br": ".br", "gzip": ".gz"}  # by preference (RFC 9110, section 12.5.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    content: bytes
    packed: Mapping[str, bytes]  # by content coding
    kind: str


class StaticFiles:
    """The pages in `folder`; where they are not built, one page that says so."""

    def __init__(self, folder: Path) -> None:
        self._files = dict(_read(folder)) if (folder / _PAGE).is_file() else {}

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.get, access=Access.EVERYBODY, max_body=0)]

    async def get(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers=(("allow", "GET, HEAD"),))
        if request.path == PATH:
            return HttpResponse(status=308, headers=(("location", f"{PATH}/"),))
        name = request.path.removeprefix(f"{PATH}/")
        if not self._files:
            return _not_built()
        if name.startswith("assets/") and name not in self._files:
            return HttpResponse(status=404, headers=(*_HEADERS, ("cache-control", "no-store")))
        return _answer(request, name if name in self._files else _PAGE, self._files)


def _read(folder: Path) -> Iterator[tuple[str, StaticFile]]:
    for path in sorted(folder.rglob("*")):
        kind = _TYPES.get(path.suffix)
        if kind is None or not path.is_file():
            continue
        content = path.read_bytes()
        beside = {coding: path.with_name(path.name + ending) for coding, ending in _CODINGS.items()}
        packed = {coding: found.read_bytes() for coding, found in beside.items() if found.is_file()}
        yield path.relative_to(folder).as_posix(), StaticFile(content=content, packed=packed, kind=kind)


def _answer(request: HttpRequest, name: str, files: Mapping[str, StaticFile]) -> HttpResponse:
    file = files[name]
    keeps = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
    headers = [*_HEADERS, ("content-type", file.kind), ("cache-control", keeps), ("vary", "accept-encoding")]
    accepted = _accepted(request.headers.get("accept-encoding") or "")
    for coding, packed in file.packed.items():
        if coding in accepted:
            return HttpResponse(status=200, headers=(*headers, ("content-encoding", coding)), body=packed)
    return HttpResponse(status=200, headers=tuple(headers), body=file.content)


def _accepted(header: str) -> set[str]:
    """The codings that are named, and not with a weight of nothing."""
    named = (one.replace(" ", "").lower().partition(";") for one in header.split(","))
    return {coding for coding, _, weight in named if weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000")}


def _not_built() -> HttpResponse:
    lines = (
        ("en", "The pages of the console are not built. Build them with: make console, then start the service again."),
        ("ja", "コンソールのページがビルドされていません。make console を実行し、サービスを起動し直してください。"),
    )
    text = "".join(f"<p lang={lang}>{html.escape(line)}</p>" for lang, line in lines)
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Tayori</title>{text}"
    headers = (*_HEADERS, ("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"))
    return HttpResponse(status=503, headers=headers, body=page.encode())
