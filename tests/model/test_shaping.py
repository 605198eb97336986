"""The table of providers: whose hosts they are, and what a reply asks for."""

import fnmatch
import time
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.delivery.providers import load
from tayori.mail.reply import Reply
from tayori.model.shaping import OTHERS, Act, Basis, Providers, Shared, TableError, contains, parse, said_wait

TABLE = load()
OURS_AND_REST = {Act.OURS, Act.REST}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("gmail-smtp-in.l.google.com", "gmail"),
        ("alt3.aspmx.l.google.com", "gmail"),
        ("outlook-com.olc.protection.outlook.com", "outlook"),
        ("contoso-com.mail.protection.outlook.com", "microsoft365"),
        ("contoso-com.a-v1.mx.microsoft", "microsoft365"),
        ("mta5.am0.yahoodns.net", "yahoo"),
        ("mx01.mail.icloud.com", "icloud"),
        ("mfsmax.docomo.ne.jp", "docomo"),
        ("lsean.ezweb.ne.jp", "au"),
        ("mx.softbank.ne.jp", "softbank"),
        ("mx5.mail.yahoo.co.jp", "yahoo-japan"),
        ("mx.so-net.ne.jp", "so-net"),
        ("mx.example.com", ""),
        ("notgoogle.com", ""),
        ("google.com.evil.test", ""),
        ("com", ""),
    ],
)
def test_who_runs_a_host(host: str, name: str) -> None:
    assert TABLE.of([host]).name == name


def test_hosts_of_two_providers_are_nobodys() -> None:
    assert TABLE.of(["aspmx.l.google.com", "mx.example.com"]) is OTHERS
    assert TABLE.of([]) is OTHERS


def test_every_provider_says_what_its_numbers_rest_on() -> None:
    for provider in TABLE.providers:
        assert provider.as_of is not None
        assert provider.as_of >= date(2026, 1, 1)
        assert provider.connections > 0
        assert provider.source or provider.basis is Basis.CAUTIOUS
    assert len({suffix for p in TABLE.providers for suffix in p.hosts}) == sum(len(p.hosts) for p in TABLE.providers)


@pytest.mark.parametrize(
    ("host", "code", "status", "text", "acts"),
    [
        (
            "aspmx.l.google.com",
            421,
            "4.7.28",
            "Our system has detected an unusual rate of unsolicited mail originating from your IP address.",
            {Act.SLOW_DOWN, Act.REST},
        ),
        (
            "x.mail.protection.outlook.com",
            550,
            "5.7.606",
            "Access denied, banned sending IP [192.0.2.1].",
            OURS_AND_REST,
        ),
        (
            "x.mail.protection.outlook.com",
            451,
            "4.7.500",
            "Server busy. Please try again later",
            {Act.SLOW_DOWN, Act.REST},
        ),
        (
            "x.olc.protection.outlook.com",
            550,
            "5.7.1",
            "Unfortunately, messages from [192.0.2.1] weren't sent. Part of their network is on our block list.",
            OURS_AND_REST,
        ),
        (
            "mta5.am0.yahoodns.net",
            421,
            "4.7.0",
            "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            {Act.SLOW_DOWN, Act.REST},
        ),
        (
            "mx.example.com",
            554,
            "5.7.1",
            "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            OURS_AND_REST,
        ),
        ("mx.example.com", 451, "4.7.1", "Greylisted, try again in 300 seconds", {Act.WAIT}),
        ("mx.example.com", 450, "4.2.0", "too many connections from your host", {Act.SLOW_DOWN}),
        ("mx.example.com", 550, "5.1.1", "User unknown", set()),
        ("mx.example.com", 554, "5.7.1", "Message contains a link that Spamhaus DBL lists", set()),
        ("mx.example.com", 550, "5.7.25", "Reverse DNS required", OURS_AND_REST),
    ],
)
def test_what_a_reply_leads_to(host: str, code: int, status: str, text: str, acts: set[Act]) -> None:
    verdict = TABLE.judge(TABLE.of([host]), Reply.of(code, text, status))
    assert verdict.acts >= acts if Act.REST in acts else verdict.acts == acts


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Greylisted, try again in 300 seconds", 300),
        ("come back in 5 minutes", 300),
        ("try again in 2 hours", 7200),
        ("retry in 90s", 90),
        ("try again in 1 second", 5),
        ("try again in 900000 hours", 4 * 3600),
        ("try again later", None),
        ("see rfc 6647", None),
    ],
)
def test_how_long_a_reply_says(text: str, seconds: float | None) -> None:
    assert said_wait(Reply.of(451, text)) == seconds


