"""Notifications as they lie in the outbox, for tests of what becomes of them."""

from datetime import UTC, datetime

from tayori.events import signing
from tayori.events.signing import Signer
from tayori.resources.notifications import Notification

NOW = datetime(2026, 5, 1, 12, 30, 15, 678901, tzinfo=UTC)
ACCOUNT = "111111111111"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:feedback"
SUBSCRIPTION_ID = "6a1c2d3e-0000-4000-8000-000000000000"
CERTIFICATE = signing.make("sns.tayori.test", NOW)
SIGNER = Signer(CERTIFICATE)
BASE = "https://mail.example"


class OneSigner:
    """Signing, without a store behind it."""

    async def current(self):
        return SIGNER


def notification(kind="Notification", protocol="http", endpoint="http://127.0.0.1/hook", attempts=0, **envelope):
    values = {
        "message_id": "m-1",
        "subject": "",
        "message": "Hello.",
        "attributes": {},
        "raw": False,
        "token": "t" * 64,
        "signature_version": "1",
        "policy": "",
        "topic_policy": "",
        "redrive": "",
    }
    return Notification(
        account_id=ACCOUNT,
        notification_id="n-1",
        region="us-east-1",
        kind=kind,
        attempts=attempts,
        topic_arn=TOPIC_ARN,
        subscription_id=SUBSCRIPTION_ID,
        protocol=protocol,
        endpoint=endpoint,
        lane="127.0.0.1",
        envelope=values | envelope,
        created_at=NOW,
    )
