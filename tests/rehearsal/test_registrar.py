"""The registrar's panel: what it makes of what is typed, with its habits, and how records are listed and changed."""

from typing import Any

import pytest

from tayori.rehearsal.registrar import Habit, Rules, Typed, quoted, read
from tayori.rehearsal.zones import ZoneError

DKIM = "abc.dkim.tayori.test"


def made(host: str, rdtype: str, value: str, *habits: Habit, priority: int | None = None) -> tuple[str, str]:
    typed = Typed(host=host, rdtype=rdtype, value=value, priority=priority)
    found = read("shop.test", typed, Rules(habits=frozenset(habits)))
    return found.name, found.values[0]


@pytest.mark.parametrize("host", ["@", "", "shop.test", "shop.test."])
def test_the_zone_itself(host: str) -> None:
    assert made(host, "A", "192.0.2.1")[0] == "shop.test"


@pytest.mark.parametrize("host", ["abc._domainkey", "abc._domainkey.shop.test", "ABC._domainkey.shop.test."])
def test_a_name_within_it(host: str) -> None:
    assert made(host, "CNAME", DKIM) == ("abc._domainkey.shop.test", DKIM)


def test_habits_spoil_what_was_typed_as_the_document_has_it() -> None:
    doubled = made("abc._domainkey.shop.test", "CNAME", DKIM, Habit.DOUBLES_NAMES)
    assert doubled[0] == "abc._domainkey.shop.test.shop.test"
    assert made("abc._domainkey", "CNAME", DKIM, Habit.DOUBLES_NAMES)[0] == "abc._domainkey.shop.test"
    assert made("x", "CNAME", DKIM, Habit.NEEDS_FINAL_DOT)[1] == f"{DKIM}.shop.test"
    assert made("x", "CNAME", f"{DKIM}.", Habit.NEEDS_FINAL_DOT)[1] == f"{DKIM}."
    assert made("@", "TXT", '"v=spf1 ~all"')[1] == '"v=spf1 ~all"'
    assert made("@", "TXT", '"v=spf1 ~all"', Habit.KEEPS_QUOTES)[1] == '"\\"v=spf1 ~all\\""'
    assert made("@", "TXT", "v=DMARC1; p=none", Habit.ESCAPES_SEMICOLONS)[1] == '"v=DMARC1\\\\; p=none"'
    assert made("@", "MX", "mail.shop.test", priority=10)[1] == "10 mail.shop.test"


@pytest.mark.parametrize(
    ("typed", "habit", "words"),
    [
        (Typed(host="@", rdtype="MX", value="10 mail.shop.test"), None, "priority"),
        (Typed(host="@", rdtype="MX", value="10 mail.shop.test", priority=10), None, "without spaces"),
        (Typed(host="other.test.", rdtype="A", value="192.0.2.1"), None, "not a name of the zone"),
        (Typed(host="@", rdtype="TXT", value="  "), None, "give a value"),
        (Typed(host="@", rdtype="TXT", value="x" * 256), Habit.REFUSES_LONG_TEXT, "255"),
        (Typed(host="_dmarc", rdtype="TXT", value="x"), Habit.REFUSES_UNDERSCORES, "underscore"),
        (Typed(host="@", rdtype="TXT", value="x", ttl=700_000), None, "TTL"),
    ],
)
def test_a_panel_refuses_in_a_sentence(typed: Typed, habit: Habit | None, words: str) -> None:
    with pytest.raises(ZoneError, match=words):
        read("shop.test", typed, Rules(habits=frozenset([habit] if habit else [])))


