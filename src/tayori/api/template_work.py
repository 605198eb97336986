"""What v1 and v2 do alike with templates: compiling and rendering beside the event loop, and their lists.

Owns the threads that compile and render, so that nobody's template holds up the requests of others, and the templates
that were compiled, until others were used more lately.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from tayori import ids
from tayori.api.registry import Call, ComposeCall
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import Body, Content, SimpleContent, compose
from tayori.mail.date import rfc5322_date
from tayori.model import template as rules
from tayori.model.errors import InvalidTemplateData, Kind, MissingRenderingAttribute
from tayori.model.handlebars import MissingAttribute, RenderingError
from tayori.model.template import CompiledTemplate, Rendered, TemplateContent
from tayori.resources import templates
from tayori.resources.templates import Listed
from tayori.store.tables import from_micros, to_micros

T = TypeVar("T")

LONGEST_PAGE = 100
SHORTEST_PAGE = 10  # where a request names none (ses: probed)
_MOST_KEPT = 4_000_000  # characters of all templates that are kept compiled; each takes some ten times that
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="templates")
_NOBODY = Mailbox("", AddrSpec("nobody", "invalid"))


async def aside(work: Callable[[], T]) -> T:
    """Run what takes its time beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


class CompiledTemplates:
    """The templates that were used last, by a digest of what they say."""

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[bytes, CompiledTemplate] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, content: TemplateContent, *, is_simple: bool = False) -> CompiledTemplate:
        """Raises InvalidTemplate."""
        key = _digest(content, is_simple)
        found = self._kept.pop(key, None)
        if found is None:
            found = await aside(lambda: rules.compiled(content, is_simple=is_simple))
            if key in self._kept:  # somebody else was first
                return found
            self._size += found.size
        self._kept[key] = found
        while self._size > self._most and len(self._kept) > 1:
            self._size -= self._kept.pop(next(iter(self._kept))).size
        return found


def _digest(content: TemplateContent, is_simple: bool) -> bytes:
    digest = hashlib.sha256(b"simple" if is_simple else b"")
    for part in content.parts:
        octets = part.encode("utf-8", "surrogatepass")
        digest.update(len(octets).to_bytes(8, "big") + octets)
    return digest.digest()


COMPILED = CompiledTemplates()


async def put(
    call: ComposeCall, name: str, content: TemplateContent, write: Callable[..., None], *more: object
) -> None:
    """Create or update a template that can be compiled; others are refused. Raises DomainErrors."""
    rules.check_name(name)
    await COMPILED.get(content)
    await call.store.write(write, call.account_id, call.region, name, content, *more)


async def tried_out(call: ComposeCall, name: str, data: str) -> str:
    """The whole MIME text of what is made of a template and data (ses: TestRenderTemplate)."""
    content = await call.store.read(templates.get, call.account_id, call.region, name)
    compiled = await COMPILED.get(content)
    boundary, now = ids.url_token(), call.now
    return await aside(lambda: _message(_rendered(compiled, data), boundary, now))


def _rendered(compiled: CompiledTemplate, data: str) -> Rendered:
    try:
        return compiled.render(rules.data_of(data))
    except MissingAttribute as error:
        raise MissingRenderingAttribute(str(error)) from error
    except RenderingError as error:
        raise InvalidTemplateData(str(error)) from error


def _message(rendered: Rendered, boundary: str, now: datetime) -> str:
    subject, body = parts_of(rendered)
    composed = compose(SimpleContent(sender=_NOBODY, subject=subject, body=body), boundary)
    shown = b"".join([field.raw for field in composed.fields if field.name.lower() != b"from"])
    text = shown + b"\r\n" + composed.body
    return f"Date: {rfc5322_date(now)}\r\n{text.decode('utf-8', 'replace')}"


def parts_of(rendered: Rendered) -> tuple[Content, Body]:
    """Subject and body of a message; a part that came out empty is none, unless both did."""
    html = Content(data=rendered.html) if rendered.html else None
    text = Content(data=rendered.text) if rendered.text or html is None else None
    return Content(data=rendered.subject), Body(text=text, html=html)


def page(call: Call, token: str | None, size: int) -> tuple[list[Listed], str | None]:
    """The newest first. v1 and v2 take each other's tokens."""
    bound_to = f"{Kind.TEMPLATE}/{call.account_id}/{call.region}"
    after = None
    if token:
        created_at, name = call.pages.decode(bound_to, token)
        after = from_micros(int(created_at or 0)), str(name)
    found = templates.page(call.tx, call.account_id, call.region, after=after, limit=size + 1)
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], call.pages.encode(bound_to, [to_micros(last.created_at), last.name])
