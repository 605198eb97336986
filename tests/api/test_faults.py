"""Every refusal of the service has a modelled code in both protocols."""

from collections.abc import Iterator

import pytest

from tayori.api import faults
from tayori.aws import spec
from tayori.aws.errors import COMMON_ERRORS
from tayori.aws.paging import BadPageToken
from tayori.model import errors
from tayori.model.errors import (
    AccessDenied,
    AlreadyExists,
    CannotDelete,
    Conflict,
    DomainError,
    FromNotVerified,
    Invalid,
    InvalidAttribute,
    InvalidCloudWatchDestination,
    InvalidContent,
    InvalidDestination,
    InvalidFirehoseDestination,
    InvalidLambdaFunction,
    InvalidPolicy,
    InvalidS3Configuration,
    InvalidSnsTopic,
    InvalidTemplate,
    InvalidTemplateData,
    Kind,
    LimitExceeded,
    MailFromNotVerified,
    MessageRejected,
    MissingRenderingAttribute,
    NoProductionAccess,
    NotFound,
    NotOffered,
    PauseScope,
    SendingPaused,
    ThrottleCause,
    Throttled,
    TooManyFilters,
    Unverified,
)

V1, V2, SNS = spec.load("ses"), spec.load("sesv2"), spec.load("sns")
TEXT = "What went wrong."


def every_refusal() -> Iterator[DomainError]:
    yield from (Invalid(TEXT), LimitExceeded(TEXT), Conflict(TEXT), MessageRejected(TEXT), MailFromNotVerified(TEXT))
    yield from (AccessDenied(TEXT), NotOffered(TEXT), Unverified(("a@b.example",), "us-east-1"))
    yield from (InvalidPolicy(TEXT), InvalidContent(TEXT), FromNotVerified(TEXT), NoProductionAccess(TEXT))
    yield from (InvalidAttribute(TEXT), InvalidDestination(TEXT), TooManyFilters(TEXT))
    yield from (InvalidCloudWatchDestination(TEXT), InvalidFirehoseDestination(TEXT))
    yield from (InvalidS3Configuration(TEXT), InvalidSnsTopic(TEXT), InvalidLambdaFunction(TEXT), CannotDelete(TEXT))
    yield from (InvalidTemplate(TEXT), InvalidTemplateData(TEXT), MissingRenderingAttribute(TEXT))
    for kind in Kind:
        yield NotFound(TEXT, kind)
        yield AlreadyExists(TEXT, kind)
    yield from (SendingPaused(TEXT, scope) for scope in PauseScope)
    yield from (Throttled(cause) for cause in ThrottleCause)


def test_the_sample_has_every_class_of_the_vocabulary() -> None:
    public = {
        one
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, DomainError) and not name.startswith("_")
    }
    assert {type(error) for error in every_refusal()} == public - {DomainError}


@pytest.mark.parametrize("service", [V1, V2, SNS], ids=["v1", "v2", "sns"])
@pytest.mark.parametrize("error", list(every_refusal()), ids=lambda error: type(error).__name__)
def test_each_has_a_code_that_clients_know(error: DomainError, service: spec.Service) -> None:
    fault = faults.translate(error, service)
    assert fault.message == error.message
    known = service.errors_by_code.keys() | COMMON_ERRORS.keys() | {"InvalidParameterValue"}
    assert fault.code in known
    if fault.code in service.errors_by_code:
        assert fault.status == service.errors_by_code[fault.code].status


@pytest.mark.parametrize(
    ("error", "v1", "v2"),
    [
        (NotFound(TEXT, Kind.CONFIGURATION_SET), ("ConfigurationSetDoesNotExist", 400), ("NotFoundException", 404)),
        (NotFound(TEXT, Kind.EVENT_DESTINATION), ("EventDestinationDoesNotExist", 400), ("NotFoundException", 404)),
        (NotFound(TEXT, Kind.TEMPLATE), ("TemplateDoesNotExist", 400), ("NotFoundException", 404)),
        (NotFound(TEXT, Kind.IDENTITY), ("InvalidParameterValue", 400), ("NotFoundException", 404)),
        (
            AlreadyExists(TEXT, Kind.CONFIGURATION_SET),
            ("ConfigurationSetAlreadyExists", 400),
            ("AlreadyExistsException", 400),
        ),
        (AlreadyExists(TEXT, Kind.TEMPLATE), ("AlreadyExists", 400), ("AlreadyExistsException", 400)),
        (LimitExceeded(TEXT), ("LimitExceeded", 400), ("LimitExceededException", 400)),
        (Unverified(("a@b",), "us-east-1"), ("MessageRejected", 400), ("MessageRejected", 400)),
        (
            SendingPaused(TEXT, PauseScope.ACCOUNT),
            ("AccountSendingPausedException", 400),
            ("SendingPausedException", 400),
        ),
        (
            SendingPaused(TEXT, PauseScope.CONFIGURATION_SET),
            ("ConfigurationSetSendingPausedException", 400),
            ("SendingPausedException", 400),
        ),
        (
            MailFromNotVerified(TEXT),
            ("MailFromDomainNotVerifiedException", 400),
            ("MailFromDomainNotVerifiedException", 400),
        ),
        (Throttled(ThrottleCause.RATE), ("Throttling", 400), ("TooManyRequestsException", 429)),
        (AccessDenied(TEXT), ("AccessDenied", 403), ("AccessDenied", 403)),
        (Invalid(TEXT), ("InvalidParameterValue", 400), ("BadRequestException", 400)),
        (Conflict(TEXT), ("InvalidParameterValue", 400), ("ConflictException", 409)),
    ],
)
def test_the_two_protocols_spell_differently(error: DomainError, v1: tuple[str, int], v2: tuple[str, int]) -> None:
    first, second = faults.translate(error, V1), faults.translate(error, V2)
    assert (first.code, first.status) == v1
    assert (second.code, second.status) == v2


def test_a_conflict_is_spelled_as_the_operation_declares_it() -> None:
    operation = V2.operations["DeleteConfigurationSet"]
    assert "ConcurrentModificationException" in operation.error_names
    fault = faults.translate(Conflict(TEXT), V2, operation.error_names)
    assert (fault.code, fault.status) == ("ConcurrentModificationException", 500)


def test_page_tokens_that_are_not_ours() -> None:
    token = BadPageToken("x")
    fault = faults.bad_page_token(token, V2.operations["ListSuppressedDestinations"])
    assert (fault.code, fault.message) == ("InvalidNextTokenException", "Invalid NextToken <x>.")
    assert faults.bad_page_token(token, V2.operations["ListEmailIdentities"]).code == "BadRequestException"
    assert faults.bad_page_token(token, V1.operations["ListIdentities"]).code == "InvalidParameterValue"
