"""A message as somebody may look at it who does not trust it: its source as text, and its HTML without anything that
runs, loads or leads away.

Owns what is left of the HTML, and the policy that the browser is told beside it. The markup is written anew from what a
parser understands; whatever that parser and a browser may understand differently is still under the policy, which lets
nothing run, nothing load and nothing be followed. Never changes the message. Pure.
"""

import base64
import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from tayori.mail import fields as header
from tayori.mail import words
from tayori.mail.structure import Part, StructureError, walk

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)
MOST_SOURCE = 256 * 1024  # octets that are shown; the file has all of them
_MOST_HTML = 512 * 1024  # characters of the part
_MOST_PICTURES = 2 * 1024 * 1024  # octets of pictures that the message itself brings
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # no SVG: it is a document of its own

_TAGS = frozenset(
    (
        "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del "
        "details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main "
        "mark nav ol p pre q rp rt ruby s samp section small span strike strong style sub summary sup table tbody "
        "td tfoot th thead time tr tt u ul var wbr"
    ).split()
)
_LOADS = re.compile(r"(?:url|image-set|src)\s*\(|@import\b[\s\"']*(?:url\s*\()?", re.IGNORECASE)
_EMPTY = frozenset({"br", "col", "hr", "img", "wbr"})
# With all that stands in them.
_GONE = frozenset(
    (
        "applet audio canvas embed frameset iframe math noembed noframes noscript object script select svg "
        "template textarea title video"
    ).split()
)
_ATTRIBUTES = frozenset(
    (
        "abbr align alt bgcolor border cellpadding cellspacing class color cols colspan dir face height headers "
        "hspace id lang noshade nowrap reversed rowspan rules scope size span start style summary title type "
        "valign vspace width"
    ).split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    content_type: str
    file_name: str
    disposition: str
    size: int  # octets in transfer encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """`html` is a whole document for a frame of its own. `blocked` is how many things it would have loaded."""

    headers: Sequence[tuple[str, str]]
    parts: Sequence[ShownPart]
    html: str
    is_html: bool  # else it is the text, as it stands
    blocked: int


def source(content: bytes) -> tuple[str, bool]:
    """As text, and whether it is cut. What is no text is shown by its replacement character."""
    return content[:MOST_SOURCE].decode("utf-8", "replace").replace("\r\n", "\n"), len(content) > MOST_SOURCE


def shown(content: bytes) -> ShownMail:
    parts: list[Part] = []
    with contextlib.suppress(StructureError):  # as far as it is understood
        parts.extend(walk(content))
    html = _first(parts, "text/html")
    text = _first(parts, "text/plain")
    cleaner = Cleaner(_pictures(parts))
    if html is not None:
        cleaner.feed(html.text()[:_MOST_HTML])
        cleaner.close()
        body = cleaner.text
    else:
        plain = text.text()[:_MOST_HTML] if text is not None else ""
        body = f'<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{escape(plain)}</pre>'
    return ShownMail(
        headers=_headers(parts),
        parts=[_part(one) for one in parts if not one.is_multipart],
        html=_document(body),
        is_html=html is not None,
        blocked=cleaner.blocked,
    )


def _document(body: str) -> str:
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        '<meta name="color-scheme" content="only light"><title>-</title></head>'
        f'<body style="background: #fff; color: #000">{body}</body></html>'
    )


def _first(parts: Sequence[Part], content_type: str) -> Part | None:
    return next((one for one in parts if one.content_type == content_type and one.disposition != "attachment"), None)


def _headers(parts: Sequence[Part]) -> list[tuple[str, str]]:
    found = parts[0].fields if parts else ()
    return [(one.name.decode("ascii", "replace"), words.decode_bytes(one.value)) for one in found]


def _part(part: Part) -> ShownPart:
    return ShownPart(
        content_type=part.content_type,
        file_name=part.file_name,
        disposition=part.disposition,
        size=part.end - part.start,
    )


def _pictures(parts: Sequence[Part]) -> Mapping[str, str]:
    """Those that the message brings for its own HTML, by content id, as data URLs."""
    found: dict[str, str] = {}
    left = _MOST_PICTURES
    for part in parts:
        name = header.find(part.fields, b"Content-ID")
        if name is None or part.content_type not in _PICTURES or part.end - part.start > left:
            continue
        left -= part.end - part.start
        data = base64.b64encode(part.decoded()).decode()
        found[name.value.decode("latin-1").strip().strip("<>")] = f"data:{part.content_type};base64,{data}"
    return found


class Cleaner(HTMLParser):
    """Writes anew what may be shown. `blocked` counts what would have been loaded."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._pictures = pictures
        self._written: list[str] = []
        self._open: list[str] = []
        self._hidden = 0
        self._hiding = ""
        self.blocked = 0

    @property
    def text(self) -> str:
        return "".join(self._written) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            self._hidden += tag == self._hiding
            return
        self.blocked += sum(_is_remote(value) for name, value in attrs if name in ("src", "srcset", "background"))
        if tag in _GONE:
            self._hidden, self._hiding = 1, tag
        elif tag in _TAGS:
            self._write(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._hidden and tag in _TAGS:
            self.handle_starttag(tag, attrs)

    def _write(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = {name: value or "" for name, value in attrs if name in _ATTRIBUTES}
        if "style" in kept:
            kept["style"] = self._tamed(kept["style"])
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            picture = self._pictures.get(given.get("src", "").removeprefix("cid:"))
            kept |= {"src": picture} if picture else {}
            kept.setdefault("alt", "")
        if tag == "a" and given.get("href"):
            kept["title"] = given["href"]  # where it would lead; it leads nowhere
        text = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self._written.append(f"<{tag}{text}>")
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._hidden -= tag == self._hiding
        elif tag in self._open:
            while True:
                last = self._open.pop()
                self._written.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._open and self._open[-1] == "style":
            self._written.append(self._tamed(data).replace("<", "\\3c "))  # nothing ends the element early
        else:
            self._written.append(escape(data, quote=False))

    def _tamed(self, style: str) -> str:
        """Without what a style sheet would load, as far as it is written plainly; the policy holds for the rest."""
        tamed, count = _LOADS.subn("none(", style)
        self.blocked += count
        return tamed


def _is_remote(value: str | None) -> bool:
    return bool(value) and not str(value).strip().lower().startswith(("cid:", "data:"))
