"""Accounts, identities and messages as tests need them, written straight into the rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType
from tayori.mail.reply import EnhancedStatus, Reply
from tayori.model.message import (
    AttemptFacts,
    AttemptReport,
    Caller,
    Decision,
    DeliveryState,
    FailureScope,
    MessageTag,
    Operation,
    Outcome,
    OutcomeKind,
    Outgoing,
    Reason,
    RecipientResult,
    Submission,
    TlsFacts,
)
from tayori.model.names import ServiceNames
from tayori.model.return_path import ReturnPaths
from tayori.resources import accounts
from tayori.resources.inbound import Inbound
from tayori.resources.results import Written, written
from tayori.store.engine import Tx
from tayori.store.tables import dkim_keys, identities

ACCOUNT = "111122223333"
REGION = "us-east-1"
OPEN_ACCOUNT = accounts.UNLIMITED
RETURN_PATHS = ReturnPaths(b"k" * 32)

_numbers = count(1)


def names(region: str) -> ServiceNames:
    return ServiceNames(service_domain="tayori.test", region=region)


def inbound_port() -> Inbound:
    return Inbound(names, "tayori.test", RETURN_PATHS)


def address(text: str) -> AddrSpec:
    return AddrSpec.parse(text)


def open_account(tx: Tx, account_id: str = ACCOUNT, *, max_24_hour: int = -1, max_rate: float = -1) -> None:
    """An account out of the sandbox."""
    accounts.create(tx, account_id, REGION, name=f"account {account_id}")
    accounts.grant(tx, account_id, REGION, max_24_hour=max_24_hour, max_rate=max_rate)


def sandboxed_account(tx: Tx, account_id: str = ACCOUNT) -> None:
    accounts.create(tx, account_id, REGION, name=f"account {account_id}")


def identity(tx: Tx, name: str, account_id: str = ACCOUNT, **changes: Any) -> None:
    """A verified identity, domains with DKIM in place unless said otherwise."""
    is_domain = "@" not in name
    values: dict[str, Any] = {
        "account_id": account_id,
        "region": REGION,
        "identity": name,
        "kind": "DOMAIN" if is_domain else "EMAIL_ADDRESS",
        "created_at": tx.now,
        "verification_status": "SUCCESS",
        "dkim_status": "SUCCESS" if is_domain else "NOT_STARTED",
        "dkim_origin": "AWS_SES",
        "signing_enabled": True,
        "tokens": [f"{name}-token{number}" for number in range(3)] if is_domain else [],
        "mail_from_behavior": "USE_DEFAULT_VALUE",
        "feedback_forwarding": True,
        "checks": 0,
    }
    values |= changes
    tx.execute(identities.insert().values(**values))
    for position, token in enumerate(values["tokens"]):
        tx.execute(
            dkim_keys.insert().values(
                key_id=f"{account_id}/{token}",
                account_id=account_id,
                region=REGION,
                identity=name,
                selector=token,
                origin="AWS_SES",
                length="RSA_2048_BIT",
                private_key=b"key",
                public_record="v=DKIM1; p=",
                created_at=tx.now,
                state="standby" if position else "active",
                state_since=tx.now,
            )
        )


def submission(*recipients: str, sender: str = "news@example.com", **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "message_id": f"message-{next(_numbers):06}",
        "caller": caller(),
        "submitted_at": datetime(2026, 1, 1, tzinfo=UTC),
        "from_address": address(sender),
        "identities": (address(sender),),
        "recipients": tuple(address(text) for text in recipients or ("reader@inbox.test",)),
        "content": b"From: x\r\nSubject: hello\r\n\r\nHello\r\n",
        "body": BodyType.SEVEN_BIT,
        "subject": "hello",
        "tags": (MessageTag(name="campaign", value="spring"),),
    }
    return Submission(**values | changes)


def caller(account_id: str = ACCOUNT, operation: Operation = Operation.SEND_EMAIL) -> Caller:
    return Caller(
        account_id=account_id,
        region=REGION,
        arn=f"arn:aws:iam::{account_id}:user/app",
        source_ip="192.0.2.7",
        operation=operation,
        tls_version="TLSv1.3",
    )


def delivered() -> tuple[Outcome, Decision]:
    reply = Reply.of(250, "OK queued", "2.0.0")
    outcome = Outcome(kind=OutcomeKind.DELIVERED, status=reply.enhanced, reply=reply, remote_mta="mx.inbox.test")
    return outcome, Decision(state=DeliveryState.DELIVERED)


def failed(text: str = "user unknown", status: str = "5.1.1") -> tuple[Outcome, Decision]:
    reply = Reply.of(550, text, status)
    outcome = Outcome(
        kind=OutcomeKind.FAILED,
        reason=Reason.REPLY,
        status=EnhancedStatus.parse(status),
        diagnostic=f"smtp; 550 {status} {text}",
        reply=reply,
    )
    return outcome, Decision(state=DeliveryState.BOUNCED)


def deferred(due_at: datetime, *, counts: bool = True) -> tuple[Outcome, Decision]:
    reply = Reply.of(451, "try later", "4.7.1")
    outcome = Outcome(
        kind=OutcomeKind.DEFERRED,
        scope=FailureScope.RECIPIENT if counts else FailureScope.LOCAL,
        reason=Reason.REPLY if counts else Reason.LOCAL_TROUBLE,
        status=reply.enhanced,
        diagnostic="smtp; 451 4.7.1 try later",
        reply=reply,
    )
    return outcome, Decision(state=DeliveryState.DEFERRED, due_at=due_at, counts=counts)


def expired() -> tuple[Outcome, Decision]:
    outcome, _ = deferred(datetime(2026, 1, 1, tzinfo=UTC))
    return outcome, Decision(state=DeliveryState.EXPIRED)


def report(
    outgoing: Outgoing, *verdicts: tuple[Outcome, Decision], started_at: datetime, host: str = "mx.inbox.test"
) -> AttemptReport:
    """What one attempt came to: one verdict for each recipient of `outgoing`, or one for all."""
    given = verdicts * len(outgoing.recipients) if len(verdicts) == 1 else verdicts
    return AttemptReport(
        message_id=outgoing.message_id,
        account_id=outgoing.account_id,
        region=outgoing.region,
        accepted_at=outgoing.accepted_at,
        facts=AttemptFacts(
            started_at=started_at,
            duration_ms=12,
            host=host,
            address="127.77.0.1",
            source_address="127.77.1.1",
            tls=TlsFacts(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384"),
            signatures=("s._domainkey.example.com",),
        ),
        results=tuple(
            RecipientResult(ordinal=recipient.ordinal, address=recipient.address, outcome=outcome, decision=decision)
            for recipient, (outcome, decision) in zip(outgoing.recipients, given, strict=True)
        ),
        counts_as=outgoing.counts_as,
    )


def rows(reports: Sequence[AttemptReport]) -> list[Written]:
    """The reports as the queue takes them."""
    return written(reports, names, reports[0].facts.started_at)
