"""`tayori role`: roles that access keys may assume by STS, for a time and with the role's policies."""

import argparse
import json

from tayori import ids
from tayori.cli import policies
from tayori.cli.command import Context, shared_options
from tayori.cli.policies import document_of
from tayori.cli.service import account_id_of, endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.resources import roles
from tayori.resources.roles import AssumableRole
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a role", parents=[shared_options()])
    create.add_argument("name", metavar="NAME")
    create.add_argument(
        "--trust",
        action="append",
        metavar="WHO",
        help="who may assume it: an account, or the ARN of a user or role (default: the role's own account)",
    )
    create.add_argument("--trust-policy", metavar="FILE", help="the same as a policy; - reads standard input")
    create.add_argument("--max-seconds", type=int, default=roles.SHORTEST, help="its longest session (default: 3600)")
    create.set_defaults(action=_create)
    listing = verbs.add_parser("list", help="the roles of an account", parents=[shared_options()])
    listing.set_defaults(action=_list)
    show = verbs.add_parser("show", help="one role, with who may assume it", parents=[shared_options()])
    show.add_argument("name", metavar="NAME")
    show.set_defaults(action=_show)
    trust = verbs.add_parser("trust", help="change who may assume a role", parents=[shared_options()])
    trust.add_argument("name", metavar="NAME")
    trust.add_argument("file", metavar="FILE", help="the trust policy; - reads standard input")
    trust.set_defaults(action=_trust)
    delete = verbs.add_parser("delete", help="delete a role; its sessions end", parents=[shared_options()])
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(action=_delete)
    for verb in (create, listing, show, trust, delete):
        verb.add_argument("--account", metavar="ID", help="(default: the first)")
    policies.add_arguments(verbs, "NAME_OF_ROLE", _owner)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _owner(tx: Tx, options: argparse.Namespace) -> tuple[str, str]:
    account_id = account_id_of(tx, options.account)
    return account_id, roles.owner(roles.get(tx, account_id, options.owner).name)


def _create(context: Context, options: argparse.Namespace) -> int:
    given = document_of(options.trust_policy) if options.trust_policy else ""
    role = write(endpoints_of(context), create_role, options, given, ids.role_id())
    context.output.emit(_public(role), f"Made {role.arn}.")
    return 0


def create_role(tx: Tx, options: argparse.Namespace, trust: str, role_id: str) -> AssumableRole:
    account_id = account_id_of(tx, options.account)
    role = AssumableRole(
        account_id=account_id,
        name=options.name,
        role_id=role_id,
        trust=trust or trusting(options.trust or [account_id]),
        max_seconds=options.max_seconds,
        created_at=tx.now,
    )
    roles.create(tx, role)
    return role


def trusting(who: list[str]) -> str:
    """The policy that lets these assume a role."""
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _list(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), _roles, options.account)
    rows = [(role.name, role.arn, str(role.max_seconds), moment(role.created_at)) for role in found]
    heads = ("ROLE", "ARN", "SECONDS", "MADE")
    context.output.emit([_public(role) for role in found], table(heads, rows))
    return 0


def _roles(tx: Tx, account: str | None) -> list[AssumableRole]:
    return roles.of_account(tx, account_id_of(tx, account))


def _show(context: Context, options: argparse.Namespace) -> int:
    role = read(endpoints_of(context), _role, options)
    rows = [(name.replace("_", " "), str(value)) for name, value in _public(role).items() if name != "trust"]
    trust = json.dumps(json.loads(role.trust), indent=2, ensure_ascii=False)
    context.output.emit(_public(role), f"{table((), rows)}\n{trust}")
    return 0


def _role(tx: Tx, options: argparse.Namespace) -> AssumableRole:
    return roles.get(tx, account_id_of(tx, options.account), options.name)


def _trust(context: Context, options: argparse.Namespace) -> int:
    text = document_of(options.file)
    write(endpoints_of(context), put_trust, options, text)
    context.output.emit({"role": options.name}, f"Changed who may assume {options.name}.")
    return 0


def put_trust(tx: Tx, options: argparse.Namespace, text: str) -> None:
    roles.put_trust(tx, account_id_of(tx, options.account), options.name, text)


def _delete(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), delete_role, options)
    context.output.emit({"deleted": options.name}, f"Deleted {options.name}.")
    return 0


def delete_role(tx: Tx, options: argparse.Namespace) -> None:
    roles.delete(tx, account_id_of(tx, options.account), options.name)


def _public(role: AssumableRole) -> dict[str, object]:
    return {
        "name": role.name,
        "arn": role.arn,
        "role_id": role.role_id,
        "max_seconds": role.max_seconds,
        "created_at": role.created_at.isoformat(),
        "trust": json.loads(role.trust),
    }
