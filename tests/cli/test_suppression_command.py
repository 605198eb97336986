"""`tayori suppression`: the list of an account, by hand and by file."""

from pathlib import Path

from command_tests import Tayori, in_store

from tayori.app.endpoints import Endpoints
from tayori.resources import accounts, suppression
from tayori.store.engine import Tx


def test_addresses_are_added_listed_and_removed(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    empty = tayori("suppression", "list", "--data", tmp_path)
    assert empty.out == "No address is on the list.\n"
    added = tayori("suppression", "add", "Gone@INBOX.test", "--reason", "COMPLAINT", "--data", tmp_path)
    assert added.out == "Suppressed: Gone@INBOX.test.\n"

    def feedback(tx: Tx) -> None:
        account_id = accounts.all_accounts(tx)[0][0]
        suppression.add_from_feedback(tx, [(account_id, "us-east-1", "a@inbox.test", "BOUNCE", "message-1")])

    in_store(service, feedback)
    shown = tayori("suppression", "list", "--data", tmp_path).out.splitlines()
    assert shown[0].split() == ["ADDRESS", "REASON", "SINCE", "MESSAGE"]
    assert shown[1].startswith("Gone@inbox.test  COMPLAINT") and shown[2].endswith("message-1")
    only = tayori("suppression", "list", "--reason", "BOUNCE", "--data", tmp_path, "--json").json
    assert [one["address"] for one in only] == ["a@inbox.test"]
    page = tayori("suppression", "list", "--limit", "1", "--data", tmp_path).out
    assert page.endswith("Go on with: --after Gone@inbox.test\n")
    rest = tayori("suppression", "list", "--after", "Gone@inbox.test", "--data", tmp_path, "--json").json
    assert [one["address"] for one in rest] == ["a@inbox.test"]
    assert tayori("suppression", "remove", "a@inbox.test", "--data", tmp_path).status == 0
    again = tayori("suppression", "remove", "a@inbox.test", "--data", tmp_path)
    assert again.status == 1 and "does not exist on your suppression list" in again.err


def test_a_list_is_read_from_a_file_and_written_into_one(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    given = tmp_path / "list.csv"
    given.write_text("emailAddress,reason\nb@inbox.test,BOUNCE\na@inbox.test, COMPLAINT\n")
    read = tayori("suppression", "import", given, "--data", tmp_path)
    assert (read.status, read.out) == (0, "2 addresses were put onto the list.\n")
    written = tmp_path / "written.jsonl"
    tayori("suppression", "export", "--format", "json", "--output", written, "--data", tmp_path)
    assert written.read_text().splitlines() == [
        '{"emailAddress": "a@inbox.test", "reason": "COMPLAINT"}',
        '{"emailAddress": "b@inbox.test", "reason": "BOUNCE"}',
    ]
    taken = tayori("suppression", "import", written, "--delete", "--data", tmp_path)
    assert taken.out == "2 addresses were taken off the list.\n"
    assert tayori("suppression", "export", "--data", tmp_path).out == ""
    tayori("suppression", "import", written, "--data", tmp_path)
    assert tayori("suppression", "export", "--data", tmp_path).out == "a@inbox.test,COMPLAINT\nb@inbox.test,BOUNCE\n"


def test_lines_that_cannot_be_used_are_told(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    given = tmp_path / "list.csv"
    given.write_text("a@inbox.test,BOUNCE\nnobody,BOUNCE\nb@inbox.test,ANGER\n")
    read = tayori("suppression", "import", given, "--data", tmp_path)
    assert read.status == 1
    lines = read.out.splitlines()
    assert lines[0] == "1 addresses were put onto the list."
    assert lines[1].startswith("Line 2: ")
    assert lines[2] == "Line 3: Reason ANGER is invalid, must be one of [BOUNCE, COMPLAINT]."
    missing = tayori("suppression", "import", tmp_path / "none.csv", "--data", tmp_path)
    assert missing.status == 1 and "cannot be read" in missing.err
