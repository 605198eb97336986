"""Character sets of mail: from the name in a header to bytes and back (RFC 2045 5.1, RFC 2978).

Owns which names we take and the customs of Japanese mail, where the label Shift_JIS means Windows-31J and
the wave dash has two code points. Never guesses a character set from content.
"""

import codecs
import re

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")
# Python codecs that are no character sets of mail text: they escape, compress, hold NUL octets or depend on
# the host.
_NOT_MAIL = {
    *("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "charmap", "mbcs", "oem"),
    *("palmos", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7", "utf_8_sig"),
}
# What senders mean by these labels is the larger set (WHATWG Encoding Standard, "Names and labels").
_READ_AS = {"shift_jis": "cp932", "euc_kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "ascii": "utf-8",
            "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso2022_jp": "iso2022_jp_ext"}  # fmt: skip

# JIS X 0208 has one wave dash, one minus, one double bar; Unicode and Windows disagree on their code points.
_TO_WINDOWS = str.maketrans("〜−‖¢£¬—", "～－∥￠￡￢―")
_TO_JIS = str.maketrans("～－∥￠￡￢", "〜−‖¢£¬")


class CharsetError(ValueError):
    """The name is no character set we take, or the text holds a character that the set does not have."""


def codec_of(charset: str) -> codecs.CodecInfo:
    """Python's codec for the charset of a header. Raises CharsetError."""
    if _NAME.fullmatch(charset):
        try:
            info = codecs.lookup(charset)
        except LookupError:
            pass
        else:
            if info._is_text_encoding and info.name.replace("-", "_") not in _NOT_MAIL:
                return info
    raise CharsetError(f"The character set {charset[:40]!r} is not supported")


def label_of(charset: str) -> str:
    """The name as a header bears it: UTF-8 for Python's and users' other spellings, else as given."""
    return "UTF-8" if codec_of(charset).name == "utf-8" else charset


def encode(text: str, charset: str) -> bytes:
    """`text` in the bytes of `charset`. Raises CharsetError, never replaces a character silently.

    Shift_JIS and ISO-2022-JP accept both code points of the wave dash and its kin.
    """
    name = codec_of(charset).name
    try:
        return text.encode(name)
    except UnicodeEncodeError as error:
        variant = _encode_variant(text, name)
        if variant is not None:
            return variant
        missing = text[error.start]
        sentence = f"The character U+{ord(missing):04X} cannot be written in {charset}; use UTF-8"
        raise CharsetError(sentence) from error


def _encode_variant(text: str, name: str) -> bytes | None:
    try:
        if name == "shift_jis":
            return text.translate(_TO_WINDOWS).encode("cp932")
        if name in ("iso2022_jp", "euc_jp"):
            return text.translate(_TO_JIS).encode(name)
    except UnicodeEncodeError:
        pass
    return None


def decode(data: bytes, charset: str) -> str:
    """Text for a reader: never fails; what cannot be read becomes U+FFFD, an unknown charset is read as
    UTF-8.
    """
    try:
        name = codec_of(charset).name
    except CharsetError:
        name = "utf-8"
    return data.decode(_READ_AS.get(name, name), "replace")


def decode_unlabelled(data: bytes) -> str:
    """Text of bytes that bear no charset: UTF-8 where they are that, otherwise Latin-1 so that no octet is
    lost.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
