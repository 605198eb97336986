"""The account: GetAccount, its details for the review, its pauses and suppression reasons."""

from typing import Any

from tayori import ids
from tayori.api.registry import Call, Request, Response, operation
from tayori.resources import accounts, dedicated_ips, quotas, recommendations, sources
from tayori.resources.accounts import Account
from tayori.store.engine import Tx

_DETAILS = ("MailType", "WebsiteURL", "ContactLanguage", "UseCaseDescription", "AdditionalContactEmailAddresses")
_OFF = "DISABLED"


@operation("sesv2", "GetAccount")
def get_account(call: Call, request: Request) -> Response:
    account = accounts.get(call.tx, call.account_id, call.region)
    answer: dict[str, Any] = {
        "DedicatedIpAutoWarmupEnabled": sources.warms_automatically(call.tx, call.account_id, call.region),
        "EnforcementStatus": account.enforcement_status,
        "ProductionAccessEnabled": account.production_access,
        "SendQuota": _send_quota(call.tx, account),
        "SendingEnabled": account.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": list(account.suppressed_reasons)},
        "VdmAttributes": _vdm(account),
    }
    if account.details is not None:
        answer["Details"] = _details(account)
    return answer


def _send_quota(tx: Tx, account: Account) -> dict[str, float]:
    return {
        "Max24HourSend": float(account.max_24_hour),
        "MaxSendRate": quotas.shown_rate(account),
        "SentLast24Hours": float(quotas.sent_last_24_hours(tx, account.account_id, account.region)),
    }


def _details(account: Account) -> dict[str, Any]:
    details = {name: value for name, value in (account.details or {}).items() if name in _DETAILS}
    if account.review_status is not None:
        details["ReviewDetails"] = {"Status": account.review_status, "CaseId": account.review_case}
    return details


def _vdm(account: Account) -> dict[str, Any]:
    """What was never set is off (ses: probed)."""
    given = account.vdm or {}
    dashboard, guardian = given.get("DashboardAttributes", {}), given.get("GuardianAttributes", {})
    return {
        "VdmEnabled": given.get("VdmEnabled", _OFF),
        "DashboardAttributes": {"EngagementMetrics": dashboard.get("EngagementMetrics", _OFF)},
        "GuardianAttributes": {"OptimizedSharedDelivery": guardian.get("OptimizedSharedDelivery", _OFF)},
    }


@operation("sesv2", "PutAccountVdmAttributes")
def put_account_vdm_attributes(call: Call, request: Request) -> Response:
    accounts.put_vdm(call.tx, call.account_id, call.region, request["VdmAttributes"])
    call.tx.wake(recommendations.TOPIC)
    return {}


@operation("sesv2", "PutAccountDetails")
def put_account_details(call: Call, request: Request) -> Response:
    accounts.put_details(call.tx, call.account_id, call.region, request, case_id=ids.request_id())
    return {}


@operation("sesv2", "PutAccountSendingAttributes")
def put_account_sending_attributes(call: Call, request: Request) -> Response:
    accounts.put_sending(call.tx, call.account_id, call.region, enabled=bool(request.get("SendingEnabled")))
    return {}


@operation("sesv2", "PutAccountSuppressionAttributes")
def put_account_suppression_attributes(call: Call, request: Request) -> Response:
    reasons = tuple(dict.fromkeys(request.get("SuppressedReasons", ())))
    accounts.put_suppressed_reasons(call.tx, call.account_id, call.region, reasons)
    return {}


@operation("sesv2", "PutAccountDedicatedIpWarmupAttributes")
def put_account_dedicated_ip_warmup_attributes(call: Call, request: Request) -> Response:
    enabled = bool(request.get("AutoWarmupEnabled"))
    dedicated_ips.put_automatic_warmup(call.tx, call.account_id, call.region, enabled=enabled)
    return {}
