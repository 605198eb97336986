"""The rest-json protocol (SES v2), server side: request → dict, dict → response, error → response.

Owns the HTTP bindings: labels, query string, headers, header prefixes, payload and status code. JSON itself is
`json_body`'s. Never validates constraints (see `constraints`) and never decides which operation was meant (see
`spec`).

Source: Smithy's restJson1 protocol; errors as SES writes them: `{"message": …}` and the code in `x-amzn-ErrorType`.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tayori.aws import json_body, timestamps
from tayori.aws.errors import ApiError, json_code
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.aws.json_body import unreadable
from tayori.aws.spec import ErrorShape, Operation, Service, Shape, decode_component

JSON = "application/json"
_UNSAFE_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_QUOTED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_MAX_QUERY_PAIRS = 1_000


# ── request ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_request(operation: Operation, request: HttpRequest) -> dict[str, Any]:
    """The input of the operation as handlers take it. Raises ApiError (SerializationException) and nothing else."""
    shape = operation.input
    if shape is None:
        return {}
    try:
        params = _parse_bindings(operation, shape, request)
        params.update(_parse_body(shape, request.body))
    except UnicodeError as error:
        raise unreadable("The request is not valid UTF-8") from error
    except RecursionError as error:
        raise unreadable("The request is nested too deeply") from error
    return params


def _parse_bindings(operation: Operation, shape: Shape, request: HttpRequest) -> dict[str, Any]:
    """Members that travel outside the body."""
    bound = [(name, member) for name, member in shape.contents.items() if member.location]
    if not bound:
        return {}
    labels = operation.uri.labels(request.path)
    pairs = _query_pairs(request.query) if request.query else []
    params: dict[str, Any] = {}
    for name, member in bound:
        wire_name = member.wire_name or name
        if member.location == "uri":
            value = _parse_text(member, labels[wire_name], "iso8601")
        elif member.location == "querystring":
            value = _parse_query(member, pairs, wire_name)
        elif member.location == "headers":
            value = _prefixed_headers(request, member.wire_name or "")
        else:
            value = _parse_header(member, request.headers.all(wire_name.lower()))
        if value is not None:
            params[name] = value
    return params


def _query_pairs(query: str) -> list[tuple[str, str]]:
    parts = query.split("&", _MAX_QUERY_PAIRS)
    if len(parts) > _MAX_QUERY_PAIRS:
        raise unreadable("The query string has too many parameters")
    pairs = []
    for part in parts:
        name, _, value = part.replace("+", " ").partition("=")
        pairs.append((decode_component(name), decode_component(value)))
    return pairs


def _parse_query(shape: Shape, pairs: list[tuple[str, str]], name: str) -> Any:
    if shape.type == "map":
        return _query_map(shape, pairs)
    values = [value for key, value in pairs if key == name]
    if not values:
        return None
    if shape.type == "list":
        return [_parse_text(shape.member, value, "iso8601") for value in values]
    if values[0] == "" and shape.type not in ("string", "character"):
        return None  # SES reads `?PageSize=` as no page size
    return _parse_text(shape, values[0], "iso8601")


def _query_map(shape: Shape, pairs: list[tuple[str, str]]) -> Any:
    """Smithy's httpQueryParams: every pair, those bound to other members included."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if shape.value.type == "list":
            result.setdefault(key, []).append(_parse_text(shape.value.member, value, "iso8601"))
        else:
            result.setdefault(key, _parse_text(shape.value, value, "iso8601"))
    return result or None


def _utf8(text: str) -> str:
    """The text, if it is one: surrogates are bytes that were not UTF-8."""
    if not text.isascii():
        text.encode("utf-8")
    return text


def _prefixed_headers(request: HttpRequest, prefix: str) -> dict[str, str] | None:
    prefix = prefix.lower()
    found = {
        name[len(prefix) :]: _utf8(request.headers.get(name) or "")
        for name, _ in request.headers.items()
        if name.startswith(prefix)
    }
    return found or None


def _parse_header(shape: Shape, values: list[str]) -> Any:
    if not values:
        return None
    text = _utf8(", ".join(values))
    if shape.trait("jsonvalue"):
        return json_body.load(json_body.decode_blob(text.strip()))
    if shape.type == "list":
        return [_parse_text(shape.member, item, "rfc822") for item in _header_items(shape.member, text)]
    return _parse_text(shape, text.strip(), "rfc822")


