"""The files inside a mail that carries a report, unpacked (RFC 7489 7.2.1.1, RFC 8460 5.3: gzip; others send ZIP, or
XML and JSON as they are).

Owns the bounds. Such mail comes from strangers: nothing here believes a declared type, a file name or a declared size,
no archive's directory is read, and what comes out is limited however small what came in was.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from tayori.mail.structure import StructureError, walk

MAX_UNPACKED: Final = 20 * 1024 * 1024  # octets, of all files of one mail together
MAX_FILES: Final = 10

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE 4.3.7
_ENCRYPTED, _STORED, _DEFLATED = 0x1, 0, 8
_DESCRIPTOR = 24  # octets between the data of one file and the next header, at the most (APPNOTE 4.3.9)


class UnpackError(ValueError):
    """A file is damaged, or larger than any report is."""


_Kind: TypeAlias = Callable[[bytes], bool]


def xml_files(raw: bytes) -> Iterator[bytes]:
    """Every XML document among the mail's parts, at most MAX_FILES. Raises UnpackError; what came before counts."""
    return _files(raw, _is_xml)


def json_files(raw: bytes) -> Iterator[bytes]:
    """Every JSON object among the mail's parts, likewise."""
    return _files(raw, _is_json)


def _files(raw: bytes, is_wanted: _Kind) -> Iterator[bytes]:
    left, count = MAX_UNPACKED, 0
    try:
        for part in walk(raw):
            if part.is_multipart or part.content_type.startswith("message/"):
                continue
            for document in _documents(part.decoded(), left, is_wanted):
                count += 1
                left -= len(document)
                if count > MAX_FILES:
                    raise UnpackError(f"the mail holds more than {MAX_FILES} files")
                yield document
    except StructureError as error:
        raise UnpackError(str(error)) from error


def _documents(data: bytes, left: int, is_wanted: _Kind) -> Iterator[bytes]:
    if data.startswith(_GZIP):
        yield from filter(is_wanted, (_gunzip(data, left),))
    elif data.startswith(_ZIP):
        yield from filter(is_wanted, _unzip(data, left))
    elif is_wanted(data):
        if len(data) > left:
            raise UnpackError("the file is too large")
        yield data


def _is_xml(data: bytes) -> bool:
    return data.startswith(_BOMS[1:]) or data.removeprefix(_BOMS[0]).lstrip(b" \t\r\n").startswith(b"<")


def _is_json(data: bytes) -> bool:
    return data.removeprefix(_BOMS[0]).lstrip(b" \t\r\n").startswith(b"{")


def _gunzip(data: bytes, left: int) -> bytes:
    content, _ = _inflate(data, left, zlib.MAX_WBITS | 16)
    return content


def _inflate(data: bytes, left: int, window: int) -> tuple[bytes, int]:
    """What comes out, and how many octets went in."""
    engine = zlib.decompressobj(window)
    try:
        content = engine.decompress(data, left + 1)
    except zlib.error as error:
        raise UnpackError("the file is damaged") from error
    if len(content) > left:
        raise UnpackError("the file is too large")
    if not engine.eof:
        raise UnpackError("the file is cut off")
    return content, len(data) - len(engine.unused_data)


def _unzip(data: bytes, left: int) -> Iterator[bytes]:
    """The files one behind the other. The directory at the end is not needed, and so cannot lie or be endless."""
    at, count = 0, 0
    while data.startswith(_ZIP, at):
        count += 1
        if count > MAX_FILES:
            raise UnpackError(f"the archive holds more than {MAX_FILES} files")
        content, at = _zip_entry(data, at, left)
        left -= len(content)
        yield content
        following = data.find(_ZIP, at, at + _DESCRIPTOR + len(_ZIP))
        at = following if following >= 0 else len(data)


def _zip_entry(data: bytes, at: int, left: int) -> tuple[bytes, int]:
    """One file's content, and where its data ends."""
    if len(data) < at + _LOCAL_HEADER.size:
        raise UnpackError("the archive is cut off")
    _, _, flags, method, _, _, _, packed, _, name, extra = _LOCAL_HEADER.unpack_from(data, at)
    start = at + _LOCAL_HEADER.size + name + extra
    if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
        raise UnpackError("the archive is encrypted, or packed in a way that reports are not")
    if method == _DEFLATED:
        content, taken = _inflate(data[start:], left, -zlib.MAX_WBITS)
        return content, start + taken
    content = data[start : start + packed]
    if len(content) < packed or packed > left:
        raise UnpackError("the archive is cut off, or too large")
    return content, start + packed
