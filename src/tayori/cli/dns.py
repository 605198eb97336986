"""`tayori dns`: the records that a domain needs, beside what the DNS holds now."""

import argparse
from collections.abc import Sequence

from tayori.app import domain_look
from tayori.app.endpoints import Endpoints
from tayori.cli import domain_connect, dossier, zones
from tayori.cli.command import Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import Row, resolver_of, rows_of
from tayori.cli.service import add_region, endpoints_of, visit
from tayori.cli.table import table
from tayori.cli.words import Words
from tayori.model.diagnosis import shown_values
from tayori.resources.identities import Identity
from tayori.store.engine import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    records = verbs.add_parser(
        "records", help="the records a domain needs: expected, found, verdict", parents=[shared_options()]
    )
    records.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
    records.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
    add_region(records)
    records.set_defaults(action=_records)
    zones.add_verbs(verbs)
    domain_connect.add_verb(verbs)
    dossier.add_verb(verbs)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _records(context: Context, options: argparse.Namespace) -> int:
    domain = domain_of(options.domain)
    service = endpoints_of(context)

    async def look(store: Store) -> tuple[Identity, list[Row]]:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            return identity, await rows_of(service, resolver, identity)

    identity, rows = visit(service, look)
    value = {"domain": domain, "statuses": domain_look.statuses(identity), "records": [row.as_json() for row in rows]}
    context.output.emit(value, _as_text(context.words, service, identity, rows))
    return 0


def _as_text(words: Words, service: Endpoints, identity: Identity, rows: Sequence[Row]) -> str:
    shown = domain_look.statuses(identity)
    lines = [
        words("dns.heading", domain=identity.domain),
        words("dns.status", **{name: text or words("dns.none-set") for name, text in shown.items()}),
        "",
    ]
    lines += [table((), _cells(words, row), indent="  ") for row in rows]
    missing = sum(not row.is_in_place for row in rows)
    lines.append(words("dns.incomplete", count=missing) if missing else words("dns.complete"))
    return "\n".join(lines) + "\n"


def _cells(words: Words, row: Row) -> list[tuple[str, str]]:
    cells = [
        (words("dns.name"), row.name),
        (words("dns.type"), row.rdtype),
        (words("dns.value"), row.value),
        (words("dns.found"), ", ".join(row.found) or words("dns.nothing")),
        (words("dns.verdict"), words(f"verdict.{row.verdict}")),
        (words("dns.purpose"), words(f"purpose.{row.purpose}")),
    ]
    advice = row.advice(words.language)
    if advice:
        cells += [(words("dns.server"), text) for text in _servers(words, row)]
        cells += [(words("dns.note" if row.is_in_place else "dns.to-do"), text) for text in advice]
    return cells


def _servers(words: Words, row: Row) -> list[str]:
    """What each authoritative server says: worth a line where something is wrong."""
    if row.diagnosis is None:
        return []
    views = row.diagnosis.evidence.servers
    return [
        f"{view.server}: {', '.join(shown_values(view.seen.values)) or words('seen.' + view.seen.status)}"
        for view in views
    ]
