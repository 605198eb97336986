"""The press that makes documents: one at a time, and no queue without end."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tayori.app.domain_dossier import Busy, DossierPress
from tayori.aws.http import HttpResponse
from tayori.model.domain_plan import DomainPlan

PLAN = DomainPlan(
    domain="example.com",
    zone="example.com",
    account_id="123456789012",
    region="us-east-1",
    service_domain="mail.example.net",
    mail_from_domain=None,
    records=(),
    made_at=datetime(2026, 11, 24, tzinfo=UTC),
)


def test_who_comes_when_many_wait_is_sent_away(run: Callable[..., Any]) -> None:
    async def crowd() -> list[object]:
        press = DossierPress()
        first = await asyncio.gather(*(press.answer(PLAN, {}) for _ in range(10)), return_exceptions=True)
        return [*first, await press.answer(PLAN, {"lang": "ja"})]

    answers = run(crowd())
    assert [type(answer) for answer in answers] == [HttpResponse] * 4 + [Busy] * 6 + [HttpResponse]


def test_a_plan_without_records_makes_a_document_in_every_form(run: Callable[..., Any]) -> None:
    for form in ("html", "pdf", "md", "xlsx", "json"):
        answer = run(DossierPress().answer(PLAN, {"format": form}))
        assert answer.status == 200
        assert f"example.com-dns-en.{form}" in dict(answer.headers)["content-disposition"]
