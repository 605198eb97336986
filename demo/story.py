"""The chapters, in the order in which they can happen; each gives evidence to one or more rows of the table."""

import contextlib
import smtplib
import socket
import ssl
import time
import urllib.error
import urllib.request
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from demo.evidence import Book, Row
from demo.listener import Listener, listening
from demo.stage import DOMAIN, MAIL_FROM, READER, SENDER, STRICT_SET, Stage, client, command, refusal, send
from demo.verify import examine
from tayori.testing import ReceivedMail, until

_UNVERIFIED = "Email address is not verified. The following identities failed the check in region US-EAST-1: "


def tell(stage: Stage, book: Book) -> None:
    with book.row(1, "A configuration set requires TLS and gives up after 300 seconds") as row:
        configuration_set(stage, row)
    title = (
        "A domain identity with Easy DKIM, that set as default, a custom MAIL FROM subdomain, SNS topics for feedback"
    )
    with book.row(2, title) as row:
        identity(stage, row)
        feedback_topics(stage, row)
    with book.row(3, "Unverified: refused with SES's own words, for its owner and for a stranger") as row:
        unverified(stage, row)
    with book.row(5, "The hand-over document is written, its records registered; the identity turns verified") as row:
        handed_over(stage, row)
        registered(stage, row)
    with book.row(3, "Unverified: refused with SES's own words, for its owner and for a stranger") as row:
        still_a_stranger(stage, row)
    with book.row(4, "The sandbox holds until production access is asked for, reviewed and granted") as row:
        sandbox(stage, row)
        production(stage, row)
    with book.row(6, "Sent through boto3 and SMTP: SPF, DKIM and DMARC pass, aligned, over TLS") as row:
        delivered(stage, row)
    with book.row(7, "A forged mail from elsewhere is refused by a receiver that obeys DMARC") as row:
        forged(stage, row)
    with book.row(8, "A provider without TLS gets nothing in the clear: the mail bounces after five minutes") as row:
        nothing_in_the_clear(stage, row)
    title = "A hard bounce, a bounce that comes later and a full mailbox are told by signed notifications"
    with book.row(9, title) as row, listening() as listener:
        told_of_bounces(stage, row, listener)
    title = "A complaint arrives from the provider with a feedback loop, none from the one without, as was said before"
    with book.row(10, title) as row, listening() as listener:
        said_beforehand(stage, row)
        told_of_complaints(stage, row, listener)


# -- 1 and 2: set up -----------------------------------------------------------------------------------------------