def test_every_octet_of_a_text_stays_what_it_is(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            content = bytes(range(256)) * 2
            rig.world.book.put("x.test", "TXT", [quoted(content)])
            assert rig.world.book.get("x.test", "TXT").values == (content.decode("latin-1"),)

    run(story())


def test_types_changes_and_deletes_records(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:

            async def post(host: str, rdtype: str, value: str, **more: Any) -> Any:
                body = {"host": host, "type": rdtype, "value": value, **more}
                return await rig.call("POST", "registrar/zones/shop.test/records", body)

            first = await post("@", "TXT", '"site=1"', habits=["keeps-quotes"])
            assert (first.status, first.body["value"], first.body["host"]) == (200, '"site=1"', "@")
            await post("@", "TXT", "v=spf1 -all")
            again = await post("@", "TXT", "v=spf1 -all")
            assert (again.status, again.body["message"]) == (
                400,
                "this TXT record of shop.test is there already",
            )
            mx = (await post("bounce", "MX", "feedback.tayori.test", priority=10)).body
            assert (mx["priority"], mx["value"], mx["name"]) == (10, "feedback.tayori.test", "bounce.shop.test")
            # What is beside it, quotation marks included, stays as it is.
            listed = (await rig.call("GET", "registrar/zones/shop.test")).body
            assert [record["value"] for record in listed["records"]] == [
                '"site=1"',
                "v=spf1 -all",
                "feedback.tayori.test",
            ]
            path = f"registrar/zones/shop.test/records/{first.body['id']}"
            bad = await rig.call("PUT", path, {"host": "@", "type": "A", "value": "?"})
            assert bad.status == 400
            assert (await rig.call("GET", "registrar/zones/shop.test")).body == listed
            changed = await rig.call("PUT", path, {"host": "www", "type": "A", "value": "192.0.2.1", "ttl": 60})
            assert (changed.body["name"], changed.body["ttl"]) == ("www.shop.test", 60)
            assert rig.world.book.get("shop.test", "TXT").values == ("v=spf1 -all",)
            assert (await rig.call("DELETE", path)).status == 400  # it is no longer there
            gone = await rig.call("DELETE", f"registrar/zones/shop.test/records/{changed.body['id']}")
            assert gone.status == 200
            zones = (await rig.call("GET", "registrar/zones", like="shop")).body
            assert zones == {"zones": [{"domain": "shop.test", "records": 2, "fixed": 0}]}

    run(story())


def test_what_belongs_to_the_rehearsal_is_shown_and_stays(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            listed = (await rig.call("GET", "registrar/zones/inbox.test")).body["records"]
            assert {record["is_fixed"] for record in listed} == {True}
            mx = next(record for record in listed if record["type"] == "MX")
            refused = await rig.call("DELETE", f"registrar/zones/inbox.test/records/{mx['id']}")
            assert refused.body["message"] == "the MX record of inbox.test belongs to the rehearsal and stays"
            assert (await rig.call("GET", "registrar/zones/example.com")).status == 400

    run(story())


def test_long_zones_are_listed_by_pages(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            for number in range(150):
                rig.world.book.put(f"h{number:03}.big.test", "A", ["192.0.2.1"])
            first = (await rig.call("GET", "registrar/zones/big.test")).body
            assert (len(first["records"]), first["total"]) == (100, 150)
            second = (await rig.call("GET", "registrar/zones/big.test", after=first["next"])).body
            assert (second["records"][0]["host"], "next" in second) == ("h100", False)

    run(story())


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"host": 1}, {"host": "@", "type": "A", "value": "192.0.2.1", "ttl": "x"},
     {"host": "@", "type": "A", "value": "192.0.2.1", "habits": ["flies"]},
     {"host": "@", "type": "A", "value": "192.0.2.1", "habits": [[]]},
     {"host": "@", "type": "MX", "value": "a.test", "priority": 70000},
     {"host": "\ud800", "type": "A", "value": "192.0.2.1"},
     {"host": "@", "type": "TXT", "value": " "},
     {"host": "a" * 70, "type": "A", "value": "192.0.2.1"}],
)  # fmt: skip
def test_hostile_lines_are_refused(run: Any, rehearsal: Any, body: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            answer = await rig.call("POST", "registrar/zones/shop.test/records", body)
            assert answer.status == 400, answer

    run(story())


def test_habits_of_real_panels(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            panels = {one["key"]: one for one in (await rig.call("GET", "registrar/panels")).body["panels"]}
            assert panels["sakura"]["habits"] == ["doubles-names", "needs-final-dot", "refuses-long-text"]
            assert panels["onamae"]["names"]["ja"] == "お名前.com"

    run(story())
