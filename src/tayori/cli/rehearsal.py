"""`tayori rehearsal`: play the DNS administrator, the reader of mail and the clock of the rehearsal internet.

Every verb is one call of `/tayori/rehearsal/...`, made over the Unix socket in the data folder; `dns adopt` alone reads
the store as well, for the records that an identity asks for.
"""

import argparse
import asyncio
import base64
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tayori.app.rehearsal_hooks import needed_of
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import names_of, resolver_of
from tayori.cli.service import account_id_of, endpoints_of, visit
from tayori.cli.table import printable, table
from tayori.rehearsal.control import PREFIX, ControlRequest
from tayori.rehearsal.remote import RemoteWorld
from tayori.resources import identities
from tayori.resources.identities import Identity
from tayori.store.engine import Store, Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="parts", required=True, metavar="PART")
    _dns(_group(parts, "dns", "the records under .test, as their administrators edit them"))
    _mailbox(_group(parts, "mailbox", "what the providers' users received"))
    _clock(_group(parts, "clock", "the service's and the providers' time"))


def _group(parts: Any, name: str, about: str) -> Any:
    parser: argparse.ArgumentParser = parts.add_parser(name, help=about)
    return parser.add_subparsers(title="verbs", required=True, metavar="VERB")


def _verb(verbs: Any, name: str, about: str, action: Callable[[Context, argparse.Namespace], int]) -> Any:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    parser.set_defaults(action=action)
    return parser


def _dns(verbs: Any) -> None:
    put = _verb(verbs, "put", "register the values of one name and type, in place of those there", _dns_put)
    put.add_argument("name", metavar="NAME")
    put.add_argument("type", metavar="TYPE", help="A, AAAA, CNAME, MX, NS, TXT …")
    put.add_argument("values", metavar="VALUE", nargs="+", help="as in a zone file; TXT without quotes")
    put.add_argument("--ttl", type=int, metavar="S", help="seconds that resolvers may keep it (default 10)")
    delete = _verb(verbs, "delete", "take away the values of one name and type", _dns_delete)
    delete.add_argument("name", metavar="NAME")
    delete.add_argument("type", metavar="TYPE")
    listing = _verb(verbs, "list", "all registered records", _dns_list)
    listing.add_argument("under", metavar="NAME", nargs="?", default="", help="only those at and below NAME")
    imported = _verb(verbs, "import", "register what a zone file holds", _dns_import)
    imported.add_argument("file", metavar="FILE", help="a zone file (RFC 1035); - for standard input")
    imported.add_argument("--origin", default="", help="the zone's name, where the file has no $ORIGIN")
    adopt = _verb(
        verbs,
        "adopt",
        "register every record that a domain's identity asks for, and a DMARC policy if none holds",
        _dns_adopt,
    )
    adopt.add_argument("domain", metavar="DOMAIN")
    adopt.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")


def _mailbox(verbs: Any) -> None:
    listing = _verb(verbs, "list", "the messages of one mailbox, or all mailboxes", _mailbox_list)
    listing.add_argument("address", metavar="ADDRESS", nargs="?", default="")
    show = _verb(verbs, "show", "one message as it arrived", _mailbox_show)
    show.add_argument("id", metavar="ID")
    report = _verb(verbs, "report-spam", "press the button that reports a message as spam", _report_spam)
    report.add_argument("id", metavar="ID")


