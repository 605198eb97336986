"""Refusals of the service in the words of each protocol: one table for v1, one for v2, one for SNS.

Owns which modelled code a domain error is. v1 and v2 disagree: where v1 says `ConfigurationSetDoesNotExist` (400), v2
says `NotFoundException` (404). The first row whose class fits decides; DomainError ends each table, so that nothing
falls through. Never changes a message: that is the resource's.

Source: the two models, and section 6 and 13 of the behaviour map. That v2 answers a used-up daily quota with
TooManyRequestsException is not settled by any source; v1's `Throttling` for both causes is.
"""

from collections.abc import Callable, Mapping

from tayori.aws.errors import COMMON_ERRORS, ApiError, common_error
from tayori.aws.paging import BadPageToken
from tayori.aws.spec import Operation, Service
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
    Throttled,
    TooManyFilters,
)
from tayori.model.once import KeyReused

Code = str | Callable[[DomainError, frozenset[str]], str]

_V1_MISSING: Mapping[Kind, str] = {
    Kind.CONFIGURATION_SET: "ConfigurationSetDoesNotExist",
    Kind.EVENT_DESTINATION: "EventDestinationDoesNotExist",
    Kind.TEMPLATE: "TemplateDoesNotExist",
    Kind.CUSTOM_VERIFICATION_TEMPLATE: "CustomVerificationEmailTemplateDoesNotExist",
    Kind.TRACKING_OPTIONS: "TrackingOptionsDoesNotExistException",
    Kind.RECEIPT_RULE_SET: "RuleSetDoesNotExist",
    Kind.RECEIPT_RULE: "RuleDoesNotExist",
}
_V1_TAKEN: Mapping[Kind, str] = {
    Kind.CONFIGURATION_SET: "ConfigurationSetAlreadyExists",
    Kind.EVENT_DESTINATION: "EventDestinationAlreadyExists",
    Kind.CUSTOM_VERIFICATION_TEMPLATE: "CustomVerificationEmailTemplateAlreadyExists",
    Kind.TRACKING_OPTIONS: "TrackingOptionsAlreadyExistsException",
}
_V1_PAUSED: Mapping[PauseScope, str] = {
    PauseScope.ACCOUNT: "AccountSendingPausedException",
    PauseScope.CONFIGURATION_SET: "ConfigurationSetSendingPausedException",
}


def _v1_missing(error: DomainError, declared: frozenset[str]) -> str:
    return _V1_MISSING.get(error.kind, "InvalidParameterValue") if isinstance(error, NotFound) else ""


def _v1_taken(error: DomainError, declared: frozenset[str]) -> str:
    return _V1_TAKEN.get(error.kind, "AlreadyExists") if isinstance(error, AlreadyExists) else ""


def _v1_paused(error: DomainError, declared: frozenset[str]) -> str:
    return _V1_PAUSED[error.scope] if isinstance(error, SendingPaused) else ""


def _v1_template_data(error: DomainError, declared: frozenset[str]) -> str:
    """Only where a template is tried out is there a word of its own for it."""
    code = "InvalidRenderingParameter"
    return code if f"{code}Exception" in declared else "InvalidParameterValue"


def _v2_conflict(error: DomainError, declared: frozenset[str]) -> str:
    """The operation says which of the two it knows; most know neither."""
    codes = ("ConflictException", "ConcurrentModificationException")
    return next((code for code in codes if code in declared), "ConflictException")


V1: tuple[tuple[type[DomainError], Code], ...] = (
    (KeyReused, "IdempotentParameterMismatch"),
    (NotFound, _v1_missing),
    (AlreadyExists, _v1_taken),
    (LimitExceeded, "LimitExceeded"),
    (CannotDelete, "CannotDelete"),
    (Conflict, "InvalidParameterValue"),
    (MessageRejected, "MessageRejected"),
    (SendingPaused, _v1_paused),
    (MailFromNotVerified, "MailFromDomainNotVerifiedException"),
    (Throttled, "Throttling"),
    (AccessDenied, "AccessDenied"),
    (NotOffered, "InvalidParameterValue"),
    (InvalidPolicy, "InvalidPolicy"),
    (InvalidContent, "CustomVerificationEmailInvalidContent"),
    (InvalidTemplate, "InvalidTemplate"),
    (InvalidTemplateData, _v1_template_data),
    (MissingRenderingAttribute, "MissingRenderingAttribute"),
    (InvalidDestination, "InvalidSNSDestination"),
    (InvalidCloudWatchDestination, "InvalidCloudWatchDestination"),
    (InvalidFirehoseDestination, "InvalidFirehoseDestination"),
    (InvalidS3Configuration, "InvalidS3Configuration"),
    (InvalidSnsTopic, "InvalidSnsTopic"),
    (InvalidLambdaFunction, "InvalidLambdaFunction"),
    (FromNotVerified, "FromEmailAddressNotVerified"),
    (NoProductionAccess, "ProductionAccessNotGranted"),
    (Invalid, "InvalidParameterValue"),
    (DomainError, "InvalidParameterValue"),
)

