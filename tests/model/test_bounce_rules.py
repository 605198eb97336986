"""What the words of providers mean, in English and Japanese, in replies and in reports."""

import pytest

from tayori.mail.reply import EnhancedStatus, Reply
from tayori.model.bounce import BounceSubType, BounceType, classify_outcome, classify_status
from tayori.model.bounce_rules import BounceRule, Said, parse, shipped
from tayori.model.failure import Stage, classify_reply

PERMANENT, FULL, CONTENT = "Permanent/General", "Transient/MailboxFull", "Transient/ContentRejected"
ATTACHMENT = "Transient/AttachmentRejected"
TRANSIENT = "Transient/General"


@pytest.mark.parametrize(
    ("status", "code", "host", "text", "expected"),
    [
        ("5.1.1", 550, "", "https://support.google.com/mail/?p=NoSuchUser e22 - gsmtp", PERMANENT),
        ("5.2.1", 550, "", "The email account that you tried to reach is disabled.", PERMANENT),
        ("4.2.2", 452, "", "The recipient's inbox is out of storage space. p=OverQuotaTemp", FULL),
        ("5.7.1", 550, "", "this message is likely unsolicited mail", CONTENT),
        (
            "5.7.0",
            552,
            "",
            "blocked because its content presents a potential security issue",
            "Transient/AttachmentRejected",
        ),
        ("5.1.10", 550, "", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", PERMANENT),
        ("5.5.0", 550, "a.olc.protection.outlook.com", "Requested action not taken: mailbox unavailable", PERMANENT),
        ("5.7.606", 550, "", "Access denied, banned sending IP [192.0.2.1]", TRANSIENT),
        (None, 554, "", "delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0]", PERMANENT),
        (None, 554, "", "delivery error: dd This user doesn't have a yahoo.co.jp account (x) [-5]", PERMANENT),
        ("5.7.9", 554, "", "Message not accepted for policy reasons.", TRANSIENT),
        ("5.1.1", 550, "mx1.mail.icloud.com", "<a@icloud.com>: inactive email address", PERMANENT),
        ("5.7.1", 550, "mx1.mail.icloud.com", "[CS01] Message rejected due to local policy.", CONTENT),
        (None, 550, "mfsmax.docomo.ne.jp", "Unknown user x@docomo.ne.jp", PERMANENT),
        (None, 550, "mfsmax.docomo.ne.jp", "Unknown user x@docomo.ne.jp (in reply to RCPT TO command)", PERMANENT),
        (None, 550, "mfsmax.docomo.ne.jp", "Unknown user x@docomo.ne.jp (in reply to end of DATA command)", TRANSIENT),
        (None, 552, "mfsmax.docomo.ne.jp", "Too much mail data x@docomo.ne.jp", FULL),
        (None, 550, "mx.au.com", "<x@au.com>: User unknown (in reply to end of DATA command)", TRANSIENT),
        (None, 550, "mx.example.jp", "User unknown (in reply to end of DATA command)", PERMANENT),
        ("5.1.1", 550, "mx01.mail.icloud.com", "<x@icloud.com>: user does not exist", PERMANENT),
        ("5.2.2", 552, "mx01.mail.icloud.com", "<x@icloud.com>: user is over quota", FULL),
        (None, 550, "lsean.ezweb.ne.jp", "<x@ezweb.ne.jp>: User unknown", PERMANENT),
        ("5.0.0", None, "", "The user(s) account is temporarily over quota.", FULL),
        (None, 550, "mx.softbank.ne.jp", "Invalid recipient: <x@softbank.ne.jp>", PERMANENT),
        (None, 550, "mx.yahoo.co.jp", "no such user", PERMANENT),
        (None, 554, "mx.ocn.ad.jp", "User unknown", PERMANENT),
        (None, 552, "mx.so-net.ne.jp", "mailbox is full", FULL),
        (None, 550, "rgate.biglobe.ne.jp", "no such user", PERMANENT),
        (None, None, "", "送信先のメールボックスが一杯のため、送信できませんでした。", FULL),
        (None, 550, "", "宛先のメールアドレスは存在しません", PERMANENT),
        (None, 550, "", "受信者により受信拒否されています", TRANSIENT),
        (None, 552, "", "メールのサイズが大きすぎます", "Transient/MessageTooLarge"),
        ("5.7.1", 550, "", "迷惑メールと判定されました", CONTENT),
        (None, 554, "", "添付ファイルの形式は許可できません", ATTACHMENT),
    ],
)
def test_words_of_providers(status: str | None, code: int | None, host: str, text: str, expected: str) -> None:
    kind = classify_status(EnhancedStatus.parse(status) if status else None, text, code=code, host=host)
    assert f"{kind.bounce_type}/{kind.sub_type}" == expected


PROVIDERS = "gmail outlook yahoo icloud docomo au softbank yahoo-japan ocn so-net biglobe".split()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_large_provider_has_rules_of_its_own(provider: str) -> None:
    kinds = {rule.kind[0] for rule in shipped() if provider in rule.provider.split(", ")}
    assert "Permanent" in kinds


@pytest.mark.parametrize(("stage", "kind"), [(Stage.RCPT, PERMANENT), (Stage.CONTENT, TRANSIENT)])
def test_the_stage_of_our_own_replies_counts(stage: Stage, kind: str) -> None:
    """docomo and au say the same of addresses that do not exist, and later of those whose readers want no such mail."""
    outcome = classify_reply(stage, Reply.of(550, "Unknown user x@docomo.ne.jp"), "mfsmax.docomo.ne.jp")
    found = classify_outcome(outcome)
    assert f"{found.bounce_type}/{found.sub_type}" == kind


def test_temporary_trouble_is_never_permanent() -> None:
    for rule in shipped():
        for words in rule.words:
            text = words.replace("*", " ")
            host = rule.hosts[0].lstrip(".") if rule.hosts else ""
            kind = classify_status(EnhancedStatus(4, 1, 1), text, code=450, host=host)
            assert kind.bounce_type is BounceType.TRANSIENT, rule


def test_every_rule_is_reached_and_says_a_kind_of_ses() -> None:
    assert len(shipped()) > 25
    for rule in shipped():
        assert BounceType(rule.kind[0]) and BounceSubType(rule.kind[1])
        host = f"mx{rule.hosts[0]}" if rule.hosts else ""
        code = int(rule.codes[0].replace("x", "5")) if rule.codes else None
        for words in rule.words:
            said = Said(text=words.replace("*", " "), code=code, host=host)
            assert next(one for one in shipped() if one.fits(said)).kind == rule.kind, (rule, words)


def test_where_a_rule_does_not_fit() -> None:
    rule = BounceRule(
        kind=("Permanent", "General"), hosts=(".x.test",), codes=("55x",), statuses=("5.1.x",), words=("no*user",)
    )
    fitting = {"text": "no such user", "code": 550, "status": EnhancedStatus(5, 1, 1), "host": "mx.x.test"}
    assert rule.fits(Said(**fitting))  # type: ignore[arg-type]
    for name, other in (("text", "user no"), ("code", 450), ("code", None), ("status", None), ("host", "mx.notx.test")):
        assert not rule.fits(Said(**(fitting | {name: other}))), name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "entry",
    [
        {"words": ["x"], "kind": "Permanent/General"},
        {"words": [], "kind": "Permanent/General", "basis": "words"},
        {"words": ["X"], "kind": "Permanent/General", "basis": "words"},
        {"words": ["x"], "kind": "Permanent", "basis": "words"},
        {"words": ["x"], "kind": "Permanent/General", "basis": "words", "more": 1},
        {"words": ["x"], "kind": "Permanent/General", "basis": "source", "source": "https://x.test"},
        {"words": ["x"], "kind": "Permanent/General", "basis": "source", "checked": "2026-11-24"},
        {"words": ["x"], "kind": "Permanent/General", "basis": "source", "source": "x", "checked": "yesterday"},
        {"words": ["x"], "kind": "Permanent/General", "basis": "words", "source": "x", "checked": "2026-11-24"},
    ],
)
def test_a_table_that_cannot_be_used(entry: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"rule|words"):
        parse({"rule": [entry]})
