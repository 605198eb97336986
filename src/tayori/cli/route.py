"""`tayori route`: mail for some domains, or all, goes to a relay (smarthost) and not to the domains' own hosts.

Passwords are named by where they are, a file or an environment variable of the service; none is stored or shown.
"""

import argparse
from collections.abc import Callable
from typing import Any

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.service import endpoints_of, read, write
from tayori.cli.table import table
from tayori.model.source import MailRoute
from tayori.resources import sources

_PORTS = {"implicit": 465}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    _verb(verbs, "list", "all routes; the most exact pattern decides", _list)
    put = _verb(verbs, "set", "add the route of a pattern, or replace it", _set)
    put.add_argument("pattern", metavar="PATTERN", help="example.com, .example.com (all below it), or * (all)")
    put.add_argument("relay", metavar="HOST[:PORT]", help="the relay (port 587, or 465); mx: the domain's own hosts")
    put.add_argument(
        "--tls",
        choices=("none", "may", "starttls", "implicit"),
        default="starttls",
        help="starttls and implicit ask for a certificate in the relay's name (default starttls)",
    )
    put.add_argument("--user", default="", metavar="NAME", help="user name for AUTH PLAIN or LOGIN")
    put.add_argument("--password", default="", metavar="WHERE", help="file:/path or env:NAME (TAYORI_SECRET_NAME)")
    gone = _verb(verbs, "remove", "mail for the pattern goes to the domains' own hosts again", _remove)
    gone.add_argument("pattern", metavar="PATTERN")


def _verb(verbs: Any, name: str, about: str, action: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, parents=[shared_options()])
    parser.set_defaults(action=action)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _list(context: Context, options: argparse.Namespace) -> int:
    found = read(endpoints_of(context), sources.routes)
    rows = [
        (route.pattern, _where(route), route.tls if route.host else "", route.user_name, route.secret)
        for route in found
    ]
    heads = ("PATTERN", "RELAY", "TLS", "USER", "PASSWORD IN")
    documents = [
        {
            "pattern": route.pattern,
            "host": route.host or None,
            "port": route.port if route.host else None,
            "tls": route.tls if route.host else None,
            "user": route.user_name or None,
            "password": route.secret or None,
        }
        for route in found
    ]
    text = table(heads, rows) if rows else "There are no routes: mail goes to each domain's own hosts.\n"
    context.output.emit(documents, text)
    return 0


def _where(route: MailRoute) -> str:
    return f"{route.host}:{route.port}" if route.host else "mx"


def _set(context: Context, options: argparse.Namespace) -> int:
    host, port = _relay(options.relay, options.tls)
    route = MailRoute(
        pattern=options.pattern,
        host=host,
        port=port,
        tls=options.tls,
        user_name=options.user,
        secret=options.password,
    )
    write(endpoints_of(context), sources.put_route, route)
    context.output.emit(
        {"pattern": route.pattern, "relay": _where(route)}, f"Mail for {route.pattern} goes to {_where(route)}."
    )
    return 0


def _relay(text: str, tls: str) -> tuple[str, int]:
    if text == "mx":
        return "", 25
    host, colon, port = text.rpartition(":") if text.count(":") == 1 or text.startswith("[") else (text, "", "")
    if (colon and not port.isascii()) or (colon and not port.isdigit()):
        raise CommandFailed(f"{text} is no relay: write host, host:port or [IPv6 address]:port.")
    return (host if colon else text).strip("[]"), int(port) if colon else _PORTS.get(tls, 587)


def _remove(context: Context, options: argparse.Namespace) -> int:
    write(endpoints_of(context), sources.remove_route, options.pattern)
    context.output.emit({"pattern": options.pattern}, f"There is no route for {options.pattern} any more.")
    return 0
