"""Open and click tracking: what of a message is changed so that the service is told of opens and clicks.

Owns SES's rules (ses: metrics FAQ): only HTML; the pixel at the end of the body, or in place of the placeholder
`{{ses:openTracker}}`; `ses:no-track` and `ses:tags` of a link; at most 250 links, of http and https only, and only URLs
that are spelled as RFC 3986 asks. Nothing else of the message changes. What is signed or encrypted by others, forwarded
or attached stays as it is: a message with a DKIM-Signature, for one, as the change would break it.
"""

import html.entities
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tayori.mail import html_scan, transfer
from tayori.mail.fields import find
from tayori.mail.html_scan import Attribute, Scan
from tayori.mail.structure import Part, StructureError, walk
from tayori.mail.transfer import Body, Edit
from tayori.model import tracking_link
from tayori.model.errors import DomainError
from tayori.model.message import Submission, TrackingOverride
from tayori.model.names import ServiceNames
from tayori.model.tracking_link import (
    LONGEST_TARGET,
    LinkKey,
    LinkKind,
    TrackingHosts,
    TrackingLink,
    format_tags,
    is_clean,
    parse_tags,
)

MOST_LINKS = 250
MOST_HTML = 2 * 1024 * 1024  # octets in all parts; mail programs cut off HTML at a twentieth of that
_PLACEHOLDER = b"{{ses:openTracker}}"
_OWN_ATTRIBUTES = frozenset({b"ses:tags", b"ses:no-track"})
_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})
_FOREIGN_SEALS = (b"dkim-signature", b"domainkey-signature", b"content-md5")
_REFERENCE = re.compile(r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*)(;?)(?=(=?))")
_LONGEST_VALUE = 4 * LONGEST_TARGET  # with its character references
_SPACE = b"\t\n\f\r "


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What a configuration set asks for: events of these kinds, under this domain."""

    opens: bool
    clicks: bool
    redirect_domain: str | None = None
    https_policy: str | None = None


def overridden(tracking: Tracking | None, override: TrackingOverride) -> Tracking | None:
    """What a request says of itself comes before what its configuration set says, if it has one (ses)."""
    base = tracking or Tracking(opens=False, clicks=False)
    found = replace(
        base,
        opens=base.opens if override.opens is None else override.opens,
        clicks=base.clicks if override.clicks is None else override.clicks,
    )
    return found if found.opens or found.clicks else None


class TrackingWanted(DomainError):
    """A message is to be tracked and was not yet made so. Never an answer to a client: whoever submitted it changes it
    outside of the transaction and submits it again.
    """

    def __init__(self, tracking: Tracking, key: LinkKey) -> None:
        super().__init__("the message has to be made trackable")
        self.tracking = tracking
        self.key = key


def trackable(submission: Submission, wanted: TrackingWanted, hosts: TrackingHosts, names: ServiceNames) -> Submission:
    """The submission as it has to be submitted again."""
    tracking = wanted.tracking

    def write(link: TrackingLink) -> str:
        origin = hosts.origin(link, names, tracking.redirect_domain, tracking.https_policy)
        return tracking_link.write(link, origin, wanted.key)

    content = track(submission.content, submission.message_id, tracking, write)
    return replace(submission, content=content, is_trackable=True)


# Gives the URL for a link.
Write = Callable[[TrackingLink], str]


def track(content: bytes, message_id: str, tracking: Tracking, write: Write) -> bytes:
    """The message with its links and its pixel; the very same where there is nothing to change."""
    parts = _opened(content)
    if not parts:
        return content
    work = _Work(message_id, tracking, write)
    pixel_in = next((part for part in parts if part.placeholders), parts[0]) if tracking.opens else None
    pieces: list[bytes] = []
    position = 0
    for one in parts:
        edits = work.edits(one, has_pixel=one is pixel_in)
        if edits:
            pieces += (content[position : one.start], one.body.edited(edits))
            position = one.end
    return b"".join((*pieces, content[position:])) if pieces else content


@dataclass(frozen=True, slots=True)
class _Html:
    """An HTML part that may be changed."""

    start: int
    end: int
    body: Body
    scan: Scan
    placeholders: tuple[int, ...]


def _opened(content: bytes) -> list[_Html]:
    found: list[_Html] = []
    size = 0
    try:
        for part in _changeable(content):
            body = transfer.opened(part.body, part.transfer_encoding)
            view = html_scan.ascii_view(body.data, part.content_parameters.get("charset", "")) if body else None
            size += len(view or b"")
            if size > MOST_HTML:
                break
            if body is not None and view is not None:
                places = tuple(match.start() for match in re.finditer(re.escape(_PLACEHOLDER), view))
                found.append(_Html(part.start, part.end, body, html_scan.scan(view), places))
    except StructureError:  # more parts than anybody reads
        return []
    return found


def _changeable(content: bytes) -> Iterator[Part]:
    """The HTML parts, but for those that are attached, forwarded, or sealed by somebody."""
    closed: int | None = None  # the depth of an entity of which nothing is touched
    for part in walk(content):
        if closed is not None and part.depth > closed:
            continue
        closed = None
        if part.depth == 0 and any(find(part.fields, name) for name in _FOREIGN_SEALS):
            return
        if part.content_type in _SEALED or part.content_type.startswith("message/") or part.disposition == "attachment":
            closed = part.depth
        elif part.content_type == "text/html" and find(part.fields, b"Content-MD5") is None and _has_body(part):
            yield part


def _has_body(part: Part) -> bool:
    """A header that no empty line ends would be gone on with."""
    return part.source[part.start - 4 : part.start] == b"\r\n\r\n"


class _Work:
    """The changes of one message; what is left of its 250 links goes on from part to part."""

    def __init__(self, message_id: str, tracking: Tracking, write: Write) -> None:
        self._message_id = message_id
        self._tracking = tracking
        self._write = write
        self._links = 0

    def edits(self, part: _Html, *, has_pixel: bool) -> list[Edit]:
        """In order, none within another."""
        edits = self._clicks(part) if self._tracking.clicks else []
        edits += self._opens(part, has_pixel=has_pixel) if self._tracking.opens else []
        apart: list[Edit] = []
        for edit in sorted(edits, key=lambda one: (one.start, one.end)):
            if not apart or edit.start >= apart[-1].end:
                apart.append(edit)
        return apart

    # -- opens -----------------------------------------------------------------------------------------------------

    def _opens(self, part: _Html, *, has_pixel: bool) -> list[Edit]:
        """The first placeholder becomes the pixel, others go; without any it stands at the end of the body."""
        size = len(_PLACEHOLDER)
        edits = [Edit(start, start + size, b"") for start in part.placeholders]
        if has_pixel:
            start, end = (edits[0].start, edits[0].end) if edits else (part.scan.body_end, part.scan.body_end)
            escape = html_scan.to_ascii_at(part.body.data, start)
            edits[:1] = [Edit(start, end, escape + self._pixel())]
        return edits

    def _pixel(self) -> bytes:
        source = self._write(TrackingLink(kind=LinkKind.OPEN, message_id=self._message_id))
        return f'<img alt="" src="{source}" style="display:none;width:1px;height:1px">'.encode("ascii")

    # -- clicks ----------------------------------------------------------------------------------------------------

    def _clicks(self, part: _Html) -> list[Edit]:
        data = part.body.data
        edits: list[Edit] = []
        for attributes in part.scan.anchors:
            first = {one.name: one for one in reversed(attributes)}  # of equal names the first counts
            tags = first.get(b"ses:tags")
            edits += [_removal(data, one) for one in attributes if one.name in _OWN_ATTRIBUTES]
            href = first.get(b"href")
            if href is not None and b"ses:no-track" not in first and self._links < MOST_LINKS:
                edits += self._click(data, href, tags)
        return edits

    def _click(self, data: bytes, href: Attribute, tags: Attribute | None) -> list[Edit]:
        target = target_of(data[href.value_start : href.value_end])
        if target is None:
            return []
        self._links += 1
        given = parse_tags(data[tags.value_start : tags.value_end].decode("latin-1")) if tags else {}
        url = self._write(
            TrackingLink(kind=LinkKind.CLICK, message_id=self._message_id, target=target, tags=format_tags(given))
        )
        quoted = href.end > href.value_end  # with the quotes, so that a line can end on both sides
        start = href.value_start - (1 if quoted else 0)
        quote = data[start : start + 1].decode("ascii") if quoted else '"'
        return [Edit(start, href.end, f"{quote}{url}{quote}".encode("ascii"))]


def _removal(data: bytes, attribute: Attribute) -> Edit:
    """With the white space before it, which stood there for its sake."""
    start = attribute.start
    while start > 0 and data[start - 1] in _SPACE:
        start -= 1
    return Edit(start, attribute.end, b"")


def target_of(value: bytes) -> str | None:
    """The URL that an `href` leads to, where it is one that can be tracked."""
    try:
        text = value.strip(_SPACE).decode("ascii")
    except UnicodeDecodeError:
        return None
    if text[:4].lower() != "http" or len(text) > _LONGEST_VALUE:
        return None
    resolved = resolve_references(text)
    return resolved if resolved is not None and is_clean(resolved) else None


def resolve_references(text: str) -> str | None:
    """An attribute's value with its character references resolved (WHATWG HTML 13.2.5.72); None where browsers mend one
    that is not written out.
    """
    pieces: list[str] = []
    position = 0
    for found in _REFERENCE.finditer(text):
        name, semicolon, equals = found.groups()
        if name.startswith("#"):
            if not semicolon:
                return None
            replaced = _numbered(name)
        elif semicolon:
            replaced = html.entities.html5.get(f"{name};", found[0])
        elif equals or name not in html.entities.html5:
            continue
        else:
            return None
        pieces += (text[position : found.start()], replaced)
        position = found.end()
    return "".join((*pieces, text[position:]))


def _numbered(name: str) -> str:
    """What is no ASCII character is not clean in a URL anyway."""
    digits = name[1:]
    code = int(digits[1:9], 16) if digits[:1] in "xX" else int(digits[:8])
    return chr(code) if code < 0x80 else "\ufffd"
