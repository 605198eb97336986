"""`policy` below a command: the policies of an access key or a role.

Owns the verbs; who the owner is says the command.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import endpoints_of, read, write
from tayori.cli.table import table
from tayori.resources import principal_policies
from tayori.store.engine import Tx

Owner = tuple[str, str]  # the account, and whose policies they are
Find = Callable[[Tx, argparse.Namespace], Owner]


def add_arguments(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", who: str, find: Find) -> None:
    """`policy put|list|show|delete`, with the owner as `who` first."""
    policy = verbs.add_parser("policy", help="what it may do, as IAM writes it down")
    below = policy.add_subparsers(title="verbs", required=True, metavar="VERB")
    put = below.add_parser("put", help="attach a policy, or replace the one of that name", parents=[shared_options()])
    put.add_argument("owner", metavar=who)
    put.add_argument("name", metavar="NAME", help="the name of the policy")
    put.add_argument("file", metavar="FILE", help="a JSON document; - reads it from standard input")
    put.set_defaults(action=_policy_put, find=find)
    listing = below.add_parser("list", help="the policies attached", parents=[shared_options()])
    listing.add_argument("owner", metavar=who)
    listing.set_defaults(action=_policy_list, find=find)
    show = below.add_parser("show", help="one policy", parents=[shared_options()])
    show.add_argument("owner", metavar=who)
    show.add_argument("name", metavar="NAME")
    show.set_defaults(action=_policy_show, find=find)
    delete = below.add_parser("delete", help="take a policy away", parents=[shared_options()])
    delete.add_argument("owner", metavar=who)
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(action=_policy_delete, find=find)
    for parser in (put, listing, show, delete):
        parser.add_argument("--account", metavar="ID", help="(default: the first)")


def document_of(file: str) -> str:
    """A policy as it is given. Raises CommandFailed."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error


def _policy_put(context: Context, options: argparse.Namespace) -> int:
    text = document_of(options.file)
    write(endpoints_of(context), put, options, text)
    context.output.emit({"policy": options.name}, f"{options.owner} has the policy {options.name}.")
    return 0


def put(tx: Tx, options: argparse.Namespace, text: str) -> None:
    account_id, owner = options.find(tx, options)
    principal_policies.put(tx, account_id, owner, options.name, text)


def _policy_list(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), _texts, options)
    rows = [(name, str(len(json.loads(text)["Statement"]))) for name, text in found.items()]
    context.output.emit(
        [{"name": name, "document": json.loads(text)} for name, text in found.items()],
        table(("POLICY", "STATEMENTS"), rows),
    )
    return 0


def _texts(tx: Tx, options: argparse.Namespace) -> dict[str, str]:
    account_id, owner = options.find(tx, options)
    return principal_policies.texts(tx, account_id, owner)


def _policy_show(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), _texts, options)
    if options.name not in found:
        raise CommandFailed(f"{options.owner} has no policy {options.name}.")
    document = json.loads(found[options.name])
    context.output.emit(document, json.dumps(document, indent=2, ensure_ascii=False))
    return 0


def _policy_delete(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), delete, options)
    context.output.emit({"deleted": options.name}, f"{options.owner} no longer has the policy {options.name}.")
    return 0


def delete(tx: Tx, options: argparse.Namespace) -> None:
    account_id, owner = options.find(tx, options)
    principal_policies.delete(tx, account_id, owner, options.name)
