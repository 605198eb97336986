"""Requests to places that users name: nobody steers them to where only this server may go, and none lasts for ever."""

import asyncio
import gzip
import ipaddress
import ssl

import pytest
from endpoints import AUTHORITY, OK, Endpoint, Names, answer, serving

from tayori.events.outgoing_http import OutgoingError, OutgoingHttp, OutgoingSettings, Trouble
from tayori.events.target import Target, TargetError
from tayori.model.public_address import may_be_reached

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def http(names=None, **settings):
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    values = {"allowed_networks": LOOPBACK, "tls": context} | settings
    return OutgoingHttp(names or Names(), OutgoingSettings(**values))


async def trouble_of(client, url):
    with pytest.raises(OutgoingError) as raised:
        await client.post(url, (), b"x")
    assert str(raised.value).endswith(".")
    return raised.value.trouble


# --- where it may not go ---


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.88.99.1", "224.0.0.1", "239.255.255.250"),
        *("240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8"),
        *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:808:808::1", "2001:0:7f00:1::", "2001:db8::1", "2001:10::1"),
        *("3fff::1", "100::1", "5f00::1", "fe80::1%eth0", "2606:4700::1111%eth0", "not an address", ""),
    ],
)
def test_addresses_that_are_not_public(address):
    assert not may_be_reached(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "2606:4700:4700::1111", "2a00:1450::1"])
def test_addresses_that_are_public(address):
    assert may_be_reached(address)


def test_an_opened_network_is_not_opened_by_another_spelling():
    assert may_be_reached("127.0.0.1", LOOPBACK)
    assert not may_be_reached("::ffff:127.0.0.1", LOOPBACK)
    assert not may_be_reached("64:ff9b::7f00:1", LOOPBACK)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "localhost.", "app.localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"),
        *("169.254.169.254", "[fd00:ec2::254]", "inside.example", "both.example", "mapped.example", "INSIDE.example."),
        *("[::ffff:7f00:1]", "[::7f00:1]", "nat64.example", "sixtofour.example", "teredo.example", "metadata.example"),
    ],
)
def test_what_leads_inside_is_refused_before_anything_is_sent(run, host):
    names = Names(
        inside__example="10.1.2.3",
        both__example=("127.0.0.1", "fc00::1"),
        mapped__example="::ffff:127.0.0.1",
        nat64__example="64:ff9b::7f00:1",
        sixtofour__example="2002:7f00:1::",
        teredo__example="2001:0:7f00:1::",
        metadata__example="169.254.169.254",
    )
    client = http(names, allowed_networks=())

    async def check():
        async with serving(Endpoint()) as endpoint:
            assert await trouble_of(client, f"http://{host}:{endpoint.port}/") is Trouble.NOT_PUBLIC
            assert endpoint.received == []

    run(check())


@pytest.mark.parametrize(
    "url",
    [
        *("http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.1/"),
        *("http://127.0.0.01/", "http://1.2.3.256/", "http://127.0.0.1.5/", "http://[::1%25lo]/", "http://[::1/"),
        *("http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.x]/"),
        *(
            "ftp://app.example/",
            "file:///etc/passwd",
            "gopher://app.example/",
            "//app.example/",
            "http:///x",
            "app",
            "",
        ),
        *("http://app.example:22/", "http://app.example:25/", "http://app.example:6379/", "http://app.example:0/"),
        *(
            "http://app.example:99999/",
            "http://app.example:x/",
            "http://app.example/a b",
            "http://app.example\\@inside/",
        ),
        *("http://app.example/\r\nX: y", "http://app_\u3002example\x00/", "http://-app.example/", "http://a..example/"),
        *("http://１２７.０.０.１/", "http://127。0。0。1/", "http://app.example/\ud800", "http://1.2.3.4.example.7/"),
        "http://app.example/" + "x" * 2048,
    ],
)
def test_urls_that_are_no_place_to_send_to(run, url):
    names = Names()
    with pytest.raises(TargetError):
        Target.parse(url)
    assert run(trouble_of(http(names), url)) is Trouble.BAD_URL
    assert names.asked == []


def test_what_other_programs_read_in_another_way_is_read_in_one_way():
    assert Target.parse("http://a@b@app.example/").host == "app.example"
    assert Target.parse("http://127.0.0.1#@app.example/").host == "127.0.0.1"
    assert Target.parse("http://app.example?@127.0.0.1/").host == "app.example"
    assert Target.parse("HTTPS://App.Example").authority == "app.example"
    assert Target.parse("https://münchen.example:8443/a?b=ü").path == "/a?b=%C3%BC"


def test_a_name_is_resolved_once_and_that_address_is_connected_to(run):
    """A zone that answers otherwise the second time (DNS rebinding) is not asked a second time."""

    class Rebinding(Names):
        async def resolve(self, name, rdtype):
            found = await super().resolve(name, rdtype)
            self.table = {"app.example": ("10.0.0.1",)}
            return found

    names = Rebinding(app__example="127.0.0.1")

    async def check():
        async with serving(Endpoint()) as endpoint:
            found = await http(names).post(endpoint.url(host="app.example"), (), b"x")
            assert (found.status, found.address) == (200, "127.0.0.1")
        assert names.asked == [("app.example", "A"), ("app.example", "AAAA")]

    run(check())


def test_only_the_public_ones_of_several_addresses_are_tried(run):
    async def check():
        async with serving(Endpoint()) as endpoint:
            names = Names(app__example=("10.0.0.1", "127.0.0.1"))
            found = await http(names).post(endpoint.url(host="app.example"), (), b"x")
            assert found.address == "127.0.0.1"

    run(check())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(run, status):
    async def check():
        async with serving(Endpoint()) as inside:
            moved = answer(status, b"", f"Location: {inside.url()}")
            async with serving(Endpoint(answers=[moved])) as endpoint:
                assert (await http().post(endpoint.url(), (), b"x")).status == status
            assert inside.received == []

    run(check())


