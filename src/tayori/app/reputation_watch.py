"""The watch over reputation in one process: what it is made of, the mail that it leads to, and its gauges.

Owns the wiring. Gauges show what the last look found: accounts that are not well, at most twenty, and the configuration
sets whose owners have asked for their reputation's metrics, at most a hundred.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from tayori.app.advisor import advisor
from tayori.app.notices import AccountMail
from tayori.app.reputation_desk import rules_of
from tayori.app.sending import Sending
from tayori.config import Config
from tayori.loops.base import Loop
from tayori.loops.reputation import ReputationWatch
from tayori.mail.answer import Resolver
from tayori.model import reputation_notice
from tayori.model.names import ServiceNames
from tayori.model.reputation import ACCOUNT, Rules, Status
from tayori.model.reputation_notice import ReputationNotice
from tayori.resources import recommendations, reputation
from tayori.resources.reputation import Look
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.reputation")

_MOST_ACCOUNTS = 20
_MOST_SETS = 100


def reputation_watch(
    config: Config, store: Store, sending: Sending, names: Callable[[str], ServiceNames]
) -> ReputationWatch:
    rules = rules_of(config.reputation)
    mail = AccountMail(store, sending, names, store.clock)
    return ReputationWatch(store, rules, timedelta(days=config.retention.count_days), Teller(mail, rules))


def reputation_loops(
    config: Config, store: Store, sending: Sending, names: Callable[[str], ServiceNames], resolver: Resolver
) -> list[tuple[Loop, str]]:
    """Each with the topic that wakes it; an installation runs one of each."""
    return [
        (reputation_watch(config, store, sending, names), reputation.TOPIC),
        (advisor(config, store, resolver, names), recommendations.TOPIC),
    ]


class Teller:
    """What the loop is handed (see tayori.loops.reputation.Tell)."""

    def __init__(self, mail: AccountMail, rules: Rules) -> None:
        self._mail = mail
        self._rules = rules

    async def __call__(self, found: Look) -> None:
        """Never raises: a mail that cannot be sent must not keep other accounts from being looked at."""
        decision = found.decision
        if decision.notice is None:
            return
        notice = ReputationNotice(
            notice=decision.notice,
            account_id=found.account_id,
            region=found.region,
            appraisal=found.account.appraisal,
            rules=self._rules,
            part=decision.pause if decision.pause != ACCOUNT else None,
        )
        try:
            text = reputation_notice.compose(notice)
            await self._mail.send(found.account_id, found.region, text, {"notices": decision.notice.value})
        except Exception:
            logger.exception("notice_failed", extra={"account_id": found.account_id})


# --- gauges ---


def gauges(tx: Tx) -> tuple[str, ...]:
    return tuple(_lines(tx))


def _lines(tx: Tx) -> Iterator[str]:
    numbers = reputation.numbers(tx)
    yield "# HELP tayori_reputation_accounts Accounts, once for each region, by their enforcement status."
    yield "# TYPE tayori_reputation_accounts gauge"
    yield from (f'tayori_reputation_accounts{{status="{status}"}} {numbers.get(status, 0)}' for status in Status)
    unwell = reputation.unwell(tx, _MOST_ACCOUNTS)
    sets = reputation.measured_rates(tx, _MOST_SETS)
    for measure, position in (("bounce", 2), ("complaint", 3)):
        name = f"tayori_reputation_{measure}_rate"
        yield f"# HELP {name} Of accounts that are under review or paused, and of sets that have asked for it."
        yield f"# TYPE {name} gauge"
        for labels, rate in _rates([*unwell, *sets], position):
            yield f"{name}{{{labels}}} {rate:.6f}"


def _rates(rows: Sequence[Sequence[Any]], position: int) -> Iterator[tuple[str, float]]:
    for account_id, region, bounce, complaint, *of_set in rows:
        rate = bounce if position == 2 else complaint
        if rate is not None:
            labels = f'account="{account_id}",region="{region}"'
            yield (f'{labels},configuration_set="{of_set[0]}"' if of_set else labels), rate