def _clock(verbs: Any) -> None:
    _verb(verbs, "show", "the time and its speed", _clock_show)
    speed = _verb(verbs, "speed", "let time run X times as fast", _clock_speed)
    speed.add_argument("speed", metavar="X", type=float)
    advance = _verb(verbs, "advance", "let S seconds pass at once", _clock_advance)
    advance.add_argument("seconds", metavar="S", type=float)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def call(
    context: Context, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One call of the rehearsal's controls. Raises CommandFailed with its words."""
    request = ControlRequest(method=method, path=PREFIX + path, query=query or {}, body=body)
    response = asyncio.run(RemoteWorld(Path(endpoints_of(context).rehearsal_folder)).handle(request))
    if response.status == 503:
        raise CommandFailed(
            f"The rehearsal internet of {context.data} is not running. Start it with: tayori up --rehearsal."
        )
    if response.status != 200:
        words = str(response.body.get("message", "the rehearsal refused this"))
        raise CommandFailed(f"{words[:1].upper()}{words[1:]}.".replace("..", "."))
    return dict(response.body)


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


# -- DNS -----------------------------------------------------------------------------------------------------------


def _dns_put(context: Context, options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"values": options.values}
    if options.ttl is not None:
        body["ttl"] = options.ttl
    found = call(context, "PUT", _path("dns", options.name, options.type), body=body)
    context.output.emit(found, _records_as_text([found]))
    return 0


def _dns_delete(context: Context, options: argparse.Namespace) -> int:
    call(context, "DELETE", _path("dns", options.name, options.type))
    value = {"deleted": {"name": options.name, "type": options.type.upper()}}
    context.output.emit(value, f"Deleted {options.name} {options.type.upper()}.")
    return 0


def _dns_list(context: Context, options: argparse.Namespace) -> int:
    found = call(context, "GET", "dns", query={"under": options.under} if options.under else {})
    context.output.emit(found, _records_as_text(found["record_sets"]) or "No records are registered.")
    return 0


def _dns_import(context: Context, options: argparse.Namespace) -> int:
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CommandFailed(f"{options.file} cannot be read: {reason}.") from error
    found = call(context, "POST", "dns/import", body={"zone_file": text, "origin": options.origin})
    skipped = "".join(f"Skipped: {printable(item)}\n" for item in found["skipped"])
    context.output.emit(found, (_records_as_text(found["record_sets"]) or "Nothing was registered.\n") + skipped)
    return 0


def _dns_adopt(context: Context, options: argparse.Namespace) -> int:
    domain = domain_of(options.domain)
    service = endpoints_of(context)

    async def needed(store: Store) -> list[dict[str, Any]]:
        known = await store.read(_identities_of, options.account, service.regions or [service.region], domain)
        async with resolver_of(service) as resolver:
            found = await needed_of(known, lambda region: names_of(service, region), resolver)
        return [record_set.as_json() for record_set in found]

    found = call(context, "POST", "dns", body={"record_sets": visit(service, needed)})
    context.output.emit(found, _records_as_text(found["record_sets"]))
    return 0


def _identities_of(tx: Tx, account: str | None, regions: Sequence[str], domain: str) -> list[Identity]:
    """A domain's identities in all regions; CommandFailed where there is none."""
    account_id = account_id_of(tx, account)
    known = [found for region in regions if (found := identities.find(tx, account_id, region, domain)) is not None]
    return known or [identity_of(tx, account, regions[0], domain)]


def _records_as_text(sets: list[dict[str, Any]]) -> str:
    rows = [(item["name"], str(item["ttl"]), item["type"], value) for item in sets for value in item["values"]]
    return table((), rows)


# -- mailboxes -----------------------------------------------------------------------------------------------------


def _mailbox_list(context: Context, options: argparse.Namespace) -> int:
    if not options.address:
        found = call(context, "GET", "mailboxes")
        rows = [(item["address"], str(item["messages"])) for item in found["mailboxes"]]
        context.output.emit(found, table(("MAILBOX", "MESSAGES"), rows) if rows else "No mail has arrived yet.")
        return 0
    messages = _all_messages(context, options.address)
    heads = ("ID", "RECEIVED", "FROM", "TLS", "SPF", "DKIM", "DMARC")
    rows = [
        (
            item["id"],
            item["received_at"][:19],
            item["mail_from"] or "<>",
            item["tls"] or "none",
            *(_first_word(item[method]) for method in ("spf", "dkim", "dmarc")),
        )
        for item in messages
    ]
    text = table(heads, rows) if rows else f"No mail has arrived for {options.address}."
    context.output.emit({"messages": messages}, text)
    return 0


def _first_word(result: Any) -> str:
    """The result of a method without what follows it: `pass` of `pass header.d=…`."""
    words = str(result).split()
    return words[0].rstrip(";") if words else ""


def _all_messages(context: Context, address: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        page = call(context, "GET", _path("mailboxes", address), query=query)
        messages += page["messages"]
        if "next" not in page:
            return messages
        query = {"after": page["next"]}


def _mailbox_show(context: Context, options: argparse.Namespace) -> int:
    found = call(context, "GET", _path("messages", options.id))
    content = base64.b64decode(found["raw_base64"]).decode("utf-8", "replace").replace("\r\n", "\n")
    shown = "\n".join(printable(line.replace("\t", "    ")) for line in content.split("\n"))
    context.output.emit(found, shown)
    return 0


def _report_spam(context: Context, options: argparse.Namespace) -> int:
    found = call(context, "POST", _path("messages", options.id, "report-spam"))
    told = found.get("reported_to")
    provider = found.get("provider", "the provider")
    text = f"{provider} reports to {told}." if told else f"{provider} has no feedback loop: nobody is told."
    context.output.emit(found, text)
    return 0


# -- the clock -----------------------------------------------------------------------------------------------------


def _clock_show(context: Context, options: argparse.Namespace) -> int:
    return _show_time(context, call(context, "GET", "clock"))


def _clock_speed(context: Context, options: argparse.Namespace) -> int:
    return _show_time(context, call(context, "PUT", "clock", body={"speed": options.speed}))


def _clock_advance(context: Context, options: argparse.Namespace) -> int:
    return _show_time(context, call(context, "PUT", "clock", body={"advance_seconds": options.seconds}))


def _show_time(context: Context, found: dict[str, Any]) -> int:
    context.output.emit(found, f"It is {found['now'][:19]}Z; time runs {found['speed']:g} times as fast as outside.")
    return 0
