"""`tayori tls`: how well mail is encrypted on its way: reports that came, reports that went, and where it got worse.

Owns what is printed. The rows are `resources.tls_reports`, `tls_results` and `security_levels`.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import timedelta

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.service import endpoints_of, visit
from tayori.cli.table import moment, printable, table
from tayori.cli.words import Words
from tayori.resources import security_levels, tls_reports, tls_results
from tayori.resources.security_levels import Remembered
from tayori.resources.tls_reports import TlsSummary
from tayori.store.engine import Store, Tx

_DEFAULT_DAYS = 30
_MOST_DAYS = tls_reports.KEPT // timedelta(days=1)
_SHOWN = 50
_MOST = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    report = verbs.add_parser(
        "report", help="what senders reported of TLS to a domain of yours (RFC 8460)", parents=[shared_options()]
    )
    report.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
    report.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
    report.add_argument(
        "--days",
        type=int,
        default=_DEFAULT_DAYS,
        metavar="N",
        help=f"reports of so many days (default {_DEFAULT_DAYS}, at most {_MOST_DAYS})",
    )
    report.set_defaults(action=_report)
    levels = verbs.add_parser(
        "levels",
        help="domains to which connections are less secure than they were, or what is known of one",
        parents=[shared_options()],
    )
    levels.add_argument("domain", metavar="DOMAIN", nargs="?", help="a domain that mail was sent to")
    levels.set_defaults(action=_levels)
    sent = verbs.add_parser(
        "sent", help="the service's own reports, to domains that ask for them", parents=[shared_options()]
    )
    sent.set_defaults(action=_sent)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


# -- reports that came -------------------------------------------------------------------------------------------------


def _report(context: Context, options: argparse.Namespace) -> int:
    if not 1 <= options.days <= _MOST_DAYS:
        raise CommandFailed(f"--days must be between 1 and {_MOST_DAYS}.")
    service, domain = endpoints_of(context), domain_of(options.domain)

    async def look(store: Store) -> TlsSummary:
        return await store.read(_summary, options.account, service.region, domain, timedelta(days=options.days))

    found = visit(service, look)
    context.output.emit(tls_reports.as_json(found), "\n".join(_report_lines(found, context.words, options.days)))
    return 0


def _summary(tx: Tx, account: str | None, region: str, domain: str, age: timedelta) -> TlsSummary:
    return tls_reports.of_identity(tx, identity_of(tx, account, region, domain), age)


def _report_lines(found: TlsSummary, words: Words, days: int) -> Iterator[str]:
    yield words("tls.heading", domain=found.domain, days=days)
    if not found.reports:
        yield words("tls.none")
        yield ""
        return
    names = printable(", ".join(found.reporters[:10]))
    yield words("tls.totals", reports=found.reports, names=names, good=found.successful, bad=found.failed)
    yield ""
    rows = [(one.domain, one.policy_type, str(one.successful), str(one.failed)) for one in found.policies]
    yield table([words(f"tls.{name}") for name in ("domain", "policy", "good", "bad")], _safe(rows))
    if not found.results:
        return
    failures = [
        (one.result_type, one.host or "-", str(one.sessions), str(one.reporters), moment(one.last_seen))
        for one in found.results[:_SHOWN]
    ]
    yield table([words(f"tls.{name}") for name in ("result", "host", "sessions", "reporters", "last")], _safe(failures))
    if len(found.results) > _SHOWN:
        yield words("tls.more", count=len(found.results) - _SHOWN)
        yield ""


def _safe(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(printable(cell) for cell in row) for row in rows]


# -- levels ------------------------------------------------------------------------------------------------------------


def _levels(context: Context, options: argparse.Namespace) -> int:
    domain = domain_of(options.domain) if options.domain else None

    async def look(store: Store) -> list[Remembered]:
        if domain is None:
            return await store.read(security_levels.downgraded, _MOST)
        one = await store.read(security_levels.find, domain)
        return [one] if one is not None else []

    found, words = visit(endpoints_of(context), look), context.words
    heads = [words(f"tls.{name}") for name in ("domain", "best", "best-at", "now", "now-at", "host")]
    rows = [
        (
            one.domain,
            f"{one.memory.best.level} {one.memory.best.tls}".strip(),
            moment(one.memory.best.at),
            f"{one.memory.last.level} {one.memory.last.tls}".strip(),
            moment(one.memory.last.at),
            one.memory.last.host,
        )
        for one in found
    ]
    text = table(heads, _safe(rows)) if found else words("tls.unknown" if domain else "tls.no-downgrade") + "\n"
    context.output.emit([security_levels.as_json(one) for one in found], text)
    return 0


# -- reports that went -------------------------------------------------------------------------------------------------


def _sent(context: Context, options: argparse.Namespace) -> int:
    async def look(store: Store) -> list[tls_results.Send]:
        return await store.read(tls_results.sends, _MOST)

    found, words = visit(endpoints_of(context), look), context.words
    heads = [words(f"tls.{name}") for name in ("day", "domain", "state", "attempts", "detail")]
    rows = [(one.day, one.domain, str(one.state), str(one.attempts), one.detail) for one in found]
    text = table(heads, _safe(rows)) if found else words("tls.none-sent") + "\n"
    values = [
        {"day": one.day, "domain": one.domain, "state": one.state, "attempts": one.attempts, "detail": one.detail}
        for one in found
    ]
    context.output.emit(values, text)
    return 0
