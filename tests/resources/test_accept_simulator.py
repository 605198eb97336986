"""What the door does for addresses of the mailbox simulator, and with content that is accepted only to be rejected."""

import json

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account, sandboxed_account, submission
from tayori.model.errors import ThrottleCause, Throttled, Unverified
from tayori.model.mail_count import Count
from tayori.resources import accounts, quotas, suppression
from tayori.resources.messages import Door
from tayori.store import reputation_tables, tables

KEY = ACCOUNT, REGION


@pytest.fixture
def accept(transact):
    """`accept(submission)` answers it; a refusal is raised."""
    door = Door(names, "worker", lambda stream: True)

    def accept(one):
        (answer,) = transact(door.accept, [one])
        if isinstance(answer, Exception):
            raise answer
        return answer

    return accept


@pytest.fixture
def production(transact):
    transact(open_account)
    transact(identity, "example.com")


def rows(transact, table, **equal):
    def select(tx):
        conditions = [table.c[name] == value for name, value in equal.items()]
        return [dict(row._mapping) for row in tx.execute(sa.select(table).where(*conditions))]

    return transact(select)


def kinds(transact):
    events = rows(transact, tables.events)
    return [(row["kind"], row["ordinal"]) for row in sorted(events, key=lambda row: row["at"])]


def counted(transact, count):
    return sum(row[count] for row in rows(transact, reputation_tables.mail_counts))


# --- the mailbox simulator ---


def test_the_sandbox_lets_mail_to_the_simulator_pass(transact, accept):
    transact(sandboxed_account)
    transact(identity, "example.com")
    assert accept(submission("Success+label@Simulator.AmazonSES.com")).outgoing is not None
    transact(accounts.put_quota, *KEY, max_24_hour=200, max_rate=-1)
    with pytest.raises(Unverified) as refusal:
        accept(submission("bounce@simulator.amazonses.com", "reader@inbox.test"))
    assert "reader@inbox.test" in refusal.value.message and "simulator" not in refusal.value.message


def test_the_simulator_is_free_of_the_daily_quota_and_not_of_the_rate(transact, accept):
    transact(open_account, max_24_hour=1, max_rate=3)
    transact(identity, "example.com")
    accept(submission("bounce@simulator.amazonses.com", "success@simulator.amazonses.com", "reader@inbox.test"))
    assert transact(quotas.sent_last_24_hours, *KEY) == 1
    with pytest.raises(Throttled) as refusal:
        accept(submission("success@simulator.amazonses.com"))
    assert refusal.value.cause is ThrottleCause.RATE


def test_a_day_that_is_used_up_leaves_the_simulator(transact, accept):
    transact(open_account, max_24_hour=1)
    transact(identity, "example.com")
    accept(submission())
    accept(submission("success@simulator.amazonses.com"))
    with pytest.raises(Throttled) as refusal:
        accept(submission("success@simulator.amazonses.com", "reader@inbox.test"))
    assert refusal.value.cause is ThrottleCause.DAILY_QUOTA


def test_its_suppressed_address_bounces_as_if_another_list_than_the_accounts_had_it(production, transact, accept):
    accepted = accept(submission("suppressionlist+1@simulator.amazonses.com", "reader@inbox.test"))
    assert [one.ordinal for one in accepted.outgoing.recipients] == [1]
    assert kinds(transact) == [("Send", -1), ("Bounce", 0)]
    (bounce,) = rows(transact, tables.events, kind="Bounce")
    detail = json.loads(bounce["detail"])
    assert (detail["bounceType"], detail["bounceSubType"]) == ("Permanent", "Suppressed")
    assert detail["bouncedRecipients"][0]["emailAddress"] == "suppressionlist+1@simulator.amazonses.com"
    assert transact(suppression.page, *KEY, limit=10).entries == []
    assert counted(transact, Count.SENDS) == 1


def test_rates_are_not_reckoned_from_it(production, transact, accept):
    accept(submission("bounce@simulator.amazonses.com", "suppressionlist@simulator.amazonses.com"))
    assert counted(transact, Count.SENDS) == 0
    accept(submission("success@simulator.amazonses.com", "reader@inbox.test"))
    assert counted(transact, Count.SENDS) == 1


def test_an_address_of_it_that_the_account_has_suppressed_is_suppressed(production, transact, accept):
    transact(suppression.put, *KEY, "suppressionlist@simulator.amazonses.com", "BOUNCE")
    accept(submission("suppressionlist@simulator.amazonses.com"))
    (bounce,) = rows(transact, tables.events, kind="Bounce")
    assert json.loads(bounce["detail"])["bounceSubType"] == "OnAccountSuppressionList"


# --- content that is rejected ---


def test_bad_content_is_accepted_and_then_rejected(production, transact, accept):
    accepted = accept(submission("reader@inbox.test", "other@inbox.test", is_bad=True))
    assert accepted.message_id and accepted.outgoing is None
    assert kinds(transact) == [("Send", -1), ("Reject", -1)]
    (reject,) = rows(transact, tables.events, kind="Reject")
    assert json.loads(reject["detail"]) == {"reason": "Bad content"}
    found = [(row["state"], row["owner"], row["reason"]) for row in rows(transact, tables.recipients)]
    assert found == [("rejected", "", "bad-content")] * 2


def test_what_is_rejected_counts(production, transact, accept):
    accept(submission("reader@inbox.test", "other@inbox.test", is_bad=True))
    assert transact(quotas.sent_last_24_hours, *KEY) == 2
    (point,) = transact(quotas.statistics, *KEY)
    assert (point.attempts, point.rejects) == (2, 2)
    assert counted(transact, Count.REJECTS) == 2


def test_a_message_is_rejected_as_a_whole(production, transact, accept):
    transact(suppression.put, *KEY, "gone@inbox.test", "BOUNCE")
    accept(submission("gone@inbox.test", "suppressionlist@simulator.amazonses.com", is_bad=True))
    assert kinds(transact) == [("Send", -1), ("Reject", -1)]
    assert {row["state"] for row in rows(transact, tables.recipients)} == {"rejected"}
