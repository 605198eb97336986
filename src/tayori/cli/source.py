"""`tayori source`: the addresses that mail leaves from, and what each has done.

An address belongs to the installation; the operator lends it to everybody, or to one account as a dedicated one, which
groups its own by the API. Changes take effect in the running service within two seconds.
"""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import account_id_of, add_region, endpoints_of, read, write
from tayori.cli.table import moment, table
from tayori.model.source import LISTED, Rest, SourceAddress, Tally
from tayori.resources import sources
from tayori.resources.sources import Warmth
from tayori.store.engine import Tx

_HEADS = (
    *("ADDRESS", "EHLO NAME", "LENT TO", "POOL", "WEIGHT", "STATE", "WARM"),
    *("SENT", "DEFERRED", "FAILED", "BLOCKED", "TROUBLE"),
)
_EPOCH = 719163  # date(1970, 1, 1).toordinal()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    _verb(verbs, "list", "addresses, their warm-up, and what they have done today", _list)
    add = _verb(verbs, "add", "register an address that this machine, or a proxy, can send from", _add, address=True)
    add.add_argument("--ehlo-name", required=True, metavar="NAME", help="the name it greets with; its PTR must say so")
    add.add_argument("--ipv6", default="", metavar="ADDRESS", help="its companion for receivers with IPv6")
    _lending(add)
    add.add_argument("--weight", type=int, default=1, metavar="N", help="its share of its pool's mail (default 1)")
    add.add_argument("--bind", default="", metavar="ADDRESS", help="the local address, where NAT makes it another")
    add.add_argument("--bind-ipv6", default="", metavar="ADDRESS", help="the same for IPv6")
    add.add_argument("--via", default="", metavar="URL", help="haproxy://host:port or socks5://user@host:port")
    add.add_argument("--via-password", default="", metavar="WHERE", help="file:/path or env:NAME (TAYORI_SECRET_NAME)")
    warmth = add.add_mutually_exclusive_group()
    warmth.add_argument("--new", action="store_true", help="warm it up over 45 days (default if lent to an account)")
    warmth.add_argument("--warm", action="store_true", help="receivers know it (default if everybody's)")
    _verb(verbs, "remove", "take an address away; it leaves SPF, too", _remove, address=True)
    _verb(verbs, "pause", "no more mail from this address", _pause, address=True)
    _verb(verbs, "resume", "mail from it again; what blocked it is forgotten", _resume, address=True)
    lend = _verb(
        verbs, "lend", "give an address to an account, or (without --account) to everybody", _lend, address=True
    )
    _lending(lend)
    weigh = _verb(verbs, "weigh", "its share of its pool's mail", _weigh, address=True)
    weigh.add_argument("weight", type=int, metavar="N")
    warm = _verb(verbs, "warm", "how far it is warmed up", _warm, address=True)
    warm.add_argument("percent", type=int, metavar="PERCENT", help="0 begins again, 100 ends it")


