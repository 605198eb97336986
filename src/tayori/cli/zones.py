"""`tayori dns zone`, `publish` and `share`: a domain's records for programs, for its primary server, for its owner.

Owns the options and what is printed. The forms are `zoneforms`', the update is `dns.publishing`'s; what may be changed
is decided in `model.zone_edit`.
"""

import argparse
import os
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tayori import ids
from tayori.app import domain_plans
from tayori.app.endpoints import Endpoints
from tayori.app.share_page import SHARE_PATH
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import names_of, resolver_of
from tayori.cli.service import account_id_of, add_region, clock_of, endpoints_of, read, visit, write
from tayori.cli.table import moment, table
from tayori.cli.words import Words
from tayori.dns.publishing import PrimaryServer, PublishError, TsigKey, tsig_key
from tayori.mail.answer import Answer, Resolver
from tayori.model.domain_plan import Change, DomainPlan, Necessity
from tayori.model.zone_edit import Conflict, Edit, ZoneEdits, edits_of
from tayori.resources import share_links
from tayori.resources.identities import Identity
from tayori.resources.share_links import ShareLink
from tayori.store.engine import Store
from tayori.zoneforms.forms import Form, render


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    zone = _verb(verbs, "zone", "the records as a zone file, or in the form of a DNS provider's tool")
    zone.add_argument(
        "--format",
        choices=[str(form) for form in Form],
        default=None,
        help="the form (default: bind; with --json: json)",
    )
    zone.set_defaults(action=_zone)
    publish = _verb(verbs, "publish", "show what the zone's primary server would be told, and tell it with --apply")
    publish.add_argument("--server", metavar="HOST:PORT", required=True, help="the primary server (RFC 2136)")
    publish.add_argument(
        "--tsig",
        metavar="NAME:ALGORITHM:FILE",
        required=True,
        help="the key that may change the zone, such as tayori:hmac-sha256:/etc/tayori/tsig",
    )
    publish.add_argument("--apply", action="store_true", help="make the changes; without it they are only shown")
    publish.set_defaults(action=_publish)
    share = _verb(verbs, "share", "a link to the records and their state, for somebody without an account")
    share.add_argument(
        "--days",
        type=int,
        default=share_links.DEFAULT_DAYS,
        metavar="N",
        help="how long it opens (default: %(default)s)",
    )
    share.add_argument("--list", action="store_true", help="list the links that open")
    share.add_argument("--revoke", metavar="ID", help="make a link open no more")
    share.set_defaults(action=_share)


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=about, parents=[shared_options()])
    verb.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
    add_region(verb)
    verb.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
    return verb


async def _plan(service: Endpoints, identity: Identity, resolver: Resolver) -> DomainPlan:
    names = names_of(service, identity.region)
    return await domain_plans.make(identity, names, resolver, clock_of(service).now())


# -- zone ----------------------------------------------------------------------------------------------------------


def _zone(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)

    async def look(store: Store) -> DomainPlan:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            return await _plan(service, identity, resolver)

    form = Form(options.format or (Form.JSON if context.output.as_json else Form.BIND))
    context.output.write(render(visit(service, look), form))
    return 0


# -- publish -------------------------------------------------------------------------------------------------------


class _ServerFirst:
    """Asks the primary server, and the service's resolver for what is not the server's."""

    def __init__(self, server: PrimaryServer, others: Resolver) -> None:
        self._server = server
        self._others = others

    async def resolve(self, name: str, rdtype: str) -> Answer:
        answer = await self._server.resolve(name, rdtype)
        return answer if answer.is_definite else await self._others.resolve(name, rdtype)


def _publish(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)
    host, port = _host_and_port(options.server)
    server = PrimaryServer(host, port, _key(options.tsig))

    async def work(store: Store) -> tuple[DomainPlan, ZoneEdits]:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            plan = await _plan(service, identity, _ServerFirst(server, resolver))
        found = edits_of(plan)
        if options.apply and found.edits:
            await server.apply(plan.zone, found.edits)
        return plan, found

    try:
        plan, found = visit(service, work)
    except PublishError as error:
        raise CommandFailed(str(error)) from error
    applied = bool(options.apply and found.edits)
    value = _as_json(plan, found, server.address, applied=applied)
    context.output.emit(value, _as_text(context.words, plan, found, server.address, options.apply))
    needed = any(conflict.record.necessity is Necessity.REQUIRED for conflict in found.conflicts)
    return 1 if options.apply and needed else 0


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


# -- share ---------------------------------------------------------------------------------------------------------


def _share(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)
    if options.revoke:
        account_id = read(service, account_id_of, options.account)
        write(service, share_links.revoke, account_id, options.revoke)
        context.output.emit({"revoked": options.revoke}, context.words("share.revoked", id=options.revoke))
        return 0
    identity = read(service, identity_of, options.account, service.region, domain)
    if options.list:
        found = read(service, share_links.of_identity, identity.account_id, identity.region, identity.name)
        context.output.emit([_link_json(link) for link in found], _links(context.words, found))
        return 0
    return _make_link(context, service, identity, options.days)


def _make_link(context: Context, service: Endpoints, identity: Identity, days: int) -> int:
    if not 1 <= days <= share_links.MOST_DAYS:
        raise CommandFailed(f"--days must be 1 to {share_links.MOST_DAYS}.")
    now = clock_of(service).now()
    link = ShareLink(
        share_id=ids.share_id(),
        account_id=identity.account_id,
        region=identity.region,
        identity=identity.name,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    token = write(service, share_links.create, link, secrets.token_bytes(32))
    url = f"{service.http}{SHARE_PATH}/{token}"
    text = context.words("share.made", url=url, until=moment(link.expires_at), id=link.share_id)
    context.output.emit({**_link_json(link), "url": url}, text)
    return 0


def _link_json(link: ShareLink) -> dict[str, str]:
    return {
        "id": link.share_id,
        "identity": link.identity,
        "created_at": link.created_at.isoformat(),
        "expires_at": link.expires_at.isoformat(),
    }


def _links(words: Words, found: Sequence[ShareLink]) -> str:
    if not found:
        return words("share.none")
    heads = (words("share.id"), words("share.made-at"), words("share.until"))
    return table(heads, [(link.share_id, moment(link.created_at), moment(link.expires_at)) for link in found])
