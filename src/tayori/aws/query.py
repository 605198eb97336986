"""The query protocol (SES v1, SNS), server side: form body → dict, dict → XML, error → XML.

Owns the splitting of form bodies (`Destination.ToAddresses.member.1=…`), which is also the way in for hostile ones:
the number of parameters, the depth of a name and the numbers of list entries are bounded, and what is wrong ends in a
MalformedInput. Never builds a list larger than what was sent.

Source: Smithy's awsQuery protocol; answers as SES writes them.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from tayori.aws import json_body, timestamps
from tayori.aws.errors import ApiError, common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.aws.spec import Operation, Service, Shape

XML = "text/xml"
_MAX_PARAMETERS = 20_000
_MAX_DEPTH = 32
_INDEX = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)

# A parameter's tree: names of one level → (value, next level).
Tree = dict[str, "Branch"]


class Branch:
    __slots__ = ("below", "value")

    def __init__(self) -> None:
        self.value: str | None = None
        self.below: Tree = {}


def malformed(message: str) -> ApiError:
    return common_error("MalformedInput", message)


# ── request ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def split_form(form: bytes) -> dict[str, str]:
    """Names and values of a form (body or query string), decoded. Each name may come once."""
    parts = form.split(b"&", _MAX_PARAMETERS)
    if len(parts) > _MAX_PARAMETERS:
        raise malformed(f"The request has more than {_MAX_PARAMETERS} parameters")
    fields: dict[str, str] = {}
    for part in parts:
        if not part:
            continue
        raw_name, _, raw_value = part.partition(b"=")
        try:
            name, value = _decode(raw_name), _decode(raw_value)
        except UnicodeDecodeError as error:
            raise malformed("The request is not valid UTF-8") from error
        if name in fields:
            raise malformed(f"The parameter {name[:100]} was given more than once")
        fields[name] = value
    return fields


def _decode(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    return (percent_decoded(raw) if b"%" in raw else raw).decode("utf-8")


def percent_decoded(raw: bytes) -> bytes:
    """What `urllib.parse.unquote_to_bytes` gives, twenty times as fast on the body of a message.

    Percent-encoding is quoted-printable with another sign, and the standard library decodes that in C. Each escape
    makes the text two bytes shorter; where the sum is off, an escape was malformed and the slow way decides.
    """
    if b"\r" in raw or b"\n" in raw:
        return unquote_to_bytes(raw)  # quoted-printable gives line ends a meaning
    decoded = binascii.a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"="))
    return decoded if len(decoded) == len(raw) - 2 * raw.count(b"%") else unquote_to_bytes(raw)


def fields_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of a query request: the form body of a POST, else the query string."""
    if request.method == "POST" and request.body:
        return split_form(request.body)
    return split_form(request.query.encode("utf-8", "surrogateescape"))


def parse_request(operation: Operation, request: HttpRequest) -> dict[str, Any]:
    """The input of the operation as handlers take it. Raises ApiError (MalformedInput) and nothing else."""
    return parse_fields(operation, fields_of(request))


def parse_fields(operation: Operation, fields: Mapping[str, str]) -> dict[str, Any]:
    shape = operation.input
    if shape is None:
        return {}
    root = Branch()
    for name, value in fields.items():
        _plant(root, name, value)
    return _read_structure(shape, root)


def _plant(root: Branch, name: str, value: str) -> None:
    segments = name.split(".", _MAX_DEPTH)
    if len(segments) > _MAX_DEPTH:
        raise malformed("A parameter's name is nested too deeply")
    branch = root
    for segment in segments:
        found = branch.below.get(segment)
        if found is None:
            found = branch.below[segment] = Branch()
        branch = found
    branch.value = value


def _read(shape: Shape, branch: Branch) -> Any:
    """The value, or None where the branch holds nothing that the shape knows."""
    if shape.type == "structure":
        return _read_structure(shape, branch) if branch.below else None
    if shape.type == "list":
        return _read_list(shape, branch)
    if shape.type == "map":
        return _read_map(shape, branch)
    return None if branch.value is None else _read_scalar(shape, branch.value)


def _read_structure(shape: Shape, branch: Branch) -> dict[str, Any]:
    result = {}
    below = branch.below
    for name, member in shape.contents.items():
        found = below.get(member.wire_name or name)
        if found is not None and (value := _read(member, found)) is not None:
            result[name] = value
    return result


def _entries(branch: Branch, name: str | None) -> list[Branch]:
    """The numbered branches below `name`, in order. They must be 1 to n: nothing else ever came from a client."""
    holder = branch if name is None else branch.below.get(name)
    if holder is None or not holder.below:
        return []
    try:
        return [holder.below[str(number)] for number in range(1, len(holder.below) + 1)]
    except KeyError:
        wrong = next((key for key in holder.below if not _INDEX.fullmatch(key)), "the entries")
        raise malformed(f"List entries must be numbered from 1 without a gap: {wrong[:20]} are not") from None


def _read_list(shape: Shape, branch: Branch) -> list[Any] | None:
    member = shape.member
    entries = _entries(branch, None if shape.flattened else member.wire_name or "member")
    if not entries:
        return [] if branch.value == "" else None  # `ListArg=` is an empty list
    values = (_read(member, entry) for entry in entries)
    return [value for value in values if value is not None]


def _read_map(shape: Shape, branch: Branch) -> dict[str, Any] | None:
    key_name, value_name = shape.key.wire_name or "key", shape.value.wire_name or "value"
    result = {}
    for entry in _entries(branch, None if shape.flattened else "entry"):
        key, value = entry.below.get(key_name), entry.below.get(value_name)
        if key is None or key.value is None or value is None:
            raise malformed("Each entry of a map needs a key and a value")
        result[key.value] = _read(shape.value, value)
    return {key: value for key, value in result.items() if value is not None} or None


