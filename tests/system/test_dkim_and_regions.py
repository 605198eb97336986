"""Keys that change under way, keys of the customer's own, and several regions, in a service as its users run it."""

import base64
import json
import struct
import time
from datetime import timedelta
from pathlib import Path

import boto3
import dkim as dkimpy
import dns.resolver
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from service import Service, check_authentic, check_return_path, message, message_id_of, running

from tayori.resources.key_rotation import OVERLAP, SETTLING
from tayori.testing import ReceivedMail, until

HOME, OTHER = "us-east-1", "eu-west-1"
DAYS = 7
ENVIRONMENT = {"TAYORI_DKIM_ROTATION_DAYS": str(DAYS), "TAYORI_SERVICE_REGIONS": f"{HOME},{OTHER}"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dkim")
    _begin_in_the_past(folder / "tayori")
    with running(folder, environment=ENVIRONMENT) as started:
        started.open_account()
        yield started


def _begin_in_the_past(data: Path) -> None:
    """So that what is signed later is not signed in the future of dkimpy, which has the machine's clock."""
    data.mkdir()
    now = time.time()
    (data / "clock").write_bytes(struct.pack("<ddd", now, now - timedelta(days=60).total_seconds(), 1.0))


def client_in(service: Service, region: str):
    return boto3.client("sesv2", **service.rehearsal.boto3 | {"region_name": region})


def txt(service: Service, name: str) -> bytes:
    """A TXT record as the rehearsal's resolver gives it."""
    resolver = dns.resolver.Resolver(configure=False)
    place = service.env["rehearsal"]["resolver"]
    resolver.nameservers, resolver.port = [place["host"]], place["port"]
    (answer,) = resolver.resolve(name, "TXT")
    return b"".join(answer.strings)


def check_signature(service: Service, mail: ReceivedMail) -> str:
    """By dkimpy and the DNS as it is at this moment. Returns the selector."""
    check_authentic(mail)
    asked = []

    def lookup(name, timeout=5):
        asked.append(name.decode())
        return txt(service, asked[-1])

    assert dkimpy.verify(mail.raw, dnsfunc=lookup)
    return asked[0].partition(".")[0]


def send(service: Service, to: str, sender: str) -> tuple[str, ReceivedMail]:
    """The selector by which a new message was signed, and the message."""
    service.send(to, sender=sender)
    (mail,) = service.rehearsal.wait_for_mail(to)
    return check_signature(service, mail), mail


# -- rotation ----------------------------------------------------------------------------------------------------------


def test_keys_change_behind_their_records_and_every_message_verifies_when_it_arrives(service):
    clock = service.rehearsal.clock
    service.add_domain("turn.test", DkimSigningAttributes={"NextSigningKeyLength": "RSA_1024_BIT"})
    created = client_in(service, HOME).get_email_identity(EmailIdentity="turn.test")["DkimAttributes"]
    first, second, _ = created["Tokens"]
    assert send(service, "before@inbox.test", "a@turn.test")[0] == first

    def shown():
        return client_in(service, HOME).get_email_identity(EmailIdentity="turn.test")["DkimAttributes"]

    clock.advance(timedelta(days=DAYS).total_seconds())
    until(lambda: shown()["LastKeyGenerationTimestamp"] > created["LastKeyGenerationTimestamp"], "a fresh key")
    # Accepted while the next key is out already, and delivered when another one signs.
    late = service.send("late@grey.test", sender="a@turn.test")
    service.wait_for_state(late, "deferred")
    service.tayori("queue", "hold", "--message", late)
    assert send(service, "during@inbox.test", "a@turn.test")[0] == first
    clock.advance(SETTLING.total_seconds())
    until(lambda: service.events("dkim_key_in_use"), "the next key in use")
    assert send(service, "after@inbox.test", "a@turn.test")[0] == second
    service.tayori("queue", "release", "--message", late)
    (mail,) = service.rehearsal.wait_for_mail("late@grey.test")
    assert check_signature(service, mail) == first
    # Long after, the key that nobody can need any more is gone, and its record stands for another.
    clock.advance(OVERLAP.total_seconds())
    until(lambda: [each for each in service.events("dkim_key_made") if each["step"] == "renew"], "the old key's end")
    assert shown()["Tokens"] == created["Tokens"] and shown()["Status"] == "SUCCESS"
    assert send(service, "in-the-end@inbox.test", "a@turn.test")[0] == second


# -- keys of the customer's own ----------------------------------------------------------------------------------------


def own_key(selector: str) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {"DomainSigningSelector": selector, "DomainSigningPrivateKey": base64.b64encode(text).decode()}


def test_a_customers_own_key_signs_once_it_is_found_in_the_dns(service):
    first, second = own_key("one"), own_key("two")
    service.add_domain("own.test", DkimSigningAttributes=first)
    assert send(service, "own1@inbox.test", "a@own.test")[0] == "one"
    client = client_in(service, HOME)
    client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="own.test", SigningAttributesOrigin="EXTERNAL", SigningAttributes=second
    )
    # Its record is not in the DNS yet: mail goes out without the customer's signature.
    service.send("own2@inbox.test", sender="a@own.test")
    (mail,) = service.rehearsal.wait_for_mail("own2@inbox.test")
    assert not mail.dkim.startswith("pass")
    service.rehearsal.adopt("own.test")
    service.rehearsal.clock.advance(30)

    def status() -> str:
        return str(client.get_email_identity(EmailIdentity="own.test")["DkimAttributes"]["Status"])

    until(lambda: status() == "SUCCESS", "the new key found")
    assert send(service, "own3@inbox.test", "a@own.test")[0] == "two"
    log = service.node.log.read_text("utf-8")
    assert not any(key["DomainSigningPrivateKey"][60:100] in log for key in (first, second))


