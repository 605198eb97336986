"""The mail that tells an account what became of an identity: verified, failed, records gone, taken back.

Owns which changes are told of, and the text, in English and Japanese in one body since nobody knows what the reader
reads. Never sends it: `app.notices` hands it to the door for messages. A change is told once, when it happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tayori.model.identity import Track, Verdict, VerificationStatus
from tayori.model.proof import Finding
from tayori.model.verification_mail import MailText

_MAX_SHOWN = 200


class Notice(StrEnum):
    """What there is to tell."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not-verified"  # the search of 72 hours is over
    OWNERSHIP_GONE = "ownership-gone"  # a warning: the proof is missing, and counts for 72 hours more
    REVOKED = "revoked"
    DKIM_FOUND = "dkim-found"
    DKIM_NOT_FOUND = "dkim-not-found"
    DKIM_GONE = "dkim-gone"  # a warning
    DKIM_REVOKED = "dkim-revoked"
    MAIL_FROM_READY = "mail-from-ready"
    MAIL_FROM_NOT_FOUND = "mail-from-not-found"
    MAIL_FROM_GONE = "mail-from-gone"
    MAIL_FROM_REVOKED = "mail-from-revoked"


class Subject(StrEnum):
    """Of what a status changed."""

    VERIFICATION = "verification"
    DKIM = "dkim"
    MAIL_FROM = "mail_from"


_PENDING, _SUCCESS, _FAILED, _TEMPORARY = (
    VerificationStatus.PENDING,
    VerificationStatus.SUCCESS,
    VerificationStatus.FAILED,
    VerificationStatus.TEMPORARY_FAILURE,
)
_TOLD = {
    (Subject.VERIFICATION, _PENDING, _SUCCESS): Notice.VERIFIED,
    (Subject.VERIFICATION, _PENDING, _FAILED): Notice.NOT_VERIFIED,
    (Subject.VERIFICATION, _SUCCESS, _FAILED): Notice.REVOKED,
    (Subject.VERIFICATION, _TEMPORARY, _FAILED): Notice.REVOKED,
    (Subject.DKIM, _PENDING, _SUCCESS): Notice.DKIM_FOUND,
    (Subject.DKIM, _PENDING, _FAILED): Notice.DKIM_NOT_FOUND,
    (Subject.DKIM, _SUCCESS, _FAILED): Notice.DKIM_REVOKED,
    (Subject.DKIM, _TEMPORARY, _FAILED): Notice.DKIM_REVOKED,
    (Subject.MAIL_FROM, _PENDING, _SUCCESS): Notice.MAIL_FROM_READY,
    (Subject.MAIL_FROM, _TEMPORARY, _SUCCESS): Notice.MAIL_FROM_READY,
    (Subject.MAIL_FROM, _PENDING, _FAILED): Notice.MAIL_FROM_NOT_FOUND,
    (Subject.MAIL_FROM, _SUCCESS, _TEMPORARY): Notice.MAIL_FROM_GONE,
    (Subject.MAIL_FROM, _SUCCESS, _FAILED): Notice.MAIL_FROM_REVOKED,
    (Subject.MAIL_FROM, _TEMPORARY, _FAILED): Notice.MAIL_FROM_REVOKED,
}
_WARNINGS = {Subject.VERIFICATION: Notice.OWNERSHIP_GONE, Subject.DKIM: Notice.DKIM_GONE}


def notice_of(subject: Subject, before: Track, after: Track) -> Notice | None:
    """What one look gives to tell of; None where nothing changed that anybody must know.

    The statuses of ownership and DKIM stay SUCCESS while their records are missing; that they begin to be is told. A
    DNS that does not answer is told to nobody: its domain's owner can do nothing about it.
    """
    begins_to_miss = before.holds and after.holds and before.since is None and after.since is not None
    if begins_to_miss and subject in _WARNINGS:
        return _WARNINGS[subject]
    return _TOLD.get((subject, before.status, after.status))


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityNotice:
    """One mail: everything that one look changed for one identity."""

    account_id: str
    region: str
    identity: str
    mail_from_domain: str | None
    notices: tuple[Notice, ...]
    findings: tuple[Finding, ...]


