"""MIME parts as bytes: text, attachments and the multiparts that hold them (RFC 2045, 2046, 2183, 2231).

Owns the choice of a transfer encoding and the shape of Content-* fields. Written by hand because Python's `email`
costs forty times as much and has let header lines be injected (CVE-2024-6923, CVE-2026-1299): here no value reaches
a header without passing `words` or a pattern of its own.
"""

import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from mimetypes import MimeTypes
from urllib.parse import quote as percent_encode

from tayori.mail import charsets, words
from tayori.mail.lines import MAX_LINE, has_bare_line_ends, has_line_longer_than

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MEDIA_TYPE = re.compile(r"([A-Za-z0-9!#$&^_.+-]+)/([A-Za-z0-9!#$&^_.+-]+)(?:\s*;[ -~]*)?")
_CONTENT_ID = re.compile(r"<?([!-;=?-~]+)>?")
_ASCII = bytes(range(128))
_SEGMENT = 60  # octets of an RFC 2231 parameter value on one line
# Python's own table only: what the host's mime.types say must not change a message.
_BY_EXTENSION = MimeTypes()


class PartError(ValueError):
    """A part cannot be written as asked. `str()` is a sentence for the client."""


class Disposition(StrEnum):
    ATTACHMENT = "ATTACHMENT"
    INLINE = "INLINE"


class TransferEncoding(StrEnum):
    """SES's names for RFC 2045 6 encodings."""

    SEVEN_BIT = "SEVEN_BIT"
    QUOTED_PRINTABLE = "QUOTED_PRINTABLE"
    BASE64 = "BASE64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """SES's Attachment. `content` is the file itself; `transfer_encoding` a wish: base64 where it cannot hold."""

    content: bytes
    file_name: str
    content_type: str = ""  # "" = by the name's extension
    disposition: Disposition = Disposition.ATTACHMENT
    content_id: str = ""
    description: str = ""
    transfer_encoding: TransferEncoding = TransferEncoding.SEVEN_BIT


@dataclass(frozen=True, slots=True)
class Part:
    """A MIME entity: its Content-* fields, each ended by CRLF, and its body in transfer encoding."""

    header: bytes
    body: bytes


def text_part(text: str, subtype: str, charset: str) -> Part:
    """text/plain or text/html in `charset`, its line ends CRLF. Raises PartError."""
    if "\r" in text or "\n" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    try:
        charset = charsets.label_of(charset)
        data = charsets.encode(text, charset)
    except charsets.CharsetError as error:
        raise PartError(str(error)) from error
    encoding, body = _encode_text(data)
    header = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return Part(header.encode("ascii"), body)


def _encode_text(data: bytes) -> tuple[str, bytes]:
    """7bit wherever it holds (ISO-2022-JP too); else quoted-printable while it leaves most octets readable."""
    if is_seven_bit(data):
        return "7bit", data
    if b"\0" in data or b"\x1b" in data or 2 * len(data.translate(None, _ASCII)) > len(data):
        return "base64", to_base64(data)
    return "quoted-printable", to_quoted_printable(data, is_text=True)


def is_seven_bit(data: bytes) -> bool:
    """Whether RFC 2045 2.7 lets `data` travel as it is."""
    return (
        data.isascii()
        and b"\0" not in data
        and not has_line_longer_than(data, MAX_LINE)
        and not has_bare_line_ends(data)
    )


def to_base64(data: bytes) -> bytes:
    """In lines of 76, joined by CRLF, none after the last."""
    encode = binascii.b2a_base64
    return b"\r\n".join([encode(data[at : at + 57], newline=False) for at in range(0, len(data), 57)])


