"""What the verbs of `tayori dns` that show a domain's plan have in common: their arguments, and the plan."""

import argparse

from tayori.app import domain_plans
from tayori.app.endpoints import Endpoints
from tayori.cli.command import shared_options
from tayori.cli.lookup import names_of
from tayori.cli.service import add_region, clock_of
from tayori.mail.answer import Resolver
from tayori.model.domain_plan import DomainPlan
from tayori.resources import configuration_sets
from tayori.resources.identities import Identity
from tayori.store.engine import Store


def add_domain_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=about, parents=[shared_options()])
    verb.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
    add_region(verb)
    verb.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
    return verb


async def plan_of(service: Endpoints, store: Store, identity: Identity, resolver: Resolver) -> DomainPlan:
    names = names_of(service, identity.region)
    key = identity.account_id, identity.region, identity.domain
    redirects = await store.read(configuration_sets.redirect_domains, *key)
    return await domain_plans.make(identity, names, resolver, clock_of(service).now(), redirect_domains=redirects)
