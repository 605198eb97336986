"""Opens and clicks in the rows: which mail is tracked, what is written of a hit, and that there is an end to it."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, caller, identity, names, open_account, submission
from tayori import ids
from tayori.model import tracking_link
from tayori.model.event import timestamp
from tayori.model.message import Operation
from tayori.model.tracking import Tracking, TrackingWanted, trackable
from tayori.model.tracking_link import LinkKind, TrackingHosts, TrackingLink, key_number
from tayori.resources import accounts, configuration_sets, tracking
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.messages import Door
from tayori.resources.settings import Settings
from tayori.resources.tracking import COLLECTED, MOST_EVENTS, Hit
from tayori.store import tables
from tayori.store.notification_tables import event_destinations
from tayori.store.publication_tables import publications, webhooks

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HTML = b'From: x\r\nContent-Type: text/html\r\n\r\n<a ses:tags="a:b" href="https://x.test/">x</a>\r\n'


def a_set(tx, *kinds, enabled=True, **options):
    chosen = {OptionGroup[group]: value for group, value in options.items()}
    configuration_sets.create(tx, ACCOUNT, REGION, ConfigurationSet(name="set", options=chosen))
    key = {"account_id": ACCOUNT, "region": REGION, "configuration_set": "set", "name": "destination"}
    more = {"kinds": list(kinds), "target_kind": "sns", "target": {}, "created_at": tx.now, "enabled": enabled}
    if kinds:
        tx.execute(event_destinations.insert().values(**key, **more))


def a_webhook(tx, *kinds, configuration_set):
    key = {"account_id": ACCOUNT, "region": REGION, "webhook_id": "hook", "url": "https://x.test/", "secret": "s"}
    more = {"kinds": list(kinds), "configuration_set": configuration_set, "state": "active", "created_at": tx.now}
    tx.execute(webhooks.insert().values(**key, **more))


@pytest.fixture
def door(transact):
    transact(open_account)
    transact(identity, "example.com")
    return Door(names, "worker", lambda size: True)


@pytest.fixture
def send(transact, door, clock):
    """The MessageId of a message that is accepted, by way of its links where it is to have some."""

    def send(*recipients, **changes):
        values = {"message_id": ids.message_id(REGION, clock.now()), "content": HTML, "configuration_set": "set"}
        wanted = submission(*recipients, **(values | changes))
        (answer,) = transact(door.accept, [wanted])
        if isinstance(answer, TrackingWanted):
            wanted = trackable(wanted, answer, TrackingHosts(), names(REGION))
            (answer,) = transact(door.accept, [wanted])
        assert not isinstance(answer, Exception), answer
        return answer.message_id

    return send


@pytest.fixture
def deliver(transact):
    def deliver(message_id, at):
        row = {"message_id": message_id, "at": tables.to_micros(at), "kind": "Delivery", "ordinal": 0, "detail": "{}"}
        transact(lambda tx: tx.execute(tables.events.insert().values(row)))

    return deliver


@pytest.fixture
def record(transact):
    settings = Settings()

    def record(*hits):
        return transact(tracking.record, settings, hits)

    return record


@pytest.fixture
def told(transact):
    """The events of opening and clicking: kind, ordinal, detail."""

    def told(message_id):
        table = tables.events.c
        query = sa.select(tables.events).where(table.message_id == message_id, table.kind.in_(("Open", "Click")))
        rows = transact(lambda tx: tx.execute(query.order_by(table.at)).all())
        return [(row.kind, row.ordinal, json.loads(row.detail)) for row in rows]

    return told


def hit(message_id, at, target="", *, ip_address="192.0.2.1", user_agent=BROWSER, is_head=False, tags=""):
    kind = LinkKind.CLICK if target else LinkKind.OPEN
    link = TrackingLink(kind=kind, message_id=message_id, target=target, tags=tags)
    return Hit(link=link, at=at, ip_address=ip_address, user_agent=user_agent, is_head=is_head)


def later(clock, seconds=60.0):
    return clock.now() + timedelta(seconds=seconds)


# -- what is tracked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "enabled", "options", "expected"),
    [
        ((), True, {}, None),
        (("SEND", "DELIVERY"), True, {}, None),
        (("OPEN",), False, {}, None),
        (("OPEN",), True, {}, Tracking(opens=True, clicks=False)),
        (("CLICK", "SEND"), True, {}, Tracking(opens=False, clicks=True)),
        (
            ("OPEN", "CLICK"),
            True,
            {"TRACKING": {"CustomRedirectDomain": "c.example.com", "HttpsPolicy": "REQUIRE"}},
            Tracking(opens=True, clicks=True, redirect_domain="c.example.com", https_policy="REQUIRE"),
        ),
    ],
)
def test_mail_is_tracked_where_its_set_has_a_destination_that_asks_for_it(
    transact, door, kinds, enabled, options, expected
):
    transact(a_set, *kinds, enabled=enabled, **options)
    (answer,) = transact(door.accept, [submission("a@inbox.test", configuration_set="set")])
    assert (answer.tracking if isinstance(answer, TrackingWanted) else None) == expected
    (without,) = transact(door.accept, [submission("a@inbox.test")])
    assert not isinstance(without, Exception)


@pytest.mark.parametrize(
    ("enabled", "of_account", "of_set", "is_tracked"),
    [
        ("ENABLED", "ENABLED", None, True),
        ("ENABLED", "ENABLED", "DISABLED", False),
        ("ENABLED", "DISABLED", "ENABLED", True),
        ("ENABLED", "DISABLED", None, False),
        ("DISABLED", "ENABLED", "ENABLED", False),
        (None, None, "ENABLED", False),
    ],
)
def test_engagement_metrics_track_both(transact, door, enabled, of_account, of_set, is_tracked):
    if enabled:
        attributes = {"VdmEnabled": enabled, "DashboardAttributes": {"EngagementMetrics": of_account}}
        transact(accounts.put_vdm, ACCOUNT, REGION, attributes)
    transact(a_set, **({"VDM": {"DashboardOptions": {"EngagementMetrics": of_set}}} if of_set else {}))
    (answer,) = transact(door.accept, [submission("a@inbox.test", configuration_set="set")])
    assert (isinstance(answer, TrackingWanted) and answer.tracking == Tracking(opens=True, clicks=True)) is is_tracked


def test_a_webhook_of_the_set_counts_as_its_destination_and_one_of_all_mail_does_not(transact, door):
    transact(a_set)
    transact(a_webhook, "CLICK", configuration_set=None)
    assert not isinstance(transact(door.accept, [submission(configuration_set="set")])[0], Exception)
    transact(lambda tx: tx.execute(webhooks.update().values(configuration_set="set")))
    (answer,) = transact(door.accept, [submission(configuration_set="set")])
    assert answer.tracking == Tracking(opens=False, clicks=True)


def test_verification_mails_are_never_tracked(transact, door):
    transact(a_set, "OPEN", "CLICK")
    wanted = submission("a@inbox.test", configuration_set="set", caller=caller(operation=Operation.CUSTOM_VERIFICATION))
    assert not isinstance(transact(door.accept, [wanted])[0], Exception)


def test_a_message_that_waits_for_its_links_takes_nothing_from_the_quota(transact, door):
    transact(lambda tx: tx.execute(tables.account_regions.update().values(max_24_hour=1)))
    transact(a_set, "OPEN")
    wanted = submission(configuration_set="set")
    (answer,) = transact(door.accept, [wanted])
    again = trackable(wanted, answer, TrackingHosts(), names(REGION))
    assert not isinstance(transact(door.accept, [again])[0], Exception)


def test_what_is_kept_and_sent_has_the_links(transact, send):
    transact(a_set, "OPEN", "CLICK")
    message_id = send("a@inbox.test")
    (row,) = transact(lambda tx: tx.execute(sa.select(tables.bodies)).all())
    url = bytes(row.content).partition(b'href="')[2].partition(b'"')[0].decode()
    assert url.startswith(f"http://r.{REGION}.tayori.test/L0/https:%2F%2Fx.test%2F/1/{message_id}/")
    parts = urlsplit(url)
    found = tracking_link.read(parts.path, parts.query, parts.netloc, transact(tracking.keys).get)
    assert found == TrackingLink(kind=LinkKind.CLICK, message_id=message_id, target="https://x.test/", tags="a:b")


def test_a_key_is_made_once_and_kept_when_the_next_one_signs(transact, clock):
    first = transact(tracking.signing_key, b"a" * 32)
    assert first == transact(tracking.signing_key, b"b" * 32) and first.number == key_number(clock.now())
    clock.advance(timedelta(days=30).total_seconds())
    second = transact(tracking.signing_key, b"c" * 32)
    assert transact(tracking.keys) == {first.number: b"a" * 32, second.number: b"c" * 32}


# -- what is written of a hit ------------------------------------------------------------------------------------------


def test_every_open_and_click_is_an_event(transact, clock, send, deliver, record, told):
    transact(a_set, "OPEN", "CLICK")
    message_id = send("a@inbox.test")
    deliver(message_id, clock.now())
    at = later(clock)
    click = hit(message_id, at + timedelta(seconds=1), "https://x.test/", tags="a:b")
    assert record(hit(message_id, at), click, hit(message_id, at)) == 3
    assert record(hit(message_id, later(clock, 90))) == 1
    events = told(message_id)
    assert [(kind, ordinal) for kind, ordinal, _ in events] == [("Open", 0), ("Open", 0), ("Click", 0), ("Open", 0)]
    assert events[0][2] == events[1][2], "two at the same moment are two"
    assert events[2][2] == {
        "ipAddress": "192.0.2.1",
        "link": "https://x.test/",
        "linkTags": {"a": ["b"]},
        "timestamp": timestamp(click.at),
        "userAgent": BROWSER,
        "isBotEvent": "Unlikely",
    }
    notes = transact(lambda tx: tx.execute(sa.select(publications)).all())
    assert sorted(row.kind for row in notes) == ["Click", "Open", "Open", "Open"]


def test_of_several_recipients_nobody_knows_who_it_was(transact, clock, send, record, told):
    transact(a_set, "OPEN")
    message_id = send("a@inbox.test", "b@inbox.test")
    record(hit(message_id, later(clock)))
    assert [(kind, ordinal) for kind, ordinal, _ in told(message_id)] == [("Open", -1)]


def test_opens_and_clicks_are_counted(transact, clock, send, record):
    transact(a_set, "OPEN", "CLICK")
    message_id = send("a@inbox.test")
    record(hit(message_id, later(clock)), hit(message_id, later(clock)), hit(message_id, later(clock), "https://x/"))
    rows = transact(lambda tx: tx.execute(sa.text("SELECT SUM(opens), SUM(clicks) FROM mail_counts")).all())
    assert [tuple(map(int, row)) for row in rows] == [(2, 1)]


def test_machines_are_named(transact, clock, send, deliver, record, told):
    transact(a_set, "OPEN", "CLICK")
    message_id = send("a@inbox.test")
    record(hit(message_id, later(clock, 1)))
    deliver(message_id, later(clock, 2))
    record(hit(message_id, later(clock, 3), "https://x.test/"), hit(message_id, later(clock, 9), user_agent="x" * 900))
    record(hit(message_id, later(clock, 20), is_head=True))
    details = [detail for _, _, detail in told(message_id)]
    assert [(one.get("tayoriMachine"), one["isBotEvent"]) for one in details] == [
        ("before-delivery", "Likely"), ("at-delivery", "Likely"), (None, "Unlikely"), ("head-request", "Likely"),
    ]  # fmt: skip
    assert len(details[2]["userAgent"]) == 500


def test_who_follows_many_links_at_once_does_not_read(transact, clock, send, deliver, record, told):
    transact(a_set, "CLICK")
    alone, shared = send("a@inbox.test"), send("a@inbox.test", "b@inbox.test")
    for message_id in (alone, shared):
        deliver(message_id, clock.now())
        record(hit(message_id, later(clock, 60), "https://x.test/1", ip_address="192.0.2.1"))
        record(
            *(hit(message_id, later(clock, 61 + n), f"https://x.test/{n}", ip_address=f"192.0.2.{n}") for n in (2, 3))
        )
        record(hit(message_id, later(clock, 80), "https://x.test/4"))
    machines = [detail.get("tayoriMachine") for _, _, detail in told(alone)]
    assert machines == [None, "many-links", "many-links", None]
    assert [detail.get("tayoriMachine") for _, _, detail in told(shared)] == [None] * 4


# -- what is not -------------------------------------------------------------------------------------------------------


def test_nobody_fills_the_disk_with_one_link(transact, clock, send, record, told):
    transact(a_set, "OPEN")
    message_id = send("a@inbox.test")
    for _ in range(MOST_EVENTS // 500):
        record(*(hit(message_id, later(clock)) for _ in range(510)))
    assert record(hit(message_id, later(clock))) == 0
    assert len(told(message_id)) == MOST_EVENTS


def test_after_sixty_days_nothing_is_collected(transact, clock, send, record, told):
    transact(a_set, "OPEN")
    message_id = send("a@inbox.test")
    seconds = COLLECTED.total_seconds()
    assert record(hit(message_id, later(clock, seconds + 1))) == 0
    assert record(hit(message_id, later(clock, seconds - 1))) == 1


def test_a_message_that_is_forgotten_has_no_events(transact, clock, door, record):
    unknown = ids.message_id(REGION, clock.now())
    assert record(hit(unknown, later(clock))) == 0
    assert transact(lambda tx: tx.execute(sa.select(tables.events)).all()) == []
