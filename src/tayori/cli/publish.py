"""`tayori dns publish`: puts a domain's records into its zone, and shows first what would be done.

Owns the options and what is printed. The ways are `dns.publishing` (an update at the primary server) and
`dns.octodns_provider`; what may be changed is decided in `model.zone_edit`.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tayori.app import domain_plans
from tayori.cli.command import CommandFailed, Context
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import resolver_of
from tayori.cli.plans import add_domain_verb, plan_of
from tayori.cli.service import endpoints_of, visit
from tayori.cli.words import Words
from tayori.dns.octodns_provider import OctoDnsProvider
from tayori.dns.publishing import PrimaryServer, PublishError, TsigKey, tsig_key
from tayori.mail.answer import Answer, Resolver
from tayori.model.domain_plan import Change, DomainPlan, Necessity
from tayori.model.zone_edit import Conflict, Edit, ZoneEdits, edits_of
from tayori.store.engine import Store


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    publish = add_domain_verb(verbs, "publish", "show what would be changed in the zone, and change it with --apply")
    publish.add_argument("--server", metavar="HOST:PORT", help="the zone's primary server (RFC 2136)")
    publish.add_argument(
        "--tsig",
        metavar="NAME:ALGORITHM:FILE",
        help="the key that may change the zone, such as tayori:hmac-sha256:/etc/tayori/tsig",
    )
    publish.add_argument("--octodns", metavar="FILE", help="instead of a server: a configuration of octoDNS")
    publish.add_argument("--provider", metavar="NAME", help="the provider of that configuration which has the zone")
    publish.add_argument("--apply", action="store_true", help="make the changes; without it they are only shown")
    publish.set_defaults(action=_publish)


class _Way(Resolver, Protocol):
    """Where records are published, which also says what stands there."""

    @property
    def address(self) -> str: ...

    async def open(self, domain: str, otherwise: str) -> str: ...

    async def check(self, edits: Sequence[Edit]) -> None: ...

    async def apply(self, zone: str, edits: Sequence[Edit]) -> None: ...


class _ItFirst:
    """Asks where it is published, and the service's resolver for what is not to be found there."""

    def __init__(self, way: Resolver, others: Resolver) -> None:
        self._way = way
        self._others = others

    async def resolve(self, name: str, rdtype: str) -> Answer:
        answer = await self._way.resolve(name, rdtype)
        return answer if answer.is_definite else await self._others.resolve(name, rdtype)


def _publish(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)
    way = _way(options)

    async def work(store: Store) -> tuple[DomainPlan, ZoneEdits]:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            await way.open(domain, await domain_plans.zone_of(domain, resolver))
            plan = await plan_of(service, store, identity, _ItFirst(way, resolver))
        found = edits_of(plan)
        await way.check(found.edits)
        if options.apply and found.edits:
            await way.apply(plan.zone, found.edits)
        return plan, found

    try:
        plan, found = visit(service, work)
    except PublishError as error:
        raise CommandFailed(str(error)) from error
    applied = bool(options.apply and found.edits)
    value = _as_json(plan, found, way.address, applied=applied)
    context.output.emit(value, _as_text(context.words, plan, found, way.address, options.apply))
    needed = any(conflict.record.necessity is Necessity.REQUIRED for conflict in found.conflicts)
    return 1 if options.apply and needed else 0


def _way(options: argparse.Namespace) -> _Way:
    by_update, by_octodns = (options.server, options.tsig), (options.octodns, options.provider)
    if all(by_update) and not any(by_octodns):
        host, port = _host_and_port(options.server)
        return PrimaryServer(host, port, _key(options.tsig))
    if all(by_octodns) and not any(by_update):
        return OctoDnsProvider(Path(os.path.expanduser(options.octodns)), options.provider)
    raise CommandFailed("Say where to: either --server and --tsig, or --octodns and --provider.")


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise CommandFailed(f"{text} is not a server: say HOST or HOST:PORT.")
    return host.strip("[]"), int(port)


def _key(text: str) -> TsigKey:
    name, _, rest = text.partition(":")
    algorithm, _, file = rest.partition(":")
    if not (name and algorithm and file):
        raise CommandFailed("--tsig wants NAME:ALGORITHM:FILE, such as tayori:hmac-sha256:/etc/tayori/tsig.")
    try:
        secret = Path(os.path.expanduser(file)).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CommandFailed(f"The TSIG secret {file} cannot be read: {reason}.") from error
    try:
        return tsig_key(name, algorithm, secret)
    except PublishError as error:
        raise CommandFailed(str(error)) from error


def _as_json(plan: DomainPlan, found: ZoneEdits, server: str, *, applied: bool) -> dict[str, Any]:
    return {
        "domain": plan.domain,
        "zone": plan.zone,
        "server": server,
        "applied": applied,
        "changes": [
            {
                "name": edit.record.name,
                "type": edit.record.rdtype,
                "remove": list(edit.removed),
                "add": list(edit.added),
            }
            for edit in found.edits
        ],
        "conflicts": [
            {
                "name": conflict.record.name,
                "type": conflict.record.rdtype,
                "reason": conflict.reason,
                "present": list(conflict.record.present),
                "wanted": list(conflict.record.wanted),
            }
            for conflict in found.conflicts
        ],
    }


def _as_text(words: Words, plan: DomainPlan, found: ZoneEdits, server: str, apply: bool) -> str:
    lines = [words("publish.heading", domain=plan.domain, zone=plan.zone, server=server), ""]
    lines += [line for edit in found.edits for line in _edit_lines(edit)]
    in_place = sum(record.change is Change.NONE for record in plan.records)
    lines += [_conflict_line(words, conflict) for conflict in found.conflicts]
    if found.edits or found.conflicts:
        lines.append("")
    lines.append(words("publish.in-place", count=in_place))
    if not found.edits:
        lines.append(words("publish.nothing"))
    else:
        lines.append(words("publish.applied" if apply else "publish.shown", count=len(found.edits)))
    return "\n".join(lines) + "\n"


def _edit_lines(edit: Edit) -> list[str]:
    record = edit.record
    kept = [("=", value) for value in record.present if value in record.wanted]
    signed = [*kept, *(("-", value) for value in edit.removed), *(("+", value) for value in edit.added)]
    return [f"{sign} {record.name} {record.rdtype} {value}" for sign, value in signed]


def _conflict_line(words: Words, conflict: Conflict) -> str:
    record = conflict.record
    present = ", ".join(record.present) or words("dns.nothing")
    reason = words(f"publish.{conflict.reason}", present=present)
    return f"! {record.name} {record.rdtype} {record.own}\n  {reason}"