def to_quoted_printable(data: bytes, *, is_text: bool) -> bytes:
    """Text keeps its CRLF as line ends; other data has them encoded, so that it comes back octet for octet."""
    encoded = binascii.b2a_qp(data, istext=is_text)
    # b2a_qp takes its soft line breaks from the first line end it meets, and from nowhere where there is none.
    return encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def attachment_part(attachment: Attachment) -> Part:
    """The attachment with Content-Type, -Disposition, -ID, -Description and -Transfer-Encoding. Raises PartError."""
    name = attachment.file_name
    if not name or _CONTROL.search(name):
        raise PartError("An attachment's file name is empty or contains control characters")
    media_type = _media_type(attachment)
    encoding, body = _encode_file(attachment)
    disposition = attachment.disposition.value.lower()
    lines = [
        b"Content-Type: " + media_type.encode("ascii") + _name_parameter(name),
        b"Content-Transfer-Encoding: " + encoding,
        b"Content-Disposition: " + disposition.encode("ascii") + _file_name_parameter(name),
    ]
    if attachment.content_id:
        lines.append(b"Content-ID: <" + _content_id(attachment.content_id) + b">")
    if attachment.description:
        lines.append(b"Content-Description: " + _described(attachment.description))
    return Part(b"".join([line + b"\r\n" for line in lines]), body)


def _media_type(attachment: Attachment) -> str:
    text = attachment.content_type
    if not text:
        return _BY_EXTENSION.guess_type(attachment.file_name)[0] or "application/octet-stream"
    match = _MEDIA_TYPE.fullmatch(text)
    if match is None or _CONTROL.search(text):
        raise PartError("An attachment's ContentType is not a media type")
    if match[1].lower() == "multipart":
        raise PartError("An attachment's ContentType cannot be a multipart type")
    return text.rstrip("; ")


def _encode_file(attachment: Attachment) -> tuple[bytes, bytes]:
    data = attachment.content
    if attachment.transfer_encoding is TransferEncoding.SEVEN_BIT and is_seven_bit(data):
        return b"7bit", data
    if attachment.transfer_encoding is TransferEncoding.QUOTED_PRINTABLE:
        return b"quoted-printable", to_quoted_printable(data, is_text=False)
    return b"base64", to_base64(data)


def _name_parameter(name: str) -> bytes:
    """Content-Type's `name`, for readers that know no RFC 2231: encoded-words in quotes, as all mailers write it."""
    if name.isascii():
        return b";\r\n name=" + words.quote(name).encode("ascii")
    return b';\r\n name="' + b"\r\n ".join(words.encode_words(name, used=len(' name="'))) + b'"'


def _file_name_parameter(name: str) -> bytes:
    """Content-Disposition's `filename`: quoted, or by RFC 2231 in UTF-8, continued over lines where it is long."""
    if name.isascii():
        return b";\r\n filename=" + words.quote(name).encode("ascii")
    segments = [""]
    for character in name:
        encoded = percent_encode(character, safe="!#$&+-.^_`{}~", errors="replace")
        if len(segments[-1]) + len(encoded) > _SEGMENT:
            segments.append("")
        segments[-1] += encoded
    if len(segments) == 1:
        return f";\r\n filename*=UTF-8''{segments[0]}".encode("ascii")
    segments[0] = "UTF-8''" + segments[0]
    return "".join([f";\r\n filename*{n}*={part}" for n, part in enumerate(segments)]).encode("ascii")


def _content_id(text: str) -> bytes:
    match = _CONTENT_ID.fullmatch(text)
    if match is None:
        raise PartError("An attachment's ContentId has characters that a Content-ID cannot hold")
    return match[1].encode("ascii")


def _described(text: str) -> bytes:
    try:
        return words.encode_text(text, used=len("Content-Description: "))
    except words.WordsError as error:
        raise PartError(f"An attachment's ContentDescription {error}") from error


def multipart(subtype: str, children: list[Part], boundary: str, more_parameters: str = "") -> Part:
    """multipart/<subtype> of the children in order. The boundary is unguessable, so no child holds it.

    `more_parameters` is ours, never a client's: such as `; type="text/html"`.
    """
    mark = b"--" + boundary.encode("ascii")
    header = f'Content-Type: multipart/{subtype}{more_parameters};\r\n boundary="{boundary}"\r\n'
    pieces: list[bytes] = []
    for child in children:
        pieces += (mark, b"\r\n", child.header, b"\r\n", child.body, b"\r\n")
    return Part(header.encode("ascii"), b"".join((*pieces, mark, b"--\r\n")))