def _verb(
    verbs: Any, name: str, about: str, action: Callable[..., int], *, address: bool = False
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    if address:
        parser.add_argument("address", metavar="ADDRESS", help="the IPv4 address as receivers see it")
    parser.set_defaults(action=action)
    return parser


def _lending(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="ID", help="the account that gets it as a dedicated address")
    parser.add_argument("--pool", default="", metavar="NAME", help="one of that account's pools")
    add_region(parser)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


# -- looking -------------------------------------------------------------------------------------------------------


def _look(tx: Tx) -> tuple[list[SourceAddress], dict[tuple[str, str], Tally], tuple[Rest, ...], datetime]:
    day = tx.now.toordinal() - _EPOCH
    return sources.all_addresses(tx), sources.counts(tx, day, day), sources.rests(tx), tx.now


def _list(context: Context, options: argparse.Namespace) -> int:
    found, counts, rests, now = read(endpoints_of(context), _look)
    documents = [_document(source, counts, rests, now) for source in found]
    rows = [
        (
            ", ".join(source.addresses),
            source.ehlo_name,
            source.account_id or "everybody",
            source.pool,
            str(source.weight),
            "paused" if source.paused else "active",
            f"{document['warmup_percentage']} %",
            *(str(document["today"][name]) for name in ("sent", "deferred", "failed", "blocked")),
            "; ".join(_trouble(rest) for rest in document["rests"]),
        )
        for source, document in zip(found, documents, strict=True)
    ]
    words = "No address is registered: mail leaves from delivery.source_address, or what the system chooses.\n"
    context.output.emit(documents, table(_HEADS, rows) if rows else words)
    return 0


def _document(
    source: SourceAddress, counts: dict[tuple[str, str], Tally], rests: tuple[Rest, ...], now: datetime
) -> dict[str, Any]:
    today = sum((tally for (address, _), tally in counts.items() if address == source.address), Tally())
    return {
        "address": source.address,
        "ipv6": source.ipv6 or None,
        "ehlo_name": source.ehlo_name,
        "account_id": source.account_id or None,
        "region": source.region or None,
        "pool": source.pool,
        "weight": source.weight,
        "paused": source.paused,
        "via": source.via or None,
        "warmup_percentage": source.percentage(now),
        "warmup_status": source.warmup_status(now),
        "today": {
            "sent": today.sent,
            "deferred": today.deferred,
            "failed": today.failed,
            "blocked": today.blocked,
        },
        "rests": [
            {"provider": rest.provider, "until": rest.until.isoformat(), "reason": rest.reason}
            for rest in rests
            if rest.address == source.address and rest.until > now
        ],
    }


def _trouble(rest: dict[str, str]) -> str:
    if rest["provider"].startswith(LISTED):
        return rest["reason"]
    return f"rests for {rest['provider']} until {moment(datetime.fromisoformat(rest['until']))}: {rest['reason']}"


# -- changing ------------------------------------------------------------------------------------------------------


def _add(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    warmth = Warmth.NEW if options.new else Warmth.WARM if options.warm else Warmth.BY_OWNER

    def add(tx: Tx) -> SourceAddress:
        account, region = _tenant(tx, options.account, service.region)
        wanted = SourceAddress(
            address=options.address,
            ipv6=options.ipv6,
            ehlo_name=options.ehlo_name,
            weight=options.weight,
            account_id=account,
            region=region,
            pool=options.pool,
            bind_ipv4=options.bind,
            bind_ipv6=options.bind_ipv6,
            via=options.via,
            via_secret=options.via_password,
        )
        return sources.add(tx, wanted, warmth)

    source = write(service, add)
    text = (
        f"{source.address} is in the pool {source.pool}, and sends in six minutes, when receivers have the new SPF "
        f"record. See that its PTR is {source.ehlo_name}: tayori doctor."
    )
    context.output.emit({"address": source.address, "pool": source.pool}, text)
    return 0


def _tenant(tx: Tx, account: str | None, region: str) -> tuple[str, str]:
    return (account_id_of(tx, account), region) if account is not None else ("", "")


def _lend(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    if options.account is None and options.pool:
        raise CommandFailed("--pool needs --account: pools belong to an account.")

    def lend(tx: Tx) -> SourceAddress:
        account, region = _tenant(tx, options.account, service.region)
        sources.assign(tx, options.address, account, region, options.pool)
        return sources.get(tx, options.address)

    source = write(service, lend)
    context.output.emit(
        {"address": source.address, "account_id": source.account_id or None, "pool": source.pool},
        f"{source.address} is lent to {source.account_id or 'everybody'}, in the pool {source.pool}.",
    )
    return 0


def _remove(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), sources.remove, options.address)
    return _done(context, options.address, "removed", "sends no more, and leaves SPF")


def _pause(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), sources.put_paused, options.address, paused=True)
    return _done(context, options.address, "paused", "is paused")


def _resume(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), sources.put_paused, options.address, paused=False)
    return _done(context, options.address, "active", "sends again")


def _weigh(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), sources.put_weight, options.address, options.weight)
    return _done(context, options.address, "weighed", f"has the weight {options.weight}")


def _warm(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), sources.put_percentage, options.address, options.percent)
    return _done(context, options.address, "warmed", f"is warmed up to {options.percent} %")


def _done(context: Context, address: str, state: str, words: str) -> int:
    context.output.emit({"address": address, "state": state}, f"{address} {words}.")
    return 0
