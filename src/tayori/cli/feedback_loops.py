"""`tayori feedback-loops`: who tells of complaints, how far enrolments have come, and whether the way works.

Owns what is printed. The table is `model.feedback_loops`', what is said of it `app.feedback_loops`'.
"""

import argparse
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from tayori import ids
from tayori.app import feedback_loops as shared
from tayori.app import feedback_table
from tayori.app.endpoints import Endpoints
from tayori.app.feedback_loops import DomainOutlook, Installation
from tayori.app.letters import MOST_LISTED, summary, text_of, whole
from tayori.app.loop_test import LoopTest, LoopTester
from tayori.app.sending import Sending
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import names_of, resolver_of
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, visit, write
from tayori.cli.table import moment, pad, printable, table, width
from tayori.cli.words import Words
from tayori.delivery.settings import DeliverySettings
from tayori.model.errors import DomainError
from tayori.model.feedback_loops import Collector, FeedbackLoops, Loop, MailboxProvider
from tayori.model.loop_coverage import INSTEAD, Coverage, EnrolmentState, sentence
from tayori.model.shaping import TableError
from tayori.resources import feedback_enrolments, letters
from tayori.resources.feedback_enrolments import Enrolment
from tayori.resources.loop_coverage import Scope
from tayori.store.engine import Store, Tx

_STATES = (*(state.value for state in EnrolmentState), "none")
_SHOWN_MEMBERS = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    listing = _verb(verbs, "list", "the providers, whether they report complaints, and how far you are enrolled", _list)
    listing.add_argument("--loop", choices=[loop.value for loop in Loop], help="only providers of this kind")
    show = _verb(verbs, "show", "one provider or collector: how to enrol, and what to fill in for this service", _show)
    show.add_argument("name", metavar="ID")
    add_region(show)
    cover = _verb(verbs, "coverage", "how much of the mail that was delivered went to providers that report", _coverage)
    cover.add_argument(
        "--days", type=int, default=shared.DEFAULT_DAYS, metavar="N", help="of so many days (default 30)"
    )
    cover.add_argument("--identity", default="", metavar="NAME", help="only mail of this domain or address")
    cover.add_argument("--configuration-set", default="", metavar="NAME", help="only mail under this one")
    _account(cover)
    look = _verb(verbs, "lookup", "beforehand: which recipient domains have a provider that reports, by MX", _lookup)
    look.add_argument("domain", nargs="*", metavar="DOMAIN", help="domains, or addresses at them")
    look.add_argument("--queue", action="store_true", help="the recipients of the mail that waits")
    _account(look)
    enrol = _verb(verbs, "enrol", "note how far an enrolment has come", _enrol)
    enrol.add_argument("name", metavar="ID")
    enrol.add_argument("--state", required=True, choices=_STATES, help="none takes a note back")
    enrol.add_argument("--domain", default="", metavar="DOMAIN", help="it covers mail of this domain (default: all)")
    enrol.add_argument("--note", metavar="TEXT", help="for whoever looks later: a case number, an account")
    enrol.add_argument("--date", default="", metavar="DATE", help="since when, like 2026-01-31 (default: today)")
    mail = _verb(verbs, "mail", "what came to complaints@, abuse@ and postmaster@ and was no report", _mail)
    mail.add_argument("letter", metavar="MAIL", nargs="?", help="show one of them")
    test = _verb(verbs, "test", "report a complaint about a message of the service, as a provider would", _test)
    test.add_argument("domain", metavar="DOMAIN", help="an identity to send the message as")
    _account(test)


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    action: Callable[[Context, argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, parents=[shared_options()])
    parser.set_defaults(action=action)
    return parser


def _account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="ID", help="(default: the first)")
    add_region(parser)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def table_of(service: Endpoints) -> FeedbackLoops:
    """The table that the service goes by. Raises CommandFailed."""
    try:
        return feedback_table.load(service.feedback_loops_file)
    except TableError as error:
        raise CommandFailed(f"inbound.feedback_loops_file cannot be used: {error}.") from error


# -- the checklist -----------------------------------------------------------------------------------------------------


def _list(context: Context, options: argparse.Namespace) -> int:
    service, words = endpoints_of(context), context.words
    loops = table_of(service)
    noted = read(service, feedback_enrolments.all_of)
    found: list[MailboxProvider | Collector] = [one for one in loops.collectors if not options.loop]
    found += [one for one in loops.providers if options.loop in (None, one.loop)]
    rows = [
        (
            one.id,
            one.name.of(words.language),
            words(f"loops.loop.{one.loop}") if isinstance(one, MailboxProvider) else "",
            _state(words, shared.noted_for(one, noted)),
            _how(words, one, loops),
        )
        for one in found
    ]
    heads = [words(f"loops.{name}") for name in ("id", "name", "loop", "state", "how")]
    value = [shared.entry_as_json(one, shared.noted_for(one, noted)) for one in found]
    context.output.emit(value, table(heads, rows))
    return 0


