"""`tayori db`: moves an installation from one database to another."""

import argparse
import asyncio
from dataclasses import asdict

from tayori.cli.backup import DATABASE_TROUBLE
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.table import table
from tayori.clock import SystemClock
from tayori.store import copying
from tayori.store.copying import CopyRefused, Database, TableCopied, TableDigest
from tayori.store.database import open_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    copy = verbs.add_parser("copy", help="bring one database to the state of another", parents=[shared_options()])
    copy.add_argument("source", metavar="SOURCE", help="sqlite:///path or postgresql://…")
    copy.add_argument("target", metavar="TARGET", help="an empty database, or an earlier copy of the source")
    copy.set_defaults(action=_copy)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _copy(context: Context, options: argparse.Namespace) -> int:
    """Exit status 3: a first copy of a database in use, to be completed once the service has stopped."""
    words = context.words
    try:
        source, target = Database(options.source), Database(options.target)
        asyncio.run(open_store(target.url, SystemClock()).close())  # makes its tables
        if copying.is_in_use(target):
            raise CopyRefused("A service runs on the target. Stop it first.")
        was_in_use = copying.is_in_use(source)
        done: list[TableCopied] = []
        copying.copy(source, target, done.append)
        final = not was_in_use and not copying.is_in_use(source)
        checked = _compared(source, target) if final else []
    except (CopyRefused, *DATABASE_TROUBLE) as error:
        raise CommandFailed(str(error)) from error
    hashes = {digest.name: digest.sha256 for digest in checked}
    columns = (*(words(f"db.{name}") for name in ("table", "rows", "put", "removed")), "SHA-256")
    rows = [(one.name, str(one.rows), str(one.put), str(one.removed), hashes.get(one.name, "")[:12]) for one in done]
    value = {
        "final": final,
        "tables": [{**asdict(one), "sha256": hashes.get(one.name)} for one in done],
    }
    shown = table(columns, [row for row in rows if row[1] != "0" or row[3] != "0"])
    context.output.emit(value, f"{shown}\n{words('db.final' if final else 'db.first')}")
    return 0 if final else 3


def _compared(source: Database, target: Database) -> list[TableDigest]:
    """Both databases read once more, each by itself. Raises CopyRefused where they differ."""
    found = {digest.name: digest for digest in copying.digests(target)}
    checked = list(copying.digests(source))
    different = [digest.name for digest in checked if found.get(digest.name) != digest]
    if different:
        raise CopyRefused(f"These tables differ after the copy: {', '.join(different)}. Is anything writing to them?")
    return checked
