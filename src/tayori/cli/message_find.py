"""`tayori message find`: messages of an account by what they have, newest first."""

import argparse

from tayori.app import message_desk
from tayori.app.message_desk import Page, Wanted
from tayori.cli.command import CommandFailed, Context
from tayori.cli.service import account_id_of, add_region, clock_of, endpoints_of, visit
from tayori.cli.table import moment, table
from tayori.model.errors import DomainError
from tayori.model.search import Status
from tayori.resources.search import FoundMessage
from tayori.store.engine import Store

_NAMES = ("recipient", "to", "from", "subject", "status", "tag", "configuration_set", "identity", "since", "until")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_region(parser)
    parser.add_argument("--account", metavar="ID", help="the account (default: the first)")
    for name, metavar, about in (
        ("recipient", "ADDRESS", "sent to this address, or to this domain; may be given again"),
        ("to", "ADDRESS", "the same as --recipient"),
        ("from", "ADDRESS", "sent from this address, or from this domain"),
        ("status", "STATUS", f"one of: {', '.join(Status)}; of several, one holds"),
        ("tag", "NAME=VALUE", "with this message tag; may be given again"),
    ):
        parser.add_argument(f"--{name}", dest=f"given_{name}", action="append", metavar=metavar, help=about)
    for name, metavar, about in (
        ("subject", "WORDS", "all of these words; a * ends the beginning of one: 'invoice ship*'"),
        ("configuration-set", "NAME", "sent with this configuration set"),
        ("identity", "NAME", "sent under this identity"),
        ("since", "TIME", "accepted then or later: 2026-11-24T10:00:00Z, or 2h for two hours ago"),
        ("until", "TIME", "accepted before"),
    ):
        parser.add_argument(f"--{name}", dest=f"given_{name.replace('-', '_')}", metavar=metavar, help=about)
    parser.add_argument("--limit", metavar="N", help=f"at most N messages (default {message_desk.PAGE})")
    parser.add_argument("--page", metavar="TOKEN", help="go on where an answer ended that gave this token")
    parser.set_defaults(action=run)


def run(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    pairs = _pairs(options)

    async def work(store: Store) -> Page:
        account_id = await store.read(account_id_of, options.account)
        wanted = Wanted.parse(pairs, clock_of(service).now())
        return await message_desk.look(store, await message_desk.tokens(store), account_id, service.region, wanted)

    try:
        page = visit(service, work)
    except DomainError as error:
        raise CommandFailed(error.message) from error
    context.output.emit(message_desk.as_json(page), _as_text(page))
    return 0


def _pairs(options: argparse.Namespace) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name in _NAMES:
        value = getattr(options, f"given_{name}")
        pairs += [(name, one) for one in ([value] if isinstance(value, str) else value or ())]
    pairs += [(name, value) for name in ("limit", "page") if (value := getattr(options, name))]
    return pairs


def _as_text(page: Page) -> str:
    rows = [row for found in page.messages for row in _rows(found)]
    text = table(("ACCEPTED", "MESSAGE", "FROM", "RECIPIENT", "STATUS", "SUBJECT"), rows) if rows else ""
    if page.is_cut:
        text += f"{page.looked_at} entries were looked at without coming to an end. "
    elif not rows:
        text += "Nothing was found.\n"
    return text + (f"Go on with: --page {page.following}\n" if page.following else "")


def _rows(found: FoundMessage) -> list[tuple[str, str, str, str, str, str]]:
    first = (moment(found.accepted_at), found.message_id, found.from_address)
    return [
        (*(first if not index else ("", "", "")), one.address, one.status, found.subject if not index else "")
        for index, one in enumerate(found.recipients)
    ]
