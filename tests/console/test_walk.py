"""A first user's whole day in the console, by clicking, in both languages: the rows of `make demo` one after the other.

From the first start's link to a domain that is verified by records typed into a registrar's panel, out of the sandbox,
to mail that arrives, bounces, is complained about, and to a provider that will never tell. What happens outside of the
console is done by programs: the user's application that sends, and a forger.
"""

import json
import re
import smtplib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from browser import LOCALES, Console, check_accessible, choose, press
from playwright.sync_api import Browser, Locator, Page, expect

from system.service import Service, running
from tayori.testing import until

DOMAIN, MAIL_FROM, SENDER, READER = "shop.test", "bounce.shop.test", "news@shop.test", "reader@inbox.test"
SET, TOPIC, OWNER = "tls-or-nothing", "shop-feedback", "owner@inbox.test"
PASSWORD = "correct horse battery staple"

# English and Japanese of what the walk presses and reads, by a word for it.
TEXTS: Mapping[str, tuple[str, str]] = {
    "side": ("Side navigation", "サイドナビゲーション"),
    "user name": ("User name", "ユーザー名"),
    "password": ("Password", "パスワード"),
    "create user": ("Create user", "ユーザーを作成"),
    "sandbox": ("Your account is in the sandbox", "アカウントはサンドボックスにあります"),
    "sandbox limits": ("200 recipients in 24 hours, 1 a second", "24 時間あたり 200 件"),
    "sets": ("Configuration sets", "設定セット"),
    "create set": ("Create set", "セットの作成"),
    "set name": ("Configuration set name", "設定セット名"),
    "next": ("Next", "次へ"),
    "required": ("Required", "必須"),
    "own time": ("A maximum of your own", "最大時間を指定する"),
    "seconds": ("Seconds", "秒数"),
    "300 seconds": ("300 seconds", "300 秒"),
    "topics": ("Topics", "トピック"),
    "create topic": ("Create topic", "トピックの作成"),
    "name": ("Name", "名前"),
    "create subscription": ("Create subscription", "サブスクリプションの作成"),
    "topic": ("Topic", "トピック"),
    "protocol": ("Protocol", "プロトコル"),
    "email": ("Email", "E メール"),
    "endpoint": ("Endpoint", "エンドポイント"),
    "text": ("Text", "テキスト"),
    "identities": ("Identities", "ID"),
    "create identity": ("Create identity", "ID の作成"),
    "domain": ("Domain", "ドメイン"),
    "use mail from": ("Use a custom MAIL FROM domain", "カスタム MAIL FROM ドメインを使用"),
    "mail from": ("MAIL FROM domain", "MAIL FROM ドメイン"),
    "default set": ("Default configuration set", "デフォルトの設定セット"),
    "notifications": ("Notifications", "通知"),
    "bounce topic": ("Bounce: SNS topic", "バウンスの SNS トピック"),
    "complaint topic": ("Complaint: SNS topic", "苦情の SNS トピック"),
    "saved": ("Saved.", "保存しました。"),
    "smtp": ("SMTP settings", "SMTP 設定"),
    "create credentials": ("Create credentials", "認証情報を作成"),
    "download csv": ("Download .csv file", ".csv ファイルをダウンロード"),
    "done": ("Done", "完了"),
    "suppression": ("Suppression list", "抑制リスト"),
    "find suppressed": ("Find addresses that begin with", "先頭一致でアドレスを検索"),
    "remove": ("Remove", "削除"),
    "removed": ("Removed: 1", "1 件を削除しました"),
    "suppressed": ("Suppressed", "抑制済み"),
    "delayed": ("Delayed", "遅延"),
    "loop test": ("Test the way of a complaint", "苦情の経路をテスト"),
    "identity": ("Identity", "ID"),
    "run test": ("Run test", "テストを実行"),
    "came back": ("The complaint came back after", "秒で苦情が届きました"),
    "dns": ("DNS panel", "DNS パネル"),
    "open label": ("Open the zone of a domain", "ドメインのゾーンを開く"),
    "open zone": ("Open zone", "ゾーンを開く"),
    "type": ("Type", "タイプ"),
    "host": ("Host", "ホスト名"),
    "value": ("Value", "値"),
    "priority": ("Priority", "優先度"),
    "add record": ("Add record", "レコードを追加"),
    "registered": ("Registered", "登録しました"),
    "clock": ("Clock", "時計"),
    "day": ("1 day", "1 日"),
    "60 times": ("60 times", "60 倍"),
    "as outside": ("As outside", "実際と同じ"),
    "advanced": ("The clock was advanced.", "時刻を進めました。"),
    "speed changed": ("The speed was changed.", "速度を変更しました。"),
    "request access": ("Request production access", "本稼働アクセスをリクエスト"),
    "website": ("Website URL", "ウェブサイトの URL"),
    "use case": ("Use case description", "ユースケースの説明"),
    "acknowledge": ("I send only to people who have asked for it", "受信を希望した相手にのみ送信し"),
    "submit": ("Submit request", "リクエストを送信"),
    "pending": ("Pending: the operator decides", "審査待ち"),
    "reviews": ("Access reviews", "本稼働アクセスの審査"),
    "review": ("Review: default", "審査する: default"),
    "grant": ("Grant", "承認"),
    "granted": ("Granted:", "承認しました"),
    "messages": ("Messages", "メッセージ"),
    "search": ("Search messages", "メッセージを検索"),
    "delivered": ("Delivered", "配信されました"),
    "bounced": ("Bounced", "バウンスしました"),
    "complained": ("Complaint", "苦情がありました"),
    "expired": ("Expired", "期限切れ"),
    "received": ("Received mail", "受信メール"),
    "no mailbox": ("No mailbox matches", "一致するメールボックスがありません"),
    "find mailbox": ("Find by mailbox", "メールボックスで検索"),
    "loops": ("Feedback loops", "フィードバックループ"),
    "outlook": ("Outlook for recipient domains", "受信者ドメインの見通し"),
    "domains": ("Domains or addresses, one a line", "ドメインまたはアドレス (1 行に 1 つ)"),
    "look": ("Look up", "確認"),
    "never": ("Never", "報告されない"),
    "once enrolled": ("Yes, once enrolled", "登録すれば報告される"),
    "report spam": ("Report spam", "迷惑メールとして報告"),
    "told": ("fbl.test has a feedback loop", "fbl.test にはフィードバックループがあります"),
    "not told": ("nofbl.test has no feedback loop", "nofbl.test にはフィードバックループがありません"),
}


