"""Opens and clicks that no reader made: which programs fetch pictures and follow links, and what gives them away.

Owns the table and the judgement, with the reason for each entry and when it was looked at. SES says since August 2026
whether `isBotEvent` is Likely or Unlikely, and not why. A proxy that fetches when a reader opens his mail is named, and
is no bot. Pure. A judgement is a guess: nothing is left out of the count for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LOOKED_AT = "2026-11-24"
AT_ONCE = 3  # different links of one message within AT_ONCE_SECONDS
AT_ONCE_SECONDS = 10.0
AT_DELIVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """What is known of one request. Seconds since delivery are None where the message was not delivered yet."""

    is_click: bool
    is_head: bool
    user_agent: str
    since_delivery: float | None
    links_at_once: int = 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """`machine` names what made the request, where it was no program of the reader's; it may act for him even so."""

    machine: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A program that says who it is."""

    machine: str
    pattern: re.Pattern[str]
    is_bot: bool


def _program(machine: str, words: str, *, is_bot: bool = True) -> Program:
    return Program(machine, re.compile(words, re.IGNORECASE), is_bot)


# The first that fits counts.
PROGRAMS: tuple[Program, ...] = (
    # Gmail fetches pictures through it when the mail is opened; SES calls that Unlikely (an event of 2026-09-18).
    _program("gmail-image-proxy", "GoogleImageProxy|ggpht\\.com", is_bot=False),
    _program("yahoo-mail-proxy", "YahooMailProxy", is_bot=False),  # likewise
    # Mail Privacy Protection (since iOS 15, September 2021) fetches everything after delivery, opened or not, and says
    # nothing but this. Apple Mail itself names the system behind it.
    _program("apple-mail-privacy", r"\AMozilla/5\.0\s*\Z"),
    # Gateways of companies that open links before their readers may. Those that name themselves are the fewer.
    _program(
        "security-scanner",
        "barracuda|mimecast|proofpoint|urldefense|ironport|ciscosecure|messagelabs|symantec|trend ?micro|TMES|fortimail"
        "|fortinet|sophos|avanan|hornetsecurity|vade ?secure|bitdefender|kaspersky|mailmarshal|spamtitan|cloudmark"
        "|zscaler|microsoft office existence discovery|virustotal|urlscan",
    ),
    # Chat programs and networks that show a picture of what a link leads to.
    _program(
        "link-preview",
        "slackbot|facebookexternalhit|twitterbot|linkedinbot|whatsapp|telegrambot|discordbot|skypeuripreview|bingpreview"
        "|google-read-aloud",
    ),
    _program("crawler", "bot\\b|crawler|spider|slurp"),
    # Libraries and tools.
    _program(
        "program",
        "^(?:python|curl|wget|go-http-client|java|okhttp|libwww-perl|apache-httpclient|axios|node|ruby|php|perl)\\b"
        "|headlesschrome|phantomjs|puppeteer|playwright",
    ),
)

# What the other names stand for.
WHY: Mapping[str, str] = MappingProxyType(
    {
        "head-request": "A mail program asks for the thing itself, a scanner whether it is there.",
        "no-user-agent": "Mail programs and browsers say what they are.",
        "before-delivery": "A scanner reads the mail before the receiver has taken it.",
        "at-delivery": f"Nobody reads and clicks within {AT_DELIVERY_SECONDS:.0f} seconds of the delivery.",
        "many-links": f"Nobody follows {AT_ONCE} links of one message within {AT_ONCE_SECONDS:.0f} seconds.",
    }
)


def judge(facts: VisitFacts) -> Judgement:
    if facts.is_head:
        return Judgement("head-request", is_bot=True)
    if not facts.user_agent.strip():
        return Judgement("no-user-agent", is_bot=True)
    for program in PROGRAMS:
        if program.pattern.search(facts.user_agent):
            return Judgement(program.machine, program.is_bot)
    if facts.since_delivery is None:
        return Judgement("before-delivery", is_bot=True)
    # A mail program that is open shows a message as it arrives; to click takes a reader longer.
    if facts.is_click and facts.since_delivery < AT_DELIVERY_SECONDS:
        return Judgement("at-delivery", is_bot=True)
    if facts.is_click and facts.links_at_once >= AT_ONCE:
        return Judgement("many-links", is_bot=True)
    return Judgement("", is_bot=False)
