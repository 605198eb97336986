"""Values with parameters: Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183, RFC 2231).

Owns reading them as senders write them, faults included. Never fails: what makes no sense is left out.
"""

import re
from urllib.parse import unquote_to_bytes

from tayori.mail import charsets, words

MAX_VALUE = 32 * 1024
_MAX_PARAMETERS = 200

# A value runs to the next semicolon unless it is quoted. The pieces begin differently, so matching is linear.
_PARAMETER = re.compile(r';[ \t\r\n]*([^=;\s"]+)[ \t\r\n]*=[ \t\r\n]*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL)
_NAME = re.compile(r"(.*?)(?:\*(\d{1,3}))?(\*)?")
_UNQUOTE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")


def parse(value: bytes) -> tuple[str, dict[str, str]]:
    """The value itself, lower-case, and its parameters by lower-case name: RFC 2231 continuations joined and
    decoded, encoded-words (which do not belong here, and are common) decoded too. The first of equal names counts.
    """
    text = charsets.decode_unlabelled(value[:MAX_VALUE])
    main, semicolon, _ = text.partition(";")
    main = _COMMENT.sub("", main).strip().lower()
    plain: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(text, len(text.partition(";")[0]))):
        if count >= _MAX_PARAMETERS or not semicolon:
            break
        found = _NAME.fullmatch(match[1].lower())
        content = _UNQUOTE.sub(r"\1", match[2]) if match[2] is not None else match[3].strip()
        if found is None:
            continue
        if found[2] is None and not found[3]:
            plain.setdefault(found[1], words.decode(content))
        else:
            extended.setdefault(found[1], {}).setdefault(int(found[2] or 0), (content, bool(found[3])))
    # RFC 2231 and RFC 6266: where a name is given in both forms, the extended one is the better.
    return main, plain | {name: _joined(segments) for name, segments in extended.items()}


def _joined(segments: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    data = b""
    for number, (text, is_encoded) in sorted(segments.items()):
        if number == 0 and is_encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        encoded = text.encode("utf-8", "replace")
        data += unquote_to_bytes(encoded) if is_encoded else encoded
    return words.decode(charsets.decode(data, charset) if charset else charsets.decode_unlabelled(data))
