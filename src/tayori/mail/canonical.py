"""DKIM canonicalization of header fields and bodies (RFC 6376 3.4), for signing and verifying alike.

Owns the two algorithms, "simple" and "relaxed". Works on whole buffers with bytes methods: they run in C, and on
clean mail they copy nothing. Never parses a signature.
"""

import re

_BLANKS = re.compile(rb"[ \t]+")
_ENDING = re.compile(rb"(?:\r\n)*\Z")


def relaxed_field(raw: bytes) -> bytes:
    """3.4.2: the name lower-case, the value unfolded, runs of white space made one space; ends in CRLF."""
    name, _, value = raw.partition(b":")
    if b"\x0b" in value or b"\x0c" in value:  # bytes.split() takes them for white space, RFC 6376 does not
        value = _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    else:
        value = b" ".join(value.split())
    return name.rstrip(b" \t").lower() + b":" + value + b"\r\n"


def simple_body(body: bytes) -> bytes:
    """3.4.3: empty lines at the end go, a last CRLF is there; an empty body is one CRLF."""
    if body.endswith(b"\r\n"):
        return body if not body.endswith(b"\r\n\r\n") and body != b"\r\n" else _without_empty_lines(body) + b"\r\n"
    return body + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """3.4.4: as simple, with white space at line ends gone and other runs of it made one space; empty stays empty.

    A last line without CRLF is treated as if it had one, since SMTP adds it on the way.
    """
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    while b"  " in body:  # each round halves every run: 30 rounds are a gigabyte of spaces
        body = body.replace(b"  ", b" ")
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    if body.endswith(b"\r\n\r\n") or body == b"\r\n":
        body = _without_empty_lines(body)
        return body + b"\r\n" if body else b""
    return body


def _without_empty_lines(body: bytes) -> bytes:
    """Without the CRLFs at the end. Octets before them may be bare CR or LF, which are content and stay."""
    stripped = body.rstrip(b"\r\n")
    ends = body[len(stripped) :]
    if ends == b"\r\n" * (len(ends) // 2):
        return stripped
    ending = _ENDING.search(ends)  # someone else's message with bare CR or LF: take whole CRLFs only
    return body[: len(stripped) + (ending.start() if ending else 0)]
