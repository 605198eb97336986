"""`tayori dmarc`: what a domain's policy says, which step is next, and what receivers reported.

Owns what is printed. The advice is the models', the sentences are in `model.authentication_words`.
"""

import argparse
from collections.abc import Iterator

from tayori.app import authentication_look
from tayori.app.authentication_look import DEFAULT_DAYS, MOST_DAYS, AuthenticationLook, NoAnswerInTime
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import names_of, policy_files_of, resolver_of
from tayori.cli.service import endpoints_of, visit
from tayori.cli.table import moment, printable, table
from tayori.mail.spf import TERM_LIMIT, VOID_LIMIT
from tayori.mail.txt_strings import presentation
from tayori.model.authentication_words import sentence
from tayori.model.dmarc_advice import DmarcAdvice
from tayori.model.spf_advice import SpfAdvice
from tayori.resources import dmarc_reports
from tayori.resources.dmarc_reports import DomainSummary
from tayori.store.engine import Store

_SHOWN_SOURCES = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    for name, about, action in (
        ("advice", "the policy in words, whether mail sent from here passes, the next step, and SPF", _advice),
        ("report", "what receivers reported of the domain, by source", _report),
    ):
        verb = verbs.add_parser(name, help=about, parents=[shared_options()])
        verb.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
        verb.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
        verb.add_argument(
            "--days",
            type=int,
            default=DEFAULT_DAYS,
            metavar="N",
            help=f"reports of so many days (default {DEFAULT_DAYS}, at most {MOST_DAYS})",
        )
        verb.set_defaults(action=action)


def run(context: Context, options: argparse.Namespace) -> int:
    if not 1 <= options.days <= MOST_DAYS:
        raise CommandFailed(f"--days must be between 1 and {MOST_DAYS}.")
    return int(options.action(context, options))


def _report(context: Context, options: argparse.Namespace) -> int:
    found = _look(context, options).reports
    context.output.emit(dmarc_reports.as_json(found), "\n".join(_report_lines(found, _say(context), options.days)))
    return 0


def _advice(context: Context, options: argparse.Namespace) -> int:
    found = _look(context, options)
    context.output.emit(authentication_look.as_json(found), "\n".join(_advice_lines(found, _say(context))))
    return 0


def _look(context: Context, options: argparse.Namespace) -> AuthenticationLook:
    domain = domain_of(options.domain)
    service = endpoints_of(context)

    async def look(store: Store) -> AuthenticationLook:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            names = names_of(service, identity.region)
            files = policy_files_of(service, resolver)
            return await authentication_look.look(identity, names, resolver, store, options.days, files=files)

    try:
        return visit(service, look)
    except NoAnswerInTime as error:
        raise CommandFailed(f"The DNS took too long over the records of {domain}. Try again later.") from error


class _Say:
    """Sentences in the language of the command."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, **places: object) -> str:
        return printable(sentence(key, self._language, {name: str(value) for name, value in places.items()}))


def _say(context: Context) -> _Say:
    return _Say(context.words.language)


# -- advice ------------------------------------------------------------------------------------------------------------


def _advice_lines(found: AuthenticationLook, say: _Say) -> Iterator[str]:
    yield say("look.policy", domain=found.setup.from_domain)
    yield f"  {say('look.organisation', organisation=found.dmarc.organisational_domain)}"
    if found.dmarc.record_text:
        yield f"  _dmarc.{found.dmarc.policy_domain} TXT {printable(found.dmarc.record_text)}"
    for one in found.dmarc.explanation:
        yield f"  {say(one.key, **one.places)}"
    yield ""
    yield say("look.own-mail")
    yield f"  DKIM ({found.setup.dkim_domain or '-'}): {say(f'passing.{found.dmarc.by_dkim}')}"
    yield f"  SPF ({found.setup.mail_from_domain}): {say(f'passing.{found.dmarc.by_spf}')}"
    yield ""
    yield from _step_lines(found.dmarc, say)
    yield ""
    yield from _spf_lines(found.spf, say)
    yield ""
    yield say("look.policies")
    for finding in found.policies:
        yield f"  {say(f'policy.{finding.kind}')}: {say(f'policy-verdict.{finding.verdict}')}"
        for value in finding.found:
            yield f"    {finding.name} TXT {printable(value)}"
        for note in finding.notes:
            yield f"    {say(f'policy-note.{note}', **finding.places)}"
    yield ""


def _step_lines(advice: DmarcAdvice, say: _Say) -> Iterator[str]:
    yield say("look.step")
    if advice.step is None:
        yield f"  {say('dmarc.step.unknown' if advice.record is None else 'dmarc.step.done')}"
        return
    yield f"  {say(advice.step.why.key, **advice.step.why.places)}"
    yield f"  {advice.step.name} TXT {presentation(advice.step.value)}"
    if advice.step.where is not None:
        yield f"  {say(advice.step.where.key, **advice.step.where.places)}"
    yield f"  {say(f'readiness.{advice.step.readiness}')}"


def _spf_lines(advice: SpfAdvice | None, say: _Say) -> Iterator[str]:
    if advice is None:
        yield say("look.spf-default")
        return
    yield say("look.spf", domain=advice.domain)
    for value in advice.merge.before:
        yield f"  {say('look.present')}: {printable(value)}"
    if advice.merge.is_in_place:
        yield f"  {say('look.spf-in-place')}"
    else:
        yield f"  {say('look.wanted')}: {presentation(advice.merge.after)}"
    cost = advice.cost_after
    voids = max(cost.voids, cost.voids_of_ipv6)
    yield f"  {say('look.cost', terms=cost.terms, term_limit=TERM_LIMIT, voids=voids, void_limit=VOID_LIMIT)}"
    for text in (*cost.broken, *advice.merge.unreadable):
        yield f"  ! {printable(text)}"
    for note in advice.notes:
        yield f"  {say(f'spf.{note}')}"


# -- reports -----------------------------------------------------------------------------------------------------------


def _report_lines(found: DomainSummary, say: _Say, days: int) -> Iterator[str]:
    yield say("report.heading", domain=found.domain, days=days)
    if not found.reports:
        yield say("report.none")
        yield ""
        return
    names = ", ".join(found.reporters[:10])
    share = f"{100 * found.aligned / found.messages:.1f}" if found.messages else "0"
    yield say("report.totals", reports=found.reports, names=names, messages=found.messages, share=share)
    yield ""
    columns = ("source", "messages", "aligned", "dkim", "spf", "quarantined", "rejected", "last")
    rows = [
        (
            one.source_ip,
            *map(str, (one.messages, one.aligned, one.by_dkim, one.by_spf, one.quarantined, one.rejected)),
            moment(one.last_seen),
        )
        for one in found.sources[:_SHOWN_SOURCES]
    ]
    yield table([say(f"report.{name}") for name in columns], rows)
    if len(found.sources) > _SHOWN_SOURCES:
        yield say("report.more", count=len(found.sources) - _SHOWN_SOURCES)
        yield ""
