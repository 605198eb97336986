"""What a subscriber gets, held against what SNS itself was recorded to send, and its signature."""

import base64
import json
import re

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from notices import BASE, CERTIFICATE, NOW, SIGNER, SUBSCRIPTION_ID, TOPIC_ARN, notification

from tayori.events import signing, sns_message
from tayori.events.signing import Signing
from tayori.resources import signing_certificates

ATTRIBUTES = {"colour": {"Type": "String", "Value": "赤"}, "size": {"Type": "Number", "Value": "12"}}


def compose(**changes):
    return sns_message.compose(notification(**changes), SIGNER, BASE)


@pytest.fixture
def recorded(vectors):
    recordings = json.loads((vectors("real-aws-recordings") / "sns.json").read_text("utf-8"))
    return {
        raw: next(one["recorded"] for one in recordings if one["name"].endswith(f"external_http_endpoint[{raw}]"))
        for raw in (False, True)
    }


def test_documents_have_the_fields_that_sns_was_recorded_to_send(recorded):
    for kind, name in [
        ("Notification", "http-message"),
        ("SubscriptionConfirmation", "subscription-confirmation"),
        ("UnsubscribeConfirmation", "unsubscribe-request"),
    ]:
        assert set(compose(kind=kind).document) == set(recorded[False][name])


def test_header_fields_are_those_that_sns_was_recorded_to_send(recorded):
    for raw, kind, name in [
        (False, "Notification", "http-message-headers"),
        (True, "Notification", "http-message-headers-raw"),
        (False, "SubscriptionConfirmation", "http-confirm-sub-headers"),
    ]:
        message = compose(kind=kind, raw=raw)
        ours = dict(sns_message.http_headers(notification(kind=kind, raw=raw), message))
        wanted = {name.lower(): value for name, value in recorded[raw][name].items()}
        of_connection = {"connection", "content-length", "host"}
        assert {name.lower() for name in ours} == wanted.keys() - of_connection
        for field in ("content-type", "user-agent", "accept-encoding"):
            assert {name.lower(): value for name, value in ours.items()}[field] == wanted[field]


def test_a_notification_in_its_layout(vectors):
    message = compose(subject="Grüße", message='{"a":"日本"}', attributes=ATTRIBUTES)
    lines = message.text.splitlines()
    assert lines[:3] == ["{", '  "Type" : "Notification",', '  "MessageId" : "m-1",']
    assert list(message.document) == [
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes"),
    ]
    read = json.loads(message.text)
    assert read["Message"] == '{"a":"日本"}' and read["Timestamp"] == "2026-05-01T12:30:15.678Z"
    assert read["MessageAttributes"] == ATTRIBUTES
    assert re.fullmatch(rf"{BASE}/SimpleNotificationService-[0-9a-f]{{32}}\.pem", read["SigningCertURL"])
    assert read["UnsubscribeURL"] == f"{BASE}/?Action=Unsubscribe&SubscriptionArn={TOPIC_ARN}:{SUBSCRIPTION_ID}"


def test_a_confirmation_leads_back_to_the_service():
    document = compose(kind="SubscriptionConfirmation", token="a+b").document
    assert list(document) == [
        *("Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL"),
    ]
    assert document["SubscribeURL"] == f"{BASE}/?Action=ConfirmSubscription&TopicArn={TOPIC_ARN}&Token=a%2Bb"


def test_raw_delivery_is_the_message_alone():
    message = compose(raw=True, message="just this")
    assert message.text == "just this"
    headers = dict(sns_message.http_headers(notification(raw=True), message, "application/json"))
    assert headers["x-amz-sns-rawdelivery"] == "true" and headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"])
@pytest.mark.parametrize(("version", "digest"), [("1", hashes.SHA1()), ("2", hashes.SHA256()), ("7", hashes.SHA1())])
def test_the_signature_covers_what_sns_signs(kind, version, digest):
    document = json.loads(compose(kind=kind, signature_version=version, subject="s").text)
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if kind != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{document[name]}\n" for name in names)
    key = x509.load_pem_x509_certificate(CERTIFICATE.certificate.encode()).public_key()
    signature = base64.b64decode(document["Signature"])
    key.verify(signature, text.encode(), padding.PKCS1v15(), digest)
    with pytest.raises(InvalidSignature):
        key.verify(signature, text.replace("Hello", "Hullo").encode(), padding.PKCS1v15(), digest)


# --- the certificate ---


def test_all_nodes_sign_with_one_key_until_it_is_replaced(run, store, clock):
    async def check():
        one, other = Signing(store, clock, "sns.tayori.test"), Signing(store, clock, "sns.tayori.test")
        name = (await one.current()).certificate_name
        assert (await other.current()).certificate_name == name
        assert await store.read(signing_certificates.published, name) is not None
        assert await store.read(signing_certificates.published, "0" * 32) is None

    run(check())


def test_a_certificate_is_replaced_before_its_end_and_stays_published(run, store, clock):
    old = signing.make("sns.tayori.test", NOW.replace(year=2020))

    async def check():
        await store.write(signing_certificates.put, old, "")
        signer = await Signing(store, clock, "sns.tayori.test").current()
        assert signer.certificate_name != old.name
        # Of two nodes that replace it at the same moment, the second takes what the first made.
        late = signing.make("sns.tayori.test", clock.wall())
        assert (await store.write(signing_certificates.put, late, old.name)).name == signer.certificate_name

    run(check())


def test_what_expired_long_ago_is_forgotten(run, store, clock):
    old = signing.make("sns.tayori.test", NOW.replace(year=2020))
    kept = signing.make("sns.tayori.test", clock.wall().replace(microsecond=0) - signing._LIFETIME)

    async def check():
        await store.write(signing_certificates.put, old, "")
        await store.write(signing_certificates.put, kept, old.name)
        await Signing(store, clock, "sns.tayori.test").current()
        assert await store.read(signing_certificates.published, old.name) is None
        assert await store.read(signing_certificates.published, kept.name) is not None

    run(check())
