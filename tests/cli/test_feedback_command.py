"""`tayori feedback-loops`: the checklist as an operator keeps it, coverage, and what the doctor says of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_tests import Tayori, in_store

from tayori.app import endpoints
from tayori.app.endpoints import Endpoints
from tayori.cli.check import Health
from tayori.cli.feedback_checks import check_complaints
from tayori.cli.service import account_id_of
from tayori.model.event import EventKind
from tayori.model.loop_coverage import EnrolmentState
from tayori.resources import accounts, feedback_enrolments
from tayori.store.notification_tables import identity_notifications
from tayori.store.reputation_tables import mail_counts

REGION = "us-east-1"


@pytest.fixture
def loops(tayori: Tayori, service: Endpoints, tmp_path: Path) -> Any:
    def run(*arguments: object) -> Any:
        return tayori("feedback-loops", *arguments, "--data", tmp_path)

    return run


def put_counts(tx: Any, **by_provider: int) -> None:
    zeros = dict.fromkeys((c.name for c in mail_counts.c if not c.primary_key), 0)
    for name, deliveries in by_provider.items():
        key = {"account_id": account_id_of(tx, None), "region": REGION, "hour": int(tx.now.timestamp()) // 3600}
        key |= {"configuration_set": "", "identity": "shop.test", "tenant": "", "provider": name}
        tx.execute(mail_counts.insert().values(**key, **(zeros | {"deliveries": deliveries})))


def enrol(tx: Any, name: str) -> None:
    feedback_enrolments.put(tx, name, "", EnrolmentState.ACTIVE, since=tx.now.date(), note=None)


def listen(tx: Any, name: str) -> None:
    key = {"account_id": account_id_of(tx, None), "region": REGION, "identity": name, "kind": EventKind.COMPLAINT}
    tx.execute(identity_notifications.insert().values(**key, topic_arn="arn", headers_included=False))


def test_the_table_is_listed_in_both_languages(loops: Any) -> None:
    lines = loops("list").out.splitlines()
    assert lines[0].split() == ["ID", "Provider", "Complaints", "Enrolment", "Enrol", "by"]
    assert any(line.startswith("yahoo ") and "reported" in line and "DKIM domain" in line for line in lines)
    assert any(line.startswith("fastmail ") and "through Validity" in line for line in lines)
    japanese = loops("list", "--lang", "ja").out
    assert "NTT ドコモ" in japanese and "報告あり" in japanese
    silent = [one["id"] for one in loops("list", "--loop", "no", "--json").json]
    assert (
        {"docomo", "icloud", "google-workspace"} <= set(silent) and "yahoo" not in silent and "validity" not in silent
    )


def test_an_enrolment_is_noted_shown_and_taken_back(loops: Any) -> None:
    done = loops("enrol", "yahoo", "--state", "requested", "--note", "case 7", "--date", "2026-11-20")
    assert (done.status, done.out) == (0, "Noted: yahoo is requested since 2026-11-20.\n")
    shown = loops("show", "yahoo").out
    assert "requested since 2026-11-20, all mail: case 7" in shown
    assert "https://senders.yahooinc.com/" in shown and "complaints@tayori.test" in shown
    assert next(line for line in loops("list").out.splitlines() if "requested" in line).startswith("yahoo ")
    assert loops("enrol", "yahoo", "--state", "active", "--domain", "shop.test", "--json").json["domain"] == "shop.test"
    assert {one["state"] for one in loops("show", "yahoo", "--json").json["enrolments"]} == {"requested", "active"}
    assert loops("enrol", "yahoo", "--state", "none").out == "Noted: yahoo is not enrolled.\n"
    assert [one["domain"] for one in loops("show", "yahoo", "--json").json["enrolments"]] == ["shop.test"]


def test_what_one_cannot_enrol_in_is_not_said_to_need_anything(loops: Any) -> None:
    shown = loops("show", "icloud").out
    assert "none" in shown and "complaints@" not in shown
    members = loops("show", "validity").out
    assert "Comcast Xfinity" in members and "Fastmail" in members


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "nobody"), "has no nobody"),
        (("enrol", "nobody", "--state", "active"), "has no nobody"),
        (("enrol", "gandi", "--state", "active"), "through validity"),
        (("enrol", "icloud", "--state", "active"), "has no feedback loop"),
        (("enrol", "yahoo", "--state", "active", "--date", "soon"), "written like 2026-01-31"),
        (("enrol", "yahoo", "--state", "active", "--domain", "a b"), "is not a domain"),
        (("coverage", "--days", "0"), "days must be"),
        (("coverage", "--account", "1"), "There is no account 1"),
        (("lookup",), "or say --queue"),
        (("lookup", "a.test", "--queue"), "or say --queue"),
        (("lookup", "a b"), "is not a domain"),
        (("test", "shop.test"), "has no identity shop.test"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(loops: Any, arguments: tuple[str, ...], words: str) -> None:
    done = loops(*arguments)
    assert done.status == 1 and done.out == ""
    assert done.err.startswith("tayori: ") and words in done.err and done.err.count("\n") == 1


def test_coverage_is_said_in_a_sentence_and_a_table(loops: Any, service: Endpoints) -> None:
    assert loops("coverage").out.startswith("No mail was delivered in this time")
    in_store(service, put_counts, yahoo=61, gmail=39)
    said = loops("coverage").out
    assert said.startswith("61 % of your mail goes to providers that report complaints, to whoever is enrolled;")
    assert [line.split()[-3:] for line in said.splitlines() if "Yahoo" in line] == [["61", "61.0", "%"]]
    assert "one-click" not in said
    assert loops("coverage", "--json").json["reporting_share"] == 0.61
    assert "次の宛先からは苦情の報告がありません: Gmail (39 %, 集計値のみ)" in loops("coverage", "--lang", "ja").out
    in_store(service, put_counts, docomo=100)
    assert "one-click unsubscribe (RFC 8058)" in loops("coverage").out
    assert loops("coverage", "--identity", "other.test").out.startswith("No mail")


def test_nothing_waits_means_no_outlook(loops: Any) -> None:
    assert loops("lookup", "--queue").out == "Nothing waits.\n"


def test_the_operator_s_table_is_the_service_s(loops: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[provider]]\nid = "mine"\nhosts = [".mx.mine.test"]\nloop = "no"\nas_of = 2026-11-24\n', "utf-8")
    left = json.loads((tmp_path / endpoints.FILE_NAME).read_text("utf-8"))
    (tmp_path / endpoints.FILE_NAME).write_text(json.dumps(left | {"feedback_loops_file": str(own)}), "utf-8")
    assert loops("show", "mine", "--json").json["hosts"] == [".mx.mine.test"]
    own.write_text("[[provider", "utf-8")
    assert "inbound.feedback_loops_file cannot be used" in loops("list").err


def test_the_doctor_warns_where_complaints_are_waited_for_in_vain(service: Endpoints, clock: Any, run: Any) -> None:
    from tayori.store.database import open_store

    in_store(service, put_counts, docomo=6, yahoo=4)
    in_store(service, listen, "shop.test")
    in_store(service, listen, "other.test")
    in_store(service, accounts.create, "999999999999", REGION, name="someone else")

    async def look(account: str | None, language: str) -> list[Any]:
        store = open_store(service.database_url, clock)
        try:
            return await check_complaints(service, store, account, language)
        finally:
            await store.close()

    before = run(look(None, "en"))
    assert [one.health for one in before] == [Health.WARNING, Health.WARNING]
    assert sorted(one.found.split(",")[0] for one in before) == [
        "40 % of your mail goes to providers that report complaints",
        "No mail was delivered in this time",
    ]
    in_store(service, enrol, "yahoo")
    shop, other = sorted(run(look(None, "en")), key=lambda one: one.places["subject"], reverse=True)
    assert (shop.places["subject"], shop.health, other.health) == ("shop.test", Health.WARNING, Health.OK)
    assert "enrolments cover 40 %" in shop.found and other.found.startswith("No mail")
    assert "ドコモ" in run(look(None, "ja"))[0].found + run(look(None, "ja"))[1].found
    assert run(look("999999999999", "en")) == []
