"""`tayori queue`: look at waiting mail, hold it, release it, drop it.

Hold, release and drop name what they are for (`--domain`, `--message`, `--account`) or say `--all`: nothing is dropped
by a forgotten argument.
"""

import argparse
from collections.abc import Callable
from typing import Any

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.mail.address import AddressError, to_ascii_domain
from tayori.model.message import DeliveryState
from tayori.resources import queue
from tayori.resources.queue import Destination, Selection, Waiting
from tayori.store.engine import Tx

_STATES = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED, DeliveryState.HELD)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    listing = _verb(verbs, "list", "how much waits for each recipient domain", _list)
    _selection(listing)
    show = _verb(verbs, "show", "each recipient that waits, and why", _show)
    _selection(show)
    show.add_argument("--limit", type=int, default=100, metavar="N", help="at most N recipients (default 100)")
    for name, about, action in (
        ("hold", "try nothing more until it is released; deadlines run on", _hold),
        ("release", "what is held is due at once", _release),
        ("drop", "give up for good; no bounce is sent, no event published", _drop),
    ):
        verb = _verb(verbs, name, about, action)
        _selection(verb)
        verb.add_argument("--all", action="store_true", help="everything that waits")


def _verb(verbs: Any, name: str, about: str, action: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    parser.set_defaults(action=action)
    return parser


def _selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--domain", default="", help="only recipients at this domain")
    parser.add_argument("--message", default="", metavar="ID", help="only recipients of this message")
    parser.add_argument("--account", default="", metavar="ID", help="only messages of this account")


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _selected(options: argparse.Namespace) -> Selection:
    try:
        domain = to_ascii_domain(options.domain) if options.domain else ""
    except AddressError as error:
        raise CommandFailed(f"--domain {options.domain} is not a domain: {error}") from error
    return Selection(domain=domain, message_id=options.message, account_id=options.account)


def _list(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), queue.destinations, _selected(options))
    rows = [
        (
            destination.domain,
            *(str(destination.counts.get(state, 0)) for state in _STATES),
            moment(destination.next_due) if destination.next_due else "",
        )
        for destination in found
    ]
    heads = ("DOMAIN", *(state.upper() for state in _STATES), "NEXT DUE")
    text = table(heads, rows) if rows else "Nothing waits.\n"
    context.output.emit([_destination_as_json(destination) for destination in found], text)
    return 0


def _destination_as_json(destination: Destination) -> dict[str, Any]:
    return {
        "domain": destination.domain,
        **{state.value: destination.counts.get(state, 0) for state in _STATES},
        "next_due": destination.next_due.isoformat() if destination.next_due else None,
    }


def _show(context: Context, options: argparse.Namespace) -> int:
    if options.limit < 1:
        raise CommandFailed("--limit must be 1 or more.")
    found = read(endpoints_of(context), queue.waiting, _selected(options), options.limit)
    rows = [
        (
            waiting.message_id,
            waiting.address,
            waiting.state,
            str(waiting.attempts),
            moment(waiting.due_at),
            waiting.diagnostic or waiting.reason,
        )
        for waiting in found
    ]
    text = table(("MESSAGE", "RECIPIENT", "STATE", "TRIED", "DUE", "WHY"), rows) if rows else "Nothing waits.\n"
    context.output.emit([_waiting_as_json(waiting) for waiting in found], text)
    return 0


def _waiting_as_json(waiting: Waiting) -> dict[str, Any]:
    return {
        "message_id": waiting.message_id,
        "account_id": waiting.account_id,
        "from": waiting.from_address,
        "recipient": waiting.address,
        "state": waiting.state,
        "attempts": waiting.attempts,
        "accepted_at": waiting.accepted_at.isoformat(),
        "due_at": waiting.due_at.isoformat(),
        "expires_at": waiting.expires_at.isoformat(),
        "reason": waiting.reason,
        "diagnostic": waiting.diagnostic,
    }


def _hold(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, queue.hold, "Held")


def _release(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, queue.release, "Released")


def _drop(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, queue.drop, "Dropped")


def _change(context: Context, options: argparse.Namespace, change: Callable[[Tx, Selection], int], done: str) -> int:
    selection = _selected(options)
    if (selection != Selection()) == options.all:
        raise CommandFailed("Say which mail is meant: --domain, --message or --account, or else --all.")

    def changed(tx: Tx) -> tuple[int, int]:
        return change(tx, selection), queue.in_hand(tx, selection)

    count, in_hand = write(endpoints_of(context), changed)
    text = f"{done} {count} recipients."
    if in_hand:
        text += f" {in_hand} are being sent at the moment and were left alone."
    context.output.emit({done.lower(): count, "in_hand": in_hand}, text)
    return 0
