"""`tayori reputation`: rates with what they are made of, pauses and their end."""

from pathlib import Path
from typing import Any

import pytest
from command_tests import Tayori, in_store

from population import ACCOUNT, identity, open_account
from tayori.app.endpoints import Endpoints
from tayori.model.mail_count import Count, counts_as
from tayori.resources import configuration_sets, mail_counts
from tayori.resources.configuration_sets import ConfigurationSet


@pytest.fixture
def sent(service: Endpoints) -> Endpoints:
    in_store(service, open_account)
    in_store(service, identity, "example.com")
    in_store(service, configuration_sets.create, ACCOUNT, service.region, ConfigurationSet(name="news"))
    return service


def count(service: Endpoints, what: Count, number: int, of: str = "", at: str = "") -> None:
    key = ACCOUNT, service.region, counts_as(of, "example.com"), at
    in_store(service, mail_counts.add, what, {key: number})


def test_an_account_without_mail(tayori: Tayori, sent: Endpoints, tmp_path: Path) -> None:
    shown = tayori("reputation", "show", "--account", ACCOUNT, "--data", tmp_path)
    assert shown.status == 0
    assert "no mail (review from 5%, pause from 10%)" in shown.out
    assert "no mail (review from 0.1%, pause from 0.5%)" in shown.out


def test_rates_by_part_and_provider(tayori: Tayori, sent: Endpoints, tmp_path: Path) -> None:
    count(sent, Count.SENDS, 1500)
    count(sent, Count.SENDS, 500, "news")
    count(sent, Count.DELIVERIES, 1800, at="yahoo")
    count(sent, Count.DELIVERIES, 80, "news", at="gmail")
    count(sent, Count.PERMANENT_BOUNCES, 20, "news", at="gmail")
    count(sent, Count.COMPLAINTS, 9, at="yahoo")
    data = ("--account", ACCOUNT, "--data", tmp_path)
    lines = tayori("reputation", "show", *data).out.splitlines()
    words = [line.split() for line in lines]
    assert any(line[:4] == ["Bounces", "1%:", "20", "of"] for line in words)
    assert any(line[:5] == ["Complaints", "0.5%:", "9", "of", "1800"] for line in words)
    assert ["news", "HEALTHY", "4%", "of", "500", "-"] in words
    assert ["yahoo", "1800", "0", "(0%)", "9", "(0.5%)", "yes"] in words
    assert ["gmail", "80", "20", "(20%)", "-", "no"] in words
    found: Any = tayori("reputation", "show", *data, "--json").json
    assert found["bounce"]["rate"] == 0.01
    everybody: Any = tayori("reputation", "list", "--data", tmp_path, "--json").json
    assert [(one["account_id"], one["complaint"]["rate"]) for one in everybody if one["account_id"] == ACCOUNT] == [
        (ACCOUNT, 0.005)
    ]


def test_a_part_is_paused_and_lifted(tayori: Tayori, sent: Endpoints, tmp_path: Path) -> None:
    data = ("--account", ACCOUNT, "--data", tmp_path)
    begun = tayori("reputation", "pause", "--configuration-set", "news", "--reason", "complaints", *data)
    assert begun.out.startswith(f"{ACCOUNT} in {sent.region}, configuration-set news: SHUTDOWN (complaints) since ")
    assert "SHUTDOWN (complaints)" in tayori("reputation", "show", *data).out
    ended = tayori("reputation", "lift", "--configuration-set", "news", *data, "--json").json
    assert ended["status"] == "HEALTHY"
    again = tayori("reputation", "lift", "--configuration-set", "news", *data)
    assert (again.status, again.err) == (
        1,
        "tayori: The configuration set news is neither paused nor under review.\n",
    )


def test_the_account_is_paused_and_lifted(tayori: Tayori, sent: Endpoints, tmp_path: Path) -> None:
    data = ("--account", ACCOUNT, "--data", tmp_path)
    assert tayori("reputation", "pause", *data).status == 0
    review: Any = tayori("account", "review", *data, "--json").json
    assert review["enforcement_status"] == "SHUTDOWN"
    assert tayori("reputation", "lift", *data).status == 0
    review = tayori("account", "review", *data, "--json").json
    assert review["enforcement_status"] == "HEALTHY"


def test_what_is_not_there_cannot_be_paused(tayori: Tayori, sent: Endpoints, tmp_path: Path) -> None:
    data = ("--account", ACCOUNT, "--data", tmp_path)
    assert tayori("reputation", "pause", "--identity", "misspelt.example", *data).status == 1
    both = tayori("reputation", "pause", "--identity", "example.com", "--configuration-set", "news", *data)
    assert (both.status, both.err) == (1, "tayori: Name a configuration set or an identity, not both.\n")


def test_doctor_tells_of_it(tayori: Tayori, sent: Endpoints, tmp_path: Path) -> None:
    data = ("--account", ACCOUNT, "--data", tmp_path)

    def line() -> str:
        (found,) = [one for one in tayori("doctor", *data).out.splitlines() if "reputation of account" in one]
        return " ".join(found.split())

    assert line() == f"ok reputation of account {ACCOUNT}: HEALTHY"
    tayori("reputation", "pause", "--configuration-set", "news", *data)
    assert line() == f"warning reputation of account {ACCOUNT}: HEALTHY, configuration-set news"
    tayori("reputation", "pause", *data)
    assert line() == f"FAILED reputation of account {ACCOUNT}: SHUTDOWN, configuration-set news"
