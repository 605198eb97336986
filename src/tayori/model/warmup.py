"""How much a new source address may send, day by day, at each provider: receivers trust no address at first sight.

Owns the schedule. SES warms an address up for 45 days (ses: dedicated-ip-warming), with a limit for each provider;
its numbers are not published. Ours begin at 50 recipients a day at one provider and grow by the same factor every
day, to 50,000 on the last. What a day does not allow goes out from addresses that are warm. Never counts, never
looks at a clock.
"""

from datetime import datetime, timedelta

DAYS = 45
_FIRST_DAY = 50
_LAST_DAY = 50_000
_GROWTH = (_LAST_DAY / _FIRST_DAY) ** (1 / (DAYS - 1))
WARM = 100

# All domains that are none of the named providers' count as one: many receivers, each with little of the mail.
OTHER = "other"
_OTHER_FACTOR = 4

# Providers whose mail is theirs by the domain alone; for others somebody has to look at the MX hosts.
_DOMAINS = {
    "gmail": "gmail.com googlemail.com",
    "outlook": "outlook.com hotmail.com live.com msn.com outlook.jp hotmail.co.jp live.jp hotmail.co.uk hotmail.fr",
    "yahoo": "yahoo.com ymail.com rocketmail.com aol.com yahoo.co.uk yahoo.fr yahoo.de yahoo.es yahoo.it yahoo.in",
    "icloud": "icloud.com me.com mac.com",
    "docomo": "docomo.ne.jp",
    "au": "ezweb.ne.jp au.com",
    "softbank": "softbank.ne.jp i.softbank.jp disney.ne.jp vodafone.ne.jp",
    "yahoo-japan": "yahoo.co.jp ybb.ne.jp",
}
_PROVIDER_OF = {domain: provider for provider, domains in _DOMAINS.items() for domain in domains.split()}


def provider_of(domain: str) -> str:
    """The provider of a recipient domain, as far as the name tells."""
    return _PROVIDER_OF.get(domain, OTHER)


def percentage(start: int, since: datetime | None, now: datetime) -> int:
    """How far an address is that was at `start` percent at `since`, and has grown from then on; None: it does not."""
    if since is None:
        return start
    grown = (now - since) / timedelta(days=DAYS) * WARM
    return max(0, min(WARM, start + int(grown)))


def daily_limit(percent: int, provider: str) -> int | None:
    """Recipients that the address may send to at `provider` today; None: as many as there are."""
    if percent >= WARM:
        return None
    day = percent / WARM * DAYS
    limit = int(_FIRST_DAY * _GROWTH ** min(day, DAYS - 1))
    return limit * _OTHER_FACTOR if provider == OTHER else limit


def rest_seconds(times: int) -> float:
    """How long an address keeps away from a provider that has blocked it `times` times in a row: 15 min to 12 h."""
    return float(min(900 * 2 ** (max(times, 1) - 1), 12 * 3600))
