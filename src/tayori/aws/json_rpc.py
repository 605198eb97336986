"""The json protocol (CloudWatch), server side: request → dict, dict → response, error → response.

Owns what is around the body: the operation is named by `X-Amz-Target`, errors by `__type`. JSON itself is
`json_body`'s. Services that spoke the query protocol before say its error code in a header, too.

Source: Smithy's awsJson1_0 and awsQueryCompatible.
"""

from collections.abc import Mapping
from typing import Any

from tayori.aws import json_body
from tayori.aws.errors import ApiError, json_code
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.aws.json_body import unreadable
from tayori.aws.spec import Operation, Service

JSON = "application/x-amz-json-1.0"
TARGET = "x-amz-target"


def operation_of(service: Service, request: HttpRequest) -> Operation | None:
    prefix, _, name = (request.headers.get(TARGET) or "").rpartition(".")
    return service.operations.get(name) if prefix == service.target_prefix else None


def parse_request(operation: Operation, request: HttpRequest) -> dict[str, Any]:
    """The input of the operation as handlers take it. Raises ApiError (SerializationException) and nothing else."""
    if operation.input is None or not request.body:
        return {}
    try:
        value = json_body.load(request.body)
        if not isinstance(value, dict):
            raise unreadable("The body is not a JSON object")
        result: dict[str, Any] = json_body.read(operation.input, value)
    except RecursionError as error:
        raise unreadable("The request is nested too deeply") from error
    return result


def serialize_response(operation: Operation, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """A handler's answer on the wire; a member that the model does not have is a bug of the handler: ValueError."""
    content: Any = {}
    if operation.output is not None:
        json_body.check_names(operation.output, result)
        content = json_body.write(operation.output, result)
    elif result:
        raise ValueError(f"{operation.name} has no output")
    return _response(200, content, request_id)


def serialize_error(service: Service, error: ApiError, request_id: str) -> HttpResponse:
    modelled = service.errors_by_code.get(error.code) or service.errors.get(error.code)
    code = modelled.code if modelled else error.code
    sender = modelled.sender_fault if modelled else error.sender_fault
    content = {"__type": modelled.name if modelled else json_code(error.code)}
    if error.message:
        content["message"] = error.message
    legacy = ("x-amzn-query-error", f"{code};{'Sender' if sender else 'Receiver'}")
    return _response(error.status, content, request_id, legacy)


def _response(status: int, content: Any, request_id: str, *headers: tuple[str, str]) -> HttpResponse:
    own = (("content-type", JSON), ("x-amzn-RequestId", request_id))
    return HttpResponse(status=status, headers=(*own, *headers), body=json_body.dump(content))