def _read_scalar(shape: Shape, text: str) -> Any:
    kind = shape.type
    if kind in ("string", "character"):
        return text
    if text == "":
        raise malformed("missing value for decimal type" if kind in _DECIMALS else f"missing value for {kind} type")
    try:
        if kind in _DECIMALS:
            return _read_decimal(shape, text)
        if kind == "boolean":
            return json_body.boolean_word(text)
        if kind == "timestamp":
            return timestamps.from_text(text, shape.timestamp_format, "iso8601")
        return json_body.decode_blob(text)
    except (ValueError, ApiError) as error:
        raise malformed(f"A value of the request is not a valid {kind}") from error


_DECIMALS = frozenset(("integer", "long", "float", "double"))


def _read_decimal(shape: Shape, text: str) -> Any:
    if shape.type in ("float", "double"):
        return json_body.read(shape, text if text.lstrip("-") in ("NaN", "Infinity") else float(text))
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    return json_body.read(shape, int(text))


# ── response ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[&<>\r]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def escape(text: str) -> str:
    """Text for XML 1.0. What XML cannot carry at all (most control characters) becomes U+FFFD."""
    text = _FORBIDDEN.sub("\ufffd", text)
    return _SPECIAL.sub(lambda match: _ENTITIES[match[0]], text)


def serialize_response(operation: Operation, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """A handler's answer on the wire; a member that the model does not have is a bug of the handler: ValueError."""
    out = [f"<{operation.name}Response{_namespace(operation.service)}>"]
    if operation.output is not None:
        json_body.check_names(operation.output, result)
        out.append(f"<{operation.name}Result>")
        _write_members(out, operation.output, result)
        out.append(f"</{operation.name}Result>")
    elif result:
        raise ValueError(f"{operation.name} has no output")
    out.append(f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>")
    out.append(f"</{operation.name}Response>")
    return _response(operation.status, out, request_id)


def serialize_error(service: Service, error: ApiError, request_id: str) -> HttpResponse:
    modelled = service.errors_by_code.get(error.code) or service.errors.get(error.code)
    code = modelled.code if modelled else error.code
    sender = modelled.sender_fault if modelled else error.sender_fault
    out = [
        f"<ErrorResponse{_namespace(service)}><Error>",
        f"<Type>{'Sender' if sender else 'Receiver'}</Type><Code>{escape(code)}</Code>",
    ]
    if error.message is not None:
        out.append(f"<Message>{escape(error.message)}</Message>")
    if modelled is not None:
        json_body.check_names(modelled.shape, error.members)
        _write_members(out, modelled.shape, error.members)
    out.append(f"</Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>")
    return _response(error.status, out, request_id)


def _response(status: int, out: list[str], request_id: str) -> HttpResponse:
    headers = (("content-type", XML), ("x-amzn-RequestId", request_id))
    return HttpResponse(status=status, headers=headers, body="".join(out).encode("utf-8"))


def _namespace(service: Service) -> str:
    return f' xmlns="{_quoted(service.xml_namespace)}"' if service.xml_namespace else ""


def _quoted(text: str) -> str:
    return escape(text).replace('"', "&quot;")


def _write_members(out: list[str], shape: Shape, value: Mapping[str, Any]) -> None:
    for name, member in shape.contents.items():
        item = value.get(name)
        if item is not None and not member.trait("xmlAttribute"):
            _write(out, member, member.wire_name or name, item)


def _attributes(shape: Shape, value: Any) -> str:
    """What goes into the start tag: the namespace of the shape, and members that are attributes."""
    text = ""
    if shape.xml_namespace is not None:
        prefix, uri = shape.xml_namespace
        text = f' xmlns{":" if prefix else ""}{prefix}="{_quoted(uri)}"'
    if shape.type != "structure":
        return text
    for name, member in shape.contents.items():
        if member.trait("xmlAttribute") and value.get(name) is not None:
            text += f' {member.wire_name or name}="{_quoted(_scalar_text(member, value[name]))}"'
    return text


def _write(out: list[str], shape: Shape, tag: str, value: Any) -> None:
    if shape.type == "list" and shape.flattened:
        for item in value:
            _write(out, shape.member, tag, item)
        return
    if shape.type == "map" and shape.flattened:
        for key, item in value.items():
            _write_entry(out, shape, tag, key, item)
        return
    out.append(f"<{tag}{_attributes(shape, value)}>")
    if shape.type == "structure":
        json_body.check_names(shape, value)
        _write_members(out, shape, value)
    elif shape.type == "list":
        for item in value:
            _write(out, shape.member, shape.member.wire_name or "member", item)
    elif shape.type == "map":
        for key, item in value.items():
            _write_entry(out, shape, "entry", key, item)
    else:
        out.append(escape(_scalar_text(shape, value)))
    out.append(f"</{tag}>")


def _write_entry(out: list[str], shape: Shape, tag: str, key: str, value: Any) -> None:
    out.append(f"<{tag}>")
    _write(out, shape.key, shape.key.wire_name or "key", key)
    _write(out, shape.value, shape.value.wire_name or "value", value)
    out.append(f"</{tag}>")


def _scalar_text(shape: Shape, value: Any) -> str:
    if shape.type == "boolean":
        return "true" if value else "false"
    if shape.type == "timestamp":
        return timestamps.to_text(value, shape.timestamp_format, "iso8601")
    if shape.type == "blob":
        return base64.b64encode(value).decode("ascii")
    return str(json_body.write_scalar(shape, value))
