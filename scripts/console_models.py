"""Writes console/src/api/sesv2.ts from AWS's model of SES v2: where each operation is, and the types of its members.

python scripts/console_models.py [--check]
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

FILE = Path(__file__).parent.parent / "console/src/api/sesv2.ts"
HEAD = "/* Written by scripts/console_models.py from AWS's model of SES v2; not to be edited. */\n\n"
_SCALARS = {
    "string": "string",
    "integer": "number",
    "long": "number",
    "double": "number",
    "float": "number",
    "boolean": "boolean",
    "timestamp": "number",  # seconds since 1970
    "blob": "string",  # base64
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def text() -> str:
    model = Loader().load_service_model("sesv2", "service-2")
    return "".join((HEAD, *_operations(model), *_types(model), *_limits(model)))


def _operations(model: dict[str, Any]) -> Iterator[str]:
    shapes = model["shapes"]
    yield "/** Method, path, and the members that stand in the path or the query with their names there. */\n"
    yield "export const operations = {\n"
    for name, operation in sorted(model["operations"].items()):
        members = shapes[operation["input"]["shape"]]["members"]
        places = [
            [member, one["location"], one.get("locationName", member)]
            for member, one in members.items()
            if one.get("location") in ("uri", "querystring")
        ]
        where = [operation["http"]["method"], operation["http"]["requestUri"], places]
        yield f"  {name}: {json.dumps(where)},\n"
    yield "} as const satisfies Record<string, readonly [string, string, readonly (readonly string[])[]]>;\n\n"
    yield "export type OperationName = keyof typeof operations;\n\ninterface Shapes {\n"
    for name, operation in sorted(model["operations"].items()):
        answer = operation.get("output", {}).get("shape")
        yield f"  {name}: [{operation['input']['shape']}, {answer or 'Record<string, never>'}];\n"
    yield "}\n\nexport type Input<N extends OperationName> = Shapes[N][0];\n"
    yield "export type Output<N extends OperationName> = Shapes[N][1];\n\n"


def _types(model: dict[str, Any]) -> Iterator[str]:
    for name, shape in sorted(model["shapes"].items()):
        if shape.get("exception"):
            continue
        if shape["type"] == "structure":
            required = shape.get("required", ())
            yield f"export interface {name} {{\n"
            for member, one in shape["members"].items():
                yield f"  {member}{'' if member in required else '?'}: {_type(model, one['shape'])};\n"
            yield "}\n"
        elif "enum" in shape:
            yield f"export type {name} = {' | '.join(json.dumps(value) for value in shape['enum'])};\n"


def _type(model: dict[str, Any], name: str) -> str:
    shape = model["shapes"][name]
    if shape["type"] == "list":
        return f"Array<{_type(model, shape['member']['shape'])}>"
    if shape["type"] == "map":
        return f"Record<string, {_type(model, shape['value']['shape'])}>"
    if shape["type"] == "structure" or "enum" in shape:
        return name
    return _SCALARS[shape["type"]]


def _limits(model: dict[str, Any]) -> Iterator[str]:
    """Only of texts and lists: what a form checks before it sends."""
    yield "\n/** The model's bounds on texts, lists and numbers, by shape; a pattern is for the whole text. */\n"
    yield "export interface Limit {\n  min?: number;\n  max?: number;\n  pattern?: string;\n}\n\n"
    yield "export const limits = {\n"
    for name, shape in sorted(model["shapes"].items()):
        found = {key: shape[key] for key in ("min", "max", "pattern") if key in shape}
        if found and _IDENTIFIER.fullmatch(name):
            yield f"  {name}: {json.dumps(found)},\n"
    yield "} as const satisfies Record<string, Limit>;\n"


def main() -> int:
    written = text()
    if "--check" in sys.argv:
        return 0 if FILE.read_text("utf-8") == written else 1
    FILE.write_text(written, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
