"""`tayori dns zone` and `share`: a domain's records for programs, and for its owner.

Owns the options and what is printed. The forms are `zoneforms`'.
"""

import argparse
import secrets
from collections.abc import Sequence
from datetime import timedelta

from tayori import ids
from tayori.app.endpoints import Endpoints
from tayori.app.share_page import SHARE_PATH
from tayori.cli import publish
from tayori.cli.command import CommandFailed, Context
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import resolver_of
from tayori.cli.plans import add_domain_verb, plan_of
from tayori.cli.service import account_id_of, clock_of, endpoints_of, read, visit, write
from tayori.cli.table import moment, table
from tayori.cli.words import Words
from tayori.model.domain_plan import DomainPlan
from tayori.resources import share_links
from tayori.resources.identities import Identity
from tayori.resources.share_links import ShareLink
from tayori.store.engine import Store
from tayori.zoneforms.forms import Form, render


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    zone = add_domain_verb(verbs, "zone", "the records as a zone file, or in the form of a DNS provider's tool")
    zone.add_argument(
        "--format",
        choices=[str(form) for form in Form],
        default=None,
        help="the form (default: bind; with --json: json)",
    )
    zone.set_defaults(action=_zone)
    publish.add_verb(verbs)
    share = add_domain_verb(verbs, "share", "a link to the records and their state, for somebody without an account")
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


# -- zone ----------------------------------------------------------------------------------------------------------


def _zone(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)

    async def look(store: Store) -> DomainPlan:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            return await plan_of(service, store, identity, resolver)

    form = Form(options.format or (Form.JSON if context.output.as_json else Form.BIND))
    context.output.write(render(visit(service, look), form))
    return 0


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
