"""The two roles of the service with what they are given replaced by memory: one access key, and rules by
subject.

The subject of a message chooses what becomes of it, so that dialogues can ask for each refusal of the
service.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network

from tayori.mail.address import AddrSpec
from tayori.model.errors import (
    AccessDenied,
    Invalid,
    MailFromNotVerified,
    MessageRejected,
    PauseScope,
    SendingPaused,
    ThrottleCause,
    Throttled,
    Unverified,
)
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute, NotTaken
from tayori.resources.credentials import Credential
from tayori.smtp.mx import MxRole
from tayori.smtp.policy import ServerSettings
from tayori.smtp.submission import SubmissionRole, SubmittedMessage

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
PASSWORD = "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"  # of ACCESS_KEY in REGION
MESSAGE_ID = "0100019ab1c2d3e4-4c0b1a2e-7a54-4a5c-9a53-7b6a1f0c2d3e-000000"
RETURN_PATH = AddrSpec(MESSAGE_ID, "bounce.customer.test")

CREDENTIAL = Credential(
    access_key_id=ACCESS_KEY,
    account_id="123456789012",
    secret_access_key=SECRET,
    user_name="app",
    active=True,
    operator=False,
    created_at=datetime(2026, 11, 24, tzinfo=UTC),
)

REFUSALS = {
    "unverified": Unverified(("a@b.test", "c@d.test"), REGION),
    "rejected": MessageRejected("Sending is suspended for this account."),
    "paused": SendingPaused("Sending paused for this account.", PauseScope.ACCOUNT),
    "mail-from": MailFromNotVerified("MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid."),
    "rate": Throttled(ThrottleCause.RATE),
    "quota": Throttled(ThrottleCause.DAILY_QUOTA),
    "denied": AccessDenied("User `arn:aws:iam::1:user/app' is not authorized to perform `ses:SendRawEmail'"),
    "invalid": Invalid("Missing required header 'From'."),
    "crash": RuntimeError("secret detail of the store"),
}


@dataclass
class Service:
    """What stands behind the roles; it remembers what it was handed."""

    submitted: list[SubmittedMessage] = field(default_factory=list)
    inbound: list[InboundMessage] = field(default_factory=list)

    async def credentials(self, access_key_id: str) -> Credential | None:
        if access_key_id == "AKIACRASH":
            raise RuntimeError("secret detail of the store")
        return CREDENTIAL if access_key_id == ACCESS_KEY else None

    async def accept(self, message: SubmittedMessage) -> str:
        subject = re.search(rb"^Subject: (.*)\r$", message.content, re.MULTILINE)
        refusal = REFUSALS.get(subject[1].decode()) if subject else None
        if refusal is not None:
            raise refusal
        self.submitted.append(message)
        return MESSAGE_ID

    async def accepts(self, address: AddrSpec) -> InboundRoute | NotTaken:
        if address == RETURN_PATH:
            return InboundRoute(recipient=address, purpose=InboundPurpose.RETURN_PATH, message_id=MESSAGE_ID)
        if str(address) == "postmaster@mx.test":
            return InboundRoute(recipient=address, purpose=InboundPurpose.POSTMASTER)
        return NotTaken.NO_SUCH_ADDRESS if address.domain == RETURN_PATH.domain else NotTaken.NOT_OURS

    async def intake(self, message: InboundMessage) -> None:
        if b"Subject: crash" in message.content:
            raise RuntimeError("secret detail of the store")
        self.inbound.append(message)

    def submission(self, settings: ServerSettings, *, trusted: str | None = None) -> SubmissionRole:
        return SubmissionRole(
            settings=settings,
            region=REGION,
            regions=(REGION, "eu-west-1"),
            credentials=self.credentials,
            accept=self.accept,
            trusted={ip_network(trusted): ACCESS_KEY} if trusted else {},
        )

    def mx(self, settings: ServerSettings) -> MxRole:
        return MxRole(hostname=settings.hostname, accepts=self.accepts, intake=self.intake)
