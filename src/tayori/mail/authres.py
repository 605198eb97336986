"""Authentication-Results: write the field, and read one (RFC 8601).

Owns the field's grammar, comments and quoting. Never verifies anything: results are given. Values come from
strangers' mail, so writing quotes whatever is not a plain token and lets no line end through.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\s\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+")
_PLAIN_VALUE = re.compile(r"(?:[^\s\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]*@)?[^\s\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+")
_KEYWORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-_]*[A-Za-z0-9])?")
_LINE_LIMIT = 78
_COMMENT_DEPTH = 20


class AuthResError(ValueError):
    """The text is not an Authentication-Results value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResult:
    """One resinfo: `properties` pairs "smtp.mailfrom", "header.d"… with their values, in order."""

    method: str
    result: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    comment: str = ""

    def value(self, name: str) -> str:
        """The value of a property, or an empty string."""
        return next((value for key, value in self.properties if key == name), "")

    @property
    def text(self) -> str:
        """`method=result (comment) reason="…" ptype.property=value`."""
        parts = [f"{self.method}={self.result}"]
        if self.comment:
            parts.append(f"({_comment(self.comment)})")
        if self.reason:
            parts.append(f"reason={_quoted(self.reason)}")
        parts.extend(f"{name}={_value(value)}" for name, value in self.properties)
        return " ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResults:
    """The verdicts of one authentication service about one message."""

    authserv_id: str
    results: tuple[AuthResult, ...] = ()

    def encode(self) -> bytes:
        """The header field with its line ends, folded between words."""
        name = f"Authentication-Results: {_value(self.authserv_id)};"
        blocks = [result.text for result in self.results] or ["none"]
        lines = [name]
        for number, block in enumerate(blocks, 1):
            lines.extend(_folded(block + (";" if number < len(blocks) else "")))
        return "\r\n".join(lines).encode("utf-8") + b"\r\n"

    def of(self, method: str) -> tuple[AuthResult, ...]:
        return tuple(result for result in self.results if result.method == method)


def _folded(block: str) -> Iterator[str]:
    line = "\t"
    for word in _words(block):
        if line.strip() and len(line) + 1 + len(word) > _LINE_LIMIT:
            yield line
            line = "\t"
        line += word if line == "\t" else f" {word}"
    yield line


def _words(block: str) -> Iterator[str]:
    """The pieces between which a line may be folded: quoted strings stay whole."""
    yield from re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+', block)


def _clean(text: str) -> str:
    """Control characters cannot stand in a header field, quoted or not."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", text)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", _clean(text)) + '"'


def _value(text: str) -> str:
    return text if _PLAIN_VALUE.fullmatch(text) else _quoted(text)


def _comment(text: str) -> str:
    return re.sub(r"([()\\])", r"\\\1", _clean(text)).replace('"', "'")


def parse_authentication_results(value: str) -> AuthenticationResults:
    """Read the field's value, folded or not."""
    return _Reader(value).field()


class _Reader:
    """A recursive reader over the characters; comments and white space may stand between any two tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def field(self) -> AuthenticationResults:
        self._skip()
        authserv_id = self._pvalue()
        self._skip()
        if self._take(re.compile(r"\d+")) not in ("", "1"):  # authres-version
            raise AuthResError("only version 1 is known")
        results: list[AuthResult] = []
        while self._next(";"):
            self._skip()
            if self._at == len(self._text):
                break
            if (found := self._resinfo()) is not None:
                results.append(found)
        self._skip()
        if self._at < len(self._text):
            raise AuthResError(f"unexpected text: {self._text[self._at : self._at + 20]!r}")
        return AuthenticationResults(authserv_id=authserv_id, results=tuple(results))

    def _resinfo(self) -> AuthResult | None:
        method = self._keyword("a method")
        self._skip()
        if method.lower() == "none" and not self._peek("="):
            return None
        if self._next("/"):  # method-version
            self._skip()
            self._take(re.compile(r"\d+"))
        if not self._next("="):
            raise AuthResError(f"method {method!r} has no result")
        self._skip()
        result = self._keyword("a result")
        comment = self._skip()
        reason, properties = self._properties()
        return AuthResult(
            method=method.lower(),
            result=result.lower(),
            reason=reason,
            properties=properties,
            comment=comment,
        )

    def _properties(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        reason, properties = "", []
        while self._at < len(self._text) and not self._peek(";"):
            name = self._keyword("a property").lower()
            self._skip()
            if self._next("."):
                self._skip()
                name += "." + self._keyword("a property")
            if not self._next("="):
                raise AuthResError(f"property {name!r} has no value")
            self._skip()
            value = self._pvalue()
            self._skip()
            if name in ("reason", "action"):
                reason = value if name == "reason" else reason
            else:
                properties.append((name, value))
        return reason, tuple(properties)

    def _pvalue(self) -> str:
        if self._peek('"'):
            return self._quoted_string()
        # Real fields leave more unquoted than the grammar allows: header.b holds "/" and "=".
        value = self._take(re.compile(r"[^\s;()\"]+"))
        if not value:
            raise AuthResError("a value is missing")
        return value

    def _quoted_string(self) -> str:
        match = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(self._text, self._at)
        if match is None:
            raise AuthResError("a quoted string does not end")
        self._at = match.end()
        return re.sub(r"\r?\n", "", re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL))

    def _keyword(self, what: str) -> str:
        word = self._take(_KEYWORD)
        if not word:
            raise AuthResError(f"{what} is missing")
        return word

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _peek(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _next(self, character: str) -> bool:
        self._skip()
        if not self._peek(character):
            return False
        self._at += 1
        return True

    def _skip(self) -> str:
        """Pass white space and comments; the text of the last comment."""
        comment = ""
        while self._at < len(self._text):
            if self._text[self._at].isspace():
                self._at += 1
            elif self._peek("("):
                comment = self._comment()
            else:
                break
        return comment

    def _comment(self) -> str:
        start, depth = self._at + 1, 0
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 2 if character == "\\" else 1
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth > _COMMENT_DEPTH:
                raise AuthResError("comments are nested too deeply")
            if depth == 0:
                return re.sub(r"\\(.)", r"\1", self._text[start : self._at - 1])
        raise AuthResError("a comment does not end")
