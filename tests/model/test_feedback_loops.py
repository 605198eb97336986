"""The table of feedback loops: complete, in both languages, found by the hosts that take a provider's mail."""

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from tayori.app import feedback_table
from tayori.delivery import providers
from tayori.model import feedback_loops
from tayori.model.feedback_loops import Basis, By, Loop
from tayori.model.shaping import TableError

TABLE = feedback_table.load()
RAW = tomllib.loads(files("tayori.model").joinpath("feedback_loops.toml").read_text("utf-8"))
ENTRIES = [*RAW["collector"], *RAW["provider"]]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_an_entry_says_what_a_reader_needs(entry) -> None:
    assert {f"{key}_ja" for key in ("name", "needs", "note") if key in entry} <= set(entry)
    assert date(2026, 1, 1) <= entry["as_of"] <= date.today()
    assert entry["basis"] == "none" or entry["source"], "knowledge has a source"
    assert all(
        url.startswith(("https://", "http://")) for url in (*entry.get("source", ()), entry.get("at", "http://"))
    )
    if entry.get("loop") in ("yes", "aggregate"):
        assert entry.get("through") or entry.get("needs"), "one must be told how to enrol"
        assert entry["basis"] != "none"
    if entry.get("loop") == "no":
        assert entry["basis"] != "none", "without a source it is unknown"
        assert not {"by", "at", "needs", "through"} & set(entry)


def test_no_host_belongs_to_two() -> None:
    suffixes = [suffix for provider in TABLE.providers for suffix in provider.hosts]
    assert len(suffixes) == len(set(suffixes))
    names = [*(one.id for one in TABLE.providers), *(one.id for one in TABLE.collectors)]
    assert len(names) == len(set(names))


def test_both_tables_call_a_provider_by_the_same_name() -> None:
    """Limits and loops are counted by one name. Google is the exception: Workspace has no figures."""
    for provider in providers.load().providers:
        for suffix in provider.hosts:
            found = TABLE.of_host(f"mx{suffix}")
            assert found is not None, f"{suffix} of {provider.name} is not in the table of feedback loops"
            assert found.id == ("google-workspace" if provider.name == "gmail" else provider.name)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("gmail-smtp-in.l.google.com", "gmail"),
        ("alt4.gmail-smtp-in.l.google.com.", "gmail"),
        ("aspmx.l.google.com", "google-workspace"),
        ("smtp.google.com", "google-workspace"),
        ("HOTMAIL-COM.olc.protection.outlook.com", "outlook"),
        ("example-com.mail.protection.outlook.com", "microsoft365"),
        ("mta7.am0.yahoodns.net", "yahoo"),
        ("mx1.mail.yahoo.co.jp", "yahoo-japan"),
        ("mfsmax.docomo.ne.jp", "docomo"),
        ("smtpz4.laposte.net", "laposte"),
        ("laposte.net", "laposte"),
        ("notlaposte.net", None),
        ("mx.example.com", None),
        ("net", None),
        ("", None),
        (".", None),
        ("..", None),
        ("a" * 5000 + ".mail.ru", "mailru"),
    ],
)
def test_a_provider_is_found_by_a_mail_host(host, name) -> None:
    found = TABLE.of_host(host)
    assert (found.id if found else None) == name


def test_a_domain_is_its_first_known_host_s() -> None:
    assert TABLE.of_hosts(["mx.example.com", "mxs.mail.ru", "mx.zoho.com"]).id == "mailru"
    assert TABLE.of_hosts(["mx.example.com"]) is None
    assert TABLE.of_hosts([]) is None


def test_a_collector_s_enrolment_is_that_of_its_members() -> None:
    fastmail = TABLE.provider("fastmail")
    assert (fastmail.loop, fastmail.through, fastmail.enrolled_as) == (Loop.YES, "validity", "validity")
    assert fastmail.enrolment == TABLE.collector("validity").enrolment
    assert fastmail in TABLE.members("validity")
    assert TABLE.provider("yahoo").enrolled_as == "yahoo"
    assert TABLE.provider("yahoo").enrolment.by == (By.DKIM_DOMAIN,)
    assert TABLE.provider("outlook").enrolment.by == (By.IP,)


def test_no_japanese_provider_is_said_to_report() -> None:
    """As far as is known; whoever learns better changes the entry, its source and this test."""
    names = ("docomo", "au", "softbank", "rakuten-mobile", "yahoo-japan", "ocn", "so-net", "biglobe", "nifty", "plala")
    assert all(TABLE.provider(name).loop in (Loop.NO, Loop.UNKNOWN) for name in names)


OWN = """
[[provider]]
id = "yahoo"
name = "Ours"
hosts = [".yahoodns.net"]
loop = "no"
basis = "second-hand"
as_of = 2026-11-24

[[provider]]
id = "example"
hosts = [".mx.example.com"]
loop = "yes"
through = "validity"
as_of = 2026-11-24
"""


def test_the_operator_s_own_file_comes_before(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, "utf-8")
    table = feedback_table.load(str(file))
    assert (table.provider("yahoo").loop, table.provider("yahoo").name.ja) == (Loop.NO, "Ours")
    own = table.of_host("a.mx.example.com")
    assert (own.id, own.name.en, own.enrolled_as, own.known.basis) == ("example", "example", "validity", Basis.NONE)
    assert own in table.members("validity")
    assert table.provider("outlook") == TABLE.provider("outlook")
    assert len(table.providers) == len(TABLE.providers) + 1


GOOD = {"id": "a", "hosts": [".a.example"], "loop": "yes", "as_of": date(2026, 11, 24)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": ""}, "an id of its own"),
        ({"id": None}, "an id of its own"),
        ({"loop": "maybe"}, "'maybe' is none of yes"),
        ({"loop": None}, "a text is expected"),
        ({"hosts": []}, "hosts are suffixes"),
        ({"hosts": ["a.example"]}, "begin with a dot"),
        ({"hosts": [".A.example"]}, "in lower case"),
        ({"hosts": ".a.example"}, "hosts is a list of texts"),
        ({"by": ["post"]}, "'post' is none of ip"),
        ({"through": "nobody"}, "no collector 'nobody'"),
        ({"redacts": "perhaps"}, "'perhaps' is none of"),
        ({"as_of": "2026-11-24"}, "as_of is a date"),
        ({"note": 1}, "a text is expected"),
        ({"colour": "red"}, "unknown colour"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(change, words) -> None:
    with pytest.raises(TableError, match=words):
        feedback_loops.parse({"provider": [GOOD | change]}, {})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[[provider]\n", "own.toml"),
        (b"\xff", "own.toml"),
        (b"[[supplier]]\n", "unknown supplier"),
        (b"provider = 1\n", "provider is a list"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content, words) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(content)
    with pytest.raises(TableError, match=words):
        feedback_table.load(str(file))
    with pytest.raises(TableError, match=r"absent\.toml"):
        feedback_table.load(str(tmp_path / "absent.toml"))
