"""Events in the shape in which SES puts them on EventBridge's default bus.

Owns the frame around SES's JSON, which is the `detail` (eventbridge: events from AWS services, SES's events).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from tayori.model.event import EventKind

SOURCE = "aws.ses"
DETAIL_TYPES: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.SEND: "Email Sent",
        EventKind.REJECT: "Email Rejected",
        EventKind.BOUNCE: "Email Bounced",
        EventKind.COMPLAINT: "Email Complaint Received",
        EventKind.DELIVERY: "Email Delivered",
        EventKind.OPEN: "Email Opened",
        EventKind.CLICK: "Email Clicked",
        EventKind.RENDERING_FAILURE: "Email Rendering Failed",
        EventKind.DELIVERY_DELAY: "Email Delivery Delayed",
        EventKind.SUBSCRIPTION: "Email Subscribed",
    }
)


def frame(
    kind: EventKind, detail: str, *, event_id: str, account_id: str, region: str, resource: str, moment: datetime
) -> str:
    """The whole event; `detail` is SES's JSON, `resource` the ARN of the configuration set."""
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": DETAIL_TYPES[kind],
        "source": SOURCE,
        "account": account_id,
        "time": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [resource],
        "detail": json.loads(detail),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
