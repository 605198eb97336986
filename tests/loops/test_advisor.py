"""The advisor: who is looked at, how often, and what becomes of what it finds."""

import logging
from typing import Any

import pytest

from population import ACCOUNT, REGION, identity, open_account
from tayori.loops.advisor import Advisor
from tayori.model.mail_count import Count, counts_as
from tayori.model.recommendation import Found, Impact, RecommendationStatus, RecommendationType
from tayori.model.reputation import Rules
from tayori.resources import accounts, identities, mail_counts, recommendations
from tayori.resources.recommendations import Wanted

KEY = ACCOUNT, REGION
DMARC1 = Found("DMARC1", RecommendationType.DMARC, Impact.HIGH)
DMARC2 = Found("DMARC2", RecommendationType.DMARC, Impact.LOW)
DAY = 86400


class World:
    """Domains as somebody would find them; an exception is raised, None is a DNS that does not answer."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.looks: list[str] = []

    async def __call__(self, domain: identities.Identity) -> set[Found] | None:
        self.looks.append(domain.name)
        found = self.found.get(domain.name, set())
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def world(transact) -> World:
    transact(open_account)
    transact(identity, "example.com")
    transact(identity, "waiting.example", verification_status="PENDING")
    transact(identity, "me@example.com")
    return World()


@pytest.fixture
def tick(run, store, world):
    advisor = Advisor(store, Rules(), world)
    return lambda: run(advisor.tick())


def enable(transact) -> None:
    transact(accounts.put_vdm, *KEY, {"VdmEnabled": "ENABLED"})


def listed(transact) -> list[tuple[str, str, str, str]]:
    found = transact(recommendations.page, *KEY, Wanted())
    return [(one.resource, one.description, one.impact, one.status) for one in found]


def test_nobody_is_looked_at_who_did_not_ask_for_it(world, tick, transact) -> None:
    tick()
    assert world.looks == []
    enable(transact)
    tick()
    assert world.looks == ["example.com"]  # verified domains only


def test_once_a_day(world, tick, transact, clock) -> None:
    enable(transact)
    for _ in range(3):
        tick()
        clock.advance(DAY / 2)
    assert len(world.looks) == 2


def test_what_is_found_is_open_until_it_is_found_no_more(world, tick, transact, clock) -> None:
    enable(transact)
    world.found["example.com"] = {DMARC1}
    tick()
    assert listed(transact) == [("identity/example.com", "DMARC1", "HIGH", "OPEN")]
    (before,) = transact(recommendations.page, *KEY, Wanted())
    world.found["example.com"] = {DMARC2}
    clock.advance(DAY)
    tick()
    assert listed(transact) == [
        ("identity/example.com", "DMARC1", "HIGH", "FIXED"),
        ("identity/example.com", "DMARC2", "LOW", "OPEN"),
    ]
    (fixed,) = transact(recommendations.page, *KEY, Wanted(status=RecommendationStatus.FIXED))
    assert fixed.created_at == before.created_at < fixed.updated_at
    world.found["example.com"] = {DMARC1}
    clock.advance(DAY)
    tick()
    assert listed(transact)[0] == ("identity/example.com", "DMARC1", "HIGH", "OPEN")
    clock.advance(32 * DAY)
    tick()
    assert [one[1] for one in listed(transact)] == ["DMARC1"]  # DMARC2 was fixed long ago


@pytest.mark.parametrize("silence", [None, OSError("no route")])
def test_silence_is_no_finding(world, tick, transact, clock, caplog, silence) -> None:
    enable(transact)
    world.found["example.com"] = {DMARC1}
    tick()
    world.found["example.com"] = silence
    clock.advance(DAY)
    with caplog.at_level(logging.CRITICAL):
        tick()
    assert listed(transact) == [("identity/example.com", "DMARC1", "HIGH", "OPEN")]


def test_rates_of_identities_and_sets(world, tick, transact, clock) -> None:
    enable(transact)
    count(transact, Count.SENDS, 2000, "")
    count(transact, Count.PERMANENT_BOUNCES, 120, "other")
    tick()
    assert ("identity/example.com", "BOUNCE1", "LOW", "OPEN") in listed(transact)
    assert ("configuration-set/news", "BOUNCE1", "LOW", "OPEN") in listed(transact)
    count(transact, Count.PERMANENT_BOUNCES, 120, "other")
    tick()
    assert ("configuration-set/news", "BOUNCE1", "HIGH", "OPEN") in listed(transact)
    clock.advance(3600)
    count(transact, Count.SENDS, 100_000, "")
    tick()
    assert ("configuration-set/news", "BOUNCE1", "HIGH", "FIXED") in listed(transact)


def count(transact, what: Count, number: int, provider: str) -> None:
    transact(mail_counts.add, what, {(*KEY, counts_as("news", "example.com"), provider): number})


def test_what_is_deleted_is_forgotten(world, tick, transact) -> None:
    enable(transact)
    world.found["example.com"] = {DMARC1}
    tick()
    transact(identities.delete, *KEY, "example.com")
    tick()
    assert listed(transact) == []