def compose(notice: IdentityNotice) -> MailText:
    """Subject and plain text."""
    worst = max(notice.notices, key=_ORDER.index)
    english, japanese = (_SUBJECTS[worst][language] for language in (0, 1))
    parts = [_body(notice, language) for language in (0, 1)]
    subject = f"{english.format(identity=notice.identity)} / {japanese.format(identity=notice.identity)}"
    return MailText(subject=subject, text=f"{parts[0]}\n{'-' * 60}\n\n{parts[1]}")


def _body(notice: IdentityNotice, language: int) -> str:
    places = {"identity": notice.identity, "mail_from": notice.mail_from_domain or ""}
    heading = _HEADINGS[language].format(identity=notice.identity, account=notice.account_id, region=notice.region)
    paragraphs = [heading, *(_SENTENCES[item][language].format(**places) for item in notice.notices)]
    lacking = [item for item in notice.findings if item.verdict is not Verdict.MATCHED]
    if lacking and any(item not in _GOOD for item in notice.notices):
        paragraphs.append(_RECORDS[language] + "\n" + "\n".join(_record(item, language) for item in lacking))
        paragraphs.append(_HELP[language].format(identity=notice.identity))
    paragraphs.append(_END[language])
    return "\n\n".join(paragraphs) + "\n"


def _record(finding: Finding, language: int) -> str:
    expected = finding.expected
    found = ", ".join(_plain(value) for value in finding.found[:5]) or _NOTHING[language]
    labels = _LABELS[language]
    return f"\n    {expected.name}  {expected.rdtype}\n    {labels[0]}: {expected.value}\n    {labels[1]}: {found}"


def _plain(value: str) -> str:
    """What strangers put in the DNS, fit for a line of a mail."""
    return "".join(character if character.isprintable() else "\ufffd" for character in value[:_MAX_SHOWN])


