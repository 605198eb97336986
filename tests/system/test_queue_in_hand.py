"""An operator's hands in the running service: a destination is paused, its mail waits with that reason, and arrives."""

import json

from service import Service

from tayori.testing import until

SENDER = "news@shop.test"


def test_a_paused_destinations_mail_waits_with_that_reason_and_arrives_once_it_is_resumed(service: Service) -> None:
    first = service.send("before@inbox.test", sender=SENDER)
    service.wait_for_state(first, "delivered")
    service.tayori("queue", "pause", "destination", "inbox.test", "--reason", "they asked us to")

    def waiting() -> dict | None:
        """A second may pass until the process that delivers has looked."""
        message_id = service.send("during@inbox.test", sender=SENDER)
        done = service.node.command("queue", "why", message_id, "--json", check=False)
        found = json.loads(done.stdout)[0] if done.returncode == 0 else {}
        return found if found.get("reason") == "paused" else None

    found = until(waiting, "mail that waits for the reason", 20)
    waits = found["message_id"]
    assert found["sentence"].startswith("An operator has paused the destination inbox.test")
    assert found["sentence"].endswith("they asked us to")
    assert json.loads(service.tayori("queue", "pauses", "--json"))[0]["name"] == "inbox.test"
    service.tayori("queue", "resume", "destination", "inbox.test")
    service.wait_for_state(waits, "delivered")

    def shown(what: str) -> list[dict]:
        """Just after a message: what is idle is put away."""
        service.wait_for_state(service.send("after@inbox.test", sender=SENDER), "delivered")
        return json.loads(service.tayori("queue", what, "--json"))

    assert until(lambda: [site for site in shown("sites") if site["domains"]], "a site with a domain", 60)
    (open_now, *_) = until(lambda: shown("connections"), "an open connection", 60)
    assert open_now["messages"] >= 1 and open_now["doing"]
