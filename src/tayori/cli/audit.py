"""`tayori audit`: who changed what in an account, with what stood before and after."""

import argparse
import json
from typing import Any

from tayori.app import audit_page
from tayori.cli.command import Context, shared_options
from tayori.cli.service import account_id_of, endpoints_of, read
from tayori.cli.table import moment, printable, table
from tayori.cli.words import Words
from tayori.model.audit import DONE, Entry
from tayori.resources import audit
from tayori.resources.audit import Filter
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the newest changes first", parents=[shared_options()])
    listing.add_argument("--account", metavar="ID", help="(default: the first)")
    listing.add_argument("--who", default="", metavar="NAME", help="a user, or an access key id")
    listing.add_argument("--operation", default="", metavar="NAME", help="such as PutConfigurationSetSendingOptions")
    listing.add_argument("--resource", default="", metavar="NAME", help="what the resource's name begins with")
    listing.add_argument("--since", default="", metavar="TIME", help="such as 2026-01-31T12:00:00Z")
    listing.add_argument("--until", default="", metavar="TIME", help="up to, and without, this time")
    listing.add_argument("--limit", default="50", metavar="N", help="at most N entries, up to 100 (default 50)")
    listing.add_argument("--behind", default="", metavar="ENTRY", help="go on behind this entry")
    listing.set_defaults(action=_list)
    show = verbs.add_parser("show", help="one entry, with before and after", parents=[shared_options()])
    show.add_argument("entry", metavar="ENTRY", help="the id that the list shows")
    show.add_argument("--account", metavar="ID", help="(default: the first)")
    show.set_defaults(action=_show)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _list(context: Context, options: argparse.Namespace) -> int:
    names = ("who", "operation", "resource", "since", "until")
    wanted = audit_page.filter_of({name: getattr(options, name) for name in names})
    limit = audit_page.limit_of(options.limit)
    found, behind = read(endpoints_of(context), _listed, options.account, wanted, options.behind, limit)
    words = context.words
    heads = tuple(words(f"audit.{name}") for name in ("time", "who", "operation", "resource", "outcome", "entry"))
    text = table(heads, [_row(words, one) for one in found]) if found else words("audit.none") + "\n"
    if behind:
        text += words("audit.more", behind=behind) + "\n"
    context.output.emit({"entries": [audit_page.as_json(one) for one in found], "next": behind}, text)
    return 0


def _listed(tx: Tx, account: str | None, wanted: Filter, behind: str, limit: int) -> tuple[list[Entry], str | None]:
    return audit.listed(tx, account_id_of(tx, account), wanted, behind=behind, limit=limit)


def _row(words: Words, one: Entry) -> tuple[str, ...]:
    return moment(one.at), one.actor, one.operation, one.resource, _outcome(words, one), one.entry_id


def _outcome(words: Words, one: Entry) -> str:
    return words("audit.done") if one.outcome == DONE else one.outcome


def _show(context: Context, options: argparse.Namespace) -> int:
    one = read(endpoints_of(context), _one, options.account, options.entry)
    words = context.words
    rows = [
        (words("audit.time"), moment(one.at)),
        (words("audit.who"), f"{one.actor} ({words(f'audit.door-{one.door}')})"),
        (words("audit.address"), one.source_ip),
        (words("audit.client"), one.agent),
        (words("audit.operation"), f"{one.operation} ({one.service}, {one.region})"),
        (words("audit.resource"), one.resource),
        (words("audit.outcome"), _outcome(words, one)),
        (words("audit.request"), _text(one.request)),
    ]
    text = table((), rows)
    if one.changes:
        heads = tuple(words(f"audit.{name}") for name in ("what", "before", "after"))
        text += "\n" + table(heads, [(c["path"], _text(c["before"]), _text(c["after"])) for c in one.changes])
    context.output.emit(audit_page.whole_as_json(one), text)
    return 0


def _one(tx: Tx, account: str | None, entry: str) -> Entry:
    return audit.get(tx, account_id_of(tx, account), entry)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
