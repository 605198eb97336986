"""`tayori dns connect`: the link by which a domain's owner has his DNS provider put the records in place.

Owns the discovery (draft-ietf-dconn-domainconnect, "DNS Provider Discovery"): the TXT record `_domainconnect.<domain>`
names the provider's interface, which says where its pages for people are. Only asks; the link changes nothing until the
owner has signed in at his provider and agreed.
"""

import argparse
import asyncio
import json
import ssl
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from tayori.app import domain_plans
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import names_of, resolver_of
from tayori.cli.service import clock_of, endpoints_of, visit
from tayori.mail.answer import Resolver
from tayori.model.domain_plan import DomainPlan
from tayori.store.engine import Store
from tayori.zoneforms.domain_connect import link, service_id

_SECONDS = 15.0
_MOST = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A DNS provider, as its settings say. `pages` is urlSyncUX, `interface` is urlAPI."""

    name: str
    pages: str
    interface: str


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = "a link by which the domain's owner has a provider of Domain Connect put the records in place"
    connect = verbs.add_parser("connect", help=about, parents=[shared_options()])
    connect.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
    connect.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
    connect.set_defaults(action=_connect)


def _connect(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)

    async def look(store: Store) -> tuple[DomainPlan, Provider]:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            names = names_of(service, identity.region)
            plan = await domain_plans.make(identity, names, resolver, clock_of(service).now())
            return plan, await discover(plan.zone, resolver)

    plan, provider = visit(service, look)
    if plan.is_complete:
        context.output.emit({"domain": domain, "complete": True}, context.words("dns.complete"))
        return 0
    url = f"{provider.pages}{link(plan).strip()}"
    template = f"{plan.service_domain}/{service_id(plan)}"
    value = {"domain": domain, "complete": False, "provider": provider.name, "template": template, "url": url}
    context.output.emit(value, context.words("connect.link", url=url, provider=provider.name, template=template))
    return 0


async def discover(zone: str, resolver: Resolver) -> Provider:
    """Raises CommandFailed where the zone's provider does not take part."""
    answer = await resolver.resolve(f"_domainconnect.{zone}", "TXT")
    if not answer.is_definite:
        raise CommandFailed(f"The DNS did not say whether the provider of {zone} offers Domain Connect.")
    if not answer.exists:
        raise CommandFailed(
            f"The DNS provider of {zone} does not offer Domain Connect: there is no _domainconnect.{zone}."
        )
    try:
        settings = await asyncio.to_thread(_fetch, f"https://{answer.values[0].strip()}/v2/{quote(zone)}/settings")
        return _provider(settings)
    except (OSError, ValueError) as error:
        raise CommandFailed(
            f"The DNS provider of {zone} does not tell its settings of Domain Connect: {error}."
        ) from error


def _fetch(url: str) -> Any:
    """JSON from the provider. Raises OSError and ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("its record names no host")
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context()), urllib.request.ProxyHandler({})
    )
    with opener.open(url, timeout=_SECONDS) as response:
        content = response.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError("they are too large")
    return json.loads(content)


def _provider(settings: Any) -> Provider:
    if not isinstance(settings, dict):
        raise ValueError("they are no JSON object")
    pages = settings.get("urlSyncUX")
    if not isinstance(pages, str) or urlsplit(pages).scheme != "https" or not pages.isprintable():
        raise ValueError("they name no page for the synchronous flow (urlSyncUX)")
    name = settings.get("providerDisplayName") or settings.get("providerName") or urlsplit(pages).hostname
    return Provider(name=str(name)[:200], pages=pages.rstrip("/"), interface=str(settings.get("urlAPI", "")))
