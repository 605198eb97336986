"""Errors as the AWS protocols carry them.

Owns `ApiError` and the errors that every AWS service shares and no model declares. One such error has two spellings:
query services say `InvalidClientTokenId` where JSON services say `UnrecognizedClientException` (SES shows both: v1
and v2). An ApiError is raised with the query spelling; `json_code` gives the other when the answer is written.

Sources: the "Common Errors" page of the SES API references, and the codes that SES's clients report.
"""

from collections.abc import Mapping
from dataclasses import dataclass


class ApiError(Exception):
    """What the caller is told: `members` holds the further members that a modelled error declares."""

    def __init__(
        self, code: str, message: str | None, status: int = 400, members: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.members: Mapping[str, object] = members or {}

    @property
    def sender_fault(self) -> bool:
        return self.status < 500

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class CommonError:
    json_code: str
    status: int
    message: str


COMMON_ERRORS: Mapping[str, CommonError] = {
    "AccessDenied": CommonError("AccessDeniedException", 403, "Access denied."),
    "ExpiredToken": CommonError("ExpiredTokenException", 403, "The security token included in the request is expired"),
    "IdempotentParameterMismatch": CommonError(
        "IdempotentParameterMismatchException", 400, "The request uses the same client token as another one."
    ),
    "IncompleteSignature": CommonError(
        "IncompleteSignatureException", 400, "The request signature does not conform to AWS standards."
    ),
    "InternalFailure": CommonError(
        "InternalFailure", 500, "The request failed because of an error inside the service. Please try again."
    ),
    "InvalidAction": CommonError("UnknownOperationException", 400, "The action or operation is not valid."),
    "InvalidClientTokenId": CommonError(
        "UnrecognizedClientException", 403, "The security token included in the request is invalid."
    ),
    "MalformedInput": CommonError("SerializationException", 400, "The request could not be read."),
    "MissingAction": CommonError(
        "UnknownOperationException", 400, "The request is missing an action or a required parameter."
    ),
    "MissingAuthenticationToken": CommonError(
        "MissingAuthenticationTokenException", 403, "Missing Authentication Token"
    ),
    "OptInRequired": CommonError("OptInRequired", 403, "The account is not signed up for this service."),
    "RequestEntityTooLarge": CommonError("RequestEntityTooLargeException", 413, "Request is too large."),
    "RequestExpired": CommonError("RequestExpired", 400, "Request has expired."),
    "RequestTimeout": CommonError("RequestTimeoutException", 408, "The request took too long to arrive."),
    "SerializationException": CommonError("SerializationException", 400, "The request could not be read."),
    "ServiceUnavailable": CommonError(
        "ServiceUnavailable", 503, "The service cannot take the request now. Please try again."
    ),
    "SignatureDoesNotMatch": CommonError(
        "InvalidSignatureException",
        403,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access"
        " Key and signing method. Consult the service documentation for details.",
    ),
    "Throttling": CommonError("ThrottlingException", 400, "Rate exceeded"),
    "UnknownOperationException": CommonError("UnknownOperationException", 404, "Unknown operation."),
    "ValidationError": CommonError("ValidationException", 400, "The request is not valid."),
}


def common_error(code: str, message: str | None = None) -> ApiError:
    """The shared error of that (query) code, with its own text unless a better one is given."""
    error = COMMON_ERRORS[code]
    return ApiError(code, message if message is not None else error.message, error.status)


def json_code(code: str) -> str:
    """How a JSON service spells the code; codes of a model are spelled one way only."""
    error = COMMON_ERRORS.get(code)
    return error.json_code if error else code
