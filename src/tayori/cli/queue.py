"""`tayori queue`: look at waiting mail, and why it waits; pause, hold, release, drop, requeue, expedite it.

What changes recipients names them (`--domain`, `--message` and others) or says `--all`: nothing is dropped by a
forgotten argument. The same over HTTP: `app.queue_desk`.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tayori.app import queue_desk
from tayori.app.queue_desk import Explained
from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import clock_of, endpoints_of, read, visit, write
from tayori.cli.table import moment, printable, table
from tayori.model.errors import DomainError
from tayori.model.message import DeliveryState
from tayori.model.pause import Pause, PauseKind
from tayori.resources import pauses, queue
from tayori.resources.queue import Destination, Selection, Waiting
from tayori.store.engine import Store, Tx

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
        ("requeue", "due at once, with tries counted from the beginning", _requeue),
        ("expedite", "due at once, before all others of its stream", _expedite),
    ):
        verb = _verb(verbs, name, about, action)
        _selection(verb)
        verb.add_argument("--all", action="store_true", help="everything that waits")
    explain = _verb(verbs, "why", "why each recipient of a message waits, in a sentence", _why)
    explain.add_argument("message_id", metavar="MESSAGE_ID")
    explain.add_argument("recipient", nargs="?", default="", metavar="RECIPIENT")
    pause = _verb(verbs, "pause", "try nothing for an account, configuration set, destination or source", _pause)
    _paused(pause)
    pause.add_argument("--for", dest="span", default="", metavar="TIME", help="ends by itself: 90s, 15m, 2h, 3d")
    pause.add_argument("--reason", default="", metavar="TEXT", help="shown to whoever asks why mail waits")
    _paused(_verb(verbs, "resume", "end a pause; what waits for it is due at once", _resume))
    _verb(verbs, "pauses", "what is paused", _pauses)
    _verb(verbs, "connections", "the connections to mail hosts that are open now", _connections)
    _verb(verbs, "sites", "the mail hosts in use: limits, rests and last replies", _sites)


def _verb(verbs: Any, name: str, about: str, action: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    parser.set_defaults(action=action)
    return parser


def _selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--domain", default="", help="only recipients at this domain")
    parser.add_argument("--message", default="", metavar="ID", help="only recipients of this message")
    parser.add_argument("--account", default="", metavar="ID", help="only messages of this account")

    parser.add_argument("--configuration-set", default="", metavar="NAME", help="only messages of this one")
    parser.add_argument("--recipient", default="", metavar="ADDRESS", help="only this recipient")
    parser.add_argument("--older-than", default="", metavar="TIME", help="only messages accepted so long ago: 2h, 3d")


def _paused(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=[kind.value for kind in PauseKind], metavar="KIND", help=", ".join(PauseKind))
    parser.add_argument("name", metavar="NAME", help="a destination is a domain, or a provider or site of `sites`")


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _selected(context: Context, options: argparse.Namespace) -> Selection:
    try:
        return queue_desk.selection(
            domain=options.domain,
            message_id=options.message,
            account_id=options.account,
            configuration_set=options.configuration_set,
            recipient=options.recipient,
            older_than=options.older_than,
            now=clock_of(endpoints_of(context)).now(),
        )
    except DomainError as error:
        raise CommandFailed(error.message) from error


def _list(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), queue.destinations, _selected(context, options))
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
    found = read(endpoints_of(context), queue.waiting, _selected(context, options), options.limit)
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
    return _change(context, options, "hold")


def _release(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, "release")


def _drop(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, "drop")


def _requeue(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, "requeue")


def _expedite(context: Context, options: argparse.Namespace) -> int:
    return _change(context, options, "expedite")


def _change(context: Context, options: argparse.Namespace, name: str) -> int:
    selection = _selected(context, options)
    if (selection != Selection()) == options.all:
        raise CommandFailed("Say which mail is meant: --domain, --message or --account, or else --all.")
    count, in_hand = write(endpoints_of(context), queue_desk.change, name, selection)
    done = queue_desk.CHANGES[name][1]
    text = f"{done} {count} recipients."
    if in_hand:
        text += f" {in_hand} are being sent at the moment and were left alone."
    context.output.emit({done.lower(): count, "in_hand": in_hand}, text)
    return 0


# -- why -----------------------------------------------------------------------------------------------------------


def _why(context: Context, options: argparse.Namespace) -> int:
    language = context.words.language

    async def explain(store: Store) -> list[Explained]:
        return await queue_desk.explain(store, options.message_id, options.recipient, language=language)

    found = visit(endpoints_of(context), explain)
    text = "\n".join(printable(f"{one.waiting.address}: {one.sentence}") for one in found)
    context.output.emit([queue_desk.explained_as_json(one) for one in found], text)
    return 0


# -- pauses --------------------------------------------------------------------------------------------------------


def _pause(context: Context, options: argparse.Namespace) -> int:
    def pause(tx: Tx) -> Pause:
        until = tx.now + queue_desk.span(options.span) if options.span else None
        return pauses.pause(tx, PauseKind(options.kind), options.name, reason=options.reason, until=until)

    done = write(endpoints_of(context), pause)
    ends = f"until {moment(done.until)}" if done.until else "until it is resumed"
    context.output.emit(queue_desk.pause_as_json(done), f"Paused: {done.kind} {done.name}, {ends}. Mail is accepted.")
    return 0


def _resume(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), pauses.resume, PauseKind(options.kind), options.name)
    context.output.emit({"kind": options.kind, "name": options.name}, f"Resumed: {options.kind} {options.name}.")
    return 0


def _pauses(context: Context, options: argparse.Namespace) -> int:
    found = list(read(endpoints_of(context), pauses.active))
    rows = [
        (pause.kind, pause.name, moment(pause.since), moment(pause.until) if pause.until else "", pause.reason)
        for pause in found
    ]
    text = table(("KIND", "NAME", "SINCE", "UNTIL", "REASON"), rows) if rows else "Nothing is paused.\n"
    context.output.emit([queue_desk.pause_as_json(pause) for pause in found], text)
    return 0


# -- what delivery does at this moment -----------------------------------------------------------------------------


def _connections(context: Context, options: argparse.Namespace) -> int:
    found = visit(endpoints_of(context), queue_desk.live).connections
    names = ("host", "address", "source", "tls", "since", "messages", "doing")
    return _emit(context, found, names, "No connection is open.\n")


def _sites(context: Context, options: argparse.Namespace) -> int:
    found = visit(endpoints_of(context), queue_desk.live).sites
    names = ("name", "egress", "domains", "waiting", "connections", "window", "most", "rate", "rests_until")
    return _emit(context, found, (*names, "last_reply"), "No mail host is in use.\n")


def _emit(context: Context, found: Sequence[dict[str, Any]], names: Sequence[str], nothing: str) -> int:
    rows = [tuple(_cell(one[name]) for name in names) for one in found]
    heads = tuple(name.replace("_", " ").upper() for name in names)
    context.output.emit(list(found), table(heads, rows) if rows else nothing)
    return 0


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    try:
        return moment(datetime.fromisoformat(text)) if "T" in text else text
    except ValueError:
        return text
