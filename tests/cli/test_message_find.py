"""`tayori message find` beside a running service's store."""

from datetime import timedelta
from pathlib import Path

import pytest
from command_tests import Tayori, in_store
from golden_output import assert_golden

from population import identity, names, submission
from tayori import ids
from tayori.app.endpoints import Endpoints
from tayori.mail.address import AddrSpec
from tayori.model.message import Caller, Operation
from tayori.resources import accounts, search_index
from tayori.resources.messages import Door
from tayori.store.engine import Tx


@pytest.fixture
def sent(service: Endpoints) -> list[str]:
    def send(tx: Tx) -> list[str]:
        account_id = accounts.all_accounts(tx)[0][0]
        identity(tx, "example.com", account_id)
        accounts.grant(tx, account_id, "us-east-1", max_24_hour=-1, max_rate=-1)
        caller = Caller(
            account_id=account_id,
            region="us-east-1",
            arn="arn",
            source_ip="192.0.2.7",
            operation=Operation.SEND_EMAIL,
            tls_version="TLSv1.3",
        )
        now = tx.now - timedelta(minutes=5)
        wanted = [
            submission(
                *recipients,
                caller=caller,
                message_id=ids.message_id("us-east-1", now + timedelta(seconds=number)),
                subject=subject,
                from_address=AddrSpec.parse("news@example.com"),
            )
            for number, (subject, recipients) in enumerate(
                [("Invoice 17", ["a@inbox.test"]), ("ご注文の確認", ["b@inbox.test", "c@other.test"])]
            )
        ]
        answers = Door(names, "nobody", lambda stream: False).accept(tx, wanted)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        piece = search_index.next_piece(tx, "0100")
        assert piece is not None
        search_index.write(tx, piece)
        return [one.message_id for one in wanted]

    found: list[str] = in_store(service, send)
    return found


def test_messages_are_listed_newest_first(tayori: Tayori, sent: list[str], tmp_path: Path) -> None:
    assert_golden("message-find.txt", tayori("message", "find", "--data", tmp_path).out)
    found = tayori("message", "find", "--subject", "注文", "--data", tmp_path, "--json").json
    assert [one["message_id"] for one in found["messages"]] == sent[1:]
    found = tayori(
        "message", "find", "--to", "a@inbox.test", "--from", "example.com", "--data", tmp_path, "--json"
    ).json
    assert [one["message_id"] for one in found["messages"]] == sent[:1]
    nothing = tayori("message", "find", "--status", "bounced", "--data", tmp_path)
    assert nothing.out == "Nothing was found.\n"


def test_a_page_leads_to_the_next(tayori: Tayori, sent: list[str], tmp_path: Path) -> None:
    first = tayori("message", "find", "--limit", "1", "--data", tmp_path)
    token = first.out.split("--page ")[1].strip()
    second = tayori("message", "find", "--limit", "1", "--page", token, "--data", tmp_path)
    assert sent[1] in first.out and sent[0] in second.out and "--page" not in second.out


def test_what_cannot_be_searched_for_is_said(tayori: Tayori, sent: list[str], tmp_path: Path) -> None:
    refused = tayori("message", "find", "--status", "lost", "--data", tmp_path)
    assert refused.status == 1 and "status must be one of" in refused.err
