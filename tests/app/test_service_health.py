"""How the sender itself does: who sees what, and when each check is not well."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from population import ACCOUNT, REGION
from tayori.api.registry import Principal
from tayori.app import service_health
from tayori.app.service_health import PATH, Health, HealthPages
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.config import Config, ServiceSettings, SubmissionSettings
from tayori.loops.base import LoopHealth
from tayori.mail.answer import Answer, AnswerStatus
from tayori.resources.service_state import MOST_COUNTED, ServiceState
from tayori.store import leases

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OWNER = Principal(account_id=ACCOUNT, access_key_id="k", arn="arn", operator=False, region=REGION)
OPERATOR = replace(OWNER, operator=True)


def loop(name: str, reason: str = "") -> LoopHealth:
    return LoopHealth(name=name, is_well=not reason, seconds_since_success=1.0, failures=0, reason=reason)


class Loops:
    def __init__(self, *found: LoopHealth) -> None:
        self.found = list(found)

    def health(self) -> list[LoopHealth]:
        return self.found


class Dns:
    def __init__(self, status: AnswerStatus) -> None:
        self.status, self.asked = status, 0

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked += 1
        return Answer(name=name, rdtype=rdtype, status=self.status)


@pytest.fixture
def ask(run: Callable[..., Any], store: Any, tmp_path: Path) -> Callable[..., Any]:
    def get(who: Principal, loops: Loops, dns: Dns) -> dict[str, Any]:
        config = Config(data=tmp_path, service=ServiceSettings(domain="tayori.test"))
        pages = HealthPages(config, store, store.clock, loops, dns)
        return dict(json.loads(run(pages.answer(HttpRequest(method="GET", path=PATH, headers=Headers()), who)).body))

    return get


def test_an_operator_sees_what_was_found_and_others_whether_it_is_well(ask: Any, store: Any, transact: Any) -> None:
    transact(leases.beat, "w1", store.clock.wall(), timedelta(minutes=1))
    given = Loops(loop("verifier"), loop("reaper", "it is not running")), Dns(AnswerStatus.FOUND)
    seen, told = ask(OPERATOR, *given), ask(OWNER, *given)
    assert seen["health"] == told["health"] == "failed"
    checks = {one["check"]: one for one in seen["checks"]}
    assert list(checks) == ["loops", "workers", "queue", "dns", "disk"]
    assert checks["loops"]["found"]["troubles"] == [{"loop": "reaper", "reason": "it is not running"}]
    assert checks["workers"]["found"] == {"count": 1}
    assert checks["queue"]["found"] == {"waiting": 0, "isMore": False, "lateSeconds": 0}
    assert {one["check"]: one["health"] for one in told["checks"]}["loops"] == "failed"
    assert not any("found" in one for one in told["checks"])


def test_no_worker_and_no_zone(ask: Any) -> None:
    found = {one["check"]: one["health"] for one in ask(OWNER, Loops(), Dns(AnswerStatus.TIMEOUT))["checks"]}
    assert (found["workers"], found["dns"], found["loops"]) == ("failed", "failed", "ok")


def test_the_look_is_shared_by_all_who_ask(run: Callable[..., Any], store: Any, tmp_path: Path) -> None:
    dns = Dns(AnswerStatus.FOUND)
    pages = HealthPages(
        Config(data=tmp_path, service=ServiceSettings(domain="tayori.test")), store, store.clock, Loops(), dns
    )

    async def several() -> None:
        for _ in range(5):
            await pages.answer(HttpRequest(method="GET", path=PATH, headers=Headers()), OWNER)

    run(several())
    assert dns.asked == 1
    with pytest.raises(ApiError):
        run(pages.answer(HttpRequest(method="GET", path=f"{PATH}/more", headers=Headers()), OWNER))


@pytest.mark.parametrize(
    ("state", "queue", "waiting"),
    [
        (ServiceState(workers=1, waiting=5, late=timedelta(minutes=14)), Health.OK, (5, False)),
        (ServiceState(workers=1, waiting=5, late=timedelta(minutes=16)), Health.FAILED, (5, False)),
        (ServiceState(workers=1, waiting=MOST_COUNTED + 1, late=timedelta(0)), Health.OK, (MOST_COUNTED, True)),
    ],
)
def test_mail_that_is_due_and_not_taken(state: ServiceState, queue: Health, waiting: tuple[int, bool]) -> None:
    check = service_health.of_state(state)[1]
    assert check.health is queue
    assert (check.found["waiting"], check.found["isMore"]) == waiting


@pytest.mark.parametrize(("free", "health"), [(2**30, Health.OK), (2**30 - 1, Health.WARNING), (1, Health.FAILED)])
def test_space(free: int, health: Health) -> None:
    assert service_health.of_space(free).health is health


@pytest.mark.parametrize(
    ("end", "health"),
    [
        (NOW + timedelta(days=14), Health.OK),
        (NOW + timedelta(days=13), Health.WARNING),
        (NOW, Health.FAILED),
        (None, Health.FAILED),
    ],
)
def test_the_certificate_that_ends_first_counts(end: datetime | None, health: Health) -> None:
    found = service_health.of_certificates({"https": NOW + timedelta(days=90), "smtp": end}, NOW)
    assert found.health is health


def test_a_certificate_that_cannot_be_read(run: Callable[..., Any], store: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    submission = SubmissionSettings(certificate=str(tmp_path / "broken.pem"))
    config = Config(data=tmp_path, service=ServiceSettings(domain="tayori.test"), submission=submission)
    pages = HealthPages(config, store, store.clock, Loops(), Dns(AnswerStatus.FOUND))
    answer = run(pages.answer(HttpRequest(method="GET", path=PATH, headers=Headers()), OPERATOR))
    checks = {one["check"]: one for one in json.loads(answer.body)["checks"]}
    assert checks["certificates"]["found"] == {"certificates": [{"for": "smtp", "ends": None}]}
