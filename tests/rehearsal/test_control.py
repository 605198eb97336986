"""The controls of the rehearsal: in this process, and through the socket from another."""

import asyncio
import base64
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tayori.clock import SystemClock
from tayori.rehearsal.control import PREFIX, ControlError, ControlRequest, RehearsalControl, WorldControl
from tayori.rehearsal.remote import RemoteWorld, socket_path
from tayori.rehearsal.zones import RecordSet

CONTENT = b"From: a@shop.test\r\nSubject: x\r\n\r\nx\r\n"


def request(method: str, path: str, body: Any = None, **query: str) -> ControlRequest:
    return ControlRequest(method=method, path=PREFIX + path, query=query, body=body, account_id="111122223333")


def test_records_by_name_and_type(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            put = await rig.call("PUT", "dns/_dmarc.shop.test/txt", {"values": ["v=DMARC1; p=none"], "ttl": 30})
            expected = {"name": "_dmarc.shop.test", "type": "TXT", "values": ["v=DMARC1; p=none"], "ttl": 30}
            assert (put.status, put.body) == (200, expected)
            assert (await rig.call("GET", "dns/_DMARC.shop.test./TXT")).body == expected
            assert (await rig.call("GET", "dns")).body == {"record_sets": [expected]}
            assert (await rig.call("GET", "dns", under="other.test")).body == {"record_sets": []}
            assert (await rig.call("DELETE", "dns/_dmarc.shop.test/TXT")).status == 200
            for method in ("GET", "DELETE"):
                gone = await rig.call(method, "dns/_dmarc.shop.test/TXT")
                assert (gone.status, gone.body) == (
                    404,
                    {"message": "no TXT record of _dmarc.shop.test is registered"},
                )

    run(story())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("PUT", "dns/example.com/A", {"values": ["192.0.2.1"]}, 400, "only names under .test exist in the rehearsal internet, and example.com is not one"),  # noqa: E501
        ("PUT", "dns/a.test/A", {"values": "192.0.2.1"}, 400, "values must be a list of texts"),
        ("PUT", "dns/a.test/A", {"values": ["192.0.2.1"], "ttl": "5"}, 400, "ttl must be a whole number of seconds"),
        ("PUT", "dns/a.test/A", None, 400, "the body must be a JSON object"),
        ("PUT", "dns/a.test/A", {}, 400, "values must be a list of texts"),
        ("GET", "dns/a..test/A", None, 400, "'a..test' is not a domain name"),
        ("DELETE", "dns/inbox.test/MX", None, 400, "the MX record of inbox.test belongs to the rehearsal and stays"),
        ("POST", "dns", {}, 400, "record_sets must be a list"),
        ("POST", "dns", {"record_sets": [{}]}, 400, "name and type must be text"),
        ("POST", "dns/import", {"zone_file": 1}, 400, "zone_file and origin must be text"),
        ("GET", "mailboxes/a@inbox.test?", None, 200, None),
        ("GET", "messages/x", None, 404, "no mailbox holds a message x"),
        ("PUT", "clock", {"speed": 0}, 400, "the speed must be above 0 and at most 1000000"),
        ("PUT", "clock", {"advance_seconds": -1}, 400, "a clock can only be advanced by zero seconds or more"),
        ("PUT", "clock", {"advance_seconds": 1e12}, 400, "a clock cannot be advanced beyond the year 3000"),
        ("PUT", "clock", {"advance_seconds": math.nan}, 400, "a clock can only be advanced by zero seconds or more"),
        ("PUT", "clock", {"advance_seconds": 10**400}, 400, "int too large to convert to float"),
        ("PUT", "clock", {"speed": math.nan}, 400, "the speed must be above 0 and at most 1000000"),
        ("PUT", "clock", {"speed": True}, 400, "speed and advance_seconds must be numbers"),
        ("PUT", "clock", {"hours": 1}, 400, "give speed, advance_seconds or both; not hours"),
        ("PUT", "clock", {}, 400, "give speed, advance_seconds or both"),
        ("PATCH", "clock", {}, 404, "there is no PATCH /tayori/rehearsal/clock in the rehearsal"),
        ("GET", "", None, 404, "there is no GET /tayori/rehearsal/ in the rehearsal"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence(
    run: Any, rehearsal: Any, method: str, path: str, body: Any, status: int, message: str | None
) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            response = await rig.call(method, path, body)
            assert (response.status, response.body.get("message")) == (status, message)

    run(story())


def test_imports_a_zone_file(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            text = "$ORIGIN shop.test.\n@ MX 10 mail\nmail A 192.0.2.1\n_sip._tcp SRV 0 0 1 mail\n"
            response = await rig.call("POST", "dns/import", {"zone_file": text})
            assert response.status == 200
            assert response.body["skipped"] == ["_sip._tcp.shop.test SRV"]
            assert (await rig.world.resolver.resolve("shop.test", "MX")).values == ("10 mail.shop.test",)

    run(story())


def test_handing_over_txt_records_keeps_the_others_of_the_name(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put("shop.test", "TXT", "site-verification=1", "v=spf1 -all")
            sets = [{"name": "shop.test", "type": "TXT", "values": ["v=spf1 include:spf.tayori.test ~all"]}]
            response = await rig.call("POST", "dns", {"record_sets": sets})
            assert response.body["record_sets"][0]["values"] == [
                "site-verification=1",
                "v=spf1 include:spf.tayori.test ~all",
            ]
            bad = [
                {"name": "x.test", "type": "A", "values": ["1.2.3.4"]},
                {"name": "y.test", "type": "A", "values": ["?"]},
            ]
            assert (await rig.call("POST", "dns", {"record_sets": bad})).status == 400
            assert (await rig.call("GET", "dns/x.test/A")).status == 404

    run(story())


def test_reads_and_empties_mailboxes(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            for _ in range(3):
                await rig.send("x@shop.test", "b+tag@inbox.test", CONTENT)
            await rig.send("x@shop.test", "c@inbox.test", CONTENT)
            assert (await rig.call("GET", "mailboxes")).body == {
                "mailboxes": [
                    {"address": "b+tag@inbox.test", "messages": 3},
                    {"address": "c@inbox.test", "messages": 1},
                ]
            }
            first = await rig.call("GET", "mailboxes/b%2Btag%40inbox.test", limit="2")
            assert [len(first.body["messages"]), first.body["next"]] == [2, first.body["messages"][1]["id"]]
            rest = await rig.call("GET", "mailboxes/b+tag@inbox.test", after=first.body["next"])
            assert len(rest.body["messages"]) == 1 and "next" not in rest.body
            one = await rig.call("GET", f"messages/{rest.body['messages'][0]['id']}")
            assert base64.b64decode(one.body["raw_base64"]).endswith(CONTENT)
            await rig.call("DELETE", "mailboxes/b+tag@inbox.test")
            assert (await rig.call("GET", "mailboxes/b+tag@inbox.test")).body == {"messages": []}
            await rig.call("DELETE", "mailboxes")
            assert (await rig.call("GET", "mailboxes")).body == {"mailboxes": []}
            assert (await rig.call("GET", "mailboxes/c@inbox.test", limit="0")).status == 400

    run(story())


def test_turns_the_clock(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            before = datetime.fromisoformat((await rig.call("GET", "clock")).body["now"])
            response = await rig.call("PUT", "clock", {"advance_seconds": 3600, "speed": 60})
            assert response.body["speed"] == 60
            assert datetime.fromisoformat(response.body["now"]) - before >= timedelta(hours=1)
            parts = dict.fromkeys(("book", "registrar", "mailboxes", "desk", "complaints", "providers"))
            still = WorldControl(**parts, clock=SystemClock())  # type: ignore[arg-type]
            assert (await still.handle(request("PUT", "clock", {"speed": 2}))).status == 409
            assert (await still.handle(request("GET", "clock"))).body["speed"] == 1.0

    run(story())


def test_names_the_providers(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            providers = (await rig.call("GET", "providers")).body["providers"]
            assert len(providers) == 17
            assert {"domain": "full.test", "behaviour": "452 4.2.2 always"}.items() <= providers[5].items()

    run(story())


class Hooks:
    """The service's side, as rows would answer."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def needed_records(self, account_id: str, domain: str) -> Sequence[RecordSet]:
        if domain == "unknown.shop.test":
            raise ControlError(404, f"the account has no identity {domain}")
        if domain == "nothing.test":
            return []
        self.calls.append(("needed", account_id, domain))
        return [
            RecordSet(name=f"t._domainkey.{domain}", rdtype="CNAME", values=("t.dkim.tayori.test",)),
            RecordSet(name=f"_dmarc.{domain}", rdtype="TXT", values=("v=DMARC1; p=none",)),
        ]

    async def change_settings(self, account_id: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append(("settings", account_id, dict(settings)))
        return settings

    async def reset(self, account_id: str) -> None:
        self.calls.append(("reset", account_id))


def test_adopts_what_an_identity_asks_for(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            hooks = Hooks()
            control = RehearsalControl(rig.world.control.handle, hooks)
            response = await control.handle(request("POST", "dns/adopt/shop.test"))
            assert response.status == 200
            assert [item["name"] for item in response.body["record_sets"]] == [
                "t._domainkey.shop.test",
                "_dmarc.shop.test",
            ]
            assert (await rig.world.resolver.resolve("_dmarc.shop.test", "TXT")).values == ("v=DMARC1; p=none",)
            assert hooks.calls == [("needed", "111122223333", "shop.test")]
            unknown = await control.handle(request("POST", "dns/adopt/unknown.shop.test"))
            assert (unknown.status, unknown.body["message"]) == (404, "the account has no identity unknown.shop.test")
            nothing = await control.handle(request("POST", "dns/adopt/nothing.test"))
            assert nothing.status == 404
            assert (await control.handle(request("GET", "providers"))).status == 200

    run(story())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"verify_identities_at_once": 1}, "verify_identities_at_once must be true or false"),
        ({"max_send_rate": -2}, "max_send_rate must be a number of zero or more, or -1 for no limit"),
        ({"max_24_hour_send": True}, "max_24_hour_send must be a number of zero or more, or -1 for no limit"),
        ({"colour": "red"}, "colour is not a setting of the rehearsal"),
        (None, "the body must be a JSON object"),
    ],
)
def test_settings_are_checked_before_the_service_sees_them(run: Any, body: Any, message: str) -> None:
    async def story() -> None:
        hooks = Hooks()
        response = await RehearsalControl(_nobody, hooks).handle(request("PUT", "settings", body))
        assert (response.status, response.body, hooks.calls) == (400, {"message": message}, [])

    run(story())


def test_settings_and_reset_reach_the_service(run: Any) -> None:
    async def story() -> None:
        hooks = Hooks()
        control = RehearsalControl(_nobody, hooks)
        wanted = {
            "verify_identities_at_once": True,
            "production_access": True,
            "max_24_hour_send": -1,
            "max_send_rate": 14.5,
        }
        assert (await control.handle(request("PUT", "settings", wanted))).body == wanted
        assert (await control.handle(request("POST", "reset"))).status == 200
        assert hooks.calls == [("settings", "111122223333", wanted), ("reset", "111122223333")]

    run(story())


async def _nobody(request: ControlRequest) -> Any:
    raise AssertionError(f"the world was asked {request}")


def test_the_same_controls_through_the_socket(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            folder = rig.world.settings.folder
            assert socket_path(folder).stat().st_mode & 0o077 == 0
            remote = RemoteWorld(folder)
            put = await remote.handle(
                request("PUT", "dns/shop.test/TXT", {"values": ["日本".encode().decode("latin-1")]})
            )
            assert put.status == 200
            assert await remote.handle(request("GET", "dns/shop.test/TXT")) == put
            await rig.send("x@shop.test", "b@inbox.test", CONTENT + b"0123456789\r\n" * 20_000)
            answers = await asyncio.gather(*(remote.handle(request("GET", "mailboxes/b@inbox.test")) for _ in range(5)))
            assert all(len(answer.body["messages"][0]["raw_base64"]) > 200_000 for answer in answers)
            refused = await remote.handle(request("PUT", "clock", {"speed": -1}))
            assert refused.status == 400
        gone = await remote.handle(request("GET", "dns"))
        assert (gone.status, gone.body["message"]) == (503, "the rehearsal internet is not running")

    run(story())


def test_a_stranger_on_the_socket_disturbs_nobody(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            path = socket_path(rig.world.settings.folder)
            for noise in (b"", b"\0\0\0\5hello", b"\xff\xff\xff\xff", b"\0\0\0\2{}"):
                reader, writer = await asyncio.open_unix_connection(path)
                writer.write(noise)
                writer.write_eof()
                assert await reader.read() == b""
                writer.close()
            assert (await RemoteWorld(rig.world.settings.folder).handle(request("GET", "providers"))).status == 200

    run(story())


def test_a_socket_path_fits_even_in_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(str(socket_path(deep))) < 104
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(deep / "y")


PROCESS = """
import sys
from pathlib import Path
from tayori.model.names import ServiceNames
from tayori.rehearsal.world import RehearsalSettings, run
folder, port = Path(sys.argv[1]), int(sys.argv[2])
run(RehearsalSettings(
    folder=folder, names=ServiceNames(service_domain="tayori.test", region="us-east-1"), clock_file=folder / "clock",
    dns_port=0, smtp_port=port, service_dns_port=1, service_mx_port=1,
))
"""


def test_lives_in_a_process_of_its_own_until_it_is_told_to_stop(run: Any, tmp_path: Path, provider_port: int) -> None:
    async def story() -> int:
        remote = RemoteWorld(tmp_path)
        while (await remote.handle(request("GET", "providers"))).status != 200:
            assert process.poll() is None, "the process ended by itself"
            await asyncio.sleep(0.05)
        assert (await remote.handle(request("PUT", "dns/a.test/A", {"values": ["192.0.2.1"]}))).status == 200
        process.terminate()
        return await asyncio.to_thread(process.wait, 20)

    process = subprocess.Popen([sys.executable, "-W", "error", "-c", PROCESS, str(tmp_path), str(provider_port)])
    try:
        assert run(story()) == 0
    finally:
        process.kill()
        process.wait()
