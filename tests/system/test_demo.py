"""The demo: it holds as a whole, and it can fail. Its verifiers are no use if they say yes to everything."""

import subprocess
import sys
from pathlib import Path

import pytest
from demo.evidence import Book
from demo.verify import check_spf

ROOT = Path(__file__).resolve().parents[2]
ROWS = range(1, 11)


@pytest.mark.timeout(180)
def test_every_row_of_the_story_holds() -> None:
    done = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.split("Evidence\n")[1]
    assert [line.split()[:2] for line in table.splitlines() if line[4:10] in ("holds ", "FAILED")] == [
        [str(number), "holds"] for number in ROWS
    ]
    assert "The service stopped cleanly." in done.stdout
    seconds = int(done.stdout.split(" seconds in all.")[0].rsplit("\n", 1)[1])
    assert seconds < 120


# -- evidence ------------------------------------------------------------------------------------------------------


def test_a_book_holds_only_where_every_fact_does(capsys: pytest.CaptureFixture[str]) -> None:
    book = Book()
    assert not book.holds
    with book.row(1, "one") as row:
        row.check("a claim", True, "seen")
    assert book.holds
    with book.row(2, "two") as row:
        row.check("a claim", True, "seen")
        row.check("another", None, "nothing")
    assert not book.holds
    assert "FAILED  two" in book.table()
    assert "✗ another: nothing" in capsys.readouterr().out


def test_a_row_without_facts_does_not_hold() -> None:
    book = Book()
    with book.row(1, "nothing was looked at"):
        pass
    assert not book.holds


def test_a_step_that_goes_wrong_is_a_fact_that_does_not_hold() -> None:
    book = Book()
    with book.row(1, "one") as row:
        row.check("a claim", True, "seen")
        raise RuntimeError("the service is gone")
    assert not book.holds
    assert "RuntimeError: the service is gone" in book.table()


# -- the independent SPF check -------------------------------------------------------------------------------------


class Zone:
    """What demo.lookup.Lookup gives, from a table."""

    def __init__(self, **texts: str) -> None:
        self._texts = {name.replace("_", "."): value for name, value in texts.items()}

    def values(self, name: str, rdtype: str) -> list[str]:
        found = self._texts.get(f"{name} {rdtype}", self._texts.get(name) if rdtype == "TXT" else None)
        return [found] if found else []


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "pass"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 ip4:198.51.100.1 -all", "fail"),
        ("v=spf1 ip6:2001:db8::/32 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 include:good.test -all", "pass"),
        ("v=spf1 include:bad.test -all", "fail"),
        ("v=spf1 include:none.test -all", "permerror"),
        ("v=spf1 exists:%{i}.test -all", "permerror"),
        ("v=spf10 ip4:192.0.2.1 -all", "none"),
    ],
)
def test_the_independent_spf_check_says_yes_and_no(record: str, expected: str) -> None:
    zone = Zone(example_test=record, good_test="v=spf1 ip4:192.0.2.1 -all", bad_test="v=spf1 -all")
    assert check_spf(zone, "example.test", "192.0.2.1") == expected
