"""A host whose own Postfix relays through the service, with the settings that Amazon documents for SES."""

import re

import pytest
from postfix import relaying_postfix
from service import check_authentic, message

from tayori.testing import until

SENDER = "cron@shop.test"


@pytest.fixture(scope="module")
def postfix(service):
    with relaying_postfix(service.env["smtp"]) as postfix:
        yield postfix


def test_mail_of_the_sendmail_command_arrives(service, postfix):
    content = bytes(message("root@inbox.test", sender=SENDER, subject="夜間処理", text="done\n.\n..\n"))
    postfix.sendmail(content.replace(b"\r\n", b"\n"), sender=SENDER, to="root@inbox.test")
    (mail,) = service.rehearsal.wait_for_mail("root@inbox.test")
    check_authentic(mail)
    assert mail.message["Subject"] == "夜間処理"
    assert mail.message.get_content() == "done\r\n.\r\n..\r\n"
    assert "Trusted TLS connection established to 127.0.0.1" in postfix.log


def test_mail_by_smtp_arrives_at_each_recipient(service, postfix):
    names = [f"team-{number}@inbox.test" for number in range(3)]
    with postfix.smtp() as session:
        session.send_message(message(", ".join(names), sender=SENDER, subject="to a team"))
    for name in names:
        (mail,) = service.rehearsal.wait_for_mail(name)
        check_authentic(mail)


def test_a_refusal_is_in_the_log_in_the_words_of_ses(service, postfix):
    with postfix.smtp() as session:
        session.send_message(message("you@inbox.test", sender="who@stranger.test"))
    entry = until(lambda: re.search(r"status=bounced \((.+)\)", postfix.log), "a bounce in Postfix's log")
    assert "554 Message rejected: Email address is not verified." in entry.group(1)