_GOOD = frozenset({Notice.VERIFIED, Notice.DKIM_FOUND, Notice.MAIL_FROM_READY})
# From the least to the most pressing: the subject line tells of the last.
_ORDER: Sequence[Notice] = (
    Notice.MAIL_FROM_READY,
    Notice.DKIM_FOUND,
    Notice.VERIFIED,
    Notice.MAIL_FROM_NOT_FOUND,
    Notice.DKIM_NOT_FOUND,
    Notice.NOT_VERIFIED,
    Notice.MAIL_FROM_GONE,
    Notice.DKIM_GONE,
    Notice.OWNERSHIP_GONE,
    Notice.MAIL_FROM_REVOKED,
    Notice.DKIM_REVOKED,
    Notice.REVOKED,
)
_SUBJECTS = {
    Notice.VERIFIED: ("{identity} is verified", "{identity} の検証が完了しました"),
    Notice.NOT_VERIFIED: ("{identity} could not be verified", "{identity} を検証できませんでした"),
    Notice.OWNERSHIP_GONE: (
        "Warning: DNS records of {identity} are gone",
        "警告: {identity} の DNS レコードがありません",
    ),
    Notice.REVOKED: ("The verification of {identity} was revoked", "{identity} の検証が取り消されました"),
    Notice.DKIM_FOUND: ("DKIM of {identity} is ready", "{identity} の DKIM が有効になりました"),
    Notice.DKIM_NOT_FOUND: (
        "DKIM records of {identity} not found",
        "{identity} の DKIM レコードが見つかりませんでした",
    ),
    Notice.DKIM_GONE: ("Warning: DKIM records of {identity} are gone", "警告: {identity} の DKIM レコードがありません"),
    Notice.DKIM_REVOKED: ("DKIM of {identity} was revoked", "{identity} の DKIM が取り消されました"),
    Notice.MAIL_FROM_READY: ("MAIL FROM domain of {identity} is ready", "{identity} の MAIL FROM ドメインが有効です"),
    Notice.MAIL_FROM_NOT_FOUND: (
        "MAIL FROM records of {identity} not found",
        "{identity} の MAIL FROM のレコードが見つかりませんでした",
    ),
    Notice.MAIL_FROM_GONE: (
        "Warning: the MX record of the MAIL FROM domain of {identity} is gone",
        "警告: {identity} の MAIL FROM ドメインの MX レコードがありません",
    ),
    Notice.MAIL_FROM_REVOKED: (
        "The MAIL FROM domain of {identity} has failed",
        "{identity} の MAIL FROM ドメインが失敗しました",
    ),
}
_HEADINGS = (
    "This is about {identity} of account {account} in region {region}.",
    "アカウント {account} (リージョン {region}) の {identity} についてお知らせします。",
)
_SENTENCES = {
    Notice.VERIFIED: (
        "The domain is verified. Mail can now be sent from {identity}.",
        "ドメインの検証が完了しました。{identity} からメールを送信できます。",
    ),
    Notice.NOT_VERIFIED: (
        "The DNS records of {identity} were not found within 72 hours, so the domain is not verified. Register them, "
        "then ask for a new check.",
        "72 時間以内に {identity} の DNS レコードを確認できなかったため、ドメインは検証されませんでした。レコードを"
        "登録してから、再確認を依頼してください。",
    ),
    Notice.OWNERSHIP_GONE: (
        "The DNS records that prove {identity} are no longer found. Mail is still sent. If they are not found for "
        "72 hours, the verification is revoked, and nothing can be sent from this domain.",
        "{identity} の所有を示す DNS レコードが見つからなくなりました。現時点では送信を続けています。72 時間見つから"
        "ない場合は検証が取り消され、このドメインから送信できなくなります。",
    ),
    Notice.REVOKED: (
        "The DNS records of {identity} were missing for 72 hours. Its verification is revoked, and mail from it is "
        "refused. Register the records again, then ask for a new check.",
        "{identity} の DNS レコードが 72 時間見つからなかったため、検証を取り消しました。このドメインからの送信は拒否"
        "されます。レコードを再登録してから、再確認を依頼してください。",
    ),
    Notice.DKIM_FOUND: (
        "The DKIM records of {identity} were found. Its mail is signed from now on.",
        "{identity} の DKIM レコードを確認しました。今後のメールには署名が付きます。",
    ),
    Notice.DKIM_NOT_FOUND: (
        "The DKIM records of {identity} were not found within 72 hours. Its mail is not signed.",
        "72 時間以内に {identity} の DKIM レコードを確認できませんでした。メールには署名が付きません。",
    ),
    Notice.DKIM_GONE: (
        "The DKIM records of {identity} are no longer found. Mail is still signed, but receivers cannot verify it. "
        "If the records are not found for 72 hours, DKIM is revoked.",
        "{identity} の DKIM レコードが見つからなくなりました。署名は続けていますが、受信側では検証できません。72 時間"
        "見つからない場合は、DKIM を取り消します。",
    ),
    Notice.DKIM_REVOKED: (
        "The DKIM records of {identity} were missing for 72 hours. Mail is no longer signed as this domain.",
        "{identity} の DKIM レコードが 72 時間見つからなかったため、このドメインとしての署名を停止しました。",
    ),
    Notice.MAIL_FROM_READY: (
        "The MX record of {mail_from} is in place; it is used as the MAIL FROM domain from now on.",
        "{mail_from} の MX レコードを確認しました。今後、MAIL FROM ドメインとして使用します。",
    ),
    Notice.MAIL_FROM_NOT_FOUND: (
        "The MX record of the MAIL FROM domain {mail_from} was not found within 72 hours.",
        "72 時間以内に MAIL FROM ドメイン {mail_from} の MX レコードを確認できませんでした。",
    ),
    Notice.MAIL_FROM_GONE: (
        "The MX record of the MAIL FROM domain {mail_from} is no longer found, so the domain is out of use for now. "
        "It is looked for during 72 hours.",
        "MAIL FROM ドメイン {mail_from} の MX レコードが見つからなくなったため、このドメインの使用を一時停止しました。"
        "72 時間のあいだ確認を続けます。",
    ),
    Notice.MAIL_FROM_REVOKED: (
        "The MX record of the MAIL FROM domain {mail_from} was missing for 72 hours. The domain is no longer used; "
        "set it up again when the record is back.",
        "MAIL FROM ドメイン {mail_from} の MX レコードが 72 時間見つからなかったため、使用を終了しました。レコードを"
        "登録してから、改めて設定してください。",
    ),
}
_RECORDS = ("These records are not as they should be:", "次のレコードが正しく登録されていません。")
_LABELS = (("expected", "found"), ("正しい値", "現在の値"))
_NOTHING = ("nothing", "なし")
_HELP = (
    "For what is wrong and what to do: tayori dns records {identity}",
    "原因と対処は次のコマンドで確認できます: tayori dns records {identity}",
)
_END = (
    "Please do not answer this message: nobody reads replies to it.",
    "このメールは送信専用です。返信されてもお答えできません。",
)
