"""Values as JSON has them, and as JavaScript would read and write them.

Owns what a path finds in a value and what a value looks like in text. Properties are those of the data alone: keys of
objects, indices and `length` of lists and strings; nothing else can be reached.
"""

from collections.abc import Mapping
from typing import Any, Final

MISSING: Final = object()  # what the data do not have; JavaScript's undefined


def part_of(value: Any, name: str) -> Any:
    """The property `name` of a value, or MISSING."""
    if isinstance(value, Mapping):
        return value.get(name, MISSING)
    if isinstance(value, (list, str)):
        if name == "length":
            return len(value)
        if name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(value):
            return value[int(name)]
    return MISSING


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**21 else _number(float(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return ",".join([text_of(item) for item in value])
    return "[object Object]"


def _number(value: float) -> str:
    if abs(value) == float("inf"):  # of a number in JSON that is larger than any
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e-" in text and abs(value) >= 1e-6:
        return f"{value:.20f}".rstrip("0")
    return text.replace("e-0", "e-")


def is_empty(value: Any) -> bool:
    """Nothing to go on with: false, null, an empty text or list; zero is something."""
    if value is MISSING or value is None or value is False:
        return True
    return isinstance(value, (str, list)) and not value


def is_true(value: Any) -> bool:
    """As `if` has it: an empty list is false, an empty object is true, zero is false."""
    if isinstance(value, Mapping):
        return True
    return value is not MISSING and bool(value)
