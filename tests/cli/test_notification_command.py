"""`tayori notification`: what was given up, shown and sent again."""

from pathlib import Path

from command_tests import Tayori, in_store

from population import REGION
from tayori.app.endpoints import Endpoints
from tayori.resources import accounts, notifications
from tayori.resources.notifications import Result, Verdict
from tayori.store.engine import Tx


def _dead(tx: Tx) -> str:
    account_id = accounts.all_accounts(tx)[0][0]
    notifications.enqueue_other(
        tx,
        account_id=account_id,
        region=REGION,
        kind="Bounce",
        destination="news/bus",
        protocol="eventbridge",
        endpoint="arn:aws:events:us-east-1:111111111111:event-bus/default",
        envelope={"event": '{"detail-type":"Email Bounced"}'},
    )
    (item,) = notifications.claim(tx, "w", 10)
    result = Result(notification=item, worker="w", verdict=Verdict.REFUSED, error="The bus is not set up.")
    notifications.finish(tx, [result])
    return item.notification_id


def test_what_was_given_up_is_shown_and_sent_again(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    assert tayori("notification", "dead", *data).out == "Nothing was given up.\n"
    dead = in_store(service, _dead)
    listed = tayori("notification", "dead", *data).out
    assert dead in listed and "The bus is not set up." in listed
    (one,) = tayori("notification", "dead", "--json", *data).json
    assert (one["id"], one["destination"], one["tries"]) == (dead, "news/bus", 1)
    assert tayori("notification", "dead", "--protocol", "sqs", "--json", *data).json == []
    assert '"detail-type":"Email Bounced"' in tayori("notification", "show", dead, *data).out
    assert tayori("notification", "replay", "--protocol", "sqs", *data).out == "Notifications to be sent again: 0.\n"
    assert tayori("notification", "replay", *data).out == "Notifications to be sent again: 1.\n"
    again = tayori("notification", "replay", dead, *data)
    assert (again.status, again.out) == (1, "")
    assert f"there is no notification {dead}" in again.err