# --- what it sends, and what it makes of answers ---


def test_a_request_as_it_arrives(run):
    async def check():
        async with serving(Endpoint()) as endpoint:
            url = f"http://user:p%40ss@127.0.0.1:{endpoint.port}/hook?x=1"
            found = await http().post(url, [("X-One", "a\r\nX-Two: b"), ("Content-Type", "text/plain")], b"body")
            (request,) = endpoint.received
            assert (request.method, request.path, request.body) == ("POST", "/hook?x=1", b"body")
            assert request.headers["authorization"] == "Basic dXNlcjpwQHNz"
            assert request.headers["host"] == f"127.0.0.1:{endpoint.port}"
            assert request.headers["x-one"] == "a  X-Two: b" and "x-two" not in request.headers
            assert (found.status, found.body) == (200, b"ok") and found.seconds < 10

    run(check())


def test_certificates_are_verified(run):
    async def check():
        names = Names(app__example="127.0.0.1", other__example="127.0.0.1")
        async with serving(Endpoint(), tls_name="app.example") as endpoint:
            client = http(names)
            good = await client.post(endpoint.url(host="app.example", scheme="https"), (), b"x")
            assert good.status == 200
            other = endpoint.url(host="other.example", scheme="https")
            assert await trouble_of(client, other) is Trouble.BAD_CERTIFICATE
            unknown = OutgoingHttp(names, OutgoingSettings(allowed_networks=LOOPBACK))
            url = endpoint.url(host="app.example", scheme="https")
            assert await trouble_of(unknown, url) is Trouble.BAD_CERTIFICATE
            assert len(endpoint.received) == 1

    run(check())


async def hang(request, writer):
    await asyncio.sleep(60)


async def drip(request, writer):
    """An octet now and then, for ever."""
    for octet in b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 10_000:
        writer.write(bytes([octet]))
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("script", [hang, drip])
def test_nobody_takes_longer_than_the_limit(run, script):
    async def check():
        async with serving(Endpoint(script=script)) as endpoint:
            assert await trouble_of(http(seconds=0.3), endpoint.url()) is Trouble.TOO_SLOW

    run(check())


async def flood(request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        await writer.drain()


async def flood_of_fields(request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Filler: " + b"y" * 8000 + b"\r\n")
        await writer.drain()


def test_an_answer_without_end_is_read_to_the_bound(run):
    async def check():
        async with serving(Endpoint(script=flood)) as endpoint:
            found = await http(max_body=1000).post(endpoint.url(), (), b"x")
            assert (found.status, len(found.body)) == (200, 1000)
        async with serving(Endpoint(script=flood_of_fields)) as endpoint:
            assert await trouble_of(http(), endpoint.url()) is Trouble.BROKEN

    run(check())


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_what_is_no_answer(run, said):
    async def check():
        async with serving(Endpoint(answers=[said])) as endpoint:
            assert await trouble_of(http(), endpoint.url()) is Trouble.BROKEN

    run(check())


def test_informational_answers_are_passed_over(run):
    async def check():
        async with serving(Endpoint(answers=[b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK])) as endpoint:
            found = await http().post(endpoint.url(), (), b"x")
            assert (found.status, dict(found.headers)) == (200, {"content-length": "2"})

    run(check())


def test_where_nobody_listens_and_where_nothing_is(run):
    async def check():
        async with serving(Endpoint()) as endpoint:
            port = endpoint.port
        assert await trouble_of(http(), f"http://127.0.0.1:{port}/") is Trouble.UNREACHABLE
        assert await trouble_of(http(), "http://nothing.example/") is Trouble.NO_ADDRESS

    run(check())


def test_a_password_in_a_url_is_sent_to_its_host_only_and_told_to_nobody(run):
    async def check():
        async with serving(Endpoint()) as inside:
            moved = answer(302, b"", f"Location: {inside.url()}")
            async with serving(Endpoint(answers=[moved])) as endpoint:
                url = f"http://user:hunter2@127.0.0.1:{endpoint.port}/"
                await http().post(url, (), b"x")
                assert "authorization" in endpoint.received[0].headers
            assert inside.received == []
        for gone in (url, url.replace("127.0.0.1", "10.0.0.1"), url.replace("127.0.0.1", "nothing.example")):
            with pytest.raises(OutgoingError) as raised:
                await http().post(gone, (), b"x")
            assert "hunter2" not in str(raised.value)
        assert "hunter2" not in repr(Target.parse(url)) and "hunter2" not in Target.parse(url).authority

    run(check())


def test_an_answer_is_not_unpacked(run):
    """So that a small one cannot become a large one."""
    packed = gzip.compress(b"x" * 1_000_000)

    async def check():
        async with serving(Endpoint(answers=[answer(200, packed, "Content-Encoding: gzip")])) as endpoint:
            assert (await http().post(endpoint.url(), (), b"x")).body == packed

    run(check())


def test_every_try_looks_anew(run):
    """A name that has moved inside since the last try is refused then, too."""
    names = Names(app__example="127.0.0.1")

    async def check():
        async with serving(Endpoint()) as endpoint:
            url = endpoint.url(host="app.example")
            client = http(names)
            assert (await client.post(url, (), b"x")).status == 200
            names.table["app.example"] = ("192.168.0.1",)
            assert await trouble_of(client, url) is Trouble.NOT_PUBLIC
            assert len(endpoint.received) == 1

    run(check())
