"""Checks of what an account waits for: complaints are told of only where the recipients' providers report them."""

from datetime import timedelta

from tayori.app.endpoints import Endpoints
from tayori.app.feedback_loops import covered
from tayori.cli.check import Check, Health, check
from tayori.cli.feedback_loops import table_of
from tayori.cli.service import account_id_of
from tayori.model.feedback_loops import FeedbackLoops
from tayori.model.loop_coverage import sentence
from tayori.resources import loop_coverage
from tayori.store.engine import Store, Tx

_AGE = timedelta(days=30)


async def check_complaints(service: Endpoints, store: Store, account: str | None, language: str) -> list[Check]:
    """One for each identity, configuration set or account that has asked to be told of complaints."""
    return await store.read(_checks, table_of(service), account, service.region, language)


def _checks(tx: Tx, table: FeedbackLoops, account: str | None, region: str, language: str) -> list[Check]:
    account_id = account_id_of(tx, account)
    checks = []
    for scope in loop_coverage.listening(tx):
        if (scope.account_id, scope.region) == (account_id, region):
            found = covered(tx, table, scope, _AGE)
            health = Health.WARNING if found.is_thin or found.is_unheard else Health.OK
            checks.append(check("complaints", health, sentence(found, language), subject=scope.subject or account_id))
    return checks
