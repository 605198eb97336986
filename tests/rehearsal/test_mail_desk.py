"""Received mail, listed and opened; and providers that are made to behave in another way."""

from typing import Any

import aiosmtplib
import pytest

PNG = b"iVBORw0KGgo="
RICH = (
    b"From: =?utf-8?b?44GK5bqX?= <a@shop.test>\r\nSubject: =?utf-8?b?44GT44KT44Gr44Gh44Gv?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Hello\r\n"
    b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>1</script><img src='cid:logo'><img src='cid:no'>\r\n"
    b"--x\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + PNG
    + b"\r\n--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
    b"%PDF\r\n--x--\r\n"
)


def test_lists_the_newest_first_and_opens_one(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            for number in range(3):
                await rig.send("a@shop.test", f"r{number}@inbox.test", RICH)
            page = (await rig.call("GET", "letters", limit="2")).body
            assert [letter["rcpt_to"] for letter in page["letters"]] == ["r2@inbox.test", "r1@inbox.test"]
            assert "raw_base64" not in page["letters"][0]
            assert page["letters"][0]["subject"] == "こんにちは"
            rest = (await rig.call("GET", "letters", before=page["next"], limit="2")).body
            assert ([letter["rcpt_to"] for letter in rest["letters"]], "next" in rest) == (["r0@inbox.test"], False)
            assert len((await rig.call("GET", "letters", to="R1@")).body["letters"]) == 1
            boxes = (await rig.call("GET", "mailboxes", page="1", like="r1")).body["mailboxes"]
            assert [(box["address"], box["messages"]) for box in boxes] == [("r1@inbox.test", 1)]
            opened = (await rig.call("GET", f"messages/{page['letters'][0]['id']}/reading")).body
            assert (opened["text"].strip(), opened["has_html"]) == ("Hello", True)
            assert [(one["name"], one["type"]) for one in opened["files"]] == [("a.pdf", "application/pdf")]
            names = [one["name"] for one in opened["fields"]]
            assert names[:3] == ["Return-Path", "Authentication-Results", "Received"]
            html = (await rig.call("GET", f"messages/{page['letters'][0]['id']}/html")).body["html"]
            assert f"data:image/png;base64,{PNG.decode()}" in html
            assert "src='data:,'" in html
            assert "<script>" in html  # kept apart by whoever shows it, never rewritten

    run(story())


@pytest.mark.parametrize("limit", ["0", "101", "x", "²", "9" * 5000])
def test_a_limit_is_a_number(run: Any, rehearsal: Any, limit: str) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            assert (await rig.call("GET", "letters", limit=limit)).status == 400

    run(story())


def test_a_message_without_structure_can_be_opened(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.send("a@shop.test", "r@inbox.test", b"no header\r\n\r\n\xff\r\n")
            (letter,) = (await rig.call("GET", "letters")).body["letters"]
            assert (await rig.call("GET", f"messages/{letter['id']}/reading")).status == 200
            assert (await rig.call("GET", f"messages/{letter['id']}/html")).status == 404

    run(story())


def test_a_provider_behaves_as_it_is_told_and_as_before_again(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            body = b"Subject: x\r\n\r\nx\r\n"
            changed = await rig.call("PUT", "providers/inbox.test", {"kind": "unknown-user", "tls": "none"})
            assert (changed.body["is_changed"], changed.body["tls"]) == (True, "none")
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await rig.send("a@shop.test", "r@inbox.test", body)
            async with rig.client("inbox.test") as client:
                assert not client.supports_extension("starttls")
            await rig.call("PUT", "providers/inbox.test", {"kind": "silent"})
            with pytest.raises(aiosmtplib.SMTPConnectError):
                await rig.client("inbox.test").connect()
            await rig.call("PUT", "providers/down.test", {"kind": "accepts"})
            assert (await rig.send("a@shop.test", "r@down.test", body)).startswith("2.0.0")
            again = (await rig.call("DELETE", "providers/inbox.test")).body
            assert (again["kind"], again["is_changed"]) == ("accepts", False)
            assert (await rig.send("a@shop.test", "r@inbox.test", body)).startswith("2.0.0")

    run(story())


def test_a_provider_is_given_a_feedback_loop(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.call("PUT", "providers/nofbl.test", {"kind": "feedback-loop"})
            await rig.send("a@shop.test", "r@nofbl.test", b"Subject: x\r\n\r\nx\r\n")
            (letter,) = (await rig.call("GET", "letters", to="nofbl.test")).body["letters"]
            told = (await rig.call("POST", f"messages/{letter['id']}/report-spam")).body
            assert told["reported_to"] == "complaints@tayori.test"

    run(story())


@pytest.mark.parametrize(
    ("domain", "body", "words"),
    [
        ("inbox.test", {"kind": "flies"}, "not a behaviour"),
        ("inbox.test", {"tls": "some"}, "not an offer of TLS"),
        ("inbox.test", {"kind": ["x"]}, "as texts"),
        ("inbox.test", {"colour": "x"}, "not colour"),
        ("inbox.test", {"kind": "null-mx"}, "null MX"),
        ("nullmx.test", {"kind": "accepts"}, "null MX"),
        ("other.test", {"kind": "accepts"}, "no provider"),
    ],
)
def test_a_change_is_refused_in_a_sentence(run: Any, rehearsal: Any, domain: str, body: Any, words: str) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            answer = await rig.call("PUT", f"providers/{domain}", body)
            assert answer.status == 400
            assert words in answer.body["message"]

    run(story())
