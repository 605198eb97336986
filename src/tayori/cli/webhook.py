"""`tayori webhook`: plain HTTPS destinations of events: make and delete them, see what they answered, send again.

Owns what is printed. The rules are `resources.webhooks`'s.
"""

import argparse
from collections.abc import Callable

from tayori.app import webhooks as shared
from tayori.cli.command import SECRET_FILE, Context, shared_options
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, visit, write
from tayori.cli.table import moment, table
from tayori.model.webhook import KINDS
from tayori.resources import webhooks
from tayori.resources.webhooks import NewWebhook, Webhook, WebhookAttempt
from tayori.store.engine import Store, Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    create = _verb(verbs, "create", "make a webhook and show its secret", _create, of_one=False)
    create.add_argument("url", metavar="URL", help="where to post to (https://...)")
    create.add_argument(
        "--kind", action="append", default=[], choices=KINDS, metavar="KIND", help="only such events (default: all)"
    )
    create.add_argument("--configuration-set", metavar="NAME", help="only mail that is sent under it (default: all)")
    _verb(verbs, "list", "the webhooks of an account", _list, of_one=False)
    _verb(verbs, "show", "one webhook with its secret", _show)
    _verb(verbs, "log", "what was sent to it lately, and what it answered", _log)
    _verb(verbs, "test", "post something that is no event to it", _test)
    again = _verb(verbs, "replay", "send again what it never got, or single deliveries", _replay)
    again.add_argument("delivery", nargs="*", metavar="DELIVERY", help="ids from the log (default: all that failed)")
    _verb(verbs, "resume", "send to it again after a pause", _resume)
    _verb(verbs, "delete", "delete it for good", _delete)


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    action: Callable[[Context, argparse.Namespace], int],
    *,
    of_one: bool = True,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, parents=[shared_options()])
    if of_one:
        parser.add_argument("webhook_id", metavar="ID")
    parser.add_argument("--account", metavar="ID", help="(default: the first)")
    add_region(parser)
    parser.set_defaults(action=action)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _create(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    new = shared.new_webhook(
        options.url,
        options.kind,
        configuration_set=options.configuration_set,
        secret=None,
        is_rehearsal=service.rehearsal,
    )
    _show_secret(context, write(service, _create_in, options.account, service.region, new))
    return 0


def _create_in(tx: Tx, account: str | None, region: str, new: NewWebhook) -> Webhook:
    return shared.create(tx, account_id_of(tx, account), region, new)


def _show_secret(context: Context, hook: Webhook) -> None:
    value = shared.as_json(hook) | {"secret": hook.secret}
    rows = [
        ("Webhook", hook.webhook_id),
        ("URL", hook.url),
        ("Secret", hook.secret),
        ("State", hook.state),
        ("Events", ", ".join(hook.kinds)),
        ("Configuration set", hook.configuration_set or "all mail"),
    ]
    context.output.emit(value, table((), rows), mode=SECRET_FILE)


def _list(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    found = read(service, _listed, options.account, service.region)
    rows = [
        (hook.webhook_id, hook.state, f"since {moment(hook.failing_since)}" if hook.failing_since else "", hook.url)
        for hook in found
    ]
    context.output.emit([shared.as_json(hook) for hook in found], table(("ID", "STATE", "FAILING", "URL"), rows))
    return 0


def _listed(tx: Tx, account: str | None, region: str) -> list[Webhook]:
    return webhooks.listed(tx, account_id_of(tx, account), region)


def _show(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    _show_secret(context, read(service, _get, options.account, service.region, options.webhook_id))
    return 0


def _get(tx: Tx, account: str | None, region: str, webhook_id: str) -> Webhook:
    return webhooks.get(tx, account_id_of(tx, account), region, webhook_id)


def _log(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    found = read(service, _attempts, options.account, service.region, options.webhook_id)
    rows = [
        (
            moment(one.at),
            one.delivery_id,
            one.kind,
            f"try {one.number}",
            str(one.status or "none"),
            f"{one.duration_ms} ms",
            one.error,
        )
        for one in found
    ]
    heads = ("AT", "DELIVERY", "EVENT", "", "STATUS", "TOOK", "")
    context.output.emit([shared.attempt_as_json(one) for one in found], table(heads, rows))
    return 0


def _attempts(tx: Tx, account: str | None, region: str, webhook_id: str) -> list[WebhookAttempt]:
    hook = _get(tx, account, region, webhook_id)
    return webhooks.attempts(tx, hook.account_id, webhook_id)


def _test(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    write(service, _send_test, options.account, service.region, options.webhook_id)
    text = f"On its way. See: tayori webhook log {options.webhook_id}"
    context.output.emit({"tested": options.webhook_id}, text)
    return 0


def _send_test(tx: Tx, account: str | None, region: str, webhook_id: str) -> None:
    shared.send_test(tx, account_id_of(tx, account), region, webhook_id)


def _replay(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)

    async def again(store: Store) -> int:
        account_id = await store.read(account_id_of, options.account)
        return await shared.replay(store, account_id, service.region, options.webhook_id, options.delivery)

    count = visit(service, again)
    context.output.emit({"replayed": count}, f"Deliveries to be sent again: {count}.")
    return 0


def _resume(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    write(service, _resume_in, options.account, service.region, options.webhook_id)
    text = f"Active again. What it missed is sent by: tayori webhook replay {options.webhook_id}"
    context.output.emit({"resumed": options.webhook_id}, text)
    return 0


def _resume_in(tx: Tx, account: str | None, region: str, webhook_id: str) -> None:
    webhooks.resume(tx, account_id_of(tx, account), region, webhook_id)


def _delete(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    write(service, _delete_in, options.account, service.region, options.webhook_id)
    context.output.emit({"deleted": options.webhook_id}, f"Deleted {options.webhook_id}.")
    return 0


def _delete_in(tx: Tx, account: str | None, region: str, webhook_id: str) -> None:
    webhooks.delete(tx, account_id_of(tx, account), region, webhook_id)
