"""`tayori doctor`: every check that stands between you and delivered mail.

Owns how the checks are shown and the exit status: 1 where one failed. The checks themselves are in `service_checks`,
`host_checks`, `resolver_checks`, `source_checks`, `feedback_checks`, `domain_checks` and `probe_checks`.
"""

import argparse
import sys

from tayori.cli.check import Check, Health
from tayori.cli.command import CommandFailed, Context
from tayori.cli.domain_checks import check_domain
from tayori.cli.domains import domain_of
from tayori.cli.feedback_checks import check_complaints
from tayori.cli.lookup import resolver_of
from tayori.cli.probe_checks import check_probe
from tayori.cli.resolver_checks import check_validation
from tayori.cli.service import add_region, endpoints_of, visit
from tayori.cli.service_checks import check_service
from tayori.cli.source_checks import check_sources
from tayori.cli.table import pad, printable, width
from tayori.cli.words import Words
from tayori.store.engine import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("domain", metavar="DOMAIN", nargs="?", help="also check what this sending domain needs")
    add_region(parser)
    parser.add_argument(
        "--probe",
        action="store_true",
        help="prove the domain: send a message to the service itself, and judge what arrives as a receiver would",
    )
    parser.add_argument("--account", metavar="ID", help="the account in question (default: the first)")
    parser.add_argument(
        "--outbound-to",
        metavar="DOMAIN",
        help="greet a mail host of this domain, to see that mail gets out (default gmail.com; rehearsal: inbox.test)",
    )


def run(context: Context, options: argparse.Namespace) -> int:
    domain = domain_of(options.domain) if options.domain else None
    if options.probe and domain is None:
        raise CommandFailed("--probe needs a domain to prove: tayori doctor DOMAIN --probe.")
    service = endpoints_of(context)
    outbound = options.outbound_to or ("inbox.test" if service.rehearsal else "gmail.com")

    async def examine(store: Store) -> list[Check]:
        async with resolver_of(service) as resolver:
            checks = await check_service(context.data, service, store, resolver, options.account, domain_of(outbound))
            checks += await check_validation(service)
            checks += await check_sources(store, resolver)
            checks += await check_complaints(service, store, options.account, context.words.language)
            if domain is not None:
                checks += await check_domain(service, store, resolver, options.account, domain)
                if options.probe:
                    checks += await check_probe(service, store, options.account, domain)
        return checks

    if sys.stderr.isatty() and not context.output.as_json:
        sys.stderr.write(context.words("doctor.looking") + "\n")
    checks = visit(service, examine)
    context.output.emit([item.as_json(context.words) for item in checks], as_text(context.words, checks))
    return 1 if any(item.health is Health.FAILED for item in checks) else 0


def as_text(words: Words, checks: list[Check]) -> str:
    labels = {health: words(f"doctor.{health}") for health in Health}
    widest = max(width(label) for label in labels.values())
    names = [words(f"doctor.{name}") for name in ("expected", "found", "remedy")]
    inner = max(width(name) for name in names)
    lines = []
    for item in checks:
        lines.append(f"{pad(labels[item.health], widest)}  {item.title(words)}: {printable(item.seen(words))}")
        if item.health is not Health.OK:
            for name, text in ((names[0], item.expected(words)), (names[2], item.remedy(words))):
                lines.append(f"{' ' * widest}    {pad(name, inner)}  {text}")
    lines += ["", _summary(words, checks)]
    return "\n".join(lines) + "\n"


def _summary(words: Words, checks: list[Check]) -> str:
    failed = sum(item.health is Health.FAILED for item in checks)
    warnings = sum(item.health is Health.WARNING for item in checks)
    if not failed and not warnings:
        return words("doctor.all-well", count=len(checks))
    return words("doctor.summary", count=len(checks), failed=failed, warnings=warnings)
