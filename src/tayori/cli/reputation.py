"""`tayori reputation`: bounce and complaint rates with what they are made of, and pauses for their sake.

`show` is what the watch finds, by configuration set, identity and provider; `pause` and `lift` are the operator's word.
After `lift`, what was counted until then is held against nobody. The same over HTTP: `app.reputation_desk`.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from tayori.app import reputation_desk
from tayori.app.endpoints import Endpoints
from tayori.app.reputation_desk import Reputation, as_json, rules_of
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, write
from tayori.cli.table import table
from tayori.config import ReputationSettings
from tayori.model.errors import DomainError
from tayori.model.reputation import ACCOUNT, Measure, Rate, Rules, State, Subject, Who
from tayori.model.reputation_notice import percent
from tayori.resources import accounts, reputation
from tayori.resources.mail_counts import ProviderCounts
from tayori.resources.reputation import Look, Part
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    _verb(verbs, "list", "all accounts: state and rates", _list, has_account=False)
    _verb(verbs, "show", "one account by configuration set, identity and provider", _show)
    pause = _verb(verbs, "pause", "accept no more mail of an account, or of a part of it", _pause)
    _part(pause)
    pause.add_argument("--reason", default="", metavar="TEXT", help="kept beside the pause")
    _part(_verb(verbs, "lift", "end a pause or a review; what was counted until now no longer counts", _lift))


def _verb(
    verbs: Any, name: str, about: str, action: Callable[..., int], *, has_account: bool = True
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    parser.set_defaults(action=action)
    if has_account:
        parser.add_argument("--account", metavar="ID", help="(default: the first)")
    add_region(parser)
    return parser


def _part(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--configuration-set", default="", metavar="NAME", help="only mail under this one")
    parser.add_argument("--identity", default="", metavar="NAME", help="only mail sent as this one")


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _rules(service: Endpoints) -> Rules:
    return rules_of(ReputationSettings(**service.reputation))


# --- looking ---


def _list(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    found = read(service, _all, service.region, _rules(service))
    heads = ("ACCOUNT", "NAME", "STATE", "BOUNCES", "COMPLAINTS")
    rows = [
        (
            look.account_id,
            name,
            look.account.state.status.value,
            *(_short(look.account.appraisal.of(measure)) for measure in Measure),
        )
        for name, look in found
    ]
    value = [
        {"account_id": look.account_id, "name": name} | reputation_desk.part_as_json(look.account)
        for name, look in found
    ]
    context.output.emit(value, table(heads, rows))
    return 0


def _all(tx: Tx, region: str, rules: Rules) -> list[tuple[str, Look]]:
    return [
        (name, reputation.look(tx, account_id, region, rules))
        for account_id, name in accounts.all_accounts(tx)
        if accounts.has_region(tx, account_id, region)
    ]


def _show(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    rules = _rules(service)
    found = read(service, _one, service.region, options.account, rules)
    context.output.emit(as_json(found, rules), _as_text(found, rules))
    return 0


def _one(tx: Tx, region: str, wanted: str | None, rules: Rules) -> Reputation:
    return reputation_desk.show(tx, account_id_of(tx, wanted), region, rules)


def _as_text(found: Reputation, rules: Rules) -> str:
    look = found.look
    rows = [
        ("Account", f"{look.account_id} in {look.region}"),
        ("State", _state(look.account.state)),
        *(
            (f"{measure.value.capitalize()}s", _long(look.account.appraisal.of(measure), rules, measure))
            for measure in Measure
        ),
        ("Pauses", rules.mode.value),
    ]
    sections = [table((), rows)]
    for title, kind in (("CONFIGURATION SET", Subject.CONFIGURATION_SET), ("IDENTITY", Subject.IDENTITY)):
        parts = [part for part in look.parts if part.who.kind is kind]
        if parts:
            sections.append(table((title, "STATE", "BOUNCES", "COMPLAINTS"), [_part_row(part) for part in parts]))
    if found.providers:
        heads = ("PROVIDER", "DELIVERED", "BOUNCED", "COMPLAINTS", "TELLS OF COMPLAINTS")
        sections.append(table(heads, [_provider_row(one, found.reporting) for one in found.providers]))
    return "\n".join(sections)


def _part_row(part: Part) -> Sequence[str]:
    rates = [_short(part.appraisal.of(measure)) for measure in Measure]
    return part.who.name, _state(part.state), *rates


def _provider_row(one: ProviderCounts, reporting: frozenset[str]) -> Sequence[str]:
    tells = one.provider in reporting or one.complaints > 0
    bounced = f"{one.permanent_bounces} ({percent(one.bounce_rate)})" if one.bounce_rate is not None else "0"
    complained = f"{one.complaints} ({percent(one.complaint_rate or 0)})" if tells else "-"
    return one.provider, str(one.deliveries), bounced, complained, "yes" if tells else "no"


def _state(state: State) -> str:
    words = state.status.value
    if state.reason:
        words += f" ({state.reason})"
    return words if state.since is None else f"{words} since {state.since:%Y-%m-%d %H:%M} UTC"


def _short(rate: Rate) -> str:
    return f"{percent(rate.value)} of {rate.volume}" if rate.volume else "-"


def _long(rate: Rate, rules: Rules, measure: Measure) -> str:
    limits = rules.of(measure)
    bounds = f"review from {percent(limits.review)}, pause from {percent(limits.pause)}"
    if not rate.volume:
        return f"no mail ({bounds})"
    judged = "" if rate.is_judged else f"; not judged below {rules.minimum_volume}"
    since = f"{rate.began_at:%Y-%m-%d %H:%M} UTC"
    return f"{percent(rate.value)}: {rate.bad} of {rate.volume} since {since} ({bounds}{judged})"


# --- changing ---


def _pause(context: Context, options: argparse.Namespace) -> int:
    who = _who(options)

    def paused(tx: Tx, region: str) -> tuple[str, State]:
        account_id = account_id_of(tx, options.account)
        return account_id, reputation_desk.pause(tx, account_id, region, who, options.reason)

    return _changed(context, who, paused)


def _lift(context: Context, options: argparse.Namespace) -> int:
    who = _who(options)

    def lifted(tx: Tx, region: str) -> tuple[str, State]:
        account_id = account_id_of(tx, options.account)
        return account_id, reputation.lift(tx, account_id, region, who)

    return _changed(context, who, lifted)


def _who(options: argparse.Namespace) -> Who:
    try:
        return reputation_desk.who_of(options.configuration_set, options.identity)
    except DomainError as error:
        raise CommandFailed(error.message) from error


def _changed(context: Context, who: Who, change: Callable[[Tx, str], tuple[str, State]]) -> int:
    service = endpoints_of(context)
    account_id, state = write(service, change, service.region)
    value = {
        "account_id": account_id,
        "region": service.region,
        "kind": who.kind.value,
        "name": who.name,
        "status": state.status.value,
        "reason": state.reason,
    }
    name = "account" if who == ACCOUNT else f"{who.kind.value} {who.name}"
    context.output.emit(value, f"{account_id} in {service.region}, {name}: {_state(state)}\n")
    return 0