V2: tuple[tuple[type[DomainError], Code], ...] = (
    (KeyReused, "IdempotentParameterMismatch"),
    (NotFound, "NotFoundException"),
    (AlreadyExists, "AlreadyExistsException"),
    (LimitExceeded, "LimitExceededException"),
    (Conflict, _v2_conflict),
    (MessageRejected, "MessageRejected"),
    (SendingPaused, "SendingPausedException"),
    (MailFromNotVerified, "MailFromDomainNotVerifiedException"),
    (Throttled, "TooManyRequestsException"),
    (AccessDenied, "AccessDenied"),
    (NotOffered, "BadRequestException"),
    (Invalid, "BadRequestException"),
    (DomainError, "BadRequestException"),
)


def _sns_limit(error: DomainError, declared: frozenset[str]) -> str:
    """The operation says of what there is one too many."""
    codes = ("TopicLimitExceeded", "SubscriptionLimitExceeded", "TagLimitExceeded")
    return next((code for code in codes if f"{code}Exception" in declared), "InvalidParameter")


SNS: tuple[tuple[type[DomainError], Code], ...] = (
    (NotFound, "NotFound"),
    (TooManyFilters, "FilterPolicyLimitExceeded"),
    (LimitExceeded, _sns_limit),
    (Throttled, "Throttled"),
    (AccessDenied, "AuthorizationError"),
    (InvalidAttribute, "ParameterValueInvalid"),
    (DomainError, "InvalidParameter"),
)


def _table(service: Service) -> tuple[tuple[type[DomainError], Code], ...]:
    if service.name == "sns":
        return SNS
    return V2 if service.protocol == "rest-json" else V1


def translate(error: DomainError, service: Service, declared: frozenset[str] = frozenset()) -> ApiError:
    """The refusal in the words of that service; `declared` names the errors that the operation declares."""
    code = next(code for kind, code in _table(service) if isinstance(error, kind))
    return modelled(service, code if isinstance(code, str) else code(error, declared), error.message)


def bad_page_token(error: BadPageToken, operation: Operation) -> ApiError:
    text = f"Invalid NextToken <{error.token[:200]}>."
    if operation.service.name == "sns":
        return modelled(operation.service, "InvalidParameter", "Invalid parameter: NextToken")
    if operation.service.protocol != "rest-json":
        return modelled(operation.service, "InvalidParameterValue", text)
    declared = "InvalidNextTokenException" in operation.error_names
    return modelled(operation.service, "InvalidNextTokenException" if declared else "BadRequestException", text)


def invalid_input(operation: Operation, message: str) -> ApiError:
    """What the model's constraints refuse: v1 `ValidationError`, v2 `BadRequestException`."""
    if operation.service.protocol == "rest-json":
        return modelled(operation.service, "BadRequestException", message)
    return common_error("ValidationError", message)


def not_built(operation: Operation) -> ApiError:
    text = f"{operation.name} is not offered yet by this installation. See docs/quirks.md."
    if operation.service.protocol == "rest-json":
        return modelled(operation.service, "BadRequestException", text)
    return common_error("InvalidAction", text)


def modelled(service: Service, code: str, message: str) -> ApiError:
    """An error with the status that the model gives it, else the one it has for all services, else 400."""
    error = service.errors_by_code.get(code) or service.errors.get(code)
    if error is not None:
        return ApiError(error.code, message, error.status)
    return common_error(code, message) if code in COMMON_ERRORS else ApiError(code, message)
