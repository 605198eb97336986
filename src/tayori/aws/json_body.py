"""JSON bodies against shapes, both ways.

Owns which JSON value fits which shape, and the words in which AWS's own reader refuses one that does not
(`NUMBER_VALUE can not be converted to a String`). Members that the model does not know are accepted and ignored,
members that are null are absent, nulls in lists are dropped. Never trusts the text: depth, size of numbers, number
of values, NaN, keys given twice, lone surrogates and bad UTF-8 all end in a SerializationException.

Sources: the behaviour map's section 13 (probes of SES), and what DynamoDB's and Athena's readers, which are the same,
answer to the combinations that nobody probed on SES.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tayori.aws import timestamps
from tayori.aws.errors import ApiError, common_error
from tayori.aws.spec import Shape

_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SPECIAL_FLOATS = ("NaN", "Infinity", "-Infinity")
_TRUE_WORDS = frozenset(("true", "yes", "y", "t", "1"))
_FALSE_WORDS = frozenset(("false", "no", "n", "f", "0"))
_MAX_VALUES = 20_000
_RANGES = {"integer": 2**31, "long": 2**63}
_NOUNS = {
    "string": "a String", "integer": "an Integer", "long": "a Long", "float": "a Float", "double": "a Double",
    "boolean": "a Boolean", "blob": "a Blob", "timestamp": "milliseconds since epoch",
}  # fmt: skip
_EXPECTED = {"list": "Expected list or null", "map": "Expected map or null", "structure": "Expected null"}


def unreadable(message: str | None) -> ApiError:
    return common_error("SerializationException", message if message is not None else "")


# ── text → JSON value ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Objects:
    """Makes the objects of one body, and counts what they hold: a large body of small ones would hold up all others."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._count += 1 + len(pairs)
        if self._count > _MAX_VALUES:
            raise _too_many()
        value = dict(pairs)
        if len(value) != len(pairs):
            raise unreadable("A member was given more than once in one JSON object")
        return value


def _too_many() -> ApiError:
    return unreadable(f"The body has more than {_MAX_VALUES} values")


def _constant(word: str) -> Any:
    raise unreadable(f"{word} is not a JSON value")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise unreadable("A number is out of range")
    return value


