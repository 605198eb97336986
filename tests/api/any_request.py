"""Requests as the models allow them, slightly broken ones, and the bytes that say them: for Hypothesis.

    @given(requests(operation))
    def each(request: Asking) -> None:
        method, path, query, headers, body = said(operation, request.members)

Values follow the shapes of botocore's models: choices, lengths, ranges, patterns. Half of the requests say what an
application might, with the names of resources that the test has made, so that they reach further than the look for
what they name; a quarter say anything that the shapes allow; and a quarter are broken: they lack a member, have one too
many, or say in one place what does not belong there.
"""

import base64
import json
import math
import re
import reprlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from tayori.aws.constraints import compiled
from tayori.aws.spec import Operation, Shape

Draw = Callable[[st.SearchStrategy[Any]], Any]

ACCOUNT, REGION = "111122223333", "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
_RAW = b"From: me@example.com\r\nTo: reader@inbox.test\r\nSubject: x\r\n\r\nx\r\n"
_EXPRESSIONS = (
    "",
    "{{name}}",
    "{{#each a}}{{.}}{{/each}}",
    "{{{{x",
    "{{#if}}",
    '{"name": "x"}',
    "[1]",
    "null",
    "1e999",
)
_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ses:SendEmail","Resource":"*"}]}'
)

# What a text is likely to be, by a word in the name of its shape or member (in lower case); the first that fits.
_LIKELY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("topicarn", (TOPIC, "arn:aws:sns:x:y:z")),
    ("subscriptionarn", (f"{TOPIC}:11111111-2222-3333-4444-555555555555", "PendingConfirmation")),
    (
        "arn",
        (
            f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com",
            f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/main",
            TOPIC,
            "arn",
        ),
    ),
    ("configurationset", ("main", "other")),
    ("eventdestination", ("all", "some")),
    ("templatename", ("welcome", "other")),
    ("templatedata", ("{}", '{"name": "x"}', '{"name": {"a": [1, null]}}', "[]", "x", "{" * 300)),
    ("replacementtemplatedata", ("{}", "x")),
    ("templatepart", _EXPRESSIONS),
    ("templatecontent", _EXPRESSIONS),
    ("contactlist", ("readers",)),
    ("topicname", ("events", "News")),
    ("policyname", ("mine",)),
    ("policy", (_POLICY, "{}", "[]", '{"Statement": 1}')),
    ("poolname", ("pool", "ses-shared-pool")),
    ("tenantname", ("tenant",)),
    ("rulesetname", ("rules",)),
    ("rulename", ("rule", "second")),
    ("filtername", ("filter",)),
    ("domain", ("example.com", "sub.example.com", "inbox.test")),
    (
        "address",
        ("me@example.com", "reader@inbox.test", "Me <me@example.com>", "success@simulator.amazonses.com", "x@"),
    ),
    ("identity", ("example.com", "me@example.com", "other.test")),
    ("source", ("me@example.com",)),
    ("ip", ("192.0.2.1", "::1")),
    ("cidr", ("192.0.2.0/24", "::/0")),
    ("messageid", ("0100018f00000000-00000000-0000-0000-0000-000000000000-000000",)),
    ("nexttoken", ("AAAA", "", "=")),
    ("url", ("https://example.com/", "http://[::1", "s3://lists/contacts")),
    ("charset", ("UTF-8", "ISO-2022-JP", "utf-7", "base64")),
    ("protocol", ("sqs", "https", "email", "email-json")),
    ("namespace", ("AWS/SES",)),
    ("metricname", ("Send", "Bounce")),
    ("key", ("TYPE", "team")),
)
_UNLIKELY = frozenset(("EndpointId", "NextToken"))  # they would hide what comes after
_HOSTILE = (
    "", " ", "\0", "\x1b", "a\0b", "\ud800", "\u202e", "\ufffe", "\r\n", "\r\nBcc: x@inbox.test", "%00", "../..",
    "'", '"', "<x>", "{{x}}", "%s", "1e309", "\u0663", "\u0130", "\xdf" * 300, "x" * 70_000, "a@b@c", "@", "xn--",
    "\U0001f468\u200d\U0001f469", "\U0001f98a.test", "." * 300,
)  # fmt: skip
_MOMENTS = (
    datetime(2026, 11, 24, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
)
_MISFITS: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**400, -(10**30), 0.5, -1e300, math.inf, math.nan, "", "x", "x" * 300_000, [],
    {}, [None], [[[]]], {"": {}}, {"Key": [1]}, ["x"] * 2_000, [{}] * 500, {str(number): "x" for number in range(500)},
)  # fmt: skip


# -- requests ----------------------------------------------------------------------------------------------------------


class Asking:
    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members

    def __repr__(self) -> str:
        return f"<{reprlib.repr(self.members)}>"  # some are large


