"""The records of a domain over HTTP: signed for the account, and behind a shared link for its administrator."""

import contextlib
import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from tayori import ids
from tayori.api.registry import Principal
from tayori.app.domain_pages import DomainPages
from tayori.app.look_limits import A_MINUTE_EACH, TooManyLooks
from tayori.app.share_page import SHARE_PATH, language_of
from tayori.aws.http import Headers, HttpRequest, HttpResponse
from tayori.clock import AdjustableClock
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.errors import Invalid, NotFound
from tayori.model.identity import IdentityName, KeyLength
from tayori.model.names import ServiceNames
from tayori.model.proof import judge
from tayori.resources import accounts, dkim_keys, identities, identity_checks, share_links
from tayori.resources.identities import NewIdentity
from tayori.resources.share_links import ShareLink
from tayori.store.engine import Store
from tayori.zoneforms.forms import Form

REGION, SERVICE = "us-east-1", "mail.example.net"
KEYS = dkim_keys.generate(KeyLength.RSA_1024_BIT)
HOSTILE = '<script>alert("x")</script>'


class Zone:
    """A DNS of these records, which counts its questions."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], tuple[str, ...]] = {("example.com", "SOA"): ("ns. h. 1 2 3 4 5",)}
        self.asked = 0

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked += 1
        values = self.records.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=60)

    def forget(self, name: str) -> None:
        """Nothing is kept."""


class House:
    """One domain of one account, with a shared link."""

    def __init__(self, store: Store, clock: AdjustableClock, run: Callable[..., Any]) -> None:
        self.store, self.clock, self.run = store, clock, run
        self.zone = Zone()
        self.pages = DomainPages(store=store, clock=clock, region=REGION, resolver=self.zone, names=_names)
        self.account_id = ids.account_id()
        self.link_id = ids.share_id()
        self.token = str(run(store.write(self._furnish)))

    def _furnish(self, tx: Any) -> str:
        accounts.create(tx, self.account_id, REGION, name="test")
        identities.create(tx, self.account_id, REGION, NewIdentity(name=IdentityName.parse("example.com"), keys=KEYS))
        link = ShareLink(
            share_id=self.link_id,
            account_id=self.account_id,
            region=REGION,
            identity="example.com",
            created_at=tx.now,
            expires_at=tx.now + timedelta(days=7),
        )
        return share_links.create(tx, link, b"s" * 32)

    def get(self, path: str, query: str = "", **headers: str) -> HttpResponse:
        fields = Headers((name.replace("_", "-"), value) for name, value in headers.items())
        request = HttpRequest(method="GET", path=path, query=query, headers=fields)
        principal = Principal(account_id=self.account_id, access_key_id="A", arn="arn", operator=False)
        handler = self.pages.share if path.startswith(SHARE_PATH) else self.pages.domain
        answer: HttpResponse = self.run(handler(request, principal))
        return answer

    def signed(self, what: str) -> HttpResponse:
        return self.get(f"/tayori/domains/example.com/{what}", "format=md" if what == "dossier" else "")

    def use_up(self, account_id: str) -> None:
        """All that the account may look in this minute."""
        with contextlib.suppress(TooManyLooks):
            for _ in range(A_MINUTE_EACH):
                self.pages._limits.enter(account_id, time.monotonic())

    def shared(self, below: str = "", query: str = "", **headers: str) -> HttpResponse:
        return self.get(f"{SHARE_PATH}/{self.token}{below}", query, **headers)


def _names(region: str) -> ServiceNames:
    return ServiceNames(service_domain=SERVICE, region=region)


@pytest.fixture
def house(store: Store, clock: AdjustableClock, run: Callable[..., Any]) -> House:
    return House(store, clock, run)


class Page(HTMLParser):
    """Cells of the table, links, and every tag that there is."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.lang = ""
        self.in_cell = False
        self.feed(response.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "html":
            self.lang = dict(attrs).get("lang") or ""
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[-1][-1] += data


def test_a_link_shows_every_record_and_its_state(house: House) -> None:
    page = Page(house.shared(accept_language="en-GB"))
    assert page.lang == "en"
    assert len(page.rows) == 5  # heads, three keys, DMARC
    assert [row[3] for row in page.rows[1:]] == ["CNAME", "CNAME", "CNAME", "TXT"]
    assert all(row[7] == "to be added" for row in page.rows[1:])
    host = page.rows[1][1]
    assert page.rows[1][2] == f"{host}.example.com"


def test_the_page_is_in_the_language_of_its_reader(house: House) -> None:
    response = house.shared(accept_language="ja,en;q=0.5")
    assert Page(response).lang == "ja"
    assert "未登録です" in response.body.decode()
    assert dict(response.headers)["content-language"] == "ja"
    assert Page(house.shared(query="lang=en", accept_language="ja")).lang == "en"


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,en-US;q=0.9", "ja"),
        ("fr, en;q=0.8, ja;q=0.7", "en"),
        ("ja;q=0", "en"),
        ("de", "en"),
        ("ja;q=x", "en"),
        (", ;;,=", "en"),
    ],
)
def test_accept_language(accepted: str, lang: str) -> None:
    assert language_of(accepted) == lang


