"""What must hold for every operation of the installed models, without a list of them."""

from collections.abc import Callable
from typing import Any

import botocore
import pytest
from asgi_client import Api
from botocore import xform_name
from botocore.exceptions import ClientError
from samples import full, minimal

from tayori.api.not_offered import LISTED_WITH, NOT_OFFERED
from tayori.api.registry import Call, ComposeCall, Mode, Registry, load_operations, mode_of, snake_name
from tayori.aws import spec
from tayori.aws.errors import ApiError

SERVICES = ("ses", "sesv2", "sns")
BOTOCORE = tuple(int(part) for part in botocore.__version__.split(".")[:3])
OPERATIONS = [(service, name) for service in SERVICES for name in sorted(spec.load(service).operations)]


def test_every_operation_is_registered_or_listed_with_a_reason() -> None:
    registered = {(entry.service, entry.operation) for entry in load_operations()}
    assert registered & NOT_OFFERED.keys() == set(), "registered, and still listed as not offered"
    if BOTOCORE <= LISTED_WITH:  # what AWS has added since is refused all the same
        assert set(OPERATIONS) - registered - NOT_OFFERED.keys() == set(), "neither registered nor listed"
    if BOTOCORE >= LISTED_WITH:
        assert NOT_OFFERED.keys() - set(OPERATIONS) == set(), "listed, but not in the model"
    assert {entry for entry in registered if entry[0] in SERVICES} - set(OPERATIONS) == set(), "not in the model"
    assert all(reason.endswith(".") for reason in NOT_OFFERED.values())


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_functions_are_named_as_botocore_names_them(service: str, name: str) -> None:
    assert snake_name(name) == xform_name(name)
    entry = load_operations().find(service, name)
    assert entry is None or entry.function_name == xform_name(name)


def recording(service: str, name: str, seen: list[Any], answer: Any) -> Registry:
    """A registry with one handler, which notes what it was given and answers (or raises) as told."""
    registry = Registry()

    def handler(call: Call, request: Any) -> Any:
        seen.append((call, request))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def composing(call: ComposeCall, request: Any) -> Any:
        return handler(call.within(None), request)  # type: ignore[arg-type]

    composed = name.startswith("Send")
    function = composing if composed else handler
    function.__name__ = snake_name(name)
    registry.operation(service, name, mode=Mode.COMPOSE if composed else mode_of(name))(function)
    return registry


class Swapping(Registry):
    """A registry whose one entry a test exchanges, so that all operations can share a store."""

    def __init__(self) -> None:
        super().__init__()
        self.current = Registry()

    def find(self, service: str, name: str) -> Any:
        return self.current.find(service, name)


def test_each_operation_reaches_its_handler_and_its_answer_comes_back(make_api: Callable[..., Api]) -> None:
    operations = Swapping()
    api = make_api(operations)
    clients = {service: api.client(service) for service in SERVICES}
    for service, name in OPERATIONS:
        model = spec.load(service).operations[name]
        for build in (minimal, full):
            seen: list[Any] = []
            request, answer = build(model.input), build(model.output)
            request.pop("EndpointId", None)  # makes botocore choose Signature Version 4A, which is refused
            operations.current = recording(service, name, seen, answer)
            response = getattr(clients[service], xform_name(name))(**request)
            metadata = response.pop("ResponseMetadata")
            ((call, received),) = seen
            assert received == sent_over_the_wire(model, request), (service, name)
            assert response == answer, (service, name)
            assert metadata["HTTPStatusCode"] == 200
            assert metadata["RequestId"] == call.request_id
            assert (call.service, call.operation, call.account_id) == (service, name, "123456789012")


def sent_over_the_wire(model: spec.Operation, request: dict[str, Any]) -> dict[str, Any]:
    """What of a request reaches a server: the query protocol cannot say that a structure is there but empty."""
    if model.service.protocol != "query":
        return request
    return {name: pruned for name, value in request.items() if (pruned := _pruned(value)) is not None}


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: item for name, one in value.items() if (item := _pruned(one)) is not None} or None
    return value


@pytest.mark.parametrize("service", SERVICES)
def test_each_modelled_error_is_raised_as_its_class(service: str, make_api: Callable[..., Api]) -> None:
    operations = Swapping()
    api = make_api(operations)
    client = api.client(service)
    by_error = {
        error: operation for operation in spec.load(service).operations.values() for error in operation.error_names
    }
    assert len(by_error) >= 13
    for error_name, operation in by_error.items():
        error = spec.load(service).errors[error_name]
        members = {name: value for name, value in full(error.shape).items() if name.lower() != "message"}
        failure = ApiError(error.code, "What went wrong.", error.status, members)
        operations.current = recording(service, operation.name, [], failure)
        with pytest.raises(getattr(client.exceptions, error_name)) as caught:
            getattr(client, xform_name(operation.name))(**minimal(operation.input))
        response = caught.value.response
        assert response["Error"]["Message"] == "What went wrong."
        assert response["ResponseMetadata"]["HTTPStatusCode"] == error.status
        assert {name: response[name] for name in members} == members


def test_each_operation_that_is_not_offered_says_so(make_api: Callable[..., Api]) -> None:
    api = make_api(Registry())
    clients = {service: api.client(service) for service in SERVICES}
    for service, name in OPERATIONS:
        model = spec.load(service).operations[name]
        with pytest.raises(ClientError) as caught:
            getattr(clients[service], xform_name(name))(**minimal(model.input))
        error = caught.value.response["Error"]
        assert error["Message"] == f"{name} is not offered yet by this installation. See docs/quirks.md."
        assert error["Code"] == ("BadRequestException" if service == "sesv2" else "InvalidAction")
