"""Services, operations and shapes, read from the models of the installed botocore.

Owns the reading of `botocore/data/<service>/<version>/service-2.json(.gz)` and the look-up of an operation by URI or
by Action. The files are read directly: importing botocore's own classes would cost half a second at start. Shapes are
resolved when they are first touched, since a process serves a few operations over and over.

A `Shape` is a *use* of a shape: its own traits overlaid with those of the member that refers to it, as botocore does
it.
"""

import gzip
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Model = Mapping[str, Any]


class Shape:
    """One use of a shape. Containers resolve what they contain on first use, so models may be recursive."""

    __slots__ = ("_contents", "_model", "_shapes", "_wire", "checked", "location", "name", "type", "wire_name")

    def __init__(self, name: str, model: Model, shapes: Model) -> None:
        self.name = name
        self._model = model
        self._shapes = shapes
        self._contents: dict[str, Shape] | None = None
        self._wire: dict[str, tuple[str, Shape]] | None = None
        self.type: str = model["type"]
        self.location: str | None = model.get("location")
        self.wire_name: str | None = model.get("locationName")
        # Whether anything at or below this shape can be violated: filled in by `constraints`.
        self.checked: bool | None = None

    def trait(self, name: str) -> Any:
        return self._model.get(name)

    def _resolve(self, reference: Model) -> "Shape":
        name = reference["shape"]
        return Shape(name, {**self._shapes[name], **reference}, self._shapes)

    @property
    def contents(self) -> dict[str, "Shape"]:
        """The members of a structure by name; "member" of a list; "key" and "value" of a map."""
        if self._contents is None:
            if self.type == "structure":
                references = self._model["members"]
            else:
                references = {part: self._model[part] for part in ("member", "key", "value") if part in self._model}
            self._contents = {name: self._resolve(reference) for name, reference in references.items()}
        return self._contents

    @property
    def body_members(self) -> dict[str, tuple[str, "Shape"]]:
        """The members of a structure that travel in a body: name on the wire → (name, shape)."""
        if self._wire is None:
            self._wire = {
                shape.wire_name or name: (name, shape)
                for name, shape in self.contents.items()
                if shape.location is None
            }
        return self._wire

    @property
    def member(self) -> "Shape":
        return self.contents["member"]

    @property
    def key(self) -> "Shape":
        return self.contents["key"]

    @property
    def value(self) -> "Shape":
        return self.contents["value"]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self._model.get("required", ()))

    @property
    def flattened(self) -> bool:
        return bool(self._model.get("flattened"))

    @property
    def is_document(self) -> bool:
        return bool(self._model.get("document"))

    @property
    def is_union(self) -> bool:
        return bool(self._model.get("union"))

    @property
    def timestamp_format(self) -> str | None:
        return self._model.get("timestampFormat")

    @property
    def payload(self) -> "Shape | None":
        """The member of a structure that is the whole HTTP body."""
        name = self._model.get("payload")
        return self.contents[name] if name else None

    @property
    def payload_name(self) -> str:
        return str(self._model["payload"])

    @property
    def xml_namespace(self) -> tuple[str, str] | None:
        """(prefix, URI) of the XML namespace that the shape declares; the prefix may be empty."""
        trait = self._model.get("xmlNamespace")
        if trait is None:
            return None
        return ("", trait) if isinstance(trait, str) else (trait.get("prefix", ""), trait["uri"])

    def __repr__(self) -> str:
        return f"<Shape {self.name} {self.type}>"


class ErrorShape:
    """A modelled error: its code on the wire is not always its shape's name (v1: `AlreadyExists`)."""

    __slots__ = ("code", "name", "sender_fault", "shape", "status")

    def __init__(self, shape: Shape) -> None:
        traits = shape.trait("error") or {}
        self.shape = shape
        self.name = shape.name
        self.code: str = traits.get("code", shape.name)
        self.status: int = traits.get("httpStatusCode", 400)
        self.sender_fault: bool = traits.get("senderFault", self.status < 500)


class UriPattern:
    """The path part of a `requestUri`: literal segments, labels, at most one greedy label; and query constants."""

    __slots__ = ("constants", "segments")

    def __init__(self, uri: str) -> None:
        path, _, query = uri.partition("?")
        self.segments: tuple[str, ...] = tuple(split_path(path))
        pairs = [part.partition("=") for part in query.split("&")] if query else []
        self.constants: tuple[tuple[str, str], ...] = tuple((name, value) for name, _, value in pairs)

    def labels(self, path: str) -> dict[str, str]:
        """The values of the labels in a path that this pattern matches, percent-decoded.

        Raises UnicodeError where a label is not UTF-8.
        """
        found = split_path(path)
        labels = {}
        for index, segment in enumerate(self.segments):
            if segment.endswith("+}"):
                last = len(found) - (len(self.segments) - index - 1)
                labels[segment[1:-2]] = decode_component("/".join(found[index:last]))
                found[index:last] = [""]
            elif segment.startswith("{"):
                labels[segment[1:-1]] = decode_component(found[index])
        return labels


def split_path(path: str) -> list[str]:
    """Segments of a raw path, without the empty one that a slash at the end leaves."""
    segments = path.split("/")[1:]
    if segments and segments[-1] == "":
        segments.pop()
    return segments


def decode_component(raw: str) -> str:
    """Percent-decoded text of a path or query string. Raises UnicodeError where the bytes sent are not UTF-8."""
    if not raw.isascii():
        raw.encode("utf-8")
    return unquote(raw, errors="strict") if "%" in raw else raw


