"""The account: quotas, statistics, and whether it may send."""

from tayori.api.registry import Call, Request, Response, operation
from tayori.resources import accounts, quotas


@operation("ses", "GetSendQuota")
def get_send_quota(call: Call, request: Request) -> Response:
    account = accounts.get(call.tx, call.account_id, call.region)
    return {
        "Max24HourSend": float(account.max_24_hour),
        "MaxSendRate": quotas.shown_rate(account),
        "SentLast24Hours": float(quotas.sent_last_24_hours(call.tx, call.account_id, call.region)),
    }


@operation("ses", "GetSendStatistics")
def get_send_statistics(call: Call, request: Request) -> Response:
    points = quotas.statistics(call.tx, call.account_id, call.region)
    return {
        "SendDataPoints": [
            {
                "Timestamp": point.timestamp,
                "DeliveryAttempts": point.attempts,
                "Bounces": point.bounces,
                "Complaints": point.complaints,
                "Rejects": point.rejects,
            }
            for point in points
        ]
    }


@operation("ses", "GetAccountSendingEnabled")
def get_account_sending_enabled(call: Call, request: Request) -> Response:
    return {"Enabled": accounts.get(call.tx, call.account_id, call.region).sending_enabled}


@operation("ses", "UpdateAccountSendingEnabled")
def update_account_sending_enabled(call: Call, request: Request) -> Response:
    accounts.put_sending(call.tx, call.account_id, call.region, enabled=bool(request.get("Enabled")))
    return {}
