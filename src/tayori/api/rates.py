"""How often an account may call an operation: SES's own limits, where an installation wants them.

Owns the one table, and a token bucket for each account, region and operation, in the memory of one process: several
processes let through as many times more. Sends are not in it, since the account's send rate limits them, nor are calls
of the console. Off unless `service.operation_rates` says so: nothing here has to be protected from its own users.

Sources: the API references, which give a number where there is one ("no more than once per second"); for v1 also the
developer guide's quotas, which limit all but sends. What v2's reference gives no number for is not limited.
"""

import time
from collections.abc import Callable, Mapping

from tayori.aws.errors import ApiError, common_error
from tayori.aws.spec import Operation

_BURST = 2.0  # seconds' worth of calls that may come at once; SES does not publish its own
_MOST_REMEMBERED = 20_000
_SENDS = frozenset({"SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail"})
_V1_RATE = 1.0
_V2_RATES: Mapping[str, float] = {
    **dict.fromkeys(
        """
        CreateCustomVerificationEmailTemplate CreateEmailIdentityPolicy CreateEmailTemplate CreateExportJob
        DeleteCustomVerificationEmailTemplate DeleteEmailIdentityPolicy DeleteEmailTemplate
        GetCustomVerificationEmailTemplate GetEmailIdentityPolicies GetMessageInsights
        ListCustomVerificationEmailTemplates ListEmailTemplates ListRecommendations PutAccountVdmAttributes
        PutConfigurationSetVdmOptions SendCustomVerificationEmail TestRenderEmailTemplate
        UpdateCustomVerificationEmailTemplate UpdateEmailIdentityPolicy UpdateEmailTemplate
        """.split(),
        1.0,
    ),
    "GetEmailTemplate": 50.0,
    "BatchGetMetricData": 16.0,
}


def rate_of(service: str, operation: str) -> float | None:
    """Calls a second; None where there is no limit."""
    if service == "ses":
        return None if operation in _SENDS else _V1_RATE
    return _V2_RATES.get(operation) if service == "sesv2" else None


class OperationRates:
    """Of one process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._buckets: dict[tuple[str, str, str, str], tuple[float, float]] = {}  # what is left, and since when

    def admit(self, account_id: str, region: str, operation: Operation) -> None:
        """Raises ApiError where the operation was called too often."""
        service = operation.service.name
        rate = rate_of(service, operation.name)
        if rate is None:
            return
        key, now, full = (account_id, region, service, operation.name), self._now(), rate * _BURST
        left, since = self._buckets.get(key, (full, now))
        left = min(full, left + (now - since) * rate)
        if left < 1.0:
            self._buckets[key] = left, now
            raise _too_often(operation)
        if len(self._buckets) >= _MOST_REMEMBERED:
            self._buckets.clear()
        self._buckets[key] = left - 1.0, now


def _too_often(operation: Operation) -> ApiError:
    if operation.service.protocol == "rest-json":
        return ApiError("TooManyRequestsException", "Rate exceeded", 429)
    return common_error("Throttling")
