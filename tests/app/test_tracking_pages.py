"""Tracked links over real HTTP: what strangers get for them, and what becomes of the hits."""

import asyncio
import http.client
import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
import uvicorn

from population import REGION, identity, names, open_account, submission
from programs import require
from tayori import ids
from tayori.api.app import create_app
from tayori.app.http_connection import BoundedProtocol
from tayori.app.tracking import Recorder, TrackingPages, tracking_hosts
from tayori.config import load
from tayori.model import tracking_link
from tayori.model.tracking_link import HttpsUse, LinkKey, LinkKind, TrackingHosts, TrackingLink
from tayori.resources import tracking
from tayori.resources.messages import Door
from tayori.store import tables
from tayori.testing import until

HOST = "r.us-east-1.tayori.test"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TARGET = "https://example.com/a?b=c&d=%20e#f"


@pytest.fixture
def message_id(transact, clock):
    transact(open_account)
    transact(identity, "example.com")
    wanted = submission("a@inbox.test", message_id=ids.message_id(REGION, clock.now()))
    (answer,) = transact(Door(names, "nobody", lambda stream: False).accept, [wanted])
    return answer.message_id


@pytest.fixture
def key(transact):
    return transact(tracking.signing_key, b"k" * 32)


@contextmanager
def serving(app):
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=BoundedProtocol, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


class Reader:
    def __init__(self, port):
        self.port = port

    def ask(self, url, method="GET", host=HOST, user_agent=BROWSER, body=None, **more):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Host": host, "User-Agent": user_agent, "Cookie": "a=b"} | more
        connection.request(method, url, headers=headers, body=body)
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found


@pytest.fixture
def recorder(store):
    return Recorder(store)


@pytest.fixture
def reader(store, clock, recorder):
    pages = TrackingPages(store, clock, recorder, REGION)
    app = create_app(
        store=store, clock=clock, region=REGION, names=names(REGION), page_secret=b"s" * 32, routes=pages.table()
    )
    with serving(app) as port:
        yield Reader(port)


@pytest.fixture
def events(transact, run, recorder):
    """What is in the rows once all hits are written: kind, user agent."""

    def events():
        run(recorder.stop())
        query = sa.select(tables.events).where(tables.events.c.kind.in_(("Open", "Click")))
        return [(row.kind, row.detail) for row in transact(lambda tx: tx.execute(query).all())]

    return events


def link(message_id, key, target="", tags=""):
    kind = LinkKind.CLICK if target else LinkKind.OPEN
    wanted = TrackingLink(kind=kind, message_id=message_id, target=target, tags=tags)
    return tracking_link.write(wanted, f"http://{HOST}", key).removeprefix(f"http://{HOST}")


def test_the_pixel_is_one_and_is_kept_nowhere(reader, events, message_id, key):
    status, headers, body = reader.ask(link(message_id, key))
    assert (status, headers["content-type"], body[:6], len(body)) == (200, "image/gif", b"GIF89a", 43)
    assert body[6:10] == b"\1\0\1\0" and body.endswith(b"\x3b")
    assert "no-store" in headers["cache-control"] and "set-cookie" not in headers
    assert [kind for kind, _ in events()] == ["Open"]


def test_a_click_leads_to_the_target(reader, events, message_id, key):
    status, headers, body = reader.ask(link(message_id, key, TARGET, "a:b"))
    assert (status, headers["location"], body) == (302, TARGET, b"")
    assert "no-store" in headers["cache-control"] and headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    ((kind, detail),) = events()
    assert kind == "Click" and '"link":"https://example.com/a?b=c&d=%20e#f","linkTags":{"a":["b"]}' in detail


def test_a_scanner_that_asks_for_the_head_gets_it_and_is_named(reader, events, message_id, key):
    for url in (link(message_id, key), link(message_id, key, TARGET)):
        whole, (status, headers, body) = reader.ask(url), reader.ask(url, method="HEAD")
        assert (status, body) == (whole[0], b"") and headers["content-length"] == whole[1]["content-length"]
    assert sorted("head-request" in detail for _, detail in events()) == [False, False, True, True]


@pytest.mark.parametrize("host", ["evil.test", "", "click.example.com"])
def test_under_another_host_a_link_is_none(reader, events, message_id, key, host):
    status, headers, _ = reader.ask(link(message_id, key, TARGET), host=host)
    assert status in (400, 404) and "location" not in headers
    assert events() == []


def test_a_link_that_was_changed_leads_nowhere_and_says_nothing_of_it(reader, events, message_id, key):
    url = link(message_id, key, TARGET, "a:b")
    other = link(message_id, LinkKey(number=key.number, secret=b"x" * 32), TARGET, "a:b")
    later = link(message_id, LinkKey(number=key.number + 1, secret=key.secret), TARGET, "a:b")
    changed = [
        url.replace("example.com", "evil.test"),
        url.replace("a:b", "a:c"),
        url.replace("?t=a:b", ""),
        url.replace("-000000/", "-000001/"),
        url[:-12] + "AAAA" + url[-8:],
        other,
        later,
        "/L0/https:%2F%2Fevil.test/<script>alert(1)</script>",
        "/L0/%0d%0aset-cookie:%20a=b/1/x/y=1",
        "/I0/" + "a" * 9000,
    ]
    for one in changed:
        status, headers, body = reader.ask(one)
        assert status == 404 and "location" not in headers, one
        assert b"evil" not in body and b"script" not in body and "set-cookie" not in headers
        assert "このリンクは無効です".encode() in body
    assert events() == []


