"""The mail that asks whoever reads an address whether it may be used for sending.

Owns its text, in English and Japanese in one body since nobody knows what the reader reads. Never sends it: the caller
hands it to the door for messages. Subject and 24 hours as on SES (ses: creating-identities, "verify an email address").
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMail:
    """A mail that is to be sent: `token` makes the link, which is valid until `expires_at`."""

    account_id: str
    region: str
    address: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    subject: str
    text: str


def compose(mail: VerificationMail, link: str) -> MailText:
    """Subject and plain text. `link` is the whole address that confirms."""
    until = f"{mail.expires_at:%Y-%m-%d %H:%M} UTC"
    subject = f"Email address verification request ({mail.region}) / メールアドレスの確認"
    return MailText(
        subject=subject, text=f"{_english(mail, link, until)}\n{'-' * 60}\n\n{_japanese(mail, link, until)}"
    )


def _english(mail: VerificationMail, link: str, until: str) -> str:
    return f"""\
Somebody asked to use this address to send email through account {mail.account_id} in region {mail.region}:

    {mail.address}

If it was you, open this link to confirm that the address is yours:

    {link}

The link is valid until {until}. Until it is opened, no mail is sent from this address.

If you did not ask for this, do nothing. The address is then not verified, and nobody can send with it.
Please do not answer this message: nobody reads replies to it.
"""


def _japanese(mail: VerificationMail, link: str, until: str) -> str:
    return f"""\
このメールアドレスを、アカウント {mail.account_id}(リージョン {mail.region})からの
メール送信に使いたいというご依頼がありました。

    {mail.address}

ご本人によるご依頼の場合は、次のリンクを開いて、このアドレスがご自身のものであることを
確認してください。

    {link}

リンクの有効期限は {until} です。リンクが開かれるまで、このアドレスからメールが送信される
ことはありません。

お心当たりがない場合は、何もなさらないでください。アドレスは確認されず、第三者が送信に
使うこともできません。このメールは送信専用です。返信されてもお答えできません。
"""
