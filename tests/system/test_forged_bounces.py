"""Bounces on real return paths, handed in at the inbound port by somebody who would like to harm."""

import smtplib

from service import Service, check_return_path, running

from tayori.testing import ReceivedMail

DOMAIN = "shop.test"  # that of the service that the tests share
SENDER = f"news@{DOMAIN}"


def send(service: Service, *to: str) -> tuple[str, dict[str, ReceivedMail]]:
    """The MessageId, and what each recipient got."""
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}}
    sent = service.client().send_email(FromEmailAddress=SENDER, Destination={"ToAddresses": list(to)}, Content=content)[
        "MessageId"
    ]
    return sent, {one: service.rehearsal.wait_for_mail(one)[-1] for one in to}


def bounce(*addresses: str) -> bytes:
    status = "".join(f"\r\nFinal-Recipient: rfc822; {one}\r\nAction: failed\r\nStatus: 5.1.1\r\n" for one in addresses)
    return (
        "From: MAILER-DAEMON@forger.test\r\nSubject: Undelivered mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; forger.test\r\n"
        f"{status}\r\n--b--\r\n"
    ).encode()


def hand_in(service: Service, path: str, *addresses: str) -> tuple[int, str]:
    """What the port says: to the recipient where it refuses him, else to the message."""
    there = service.env["mx"]
    with smtplib.SMTP(there["host"], there["port"]) as client:
        client.ehlo("forger.test")
        client.docmd("MAIL FROM:<>")
        code, text = client.docmd(f"RCPT TO:<{path}>")
        if code == 250:
            code, text = client.data(bounce(*addresses))
        return code, text.decode()


def bounced(service: Service, message_id: str) -> list[str]:
    events = [one["detail"] for one in service.timeline(message_id)["events"] if one["type"] == "Bounce"]
    return [one["emailAddress"] for detail in events for one in detail["bouncedRecipients"]]


def test_a_recipient_can_report_for_himself_and_for_nobody_else(service: Service) -> None:
    victim, forger = "victim@inbox.test", "forger@plain.test"
    message_id, mails = send(service, victim, forger)
    own = mails[forger].mail_from
    check_return_path(own, message_id, "us-east-1.mail.tayori.test")
    assert mails[victim].mail_from != own
    assert hand_in(service, own, victim)[0] == 250  # it is about whoever got that path
    assert bounced(service, message_id) == [forger]


def test_what_a_message_id_tells_is_not_enough(service: Service) -> None:
    message_id, _ = send(service, "reader@inbox.test")
    for path in (message_id, f"{message_id[:-6]}00aaaaaaaa"):
        answer = hand_in(service, f"{path}@us-east-1.mail.tayori.test", "reader@inbox.test")
        assert answer == (550, "5.1.1 This return path was not issued by this service")
    assert bounced(service, message_id) == []


def test_an_old_one_is_refused(tmp_path) -> None:
    with running(tmp_path, environment={"TAYORI_INBOUND_RETURN_PATH_DAYS": "2"}) as service:
        service.open_account()
        service.add_domain(DOMAIN)
        message_id, mails = send(service, "reader@inbox.test")
        service.rehearsal.clock.advance(49 * 3600)
        answer = hand_in(service, mails["reader@inbox.test"].mail_from, "reader@inbox.test")
        assert answer == (550, "5.7.1 This return path is too old to take reports")
        assert bounced(service, message_id) == []