class Operation:
    """One operation of a service, with what HTTP needs to know of it."""

    def __init__(self, model: Model, service: "Service") -> None:
        self._model = model
        self.name: str = model["name"]
        self.service = service
        http = model.get("http", {})
        self.method: str = http.get("method", "POST")
        self.status: int = http.get("responseCode", 200)
        self.uri = UriPattern(http.get("requestUri", "/"))
        self.error_names = frozenset(reference["shape"] for reference in model.get("errors", ()))

    @cached_property
    def input(self) -> Shape | None:
        return self._shape("input")

    @cached_property
    def output(self) -> Shape | None:
        return self._shape("output")

    def _shape(self, part: str) -> Shape | None:
        reference = self._model.get(part)
        return self.service.shape(reference) if reference else None

    def __repr__(self) -> str:
        return f"<Operation {self.service.name}.{self.name}>"


class _Node:
    """A segment in the tree of URIs."""

    __slots__ = ("ends", "greedy", "label", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.greedy: list[Operation] = []
        self.ends: list[Operation] = []

    def add(self, segments: tuple[str, ...], operation: Operation) -> None:
        if not segments:
            self.ends.append(operation)
        elif segments[0].endswith("+}"):
            self.greedy.append(operation)
        elif segments[0].startswith("{"):
            self.label = self.label or _Node()
            self.label.add(segments[1:], operation)
        else:
            self.literals.setdefault(segments[0], _Node()).add(segments[1:], operation)

    def find(self, segments: list[str], at: int) -> Iterator[Operation]:
        """Operations whose path matches, the most literal first."""
        if at == len(segments):
            yield from self.ends
            return
        literal = self.literals.get(segments[at])
        if literal is not None:
            yield from literal.find(segments, at + 1)
        if self.label is not None and segments[at]:
            yield from self.label.find(segments, at + 1)
        yield from (operation for operation in self.greedy if _ends_alike(operation.uri.segments, segments))


def _ends_alike(pattern: tuple[str, ...], segments: list[str]) -> bool:
    """Whether what follows the greedy label of the pattern is the end of the path."""
    greedy = next(index for index, segment in enumerate(pattern) if segment.endswith("+}"))
    rest = pattern[greedy + 1 :]
    if len(segments) < len(pattern):
        return False
    tail = segments[len(segments) - len(rest) :]
    return all(want == got or (want.startswith("{") and got) for want, got in zip(rest, tail, strict=True))


class Service:
    """A service model. `name` is what we call it ("ses", "sesv2"), `signing_name` what signatures are scoped to."""

    def __init__(self, name: str, model: Model) -> None:
        metadata = model["metadata"]
        self.name = name
        self.protocol: str = metadata["protocol"]
        self.target_prefix: str = metadata.get("targetPrefix", "")  # of X-Amz-Target
        self.api_version: str = metadata.get("apiVersion", "")
        self.signing_name: str = metadata.get("signingName", metadata.get("endpointPrefix", name))
        self.xml_namespace: str = metadata.get("xmlNamespace", "")
        self._shapes: Model = model["shapes"]
        self.operations: dict[str, Operation] = {
            name: Operation(operation, self) for name, operation in model["operations"].items()
        }

    def shape(self, reference: Model) -> Shape:
        name = reference["shape"]
        return Shape(name, {**self._shapes[name], **reference}, self._shapes)

    @cached_property
    def errors(self) -> dict[str, ErrorShape]:
        """Modelled errors by the name of their shape."""
        names = (name for name, shape in self._shapes.items() if shape.get("exception") or "error" in shape)
        return {name: ErrorShape(self.shape({"shape": name})) for name in names}

    @cached_property
    def errors_by_code(self) -> dict[str, ErrorShape]:
        return {error.code: error for error in self.errors.values()}

    @cached_property
    def _tree(self) -> _Node:
        root = _Node()
        for operation in self.operations.values():
            root.add(operation.uri.segments, operation)
        return root

    def route(self, method: str, path: str, query: str) -> Operation | None:
        """The operation that a REST request names.

        Literal segments win over labels; of those that share a path, the one with the most query constants wins.
        """
        segments = [segment if segment.isascii() and "%" not in segment else _decoded(segment)
                    for segment in split_path(path)]  # fmt: skip
        candidates = [one for one in self._tree.find(segments, 0) if one.method == method]
        if not candidates or (len(candidates) == 1 and not candidates[0].uri.constants):
            return candidates[0] if candidates else None
        present = {tuple(part.partition("=")[::2]) for part in query.split("&")}
        fitting = [one for one in candidates if present.issuperset(one.uri.constants)]
        best = max((len(one.uri.constants) for one in fitting), default=0)
        return next((one for one in fitting if len(one.uri.constants) == best), None)


def _decoded(segment: str) -> str:
    return unquote(segment, errors="replace")


def data_folder() -> Path:
    """Where the installed botocore keeps its models. Finds the package without importing it."""
    found = importlib.util.find_spec("botocore")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("botocore is not installed: the API's models are read from it")
    return Path(found.submodule_search_locations[0]) / "data"


@cache
def load(name: str, protocol: str = "") -> Service:
    """The newest model of the service that the installed botocore has; some can be spoken to in several protocols."""
    versions = [entry for entry in (data_folder() / name).iterdir() if re.fullmatch(r"\d{4}-\d\d-\d\d", entry.name)]
    folder = max(versions, key=lambda entry: entry.name)
    packed = folder / "service-2.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "service-2.json").read_bytes()
    model = json.loads(text)
    if protocol:
        model["metadata"]["protocol"] = protocol
    return Service(name, model)
