"""What became of one message, for accounts that have switched the Virtual Deliverability Manager on (ses: probed)."""

from typing import Any

from tayori.api.registry import Call, Request, Response, operation
from tayori.model.insights import RecipientInsights
from tayori.resources import accounts, insights


@operation("sesv2", "GetMessageInsights")
def get_message_insights(call: Call, request: Request) -> Response:
    accounts.require_vdm(call.tx, call.account_id, call.region)
    found = insights.get(call.tx, call.account_id, call.region, request["MessageId"])
    answer: dict[str, Any] = {
        "MessageId": found.message_id,
        "FromEmailAddress": found.from_address,
        "EmailTags": [{"Name": name, "Value": value} for name, value in found.tags.items()],
        "Insights": [_recipient(recipient) for recipient in found.recipients],
    }
    return answer | ({"Subject": found.subject} if found.subject else {})


def _recipient(found: RecipientInsights) -> dict[str, Any]:
    events = [
        {"Timestamp": event.at, "Type": event.type} | ({"Details": event.details} if event.details else {})
        for event in found.events
    ]
    return {"Destination": found.destination, "Isp": found.isp, "Events": events}
