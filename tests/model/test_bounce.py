"""SES's bounce types from what receivers really say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.reply import EnhancedStatus, Reply
from tayori.model.bounce import (
    ATTACHMENT_REJECTED,
    CONTENT_REJECTED,
    MAILBOX_FULL,
    PERMANENT,
    TIMEOUT,
    TOO_LARGE,
    TRANSIENT,
    UNDETERMINED,
    BounceKind,
    Deadline,
    classify_expiry,
    classify_outcome,
    classify_status,
)
from tayori.model.failure import Stage, classify_reply, classify_trouble
from tayori.model.message import Reason


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply.of(550, "user unknown", "5.1.1"), PERMANENT),  # SES's mailbox simulator
        (Reply.of(550, "The email account that you tried to reach does not exist.", "5.1.1"), PERMANENT),
        (Reply.of(550, "Recipient address rejected: Access denied", "5.4.1"), PERMANENT),
        (Reply.of(552, "The recipient's inbox is out of storage space", "5.2.2"), MAILBOX_FULL),
        (Reply.of(552, "Requested mail action aborted: exceeded storage allocation"), MAILBOX_FULL),
        (Reply.of(552, "Message size exceeds fixed maximum message size", "5.3.4"), TOO_LARGE),
        (Reply.of(552, "message too large"), TOO_LARGE),
        (Reply.of(550, "Mailbox disabled", "5.2.1"), PERMANENT),
        (Reply.of(554, "Message rejected as spam", "5.7.1"), CONTENT_REJECTED),
        (Reply.of(550, "Blocked because of a virus", "5.7.0"), CONTENT_REJECTED),
        (
            Reply.of(552, "This message was blocked because its attachment type is a security issue", "5.7.0"),
            ATTACHMENT_REJECTED,
        ),
        (Reply.of(550, "Service unavailable; client host blocked using a list", "5.7.1"), TRANSIENT),
        (Reply.of(550, "SPF check failed", "5.7.23"), TRANSIENT),
        (Reply.of(550, "No such user here"), PERMANENT),
        (Reply.of(553, "sorry, that domain isn't allowed"), PERMANENT),
        (Reply.of(550, "nope"), PERMANENT),
        (Reply.of(554, "Transaction failed"), UNDETERMINED),
        (Reply.of(554, "delivery error: this user doesn't have an account. Mailbox unavailable"), PERMANENT),
        (Reply.of(550, "sender address does not resolve", "5.1.8"), TRANSIENT),
        (Reply.of(500, "what?", "5.5.2"), UNDETERMINED),
        (Reply.of(550, "said no", "5.0.0"), PERMANENT),
    ],
    ids=str,
)
def test_replies_of_receivers(reply: Reply, expected: BounceKind) -> None:
    assert classify_outcome(classify_reply(Stage.RCPT, reply)) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.NO_SUCH_DOMAIN, PERMANENT),
        (Reason.NULL_MX, PERMANENT),
        (Reason.NO_ADDRESS, PERMANENT),
        (Reason.MAIL_LOOP, PERMANENT),
        (Reason.MESSAGE_TOO_LARGE, TOO_LARGE),
        (Reason.CONTENT_NOT_TRANSPORTABLE, CONTENT_REJECTED),
        (Reason.SIGNING_KEY_GONE, TRANSIENT),
    ],
)
def test_what_we_found_ourselves(reason: Reason, expected: BounceKind) -> None:
    assert classify_outcome(classify_trouble(reason)) == expected


def test_whose_deadline_it_was() -> None:
    assert classify_expiry(Deadline.CONFIGURATION_SET) == TIMEOUT
    assert classify_expiry(Deadline.SERVICE) == TRANSIENT


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        ("4.2.2", "over quota", MAILBOX_FULL),
        ("4.4.7", "delivery time expired", TRANSIENT),
        ("4.0.0", "mailbox is full", MAILBOX_FULL),
        ("5.1.1", "", PERMANENT),
        ("5.0.0", "", UNDETERMINED),
        (None, "", UNDETERMINED),
        (None, "quota exceeded", MAILBOX_FULL),
    ],
)
def test_statuses_of_notifications(status: str | None, text: str, expected: BounceKind) -> None:
    assert classify_status(EnhancedStatus.parse(status) if status else None, text) == expected


@given(
    st.none() | st.builds(EnhancedStatus, st.sampled_from([4, 5]), st.integers(0, 999), st.integers(0, 999)),
    st.text(max_size=300),
    st.none() | st.integers(400, 599),
)
def test_anything_is_classified_and_temporary_trouble_is_never_permanent(
    status: EnhancedStatus | None, text: str, code: int | None
) -> None:
    kind = classify_status(status, text, code=code)
    if status is not None and status.status_class == 4:
        assert kind != PERMANENT


def test_hostile_text_costs_little() -> None:
    classify_status(None, "user " * 100_000 + "mailbox " * 100_000)