@st.composite
def requests(draw: Draw, operation: Operation) -> Asking:
    """One that the model allows, or such a one with a fault."""
    if operation.input is None:
        return Asking({})
    kind = draw(st.sampled_from(("likely", "wild", "likely", "broken")))
    request = _Maker(draw, is_wild=kind == "wild").value(operation.input, "", 0)
    if kind == "broken":
        request = _broken(draw, request)
    return Asking(request if isinstance(request, dict) else {})


class _Maker:
    def __init__(self, draw: Draw, *, is_wild: bool) -> None:
        self._draw = draw
        self._is_wild = is_wild

    def value(self, shape: Shape, name: str, depth: int) -> Any:
        if shape.type == "structure":
            return self._structure(shape, depth)
        if shape.type == "list":
            return [self.value(shape.member, name, depth + 1) for _ in range(self._count(shape, depth))]
        if shape.type == "map":
            count = self._count(shape, depth)
            return {self.value(shape.key, name, 0): self.value(shape.value, name, depth + 1) for _ in range(count)}
        if shape.type == "string":
            return self._draw(_texts(shape, name, is_wild=self._is_wild))
        return self._draw(_numbers(shape) if shape.type in _WHOLE else _OTHERS[shape.type])

    def _structure(self, shape: Shape, depth: int) -> dict[str, Any]:
        names = list(shape.contents)
        if shape.is_document or depth > 7 or not names:
            return {}
        # Where nothing is required, often one member is meant to be chosen, model or not.
        if shape.is_union or (not shape.required and not self._is_wild and self._draw(st.integers(0, 2))):
            chosen = [self._draw(st.sampled_from(names))]
        else:
            mask = self._draw(st.integers(0, 2 ** len(names) - 1))
            names = names if self._is_wild else [one for one in names if one not in _UNLIKELY or one in shape.required]
            chosen = [one for index, one in enumerate(names) if mask >> index & 1 or one in shape.required]
        return {one: self.value(shape.contents[one], one, depth + 1) for one in chosen}

    def _count(self, shape: Shape, depth: int) -> int:
        low = shape.trait("min") or 0
        high = min(shape.trait("max") or 1_000, 1_000)
        if self._is_wild and not self._draw(st.integers(0, 20)):
            return min(high, 120 if depth < 3 else 3)
        return min(max(self._draw(st.sampled_from((1, 0, 2))), low), high)


_WHOLE = {"integer": 2**31, "long": 2**63}
_MOMENT = st.one_of(
    st.sampled_from(_MOMENTS), st.integers(-40, 40).map(lambda days: _MOMENTS[0] + timedelta(days=days))
)
_OTHERS: Mapping[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "timestamp": _MOMENT,
    "blob": st.one_of(st.just(_RAW), st.binary(max_size=40)),
}


def _numbers(shape: Shape) -> st.SearchStrategy[int]:
    bound = _WHOLE[shape.type]
    low, high = shape.trait("min"), shape.trait("max")
    low = -bound if low is None else int(low)
    high = bound - 1 if high is None else int(high)
    return st.one_of(st.integers(max(low, -2), max(min(high, 400), low)), st.sampled_from((low, high)))


@cache
def _texts_of(
    shape_name: str, name: str, low: int, high: int, pattern: str | None, is_wild: bool
) -> st.SearchStrategy[str]:
    words = (name.lower(), shape_name.lower())
    likely = next((texts for word, texts in _LIKELY if any(word in one for one in words)), ("x", "text"))

    def fits(text: str) -> bool:
        return low <= len(text) <= high and (pattern is None or bool(compiled(pattern)(text)))

    fitting = [text for text in likely if fits(text)]
    if fitting and not is_wild:
        return st.sampled_from([fitting[0], *fitting])
    return st.one_of(
        *([st.sampled_from(fitting)] if fitting else []),
        st.sampled_from([text for text in _HOSTILE if fits(text)] or ["x" * max(low, 1)]),
        _free(low, high, pattern).filter(fits),
    )


def _free(low: int, high: int, pattern: str | None) -> st.SearchStrategy[str]:
    if pattern is None:
        return st.one_of(st.text(min_size=low, max_size=min(high, max(low, 20))), st.just("x" * min(high, 100_000)))
    try:
        found = st.from_regex(pattern, fullmatch=True)
        found.validate()
    except (InvalidArgument, re.error):  # of Java's, and not of Python's
        return st.just("x" * max(low, 1))
    return found


def _texts(shape: Shape, name: str, *, is_wild: bool) -> st.SearchStrategy[str]:
    choices = shape.trait("enum")
    if choices:
        return st.sampled_from(list(choices))
    low, high = shape.trait("min"), shape.trait("max")
    bounds = 0 if low is None else int(low), 70_000 if high is None else int(high)
    return _texts_of(shape.name, name, *bounds, shape.trait("pattern"), is_wild)


