"""Mail in whose name others are asked: branded verification mails, and delegates of an identity's owner."""

import http.client
import json
import re
import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

import boto3
import pytest
from service import Service, check_authentic

from tayori.model.smtp_password import smtp_password

TEMPLATE = {
    "TemplateName": "welcome",
    "FromEmailAddress": "hello@shop.test",
    "TemplateSubject": "ご登録の確認",
    "TemplateContent": "<html><body><h1>ようこそ</h1></body></html>",
    "SuccessRedirectionURL": "https://www.shop.test/ok?a=1",
    "FailureRedirectionURL": "https://www.shop.test/failed",
}


def follow(link: str) -> tuple[int, str | None]:
    """Status and Location of one GET."""
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("location")
    finally:
        connection.close()


def links_for(service: Service, address: str, count: int) -> list[str]:
    for _ in range(count):
        service.client().send_custom_verification_email(EmailAddress=address, TemplateName="welcome")
    mails = service.rehearsal.wait_for_mail(address, count)
    for mail in mails:
        check_authentic(mail)
        assert mail.message["From"] == "hello@shop.test"
    pages = [mail.message.get_body(("html",)).get_content() for mail in mails]
    return [found[1] for page in pages for found in [re.search(r'href="([^"]+/tayori/verify/[^"]+)"', page)] if found]


@pytest.fixture(scope="module", autouse=True)
def template(service: Service) -> None:
    service.client().create_custom_verification_email_template(**TEMPLATE)


def test_the_link_verifies_and_leads_on(service: Service) -> None:
    (link,) = links_for(service, "reader@inbox.test", 1)
    assert follow(link) == (302, "https://www.shop.test/ok?a=1")
    found = service.client().get_email_identity(EmailIdentity="reader@inbox.test")
    assert found["VerifiedForSendingStatus"]


def test_a_link_that_was_replaced_leads_to_the_page_for_failures(service: Service) -> None:
    links = links_for(service, "twice@inbox.test", 2)
    assert sorted(follow(link) for link in links) == [
        (302, "https://www.shop.test/failed"),
        (302, "https://www.shop.test/ok?a=1"),
    ]
    base = links[0].rpartition("/")[0]
    assert follow(f"{base}/{'A' * 43}") == (404, None)


def test_a_delegate_sends_with_the_owners_signature(service: Service) -> None:
    made = json.loads(service.node.command("account", "create", "delegate", "--json").stdout)
    key = json.loads(service.node.command("credentials", "create", "--account", made["account_id"], "--json").stdout)
    service.node.command("account", "review", "--account", made["account_id"], "--grant")
    settings = service.rehearsal.boto3 | {
        "aws_access_key_id": key["access_key_id"],
        "aws_secret_access_key": key["secret_access_key"],
    }
    delegate = boto3.client("sesv2", **settings)
    account_id = service.rehearsal.env["account_id"]
    arn = f"arn:aws:ses:us-east-1:{account_id}:identity/shop.test"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": made["account_id"]},
        "Action": "ses:SendEmail",
        "Resource": arn,
    }
    message = {
        "FromEmailAddress": "Partner <partner@shop.test>",
        "FromEmailAddressIdentityArn": arn,
        "Destination": {"ToAddresses": ["delegated@inbox.test"]},
        "Content": {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
    }
    with pytest.raises(delegate.exceptions.ClientError, match="is not authorized to perform `ses:SendEmail'"):
        delegate.send_email(**message)
    service.client().create_email_identity_policy(
        EmailIdentity="shop.test", PolicyName="partner", Policy=json.dumps({"Statement": [statement]})
    )
    delegate.send_email(**message)
    (mail,) = service.rehearsal.wait_for_mail("delegated@inbox.test")
    check_authentic(mail)
    delegate.close()


def test_a_delegate_by_smtp_names_the_identity_in_a_header(service: Service) -> None:
    """And is refused in SES's words where the owner has not said so."""
    made = json.loads(service.node.command("account", "create", "smtp delegate", "--json").stdout)
    service.node.command("account", "review", "--account", made["account_id"], "--grant")
    key = json.loads(service.node.command("credentials", "create", "--account", made["account_id"], "--json").stdout)
    arn = f"arn:aws:ses:us-east-1:{service.rehearsal.env['account_id']}:identity/shop.test"
    login = {
        **service.env["smtp"],
        "username": key["access_key_id"],
        "password": smtp_password(key["secret_access_key"], "us-east-1"),
    }
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "partner@shop.test", "by-smtp@inbox.test", "Hello"
    message["X-SES-SOURCE-ARN"] = arn
    message.set_content("Hello")
    with service.smtp(smtp=login) as session, pytest.raises(smtplib.SMTPDataError) as refusal:
        session.send_message(message)
    user = f"arn:aws:iam::{made['account_id']}:user/user"
    assert refusal.value.smtp_code == 554
    assert refusal.value.smtp_error.decode() == (
        f"Access denied: User `{user}' is not authorized to perform `ses:SendRawEmail' on resource `{arn}'"
    )
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "ses:SendRawEmail", "Resource": arn}
    service.client("ses").put_identity_policy(
        Identity="shop.test", PolicyName="smtp", Policy=json.dumps({"Statement": [statement]})
    )
    with service.smtp(smtp=login) as session:
        session.send_message(message)
    (mail,) = service.rehearsal.wait_for_mail("by-smtp@inbox.test")
    check_authentic(mail)
    assert mail.message["X-SES-SOURCE-ARN"] is None
