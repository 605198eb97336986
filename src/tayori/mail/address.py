"""One mail address and lists of them: `AddrSpec`, `Mailbox` and their parsers, with SES's words when they
are wrong.

Owns the syntax of RFC 5321 4.1.2 `Mailbox` (no source routes, no address literals, no SMTPUTF8: SES takes
7-bit local parts and turns international domains into A-labels), the sizes of RFC 5321 4.5.3.1, and RFC 5322
3.4 for header fields. The error texts follow SES's order and wording. Never asks the DNS.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from tayori.mail import words
from tayori.mail.domain import AddressError, to_ascii_domain

__all__ = ["AddrSpec", "AddressError", "Mailbox", "parse_mailbox", "parse_mailbox_list", "to_ascii_domain"]

MAX_ADDRESS = 320  # UTF-16 units, as SES counts
MAX_PATH = 254  # RFC 5321 4.5.3.1.3: 256 octets with the angle brackets
MAX_LOCAL = 64
MAX_LIST = 256 * 1024  # characters of an address list: as long as a whole header may be

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_DOT_ATOM = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*")
_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The alternatives begin differently, so matching is linear (RFC 5321 4.1.2 Quoted-string, kept wide for
# diagnosis).
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class AddrSpec:
    """local-part@domain. The local part is kept as written (quotes too); the domain is lower-case, in
    A-labels.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address that `text` is, whole and bare: no angle brackets, comments or white space around it.

        Raises AddressError.
        """
        local, domain = _split(text[: 16 * MAX_ADDRESS])  # a megabyte of anything costs nothing
        if len(text) * 2 > MAX_ADDRESS and len(text.encode("utf-16-le", "surrogatepass")) > 2 * MAX_ADDRESS:
            shown = _shown(text)
            raise AddressError(f"Address length is more than {MAX_ADDRESS} characters long: '{shown}'.")
        _check_local(local)
        address = cls(local, to_ascii_domain(domain))
        if len(local) + 1 + len(address.domain) > MAX_PATH:
            raise AddressError(f"Address is longer than {MAX_PATH} octets")
        return address

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    def unlabelled(self) -> "AddrSpec":
        """The address without `+label`: who has verified user@example.com also sends as
        user+label@example.com.
        """
        base, plus, _ = self.local.partition("+")
        return AddrSpec(base, self.domain) if plus and base and not base.startswith('"') else self


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name that readers show beside it; the name is decoded text, "" where there is
    none.
    """

    display_name: str
    addr: AddrSpec

    def __str__(self) -> str:
        return f"{self.display_name} <{self.addr}>" if self.display_name else str(self.addr)

    def encode(self) -> bytes:
        """As it stands in a header field: ASCII, the name quoted or in RFC 2047 encoded-words where it must
        be.

        Raises words.WordsError for a name with control characters (a parsed Mailbox never has one).
        """
        address = str(self.addr).encode("ascii")
        if not self.display_name:
            return address
        name = words.encode_phrase(self.display_name)
        last_line = len(name) - name.rfind(b"\n") - 1
        fits = last_line + len(address) + 3 <= words.MAX_LINE
        return name + (b" <" if fits else b"\r\n <") + address + b">"


def _split(text: str) -> tuple[str, str]:
    """The two sides of the @, with SES's checks in SES's order."""
    if text.startswith('"'):
        local, domain = _split_quoted(text)
    else:
        local, at, domain = text.partition("@")
        if _CONTROL_OR_SPACE.search(local):
            raise AddressError("Local address contains control or whitespace")
        if not at:
            raise AddressError("Missing final '@domain'")
        if not local:
            raise AddressError("Missing local name")
    if not domain:
        raise AddressError("Missing domain")
    if _CONTROL_OR_SPACE.search(domain):
        raise AddressError("Domain contains control or whitespace")
    return local, domain


