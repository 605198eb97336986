"""What is kept of how an identity's statuses changed, and why."""

import pytest
from identity_makers import ACCOUNT, REGION, address, checked, domain, open_account

from tayori.model.identity import ErrorType, Verdict, VerificationStatus
from tayori.model.identity_notice import Subject
from tayori.model.proof import Finding
from tayori.resources import identities, identity_checks, identity_history
from tayori.resources.identity_checks import Checked
from tayori.resources.identity_history import KEPT, Cause
from tayori.store.tables import settings_revision

NAME = "example.com"
PENDING, SUCCESS, FAILED = VerificationStatus.PENDING, VerificationStatus.SUCCESS, VerificationStatus.FAILED
HOUR = 3600


@pytest.fixture
def history(transact):
    transact(open_account)

    def look(name: str = NAME):
        return transact(identity_history.of_identity, ACCOUNT, REGION, name)

    return look


@pytest.fixture
def look(transact, history):
    def once(**verdicts: Verdict) -> None:
        transact(identity_checks.record, checked(transact(identities.get, ACCOUNT, REGION, NAME), **verdicts), 0.0)

    return once


def told(changes):
    return [(one.subject, one.before, one.after, one.cause) for one in changes]


def test_records_found_gone_and_found_again(transact, history, look, clock) -> None:
    transact(domain)
    look(dkim=Verdict.MISSING)  # nothing has changed
    assert history() == []
    look()
    found = [(Subject.DKIM, PENDING, SUCCESS, Cause.FOUND), (Subject.VERIFICATION, PENDING, SUCCESS, Cause.FOUND)]
    assert told(history()) == found
    look(dkim=Verdict.MISSING)  # counts for 72 hours more
    gone = history()[:2]
    assert told(gone) == [(one, SUCCESS, SUCCESS, Cause.MISSING) for one in (Subject.DKIM, Subject.VERIFICATION)]
    token = transact(identities.get, ACCOUNT, REGION, NAME).tokens[0]
    assert (gone[0].record_type, gone[0].record_name) == ("CNAME", f"{token}._domainkey.{NAME}")
    look(dkim=Verdict.MISSING)
    assert len(history()) == 4
    look()
    assert told(history()[:2]) == [(one, SUCCESS, SUCCESS, Cause.FOUND) for one in (Subject.DKIM, Subject.VERIFICATION)]
    look(dkim=Verdict.MISSING)
    clock.advance(72 * HOUR)
    look(dkim=Verdict.MISSING)
    assert {one.after for one in history()[:2]} == {FAILED}
    transact(identity_checks.check_now, ACCOUNT, REGION, NAME)
    assert {one.cause for one in history()[:2]} == {Cause.AGAIN}


def test_a_mail_from_domain_set_found_and_answered_for_by_nobody(transact, history, look) -> None:
    transact(domain)
    transact(identities.put_mail_from, ACCOUNT, REGION, NAME, f"bounce.{NAME}", None)
    look()
    look(mx=Verdict.MISSING)
    of_mail_from = [one for one in history() if one.subject is Subject.MAIL_FROM]
    temporary, not_started = VerificationStatus.TEMPORARY_FAILURE, VerificationStatus.NOT_STARTED
    assert told(of_mail_from) == [
        (Subject.MAIL_FROM, SUCCESS, temporary, Cause.MISSING),
        (Subject.MAIL_FROM, PENDING, SUCCESS, Cause.FOUND),
        (Subject.MAIL_FROM, not_started, PENDING, Cause.CHANGED),
    ]
    assert of_mail_from[0].record_type == "MX"


def test_what_the_dns_said_of_the_record_that_is_certainly_missing(transact, history) -> None:
    identity = transact(domain)
    transact(identity_checks.record, checked(identity), 0.0)
    errors = (ErrorType.DNS_SERVER_ERROR, ErrorType.INVALID_VALUE, ErrorType.HOST_NOT_FOUND)
    verdicts = (Verdict.UNKNOWN, Verdict.MISSING, Verdict.MISSING)
    findings = [
        Finding(expected=each.expected, verdict=verdict, error=error)
        for each, verdict, error in zip(checked(identity).findings, verdicts, errors, strict=True)
    ]
    identity = transact(identities.get, ACCOUNT, REGION, NAME)
    transact(identity_checks.record, Checked(identity=identity, findings=tuple(findings)), 0.0)
    newest = history()[0]
    assert (newest.cause, newest.error) == (Cause.MISSING, ErrorType.INVALID_VALUE)
    assert newest.record_name == findings[1].expected.name


def test_a_link_that_was_opened_and_one_that_was_not(transact, history, clock) -> None:
    for name, token in (("opened@example.com", "opened"), ("late@example.com", "late")):
        transact(address, name, token)
    transact(identity_checks.verify_by_link, "opened")
    transact(identity_checks.verify_by_link, "opened")
    assert told(history("opened@example.com")) == [(Subject.VERIFICATION, PENDING, SUCCESS, Cause.LINK)]
    clock.advance(25 * HOUR)
    late = transact(identities.get, ACCOUNT, REGION, "late@example.com")
    transact(identity_checks.record, checked(late), 0.0)
    assert told(history("late@example.com")) == [(Subject.VERIFICATION, PENDING, FAILED, Cause.LINK_EXPIRED)]


def test_the_newest_are_kept_until_the_identity_is_deleted(transact, history, look) -> None:
    transact(domain)
    transact(domain, "other.test")
    transact(identity_checks.take_for_verified, ACCOUNT, REGION, "other.test")
    for _ in range(KEPT // 4 + 1):
        look(dkim=Verdict.MISSING)
        look()
    assert len(history()) == KEPT
    assert history()[0].cause is Cause.FOUND
    transact(identities.delete, ACCOUNT, REGION, NAME)
    assert history() == []
    assert {one.cause for one in history("other.test")} == {Cause.ASSUMED}


def test_records_that_go_leave_the_settings_as_they_are(transact, history, look) -> None:
    def revision(tx) -> int:
        return int(tx.execute(settings_revision.select()).one().revision)

    transact(domain)
    look()
    before = transact(revision)
    look(dkim=Verdict.MISSING)
    assert told(history())[0][3] is Cause.MISSING
    assert transact(revision) == before
