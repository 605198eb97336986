"""Credentials, accounts, queue and message: the operator's work on the store."""

from datetime import timedelta
from pathlib import Path

import pytest
from command_tests import Tayori, in_store
from golden_output import assert_golden

from population import ACCOUNT, REGION, deferred, failed, identity, names, open_account, report, rows, submission
from tayori.app.endpoints import Endpoints
from tayori.clock import AdjustableClock
from tayori.resources import accounts, review_notices
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store.engine import Tx

# -- credentials and accounts --------------------------------------------------------------------------------------


def test_a_key_is_made_listed_and_deleted(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    made = tayori("credentials", "create", "--name", "app", "--data", tmp_path)
    assert_golden("credentials-create.txt", made.out)
    key_id = made.out.split("access key id      ")[1].split("\n")[0]
    assert_golden("credentials-list.txt", tayori("credentials", "list", "--data", tmp_path).out)
    listed = tayori("credentials", "list", "--data", tmp_path, "--json").json
    assert [key["user_name"] for key in listed] == ["operator", "app"]
    assert not any("secret" in name for key in listed for name in key)
    assert tayori("credentials", "delete", key_id, "--data", tmp_path).out == f"Deleted {key_id}.\n"
    again = tayori("credentials", "delete", key_id, "--data", tmp_path)
    assert (again.status, again.err) == (1, f"tayori: There is no access key {key_id}.\n")


def test_a_second_account_has_a_key_that_is_not_an_operators(
    tayori: Tayori, service: Endpoints, tmp_path: Path
) -> None:
    made = tayori("account", "create", "Someone else", "--data", tmp_path, "--json").json
    listed = tayori("account", "list", "--data", tmp_path, "--json").json
    assert [account["name"] for account in listed] == ["default", "Someone else"]
    keys = tayori("credentials", "list", "--account", made["account_id"], "--data", tmp_path, "--json").json
    assert [(key["access_key_id"], key["operator"]) for key in keys] == [(made["access_key_id"], False)]


def test_a_request_for_production_access_is_shown_and_granted(
    tayori: Tayori, service: Endpoints, tmp_path: Path
) -> None:
    def ask(tx: Tx) -> None:
        details = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com", "ProductionAccessEnabled": True}
        accounts.put_details(tx, accounts.all_accounts(tx)[0][0], REGION, details, "case-1")

    in_store(service, ask)
    assert_golden("account-review-pending.txt", tayori("account", "review", "--data", tmp_path).out)
    granted = tayori("account", "review", "--grant", "--data", tmp_path)
    assert_golden("account-review-granted.txt", granted.out)


def test_quotas_can_be_chosen_and_unlimited(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    arguments = ("account", "review", "--grant", "--max-24-hour", "-1", "--rate", "0.5", "--json")
    granted = tayori(*arguments, "--data", tmp_path).json
    assert (granted["max_24_hour_send"], granted["max_send_rate"]) == (-1, 0.5)


def test_a_denial_carries_its_reason(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    denied = tayori(
        "account", "review", "--deny", "Tell us where the addresses come from.", "--data", tmp_path, "--json"
    )
    assert denied.json["review"]["status"] == "DENIED"
    assert denied.json["review"]["reason"] == "Tell us where the addresses come from."
    (told,) = in_store(service, review_notices.take)  # by the service, as of a decision of the page
    assert told.reason == "Tell us where the addresses come from."
    assert denied.json["production_access"] is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--rate", "3"), "--max-24-hour and --rate belong to --grant."),
        (("--grant", "--rate", "0"), "--rate must be above 0, or -1 for unlimited."),
        (("--grant", "--rate", "nan"), "--rate must be above 0, or -1 for unlimited."),
        (("--grant", "--max-24-hour", "-2"), "--max-24-hour must be above 0, or -1 for unlimited."),
        (("--deny", " "), "--deny needs a reason: it is shown to the account's owner."),
    ],
)
def test_reviews_that_make_no_sense_change_nothing(
    tayori: Tayori, service: Endpoints, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = tayori("account", "review", *arguments, "--data", tmp_path)
    assert (result.status, result.err) == (1, f"tayori: {sentence}\n")
    assert tayori("account", "review", "--data", tmp_path, "--json").json["review"]["status"] is None


# -- queue and message ---------------------------------------------------------------------------------------------


@pytest.fixture
def queued(service: Endpoints) -> str:
    """A message to two providers: one said later, the other never. Its id."""
    in_store(service, open_account)
    in_store(service, identity, "example.com")
    sent = submission("reader@inbox.test", "nobody@unknown.test", subject="Hello")
    in_store(service, Door(names, "nobody", lambda size: False).accept, [sent])
    deliveries = Deliveries(names, "worker")

    def attempt(tx: Tx) -> None:
        (outgoing,) = deliveries.claim(tx, 10, 10_000_000)
        verdicts = (deferred(tx.now + timedelta(minutes=5)), failed())
        deliveries.record(tx, rows([report(outgoing, *verdicts, started_at=tx.now)]))

    in_store(service, attempt)
    return sent.message_id


def test_the_queue_is_listed_by_domain(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    assert_golden("queue-list.txt", tayori("queue", "list", "--data", tmp_path).out)
    (destination,) = tayori("queue", "list", "--data", tmp_path, "--json").json
    assert (destination["domain"], destination["deferred"], destination["held"]) == ("inbox.test", 1, 0)


def test_each_waiting_recipient_shows_why(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    assert_golden("queue-show.txt", tayori("queue", "show", "--data", tmp_path).out)
    assert tayori("queue", "show", "--domain", "unknown.test", "--data", tmp_path).out == "Nothing waits.\n"
    (waiting,) = tayori("queue", "show", "--message", queued, "--data", tmp_path, "--json").json
    assert (waiting["account_id"], waiting["attempts"], waiting["reason"]) == (ACCOUNT, 1, "reply")


def test_mail_is_held_released_and_dropped(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    assert tayori("queue", "hold", "--domain", "INBOX.test", *data).out == "Held 1 recipients.\n"
    assert tayori("queue", "list", *data, "--json").json[0]["held"] == 1
    assert tayori("queue", "hold", "--domain", "inbox.test", *data).out == "Held 0 recipients.\n"
    assert tayori("queue", "release", "--message", queued, *data, "--json").json == {"released": 1, "in_hand": 0}
    assert tayori("queue", "drop", "--all", *data).out == "Dropped 1 recipients.\n"
    assert tayori("queue", "list", *data).out == "Nothing waits.\n"
    states = [recipient["state"] for recipient in tayori("message", "show", queued, *data, "--json").json["recipients"]]
    assert states == ["cancelled", "bounced"]


@pytest.mark.parametrize("verb", ["hold", "release", "drop"])
def test_nothing_is_changed_by_a_forgotten_argument(tayori: Tayori, queued: str, tmp_path: Path, verb: str) -> None:
    for arguments in ((), ("--all", "--domain", "inbox.test")):
        result = tayori("queue", verb, *arguments, "--data", tmp_path)
        assert (result.status, result.err) == (
            1,
            "tayori: Say which mail is meant: --domain, --message or --account, or else --all.\n",
        )
    assert tayori("queue", "list", "--data", tmp_path, "--json").json[0]["deferred"] == 1


def test_a_message_shows_its_whole_timeline(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    assert_golden("message-show.txt", tayori("message", "show", queued, "--data", tmp_path).out)
    found = tayori("message", "show", f"<{queued}@us-east-1.tayori.test>", "--data", tmp_path, "--json").json
    assert [event["type"] for event in found["events"]] == ["Send", "DeliveryDelay", "Bounce"]
    assert {attempt["recipient"] for attempt in found["attempts"]} == {"reader@inbox.test", "nobody@unknown.test"}


def test_what_a_receiver_said_cannot_drive_the_terminal(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    in_store(service, open_account)
    in_store(service, identity, "example.com")
    sent = submission("reader@inbox.test", subject="\x1b]0;owned\x07 \x1b[2J")
    in_store(service, Door(names, "nobody", lambda size: False).accept, [sent])
    printed = tayori("message", "show", sent.message_id, "--data", tmp_path).out
    assert "owned" in printed
    assert not [char for char in printed if not char.isprintable() and char != "\n"]


def test_a_message_that_does_not_exist_is_said_so(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    result = tayori("message", "show", "0100-none", "--data", tmp_path)
    assert (result.status, result.err) == (1, "tayori: Message 0100-none does not exist.\n")


def test_times_shown_are_those_of_the_services_clock(
    tayori: Tayori, queued: str, service: Endpoints, tmp_path: Path
) -> None:
    clock = AdjustableClock(Path(service.clock_file))
    clock.advance(365 * 86400)
    clock.close()
    tayori("queue", "hold", "--all", "--data", tmp_path)
    found = tayori("message", "show", queued, "--data", tmp_path, "--json").json
    changed, untouched = (recipient["updated_at"] for recipient in found["recipients"])
    assert changed[:4] > untouched[:4]


# -- the rehearsal -------------------------------------------------------------------------------------------------


def test_without_a_rehearsal_its_commands_say_how_to_start_one(
    tayori: Tayori, service: Endpoints, tmp_path: Path
) -> None:
    for arguments in (("clock", "show"), ("dns", "list"), ("mailbox", "list", "reader@inbox.test")):
        result = tayori("rehearsal", *arguments, "--data", tmp_path)
        assert (result.status, result.err) == (
            1,
            f"tayori: The rehearsal internet of {tmp_path} is not running. Start it with: tayori up --rehearsal.\n",
        )
