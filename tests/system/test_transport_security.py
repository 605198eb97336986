"""A receiver's MTA-STS policy, from its web server to the timeline of a mail."""

import pytest
from service import Service

SENDER = "news@shop.test"


def attempts(service: Service, message_id: str) -> list[dict[str, object]]:
    return list(service.timeline(message_id)["attempts"])


def test_a_policy_that_is_satisfied_shows_in_the_timeline(service: Service) -> None:
    message_id = service.send("reader@sts.test", sender=SENDER)
    service.wait_for_state(message_id, "delivered")
    (attempt,) = attempts(service, message_id)
    assert str(attempt["tls"]).startswith("TLSv1.3 ")
    assert str(attempt["tls"]).endswith(" (verified: MTA-STS of sts.test)")
    assert "verified: MTA-STS of sts.test" in service.tayori("message", "show", message_id)


def test_a_policy_that_is_not_satisfied_keeps_the_mail_waiting(service: Service) -> None:
    message_id = service.send("reader@badsts.test", sender=SENDER)
    service.wait_for_event(message_id, "DeliveryDelay")
    (attempt,) = attempts(service, message_id)
    assert (attempt["reason"], attempt["outcome"]) == ("tls-failed", "deferred")
    assert not service.rehearsal.mailbox("reader@badsts.test")


def test_a_policy_on_trial_stops_nothing(service: Service) -> None:
    message_id = service.send("reader@trysts.test", sender=SENDER)
    service.wait_for_state(message_id, "delivered")
    (attempt,) = attempts(service, message_id)
    assert str(attempt["tls"]).endswith(" (encrypt)")


@pytest.mark.parametrize("domain", ["inbox.test", "selfsigned.test"])
def test_elsewhere_tls_is_taken_as_it_is(service: Service, domain: str) -> None:
    message_id = service.send(f"plain@{domain}", sender=SENDER)
    service.wait_for_state(message_id, "delivered")
    (attempt,) = attempts(service, message_id)
    assert str(attempt["tls"]).endswith(" (encrypt)")
