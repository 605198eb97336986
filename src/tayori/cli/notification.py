"""`tayori notification`: what subscribers and other destinations could not be told, why, and sending it again.

Owns what is printed. The rules are `resources.dead_letters`'s.
"""

import argparse
from collections.abc import Callable

from tayori.app import dead_letters as shared
from tayori.cli.command import SECRET_FILE, Context, shared_options
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, visit, write
from tayori.cli.table import moment, table
from tayori.model.shown_url import shown
from tayori.resources import dead_letters
from tayori.resources.dead_letters import DeadLetter, Selection
from tayori.store.engine import Store, Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    dead = _verb(verbs, "dead", "what was given up lately, and why", _dead)
    _add_selection(dead)
    dead.add_argument("--limit", type=int, default=100, metavar="N", help="how many (default: 100)")
    _verb(verbs, "show", "one that was given up, with its content", _show).add_argument("notification", metavar="ID")
    again = _verb(verbs, "replay", "send again what was given up", _replay)
    again.add_argument("notification", nargs="*", metavar="ID", help="single ones (default: all that are selected)")
    _add_selection(again)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", default="", metavar="ARN", help="only those of a topic")
    parser.add_argument(
        "--protocol", default="", metavar="NAME", help="only those over http, https, sqs, email, eventbridge, ..."
    )


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    action: Callable[[Context, argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, parents=[shared_options()])
    parser.add_argument("--account", metavar="ID", help="(default: the first)")
    add_region(parser)
    parser.set_defaults(action=action)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _selection(options: argparse.Namespace) -> Selection:
    return Selection(topic_arn=options.topic, protocol=options.protocol)


def _dead(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    found = read(service, _listed, options.account, service.region, _selection(options), options.limit)
    rows = [
        (
            moment(letter.died_at),
            letter.notification.notification_id,
            letter.notification.kind,
            shown(letter.notification.endpoint),
            str(letter.notification.attempts),
            letter.reason,
        )
        for letter in found
    ]
    text = table(("GIVEN UP", "ID", "WHAT", "FOR", "TRIES", "WHY"), rows) if rows else "Nothing was given up."
    context.output.emit([shared.as_json(letter) for letter in found], text)
    return 0


def _listed(tx: Tx, account: str | None, region: str, selection: Selection, limit: int) -> list[DeadLetter]:
    return dead_letters.listed(tx, account_id_of(tx, account), region, selection, limit=limit)


def _show(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    value = shared.whole_as_json(read(service, _get, options.account, options.notification))
    rows = [(name, str(content)) for name, content in value.items() if content not in (None, {})]
    context.output.emit(value, table((), rows), mode=SECRET_FILE)
    return 0


def _get(tx: Tx, account: str | None, notification_id: str) -> DeadLetter:
    return dead_letters.get(tx, account_id_of(tx, account), notification_id)


def _replay(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    if options.notification:
        count = write(service, _revive, options.account, options.notification)
    else:

        async def everything(store: Store) -> int:
            account_id = await store.read(account_id_of, options.account)
            return await shared.replay_all(store, account_id, service.region, _selection(options))

        count = visit(service, everything)
    context.output.emit({"replayed": count}, f"Notifications to be sent again: {count}.")
    return 0


def _revive(tx: Tx, account: str | None, notification_ids: list[str]) -> int:
    return dead_letters.revive(tx, account_id_of(tx, account), notification_ids)