# -- faults ------------------------------------------------------------------------------------------------------------


def _broken(draw: Draw, request: Any) -> Any:
    """The request with one fault, somewhere in it."""
    places = list(_places(request, ()))
    if not places or not draw(st.integers(0, 4)):
        return {
            **request,
            draw(st.sampled_from(("Unknown", "", "member", "EmailIdentity\0"))): draw(st.sampled_from(_MISFITS)),
        }
    place = draw(st.sampled_from(places))
    if draw(st.booleans()):
        return _changed(request, place, draw(st.sampled_from((*_MISFITS, *_HOSTILE))))
    return _changed(request, place, _GONE)


_GONE = object()


def _places(value: Any, above: tuple[Any, ...]) -> Any:
    parts = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*above, name)
        yield from _places(part, (*above, name))


def _changed(value: Any, place: tuple[Any, ...], to: Any) -> Any:
    if not place:
        return to
    name, *rest = place
    parts = dict(value.items() if isinstance(value, dict) else enumerate(value))
    parts[name] = _changed(parts[name], tuple(rest), to)
    kept = {key: part for key, part in parts.items() if part is not _GONE}
    return kept if isinstance(value, dict) else list(kept.values())


# -- on the wire -------------------------------------------------------------------------------------------------------

Said = tuple[str, str, str, dict[str, str], bytes]  # method, path, query, headers, body


def said(operation: Operation, request: dict[str, Any]) -> Said:
    """The HTTP request, without its signature."""
    if operation.service.protocol == "rest-json":
        return _said_by_path(operation, request)
    version = operation.service.api_version
    pairs = [("Action", operation.name), ("Version", version), *_flat(operation.input, request, "")]
    body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return "POST", "/", "", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body.encode()


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="-._~")


def _said_by_path(operation: Operation, request: dict[str, Any]) -> Said:
    members = operation.input.contents if operation.input else {}
    places = {name: (members[name].location if name in members else None) for name in request}
    wire = {name: (members[name].wire_name or name) if name in members else name for name in request}
    # No client sends an empty label: it would be the path of another operation.
    labels = {wire[name]: _text(members[name], request[name]) for name in request if places[name] == "uri"}
    segments = [
        _quoted(labels.get(segment.strip("{}+"), "") or " ") if segment.startswith("{") else segment
        for segment in operation.uri.segments
    ]
    query: list[tuple[str, str]] = list(operation.uri.constants)
    for name in request:
        if places[name] == "querystring":
            many = request[name] if isinstance(request[name], list) else [request[name]]
            query += [(wire[name], _text(members[name], one)) for one in many[:1_000]]
    content = {wire[name]: _as_json(members.get(name), value) for name, value in request.items() if not places[name]}
    pairs = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in query)
    body = json.dumps(content).encode() if content or operation.method not in ("GET", "DELETE") else b""
    return operation.method, "/" + "/".join(segments), pairs, {"Content-Type": "application/json"}, body


def _text(shape: Shape | None, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str) else _number(value) if isinstance(value, (int, float)) else json.dumps(value)


def _number(value: float) -> str:
    return f"1{'0' * 400}" if isinstance(value, int) and abs(value) > 10**300 else str(value)


def _as_json(shape: Shape | None, value: Any) -> Any:
    """What a member says in JSON; names of members are those of the wire."""
    if isinstance(value, dict):
        contents = shape.contents if shape is not None and shape.type == "structure" else {}
        inner = shape.value if shape is not None and shape.type == "map" else None
        return {
            (contents[name].wire_name or name) if name in contents else str(name): _as_json(
                contents.get(name, inner), one
            )
            for name, one in value.items()
        }
    if isinstance(value, list):
        inner = shape.member if shape is not None and shape.type == "list" else None
        return [_as_json(inner, one) for one in value]
    if isinstance(value, datetime):
        return value.timestamp() if value.year > 1 else -62135596800
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _flat(shape: Shape | None, value: Any, prefix: str) -> Any:
    """Names and texts of a form; a value of another kind than the shape's is said as what it is."""
    if isinstance(value, dict):
        is_map = shape is not None and shape.type == "map"
        for number, (name, one) in enumerate(value.items(), 1):
            if is_map:
                yield f"{prefix}.entry.{number}.key", str(name)
                yield from _flat(shape.value, one, f"{prefix}.entry.{number}.value")
            else:
                known = shape.contents.get(name) if shape is not None and shape.type == "structure" else None
                yield from _flat(known, one, f"{prefix}.{name}" if prefix else str(name))
    elif isinstance(value, list):
        inner = shape.member if shape is not None and shape.type == "list" else None
        for number, one in enumerate(value, 1):
            yield from _flat(inner, one, f"{prefix}.member.{number}")
    elif value is not None:
        yield prefix, _text(shape, value)
