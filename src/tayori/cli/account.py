"""`tayori account`: the accounts of this installation, and the operator's side of a request for production access.

A new account is in the sandbox. Its owner asks for production access with PutAccountDetails; `review` shows what was
written there, and grants or denies it; the service then tells the account's contacts by mail. Quotas count recipients;
-1 is unlimited.
"""

import argparse
from typing import Any

from tayori.app import first_start
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.credentials import show_key
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, write
from tayori.cli.table import table
from tayori.mail.address import AddressError, AddrSpec
from tayori.resources import accounts, review_notices
from tayori.resources.accounts import Account
from tayori.resources.credentials import Credential
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make an account and its first access key", parents=[shared_options()])
    create.add_argument("name", metavar="NAME", help="a name for people to know it by")
    create.set_defaults(action=_create)
    listing = verbs.add_parser("list", help="all accounts", parents=[shared_options()])
    add_region(listing)
    listing.set_defaults(action=_list)
    review = verbs.add_parser(
        "review", help="show, grant or deny a request for production access", parents=[shared_options()]
    )
    review.add_argument("--account", metavar="ID", help="(default: the first)")
    decision = review.add_mutually_exclusive_group()
    decision.add_argument("--grant", action="store_true", help="lift the sandbox")
    decision.add_argument("--deny", metavar="REASON", help="refuse, or put the account back into the sandbox")
    review.add_argument("--max-24-hour", type=int, metavar="N", help="recipients in 24 hours (default 50000)")
    review.add_argument("--rate", type=float, metavar="N", help="recipients a second (default 14)")
    add_region(review)
    review.set_defaults(action=_review)
    contact = verbs.add_parser(
        "contact", help="show or set who is told when an identity's status changes", parents=[shared_options()]
    )
    contact.add_argument("address", metavar="ADDRESS", nargs="?", help="an email address; without it, show the present")
    contact.add_argument("--clear", action="store_true", help="tell nobody")
    contact.add_argument("--account", metavar="ID", help="(default: the first)")
    add_region(contact)
    contact.set_defaults(action=_contact)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _create(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    show_key(context, write(service, _make, options.name, service.region), service.region)
    return 0


def _make(tx: Tx, name: str, region: str) -> Credential:
    key = first_start.new_key(user_name="user", operator=False)
    accounts.create(tx, key.account_id, region, name=name)
    return first_start.add_key(tx, key)


def _list(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    found = write(service, _all, service.region)
    rows = [
        (
            account.account_id,
            name,
            "production" if account.production_access else "sandbox",
            account.review_status or "",
        )
        for name, account in found
    ]
    value = [_as_json(account) | {"name": name} for name, account in found]
    context.output.emit(value, table(("ACCOUNT", "NAME", "ACCESS", "REVIEW"), rows))
    return 0


def _all(tx: Tx, region: str) -> list[tuple[str, Account]]:
    return [(name, accounts.get_anywhere(tx, account_id, region)) for account_id, name in accounts.all_accounts(tx)]


def _review(context: Context, options: argparse.Namespace) -> int:
    _check(options)
    service = endpoints_of(context)
    account = write(service, _decide, service.region, options)
    context.output.emit(_as_json(account), _as_text(account))
    return 0


def _contact(context: Context, options: argparse.Namespace) -> int:
    if options.clear and options.address:
        raise CommandFailed("Give an address or --clear, not both.")
    try:
        address = str(AddrSpec.parse(options.address)) if options.address else None
    except AddressError as error:
        raise CommandFailed(f"{options.address} is no email address: {error}.") from error
    service = endpoints_of(context)
    is_change = options.clear or address is not None
    account_id, contacts = (write if is_change else read)(
        service, _put_contact, service.region, options.account, address, is_change
    )
    shown = ", ".join(contacts) or "nobody"
    value = {"account_id": account_id, "region": service.region, "contacts": list(contacts)}
    context.output.emit(value, table((), [("Account", account_id), ("Told of changes", shown)]))
    return 0


def _put_contact(
    tx: Tx, region: str, wanted: str | None, address: str | None, is_change: bool
) -> tuple[str, tuple[str, ...]]:
    account_id = account_id_of(tx, wanted)
    if is_change:
        accounts.put_contact(tx, account_id, address)
    return account_id, accounts.contacts(tx, account_id, region)


def _check(options: argparse.Namespace) -> None:
    if not options.grant and (options.max_24_hour is not None or options.rate is not None):
        raise CommandFailed("--max-24-hour and --rate belong to --grant.")
    for name, value in (("--max-24-hour", options.max_24_hour), ("--rate", options.rate)):
        # The comparison is so that not-a-number is refused, too.
        if value is not None and value != accounts.UNLIMITED and not 0 < value < 10**12:
            raise CommandFailed(f"{name} must be above 0, or -1 for unlimited.")
    if options.deny is not None and not options.deny.strip():
        raise CommandFailed("--deny needs a reason: it is shown to the account's owner.")


def _decide(tx: Tx, region: str, options: argparse.Namespace) -> Account:
    account_id = account_id_of(tx, options.account)
    accounts.get_anywhere(tx, account_id, region)  # it may be granted a region before its first use of it
    if options.grant:
        daily = accounts.PRODUCTION_MAX_24_HOUR if options.max_24_hour is None else options.max_24_hour
        rate = accounts.PRODUCTION_MAX_RATE if options.rate is None else options.rate
        review_notices.grant(tx, account_id, region, max_24_hour=daily, max_rate=rate)
    elif options.deny:
        review_notices.deny(tx, account_id, region, reason=options.deny.strip())
    return accounts.get(tx, account_id, region)


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "region": account.region,
        "production_access": account.production_access,
        "sending_enabled": account.sending_enabled,
        "enforcement_status": account.enforcement_status,
        "max_24_hour_send": account.max_24_hour,
        "max_send_rate": account.max_rate,
        "review": {"status": account.review_status, "case": account.review_case, "reason": account.review_reason},
        "details": dict(account.details) if account.details else None,
    }


def _as_text(account: Account) -> str:
    def quota(value: float) -> str:
        return "unlimited" if value == accounts.UNLIMITED else f"{value:g}" if value < 10**6 else f"{value:.0f}"

    rows = [
        ("Account", f"{account.account_id} in {account.region}"),
        ("Access", "production" if account.production_access else "sandbox"),
        ("Recipients in 24 hours", quota(account.max_24_hour)),
        ("Recipients a second", quota(account.max_rate)),
        ("Sending", "enabled" if account.sending_enabled else "paused"),
        ("Review", account.review_status or "not asked for"),
    ]
    if account.review_case:
        rows.append(("Case", account.review_case))
    if account.review_reason:
        rows.append(("Reason", account.review_reason))
    rows += [(name, _shown(value)) for name, value in (account.details or {}).items()]
    return table((), rows)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
