"""`tayori credentials`: access keys. A secret is shown once, when its key is made."""

import argparse
from typing import Any

from tayori.app import first_start
from tayori.cli import policies
from tayori.cli.command import SECRET_FILE, Context, shared_options
from tayori.cli.service import account_id_of, endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.model.errors import Kind, NotFound
from tayori.model.smtp_password import smtp_password
from tayori.resources import credentials
from tayori.resources.credentials import Credential
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make an access key and show it", parents=[shared_options()])
    create.add_argument("--account", metavar="ID", help="the account it is for (default: the first)")
    create.add_argument("--name", default="user", help="the name of its user, as it stands in ARNs (default: user)")
    create.add_argument("--operator", action="store_true", help="it may also use /tayori/... for the installation")
    create.set_defaults(action=_create)
    listing = verbs.add_parser("list", help="the access keys of an account", parents=[shared_options()])
    listing.add_argument("--account", metavar="ID", help="(default: the first)")
    listing.set_defaults(action=_list)
    delete = verbs.add_parser("delete", help="delete an access key for good", parents=[shared_options()])
    delete.add_argument("access_key_id", metavar="KEY")
    delete.set_defaults(action=_delete)
    policies.add_arguments(verbs, "KEY", _owner)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _owner(tx: Tx, options: argparse.Namespace) -> tuple[str, str]:
    """Whose policies are spoken of. Raises NotFound."""
    account_id = account_id_of(tx, options.account) if options.account else ""
    found = credentials.get(tx, options.owner)
    if account_id not in ("", found.account_id):
        raise NotFound(f"There is no access key {options.owner} in account {account_id}.", Kind.CREDENTIAL)
    return found.account_id, found.access_key_id


def _create(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    made = write(service, create_key, options.account, options.name, operator=options.operator)
    show_key(context, made, service.region)
    return 0


def create_key(tx: Tx, account: str | None, name: str, *, operator: bool) -> Credential:
    account_id = account_id_of(tx, account)
    return first_start.add_key(tx, first_start.new_key(user_name=name, operator=operator, account_id=account_id))


def show_key(context: Context, key: Credential, region: str) -> None:
    """The key with its secret, and the SMTP password that belongs to it."""
    value = {
        "account_id": key.account_id,
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
        "smtp_password": smtp_password(key.secret_access_key, region),
    }
    rows = [(name.replace("_", " "), text) for name, text in value.items()]
    context.output.emit(value, table((), rows), mode=SECRET_FILE)


def _list(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    keys = read(service, _keys, options.account)
    rows = [
        (
            key.access_key_id,
            key.user_name,
            "operator" if key.operator else "",
            "active" if key.active else "inactive",
            moment(key.created_at),
        )
        for key in keys
    ]
    heads = ("KEY", "USER", "MAY", "STATE", "MADE")
    context.output.emit([_public(key) for key in keys], table(heads, rows))
    return 0


def _keys(tx: Tx, account: str | None) -> list[Credential]:
    return credentials.of_account(tx, account_id_of(tx, account))


def _public(key: Credential) -> dict[str, Any]:
    return {
        "access_key_id": key.access_key_id,
        "account_id": key.account_id,
        "user_name": key.user_name,
        "operator": key.operator,
        "active": key.active,
        "created_at": key.created_at.isoformat(),
    }


def _delete(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), credentials.delete, options.access_key_id)
    context.output.emit({"deleted": options.access_key_id}, f"Deleted {options.access_key_id}.")
    return 0
