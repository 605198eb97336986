"""Reports on TLS in a service as its users run it: counted as mail goes out, sent the next day, taken at the door."""

import gzip
import json
import struct
import time
from datetime import timedelta
from pathlib import Path

import dkim
import dns.resolver
import pytest
from service import Service, running

from tayori.mail.report_files import json_files
from tayori.mail.tls_report import parse_report

SENDER = "news@shop.test"
ASKED_BY = "inbox.test"
MAILBOX = f"tls@{ASKED_BY}"
ENVIRONMENT = {"TAYORI_DKIM_SERVICE_SIGNATURE": "rsa", "TAYORI_TLS_REPORTS_ORGANIZATION": "The Shop"}
DAY = 24 * 3600


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    _begin_in_the_past(folder / "tayori")
    with running(folder, environment=ENVIRONMENT) as started:
        started.open_account()
        started.add_domain("shop.test")
        yield started


def _begin_in_the_past(data: Path) -> None:
    """So that what is signed later is not signed in the future of dkimpy, which has the machine's clock."""
    data.mkdir()
    now = time.time()
    (data / "clock").write_bytes(struct.pack("<ddd", now, now - 10 * DAY, 1.0))


def next_day(service: Service, wanted) -> None:
    """Past midnight, and on until `wanted` is true."""
    clock = service.rehearsal.clock
    now = clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock.advance((midnight + timedelta(hours=4, minutes=10) - now).total_seconds())
    until = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < until, "no report came"
        clock.advance(310)
        time.sleep(0.3)


def txt(service: Service, name: str) -> bytes:
    resolver = dns.resolver.Resolver(configure=False)
    place = service.env["rehearsal"]["resolver"]
    resolver.nameservers, resolver.port = [place["host"]], place["port"]
    return b"".join(resolver.resolve(name, "TXT")[0].strings)


def test_a_report_comes_the_day_after_and_is_signed(service):
    """It goes to a mailbox of the domain, and to our own door, where another service's would arrive."""
    ours = "tls-reports@tayori.test"
    service.client().create_email_identity(EmailIdentity=ASKED_BY)
    service.rehearsal.put_record(f"_smtp._tls.{ASKED_BY}", "TXT", f"v=TLSRPTv1; rua=mailto:{MAILBOX},mailto:{ours}")
    day = service.rehearsal.clock.now().date()
    for number in range(3):
        service.send(f"r{number}@{ASKED_BY}", sender=SENDER)
        service.rehearsal.wait_for_mail(f"r{number}@{ASKED_BY}")
    next_day(service, lambda: service.rehearsal.mailbox(MAILBOX))

    (mail,) = service.rehearsal.mailbox(MAILBOX)
    assert mail.is_authentic
    assert dkim.verify(mail.raw, dnsfunc=lambda name, timeout=5: txt(service, name.decode().rstrip(".")), tlsrpt=True)
    head = mail.message
    assert head["From"] == "no-reply@tayori.test" and head["To"] == MAILBOX
    assert (head["TLS-Report-Domain"], head["TLS-Report-Submitter"]) == (ASKED_BY, "tayori.test")
    assert head["TLS-Required"] == "No"
    assert head.get_content_type() == "multipart/report" and head.get_param("report-type") == "tlsrpt"
    (attached,) = [part for part in head.walk() if part.get_content_type() == "application/tlsrpt+gzip"]
    assert attached.get_filename().startswith(f"tayori.test!{ASKED_BY}!")
    report = parse_report(gzip.decompress(attached.get_content()))
    assert (report.organization, report.contact) == ("The Shop", "postmaster@tayori.test")
    assert report.begins_at.date() == day == report.ends_at.date()
    (policy,) = report.policies
    assert (policy.policy_type, policy.domain, policy.failed) == ("no-policy-found", ASKED_BY, 0)
    assert 1 <= policy.successful <= 3

    def shown():
        return json.loads(service.tayori("tls", "report", ASKED_BY, "--days", "5", "--json"))

    found = service.rehearsal.wait_for(lambda: (taken := shown())["reports"] and taken, "the report at our own door")
    assert (found["reporters"], found["successful"]) == (["The Shop"], policy.successful)
    answer = service.rehearsal.request("GET", f"/tayori/domains/{ASKED_BY}/tls-reports?days=5")
    assert answer["policies"] == found["policies"]
    assert "The Shop" in service.tayori("tls", "report", ASKED_BY)
    (sent,) = json.loads(service.tayori("tls", "sent", "--json"))
    assert (sent["domain"], sent["state"]) == (ASKED_BY, "sent")


def test_what_brings_reports_is_in_no_report(service):
    """The day after nothing was sent to the domain but the report."""
    service.send("x@plain.test", sender=SENDER)  # so that there is something to look at
    service.rehearsal.put_record("_smtp._tls.plain.test", "TXT", "v=TLSRPTv1; rua=mailto:tls@plain.test")
    service.rehearsal.wait_for_mail("x@plain.test")
    next_day(service, lambda: service.rehearsal.mailbox("tls@plain.test"))
    (mail,) = service.rehearsal.mailbox("tls@plain.test")
    (document,) = json_files(mail.raw)
    (failure,) = parse_report(document).policies[0].failures
    assert (failure.result_type, failure.receiving_mx_hostname) == ("starttls-not-supported", "mx.plain.test")
    assert (failure.receiving_ip, failure.sessions) == ("127.77.0.3", 1)
    assert len(service.rehearsal.mailbox(MAILBOX)) == 1


def test_the_level_that_was_reached_is_remembered(service):
    service.send("y@inbox.test", sender=SENDER)
    service.rehearsal.wait_for_mail("y@inbox.test")
    service.rehearsal.clock.advance(120)

    def known():
        return json.loads(service.tayori("tls", "levels", ASKED_BY, "--json"))

    (one,) = service.rehearsal.wait_for(known, "a level")
    assert (one["best"]["level"], one["best"]["tls"], one["downgraded_since"]) == ("encrypt", "TLSv1.3", None)
    assert json.loads(service.tayori("tls", "levels", "--json")) == []


def test_a_report_comes_through_the_trouble_that_it_tells_of(service):
    """The policy asks for a certificate that the host does not have: no mail gets there, but the report does."""
    service.rehearsal.put_record("_smtp._tls.badsts.test", "TXT", "v=TLSRPTv1; rua=mailto:tls@badsts.test")
    message_id = service.send("z@badsts.test", sender=SENDER)

    def was_tried():
        (recipient,) = service.rehearsal.request("GET", f"/tayori/messages/{message_id}")["recipients"]
        return recipient["state"] == "deferred"

    service.rehearsal.wait_for(was_tried, "a first try")
    next_day(service, lambda: service.rehearsal.mailbox("tls@badsts.test"))
    (mail, *_) = service.rehearsal.mailbox("tls@badsts.test")
    (document,) = json_files(mail.raw)
    (policy,) = parse_report(document).policies
    assert (policy.policy_type, policy.domain, policy.successful) == ("sts", "badsts.test", 0)
    assert "mode: enforce" in policy.policy_strings and policy.mx_hosts
    assert {failure.result_type for failure in policy.failures} == {"certificate-not-trusted"}
    assert service.rehearsal.mailbox("z@badsts.test") == []