def _state(words: Words, noted: Sequence[Enrolment]) -> str:
    best = max(noted, key=lambda one: one.state is EnrolmentState.ACTIVE, default=None)
    return words(f"loops.state.{best.state}") if best else ""


def _how(words: Words, one: MailboxProvider | Collector, loops: FeedbackLoops) -> str:
    if isinstance(one, MailboxProvider) and one.through:
        collector = loops.collector(one.through)
        return words("loops.through", name=collector.name.of(words.language) if collector else one.through)
    return ", ".join(words(f"loops.by.{by}") for by in one.enrolment.by)


def _show(context: Context, options: argparse.Namespace) -> int:
    service, words = endpoints_of(context), context.words
    loops = table_of(service)
    try:
        one = shared.named(loops, options.name)
    except DomainError as error:
        raise CommandFailed(error.message) from error
    here = read(service, shared.installation, service.service_domain, service.outgoing_addresses, service.region)
    noted = shared.noted_for(one, read(service, feedback_enrolments.all_of))
    value = shared.entry_as_json(one, noted) | {"here": shared.needs_here(one, here)}
    rows = [(head, text) for head, text in _facts(words, loops, one, noted, here) if text]
    widest = max(width(head) for head, _ in rows)
    lines = [f"{pad(head, widest)}  {printable(text)}" for head, text in rows]
    context.output.emit(value, "\n".join(lines))
    return 0


def _facts(
    words: Words, loops: FeedbackLoops, one: MailboxProvider | Collector, noted: Sequence[Enrolment], here: Installation
) -> Iterator[tuple[str, str]]:
    how, language = one.enrolment, words.language
    yield words("loops.name"), f"{one.name.of(language)} ({one.id})"
    if isinstance(one, MailboxProvider):
        yield words("loops.loop"), words(f"loops.loop.{one.loop}")
        yield words("loops.hosts"), ", ".join(one.hosts)
        yield words("loops.note"), one.note.of(language)
    else:
        members = [member.name.of(language) for member in loops.members(one.id)]
        yield words("loops.members"), ", ".join(members[:_SHOWN_MEMBERS])
    yield words("loops.known"), " ".join((words(f"loops.basis.{one.known.basis}"), f"({one.known.as_of})"))
    for source in one.known.source:
        yield "", source
    for enrolment in noted:
        yield words("loops.state"), _noted(words, enrolment)
    if isinstance(one, MailboxProvider) and one.loop in (Loop.NO, Loop.UNKNOWN):
        return
    yield words("loops.how"), _how(words, one, loops)
    yield words("loops.enrol-at"), how.at
    yield words("loops.needs"), how.needs.of(language)
    yield words("loops.sends"), how.sends
    yield words("loops.redacts"), words(f"loops.redacts.{how.redacts}")
    for key, found in shared.needs_here(one, here).items():
        yield words(f"loops.here.{key}"), found if isinstance(found, str) else ", ".join(found)


def _noted(words: Words, one: Enrolment) -> str:
    domain = one.domain or words("loops.all-mail")
    said = words("loops.noted", state=words(f"loops.state.{one.state}"), since=one.since, domain=domain)
    return f"{said}: {one.note}" if one.note else said


def _enrol(context: Context, options: argparse.Namespace) -> int:
    service, words = endpoints_of(context), context.words
    done = write(
        service,
        shared.enrol,
        table_of(service),
        options.name,
        state=options.state,
        domain=options.domain,
        note=options.note,
        since=options.date,
    )
    if done is None:
        context.output.emit({}, words("loops.taken-back", name=options.name))
        return 0
    state = words(f"loops.state.{done.state}")
    text = words("loops.enrolled", name=done.name, state=state, since=done.since)
    context.output.emit(shared.enrolment_as_json(done), text)
    return 0


def _mail(context: Context, options: argparse.Namespace) -> int:
    service, words = endpoints_of(context), context.words
    if options.letter:
        one = read(service, letters.get, options.letter)
        lines = [f"{name}: {printable(value)}" for name, value in summary(one).items()]
        lines += ["", *(printable(line) for line in text_of(one).splitlines())]
        context.output.emit(whole(one), "\n".join(lines))
        return 0
    found = read(service, letters.listed, MOST_LISTED)
    heads = [words(f"loops.{name}") for name in ("mail", "received", "to", "from", "subject")]
    rows = [
        (one.letter_id, moment(one.received_at), one.recipient, shown["from"], shown["subject"])
        for one, shown in ((one, summary(one)) for one in found)
    ]
    text = table(heads, rows) if rows else words("loops.no-mail")
    context.output.emit([summary(one) for one in found], text)
    return 0