def _split_quoted(text: str) -> tuple[str, str]:
    quoted = _QUOTED.match(text)
    if quoted is None:
        raise AddressError("Unterminated quote")
    if "\r" in quoted[0] or "\n" in quoted[0]:
        raise AddressError(f"Invalid email address {_shown(text)}.")
    rest = text[quoted.end() :]
    if not rest:
        raise AddressError("Missing final '@domain'")
    if rest[0] != "@":
        raise AddressError("Quote not at end of local address")
    return quoted[0], rest[1:]


def _check_local(local: str) -> None:
    if not local.isascii():
        raise AddressError("Local address contains a character outside US-ASCII")
    if local.startswith('"'):
        if _CONTROL.search(local):
            raise AddressError("Local address contains control or whitespace")
    elif not _DOT_ATOM.fullmatch(local):
        raise AddressError(_why_no_dot_atom(local))
    if len(local) > MAX_LOCAL:
        raise AddressError(f"Local address is longer than {MAX_LOCAL} octets")


def _why_no_dot_atom(local: str) -> str:
    if local.startswith("."):
        return "Local address starts with dot"
    if local.endswith("."):
        return "Local address ends with dot"
    if ".." in local:
        return "Local address contains dot-dot"
    return "Local address contains illegal character"


def _shown(text: str) -> str:
    """The client's text for a sentence of ours: control characters made visible, so that no reply can be
    split.
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text[:1000])


# --- RFC 5322 3.4: mailboxes and groups in header fields ---

# One token each; every alternative begins with another character and repeats one class, so the scan is
# linear. An encoded-word goes first, because careless senders leave dots and commas in it.
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<word>=\?[A-Za-z0-9._:*+-]{1,80}\?[BbQq]\?[!->@-~]{0,1000}\?=)"
    rf"|(?P<atom>[{_ATEXT}\x80-\U0010ffff]+)"
    r'|(?P<quoted>"(?:[^"\\\r\n]|\\[^\r\n]|\r\n[ \t])*")'
    r"|(?P<literal>\[[^\[\]\\\r\n]*\])"
    r"|(?P<special>[.@<>,:;])"
)
_REMEMBERED = 400  # characters of a list that is worth remembering
_COMMENT_PIECE = re.compile(r"[^()\\]+|\\.|[()]", re.DOTALL)
_UNQUOTE = re.compile(r"\\(.)|\r\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word, atom, quoted, literal, comment, end, or the special character itself
    text: str
    spaced: bool  # white space stood before it


def parse_mailbox(text: str) -> Mailbox:
    """The one mailbox of `text`: bare, `Name <a@example.com>`, or `a@example.com (Name)`. Raises
    AddressError.
    """
    boxes = parse_mailbox_list(text)
    if len(boxes) != 1:
        why = "More than one address where one is wanted" if boxes else "Missing final '@domain'"
        raise AddressError(why)
    return boxes[0]


def parse_mailbox_list(text: str) -> tuple[Mailbox, ...]:
    """All mailboxes of an address list, the members of groups included; () for an empty list or group.

    Takes RFC 5322 3.4 with its obsolete empty members and spaced local parts, names in RFC 2047
    encoded-words and raw Unicode names. Time grows linearly with the text. Raises AddressError, also for
    source routes.
    """
    if len(text) <= _REMEMBERED:
        return _parse_again(text)
    if len(text) > MAX_LIST:
        raise AddressError(f"Address list is longer than {MAX_LIST} characters")
    return _parse_list(text)


@lru_cache(maxsize=4096)
def _parse_again(text: str) -> tuple[Mailbox, ...]:
    """The same few senders stand in most messages, and one message names each address two or three times."""
    return _parse_list(text)


def _parse_list(text: str) -> tuple[Mailbox, ...]:
    boxes: list[Mailbox] = []
    member: list[_Token] = []
    in_group = in_angle = False
    for token in _tokens(text):
        if token.kind in ("<", ">"):
            in_angle = token.kind == "<"
        if token.kind != "end" and (in_angle or token.kind not in (",", ";", ":")):
            member.append(token)
            continue
        if token.kind == ":":
            if in_group or not any(t.kind in ("atom", "word", "quoted") for t in member):
                raise AddressError("Group is not well formed")
            in_group = True
        else:
            boxes.extend(_mailbox(member))
        if token.kind == ";":
            if not in_group:
                raise AddressError("Illegal semicolon, not in group")
            in_group = False
        member = []
    if in_group:
        raise AddressError("Missing semicolon at the end of a group")
    return tuple(boxes)


def _tokens(text: str) -> Iterator[_Token]:
    position, spaced = 0, False
    while position < len(text):
        if text[position] == "(":
            end = _comment_end(text, position)
            yield _Token("comment", text[position + 1 : end - 1], spaced)
            position, spaced = end, True
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise AddressError(_why_no_token(text, position))
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "space":
            if "\r" in match[0] or "\n" in match[0]:
                _check_fold(match[0])
            spaced = True
            continue
        yield _Token(match[0] if kind == "special" else kind, match[0], spaced)
        spaced = False
    yield _Token("end", "", spaced)


def _check_fold(space: str) -> None:
    """A line end is white space only as CRLF before a blank (RFC 5322 3.2.2); anything else is an
    injection.
    """
    rest = space.replace("\r\n ", " ").replace("\r\n\t", " ")
    if "\r" in rest or "\n" in rest:
        raise AddressError("Address contains a line end")


def _comment_end(text: str, start: int) -> int:
    depth = 0
    position = start
    while position < len(text):
        piece = _COMMENT_PIECE.match(text, position)
        if piece is None:
            break
        position = piece.end()
        depth += (piece[0] == "(") - (piece[0] == ")")
        if depth == 0:
            comment = text[start:position]
            if "\r" in comment or "\n" in comment:
                _check_fold(comment)
            return position
    raise AddressError("Unbalanced comment")


def _why_no_token(text: str, position: int) -> str:
    character = text[position]
    if character == '"':
        return "Unterminated quote"
    if character == "[":
        return "Unterminated domain literal"
    if _CONTROL.match(character):
        return "Local address contains control or whitespace"
    return "Address contains illegal character"


def _mailbox(tokens: list[_Token]) -> list[Mailbox]:
    """The mailbox that one list member is; [] where it holds comments only."""
    comments = [t.text for t in tokens if t.kind == "comment"]
    tokens = [t for t in tokens if t.kind != "comment"]
    if not tokens:
        return []
    kinds = [t.kind for t in tokens]
    if "<" not in kinds:
        return [Mailbox(words.decode(comments[-1]).strip() if comments else "", _addr_spec(tokens))]
    opening = kinds.index("<")
    if kinds[-1] != ">" or kinds.count("<") != 1 or kinds.count(">") != 1:
        raise AddressError("Angle brackets are not well formed")
    inner = tokens[opening + 1 : -1]
    if any(t.kind in (",", ":") for t in inner):
        raise AddressError("Illegal route-addr")
    return [Mailbox(_phrase(tokens[:opening]), _addr_spec(inner))]


def _addr_spec(tokens: list[_Token]) -> AddrSpec:
    """Joins the tokens; white space is ignored beside dots and @ only (RFC 5322 4.4)."""
    out: list[str] = []
    previous = "."
    for token in tokens:
        if token.spaced and out and token.kind not in (".", "@") and previous not in (".", "@"):
            raise AddressError("Local address contains control or whitespace")
        if token.kind in ("<", ">", ":", ";", ","):
            raise AddressError("Address contains illegal character")
        out.append(token.text)
        previous = token.kind
    return AddrSpec.parse("".join(out))


def _phrase(tokens: list[_Token]) -> str:
    """The display name: quoted-strings unquoted, encoded-words decoded, inner white space made one space."""
    parts: list[str] = []
    for token in tokens:
        if token.kind in ("@", ":", ";", ",", "literal"):
            raise AddressError("Illegal character in the name before an address")
        text = token.text
        if token.kind == "quoted":
            text = _UNQUOTE.sub(lambda found: found[1] or "", text[1:-1])
        parts.append((" " if token.spaced and parts else "") + text)
    return words.decode("".join(parts)).strip()