class Walker:
    """The user: what is done, in the language that was chosen."""

    def __init__(self, console: Console, service: Service) -> None:
        self.console, self.page, self.service = console, console.page, service

    def t(self, word: str) -> str:
        return TEXTS[word][self.console.language == "ja"]

    def sees(self, word: str, where: Page | Locator | None = None, *, seconds: float = 60) -> None:
        expect((where or self.page).get_by_text(self.t(word)).first).to_be_visible(timeout=seconds * 1000)

    def presses(self, word: str, role: Any = "button") -> None:
        press(self.page, self.t(word), role)

    def fills(self, word: str, value: str) -> None:
        self.page.get_by_label(self.t(word), exact=True).fill(value)

    def follows(self, word: str) -> None:
        """A link of the side navigation."""
        side = self.page.get_by_role("navigation", name=self.t("side"))
        side.get_by_role("link", name=self.t(word), exact=True).click()
        expect(self.page.get_by_role("heading", level=1, name=self.t(word))).to_be_visible()

    def sends(self, to: str, subject: str) -> str:
        """The user's application does."""
        return self.service.send(to, sender=SENDER, subject=subject)

    # -- what the day is made of ---------------------------------------------------------------------------------

    def comes_by_the_link(self) -> None:
        self.page.goto(str(json.loads(self.service.tayori("user", "link", "--json"))["url"]))
        self.fills("user name", "hanako")
        self.fills("password", PASSWORD)
        self.presses("create user")
        self.sees("sandbox")
        check_accessible(self.page)

    def makes_a_set(self) -> None:
        """Row 1: TLS or nothing, and 300 seconds."""
        self.follows("sets")
        self.page.get_by_role("button", name=self.t("create set")).first.click()
        self.fills("set name", SET)
        self.presses("next")
        self.page.get_by_role("radio", name=self.t("required")).first.click()
        self.page.get_by_role("radio", name=self.t("own time")).click()
        self.fills("seconds", "300")
        for _ in range(3):
            self.presses("next")
        self.sees("300 seconds")
        self.page.get_by_role("button", name=self.t("create set"), exact=True).click()
        expect(self.page.get_by_role("heading", level=1, name=SET)).to_be_visible()
        self.sees("required")

    def makes_a_topic(self) -> None:
        """Row 2: told by mail, once the link in a first mail was followed."""
        self.follows("topics")
        self.page.get_by_role("button", name=self.t("create topic")).first.click()
        self.fills("name", TOPIC)
        self.presses("create topic")
        expect(self.page.get_by_role("heading", level=1, name=TOPIC)).to_be_visible()
        self.console.go("subscriptions/-/create")
        choose(self.page, self.t("topic"), TOPIC)
        choose(self.page, self.t("protocol"), self.t("email"))
        self.fills("endpoint", OWNER)
        self.presses("create subscription")
        expect(self.page.get_by_role("heading", level=1).filter(has_text=self.t("create subscription"))).to_have_count(
            0
        )
        link = self.reads_mail(OWNER)
        assert link is not None
        self.page.goto(link.group())  # what its reader clicks in a mail program
        self.console.go("topics")

    def makes_an_identity(self) -> None:
        """Row 2: with its MAIL FROM domain, the set for all of its mail, and who is told."""
        self.follows("identities")
        self.page.get_by_role("button", name=self.t("create identity")).first.click()
        self.page.get_by_role("textbox", name=self.t("domain")).fill(DOMAIN)
        self.presses("next")
        self.presses("next")
        self.page.get_by_role("checkbox", name=self.t("use mail from")).check()
        self.page.get_by_role("textbox", name=self.t("mail from")).fill(MAIL_FROM)
        self.presses("next")
        choose(self.page, self.t("default set"), SET)
        self.presses("next")
        self.presses("create identity")
        expect(self.page.get_by_role("heading", level=1, name=DOMAIN)).to_be_visible()
        self.presses("notifications", "tab")
        for kind in ("bounce topic", "complaint topic"):
            choose(self.page, self.t(kind), TOPIC)
            chosen = re.compile(rf"^{re.escape(self.t(kind))} {TOPIC}")
            expect(self.page.get_by_role("button", name=chosen)).to_be_enabled()
        self.page.mouse.move(0, 0)  # what a disabled button says of itself is no part of the page
        check_accessible(self.page)

    def makes_credentials(self) -> tuple[str, str]:
        """The SMTP user name and password, shown this once."""
        self.follows("smtp")
        self.page.get_by_role("button", name=self.t("create credentials"), exact=True).first.click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label(self.t("user name"), exact=True).fill("shop")
        press(dialog, self.t("create credentials"))
        with self.page.expect_download() as kept:
            press(dialog, self.t("download csv"))
        head, row = Path(kept.value.path()).read_text("utf-8").splitlines()
        made = dict(zip(head.split(","), re.findall(r'"([^"]*)"', row), strict=True))
        press(dialog, self.t("done"))
        expect(dialog).to_have_count(0)
        return made["SMTP user name"], made["SMTP password"]

    def types_records(self, records: list[Mapping[str, Any]]) -> None:
        """Row 5: into the registrar's panel, as the hand-over document has them."""
        self.follows("dns")
        self.fills("open label", "shop")
        self.page.get_by_role("option", name=DOMAIN).click()  # it is the domain of an identity
        self.presses("open zone")
        for record in records:
            choose(self.page, self.t("type"), record["type"])
            priority, _, value = record["value"].partition(" ") if record["type"] == "MX" else ("", "", record["value"])
            if priority:
                self.fills("priority", priority)
            self.fills("host", record["name"].removesuffix(f".{DOMAIN}"))
            self.fills("value", value)
            self.presses("add record")
            said = f"{self.t('registered')}: {record['type']} {record['name']}"
            expect(self.page.get_by_text(said, exact=True)).to_be_visible()
        check_accessible(self.page)

    @contextmanager
    def time_runs(self) -> Iterator[None]:
        self.follows("clock")
        self.presses("60 times")
        self.sees("speed changed")
        yield
        self.follows("clock")
        self.presses("as outside")

    def lets_a_day_pass(self) -> None:
        self.follows("clock")
        self.presses("day")
        self.sees("advanced")

    def asks_for_production(self) -> None:
        """Row 4."""
        self.console.go("dashboard")
        self.sees("sandbox limits")
        self.presses("request access")
        self.fills("website", "https://shop.example/")
        self.fills("use case", "Order confirmations to customers who asked for them.")
        self.page.get_by_text(self.t("acknowledge")).click()
        self.presses("submit")
        self.sees("pending")
        self.follows("reviews")
        self.presses("review")
        self.presses("grant")
        self.sees("granted")
        self.console.go("dashboard")
        expect(self.page.get_by_text(self.t("sandbox"))).to_have_count(0)

    def opens_timeline(self, subject: str) -> None:
        self.follows("messages")
        self.fills("search", subject)
        link = self.page.get_by_role("link", name=subject)
        self._looks_until(lambda: link.count() == 1)
        link.click()
        expect(self.page.get_by_role("heading", level=1, name=subject)).to_be_visible()

    def _looks_until(self, holds: Callable[[], bool]) -> None:
        """The index of the search is written a moment behind: the page is loaded again until it has it."""
        for _ in range(30):
            self.page.wait_for_timeout(500)
            if holds():
                return
            self.page.reload()
        raise AssertionError(f"it did not come up: {self.page.url}")

    def reads_mail(self, address: str, holding: str = r"https?://\S+") -> re.Match[str] | None:
        """Opens the newest mail of a mailbox; what in its text looks like `holding`."""
        self.follows("received")
        self.fills("find mailbox", address)
        row = self.page.get_by_role("row").filter(has_text=address)
        expect(row.first).to_be_visible()
        row.first.get_by_role("link").click()
        expect(self.page.get_by_role("button", name=self.t("report spam"))).to_be_enabled()
        self.page.get_by_role("tab", name=self.t("text"), exact=True).click()
        return re.search(holding, self.page.get_by_role("tabpanel").inner_text())

    def is_told_of(self, kind: str, address: str) -> None:
        """By the newest mail to the topic's subscriber."""

        def told() -> bool:
            found = self.reads_mail(OWNER, rf'"notificationType"\s*:\s*"{kind}"')
            return found is not None and self.page.get_by_role("tabpanel").get_by_text(address).count() > 0

        self._looks_until(told)