# -- coverage ----------------------------------------------------------------------------------------------------------


def _coverage(context: Context, options: argparse.Namespace) -> int:
    service, words = endpoints_of(context), context.words
    try:
        age = shared.days(options.days)
    except DomainError as error:
        raise CommandFailed(error.message) from error

    def look(tx: Tx) -> Coverage:
        scope = Scope(
            account_id=account_id_of(tx, options.account),
            region=service.region,
            identity=options.identity.lower(),
            configuration_set=options.configuration_set,
        )
        return shared.covered(tx, loops, scope, age)

    loops = table_of(service)
    found = read(service, look)
    context.output.emit({"days": age.days} | shared.coverage_as_json(found), _coverage_text(words, found))
    return 0


def _coverage_text(words: Words, found: Coverage) -> str:
    lines = [sentence(found, words.language)]
    if found.shares:
        heads = [words(f"loops.{name}") for name in ("name", "loop", "recipients", "share")]
        rows = [
            (
                share.name(words.language),
                words(f"loops.loop.{share.loop}"),
                str(share.recipients),
                f"{100 * found.part(share.recipients):.1f} %",
            )
            for share in found.shares
        ]
        lines += ["", table(heads, rows)]
    if found.is_thin:
        lines.append(INSTEAD.of(words.language))
    return "\n".join(lines)


def _lookup(context: Context, options: argparse.Namespace) -> int:
    if bool(options.domain) == options.queue:
        raise CommandFailed(context.words("loops.no-domains"))
    service, words = endpoints_of(context), context.words
    loops = table_of(service)

    async def look(store: Store) -> tuple[list[DomainOutlook], Coverage]:
        account_id = await store.read(account_id_of, options.account)
        asked = await store.read(shared.queued, account_id) if options.queue else shared.domains_of(options.domain)
        async with resolver_of(service) as resolver:
            found = await shared.look(resolver, loops, asked)
        return found, shared.foreseen(found, await store.read(feedback_enrolments.enrolments))

    found, coverage = visit(service, look)
    value = {"domains": shared.outlook_as_json(found), "coverage": shared.coverage_as_json(coverage)}
    context.output.emit(value, _outlook_text(words, found, coverage))
    return 0


def _outlook_text(words: Words, found: Sequence[DomainOutlook], coverage: Coverage) -> str:
    if not found:
        return words("loops.nothing-waits")
    heads = [words(f"loops.{name}") for name in ("domain", "recipients", "loop", "name", "host")]
    rows = [
        (
            one.domain,
            str(one.recipients),
            "" if one.trouble else words(f"loops.loop.{one.loop}"),
            one.provider.name.of(words.language) if one.provider else "",
            one.trouble or one.hosts[0],
        )
        for one in found
    ]
    said = [sentence(coverage, words.language)] if coverage.recipients else []
    return "\n".join([table(heads, rows), *said])


# -- the test ----------------------------------------------------------------------------------------------------------


def _test(context: Context, options: argparse.Namespace) -> int:
    service, words = endpoints_of(context), context.words
    domain = domain_of(options.domain)

    async def test(store: Store) -> LoopTest:
        identity = await store.read(identity_of, options.account, service.region, domain)
        names = partial(names_of, service)
        async with resolver_of(service) as resolver:
            tester = LoopTester(
                store=store,
                sending=Sending(store, names, ids.worker_id()),
                names=names,
                clock=store.clock,
                resolver=resolver,
                delivery=_delivery(service),
            )
            return await tester.run(identity)

    found = visit(service, test)
    context.output.emit(found.as_json(), _test_text(words, found))
    return 0 if found.passes else 1


def _delivery(service: Endpoints) -> DeliverySettings:
    """As much of the settings as finding the way to a mail host takes."""
    networks: list[Any] = [ipaddress.ip_network(text) for text in service.private_networks]
    return DeliverySettings(
        ehlo_name=service.ehlo_name,
        outgoing_address="",
        port=service.delivery_port,
        allowed_networks=tuple(networks),
    )


def _test_text(words: Words, found: LoopTest) -> str:
    if not found.passes:
        return words("loops.test-failed", trouble=found.trouble)
    return words(
        "loops.test-passed",
        message=found.message_id,
        to=found.reported_to,
        host=found.host,
        seconds=f"{found.seconds:.1f}",
    )
