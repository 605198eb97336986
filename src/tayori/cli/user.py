"""`tayori user`: the people who use the console. They come by one-time links, and choose their passwords themselves."""

import argparse
from typing import Any

from tayori import ids
from tayori.cli.command import SECRET_FILE, CommandFailed, Context, shared_options
from tayori.cli.service import account_id_of, endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.model import console_session
from tayori.model.role import OF_ACCOUNTS, Role
from tayori.resources import users
from tayori.resources.users import INVITATION_LIFE, Invitation, User
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    link = verbs.add_parser("link", help="a one-time link that lets somebody in", parents=[shared_options()])
    what = link.add_mutually_exclusive_group()
    what.add_argument("--user", metavar="NAME", help="a new password for this user, who has lost the old one")
    what.add_argument("--role", choices=[str(role) for role in OF_ACCOUNTS], help="a new user of an account, as this")
    link.add_argument("--account", metavar="ID", help="with --role: of this account (default: the first)")
    link.set_defaults(action=_link)
    listing = verbs.add_parser("list", help="all users", parents=[shared_options()])
    listing.set_defaults(action=_list)
    for name, about, action in (
        ("disable", "sign a user out everywhere, and let them in no more", _disable),
        ("enable", "let a user in again", _enable),
        ("remove", "remove a user for good", _remove),
    ):
        verb = verbs.add_parser(name, help=about, parents=[shared_options()])
        verb.add_argument("name", metavar="NAME")
        verb.set_defaults(action=action)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _link(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    if not service.http:
        raise CommandFailed("This node has no API, and so no console. Ask one that has the role api.")
    url = make_link(context, user=options.user, role=options.role, account=options.account)
    context.output.emit({"url": url}, url, mode=SECRET_FILE)
    return 0


def make_link(context: Context, *, user: str | None = None, role: str | None = None, account: str | None = None) -> str:
    """The address that opens the console once; an operator's where neither user nor role is given."""
    service = endpoints_of(context)
    token = ids.url_token()
    write(service, _invite, console_session.digest(token), ids.share_id(), user, role, account)
    page = "invitation" if user or role else "first-user"
    return f"{service.http}/console/{page}/{token}"


def _invite(
    tx: Tx, token_digest: str, invitation_id: str, user: str | None, role: str | None, account: str | None
) -> None:
    made = users.first_invitation(invitation_id, tx.now)
    if user or role:
        made = Invitation(
            invitation_id=invitation_id,
            user_id=users.get(tx, user).user_id if user else "",
            account_id=account_id_of(tx, account) if role else "",
            role=Role(role) if role else Role.VIEWER,
            created_at=tx.now,
            expires_at=tx.now + INVITATION_LIFE,
        )
    users.invite(tx, token_digest, made)


def _list(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), _all)
    rows = [
        (
            user.name,
            user.display_name,
            "operator" if user.operator else "",
            "disabled" if user.disabled else "active",
            moment(user.signed_in_at) if user.signed_in_at else "",
        )
        for user in found
    ]
    context.output.emit([_public(user) for user in found], table(("NAME", "CALLED", "MAY", "STATE", "SIGNED IN"), rows))
    return 0


def _all(tx: Tx) -> list[User]:
    found: list[User] = []
    while page := users.page(tx, after=found[-1].name if found else ""):
        found += page
    return found


def _public(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "operator": user.operator,
        "disabled": user.disabled,
        "created_at": user.created_at.isoformat(),
        "signed_in_at": user.signed_in_at.isoformat() if user.signed_in_at else None,
    }


def _disable(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), _put_disabled, options.name, disabled=True)
    context.output.emit({"disabled": options.name}, f"Disabled {options.name}.")
    return 0


def _enable(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), _put_disabled, options.name, disabled=False)
    context.output.emit({"enabled": options.name}, f"Enabled {options.name}.")
    return 0


def _put_disabled(tx: Tx, name: str, *, disabled: bool) -> None:
    users.put_disabled(tx, users.get(tx, name).user_id, disabled=disabled)


def _remove(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), _take_away, options.name)
    context.output.emit({"removed": options.name}, f"Removed {options.name}.")
    return 0


def _take_away(tx: Tx, name: str) -> None:
    users.remove(tx, users.get(tx, name).user_id)