def test_a_reader_who_registers_the_records_sees_them_in_place(house: House) -> None:
    first = Page(house.shared())
    for row in first.rows[1:]:
        house.zone.records[row[2], row[3]] = (row[4],)
    assert all(row[7] == "to be added" for row in Page(house.shared()).rows[1:]), "kept for thirty seconds"
    house.pages._plans._kept.clear()
    page = house.shared()
    assert all(row[7] == "in place" for row in Page(page).rows[1:])
    assert "Every record is in place." in page.body.decode()


def test_looks_are_bounded(house: House) -> None:
    house.shared()
    asked = house.zone.asked
    house.shared()
    assert house.zone.asked == asked
    house.pages._plans._kept.clear()
    house.use_up(house.account_id)
    refused = house.shared()
    assert refused.status == 429
    assert 0 < int(dict(refused.headers)["retry-after"]) <= 60
    assert house.zone.asked == asked


def test_the_last_look_is_told_without_another(house: House) -> None:
    def look(tx: Any) -> None:
        identity = identities.get(tx, house.account_id, REGION, "example.com")
        missing = [
            judge(record, Answer(name=record.name, rdtype=record.rdtype, status=AnswerStatus.NXDOMAIN))
            for record in identity_checks.expected_records(identity, _names(REGION))
        ]
        identity_checks.record(tx, identity_checks.Checked(identity=identity, findings=tuple(missing)), 0.0)

    before = json.loads(house.signed("status").body)
    assert (before["last_checked_at"], before["records"]) == (None, [])
    house.run(house.store.write(look))
    house.use_up(house.account_id)
    found = json.loads(house.signed("status").body)
    assert house.zone.asked == 0
    assert (found["statuses"]["dkim"], found["error"]) == ("PENDING", "HOST_NOT_FOUND")
    assert [record["verdict"] for record in found["records"]] == ["missing"] * 3
    assert "No such CNAME record" in found["records"][0]["reason"]["en"]
    assert "レコードがありません" in found["records"][0]["reason"]["ja"]


@pytest.mark.parametrize("what", ["zone", "dossier", "dmarc"])
def test_another_account_that_looks_without_end_takes_nothing_from_this_one(house: House, what: str) -> None:
    house.use_up(ids.account_id())
    assert house.signed(what).status == 200
    house.pages._plans._kept.clear()
    house.use_up(house.account_id)
    refused = house.signed(what)
    assert refused.status == 429
    assert 0 < int(dict(refused.headers)["retry-after"]) <= 60


