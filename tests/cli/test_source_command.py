"""`tayori source` and `tayori route`: what the operator registers, and what is refused with a sentence."""

from pathlib import Path

import pytest
from command_tests import Tayori, in_store

from population import REGION
from tayori.app.endpoints import Endpoints
from tayori.model.source import MailRoute, Tally
from tayori.resources import accounts, dedicated_ips, sources
from tayori.store.engine import Tx

NAME = ("--ehlo-name", "a5.smtp-out.tayori.test")


def test_an_address_is_registered_lent_weighed_paused_and_removed(
    tayori: Tayori, service: Endpoints, tmp_path: Path
) -> None:
    data = ("--data", tmp_path)
    assert "No address is registered" in tayori("source", "list", *data).out
    made = tayori("source", "add", "203.0.113.5", *NAME, "--ipv6", "2001:db8:0::5", *data)
    assert made.out == (
        "203.0.113.5 is in the pool ses-shared-pool, and sends in six minutes, when receivers have the new SPF record."
        " See that its PTR is a5.smtp-out.tayori.test: tayori doctor.\n"
    )

    def with_pool(tx: Tx) -> str:
        account = accounts.all_accounts(tx)[0][0]
        dedicated_ips.create_pool(tx, account, REGION, "news", "STANDARD", {})
        day = tx.now.toordinal() - 719163
        sources.add_counts(tx, day, {("203.0.113.5", "gmail"): Tally(sent=7, blocked=1)})
        return account

    account = in_store(service, with_pool)
    lent = tayori("source", "lend", "203.0.113.5", "--account", account, "--pool", "news", *data)
    assert lent.out == f"203.0.113.5 is lent to {account}, in the pool news.\n"
    assert tayori("source", "weigh", "203.0.113.5", "3", *data).status == 0
    assert tayori("source", "warm", "203.0.113.5", "40", *data).status == 0
    assert tayori("source", "pause", "203.0.113.5", *data).status == 0
    (shown,) = tayori("source", "list", "--json", *data).json
    assert {name: shown[name] for name in ("ipv6", "pool", "weight", "paused", "warmup_percentage")} == {
        "ipv6": "2001:db8::5",
        "pool": "news",
        "weight": 3,
        "paused": True,
        "warmup_percentage": 40,
    }
    assert shown["today"] == {"sent": 7, "deferred": 0, "failed": 0, "blocked": 1}
    assert "203.0.113.5, 2001:db8::5" in tayori("source", "list", *data).out
    assert tayori("source", "resume", "203.0.113.5", *data).out == "203.0.113.5 sends again.\n"
    assert tayori("source", "remove", "203.0.113.5", *data).status == 0
    again = tayori("source", "remove", "203.0.113.5", *data)
    assert (again.status, again.err) == (1, "tayori: There is no source address 203.0.113.5.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "2001:db8::5", *NAME), "companion of an IPv4 address"),
        (("add", "203.0.113.5", "--ehlo-name", "not a name"), "is not a host name"),
        (("add", "203.0.113.5", *NAME, "--weight", "0"), "from 1 to 1000"),
        (("add", "203.0.113.5", *NAME, "--pool", "news"), "needs an account"),
        (("add", "203.0.113.5", *NAME, "--account", "1"), "There is no account 1."),
        (("add", "203.0.113.5", *NAME, "--via", "http://proxy:80"), "is no proxy"),
        (("add", "203.0.113.5", *NAME, "--via", "socks5://us:secret@proxy:80"), "is no proxy"),
        (("lend", "203.0.113.5", "--pool", "news"), "--pool needs --account"),
        (("warm", "203.0.113.5", "101"), "There is no source address"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    tayori: Tayori, service: Endpoints, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    refused = tayori("source", *arguments, "--data", tmp_path)
    assert refused.status == 1
    assert words in refused.err


def test_routes_are_set_listed_and_removed(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    assert "There are no routes" in tayori("route", "list", *data).out
    tayori("route", "set", "*", "Smart.Example:587", "--user", "us", "--password", "file:/run/secret", *data)
    tayori("route", "set", "own.example", "mx", *data)
    tayori("route", "set", ".six.example", "[2001:db8::25]:2525", "--tls", "none", *data)
    tayori("route", "set", "tls.example", "smart.example", "--tls", "implicit", *data)
    assert in_store(service, sources.routes) == (
        MailRoute(
            pattern="*", host="smart.example", port=587, tls="starttls", user_name="us", secret="file:/run/secret"
        ),
        MailRoute(pattern=".six.example", host="2001:db8::25", port=2525, tls="none"),
        MailRoute(pattern="own.example"),
        MailRoute(pattern="tls.example", host="smart.example", port=465, tls="implicit"),
    )
    shown = tayori("route", "list", "--json", *data).json
    assert shown[2] == {"pattern": "own.example"} | dict.fromkeys(("host", "port", "tls", "user", "password"))
    assert tayori("route", "remove", "*", *data).status == 0
    assert tayori("route", "remove", "*", *data).err == "tayori: There is no mail route for *.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a b", "smart.example"), "is no pattern"),
        (("*", "smart.example:x"), "is no relay"),
        (("*", "smart.example:99999"), "is not a port"),
        (("*", "smart.example", "--user", "us"), "go together"),
        (("*", "smart.example", "--user", "us", "--password", "hunter2"), "file:/path, or env:NAME"),
        (("*", "smart.example", "--tls", "may", "--user", "us", "--password", "env:X"), "not sent in the clear"),
    ],
)
def test_a_route_that_could_not_work_or_would_tell_a_secret_is_refused(
    tayori: Tayori, service: Endpoints, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    refused = tayori("route", "set", *arguments, "--data", tmp_path)
    assert refused.status == 1
    assert words in refused.err
    assert in_store(service, sources.routes) == ()
