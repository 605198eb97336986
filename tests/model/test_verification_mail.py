"""The text that asks whether an address may be used."""

from datetime import UTC, datetime

from tayori.model.verification_mail import VerificationMail, compose

MAIL = VerificationMail(
    account_id="123456789012",
    region="us-east-1",
    address="user@example.com",
    token="t",
    expires_at=datetime(2026, 11, 25, 12, 0, tzinfo=UTC),
)


def test_it_says_who_asks_for_what_until_when_in_both_languages() -> None:
    made = compose(MAIL, "https://tayori.test/verify?token=t")
    english, _, japanese = made.text.partition("-" * 60)
    for half in (english, japanese):
        for fact in ("123456789012", "us-east-1", "user@example.com", "2026-11-25 12:00 UTC"):
            assert fact in half
        assert "\n    https://tayori.test/verify?token=t\n" in half
    assert "did not ask" in english and "お心当たりがない場合" in japanese


def test_the_subject_is_one_line() -> None:
    assert compose(MAIL, "x").subject.splitlines() == [
        "Email address verification request (us-east-1) / メールアドレスの確認"
    ]
