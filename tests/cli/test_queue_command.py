"""`tayori queue`: pauses, selections, and why mail waits."""

from pathlib import Path

import pytest
from command_tests import Tayori, in_store

from population import ACCOUNT, identity, names, open_account, submission
from tayori.app.endpoints import Endpoints
from tayori.resources.messages import Door


@pytest.fixture
def queued(service: Endpoints) -> str:
    in_store(service, open_account)
    in_store(service, identity, "example.com")
    sent = submission("reader@inbox.test", "other@inbox.test")
    in_store(service, Door(names, "nobody", lambda size: False).accept, [sent])
    return sent.message_id


def test_a_pause_is_shown_and_ended(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    begun = tayori("queue", "pause", "destination", "INBOX.test", "--for", "2h", "--reason", "moving", *data)
    assert begun.out.startswith("Paused: destination inbox.test, until ")
    assert "moving" in tayori("queue", "pauses", *data).out
    why = tayori("queue", "why", queued, "reader@inbox.test", *data).out
    assert why.startswith("reader@inbox.test: An operator has paused the destination inbox.test; it goes on at ")
    assert "運用者が宛先 inbox.test" in tayori("queue", "why", queued, "--lang", "ja", *data).out
    assert len(tayori("queue", "why", queued, *data, "--json").json) == 2
    assert tayori("queue", "resume", "destination", "inbox.test", *data).status == 0
    assert tayori("queue", "pauses", *data).out == "Nothing is paused.\n"
    again = tayori("queue", "resume", "destination", "inbox.test", *data)
    assert (again.status, again.err) == (1, "tayori: The destination inbox.test is not paused.\n")


def test_recipients_are_selected_and_counted(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    assert tayori("queue", "expedite", "--recipient", "reader@inbox.test", *data).out == "Expedited 1 recipients.\n"
    assert tayori("queue", "requeue", "--account", ACCOUNT, *data).out == "Requeued 2 recipients.\n"
    assert tayori("queue", "hold", "--configuration-set", "letters", *data).out == "Held 0 recipients.\n"
    assert tayori("queue", "drop", "--older-than", "3d", *data).out == "Dropped 0 recipients.\n"
    wrong = tayori("queue", "drop", "--older-than", "long", *data)
    assert (wrong.status, wrong.err) == (
        1,
        "tayori: long is no length of time: write it like 90s, 15m, 2h or 3d.\n",
    )


def test_without_delivery_nothing_is_open(tayori: Tayori, queued: str, tmp_path: Path) -> None:
    assert tayori("queue", "connections", "--data", tmp_path).out == "No connection is open.\n"
    assert tayori("queue", "sites", "--data", tmp_path).out == "No mail host is in use.\n"
    missing = tayori("queue", "why", "0100-none", "--data", tmp_path)
    assert (missing.status, missing.err) == (1, "tayori: No recipient of 0100-none waits.\n")