def load(body: bytes) -> Any:
    """The JSON value that the body holds. Raises ApiError for whatever is wrong with it."""
    decoder = json.JSONDecoder(object_pairs_hook=_Objects(), parse_constant=_constant, parse_float=_number)
    try:
        value = decoder.decode(body.decode("utf-8"))
        if _LONE_SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise unreadable("The body is not valid UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise unreadable("The body is not valid JSON") from error
    return value


# ── JSON value → value of the shape ───────────────────────────────────────────────────────────────────────────────────


def read(shape: Shape, value: Any) -> Any:
    """The value as handlers take it: blobs are bytes, timestamps aware datetimes."""
    return _READERS[shape.type](shape, value)


def _mismatch(shape: Shape, value: Any) -> ApiError:
    if isinstance(value, list):
        return unreadable("Start of list found where not expected")
    if isinstance(value, dict):
        return unreadable("Start of structure or map found where not expected.")
    if shape.type in _EXPECTED:
        return unreadable(_EXPECTED[shape.type])
    if isinstance(value, bool):
        found = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        found = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
    return unreadable(f"{found} can not be converted to {_NOUNS[shape.type]}")


def _read_structure(shape: Shape, value: Any) -> Any:
    if shape.is_document:
        return value
    if not isinstance(value, dict):
        raise _mismatch(shape, value)
    members = shape.body_members
    result = {}
    for wire_name, item in value.items():
        if item is not None and (found := members.get(wire_name)) is not None:
            name, member = found
            result[name] = _READERS[member.type](member, item)
    if shape.is_union and len(result) > 1:
        raise unreadable(f"Only one member of the union {shape.name} may be set")
    return result


def _read_list(shape: Shape, value: Any) -> Any:
    if not isinstance(value, list):
        raise _mismatch(shape, value)
    if len(value) > _MAX_VALUES:
        raise _too_many()
    member = shape.member
    reader = _READERS[member.type]
    return [reader(member, item) for item in value if item is not None]


def _read_map(shape: Shape, value: Any) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(shape, value)
    member = shape.value
    reader = _READERS[member.type]
    return {key: reader(member, item) for key, item in value.items() if item is not None}


def _read_string(shape: Shape, value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise _mismatch(shape, value)


def _read_boolean(shape: Shape, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return boolean_word(value)
    raise _mismatch(shape, value)


def boolean_word(text: str) -> bool:
    """A string where a boolean is due: SES takes the words that name one, in any case."""
    word = text.lower()
    if word in _TRUE_WORDS:
        return True
    if word in _FALSE_WORDS:
        return False
    raise unreadable("STRING_VALUE can not be converted to an Boolean")


def _read_integer(shape: Shape, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise unreadable(None) if isinstance(value, float) else _mismatch(shape, value)
    limit = _RANGES[shape.type]
    if not -limit <= value < limit:
        raise unreadable(None)
    return value


def _read_float(shape: Shape, value: Any) -> Any:
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        try:
            return float(value)
        except OverflowError as error:
            raise unreadable(None) from error
    if value in _SPECIAL_FLOATS:
        return float(value)
    raise _mismatch(shape, value)


def _read_blob(shape: Shape, value: Any) -> Any:
    if not isinstance(value, str):
        raise _mismatch(shape, value)
    return decode_blob(value)


def decode_blob(text: str) -> bytes:
    """Base64, which may be broken into lines as MIME does it."""
    try:
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise unreadable("A value is not valid base64 and can not be converted to a Blob") from error


def _read_timestamp(shape: Shape, value: Any) -> Any:
    form = shape.timestamp_format or "unixTimestamp"
    try:
        if form == "unixTimestamp" and isinstance(value, int | float) and not isinstance(value, bool):
            return timestamps.from_epoch(value)
        if form != "unixTimestamp" and isinstance(value, str):
            return timestamps.from_text(value, form, form)
    except ValueError as error:
        raise unreadable(f"A value can not be converted to {_NOUNS['timestamp']}") from error
    raise _mismatch(shape, value)


_READERS: Mapping[str, Callable[[Shape, Any], Any]] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "string": _read_string,
    "character": _read_string,
    "boolean": _read_boolean,
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_float,
    "double": _read_float,
    "blob": _read_blob,
    "timestamp": _read_timestamp,
}


# ── value of the shape → JSON ─────────────────────────────────────────────────────────────────────────────────────────


def write(shape: Shape, value: Any) -> Any:
    """What `json.dumps` takes. A member that the model does not have is our own mistake: ValueError."""
    if shape.type == "structure":
        return value if shape.is_document else _write_structure(shape, value)
    if shape.type == "list":
        member = shape.member
        return [write(member, item) for item in value if item is not None]
    if shape.type == "map":
        member = shape.value
        return {key: write(member, item) for key, item in value.items() if item is not None}
    return write_scalar(shape, value)


def _write_structure(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    check_names(shape, value)
    return {
        wire_name: write(member, item)
        for wire_name, (name, member) in shape.body_members.items()
        if (item := value.get(name)) is not None
    }


def check_names(shape: Shape, value: Mapping[str, Any]) -> None:
    if not value.keys() <= shape.contents.keys():
        unknown = sorted(value.keys() - shape.contents.keys())
        raise ValueError(f"{shape.name} has no member {unknown[0]!r}")


def write_scalar(shape: Shape, value: Any) -> Any:
    if shape.type == "blob":
        return base64.b64encode(value).decode("ascii")
    if shape.type == "timestamp":
        return _write_timestamp(shape, value)
    if shape.type in ("float", "double") and not math.isfinite(value):
        return float_word(value)
    return value


def float_word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _write_timestamp(shape: Shape, value: datetime) -> Any:
    if shape.timestamp_format in (None, "unixTimestamp"):
        return timestamps.to_epoch(value)
    return timestamps.to_text(value, shape.timestamp_format, "iso8601")


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
