"""From an application to a mailbox: every door that SES's users know, and every kind of receiver."""

import json
import os
import smtplib
import ssl
import subprocess
import sys
from pathlib import Path

import boto3
import dkim
import dns.resolver
import pytest
from botocore.exceptions import ClientError
from service import Service, check_authentic, check_return_path, message, message_id_of

from programs import require

SENDER = "news@shop.test"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module", autouse=True)
def slow_message(service: Service) -> str:
    """On its way to a receiver that takes half a minute, while the other tests run."""
    return service.send("turtle@slow.test", sender=SENDER)


@pytest.fixture(scope="module")
def require_tls(service: Service) -> str:
    """A configuration set that asks for TLS and gives up after five minutes."""
    service.client().create_configuration_set(
        ConfigurationSetName="require-tls", DeliveryOptions={"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}
    )
    return "require-tls"


# -- the doors ---------------------------------------------------------------------------------------------------------


def test_send_email_with_a_japanese_subject(service):
    message_id = service.send("v2@inbox.test", sender=SENDER, subject="秋の新作のお知らせ", text="こんにちは。")
    (mail,) = service.rehearsal.wait_for_mail("v2@inbox.test")
    check_authentic(mail)
    assert mail.message["Subject"] == "秋の新作のお知らせ"
    assert mail.message.get_body().get_content().strip() == "こんにちは。"
    assert message_id_of(mail) == message_id
    check_return_path(mail.mail_from, message_id, "us-east-1.mail.tayori.test")


def test_an_independent_program_verifies_the_signature(service):
    service.send("dkim@inbox.test", sender=SENDER)
    (mail,) = service.rehearsal.wait_for_mail("dkim@inbox.test")
    asked = []

    def lookup(name, timeout=5):
        asked.append(name.decode().rstrip("."))
        return txt(service, asked[-1])

    assert dkim.verify(mail.raw, dnsfunc=lookup)
    assert asked
    assert asked[0].endswith("._domainkey.shop.test")
    assert not dkim.verify(mail.raw.replace(b"Hello.", b"Hullo."), dnsfunc=lookup)


def txt(service: Service, name: str) -> bytes:
    """A TXT record as the rehearsal's resolver gives it."""
    place = service.env["rehearsal"]["resolver"]
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [place["host"]], place["port"]
    return b"".join(resolver.resolve(name, "TXT")[0].strings)


def test_send_raw_email_of_the_first_api(service):
    raw = message("v1@inbox.test", sender=SENDER, subject="raw")
    answer = service.client("ses").send_raw_email(RawMessage={"Data": bytes(raw)})
    (mail,) = service.rehearsal.wait_for_mail("v1@inbox.test")
    check_authentic(mail)
    assert mail.message["Subject"] == "raw"
    assert message_id_of(mail) == answer["MessageId"]


def test_the_aws_cli_in_a_shell(service):
    script = """
        set -euo pipefail
        eval "$(python -m tayori env)"
        aws sesv2 send-email --from-email-address news@shop.test --destination ToAddresses=cli@inbox.test \
            --content '{"Simple": {"Subject": {"Data": "from a shell"}, "Body": {"Text": {"Data": "Hi"}}}}'
    """
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(service.node.data),  # no configuration of whoever runs the tests
        "TAYORI_DATA": str(service.node.data),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (mail,) = service.rehearsal.wait_for_mail("cli@inbox.test")
    check_authentic(mail)
    assert message_id_of(mail) == json.loads(done.stdout)["MessageId"]


@pytest.mark.parametrize("implicit_tls", [False, True], ids=["starttls", "implicit-tls"])
def test_smtp(service, implicit_tls):
    address = f"smtp-{implicit_tls}@inbox.test"
    with service.smtp(implicit_tls=implicit_tls) as session:
        session.mail(SENDER)
        session.rcpt(address)
        code, reply = session.data(bytes(message(address, sender=SENDER, subject="ようこそ")))
    assert (code, reply[:3]) == (250, b"Ok ")
    (mail,) = service.rehearsal.wait_for_mail(address)
    check_authentic(mail)
    assert mail.message["Subject"] == "ようこそ"
    assert message_id_of(mail) == reply[3:].decode()


def test_swaks(service):
    swaks, smtp = require("swaks", "swaks"), service.env["smtp"]
    command = [
        *(swaks, "--server", smtp["host"], "--port", str(smtp["starttls_port"]), "--tls", "--tls-verify"),
        *("--tls-ca-path", smtp["ca_file"], "--auth", "LOGIN", "--auth-user", smtp["username"]),
        *("--auth-password", smtp["password"], "--from", SENDER, "--to", "swaks@inbox.test"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (mail,) = service.rehearsal.wait_for_mail("swaks@inbox.test")
    check_authentic(mail)


def test_one_message_for_several_recipients(service):
    names = [f"many-{number}@inbox.test" for number in range(3)]
    with service.smtp() as session:
        session.send_message(message(", ".join(names), sender=SENDER))
    mails = [service.rehearsal.wait_for_mail(name)[0] for name in names]
    assert len({message_id_of(mail) for mail in mails}) == 1


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_an_unverified_sender_is_refused_in_the_words_of_ses(service):
    with pytest.raises(ClientError) as refusal:
        service.send("you@inbox.test", sender="who@stranger.test")
    words = (
        "Email address is not verified. The following identities failed the check in region US-EAST-1: "
        "who@stranger.test"
    )
    assert refusal.value.response["Error"] == {"Code": "MessageRejected", "Message": words}
    with service.smtp() as session, pytest.raises(smtplib.SMTPDataError) as reply:
        session.send_message(message("you@inbox.test", sender="who@stranger.test"))
    assert (reply.value.smtp_code, reply.value.smtp_error.decode()) == (554, f"Message rejected: {words}")


def test_a_wrong_secret_is_refused(service):
    smtp = {**service.env["smtp"], "password": "not the password"}
    with pytest.raises(smtplib.SMTPAuthenticationError) as refusal, service.smtp(smtp=smtp):
        pass
    assert refusal.value.smtp_code == 535
    keys = {**service.rehearsal.boto3, "aws_secret_access_key": "not the secret"}
    with pytest.raises(ClientError) as error:
        boto3.client("sesv2", **keys).get_account()
    assert error.value.response["Error"]["Code"] == "InvalidSignatureException"


# -- one message's story -----------------------------------------------------------------------------------------------


def test_message_show_tells_the_whole_story(service):
    message_id = service.send("story@inbox.test", sender=SENDER, subject="物語")
    service.wait_for_state(message_id, "delivered")
    told = json.loads(service.tayori("message", "show", message_id, "--json"))
    over_http = service.timeline(message_id)
    assert told == {name: over_http[name] for name in told}  # which also says what the running service knows of it
    assert over_http["authentication"]["dmarc"] == "aligned"
    assert [event["type"] for event in told["events"]] == ["Send", "Delivery"]
    (attempt,) = told["attempts"]
    assert (attempt["host"], attempt["address"], attempt["outcome"]) == ("mx.inbox.test", "127.77.0.1", "delivered")
    assert attempt["tls"].startswith("TLSv1.3")
    text = service.tayori("message", "show", message_id)
    for words in (message_id, "story@inbox.test  delivered  1 attempt", "物語", "mx.inbox.test [127.77.0.1], TLSv1.3"):
        assert words in text


# -- receivers ---------------------------------------------------------------------------------------------------------


def test_a_receiver_without_tls_gets_nothing_in_the_clear(service, require_tls):
    message_id = service.send("secret@plain.test", sender=SENDER, ConfigurationSetName=require_tls)
    deferred = service.wait_for_state(message_id, "deferred")
    assert deferred["recipients"][0]["reason"] == "tls-required"
    service.rehearsal.clock.advance(301)
    bounce = service.wait_for_event(message_id, "Bounce")["detail"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "CustomTimeoutExceeded")
    told = service.timeline(message_id)
    assert told["recipients"][0]["state"] == "expired"
    assert {attempt["outcome"] for attempt in told["attempts"]} == {"deferred"}
    assert service.rehearsal.mailbox("secret@plain.test") == []


def test_without_a_policy_plain_text_is_better_than_nothing(service):
    service.send("open@plain.test", sender=SENDER)
    (mail,) = service.rehearsal.wait_for_mail("open@plain.test")
    assert mail.tls is None
    assert mail.is_authentic


def test_a_certificate_of_nobody_still_defeats_listening(service, require_tls):
    for number, options in enumerate(({}, {"ConfigurationSetName": require_tls})):
        service.send(f"to-{number}@selfsigned.test", sender=SENDER, **options)
        (mail,) = service.rehearsal.wait_for_mail(f"to-{number}@selfsigned.test")
        check_authentic(mail)


def test_an_unknown_user_bounces_and_is_not_written_to_again(service):
    message_id = service.send("nobody@unknown.test", sender=SENDER)
    bounce = service.wait_for_event(message_id, "Bounce")["detail"]
    assert bounce["bounceType"] == "Permanent"
    assert bounce["bouncedRecipients"][0]["status"] == "5.1.1"
    listed = service.client().get_suppressed_destination(EmailAddress="nobody@unknown.test")
    assert listed["SuppressedDestination"]["Reason"] == "BOUNCE"
    assert listed["SuppressedDestination"]["Attributes"]["MessageId"] == message_id
    again = service.send("nobody@unknown.test", sender=SENDER)
    bounce = service.wait_for_event(again, "Bounce")["detail"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "OnAccountSuppressionList")
    assert service.timeline(again)["attempts"] == []


def test_a_report_that_comes_later_is_a_bounce_of_its_message(service):
    message_id = service.send("gone@later.test", sender=SENDER)
    service.wait_for_state(message_id, "delivered")
    bounce = service.wait_for_event(message_id, "Bounce")["detail"]
    assert bounce["bounceType"] == "Permanent"
    assert bounce["bouncedRecipients"][0]["emailAddress"] == "gone@later.test"
    listed = service.client().get_suppressed_destination(EmailAddress="gone@later.test")
    assert listed["SuppressedDestination"]["Attributes"]["MessageId"] == message_id


def test_an_automatic_reply_is_no_reason_to_stop_writing(service):
    message_id = service.send("hammock@away.test", sender=SENDER)
    service.wait_for_state(message_id, "delivered")
    bounce = service.wait_for_event(message_id, "Bounce")["detail"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "General")
    with pytest.raises(ClientError, match="NotFoundException"):
        service.client().get_suppressed_destination(EmailAddress="hammock@away.test")


def test_greylisted_mail_is_delivered_after_a_while(service):
    message_id = service.send("patient@grey.test", sender=SENDER)
    deferred = service.wait_for_state(message_id, "deferred")
    assert deferred["recipients"][0]["status"] == "4.7.1"
    service.rehearsal.clock.advance(90)
    (mail,) = service.rehearsal.wait_for_mail("patient@grey.test")
    check_authentic(mail)
    assert service.wait_for_state(message_id, "delivered")["recipients"][0]["attempts"] == 2


def test_a_full_mailbox_delays(service):
    message_id = service.send("hoarder@full.test", sender=SENDER)
    delay = service.wait_for_event(message_id, "DeliveryDelay")["detail"]
    assert delay["delayType"] == "MailboxFull"
    assert service.state(message_id) == "deferred"


def test_a_host_that_does_not_answer_delays(service):
    message_id = service.send("anyone@down.test", sender=SENDER)
    service.wait_for_event(message_id, "DeliveryDelay")
    (recipient,) = service.timeline(message_id)["recipients"]
    assert (recipient["state"], recipient["attempts"]) == ("deferred", 1)


def test_a_domain_that_takes_no_mail_bounces_at_once(service):
    message_id = service.send("anyone@nullmx.test", sender=SENDER)
    bounce = service.wait_for_event(message_id, "Bounce")["detail"]
    assert bounce["bounceType"] == "Permanent"
    assert bounce["bouncedRecipients"][0]["status"] == "5.1.10"


def test_a_receiver_that_obeys_dmarc_takes_ours_and_refuses_a_forgery(service):
    service.send("careful@strict.test", sender=SENDER)
    (mail,) = service.rehearsal.wait_for_mail("careful@strict.test")
    check_authentic(mail)
    port = service.env["rehearsal"]["delivery_port"]
    with smtplib.SMTP("127.77.0.2", port, local_hostname="forger.test", timeout=20) as session:
        session.starttls(context=_unverified())
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            session.sendmail("x@forger.test", ["careful@strict.test"], bytes(message("you", sender=SENDER)))
    assert refusal.value.smtp_code == 550
    assert refusal.value.smtp_error.startswith(b"5.7.26 ")


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_slow_receiver_gets_its_mail(service, slow_message):
    """The last of this module: it waits for the rest of the half minute."""
    service.wait_for_state(slow_message, "delivered", seconds=60)
    (mail,) = service.rehearsal.mailbox("turtle@slow.test")
    check_authentic(mail)
