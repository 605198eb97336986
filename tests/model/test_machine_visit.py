"""Opens and clicks that no reader made."""

import pytest

from tayori.model.machine_visit import AT_ONCE, PROGRAMS, WHY, Judgement, VisitFacts, judge

READERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Outlook-iOS/723.4320.prod.iphone (4.2444.0)",
    "Mozilla/5.0 (Linux; Android 14; SO-51D) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
]
MACHINES = [
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "gmail-image-proxy"),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "yahoo-mail-proxy"),
    ("Mozilla/5.0", "apple-mail-privacy"),
    ("Barracuda Sentinel (EE)", "security-scanner"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Microsoft Office Existence Discovery", "security-scanner"),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "link-preview"),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
    ("python-requests/2.34.2", "program"),
    ("curl/8.5.0", "program"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari", "program"),
    ("", "no-user-agent"),
    (" ", "no-user-agent"),
]


def facts(user_agent=READERS[0], **changes):
    values = {"is_click": True, "is_head": False, "since_delivery": 60.0} | changes
    return VisitFacts(user_agent=user_agent, **values)


@pytest.mark.parametrize("user_agent", READERS)
def test_a_reader_is_no_machine(user_agent):
    assert judge(facts(user_agent)) == Judgement("", is_bot=False)


@pytest.mark.parametrize(("user_agent", "machine"), MACHINES)
def test_programs_that_say_who_they_are(user_agent, machine):
    assert judge(facts(user_agent, is_click=False)).machine == machine


def test_a_proxy_that_acts_for_its_reader_is_no_bot():
    assert [judge(facts(user_agent)).is_bot for user_agent, _ in MACHINES[:3]] == [False, False, True]


@pytest.mark.parametrize(
    ("changes", "machine"),
    [
        ({"is_head": True}, "head-request"),
        ({"since_delivery": None}, "before-delivery"),
        ({"since_delivery": 4.9}, "at-delivery"),
        ({"since_delivery": 5.0}, ""),
        ({"since_delivery": 4.9, "is_click": False}, ""),
        ({"links_at_once": AT_ONCE}, "many-links"),
        ({"links_at_once": AT_ONCE - 1}, ""),
        ({"links_at_once": AT_ONCE, "is_click": False}, ""),
    ],
)
def test_what_no_reader_does_gives_a_machine_away(changes, machine):
    assert judge(facts(**changes)) == Judgement(machine, is_bot=bool(machine))
    assert not machine or machine in WHY


def test_names_stand_for_one_thing():
    assert not {program.machine for program in PROGRAMS} & set(WHY)