# -- regions -----------------------------------------------------------------------------------------------------------


def test_another_region_sends_under_its_own_names_with_the_keys_of_its_parent(service):
    service.add_domain("both.test")
    there = client_in(service, OTHER)
    assert there.list_email_identities()["EmailIdentities"] == []
    assert there.get_account()["ProductionAccessEnabled"], "the rehearsal's settings hold in all regions"
    parent = client_in(service, HOME).get_email_identity(EmailIdentity="both.test")["DkimAttributes"]
    origin = {"DomainSigningAttributesOrigin": "AWS_SES_US_EAST_1"}
    replica = there.create_email_identity(EmailIdentity="both.test", DkimSigningAttributes=origin)["DkimAttributes"]
    assert (replica["Tokens"], replica["SigningHostedZone"]) == (parent["Tokens"], parent["SigningHostedZone"])
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}}
    sent = there.send_email(
        FromEmailAddress="a@both.test", Destination={"ToAddresses": ["eu@inbox.test"]}, Content=content
    )["MessageId"]
    (mail,) = service.rehearsal.wait_for_mail("eu@inbox.test")
    assert check_signature(service, mail) == parent["Tokens"][0]
    check_return_path(mail.mail_from, sent, f"{OTHER}.mail.tayori.test")
    assert mail.spf.startswith("pass")


def test_the_smtp_password_decides_the_region(service):
    service.tayori("account", "review", "--grant", "--region", OTHER, "--max-24-hour", "-1", "--rate", "-1")
    client_in(service, OTHER).create_email_identity(EmailIdentity="smtp.test")
    service.rehearsal.adopt("smtp.test")
    service.rehearsal.put_record("_dmarc.smtp.test", "TXT", "v=DMARC1; p=reject")
    env = json.loads(service.tayori("env", "--json", "--region", OTHER))
    with service.smtp(smtp=env["smtp"]) as session:
        session.send_message(message("smtp-eu@inbox.test", sender="a@smtp.test"))
    (mail,) = service.rehearsal.wait_for_mail("smtp-eu@inbox.test")
    check_signature(service, mail)
    check_return_path(mail.mail_from, message_id_of(mail), f"{OTHER}.mail.tayori.test")


