"""The mail that tells an account what became of its request for production access: English, then Japanese."""

from tayori.model.verification_mail import MailText


def granted(region: str, max_24_hour: int, max_rate: float) -> MailText:
    quota, quota_ja = _number(max_24_hour, "unlimited"), _number(max_24_hour, "無制限")
    rate, rate_ja = _number(max_rate, "unlimited"), _number(max_rate, "無制限")
    return MailText(
        subject=f"Production access granted ({region}) / 本稼働アクセスが承認されました",
        text=(
            f"Your request for production access in {region} was granted.\n"
            f"Recipients in 24 hours: {quota}. Recipients a second: {rate}.\n"
            "Mail can now be sent to any recipient, from verified identities.\n"
            "\n"
            f"{region} の本稼働アクセスの申請が承認されました。\n"
            f"24 時間あたりの受信者数: {quota_ja}。1 秒あたりの受信者数: {rate_ja}。\n"
            "検証済み ID から、すべての受信者に送信できるようになりました。\n"
        ),
    )


def denied(region: str, reason: str) -> MailText:
    return MailText(
        subject=f"Production access not granted ({region}) / 本稼働アクセスは承認されませんでした",
        text=(
            f"Your request for production access in {region} was not granted, for this reason:\n"
            f"{reason}\n"
            "You can change your details and ask again.\n"
            "\n"
            f"{region} の本稼働アクセスの申請は、次の理由により承認されませんでした。\n"
            f"{reason}\n"
            "アカウントの詳細を変更して、再度申請できます。\n"
        ),
    )


def _number(value: float, unlimited: str) -> str:
    return unlimited if value < 0 else f"{value:,.10g}"