def configuration_set(stage: Stage, row: Row) -> None:
    stage.ses.create_configuration_set(
        ConfigurationSetName=STRICT_SET, DeliveryOptions={"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}
    )
    options = stage.ses.get_configuration_set(ConfigurationSetName=STRICT_SET)["DeliveryOptions"]
    row.check("TlsPolicy is REQUIRE", options.get("TlsPolicy") == "REQUIRE", options.get("TlsPolicy"))
    limit = options.get("MaxDeliverySeconds")
    row.check("MaxDeliverySeconds is 300", limit == 300, limit)


def identity(stage: Stage, row: Row) -> None:
    created = stage.ses.create_email_identity(EmailIdentity=DOMAIN, ConfigurationSetName=STRICT_SET)
    tokens = created["DkimAttributes"]["Tokens"]
    row.check("CreateEmailIdentity gives three DKIM tokens", len(set(tokens)) == 3, ", ".join(tokens))
    stage.ses.put_email_identity_mail_from_attributes(EmailIdentity=DOMAIN, MailFromDomain=MAIL_FROM)
    found = stage.ses.get_email_identity(EmailIdentity=DOMAIN)
    row.check("it is not verified yet", not found["VerifiedForSendingStatus"], found["VerifiedForSendingStatus"])
    row.check(
        "its default configuration set", found["ConfigurationSetName"] == STRICT_SET, found["ConfigurationSetName"]
    )
    mail_from = found["MailFromAttributes"]
    row.check("its MAIL FROM domain", mail_from["MailFromDomain"] == MAIL_FROM, mail_from["MailFromDomain"])


def feedback_topics(stage: Stage, row: Row) -> None:
    """Topics for bounces and complaints."""
    sns, ses_v1 = client(stage.rehearsal.boto3, "sns"), client(stage.rehearsal.boto3, "ses")
    topics = {}
    for kind in ("Bounce", "Complaint"):
        topics[kind] = sns.create_topic(Name=f"shop-{kind.lower()}s")["TopicArn"]
        ses_v1.set_identity_notification_topic(Identity=DOMAIN, NotificationType=kind, SnsTopic=topics[kind])
    found = ses_v1.get_identity_notification_attributes(Identities=[DOMAIN])["NotificationAttributes"][DOMAIN]
    for kind, arn in topics.items():
        row.check(f"its topic for {kind.lower()}s", found.get(f"{kind}Topic") == arn, found.get(f"{kind}Topic"))
    row.check(
        "feedback is mailed as well, until it is switched off", found["ForwardingEnabled"], found["ForwardingEnabled"]
    )


# -- 3: unverified -------------------------------------------------------------------------------------------------


def unverified(stage: Stage, row: Row) -> None:
    code, words = refusal(stage.ses, READER)
    expected = f"{_UNVERIFIED}news@{DOMAIN}, {READER}"
    row.check("boto3 is told MessageRejected", code == "MessageRejected", code)
    row.check("in SES's words", words == expected, words)
    row.check("SMTP says the same", *_smtp_refusal(stage, expected))
    tokens = stage.ses.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]["Tokens"]
    others = stage.stranger.create_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]["Tokens"]
    row.check("a stranger who registers the domain gets other tokens", not set(tokens) & set(others), ", ".join(others))
    code, words = refusal(stage.stranger, READER)
    row.check("and cannot send either", code == "MessageRejected", words)


def _smtp_refusal(stage: Stage, expected: str) -> tuple[bool, str]:
    try:
        smtp_send(stage, READER, "Too early")
    except smtplib.SMTPDataError as error:
        reply = error.smtp_error.decode() if isinstance(error.smtp_error, bytes) else error.smtp_error
        return error.smtp_code == 554 and reply == f"Message rejected: {expected}", f"{error.smtp_code} {reply}"
    return False, "it was accepted"


def still_a_stranger(stage: Stage, row: Row) -> None:
    code, words = refusal(stage.stranger, READER)
    verified = stage.stranger.get_email_identity(EmailIdentity=DOMAIN)["VerifiedForSendingStatus"]
    row.check("now that its owner is verified, the stranger still is not", code == "MessageRejected", words)
    row.check("and does not count as verified", not verified, verified)


# -- 5: the records ------------------------------------------------------------------------------------------------


def handed_over(stage: Stage, row: Row) -> None:
    """The document in both languages names every record that SES's API asks for, as it is to be typed."""
    found = stage.ses.get_email_identity(EmailIdentity=DOMAIN)
    zone = found["DkimAttributes"]["SigningHostedZone"]
    service, region = stage.environment["service_domain"], stage.environment["region"]
    wanted = [f"{token}.{zone}" for token in found["DkimAttributes"]["Tokens"]]
    wanted += [f"feedback-smtp.{region}.{service}", f"include:spf.{service}", MAIL_FROM]
    for language, title in (("ja", "ご依頼"), ("en", "DNS record")):
        folder = stage.node.data.parent
        for form in ("md", "html"):
            file = folder / f"{DOMAIN}-{language}.{form}"
            arguments = ("--lang", language, "--format", form, "--output", str(file))
            stage.node.command("dns", "dossier", DOMAIN, *arguments)
            text = file.read_text("utf-8").replace("<wbr>", "")  # where a browser may break a long name
            missing = [value for value in wanted if value not in text]
            row.check(f"in {language} as {form}", title in text and not missing, missing or f"{len(text)} characters")