def test_a_proxy_on_this_machine_is_believed_for_whom_it_asks(reader, events, message_id, key):
    reader.ask(link(message_id, key), **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
    ((_, detail),) = events()
    assert '"ipAddress":"203.0.113.9"' in detail


def test_nothing_but_get_and_head_is_answered(reader, events, message_id, key):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert reader.ask(link(message_id, key), method=method)[:2][0] == 405
    assert reader.ask(link(message_id, key), body=b"x")[0] == 413
    assert events() == []


def test_a_key_that_another_node_made_is_found(reader, message_id, key, transact, clock):
    assert reader.ask(link(message_id, key))[0] == 200
    clock.advance(31 * 86400.0)
    new = transact(tracking.signing_key, b"n" * 32)
    url = link(message_id, new)
    until(lambda: reader.ask(url)[0] == 200, "the new key is known", 10)


def test_what_sess_guide_looks_for_is_there(reader):
    status, headers, _ = reader.ask("/favicon.ico", method="HEAD", host="click.example.com")
    assert (status, headers["x-amz-ses-region"], headers["x-amz-ses-request-protocol"]) == (200, REGION, "http")


@contextmanager
def proxied(folder, reader):
    """HAProxy in front, with the settings that our documentation asks of any proxy."""
    haproxy = require("haproxy", "haproxy")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = folder / "haproxy.cfg"
    settings.write_text(
        "defaults\n mode http\n timeout connect 5s\n timeout client 9s\n timeout server 9s\n option forwardfor\n"
        f"frontend readers\n bind 127.0.0.1:{port}\n default_backend service\n"
        f"backend service\n server one 127.0.0.1:{reader.port}\n"
    )
    process = subprocess.Popen([haproxy, "-f", str(settings), "-db"])
    try:
        until(lambda: _listens(port), "haproxy listens", 10)
        yield Reader(port)
    finally:
        process.terminate()
        process.wait(10)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_links_come_through_a_proxy_as_they_are(reader, tmp_path, message_id, key):
    with proxied(tmp_path, reader) as outside:
        for target in (TARGET, "https://example.com/%2Fa%2520b//c/../d?e=%26&f=/"):
            assert outside.ask(link(message_id, key, target, "a:b"))[1]["location"] == target
        assert outside.ask(link(message_id, key))[0] == 200


# -- hits on their way -------------------------------------------------------------------------------------------------


def hit(message_id, clock):
    wanted = TrackingLink(kind=LinkKind.OPEN, message_id=message_id)
    return tracking.Hit(link=wanted, at=clock.now(), ip_address="192.0.2.1", user_agent=BROWSER, is_head=False)


def test_a_flood_on_one_link_leaves_room_for_the_others(store, transact, run, clock, message_id):
    recorder = Recorder(store)

    async def flood():
        for _ in range(5000):
            recorder.add(hit(message_id, clock))
        for _ in range(50):
            recorder.add(hit(ids.message_id(REGION, clock.now()), clock))
        recorder.add(hit(message_id, clock))
        await recorder.stop()
        recorder.add(hit(message_id, clock))
        await recorder.stop()

    run(flood())
    query = sa.select(sa.func.count()).select_from(tables.events).where(tables.events.c.kind == "Open")
    assert transact(lambda tx: tx.execute(query).scalar_one()) == 200 + 1


def test_hits_wait_for_what_comes_with_them(store, transact, run, clock, message_id):
    recorder = Recorder(store)

    async def settle():
        recorder.add(hit(message_id, clock))
        await recorder.tick()
        query = sa.select(sa.func.count()).select_from(tables.events).where(tables.events.c.kind == "Open")
        at_once = await store.read(lambda tx: tx.execute(query).scalar_one())
        async with asyncio.timeout(10):
            while not await store.read(lambda tx: tx.execute(query).scalar_one()):
                await asyncio.sleep(0.1)
                await recorder.tick()
        return at_once

    assert run(settle()) == 0


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("http", "own", "expected"),
    [
        ({}, {}, TrackingHosts(http_port=8600)),
        ({"public_url": "https://mail.example.net"}, {}, TrackingHosts(https=HttpsUse.REQUIRE)),
        ({"public_url": "https://mail.example.net:8443"}, {"https": "optional"},
         TrackingHosts(https=HttpsUse.OPTIONAL, https_port=8443)),
        ({"public_url": "http://mail.example.net"}, {"host": "t.example.net"}, TrackingHosts(host="t.example.net")),
    ],
)  # fmt: skip
def test_links_lead_to_where_the_api_is_reached(tmp_path, http, own, expected):
    values = {"service": {"domain": "x.test", "roles": ["api"]}, "http": {"port": 8600} | http, "tracking": own}
    assert tracking_hosts(load(tmp_path, environment={}, overrides=values)) == expected
