"""What `tayori doctor` says of TLS: connections that got worse, and reports that were asked for in vain."""

from datetime import timedelta

from tayori.cli.check import Health
from tayori.cli.service_checks import tls_checks
from tayori.model.security_memory import Level, Sighting
from tayori.resources import security_levels, tls_results
from tayori.resources.tls_results import DueReport, SendState


def test_nothing_to_tell(transact) -> None:
    levels, reports = transact(tls_checks)
    assert (levels.key, levels.health, levels.found) == ("tls-levels", Health.OK, "0")
    assert (reports.key, reports.health, reports.found) == ("tls-reports", Health.OK, "0 / 0")


def test_a_downgrade_is_a_warning(transact, clock) -> None:
    for level, minutes in ((Level.VERIFIED, 0), (Level.NONE, 5)):
        at = clock.now() + timedelta(minutes=minutes)
        seen = Sighting(level=level, at=at, host="mx.inbox.test", tls="")
        transact(security_levels.note, {"inbox.test": (seen, seen)})
    levels, _ = transact(tls_checks)
    assert (levels.health, levels.found) == (Health.WARNING, "1: inbox.test")


def test_reports_in_vain_are_a_warning_for_three_days(transact, clock) -> None:
    day = clock.now().date() - timedelta(days=1)
    for domain, state in (("a.test", SendState.SENT), ("b.test", SendState.FAILED)):
        transact(tls_results.finish, DueReport(day=day, domain=domain, attempts=0), state, "no key")
    _, reports = transact(tls_checks)
    assert (reports.health, reports.found) == (Health.WARNING, "1 / 2; b.test: no key")
    clock.advance(4 * 86400)
    _, later = transact(tls_checks)
    assert later.health is Health.OK
