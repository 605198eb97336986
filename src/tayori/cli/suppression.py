"""`tayori suppression`: the suppression list of an account: see it, change it, read it from a file, write it into one.

Owns what is printed and the form of files, which is that of import jobs. The rules are `resources.suppression`'s.
"""

import argparse
import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.model import job
from tayori.model.job import DataFormat, ImportAction, ImportRecord
from tayori.resources import suppression
from tayori.resources.suppression import REASONS, Page, SuppressedDestination
from tayori.store.engine import Tx

_LISTED = 100
_AT_ONCE = 1000
_SHOWN_FAILURES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    listing = _verb(verbs, "list", "addresses on the list, and why", _list)
    listing.add_argument("--reason", choices=REASONS, help="only those")
    listing.add_argument("--after", default="", metavar="ADDRESS", help="go on behind this address")
    listing.add_argument("--limit", type=int, default=_LISTED, metavar="N", help=f"at most N (default {_LISTED})")
    add = _verb(verbs, "add", "put an address onto the list", _add)
    add.add_argument("address", metavar="ADDRESS")
    add.add_argument("--reason", choices=REASONS, default="BOUNCE", help="(default: BOUNCE)")
    _verb(verbs, "remove", "take an address off the list", _remove).add_argument("address", metavar="ADDRESS")
    imported = _verb(verbs, "import", "put all addresses of a file onto the list, or take them off", _import)
    imported.add_argument("file", type=Path, metavar="FILE", help="lines of CSV (address,REASON) or JSON")
    imported.add_argument("--format", choices=[one.lower() for one in DataFormat], help="(default: by the file's name)")
    imported.add_argument("--delete", action="store_true", help="take them off the list")
    exported = _verb(verbs, "export", "the whole list as a file of the form that imports take", _export)
    exported.add_argument("--format", choices=[one.lower() for one in DataFormat], default="csv", help="(default: csv)")


def _verb(verbs: Any, name: str, about: str, action: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    parser.add_argument("--account", metavar="ID", help="(default: the first)")
    add_region(parser)
    parser.set_defaults(action=action)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _list(context: Context, options: argparse.Namespace) -> int:
    if not 1 <= options.limit <= _AT_ONCE:
        raise CommandFailed(f"--limit must be from 1 to {_AT_ONCE}.")
    service = endpoints_of(context)
    wanted = (options.reason,) if options.reason else ()
    page = read(service, _page, options.account, service.region, wanted, options.after, options.limit)
    rows = [(one.address, one.reason, moment(one.updated_at), one.message_id or "") for one in page.entries]
    text = table(("ADDRESS", "REASON", "SINCE", "MESSAGE"), rows) if rows else "No address is on the list.\n"
    if page.rest is not None:
        text += f"Go on with: --after {page.rest}\n"
    context.output.emit([_as_json(one) for one in page.entries], text)
    return 0


def _page(tx: Tx, account: str | None, region: str, wanted: Sequence[str], after: str, limit: int) -> Page:
    return suppression.page(tx, account_id_of(tx, account), region, wanted_reasons=wanted, after=after, limit=limit)


def _as_json(one: SuppressedDestination) -> dict[str, Any]:
    return {
        "address": one.address,
        "reason": one.reason,
        "since": one.updated_at.isoformat(),
        "message_id": one.message_id,
    }


def _add(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)

    def add(tx: Tx) -> None:
        suppression.put(tx, account_id_of(tx, options.account), service.region, options.address, options.reason)

    write(service, add)
    context.output.emit({"address": options.address, "reason": options.reason}, f"Suppressed: {options.address}.")
    return 0


def _remove(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    write(
        service, lambda tx: suppression.delete(tx, account_id_of(tx, options.account), service.region, options.address)
    )
    context.output.emit({"address": options.address}, f"No longer suppressed: {options.address}.")
    return 0


# -- files -------------------------------------------------------------------------------------------------------------


def _import(context: Context, options: argparse.Namespace) -> int:
    """Exit status 1 where a line could not be used; the others have been."""
    service = endpoints_of(context)
    action = ImportAction.DELETE if options.delete else ImportAction.PUT
    try:
        data = options.file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{options.file} cannot be read: {error.strerror}.") from error
    records = list(job.records(data, _format_of(options), action))
    good = [record for record in records if not record.error]
    for start in range(0, len(good), _AT_ONCE):
        write(service, _apply, options.account, service.region, action, good[start : start + _AT_ONCE])
    bad = [record for record in records if record.error]
    value = {"imported": len(good), "failed": [{"line": one.line, "error": one.error} for one in bad]}
    context.output.emit(value, _import_words(len(good), bad, action))
    return 1 if bad else 0


def _format_of(options: argparse.Namespace) -> DataFormat:
    if options.format:
        return DataFormat(options.format.upper())
    return DataFormat.JSON if options.file.suffix.lower() in (".json", ".jsonl", ".ndjson") else DataFormat.CSV


def _apply(tx: Tx, account: str | None, region: str, action: ImportAction, records: Sequence[ImportRecord]) -> None:
    account_id = account_id_of(tx, account)
    if action is ImportAction.PUT:
        suppression.put_all(tx, account_id, region, [(one.address, one.reason) for one in records])
    else:
        suppression.remove_all(tx, account_id, region, [one.address for one in records])


def _import_words(good: int, bad: Sequence[ImportRecord], action: ImportAction) -> str:
    done = "put onto the list" if action is ImportAction.PUT else "taken off the list"
    lines = [f"{good} addresses were {done}.", *(f"Line {one.line}: {one.error}" for one in bad[:_SHOWN_FAILURES])]
    if len(bad) > _SHOWN_FAILURES:
        lines.append(f"{len(bad) - _SHOWN_FAILURES} more lines could not be used.")
    return "\n".join(lines)


def _export(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for one in _everything(lambda after: read(service, _page, options.account, service.region, (), after, _AT_ONCE)):
        if options.format == "csv":
            writer.writerow((one.address, one.reason))
        else:
            out.write(json.dumps({"emailAddress": one.address, "reason": one.reason}, ensure_ascii=False) + "\n")
    context.output.write(out.getvalue())
    return 0


def _everything(page: Callable[[str], Page]) -> Iterator[SuppressedDestination]:
    after: str | None = ""
    while after is not None:
        found = page(after)
        yield from found.entries
        after = found.rest
