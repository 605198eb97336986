"""The mail that tells an account what is thought of its mail: under review, paused, well again.

Owns the text, in English and Japanese in one body since nobody knows what the reader reads. Never sends it:
`app.reputation_watch` does, through `app.notices`. Each change is told once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tayori.model.reputation import Appraisal, Measure, Notice, Rules, Subject, Who
from tayori.model.verification_mail import MailText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationNotice:
    """One mail. `part` is what was paused, where it is not the account."""

    notice: Notice
    account_id: str
    region: str
    appraisal: Appraisal
    rules: Rules
    part: Who | None = None


def compose(notice: ReputationNotice) -> MailText:
    """Subject and plain text."""
    english, japanese = (_SUBJECTS[notice.notice][language].format(**_places(notice, language)) for language in (0, 1))
    parts = [_body(notice, language) for language in (0, 1)]
    return MailText(subject=f"{english} / {japanese}", text=f"{parts[0]}\n{'-' * 60}\n\n{parts[1]}")


def _body(notice: ReputationNotice, language: int) -> str:
    places = _places(notice, language)
    paragraphs = [
        _HEADINGS[language].format(**places),
        _SENTENCES[notice.notice][language].format(**places),
        "\n".join(_rate(notice, measure, language) for measure in Measure),
    ]
    if notice.notice is not Notice.RECOVERED:
        paragraphs.append(_ADVICE[notice.appraisal.worst][language])
    if notice.notice in (Notice.PAUSED, Notice.PART_PAUSED):
        paragraphs.append(_LIFTED[language])
    paragraphs.append(_END[language])
    return "\n\n".join(paragraphs) + "\n"


def _places(notice: ReputationNotice, language: int) -> Mapping[str, str]:
    worst = notice.appraisal.worst
    limits = notice.rules.of(worst)
    return {
        "account": notice.account_id,
        "region": notice.region,
        "part": _PARTS[notice.part.kind][language].format(name=notice.part.name) if notice.part else "",
        "measure": _MEASURES[worst][language],
        "rate": percent(notice.appraisal.of(worst).value),
        "review": percent(limits.review),
        "pause": percent(limits.pause),
    }


def _rate(notice: ReputationNotice, measure: Measure, language: int) -> str:
    rate = notice.appraisal.of(measure)
    limits = notice.rules.of(measure)
    return _RATES[language].format(
        measure=_MEASURES[measure][language],
        rate=percent(rate.value) if rate.volume else "-",
        bad=rate.bad,
        volume=rate.volume,
        since=f"{rate.began_at:%Y-%m-%d %H:%M} UTC",
        review=percent(limits.review),
        pause=percent(limits.pause),
    )


def percent(part: float) -> str:
    """`5%`, `0.12%`."""
    return f"{part * 100:.2f}".rstrip("0").rstrip(".") + "%"


_MEASURES = {
    Measure.BOUNCE: ("bounce rate", "バウンス率"),
    Measure.COMPLAINT: ("complaint rate", "苦情率"),
}
_PARTS = {
    Subject.CONFIGURATION_SET: ("configuration set {name}", "設定セット {name}"),
    Subject.IDENTITY: ("identity {name}", "ID {name}"),
}
_SUBJECTS = {
    Notice.REVIEW: ("Your account {account} is under review", "アカウント {account} は審査中です"),
    Notice.ENDANGERED: (
        "Act now: the {measure} of account {account} is {rate}",
        "至急ご対応ください: アカウント {account} の{measure}が {rate} です",
    ),
    Notice.PART_PAUSED: ("Sending is paused for {part}", "{part} からの送信を停止しました"),
    Notice.PAUSED: ("Sending is paused for account {account}", "アカウント {account} の送信を停止しました"),
    Notice.RECOVERED: ("The review of account {account} has ended", "アカウント {account} の審査は終了しました"),
}
_HEADINGS = ("Account {account} in {region}", "アカウント {account} ({region})")
_SENTENCES = {
    Notice.REVIEW: (
        "The {measure} of this account is {rate}, and with {review} or more an account is under review. Mail is "
        "still sent. The review ends by itself once the rate is well below that; with {pause} or more, sending may "
        "be paused.",
        "このアカウントの{measure}が {rate} になりました。{review} 以上のアカウントは審査の対象になります。現時点で"
        "は送信を続けています。数値が十分に下がると審査は自動的に終了しますが、{pause} 以上になると送信を停止するこ"
        "とがあります。",
    ),
    Notice.ENDANGERED: (
        "The {measure} of this account is {rate}. That is so high ({pause} or more) that receivers may refuse all "
        "mail from here. Mail is still sent, but please stop the mailing that causes this until you have found the "
        "reason.",
        "このアカウントの{measure}が {rate} になりました。{pause} 以上では、受信側がここからのメールをすべて拒否する"
        "おそれがあります。現時点では送信を続けていますが、原因が分かるまで、該当する配信を止めてください。",
    ),
    Notice.PART_PAUSED: (
        "The {measure} of this account is {rate}; with {pause} or more, sending is paused. It is the mail of {part} "
        "that causes this, so only that is paused: such mail is refused from now on, all other mail is sent.",
        "このアカウントの{measure}が {rate} になりました。{pause} 以上になると送信を停止します。原因は{part} からの"
        "メールであるため、これだけを停止しました。該当するメールの送信要求は拒否されますが、その他のメールは送信を"
        "続けています。",
    ),
    Notice.PAUSED: (
        "The {measure} of this account is {rate}; with {pause} or more, sending is paused. New mail is refused from "
        "now on. What was accepted before is still delivered.",
        "このアカウントの{measure}が {rate} になりました。{pause} 以上になると送信を停止します。今後、新しいメールの"
        "送信要求は拒否されます。すでに受け付けたメールの配信は続けます。",
    ),
    Notice.RECOVERED: (
        "The rates of this account are well below the thresholds again. The review has ended.",
        "このアカウントの数値が、しきい値を十分に下回りました。審査は終了しました。",
    ),
}
_RATES = (
    "    {measure}: {rate} ({bad} of {volume} since {since}; review from {review}, pause from {pause})",
    "    {measure}: {rate} ({since} 以降の {volume} 件中 {bad} 件、審査 {review} 以上、停止 {pause} 以上)",
)
_ADVICE = {
    Measure.BOUNCE: (
        "Bounces come of addresses that do not exist. Remove those that have bounced, do not write to old or bought "
        "lists, and let new readers confirm their address.",
        "バウンスは、存在しない宛先に送ることで発生します。バウンスした宛先を削除し、古い名簿や購入した名簿には送ら"
        "ず、新しい読者には宛先の確認 (ダブルオプトイン) を求めてください。",
    ),
    Measure.COMPLAINT: (
        "Complaints come of readers who have called the mail spam. Write only to those who have asked for it, as "
        "often as they expect, and offer an unsubscribe link that works with one click.",
        "苦情は、読者がメールを迷惑メールとして報告することで発生します。希望した人だけに、想定される頻度で送り、ワ"
        "ンクリックで配信を停止できるリンクを設けてください。",
    ),
}
_LIFTED = (
    "The operator of this service lifts the pause once the cause is gone. Please write to them: what went wrong, "
    "what you have changed, and why it will not happen again.",
    "停止は、原因の解消を確認したうえで、このサービスの運用者が解除します。何が起きたか、何を変更したか、再発しない"
    "理由を運用者にお知らせください。",
)
_END = (
    "Please do not answer this message: nobody reads replies to it.",
    "このメールは送信専用です。返信されてもお答えできません。",
)
