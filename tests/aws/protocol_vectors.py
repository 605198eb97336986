"""The protocol vectors of botocore as test parameters, and values written the way handlers see them."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tayori.aws.spec import Operation, Service, Shape

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "botocore-protocols"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    model: dict[str, Any]
    given: dict[str, Any]
    case: dict[str, Any]

    @property
    def service(self) -> Service:
        return Service("vectors", self.model)

    @property
    def operation(self) -> Operation:
        return self.service.operations[self.given["name"]]


def cases(direction: str, protocol: str) -> list[Any]:
    """Every case of one direction and protocol; a single skipped one where the vectors are absent."""
    path = VECTORS / direction / f"{protocol}.json"
    if not path.is_file():
        reason = "test vectors 'botocore-protocols' are not beside this checkout"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(case, id=case.id) for suite in json.loads(path.read_text()) for case in _cases(suite)]


def _cases(suite: dict[str, Any]) -> Iterator[Case]:
    shapes = suite["shapes"]
    for case in suite["cases"]:
        given = dict(case["given"])
        if "output" in given and suite["metadata"]["protocol"] == "query":
            given["output"] = {**given["output"], "resultWrapper": f"{given['name']}Result"}
        metadata = {"xmlNamespace": "https://example.com/", **suite["metadata"]}
        model = {"metadata": metadata, "operations": {given["name"]: given}, "shapes": shapes}
        yield Case(id=case["id"], model=model, given=given, case=case)


def as_handlers_see(shape: Shape | None, value: Any) -> Any:
    """Vectors write moments as epoch seconds, bytes as text, and the special floats as words."""
    if shape is None or value is None:
        return value
    if shape.trait("jsonvalue"):
        return json.loads(value)
    if shape.type == "structure":
        if shape.is_document:
            return value
        return {name: as_handlers_see(shape.contents.get(name), item) for name, item in value.items()}
    if shape.type == "list":
        return [as_handlers_see(shape.member, item) for item in value]
    if shape.type == "map":
        return {key: as_handlers_see(shape.value, item) for key, item in value.items()}
    if shape.type == "timestamp":
        return datetime.fromtimestamp(value, UTC)
    if shape.type == "blob":
        return value.encode()
    if shape.type in ("float", "double"):
        return float(value)
    return value


def comparable(value: Any) -> Any:
    """NaN equals itself here; a moment is one whatever its zone's name."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return value.astimezone(UTC) if isinstance(value, datetime) else value
