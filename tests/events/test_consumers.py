"""What applications check notifications with: they accept ours, told where our certificates are, and no others."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from endpoints import AUTHORITY, Endpoint, answer, serving
from notices import CERTIFICATE, SIGNER, notification

from tayori.events import sns_message
from tayori.model.event import EventKind
from tayori.model.ses_event import MailFacts, Sink, record

PACKAGES = Path(sys.prefix) / "consumers" / "node_modules"
KINDS = ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation")


@asynccontextmanager
async def certificates():
    """The service as consumers see it: certificates over HTTPS, at `localhost`."""
    pem = answer(200, CERTIFICATE.certificate.encode(), "Content-Type: application/x-pem-file")
    async with serving(Endpoint(answers=[pem]), tls_name="localhost") as endpoint:
        yield endpoint


def message(endpoint, kind="Notification", **envelope):
    base = f"https://localhost:{endpoint.port}"
    return sns_message.compose(notification(kind=kind, **envelope), SIGNER, base).text


@pytest.fixture
def authority_file(tmp_path):
    file = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return file


# --- npm ---

_SCRIPTS = {
    "sns-validator": """
const Validator = require('sns-validator');
new Validator(/^localhost:\\d+$/).validate(text, (error) => console.log(error ? String(error) : 'valid'));
""",
    # It insists on Amazon's hosts. The certificate's URL is not signed: the application checks that it is at its own
    # service, names Amazon's host in its place, and connects to its own.
    "sns-payload-validator": """
const Validator = require('sns-payload-validator');
const https = require('https');
const message = JSON.parse(text);
const ours = new URL(message.SigningCertURL);
if (ours.hostname !== 'localhost') throw new Error('a certificate from somewhere else');
message.SigningCertURL = 'https://sns.us-east-1.amazonaws.com' + ours.pathname;
class Agent extends https.Agent {
  createConnection(options, ready) {
    return super.createConnection({...options, host: '127.0.0.1', port: ours.port, servername: ours.hostname}, ready);
  }
}
new Validator({requestAgent: new Agent()}).validate(message)
  .then(() => console.log('valid'), (error) => console.log(String(error)));
""",
}


def judged(package, text, authority_file):
    script = f"const text = require('fs').readFileSync(0, 'utf8');{_SCRIPTS[package]}"
    environment = {**os.environ, "NODE_PATH": str(PACKAGES), "NODE_EXTRA_CA_CERTS": str(authority_file)}
    done = subprocess.run(
        [shutil.which("node"), "--no-deprecation", "-e", script],
        input=text.encode(),
        env=environment,
        capture_output=True,
        timeout=20,
    )
    return done.stdout.decode().strip() or done.stderr.decode()


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("package", sorted(_SCRIPTS))
def test_packages_of_npm(run, authority_file, package, kind, version):
    if shutil.which("node") is None or not (PACKAGES / package).is_dir():
        pytest.skip(f"node or its package {package} is not installed (scripts/install-test-servers)")
    if package == "sns-validator" and kind == "UnsubscribeConfirmation":
        pytest.skip("sns-validator leaves Token out of this kind, and so refuses SNS's own, too")

    async def check():
        async with certificates() as endpoint:
            text = message(endpoint, kind, subject="Grüße", message='{"日本": "x"}', signature_version=version)
            assert await asyncio.to_thread(judged, package, text, authority_file) == "valid"
            forged = text.replace("日本", "日木")
            assert "nvalid" in await asyncio.to_thread(judged, package, forged, authority_file)
            assert len(endpoint.received) == 2

    run(check())


# --- Django ---


@pytest.fixture(scope="module")
def django():
    """Django with the two packages and as few settings as they need."""
    pytest.importorskip("anymail", reason="django-anymail is not installed")
    pytest.importorskip("django_ses", reason="django-ses is not installed")
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ANYMAIL={"WEBHOOK_SECRET": "user:secret"},
            DEFAULT_CHARSET="utf-8",
            ALLOWED_HOSTS=["*"],
            USE_TZ=True,
            INSTALLED_APPS=["anymail", "django_ses"],
        )
        django.setup()
    return django


@pytest.mark.parametrize("kind", KINDS)
def test_django_ses_verifies_what_comes_from_a_domain_that_it_was_told(run, django, authority_file, monkeypatch, kind):
    from django.test import override_settings
    from django_ses import utils

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority_file))

    async def check():
        async with certificates() as endpoint:
            utils.clear_cert_cache()
            text = message(endpoint, kind, subject="s", message="{}")
            assert not await asyncio.to_thread(utils.verify_event_message, json.loads(text))
            with override_settings(AWS_SNS_EVENT_CERT_TRUSTED_DOMAINS=[f"localhost:{endpoint.port}"]):
                assert await asyncio.to_thread(utils.verify_event_message, json.loads(text))
                forged = json.loads(text) | {"Message": "other"}
                assert not await asyncio.to_thread(utils.verify_event_message, forged)

    run(check())


MAIL = MailFacts(
    message_id="010001926d8e7f15-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
    account_id="111111111111",
    accepted_at=notification().created_at,
    from_address="news@shop.test",
    source_arn="arn:aws:ses:us-east-1:111111111111:identity/shop.test",
    source_ip="192.0.2.1",
    caller_arn="arn:aws:iam::111111111111:user/app",
    operation="SendEmail",
    recipients=("a@inbox.test",),
    head=b"From: news@shop.test\r\nTo: a@inbox.test\r\nX-Tag: spring\r\n",
    configuration_set="set",
)
BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "a@inbox.test", "action": "failed", "diagnosticCode": "smtp; 550 no"}],
}


@pytest.mark.parametrize("sink", list(Sink))
@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        (EventKind.SEND, {}, "sent"),
        (EventKind.DELIVERY, {"recipients": ["a@inbox.test"], "smtpResponse": "250 ok"}, "delivered"),
        (EventKind.BOUNCE, BOUNCE, "bounced"),
        (EventKind.COMPLAINT, {"complainedRecipients": [{"emailAddress": "a@inbox.test"}]}, "complained"),
        (EventKind.OPEN, {"userAgent": "x", "ipAddress": "192.0.2.1"}, "opened"),
        (EventKind.CLICK, {"link": "https://a.example/", "userAgent": "x"}, "clicked"),
    ],
)
def test_anymail_understands_events(django, kind, detail, expected, sink):
    from anymail.signals import tracking

    seen = []

    def receiver(sender, event, esp_name, **rest):
        seen.append(event)

    tracking.connect(receiver)
    try:
        item = notification(message=record(kind, detail, MAIL, sink), subject="s")
        response = posted_to_anymail(item)
    finally:
        tracking.disconnect(receiver)
    assert response.status_code == 200
    (event,) = seen
    assert (event.event_type, event.recipient, event.message_id) == (expected, "a@inbox.test", MAIL.message_id)
    assert event.tags == ([] if sink is Sink.IDENTITY else ["spring"])


def posted_to_anymail(item):
    from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
    from django.test import RequestFactory

    composed = sns_message.compose(item, SIGNER, "https://mail.example")
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sns_message.http_headers(item, composed)
    }
    content_type = headers.pop("HTTP_CONTENT_TYPE")
    authorization = "Basic dXNlcjpzZWNyZXQ="
    request = RequestFactory().post(
        "/anymail/amazon_ses/tracking/",
        composed.text.encode(),
        content_type,
        HTTP_AUTHORIZATION=authorization,
        **headers,
    )
    return AmazonSESTrackingWebhookView.as_view()(request)
