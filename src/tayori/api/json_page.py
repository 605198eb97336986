"""JSON of the pages beside the API: what a request's body says, and how an answer is written.

Owns that one form for all of `/tayori`. Never says what a page wants.
"""

import json
from typing import Any

from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import Invalid


def document(request: HttpRequest) -> dict[str, Any]:
    """The object in the body; an empty one where there is no body. Raises Invalid."""
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Invalid("The body must be JSON.") from error
    if not isinstance(found, dict):
        raise Invalid("The body must be a JSON object.")
    return found


def answer(status: int, value: Any, *headers: tuple[str, str]) -> HttpResponse:
    """What JSON has no form for is written as text; a half of a surrogate pair, which UTF-8 has none for, as `?`."""
    body = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return HttpResponse(status=status, headers=(("content-type", "application/json"), *headers), body=body)
