"""Standard Webhooks' signature, held against its specification's example, and the body."""

import json

import pytest

from tayori.model import webhook
from tayori.model.errors import Invalid
from tayori.model.event import EventKind


def test_the_example_of_the_specification():
    """From the reference libraries of Standard Webhooks."""
    found = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_event_stands_unchanged_in_the_body():
    body = webhook.body_of(EventKind.DELIVERY_DELAY, "2026-01-01T00:00:00.000Z", '{"eventType":"x","日":"本"}')
    assert json.loads(body) == {
        "type": "email.delivery_delay",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": {"eventType": "x", "日": "本"},
    }
    assert webhook.type_of(EventKind.RENDERING_FAILURE) == "email.rendering_failure"


def test_secrets():
    fresh = webhook.secret_of(bytes(range(32)))
    assert webhook.check_secret(fresh) == fresh
    for text in ("", "whsec_", "whsec_c2hvcnQ=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "whsec_é" * 20):
        with pytest.raises(Invalid):
            webhook.check_secret(text)


def test_kinds():
    assert webhook.check_kinds(()) == webhook.KINDS
    assert webhook.check_kinds(("BOUNCE", "BOUNCE", "SEND")) == ("BOUNCE", "SEND")
    with pytest.raises(Invalid):
        webhook.check_kinds(("Bounce",))
