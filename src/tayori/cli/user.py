"""`tayori user`: the people who use the console. They come by one-time links, and choose their passwords themselves.

A password that is set from here comes from standard input: everybody on a machine sees what its command lines say.
"""

import argparse
import getpass
import sys
from typing import Any

from tayori import ids
from tayori.cli.command import SECRET_FILE, CommandFailed, Context, shared_options
from tayori.cli.service import account_id_of, endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.console.passwords import hashed
from tayori.model import console_session
from tayori.model import user as model
from tayori.model.errors import DomainError
from tayori.model.role import OF_ACCOUNTS, Role
from tayori.resources import sessions, users
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
    add = verbs.add_parser(
        "add", help="a new user: prints a one-time link, or sets a password", parents=[shared_options()]
    )
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=[str(role) for role in Role], help="what they may do (default: viewer)")
    add.add_argument("--account", metavar="ID", help="in this account (default: the first); operators are in all")
    add.add_argument("--display-name", metavar="TEXT", default="", help="what they are called, with --stdin")
    add.add_argument("--stdin", action="store_true", help="read their password from standard input; no link is made")
    add.set_defaults(action=_add)
    role = verbs.add_parser("role", help="what a user may do in an account", parents=[shared_options()])
    role.add_argument("name", metavar="NAME")
    role.add_argument(
        "role",
        choices=[*(str(role) for role in Role), "none"],
        help="operators may do everything in every account; none: they leave the account",
    )
    role.add_argument("--account", metavar="ID", help="in this account (default: the first)")
    role.set_defaults(action=_role)
    password = verbs.add_parser(
        "password", help="a new password; the user is signed out everywhere", parents=[shared_options()]
    )
    password.add_argument("name", metavar="NAME")
    password.add_argument("--stdin", action="store_true", help="read it from standard input; else a link is printed")
    password.set_defaults(action=_password)
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


def _add(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    name, role = _name(options.name), Role(options.role or Role.VIEWER)
    if options.stdin:
        password, shown = _given_password(name), _display_name(options.display_name)
        write(service, _make, ids.user_id(), name, hashed(password), shown, role, options.account)
        context.output.emit({"added": name, "role": role}, f"Added {name}, {role}.")
        return 0
    token = ids.url_token()
    write(service, _propose, console_session.digest(token), ids.share_id(), name, role, options.account)
    url = f"{service.http}/console/invitation/{token}"
    context.output.emit({"name": name, "role": role, "url": url}, url, mode=SECRET_FILE)
    return 0


def _make(tx: Tx, user_id: str, name: str, password_hash: str, shown: str, role: Role, account: str | None) -> None:
    made = users.add(tx, user_id, name, password_hash, operator=role is Role.OPERATOR, display_name=shown)
    if role is not Role.OPERATOR:
        users.put_role(tx, account_id_of(tx, account), made.user_id, role)


def _propose(tx: Tx, token_digest: str, invitation_id: str, name: str, role: Role, account: str | None) -> None:
    if users.by_name(tx, name) is not None:
        raise CommandFailed(f"There is a user {name} already: see tayori user role, tayori user password.")
    is_operator = role is Role.OPERATOR
    made = Invitation(
        invitation_id=invitation_id,
        account_id="" if is_operator else account_id_of(tx, account),
        role=role,
        operator=is_operator,
        name=name,
        created_at=tx.now,
        expires_at=tx.now + INVITATION_LIFE,
    )
    users.invite(tx, token_digest, made)


def _role(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), _put_role, _name(options.name), options.role, options.account)
    context.output.emit({"name": options.name, "role": options.role}, f"{options.name}: {options.role}.")
    return 0


def _put_role(tx: Tx, name: str, role: str, account: str | None) -> None:
    """Somebody who becomes something less is no operator any more."""
    user = users.get(tx, name)
    if user.operator != (role == Role.OPERATOR):
        users.put_operator(tx, user.user_id, operator=role == Role.OPERATOR)
    if role in OF_ACCOUNTS:
        users.put_role(tx, account_id_of(tx, account), user.user_id, Role(role))
    elif role == "none" and (not user.operator or account):
        users.leave(tx, account_id_of(tx, account), user.user_id)


def _password(context: Context, options: argparse.Namespace) -> int:
    name = _name(options.name)
    if not options.stdin:
        url = make_link(context, user=name)
        context.output.emit({"url": url}, url, mode=SECRET_FILE)
        return 0
    service = endpoints_of(context)
    read(service, users.get, name)  # before anybody types anything
    write(service, _put_password, name, hashed(_given_password(name)))
    context.output.emit({"changed": name}, f"Changed the password of {name}, and signed them out.")
    return 0


def _put_password(tx: Tx, name: str, password_hash: str) -> None:
    user = users.get(tx, name)
    users.put_password(tx, user.user_id, password_hash)
    sessions.end_all(tx, user.user_id)


def _given_password(name: str) -> str:
    """One line; typed unseen where somebody types it."""
    said = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        return model.new_password(said, name)
    except DomainError as error:
        raise CommandFailed(error.message) from error


def _name(given: str) -> str:
    try:
        return model.user_name(given)
    except DomainError as error:
        raise CommandFailed(error.message) from error


def _display_name(given: str) -> str:
    try:
        return model.display_name(given)
    except DomainError as error:
        raise CommandFailed(error.message) from error


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
