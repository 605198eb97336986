"""Links of open and click tracking: SES's form, and no way to make one lead elsewhere."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.model import tracking_link
from tayori.model.names import ServiceNames
from tayori.model.tracking_link import HttpsUse, LinkKey, LinkKind, TrackingHosts, TrackingLink, is_clean, key_number

MESSAGE = "0100018774e741e0-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
ORIGIN = "https://r.us-east-1.example.net"
KEY = LinkKey(number=686, secret=b"k" * 32)
NAMES = ServiceNames(service_domain="example.net", region="us-east-1")
OPEN = TrackingLink(kind=LinkKind.OPEN, message_id=MESSAGE)


def click(target, tags=""):
    return TrackingLink(kind=LinkKind.CLICK, message_id=MESSAGE, target=target, tags=tags)


def read(url, host=None):
    parts = urlsplit(url)
    return tracking_link.read(parts.path, parts.query, host or parts.netloc, {686: KEY.secret}.get)


def test_the_forms_are_those_of_ses():
    assert re.fullmatch(rf"{ORIGIN}/I0/{MESSAGE}/[\w-]{{27}}=686", tracking_link.write(OPEN, ORIGIN, KEY))
    url = tracking_link.write(click("https://example.com/p?q=1&a=b"), ORIGIN, KEY)
    target = "https:%2F%2Fexample.com%2Fp%3Fq=1%26a=b"
    assert re.fullmatch(rf"{ORIGIN}/L0/{target}/1/{MESSAGE}/[\w-]{{27}}=686", url)


URLS = st.from_regex(r"\Ahttps?://[a-z0-9.-]{1,20}(:[0-9]{1,4})?(/[!-~]{0,60})?\Z").filter(is_clean)


@given(URLS, st.sampled_from(["", "a:b", "a:b;c:d;a:e"]))
def test_what_is_written_is_read(target, tags):
    url = tracking_link.write(click(target, tags), ORIGIN, KEY)
    assert read(url) == click(target, tags)
    assert not set(url) & set("\"'<>&`~ ") and url.isascii()
    assert len(url.split("/")) == 8, "the target is one segment"


@given(URLS, st.data())
def test_a_link_with_one_other_character_is_not_ours(target, data):
    """Whatever is changed: the target, its tags, the message, the signature, the key."""
    url = tracking_link.write(click(target, "a:b"), ORIGIN, KEY)
    at = data.draw(st.integers(len(ORIGIN), len(url) - 1))
    other = data.draw(st.sampled_from("aZ09-_.:;=%/?1"))
    changed = url[:at] + other + url[at + 1 :]
    found = read(changed)
    # Percent signs may be spelled in two ways, and what is no field of ours in a query means nothing.
    assert found is None or found == click(target, "a:b")


def test_a_link_of_one_message_is_not_one_of_another():
    url = tracking_link.write(OPEN, ORIGIN, KEY)
    assert read(url) == OPEN
    assert read(url.replace("dd0099", "dd0098")) is None


def test_a_link_holds_under_its_host_only():
    """Else a customer could lend himself the name of another's redirect domain."""
    url = tracking_link.write(click("https://example.com/"), ORIGIN, KEY)
    assert read(url, "click.shop.test") is None
    assert read(url, "R.us-east-1.Example.net.:8443") is not None


def test_a_target_may_come_with_its_slashes_decoded():
    url = tracking_link.write(click("https://example.com/a/b?c"), ORIGIN, KEY)
    assert read(url.replace("%2F", "/")) == click("https://example.com/a/b?c")