def test_what_stands_in_the_dns_cannot_write_the_page(house: House) -> None:
    house.zone.records["_dmarc.example.com", "TXT"] = (HOSTILE,)
    response = house.shared()
    page = Page(response)
    assert HOSTILE in page.rows[4][6]
    assert "script" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on") or name in ("style", "src")}
    policy = dict(response.headers)["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert dict(response.headers)["referrer-policy"] == "no-referrer"


def test_the_style_is_the_one_that_the_policy_names(house: House) -> None:
    import base64
    import hashlib

    response = house.shared()
    style = re.search(r"<style>(.*?)</style>", response.body.decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in dict(response.headers)["content-security-policy"]


def test_every_form_can_be_fetched_below_the_link(house: House) -> None:
    links = [link for link in Page(house.shared()).links if "/zone?format=" in link]
    assert len(links) == len(Form)
    for link in links:
        path, _, query = link.partition("?")
        response = house.get(path, query)
        assert response.status == 200
        assert "attachment" in dict(response.headers)["content-disposition"]
    assert json.loads(house.shared("/zone", "format=json").body)["domain"] == "example.com"


@pytest.mark.parametrize(
    ("form", "media_type", "disposition"),
    [
        ("html", "text/html; charset=utf-8", "inline"),
        ("pdf", "application/pdf", "inline"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment"),
    ],
)
def test_the_document_can_be_fetched_below_the_link(house: House, form: str, media_type: str, disposition: str) -> None:
    links = [link for link in Page(house.shared(query="lang=ja")).links if f"/dossier?lang=ja&format={form}" in link]
    assert len(links) == 1
    path, _, query = links[0].partition("?")
    response = house.get(path, query)
    headers = dict(response.headers)
    assert (response.status, headers["content-type"]) == (200, media_type)
    assert headers["content-disposition"] == f'{disposition}; filename="example.com-dns-ja.{form}"'
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_the_document_is_the_accounts_too_and_carries_what_it_says(house: House) -> None:
    query = "lang=ja&format=md&requester=%E3%88%B1%E9%AB%99%EF%A8%91&panel=sakura&start-date=2027-02-01"
    text = house.get("/tayori/domains/example.com/dossier", query).body.decode()
    assert "㈱髙﨑" in text
    assert "2027年2月1日 (月)" in text
    assert "さくらインターネット" in text
    assert house.get("/tayori/domains/example.com/dossier").body.startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("lang=fr", "lang must be one of en, ja"),
        ("format=docx", "format must be one of html, pdf, md, xlsx, json"),
        ("start-date=soon", "start-date must be a date such as"),
        ("start-date=9999-12-31", "start-date is out of range"),
        ("panel=plesk", "There is no panel plesk"),
    ],
)
def test_what_a_document_cannot_be_is_said(house: House, query: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        house.get("/tayori/domains/example.com/dossier", query)


def test_nobody_gets_the_document_of_another(house: House) -> None:
    with pytest.raises(NotFound):
        house.get("/tayori/domains/example.org/dossier")


def test_a_link_ends_when_revoked_expired_forged_or_without_its_domain(house: House) -> None:
    assert house.get(f"{SHARE_PATH}/0123456789abcdef.99999999999.{'A' * 43}").status == 404
    assert house.get(f"{SHARE_PATH}/").status == 404
    assert house.shared("/other").status == 404
    assert house.shared().status == 200
    house.run(house.store.write(share_links.revoke, house.account_id, house.link_id))
    gone = house.shared(accept_language="ja")
    assert gone.status == 404
    assert "このリンクは開けません" in gone.body.decode()


def test_a_link_ends_with_its_time(house: House) -> None:
    house.clock.advance(8 * 86_400)
    assert house.shared().status == 404


def test_a_link_ends_with_its_domain(house: House) -> None:
    house.run(house.store.write(identities.delete, house.account_id, REGION, "example.com"))
    assert house.shared().status == 404


def test_links_are_listed_and_revoked_by_their_account_only(house: House) -> None:
    found = house.run(house.store.read(share_links.of_identity, house.account_id, REGION, "example.com"))
    assert [link.share_id for link in found] == [house.link_id]
    with pytest.raises(NotFound):
        house.run(house.store.write(share_links.revoke, "999999999999", house.link_id))


def test_the_account_fetches_the_forms(house: House) -> None:
    response = house.get("/tayori/domains/example.com/zone", "format=csv")
    assert response.body.startswith(b"Type,Name,Value\r\n")
    assert dict(response.headers)["content-type"] == "text/csv; charset=utf-8"
    with pytest.raises(Invalid, match="format must be one of"):
        house.get("/tayori/domains/example.com/zone", "format=xml")
    with pytest.raises(NotFound):
        house.get("/tayori/domains/example.org/zone")


def test_a_verified_domain_is_shown_as_the_verifier_sees_it(house: House) -> None:
    identity = house.run(house.store.read(identities.get, house.account_id, REGION, "example.com"))
    for expected in identity_checks.expected_records(identity, _names(REGION)):
        house.zone.records[expected.name, expected.rdtype] = (expected.value,)
    states = [row[7] for row in Page(house.shared()).rows[1:]]
    assert states == ["in place", "in place", "in place", "to be added"]
