"""Simple and Template content to a message: header fields and MIME body as bytes.

Owns the shape: mixed( related( alternative(text, html), inline…), attachments…), each level only where it is needed,
and the certainty that nothing a client sent opens a header line of its own: values are checked before they are
encoded, and the finished block is split again and counted. Adds no Date, Message-ID or other field of the service:
whoever accepts the message does. RFC 5322, RFC 2045-2047.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tayori.mail import words
from tayori.mail.address import Mailbox
from tayori.mail.fields import Field, FieldsError, split_message
from tayori.mail.parts import Attachment, Disposition, Part, PartError, attachment_part, multipart, text_part

_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=?-]{1,60}")  # RFC 2046 5.1.1, less what is ours to add
# Fields that `compose` writes itself or that would change how its body is read.
_OURS = {
    *("from", "to", "cc", "bcc", "reply-to", "subject", "mime-version"),
    *("content-type", "content-transfer-encoding", "content-disposition", "content-id"),
}


class ComposeError(ValueError):
    """The content makes no message. `str()` is a sentence for the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """SES's Content: text and the charset in which it shall travel."""

    data: str
    charset: str = "UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """SES's Body: one of the two or both. None = that form is not there."""

    text: Content | None = None
    html: Content | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleContent:
    """What SendEmail's Simple content (or a rendered template) says, addresses parsed, Bcc left out."""

    sender: Mailbox
    to: Sequence[Mailbox] = ()
    cc: Sequence[Mailbox] = ()
    reply_to: Sequence[Mailbox] = ()
    subject: Content
    body: Body
    headers: Sequence[tuple[str, str]] = ()
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as built: its fields, and its body with CRLF line ends."""

    fields: tuple[Field, ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        return b"".join((*[field.raw for field in self.fields], b"\r\n", self.body))


def compose(content: SimpleContent, boundary: str) -> Composed:
    """The message. `boundary` is unguessable (RFC 2046 5.1.1 characters, 60 at the most). Raises ComposeError."""
    if not _BOUNDARY.fullmatch(boundary):
        raise ValueError("not a boundary")
    try:
        part = _structure(content, boundary)
    except PartError as error:
        raise ComposeError(str(error)) from error
    lines = [b"From: " + _addresses((content.sender,), used=6)]
    for name, boxes in ((b"To", content.to), (b"Cc", content.cc), (b"Reply-To", content.reply_to)):
        if boxes:
            lines.append(name + b": " + _addresses(boxes, used=len(name) + 2))
    lines.append(b"Subject: " + _subject(content.subject))
    lines += [_custom(name, value) for name, value in content.headers]
    lines.append(b"MIME-Version: 1.0")
    written = len(lines) + part.header.count(b"\r\nContent-") + 1
    block = b"".join([line + b"\r\n" for line in lines]) + part.header
    return Composed(_verified(block, written), part.body)


def _verified(block: bytes, expected: int) -> tuple[Field, ...]:
    """The block split again; a field more than was written means that a value has opened a line."""
    try:
        fields, _ = split_message(block + b"\r\n")
    except FieldsError as error:
        raise ComposeError(str(error)) from error
    if len(fields) != expected:
        raise ComposeError("A header value contains a line end")
    return fields


def _addresses(boxes: Sequence[Mailbox], *, used: int) -> bytes:
    out: list[bytes] = []
    column = used
    for position, box in enumerate(boxes):
        try:
            encoded = box.encode()
        except words.WordsError as error:
            raise ComposeError(f"The name before an address {error}") from error
        first_line = encoded.find(b"\r\n")
        if position:
            fits = column + 2 + (first_line if first_line >= 0 else len(encoded)) < words.MAX_LINE
            out.append(b", " if fits else b",\r\n ")
            column = column + 2 if fits else 1
        out.append(encoded)
        column = len(encoded) - encoded.rfind(b"\n") - 1 if first_line >= 0 else column + len(encoded)
    return b"".join(out)


def _subject(subject: Content) -> bytes:
    try:
        return words.encode_text(subject.data, charset=subject.charset, used=len("Subject: "))
    except words.WordsError as error:
        raise ComposeError(f"The subject {error}" if "control" in str(error) else str(error)) from error


def _custom(name: str, value: str) -> bytes:
    if name.lower() in _OURS:
        raise ComposeError(f"Duplicate header '{name}'.")
    try:
        return Field.make(name, value).raw[:-2]
    except FieldsError as error:
        raise ComposeError(str(error)) from error


def _structure(content: SimpleContent, boundary: str) -> Part:
    body = _alternative(content.body, boundary)
    inline: list[Part] = []
    attached: list[Part] = []
    for attachment in content.attachments:
        # Only HTML can show a part by its Content-ID; any other inline part is shown where it stands.
        embedded = attachment.disposition is Disposition.INLINE and attachment.content_id and content.body.html
        (inline if embedded else attached).append(attachment_part(attachment))
    if inline:
        # RFC 2387 3.1: `type` is that of the root, which is the first part.
        root = "multipart/alternative" if content.body.text else "text/html"
        body = multipart("related", [body, *inline], boundary + "-r", f'; type="{root}"')
    if attached:
        body = multipart("mixed", [body, *attached], boundary + "-m")
    return body


def _alternative(body: Body, boundary: str) -> Part:
    """The forms in rising order of faithfulness (RFC 2046 5.1.4): text first."""
    forms = [("plain", body.text), ("html", body.html)]
    children = [text_part(form.data, subtype, form.charset) for subtype, form in forms if form is not None]
    if not children:
        raise ComposeError("The message has neither a text nor an HTML body")
    return children[0] if len(children) == 1 else multipart("alternative", children, boundary + "-a")