def test_a_bounce_on_another_regions_return_path_finds_its_message(service):
    service.tayori("account", "review", "--grant", "--region", OTHER, "--max-24-hour", "-1", "--rate", "-1")
    there = client_in(service, OTHER)
    there.create_email_identity(EmailIdentity="late.test")
    service.rehearsal.adopt("late.test")
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}}
    sent = there.send_email(
        FromEmailAddress="a@late.test", Destination={"ToAddresses": ["gone@later.test"]}, Content=content
    )["MessageId"]
    bounce = service.wait_for_event(sent, "Bounce")["detail"]
    assert bounce["bouncedRecipients"][0]["emailAddress"] == "gone@later.test"
    listed = there.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    assert [item["EmailAddress"] for item in listed] == ["gone@later.test"]
    assert client_in(service, HOME).list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


# -- the service's own signature ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_service_signs_behind_the_customer_and_its_own_mail_alone(tmp_path, kind):
    with running(tmp_path, environment={"TAYORI_DKIM_SERVICE_SIGNATURE": kind}) as service:
        client_in(service, HOME).create_email_identity(EmailIdentity="me@inbox.test")  # asks by a mail of its own
        (asking,) = service.rehearsal.wait_for_mail("me@inbox.test")
        assert [fields(each)["d"] for each in asking.message.get_all("DKIM-Signature")] == ["tayori.test"]
        check_authentic(asking)
        service.open_account()
        service.add_domain("shop.test")
        service.send("both@inbox.test", sender="a@shop.test")
        (mail,) = service.rehearsal.wait_for_mail("both@inbox.test")
        signatures = [fields(each) for each in mail.message.get_all("DKIM-Signature")]
        assert [each["d"] for each in signatures] == ["shop.test", "tayori.test"]
        assert [each["a"] for each in signatures] == ["rsa-sha256", f"{kind}-sha256"]
        verdicts = mail.message["Authentication-Results"]
        assert all(f"dkim=pass header.d={domain} " in verdicts for domain in ("shop.test", "tayori.test"))
        for number in range(1 if kind == "ed25519" else 2):  # dkimpy knows Ed25519 only with another library
            assert dkimpy.DKIM(mail.raw).verify(idx=number, dnsfunc=lambda name, timeout=5: txt(service, name.decode()))


def fields(signature: str) -> dict[str, str]:
    pairs = (tag.split("=", 1) for tag in signature.replace("\r\n", "").split(";"))
    return {name.strip(): value.strip() for name, value in pairs}


def test_an_ed25519_key_signs_beside_the_other_once_its_record_is_found(service):
    service.add_domain("two.test")
    made = service.rehearsal.request("PUT", "/tayori/identities/two.test/ed25519")
    assert (made["status"], made["record"]["type"]) == ("PENDING", "CNAME")
    service.rehearsal.put_record(made["record"]["name"], "CNAME", made["record"]["value"])
    service.rehearsal.request("POST", "/tayori/domains/two.test/check")

    def shown():
        return service.rehearsal.request("GET", "/tayori/identities/two.test/ed25519")

    until(lambda: shown()["status"] == "SUCCESS", "the record found")
    service.send("two@inbox.test", sender="a@two.test")
    (mail,) = service.rehearsal.wait_for_mail("two@inbox.test")
    check_authentic(mail)
    signatures = [fields(each) for each in mail.message.get_all("DKIM-Signature")]
    assert [each["a"] for each in signatures] == ["rsa-sha256", "ed25519-sha256"]
    assert {each["d"] for each in signatures} == {"two.test"}
    verdicts = mail.message["Authentication-Results"]
    assert verdicts.count("dkim=pass header.d=two.test ") == 2
    service.rehearsal.request("DELETE", "/tayori/identities/two.test/ed25519")
    service.send("one@inbox.test", sender="a@two.test")
    (mail,) = service.rehearsal.wait_for_mail("one@inbox.test")
    assert len(mail.message.get_all("DKIM-Signature")) == 1
