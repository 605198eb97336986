"""Every recipient that waits has one reason, and one sentence for it in each language."""

import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.model.message import DeliveryState, Reason
from tayori.model.pause import Pause, PauseKind
from tayori.model.waiting import LANGUAGES, TEXTS, SiteState, WaitingFacts, Why, sentence, why

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def facts(**changes: Any) -> WaitingFacts:
    values: dict[str, Any] = {
        "domain": "inbox.test",
        "state": DeliveryState.DEFERRED,
        "due_at": LATER,
        "expires_at": NOW + timedelta(hours=14),
        "attempts": 1,
        "reason": Reason.REPLY,
        "diagnostic": "smtp; 451 4.3.0 not now",
    }
    return WaitingFacts(**values | changes)


REST = SiteState(name="gmail", rests_until=LATER, rest_reason="smtp; 421 4.7.28 unusual rate")
PAUSE = Pause(kind=PauseKind.DESTINATION, name="gmail", since=NOW, until=LATER)
SLOW = SiteState(name="docomo", rate=20.0, waiting=400, is_held_back=True)


@pytest.mark.parametrize(
    ("given_facts", "site", "reason", "text"),
    [
        (facts(state=DeliveryState.SENDING), None, Why.IN_HAND, "being sent to inbox.test"),
        (facts(state=DeliveryState.SENDING), SLOW, Why.RATE_LIMITED, "no more than 20 messages a second"),
        (facts(state=DeliveryState.HELD), REST, Why.HELD, "An operator holds it"),
        (facts(expires_at=NOW), None, Why.OVERDUE, "Its deadline was 2026-11-24 12:00:00 UTC"),
        (facts(pause=PAUSE), REST, Why.PAUSED, "has paused the destination gmail; it goes on at 2026-11-24 12:05"),
        (facts(is_account_paused=True), None, Why.ACCOUNT_PAUSED, "paused for the account"),
        (facts(), REST, Why.RESTING, "Nothing is tried at gmail before 2026-11-24 12:05:00 UTC"),
        (facts(reason=Reason.SOURCE_BLOCKED), REST, Why.SOURCE_BLOCKED, "refuses our sending address"),
        (facts(reason=Reason.GREYLISTED), None, Why.GREYLISTED, "gets it at 2026-11-24 12:05:00 UTC"),
        (facts(reason=Reason.THROTTLED), None, Why.THROTTLED, "we send too much"),
        (facts(reason=Reason.NO_SOURCE), None, Why.NO_SOURCE, "source address of its pool"),
        (facts(reason=Reason.DNS_FAILURE), None, Why.NAME_SERVERS, "name servers for inbox.test"),
        (facts(reason=Reason.CONNECTION_TIMEOUT), None, Why.UNREACHABLE, "cannot be reached"),
        (facts(reason=Reason.TLS_REQUIRED), None, Why.TLS, "do not offer the TLS"),
        (facts(reason=Reason.LOCAL_TROUBLE), None, Why.LOCAL, "no try is counted"),
        (facts(), None, Why.REFUSED_FOR_NOW, "It said: 451 4.3.0 not now"),
        (facts(due_at=NOW, ahead=12), None, Why.BEHIND_OTHERS, "12 others are before it"),
        (facts(due_at=NOW), None, Why.DUE, "next batch"),
        (facts(due_at=NOW), SLOW, Why.RATE_LIMITED, "400 wait for it here"),
        (facts(attempts=0, reason="", diagnostic=""), None, Why.UNTRIED, "It is due at 2026-11-24 12:05:00 UTC."),
    ],
)
def test_the_reason_and_its_sentence(given_facts: WaitingFacts, site: SiteState | None, reason: Why, text: str) -> None:
    assert why(given_facts, NOW, site) is reason
    assert text in sentence(given_facts, NOW, site)
    assert sentence(given_facts, NOW, site, language="ja") != sentence(given_facts, NOW, site)


def test_a_rest_that_is_over_is_no_reason() -> None:
    assert why(facts(), LATER, REST) is not Why.RESTING


def test_texts_have_the_same_places_in_both_languages() -> None:
    assert set(TEXTS) == set(Why)
    for english, japanese in TEXTS.values():
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, japanese)]
        assert places[0] == places[1]


@given(
    st.sampled_from(["", *Reason]),
    st.sampled_from([DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED, DeliveryState.HELD]),
    st.integers(-600, 600),
    st.integers(-600, 6000),
    st.integers(0, 9),
    st.sampled_from([None, REST, SLOW]),
    st.text(max_size=30),
)
def test_there_is_always_one_sentence(
    reason: str, state: DeliveryState, due: int, left: int, attempts: int, site: SiteState | None, words: str
) -> None:
    given_facts = facts(
        reason=reason,
        state=state,
        due_at=NOW + timedelta(seconds=due),
        expires_at=NOW + timedelta(seconds=left),
        attempts=attempts,
        diagnostic=words,
    )
    for language in LANGUAGES:
        told = sentence(given_facts, NOW, site, language=language)
        assert told
        assert "{until}" not in told
