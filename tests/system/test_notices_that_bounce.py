"""A bounce is told by mail to somebody whose own mail bounces: that is the end of it."""

import json
import sqlite3

from service import Service, running

from tayori.testing import until

SENDER = "news@later.test"  # whose provider takes everything, and reports a failure then


def sent(service: Service) -> dict[str, tuple[str, list[str]]]:
    """By message id: as what it came in, and its events."""
    with sqlite3.connect(service.node.data / "tayori.db") as database:
        events: dict[str, list[str]] = {}
        for message_id, kind in database.execute("SELECT message_id, kind FROM events ORDER BY at"):
            events.setdefault(message_id, []).append(kind)
        rows = database.execute("SELECT message_id, facts FROM messages").fetchall()
    return {message_id: (json.loads(facts)["operation"], events.get(message_id, [])) for message_id, facts in rows}


def test_no_notice_of_a_notice(tmp_path) -> None:
    with running(tmp_path) as service:
        service.open_account()
        service.client().create_email_identity(EmailIdentity="later.test")

        def bounce_and_be_told(number: int) -> None:
            service.send(f"gone{number}@unknown.test", sender=SENDER)
            until(lambda: notices(service, bounced=number), f"{number} notices that came back", 30)

        bounce_and_be_told(1)
        bounce_and_be_told(2)  # by now anything that the first had led to would be there
        operations = [operation for operation, _ in sent(service).values()]
        assert sorted(operations) == ["SendEmail", "SendEmail", "Service", "Service"]
        listed = service.client().list_suppressed_destinations()["SuppressedDestinationSummaries"]
        addresses = sorted(one["EmailAddress"] for one in listed)
        assert addresses == ["gone1@unknown.test", "gone2@unknown.test"]  # not the sender


def notices(service: Service, *, bounced: int) -> bool:
    back = [kinds for operation, kinds in sent(service).values() if operation == "Service" and "Bounce" in kinds]
    return len(back) == bounced