def registered(stage: Stage, row: Row) -> None:
    """What the administrator does: imports the zone file, and later raises the DMARC policy."""
    zone_file = stage.node.data.parent / f"{DOMAIN}.zone"
    stage.node.command("dns", "zone", DOMAIN, "--format", "bind", "--output", str(zone_file))
    stage.node.command("rehearsal", "dns", "import", str(zone_file))
    stage.rehearsal.put_record(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject; adkim=r; aspf=r")

    def look() -> dict[str, Any] | None:
        now = stage.ses.get_email_identity(EmailIdentity=DOMAIN)
        is_ready = now["VerifiedForSendingStatus"] and now["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS"
        return now if is_ready else None

    with stage.time_runs(20):
        now = until(look, f"{DOMAIN} verified", 30)
    row.check("VerifiedForSendingStatus", now["VerifiedForSendingStatus"], now["VerifiedForSendingStatus"])
    row.check("DKIM", now["DkimAttributes"]["Status"] == "SUCCESS", now["DkimAttributes"]["Status"])
    status = now["MailFromAttributes"]["MailFromDomainStatus"]
    row.check("MAIL FROM", status == "SUCCESS", status)
    listed = command(stage.node, "dns", "records", DOMAIN)["records"]
    verdicts = [f"{record['type']} {record['verdict']}" for record in listed]
    row.check("tayori dns records finds all in place", all(r["verdict"] == "ok" for r in listed), ", ".join(verdicts))


# -- 4: the sandbox ------------------------------------------------------------------------------------------------


def sandbox(stage: Stage, row: Row) -> None:
    code, words = refusal(stage.ses, READER)
    is_said = (code, words) == ("MessageRejected", f"{_UNVERIFIED}{READER}")
    row.check("a recipient who is not verified is refused", is_said, words)
    open_link(stage)
    quota = stage.ses.get_account()["SendQuota"]
    row.check(
        "200 recipients in 24 hours, one a second", (quota["Max24HourSend"], quota["MaxSendRate"]) == (200, 1), quota
    )
    for number in range(4):
        stage.rehearsal.clock.advance(60)  # one a second: fifty recipients take most of a minute
        labelled = [f"reader+{number * 50 + recipient}@inbox.test" for recipient in range(50)]
        send(stage.ses, *labelled, subject=f"Sandbox {number + 1} of 4")
    stage.rehearsal.clock.advance(60)
    sent = stage.ses.get_account()["SendQuota"]["SentLast24Hours"]
    row.check("200 recipients are sent to", sent == 200, f"{sent:g}")
    code, words = refusal(stage.ses, READER)
    row.check("the 201st is refused", "Daily message quota exceeded" in words, f"{code}: {words}")


def open_link(stage: Stage) -> None:
    """Verify the reader's address as its owner does: by the link in the mail that the service sends."""
    stage.ses.create_email_identity(EmailIdentity=READER)
    (mail,) = stage.rehearsal.wait_for_mail(READER)
    body = mail.message.get_body(("plain", "html"))
    text = body.get_content() if body else ""
    link = next(word for word in text.split() if word.startswith(stage.environment["http"]))
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(link, timeout=10):
        pass

    def look() -> bool:
        return bool(stage.ses.get_email_identity(EmailIdentity=READER)["VerifiedForSendingStatus"])

    until(look, f"{READER} verified by the link", 10)


def production(stage: Stage, row: Row) -> None:
    stage.ses.put_account_details(
        MailType="TRANSACTIONAL",
        WebsiteURL="https://shop.test",
        ContactLanguage="JA",
        UseCaseDescription="Order confirmations to customers who asked for them.",
        ProductionAccessEnabled=True,
    )
    account = stage.ses.get_account()
    status = account["Details"]["ReviewDetails"]["Status"]
    row.check("production access is asked for", status == "PENDING", status)
    command(stage.node, "account", "review", "--grant")
    account = stage.ses.get_account()
    status, quota = account["Details"]["ReviewDetails"]["Status"], account["SendQuota"]
    row.check("reviewed and granted", status == "GRANTED" and account["ProductionAccessEnabled"], status)
    values = quota["Max24HourSend"], quota["MaxSendRate"]
    row.check(
        "with SES's first production quotas", values == (50000, 14), f"{values[0]:g} a day, {values[1]:g} a second"
    )


# -- 6: delivered --------------------------------------------------------------------------------------------------


def delivered(stage: Stage, row: Row) -> None:
    subject = f"注文確認 {time.time_ns()}"
    send(stage.ses, "friend@inbox.test", subject=f"boto3 {subject}", ConfigurationSetName=STRICT_SET)
    smtp_send(stage, "friend@inbox.test", "by-starttls")
    smtp_send(stage, "friend@inbox.test", "by-tls", implicit_tls=True)
    for door, mark in (("boto3", "boto3"), ("SMTP with STARTTLS", "by-starttls"), ("SMTP over TLS", "by-tls")):
        _judge(stage, row, door, _await_subject(stage, "friend@inbox.test", mark))


def _await_subject(stage: Stage, address: str, mark: str) -> ReceivedMail:
    def look() -> ReceivedMail | None:
        found = stage.rehearsal.mailbox(address)
        return next((mail for mail in found if mark in str(mail.message["Subject"])), None)

    return until(look, f"a mail {mark!r} for {address}")


def _judge(stage: Stage, row: Row, door: str, message: ReceivedMail) -> None:
    receiver = f"SPF {message.spf}, DKIM {message.dkim}, DMARC {message.dmarc}, {message.tls}"
    row.check(f"{door}: the receiver's verdict", message.is_authentic and message.tls, receiver)
    verdict = examine(message, stage.lookup)
    row.check(f"{door}: dkimpy finds {DOMAIN}'s signature good", DOMAIN in verdict.signed_by, verdict.signed_by)
    row.check(f"{door}: SPF of {verdict.spf_domain}", verdict.spf == "pass", f"{verdict.spf} for {verdict.client}")
    both = verdict.aligned_by == ("SPF", "DKIM")
    row.check(f"{door}: DMARC", both and verdict.policy == "reject", f"aligned by {' and '.join(verdict.aligned_by)}")


def smtp_send(stage: Stage, recipient: str, subject: str, *, implicit_tls: bool = False) -> None:
    """As an application does: smtplib, the certificate verified, the SMTP password."""
    smtp = stage.environment["smtp"]
    context = ssl.create_default_context(cafile=smtp["ca_file"])
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, recipient, subject
    message.set_content("こんにちは。\n")
    if implicit_tls:
        client = smtplib.SMTP_SSL(smtp["host"], smtp["tls_port"], context=context, timeout=20)
    else:
        client = smtplib.SMTP(smtp["host"], smtp["starttls_port"], timeout=20)
    with client:
        if not implicit_tls:
            client.starttls(context=context)
        client.login(smtp["username"], smtp["password"])
        client.sendmail(f"news@{DOMAIN}", [recipient], message.as_bytes())


# -- 7: forged -----------------------------------------------------------------------------------------------------


def forged(stage: Stage, row: Row) -> None:
    host = stage.lookup.mail_host("strict.test")
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = f"ceo@{DOMAIN}", "victim@strict.test", "Urgent payment"
    message.set_content("Please pay.\n")
    code, words = 250, "it was accepted"
    with smtplib.SMTP(host, _delivery_port(stage), local_hostname="forger.test", timeout=20) as client:
        try:
            client.sendmail(f"ceo@{DOMAIN}", ["victim@strict.test"], message.as_bytes())
        except smtplib.SMTPDataError as error:
            code, words = error.smtp_code, str(error.smtp_error, "utf-8", "replace")
    row.check("the receiver refuses it for DMARC", code == 550 and "5.7.26" in words, f"{code} {words}")
    kept = stage.rehearsal.mailbox("victim@strict.test")
    row.check("nothing is in the mailbox", not kept, f"{len(kept)} messages")
    send(stage.ses, "victim@strict.test", subject="genuine")
    message_kept = _await_subject(stage, "victim@strict.test", "genuine")
    row.check("the same receiver takes the domain's own mail", message_kept.is_authentic, f"DMARC {message_kept.dmarc}")


# -- 8: nothing in the clear ---------------------------------------------------------------------------------------


def nothing_in_the_clear(stage: Stage, row: Row) -> None:
    with socket.create_connection((stage.lookup.mail_host("plain.test"), _delivery_port(stage)), 10) as probe:
        probe.sendall(b"EHLO demo.test\r\n")
        time.sleep(0.2)
        offers = probe.recv(4096).decode("latin-1")
    row.check("plain.test offers no STARTTLS", "STARTTLS" not in offers, offers.splitlines()[0])
    message_id = send(stage.ses, "user@plain.test", subject="secret")

    def look() -> dict[str, Any] | None:
        found = command(stage.node, "message", "show", message_id)
        return found if found["recipients"][0]["state"] in ("bounced", "expired", "delivered") else None

    with stage.time_runs(30):
        found = until(look, "a bounce", 40)
    (recipient,) = found["recipients"]
    bounces = [event for event in found["events"] if event["type"] == "Bounce"]
    row.check("it bounces", bounces and recipient["state"] == "expired", _bounce_words(bounces))
    if bounces:
        waited = _seconds(found["accepted_at"], bounces[0]["at"])
        row.check("when its 300 seconds are over", 300 <= waited <= 345, f"{waited:.0f} s of service time")
    tries = [f"{attempt['reason']} ({attempt['tls'] or 'no TLS'})" for attempt in found["attempts"]]
    row.check("every try ended at the missing TLS", tries and all(t.startswith("tls-required") for t in tries), tries)
    kept = stage.rehearsal.mailbox("user@plain.test")
    row.check("the provider got nothing", not kept, f"{len(kept)} messages")


# -- 9: told of bounces ----------------------------------------------------------------------------------------------


def told_of_bounces(stage: Stage, row: Row, listener: Listener) -> None:
    topic = _subscribe(stage, "shop-bounces", listener)
    row.check("the application's endpoint is asked, and confirms", topic, topic)
    cases = (
        ("a hard bounce", "nobody@unknown.test", "Permanent", True),
        ("a report that comes later", "moved@later.test", "Permanent", True),
        ("a full mailbox, once its time is over", "full@full.test", "Transient", False),
    )
    sent = {address: send(stage.ses, address, subject="news") for _, address, _, _ in cases}
    with stage.time_runs(30):
        for claim, address, kind, suppresses in cases:
            about = until(lambda a=address: listener.about(sent[a], "Bounce"), f"notice of {address}", 60)
            bounce = about["bounce"]
            words = f"{bounce['bounceType']}/{bounce['bounceSubType']} for {about['mail']['destination']}"
            row.check(claim, bounce["bounceType"] == kind, words)
            found = _is_suppressed(stage, address)
            row.check(f"{address} is {'' if suppresses else 'not '}suppressed", found is suppresses, found)
    row.check(
        "every notification carries a good signature", not listener.badly_signed, f"{len(listener.notices)} notices"
    )


# -- 10: told of complaints ------------------------------------------------------------------------------------------


def said_beforehand(stage: Stage, row: Row) -> None:
    """Before any mail is sent to them: which of the recipients' providers report complaints, and that the way works."""
    found = command(stage.node, "feedback-loops", "lookup", "reader@fbl.test", "reader@nofbl.test")
    said = {one["domain"]: (one["hosts"], one["loop"]) for one in found["domains"]}
    row.check("fbl.test is said to report, by its MX", said["fbl.test"] == (["mx.fbl.test"], "yes"), said["fbl.test"])
    row.check("nofbl.test is said not to", said["nofbl.test"] == (["mx.nofbl.test"], "no"), said["nofbl.test"])
    sentence = found["coverage"]["text"]["en"]
    row.check("in a sentence", "These do not: nofbl.test" in sentence, sentence)
    proof = command(stage.node, "feedback-loops", "test", DOMAIN)
    row.check("a complaint sent as a test finds its way", proof["passes"], f"{proof['host']}: {proof['reply']}")


def told_of_complaints(stage: Stage, row: Row, listener: Listener) -> None:
    _subscribe(stage, "shop-complaints", listener)
    sent = {}
    # The silent one first: it has the more time to speak.
    for address, expected in (("reader@nofbl.test", None), ("reader@fbl.test", "complaints@tayori.test")):
        sent[address] = send(stage.ses, address, subject="news")
        told = _press_spam(stage, address)
        words = f"{address.rpartition('@')[2]} tells {told or 'nobody'}"
        row.check("the reader presses the spam button", told == expected, words)
    with stage.time_runs(30):
        about = until(lambda: listener.about(sent["reader@fbl.test"], "Complaint"), "notice of the complaint", 60)
    complaint = about["complaint"]
    named = [one["emailAddress"] for one in complaint["complainedRecipients"]]
    kind = complaint["complaintFeedbackType"]
    row.check("the complaint arrives, though the report blots out the reader", named == ["reader@fbl.test"], named)
    row.check("as abuse, signed", kind == "abuse" and not listener.badly_signed, kind)
    row.check("the reader is suppressed", _is_suppressed(stage, "reader@fbl.test"), "reader@fbl.test")
    silent = command(stage.node, "message", "show", sent["reader@nofbl.test"])
    kinds = [event["type"] for event in silent["events"]]
    is_silent = "Complaint" not in kinds and listener.about(sent["reader@nofbl.test"], "Complaint") is None
    row.check("none arrives from nofbl.test", is_silent and "Delivery" in kinds, ", ".join(kinds))
    row.check("whose reader is not suppressed", not _is_suppressed(stage, "reader@nofbl.test"), "reader@nofbl.test")
    coverage = command(stage.node, "feedback-loops", "coverage")
    by_id = {one["id"]: one["recipients"] for one in coverage["providers"]}
    counted = (by_id.get("fbl.test"), by_id.get("nofbl.test")) == (1, 1)
    row.check("coverage counts whom the mail went to", counted, coverage["text"]["en"])


def _press_spam(stage: Stage, address: str) -> str | None:
    """Whom the provider tells of it."""
    (mail,) = stage.rehearsal.wait_for_mail(address)
    told: str | None = stage.rehearsal.call("POST", f"messages/{mail.id}/report-spam")["reported_to"]
    return told


def _subscribe(stage: Stage, name: str, listener: Listener) -> str:
    """The topic's ARN, once the application's endpoint has confirmed that it wants to be told."""
    sns = client(stage.rehearsal.boto3, "sns")
    topic = str(sns.create_topic(Name=name)["TopicArn"])
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)

    def confirmed() -> bool:
        (found,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        return bool(found["SubscriptionArn"].startswith("arn:"))

    until(confirmed, "a subscription", 30)
    return topic


def _is_suppressed(stage: Stage, address: str) -> bool:
    try:
        stage.ses.get_suppressed_destination(EmailAddress=address)
    except stage.ses.exceptions.NotFoundException:
        return False
    return True


def _delivery_port(stage: Stage) -> int:
    return int(stage.environment["rehearsal"]["delivery_port"])


def _bounce_words(bounces: list[dict[str, Any]]) -> str:
    return ", ".join(f"{b['detail']['bounceType']}/{b['detail']['bounceSubType']}" for b in bounces) or "no bounce"


def _seconds(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
