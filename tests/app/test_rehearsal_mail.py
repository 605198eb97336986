"""The HTML of a rehearsal's mail is served where nothing of it can run, load or reach the console."""

import base64
from typing import Any

from tayori.app.rehearsal_mail import RehearsalMail
from tayori.aws.http import Headers, HttpRequest
from tayori.rehearsal.control import ControlRequest, ControlResponse


async def world(request: ControlRequest) -> ControlResponse:
    if request.path == "/tayori/rehearsal/messages/1/html":
        return ControlResponse(status=200, body={"html": "<script>1</script>\ud800"})
    if request.path == "/tayori/rehearsal/messages/1":
        return ControlResponse(status=200, body={"raw_base64": base64.b64encode(b"A: b\r\n\r\n\xff").decode()})
    return ControlResponse(status=404, body={"message": "no"})


def asked(path: str) -> HttpRequest:
    return HttpRequest(method="GET", path=f"/tayori/rehearsal/messages/{path}", query="", headers=Headers(()), body=b"")


def test_the_page_has_no_rights(run: Any) -> None:
    page = run(RehearsalMail(world).page(asked("1/page"), None))
    headers = dict(page.headers)
    assert page.body == b"<script>1</script>?"
    assert headers["content-security-policy"].startswith(
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline';"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert run(RehearsalMail(world).page(asked("2/page"), None)).status == 404


def test_the_source_is_a_file(run: Any) -> None:
    source = run(RehearsalMail(world).source(asked("1/source"), None))
    headers = dict(source.headers)
    assert (source.body, headers["content-type"]) == (b"A: b\r\n\r\n\xff", "message/rfc822")
    assert headers["content-disposition"].startswith("attachment")
    assert run(RehearsalMail(world).source(asked("2/source"), None)).status == 404
