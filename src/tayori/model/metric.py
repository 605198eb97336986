"""Events as CloudWatch metrics: their names, and the dimensions that a destination wants of each.

Owns where a dimension's value comes from (ses: CloudWatch event destinations). A value that is missing, or that no
metric can have, is the destination's default.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from tayori.mail.fields import scan_block
from tayori.model.event import EventKind
from tayori.model.event_target import ValueSource

NAMESPACE = "AWS/SES"
MOST_SERIES = 10_000  # of an account in a region
OTHER = "(other)"  # the value of every dimension, once there are too many series
_LONGEST = 255

Dimensions: TypeAlias = tuple[tuple[str, str], ...]  # sorted by name


def name_of(kind: EventKind) -> str:
    return kind.value.replace(" ", "")


def dimensions(configurations: Sequence[Mapping[str, str]], record: Mapping[str, Any], head: bytes) -> Dimensions:
    """`record` is SES's JSON of the event, `head` the header block of the message."""
    return tuple(sorted((one["DimensionName"], _value(one, record, head)) for one in configurations))


def overflow(wanted: Dimensions) -> Dimensions:
    """Where those are counted that are one too many."""
    return tuple((name, OTHER) for name, _ in wanted)


def _value(one: Mapping[str, str], record: Mapping[str, Any], head: bytes) -> str:
    name = one["DimensionName"]
    found = {
        ValueSource.MESSAGE_TAG: lambda: _tag(record["mail"].get("tags"), name),
        ValueSource.LINK_TAG: lambda: _tag(record.get("click", {}).get("linkTags"), name),
        ValueSource.EMAIL_HEADER: lambda: _header(head, name),
    }[ValueSource(one["DimensionValueSource"])]()
    value = " ".join(found.split())[:_LONGEST]
    return value if value.isascii() and value.isprintable() and value else one["DefaultDimensionValue"]


def _tag(tags: Mapping[str, Sequence[str]] | None, name: str) -> str:
    return next(iter((tags or {}).get(name) or ()), "")


def _header(head: bytes, name: str) -> str:
    key = name.lower().encode("ascii")
    return next((found.text for found in scan_block(head) if found.key == key), "")