def test_words_are_found_in_their_order() -> None:
    assert contains("client host [192.0.2.1] blocked using x", "client host*blocked")
    assert not contains("blocked: client host", "client host*blocked")
    assert contains("abc", "abc")
    assert not contains("aa", "a*a*a")


@given(st.text("ab*", max_size=12), st.text("ab", max_size=40))
def test_words_match_as_the_pattern_says(words: str, text: str) -> None:
    assert contains(text, words) == fnmatch.fnmatchcase(text, f"*{words}*")


def test_no_reply_takes_long_to_match() -> None:
    hostile = Reply.of(451, "client host " * 100_000)
    started = time.process_time()
    for _ in range(100):
        TABLE.judge(OTHERS, hostile)
    assert time.process_time() - started < 2.0


def test_the_operators_table_comes_first() -> None:
    own = parse(
        {
            "provider": [
                {"name": "gmail", "hosts": [".google.com"], "connections": 3},
                {"name": "partner", "hosts": [".partner.test"], "shared": "provider", "rate": 2.5},
            ],
            "reply": [{"codes": ["45x"], "words": ["Full Moon"], "acts": ["rest"], "seconds": 60}],
        }
    )
    table = TABLE.with_more(own)
    assert table.of(["aspmx.l.google.com"]).connections == 3
    partner = table.of(["mx.partner.test"])
    assert (partner.rate, partner.shared) == (2.5, Shared.PROVIDER)
    assert Act.REST in table.judge(OTHERS, Reply.of(450, "it is full moon")).acts
    assert Act.REST not in table.judge(OTHERS, Reply.of(421, "it is full moon")).acts


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"providers": []}, "unknown providers"),
        ({"provider": {}}, "list of tables"),
        ({"provider": [{"hosts": [".x"]}]}, "no name"),
        ({"provider": [{"name": "x", "hosts": ["x.test"]}]}, "begin with a dot"),
        ({"provider": [{"name": "x", "hosts": [".x"], "connections": -1}]}, "number from 0"),
        ({"provider": [{"name": "x", "hosts": [".x"], "rate": True}]}, "number from 0"),
        ({"provider": [{"name": "x", "hosts": [".x"], "shared": "all"}]}, "none of hosts, provider"),
        ({"provider": [{"name": "x", "hosts": [".x"], "as_of": "today"}]}, "as_of is a date"),
        ({"reply": [{"acts": ["rest"]}]}, "fits every reply"),
        ({"reply": [{"words": ["*"], "acts": ["rest"]}]}, "fit every reply"),
        ({"reply": [{"codes": ["4.."], "acts": ["rest"]}]}, "a code is like"),
        ({"reply": [{"statuses": ["4.7"], "acts": ["rest"]}]}, "a status is like"),
        ({"reply": [{"codes": ["421"]}]}, "without acts"),
        ({"reply": [{"codes": ["421"], "acts": ["explode"]}]}, "none of slow-down"),
    ],
)
def test_a_table_with_a_mistake_is_refused_with_its_place(table: dict[str, Any], words: str) -> None:
    with pytest.raises(TableError, match=words):
        parse(table)


@pytest.mark.parametrize("page", ["shaping.md", "shaping.ja.md"])
def test_the_example_in_the_documentation_is_a_table(page: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "howto" / page).read_text("utf-8")
    example = next(part for part in text.split("```") if part.lstrip().startswith("[[provider]]"))
    table = TABLE.with_more(parse(tomllib.loads(example)))
    assert table.of(["mfsmax.docomo.ne.jp"]).connections == 8
    assert table.of(["mx3.mail.example.co.jp"]).shared is Shared.PROVIDER


def test_an_empty_table_names_nobody() -> None:
    assert Providers().of(["mx.example.com"]) is OTHERS
