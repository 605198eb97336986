"""The failure policy: every scope, as the table in the module says."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.answer import AnswerStatus
from tayori.mail.reply import Reply
from tayori.model.failure import (
    Stage,
    at_scope,
    classify_answer,
    classify_connect_error,
    classify_reply,
    classify_trouble,
    says_too_many_recipients,
)
from tayori.model.message import FailureScope, OutcomeKind, Reason

D, F, OK = OutcomeKind.DEFERRED, OutcomeKind.FAILED, OutcomeKind.DELIVERED
# What replies say, or no attempt at all.
NOT_TROUBLE = {
    Reason.NONE,
    Reason.REPLY,
    Reason.SOURCE_BLOCKED,
    Reason.GREYLISTED,
    Reason.THROTTLED,
    Reason.EXPIRED,
}
R, M, H = FailureScope.RECIPIENT, FailureScope.MESSAGE, FailureScope.HOST


@pytest.mark.parametrize(
    ("stage", "code", "kind", "scope"),
    [
        (Stage.GREETING, 554, D, H),
        (Stage.GREETING, 450, D, H),
        (Stage.EHLO, 550, D, H),
        (Stage.EHLO, 421, D, H),
        (Stage.STARTTLS, 454, D, H),
        (Stage.MAIL, 550, F, M),
        (Stage.MAIL, 451, D, M),
        (Stage.RCPT, 550, F, R),
        (Stage.RCPT, 450, D, R),
        (Stage.DATA, 554, F, M),
        (Stage.DATA, 451, D, M),
        (Stage.CONTENT, 554, F, M),
        (Stage.CONTENT, 452, D, M),
        (Stage.CONTENT, 250, OK, R),
        *((stage, 421, D, H) for stage in Stage),
    ],
)
def test_scope_of_a_reply(stage: Stage, code: int, kind: OutcomeKind, scope: FailureScope) -> None:
    outcome = classify_reply(stage, Reply.of(code, "words"), "mx.dest.test")
    assert (outcome.kind, outcome.scope) == (kind, scope)
    assert outcome.remote_mta == "mx.dest.test"
    assert outcome.diagnostic == f"smtp; {code} words"


@given(st.sampled_from(list(Stage)), st.integers(200, 559), st.sampled_from([None, "2.0.0", "4.2.2", "5.1.1"]))
def test_the_status_always_agrees_with_what_we_do(stage: Stage, code: int, enhanced: str | None) -> None:
    outcome = classify_reply(stage, Reply.of(code, "x", enhanced))
    assert outcome.status is not None
    assert outcome.status.status_class == {OK: 2, D: 4, F: 5}[outcome.kind]
    assert (outcome.kind is F) is (code >= 500 and stage in (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.CONTENT))


def test_the_host_s_own_detail_is_kept() -> None:
    outcome = classify_reply(Stage.RCPT, Reply.of(550, "full", "5.2.2"))
    assert str(outcome.status) == "5.2.2"
    # A 5yz that only sends us to the next host must not be shown as permanent.
    assert str(classify_reply(Stage.GREETING, Reply.of(554, "no", "5.7.1")).status) == "4.7.1"
    assert str(classify_reply(Stage.RCPT, Reply.of(550, "no")).status) == "5.1.1"
    assert str(classify_reply(Stage.RCPT, Reply.of(599, "no")).status) == "5.0.0"


@pytest.mark.parametrize("reason", [r for r in Reason if r not in NOT_TROUBLE])
def test_every_trouble_has_a_status_and_words(reason: Reason) -> None:
    outcome = classify_trouble(reason)
    assert outcome.reason is reason
    assert outcome.status is not None
    assert outcome.diagnostic
    assert outcome.status.status_class == (5 if outcome.kind is F else 4)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.NO_SUCH_DOMAIN, "5.1.2"),
        (Reason.NULL_MX, "5.1.10"),
        (Reason.MAIL_LOOP, "5.4.6"),
        (Reason.MESSAGE_TOO_LARGE, "5.3.4"),
        (Reason.CONTENT_NOT_TRANSPORTABLE, "5.6.3"),
        (Reason.SIGNING_KEY_GONE, "5.3.0"),
    ],
)
def test_what_is_permanent_without_a_reply(reason: Reason, status: str) -> None:
    outcome = classify_trouble(reason)
    assert (outcome.kind, str(outcome.status)) == (F, status)


@pytest.mark.parametrize(
    "reason", [Reason.TLS_REQUIRED, Reason.TLS_FAILED, Reason.PROTOCOL_ERROR, Reason.CONNECTION_LOST]
)
def test_what_sends_us_to_the_next_host(reason: Reason) -> None:
    assert classify_trouble(reason).scope is H
    assert classify_trouble(reason).kind is D


def test_a_reason_nobody_classified_is_temporary_and_ours() -> None:
    outcome = classify_trouble(Reason.EXPIRED)
    assert (outcome.kind, outcome.scope) == (D, FailureScope.LOCAL)


@pytest.mark.parametrize("reason", [Reason.CONNECTION_LOST, Reason.CONNECTION_TIMEOUT, Reason.PROTOCOL_ERROR])
def test_after_the_dot_no_other_host_is_asked(reason: Reason) -> None:
    assert classify_trouble(reason, stage=Stage.CONTENT).scope is M
    assert classify_trouble(reason, stage=Stage.DATA).scope is H
    assert classify_trouble(Reason.LOCAL_TROUBLE, stage=Stage.CONTENT).scope is FailureScope.LOCAL


@pytest.mark.parametrize(
    ("status", "kind", "scope"),
    [
        (AnswerStatus.NXDOMAIN, F, FailureScope.DESTINATION),
        (AnswerStatus.NODATA, F, FailureScope.DESTINATION),
        (AnswerStatus.SERVER_FAILURE, D, FailureScope.DESTINATION),
        (AnswerStatus.TIMEOUT, D, FailureScope.LOCAL),
    ],
)
def test_answers_of_the_dns(status: AnswerStatus, kind: OutcomeKind, scope: FailureScope) -> None:
    outcome = classify_answer(status, "MX of dest.test")
    assert (outcome.kind, outcome.scope) == (kind, scope)
    assert "MX of dest.test" in outcome.diagnostic


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNREFUSED, Reason.CONNECTION_REFUSED),
        (errno.EHOSTUNREACH, Reason.CONNECTION_REFUSED),
        (errno.ENETUNREACH, Reason.CONNECTION_REFUSED),
        (errno.ETIMEDOUT, Reason.CONNECTION_TIMEOUT),
        (errno.ECONNRESET, Reason.CONNECTION_LOST),
        (errno.EMFILE, Reason.LOCAL_TROUBLE),
        (errno.EADDRNOTAVAIL, Reason.LOCAL_TROUBLE),
        (None, Reason.CONNECTION_REFUSED),
    ],
)
def test_errors_of_connecting(number: int | None, reason: Reason) -> None:
    assert classify_connect_error(number, "words").reason is reason


@pytest.mark.parametrize(
    ("code", "enhanced", "expected"),
    [
        (452, None, True),
        (452, "4.5.3", True),
        (552, None, True),
        (552, "5.5.3", True),
        (452, "4.2.2", False),
        (452, "4.3.1", False),
        (552, "5.2.2", False),
        (450, "4.5.3", False),
    ],
)
def test_too_many_recipients_is_told_from_a_full_mailbox(code: int, enhanced: str | None, expected: bool) -> None:
    assert says_too_many_recipients(Reply.of(code, "x", enhanced)) is expected


@given(st.sampled_from([r for r in Reason if r is not Reason.NONE]), st.sampled_from(list(FailureScope)))
def test_at_scope_changes_nothing_else(reason: Reason, scope: FailureScope) -> None:
    outcome = classify_trouble(reason, "words", "mx.test")
    moved = at_scope(outcome, scope)
    assert moved.scope is scope
    assert at_scope(moved, outcome.scope) == outcome
