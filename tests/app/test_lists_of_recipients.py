"""Recipients by the beginning of an address, lists as files that an import takes back, and templates while written."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from population import ACCOUNT, REGION, open_account
from tayori.api.registry import Principal
from tayori.app.audience_pages import AudiencePages
from tayori.app.template_pages import TemplatePages
from tayori.aws.http import Headers, HttpRequest
from tayori.model import contact_import, job
from tayori.model.contact_list import Preferences, Status, Topic
from tayori.model.errors import Invalid, NotFound
from tayori.model.job import DataFormat, ImportAction
from tayori.resources import contact_lists, contacts, suppression
from tayori.resources.contacts import Contact
from tayori.store.engine import Tx

PRINCIPAL = Principal(account_id=ACCOUNT, access_key_id="AKIA", arn="arn", operator=False, region=REGION)
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def _fill(tx: Tx) -> None:
    suppression.put_all(
        tx, ACCOUNT, REGION, [(f"u{n:03}@a.test", "BOUNCE") for n in range(120)] + [("V@b.test", "COMPLAINT")]
    )
    topics = [Topic(name="news", display_name="News", default=Status.OPT_IN)]
    contact_lists.create(tx, ACCOUNT, REGION, "all", list_id="1", topics=topics)
    found = contact_lists.get(tx, ACCOUNT, REGION, "all")
    for name, wants in (
        ("Ann@a.test", Preferences()),
        ("anna@a.test", Preferences(chosen={"news": Status.OPT_OUT})),
        ("bob@a.test", Preferences(unsubscribed=True)),
    ):
        attributes = '{"name": "A, \\"B\\""}' if name == "anna@a.test" else None
        contacts.keep(
            tx, found, Contact(address=name, wants=wants, attributes=attributes, created_at=NOW, updated_at=NOW)
        )


@pytest.fixture
def ask(store: Any, run: Any, transact: Any) -> Any:
    transact(open_account)
    transact(_fill)
    routes = {route.prefix: route.handler for route in AudiencePages(store).table()}

    def ask(path: str, **query: Any) -> Any:
        request = HttpRequest(method="GET", path=path, query=urlencode(query), headers=Headers(), body=b"")
        return json.loads(run(routes[path](request, PRINCIPAL)).body)

    return ask


def test_suppressed_addresses_by_prefix_page_by_page(ask: Any) -> None:
    first = ask("/tayori/suppression", prefix="u1", limit=15)
    assert [one["address"] for one in first["entries"]] == [f"u{n}@a.test" for n in range(100, 115)]
    rest = ask("/tayori/suppression", prefix="u1", limit=15, **{"from": first["next"]})
    assert [one["address"] for one in rest["entries"]] == [f"u{n}@a.test" for n in range(115, 120)]
    assert rest["next"] is None
    assert ask("/tayori/suppression", prefix="u", reason="COMPLAINT")["entries"] == []
    assert len(ask("/tayori/suppression", limit=100)["entries"]) == 100
    (one,) = ask("/tayori/suppression", prefix="V@", reason="COMPLAINT")["entries"]
    assert one["address"] == "V@b.test"


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"limit": "101"}, {"reason": "NONE"}])
def test_what_is_asked_wrongly_is_said(ask: Any, query: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        ask("/tayori/suppression", **query)


def test_contacts_by_prefix_and_by_what_they_want(ask: Any) -> None:
    found = ask("/tayori/contacts", list="all", prefix="AN")
    assert [one["address"] for one in found["contacts"]] == ["Ann@a.test", "anna@a.test"]
    assert found["contacts"][1]["topics"] == {"news": "OPT_OUT"}
    first = ask("/tayori/contacts", list="all", limit=1)
    assert ask("/tayori/contacts", list="all", limit=2, **{"from": first["next"]})["contacts"][1]["unsubscribed"]
    wanting = ask("/tayori/contacts", list="all", topic="news", status="OPT_IN")
    assert [one["address"] for one in wanting["contacts"]] == ["Ann@a.test"]
    assert ask("/tayori/contacts/count", list="all") == {"count": 3, "is_all": True}
    with pytest.raises(NotFound):
        ask("/tayori/contacts", list="other")


@pytest.mark.parametrize("kind", [DataFormat.CSV, DataFormat.JSON])
def test_a_file_is_what_an_import_reads(ask: Any, kind: DataFormat) -> None:
    given = ask("/tayori/contacts/export", list="all", format=kind.lower())
    assert (given["count"], given["next"]) == (3, None)
    read = list(contact_import.records(given["text"].encode(), kind))
    assert [one.error for one in read] == ["", "", ""]
    assert read[1].contact is not None
    assert read[1].contact.wants.chosen == {"news": Status.OPT_OUT}
    assert json.loads(read[1].contact.attributes or "") == {"name": 'A, "B"'}
    assert read[2].contact is not None
    assert read[2].contact.wants.unsubscribed

    given = ask("/tayori/suppression/export", format=kind.lower())
    lines = list(job.records(given["text"].encode(), kind, ImportAction.PUT))
    assert given["count"] == len(lines) == 121
    assert (lines[0].address, lines[0].reason) == ("V@b.test", "COMPLAINT") or lines[0].address == "u000@a.test"
    assert not any(one.error for one in lines)


def test_a_template_is_rendered_while_it_is_written(run: Any) -> None:
    def render(given: Any) -> Any:
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        path = "/tayori/templates/render"
        request = HttpRequest(method="POST", path=path, query="", headers=Headers(), body=body)
        return json.loads(run(TemplatePages().render(request, PRINCIPAL)).body)

    done = render({"subject": "Hi {{a}}", "html": "<p>\n{{b}}", "data": '{"a": 1}'})
    assert done["parts"] == {"subject": "Hi 1", "text": ""}
    assert [(one["part"], one["line"], one["column"]) for one in done["errors"]] == [("html", 2, 1)]
    for wrong in ({"subject": 1}, {"other": ""}, b"[]", b"{"):
        with pytest.raises(Invalid):
            render(wrong)


def test_the_frame_of_a_preview_runs_its_own_script_only(run: Any) -> None:
    request = HttpRequest(method="GET", path="/tayori/templates/frame", query="", headers=Headers(), body=b"")
    answer = run(TemplatePages().frame(request, None))
    policy = dict(answer.headers)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "sandbox allow-scripts" in policy
    assert b'<iframe sandbox=""' in answer.body