def _header_items(member: Shape, text: str) -> Iterator[str]:
    if member.type == "timestamp" and (member.timestamp_format or "rfc822") == "rfc822":
        parts = text.split(",")  # each date has one comma of its own
        yield from (f"{day.strip()}, {rest.strip()}" for day, rest in zip(parts[::2], parts[1::2], strict=False))
        return
    at = 0
    while at < len(text):
        match = _QUOTED.match(text, at)
        if match is None or match.end() == at:
            raise unreadable("A header's list of values is malformed")
        at = match.end()
        quoted, bare = match.groups()
        yield bare.strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def _parse_text(shape: Shape, text: str, timestamp_default: str) -> Any:
    """A scalar that travels as text, outside a body."""
    kind = shape.type
    if kind in ("string", "character"):
        return text
    if kind == "boolean":
        return json_body.boolean_word(text)
    try:
        if kind in ("integer", "long"):
            return json_body.read(shape, _integer(text))
        if kind in ("float", "double"):
            return json_body.read(shape, text if text.lstrip("-") in ("NaN", "Infinity") else float(text))
        if kind == "timestamp":
            return timestamps.from_text(text, shape.timestamp_format, timestamp_default)
    except ValueError as error:
        noun = {"timestamp": "Date"}.get(kind, kind.capitalize())
        raise unreadable(f"'{text[:100]}' can not be converted to {noun}") from error
    return json_body.decode_blob(text)


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,25}", text):
        raise ValueError("not an integer")
    return int(text)


def _parse_body(shape: Shape, body: bytes) -> dict[str, Any]:
    payload = shape.payload
    if payload is not None:
        value = _parse_payload(payload, body) if body else None
        # `{}` is what a client sends for a structure that is not there.
        return {} if value is None or value == {} else {shape.payload_name: value}
    if not shape.body_members or not body:
        return {}
    value = json_body.load(body)
    if not isinstance(value, dict):
        raise unreadable("The body is not a JSON object")
    result: dict[str, Any] = json_body.read(shape, value)
    return result


def _parse_payload(shape: Shape, body: bytes) -> Any:
    if shape.type == "blob":
        return body
    if shape.type in ("string", "character"):
        return body.decode("utf-8")
    value = json_body.load(body)
    return None if value is None else json_body.read(shape, value)


# ── response ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def serialize_response(operation: Operation, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """A handler's answer on the wire; a member that the model does not have is a bug of the handler: ValueError."""
    shape = operation.output
    status, headers, content_type, body = operation.status, list[tuple[str, str]](), JSON, b"{}"
    if shape is not None:
        json_body.check_names(shape, result)
        status = _status(shape, result, status)
        headers = list(_write_headers(shape, result))
        content_type, body = _write_body(shape, result)
    elif result:
        raise ValueError(f"{operation.name} has no output")
    return _response(status, headers, content_type, body, request_id)


def serialize_error(service: Service, error: ApiError, request_id: str) -> HttpResponse:
    code = json_code(error.code)
    modelled: ErrorShape | None = service.errors.get(code) or service.errors_by_code.get(code)
    content: dict[str, Any] = {}
    headers = [("x-amzn-ErrorType", code)]
    if modelled is not None:
        json_body.check_names(modelled.shape, error.members)
        headers.extend(_write_headers(modelled.shape, error.members))
        content = json_body.write(modelled.shape, error.members)
    if error.message:
        content[_message_name(modelled)] = error.message
    return _response(error.status, headers, JSON, json_body.dump(content), request_id)


def _message_name(modelled: ErrorShape | None) -> str:
    members = modelled.shape.body_members if modelled else {}
    return next((name for name in members if name.lower() == "message"), "message")


def _response(
    status: int, headers: list[tuple[str, str]], content_type: str, body: bytes, request_id: str
) -> HttpResponse:
    own = (("content-type", content_type), ("x-amzn-RequestId", request_id))
    return HttpResponse(status=status, headers=(*own, *headers), body=body)


def _status(shape: Shape, result: Mapping[str, Any], default: int) -> int:
    for name, member in shape.contents.items():
        if member.location == "statusCode" and result.get(name) is not None:
            return int(result[name])
    return default


def _write_headers(shape: Shape, result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, member in shape.contents.items():
        value = result.get(name)
        if value is None:
            continue
        if member.location == "header":
            yield member.wire_name or name, _safe(_header_text(member, value))
        elif member.location == "headers":
            for suffix, text in value.items():
                yield (member.wire_name or "") + suffix, _safe(text)


def _safe(text: str) -> str:
    if _UNSAFE_HEADER.search(text):
        raise ValueError("a header's value may hold no control characters")
    return text


def _header_text(shape: Shape, value: Any) -> str:
    if shape.trait("jsonvalue"):
        return base64.b64encode(json.dumps(value).encode()).decode("ascii")
    if shape.type == "list":
        return ", ".join(_header_item(shape.member, item) for item in value if item is not None)
    if shape.type == "timestamp":
        return timestamps.to_text(value, shape.timestamp_format, "rfc822")
    if shape.type == "boolean":
        return "true" if value else "false"
    return str(json_body.write_scalar(shape, value))


def _header_item(shape: Shape, item: Any) -> str:
    text = _header_text(shape, item)
    if shape.type == "string" and ('"' in text or "," in text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def _write_body(shape: Shape, result: Mapping[str, Any]) -> tuple[str, bytes]:
    payload = shape.payload
    if payload is None:
        return JSON, json_body.dump(json_body.write(shape, result))
    value = result.get(shape.payload_name)
    if value is None:
        return JSON, b""
    if payload.type == "blob":
        return "application/octet-stream", value
    if payload.type in ("string", "character"):
        return "text/plain", value.encode("utf-8")
    return JSON, json_body.dump(json_body.write(payload, value))
