"""What an account is told of its identities, and how."""

from datetime import UTC, datetime

import pytest

from tayori.model.identity import Track, Verdict, VerificationStatus
from tayori.model.identity_notice import IdentityNotice, Notice, Subject, compose, notice_of
from tayori.model.names import ServiceNames
from tayori.model.proof import Finding, dkim_records

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PENDING, SUCCESS, FAILED = VerificationStatus.PENDING, VerificationStatus.SUCCESS, VerificationStatus.FAILED
TEMPORARY = VerificationStatus.TEMPORARY_FAILURE


def _notice(*notices: Notice, verdict: Verdict = Verdict.MISSING) -> IdentityNotice:
    records = dkim_records("shop.test", ("t1", "t2"), ServiceNames(service_domain="tayori.test", region="us-east-1"))
    return IdentityNotice(
        account_id="123456789012",
        region="us-east-1",
        identity="shop.test",
        mail_from_domain="bounce.shop.test",
        notices=notices,
        findings=tuple(Finding(expected=record, verdict=verdict, found=("old\x1b[1m",)) for record in records),
    )


@pytest.mark.parametrize("notice", list(Notice))
def test_every_notice_has_a_text_in_both_languages(notice: Notice) -> None:
    text = compose(_notice(notice))
    english, japanese = text.text.split("-" * 60)
    assert "shop.test" in text.subject and "{" not in text.subject + text.text
    assert english.isascii() or "\ufffd" in english
    assert any("\u3040" <= character <= "\u30ff" for character in japanese)
    assert "\x1b" not in text.text


def test_trouble_lists_the_records_and_success_does_not() -> None:
    assert "t1._domainkey.shop.test  CNAME" in compose(_notice(Notice.DKIM_GONE)).text
    assert "CNAME" not in compose(_notice(Notice.VERIFIED, Notice.DKIM_FOUND)).text


def test_the_subject_tells_the_worst() -> None:
    text = compose(_notice(Notice.MAIL_FROM_READY, Notice.DKIM_GONE))
    assert text.subject.startswith("Warning: DKIM records of shop.test are gone / 警告")


@pytest.mark.parametrize(
    ("subject", "before", "after", "expected"),
    [
        (Subject.VERIFICATION, Track(status=PENDING, since=NOW), Track(status=SUCCESS), Notice.VERIFIED),
        (Subject.VERIFICATION, Track(status=PENDING, since=NOW), Track(status=FAILED), Notice.NOT_VERIFIED),
        (Subject.DKIM, Track(status=SUCCESS), Track(status=SUCCESS, since=NOW), Notice.DKIM_GONE),
        (Subject.DKIM, Track(status=SUCCESS, since=NOW), Track(status=SUCCESS, since=NOW), None),
        (Subject.DKIM, Track(status=SUCCESS, since=NOW), Track(status=SUCCESS), None),
        (Subject.DKIM, Track(status=SUCCESS, since=NOW), Track(status=FAILED), Notice.DKIM_REVOKED),
        (Subject.MAIL_FROM, Track(status=SUCCESS), Track(status=TEMPORARY, since=NOW), Notice.MAIL_FROM_GONE),
        (Subject.MAIL_FROM, Track(status=TEMPORARY, since=NOW), Track(status=SUCCESS), Notice.MAIL_FROM_READY),
        (Subject.MAIL_FROM, Track(status=TEMPORARY, since=NOW), Track(status=FAILED), Notice.MAIL_FROM_REVOKED),
        (Subject.DKIM, Track(status=PENDING, since=NOW), Track(status=PENDING, since=NOW), None),
    ],
)
def test_what_is_told(subject: Subject, before: Track, after: Track, expected: Notice | None) -> None:
    assert notice_of(subject, before, after) is expected
