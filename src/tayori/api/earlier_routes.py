"""Operations of SES v2 whose newest model has another route than the one that SDKs have called for years.

Owns the list, and how the old form's query becomes the new form's members. Clients are not all as new as the model
that is installed here, and SES goes on answering them.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from tayori.aws import rest_json
from tayori.aws.http import HttpRequest
from tayori.aws.spec import Operation, Service

# Until botocore 1.44 lists were read by GET, with the page in the query.
_EARLIER: Mapping[tuple[str, str], str] = {
    ("GET", "/v2/email/identities"): "ListEmailIdentities",
    ("GET", "/v2/email/configuration-sets"): "ListConfigurationSets",
}
_NUMBERS = frozenset({"PageSize"})


def understand(service: Service, request: HttpRequest) -> tuple[Operation, dict[str, Any]] | None:
    """The operation that an earlier model would have meant, and its input; None where there is none."""
    name = _EARLIER.get((request.method, request.path.rstrip("/")))
    operation = service.operations.get(name) if name else None
    if operation is None:
        return None
    members = {
        key: int(value) if key in _NUMBERS and value.isascii() and value.isdigit() else value
        for key, value in parse_qsl(request.query)
    }
    return operation, rest_json.parse_request(operation, replace(request, body=json.dumps(members).encode()))