@pytest.mark.parametrize(
    "path",
    ["/I0", "/L0/", "/I0/x/y", f"/I0/{MESSAGE}/", f"/I0/{MESSAGE}/{'a' * 27}=999999", f"/L0/1/{MESSAGE}/{'a' * 27}=686",
     f"/L0/javascript:alert(1)/1/{MESSAGE}/{'a' * 27}=686", f"/L0/\udcff/1/{MESSAGE}/{'a' * 27}=686",
     f"/I0/{MESSAGE}/{'é' * 27}=686", f"/I0/{MESSAGE}/{'a' * 27}=٣"],
)  # fmt: skip
def test_what_was_never_given_out_is_not_ours(path):
    assert tracking_link.read(path, "", "r.us-east-1.example.net", {686: KEY.secret}.get) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com", True),
        ("HTTPS://Example.com:8443/a%20b?c=d&e#f", True),
        ("http://[2001:db8::1]/", True),
        ("https://example.com/a;b=c,d!$'()*+~@:", True),
        ("https://example.com/a b", False),
        ("https://example.com/a%2", False),
        ("https://example.com/日本", False),
        ("https://example.com/{{name}}", False),
        ("https://example.com/a|b", False),
        ("https://example.com/a#b#c", False),
        ("https://example.com/a[0]", False),
        ("https://example.com/a\\b", False),
        ("https://user@example.com/", False),
        ("https://example.com:port/", False),
        ("https://example.com\r\n", False),
        ("https:///path", False),
        ("https://[::1/", False),
        ("mailto:a@example.com", False),
        ("ftp://example.com/", False),
        ("//example.com/", False),
        ("https://example.com/" + "a" * 2048, False),
    ],
)
def test_only_urls_as_rfc_3986_spells_them_are_carried(url, expected):
    assert is_clean(url) is expected


def test_tags_are_read_as_far_as_they_are_tags():
    link = click("x", "item:book;colour:blue ; bad;x y:z;item:pen;:v;n:;" + "a" * 257 + ":b;")
    assert link.tag_values == {"item": ["book", "pen"], "colour": ["blue"]}
    assert tracking_link.format_tags(link.tag_values) == "item:book;item:pen;colour:blue"


def test_a_key_signs_for_thirty_days():
    number = key_number(datetime(2026, 11, 24, tzinfo=UTC))
    assert number == 692
    start = datetime.fromtimestamp(692 * 30 * 86400, UTC)
    assert key_number(start) == 692 == key_number(start + timedelta(days=30, seconds=-1))
    assert key_number(start + timedelta(days=30)) == 693


def test_a_link_tells_when_its_message_was_sent():
    assert OPEN.sent_at == datetime(2023, 4, 12, 9, 58, 45, 472000, UTC)


@pytest.mark.parametrize(
    ("use", "domain", "policy", "opens", "http_link", "https_link"),
    [
        ("NEVER", None, None, "http", "http", "http"),
        ("OPTIONAL", None, None, "http", "http", "https"),
        ("REQUIRE", None, None, "https", "https", "https"),
        ("REQUIRE", "c.test", None, "http", "http", "https"),
        ("REQUIRE", "c.test", "OPTIONAL", "http", "http", "https"),
        ("REQUIRE", "c.test", "REQUIRE_OPEN_ONLY", "https", "http", "https"),
        ("NEVER", "c.test", "OPTIONAL", "http", "http", "http"),
        ("NEVER", "c.test", "REQUIRE", "https", "https", "https"),
        ("NEVER", "c.test", "REQUIRE_OPEN_ONLY", "https", "http", "https"),
    ],
)
def test_https_is_used_where_the_set_and_the_installation_say_so(use, domain, policy, opens, http_link, https_link):
    hosts = TrackingHosts(https=HttpsUse(use), http_port=8080)

    def scheme(link):
        origin = urlsplit(hosts.origin(link, NAMES, domain, policy))
        assert origin.hostname == (domain or "r.us-east-1.example.net")
        assert origin.port == (8080 if origin.scheme == "http" else None)
        return origin.scheme

    assert [scheme(OPEN), scheme(click("http://x/")), scheme(click("HTTPS://x/"))] == [opens, http_link, https_link]


def test_the_operator_may_give_another_host():
    assert TrackingHosts(host="t.example.org").origin(OPEN, NAMES, None, None) == "http://t.example.org"
