"""Received mail as its reader's program shows it: a list, and one message opened.

Owns what is taken out of a message to be read: decoded header fields, the text, the HTML with its own pictures, names
of attached files. Never runs, loads or rewrites anything of a message; how the HTML is kept apart is the business of
whoever shows it. RFC 2045-2047 (MIME), RFC 2392 (`cid:`).
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from tayori.mail.fields import Field, FieldsError, find, split_message
from tayori.mail.structure import Part, StructureError, walk
from tayori.mail.words import decode_bytes
from tayori.rehearsal.mailbox import Mailboxes, ReceivedMessage

PAGE = 100
_TEXT = 256 * 1024  # characters of a text that are shown
_HTML = 2 * 1024 * 1024
_PICTURES = 8 * 1024 * 1024  # octets of a message's own pictures, in all
_FIELDS = 200
_SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_CID = re.compile(r"cid:([^\s\"'<>)]{1,300})", re.IGNORECASE)


class MailDesk:
    def __init__(self, mailboxes: Mailboxes) -> None:
        self._mailboxes = mailboxes

    def mailboxes(self, like: str, after: str) -> Mapping[str, Any]:
        found = self._mailboxes.address_page(like=like, after=after, limit=PAGE + 1)
        listed = [{"address": one[0], "messages": one[1], "last_at": one[2]} for one in found[:PAGE]]
        return {"mailboxes": listed, **({"next": found[PAGE - 1][0]} if len(found) > PAGE else {})}

    def letters(self, to: str, before: str, limit: int) -> Mapping[str, Any]:
        """The newest first, without their content."""
        found = self._mailboxes.newest(to=to, before=before, limit=limit + 1)
        listed = [_summary(message) for message in found[:limit]]
        return {"letters": listed, **({"next": found[limit - 1].id} if len(found) > limit else {})}

    def reading(self, message: ReceivedMessage) -> Mapping[str, Any]:
        """One message, opened."""
        fields, parts = _fields(message.content), list(_parts(message.content))
        text = next((part for part in parts if _is_text(part, "text/plain")), None)
        shown = text.text() if text else ""
        return {
            **_summary(message),
            "fields": [{"name": _name(one), "value": decode_bytes(one.value)} for one in fields[:_FIELDS]],
            "text": shown[:_TEXT],
            "is_cut": len(shown) > _TEXT,
            "has_html": any(_is_text(part, "text/html") for part in parts),
            "files": [
                {"name": part.file_name, "type": part.content_type, "octets": len(part.decoded())}
                for part in parts
                if not part.is_multipart and (part.file_name or part.disposition == "attachment")
            ],
        }

    def html(self, message: ReceivedMessage) -> str | None:
        """The HTML as its sender wrote it, with the pictures that came along in place; None where there is none."""
        parts = list(_parts(message.content))
        page = next((part for part in parts if _is_text(part, "text/html")), None)
        if page is None:
            return None
        pictures = _pictures(parts)
        return _CID.sub(lambda found: pictures.get(unquote_to_bytes(found[1]), "data:,"), page.text()[:_HTML])


def _summary(message: ReceivedMessage) -> dict[str, Any]:
    fields = _fields(message.content)
    return {
        **{key: value for key, value in message.as_json().items() if key != "raw_base64"},
        "subject": _value(fields, b"Subject"),
        "from": _value(fields, b"From"),
        "octets": len(message.content),
    }


def _fields(content: bytes) -> tuple[Field, ...]:
    try:
        return split_message(content)[0]
    except FieldsError:
        return ()


def _value(fields: tuple[Field, ...], name: bytes) -> str:
    found = find(fields, name)
    return decode_bytes(found.value) if found else ""


def _name(field: Field) -> str:
    return field.name.decode("ascii", "replace")


def _parts(content: bytes) -> Iterator[Part]:
    try:
        yield from walk(content)
    except StructureError:
        return  # what came so far is shown


def _is_text(part: Part, content_type: str) -> bool:
    return part.content_type == content_type and part.disposition != "attachment"


def _pictures(parts: list[Part]) -> dict[bytes, str]:
    """`data:` URLs by content id; of a message's own pictures only, and not endlessly many."""
    found: dict[bytes, str] = {}
    left = _PICTURES
    for part in parts:
        named = find(part.fields, b"Content-ID")
        if named is None or part.content_type not in _SHOWN_TYPES:
            continue
        data = part.decoded()
        left -= len(data)
        if left < 0:
            break
        found[named.value.strip().strip(b"<>")] = (
            f"data:{part.content_type};base64,{base64.b64encode(data).decode('ascii')}"
        )
    return found