@pytest.fixture(params=["en", "ja"])
def walker(
    request: pytest.FixtureRequest, tmp_path: Path, browser: Browser, console_settings: dict[str, str]
) -> Iterator[Walker]:
    """On a service of its own, which nobody has used yet."""
    language = str(request.param)
    with running(tmp_path, environment=console_settings) as service:
        context = browser.new_context(
            locale=LOCALES[language], viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        )
        env = service.env
        console = Console(context, str(env["http"]), str(env["account_id"]), str(env["region"]), language)
        yield Walker(console, service)
        console.check()
        context.close()


def test_the_first_users_day(walker: Walker) -> None:
    walker.comes_by_the_link()
    walker.makes_a_set()
    walker.makes_a_topic()
    walker.makes_an_identity()
    is_refused(walker)
    walker.types_records(records_of(walker.service))
    with walker.time_runs():
        is_verified(walker)
    walker.asks_for_production()
    mail_arrives(walker)
    a_program_submits_over_smtp(walker)
    forgery_does_not(walker)
    nothing_goes_in_the_clear(walker)
    bounces_are_told(walker)
    a_bounced_address_is_suppressed_and_let_go(walker)
    a_full_mailbox_delays(walker)
    the_way_of_a_complaint_is_tested(walker)
    complaints_are_told_by_some(walker)


