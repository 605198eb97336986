"""One HTTP exchange as values: what arrived, byte for byte, and what goes back.

Never touches a socket and knows no web server. Path, query string and header values stay as they were sent, because a
signature covers exactly those bytes; text that is not UTF-8 survives as surrogates (`os.fsdecode`'s way).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class Headers:
    """Header fields with lower-case names; a repeated field keeps all its values, in order."""

    __slots__ = ("_values",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        values: dict[str, list[str]] = {}
        for name, value in fields:
            values.setdefault(name.lower(), []).append(value)
        self._values = values

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def get(self, name: str) -> str | None:
        """The values of the field, joined as RFC 9110 5.3 joins them, or None where it is absent."""
        values = self._values.get(name)
        return None if values is None else values[0] if len(values) == 1 else ", ".join(values)

    def items(self) -> Iterator[tuple[str, str]]:
        for name, values in self._values.items():
            for value in values:
                yield name, value

    def __contains__(self, name: object) -> bool:
        return name in self._values


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """`path` and `query` are raw (percent-encoded, without the question mark)."""

    method: str
    path: str
    query: str = ""
    headers: Headers
    body: bytes = b""
    scheme: str = "http"
    source_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