def is_refused(walker: Walker) -> None:
    """Row 3: by the application's eyes."""
    with pytest.raises(walker.service.client().exceptions.MessageRejected, match="not verified"):
        walker.sends(READER, "too early")


def records_of(service: Service) -> list[Mapping[str, Any]]:
    """What the hand-over document lists."""
    listed = json.loads(service.tayori("dns", "records", DOMAIN, "--json"))["records"]
    return [{"name": one["name"], "type": one["type"], "value": one["expected"]} for one in listed]


def is_verified(walker: Walker) -> None:
    ses = walker.service.client()

    def look() -> bool:
        now = ses.get_email_identity(EmailIdentity=DOMAIN)
        return bool(now["VerifiedForSendingStatus"] and now["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS")

    until(look, f"{DOMAIN} verified", 40)


def mail_arrives(walker: Walker) -> None:
    """Row 6."""
    walker.sends(READER, "order 4711")
    walker.opens_timeline("order 4711")
    walker.sees("delivered")
    expect(walker.page.get_by_text("TLSv1.3").first).to_be_visible()
    check_accessible(walker.page)
    walker.reads_mail(READER)
    for method in ("SPF", "DKIM", "DMARC"):
        expect(walker.page.get_by_text(re.compile(f"{method} pass")).first).to_be_visible()


def a_program_submits_over_smtp(walker: Walker) -> None:
    """With credentials from the console, over verified TLS."""
    name, password = walker.makes_credentials()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, READER, "over smtp"
    message.set_content("Thank you for your order.")
    smtp = {**walker.service.env["smtp"], "username": name, "password": password}
    with walker.service.smtp(smtp=smtp) as session:
        session.send_message(message)
    walker.opens_timeline("over smtp")
    walker.sees("delivered")


def forgery_does_not(walker: Walker) -> None:
    """Row 7: the forger connects to the receiver itself."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"ceo@{DOMAIN}", "victim@strict.test", "Urgent payment"
    message.set_content("Please pay.")
    walker.service.rehearsal.put_record(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject")
    port = walker.service.env["rehearsal"]["delivery_port"]
    with (
        smtplib.SMTP("127.77.0.2", port, timeout=20) as client,
        pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.26"),
    ):
        client.send_message(message)
    walker.follows("received")
    walker.fills("find mailbox", "victim@strict.test")
    walker.sees("no mailbox")


def nothing_goes_in_the_clear(walker: Walker) -> None:
    """Row 8: five minutes, and the mail bounces."""
    walker.sends("user@plain.test", "secret 1")
    with walker.time_runs():
        walker.opens_timeline("secret 1")
        walker.sees("expired", seconds=40)
    walker.follows("received")
    walker.fills("find mailbox", "user@plain.test")
    walker.sees("no mailbox")


def bounces_are_told(walker: Walker) -> None:
    """Row 9."""
    walker.sends("nobody@unknown.test", "hard bounce")
    walker.sends("moved@later.test", "late bounce")
    for subject in ("hard bounce", "late bounce"):
        walker.opens_timeline(subject)
        walker.sees("bounced", seconds=30)
    walker.is_told_of("Bounce", "moved@later.test")


def a_bounced_address_is_suppressed_and_let_go(walker: Walker) -> None:
    """Nothing is sent to who has bounced, until somebody takes the address off the list."""
    page, address = walker.page, "nobody@unknown.test"
    walker.follows("suppression")
    walker.fills("find suppressed", "nobody@")
    expect(page.get_by_role("cell", name=address)).to_be_visible()
    walker.sends(address, "held back")
    walker.opens_timeline("held back")
    walker.sees("suppressed")
    walker.follows("suppression")
    page.get_by_role("checkbox", name=address).check()
    walker.presses("remove")
    press(page.get_by_role("dialog"), walker.t("remove"))
    walker.sees("removed")
    expect(page.get_by_role("cell", name=address)).to_have_count(0)
    walker.sends(address, "tried again")
    walker.opens_timeline("tried again")
    walker.sees("bounced")
    expect(page.get_by_text(walker.t("suppressed"), exact=True)).to_have_count(0)


def a_full_mailbox_delays(walker: Walker) -> None:
    """Tried again and again, with what the receiver says, until its time is over."""
    walker.sends("reader@full.test", "no room")
    walker.opens_timeline("no room")
    walker.sees("delayed")
    expect(walker.page.get_by_text("Mailbox full").first).to_be_visible()
    with walker.time_runs():
        walker.opens_timeline("no room")
        walker.sees("expired")


def the_way_of_a_complaint_is_tested(walker: Walker) -> None:
    walker.follows("loops")
    walker.presses("loop test", "tab")
    choose(walker.page, walker.t("identity"), DOMAIN)
    walker.presses("run test")
    walker.sees("came back")
    check_accessible(walker.page)


def complaints_are_told_by_some(walker: Walker) -> None:
    """Row 10: said beforehand, and so it is."""
    walker.follows("loops")
    walker.presses("outlook", "tab")
    walker.fills("domains", "reader@fbl.test\nreader@nofbl.test")
    walker.presses("look")
    page = walker.page
    for domain, said in (("nofbl.test", "never"), ("fbl.test", "once enrolled")):
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=domain, exact=True))
        expect(row).to_contain_text(walker.t(said))
    check_accessible(page)
    for address, words in (("reader@nofbl.test", "not told"), ("reader@fbl.test", "told")):
        subject = f"news for {address.partition('@')[2].partition('.')[0]}"
        walker.sends(address, subject)
        walker.reads_mail(address)
        walker.presses("report spam")
        walker.sees(words)
    walker.opens_timeline("news for fbl")
    walker.sees("complained", seconds=30)
    walker.is_told_of("Complaint", "reader@fbl.test")
    walker.opens_timeline("news for nofbl")
    walker.sees("delivered")
    expect(walker.page.get_by_text(walker.t("complained"), exact=True)).to_have_count(0)
