"""`tayori up`: runs the service in the foreground until SIGTERM or Ctrl-C.

Owns what is printed once everything listens. Processes and their order are the supervisor's.
"""

import argparse
import shlex
import shutil
import sys

from tayori import __version__, logs
from tayori.app.data_folder import FolderError, held
from tayori.app.endpoints import Endpoints
from tayori.app.supervisor import StartFailed, Supervisor
from tayori.cli.command import DEFAULT_DATA, CommandFailed, Context
from tayori.cli.env import document
from tayori.cli.service import endpoints_of, first_key, read
from tayori.cli.settings import add_settings, load
from tayori.cli.table import pad, width
from tayori.cli.user import make_link
from tayori.model.smtp_password import smtp_password
from tayori.resources import users
from tayori.resources.credentials import Credential

_EXAMPLE = "example.test"
_SHOWN_PROVIDERS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(context: Context, options: argparse.Namespace) -> int:
    try:
        with held(context.data.resolve()):
            config = load(context, options)
            logs.set_up(form=config.log.format, level=config.log.level, redact_addresses=config.log.redact_addresses)
            Supervisor(config).run(ready=lambda: greet(context))
    except (FolderError, StartFailed) as error:
        raise CommandFailed(str(error)) from error
    return 0


def greet(context: Context) -> None:
    """Say where everything is, and what to try."""
    service = endpoints_of(context)
    key = read(service, first_key)
    text = banner(context, service, key)
    if not context.output.as_json:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    context.output.emit(document(service, key), text)


def banner(context: Context, service: Endpoints, key: Credential) -> str:
    words = context.words
    groups = [_places(context, service), _credentials(context, service, key)]
    widest = max(width(name) for rows in groups for name, _ in rows)
    lines = ["", words("up.ready", version=__version__)]
    for rows in groups:
        lines += ["", *(f"  {pad(name, widest)}  {value}" for name, value in rows)]
    lines += ["", words("up.next"), "", *(f"  {command}" for command in suggestions(context, service)), ""]
    return "\n".join(lines) + "\n"


def _places(context: Context, service: Endpoints) -> list[tuple[str, str]]:
    words = context.words
    rows: list[tuple[str, str]] = []
    if service.http:
        rows.append((words("up.http"), service.http))
    if service.console:
        rows.append(_console(context, service))
    if service.starttls_port:
        rows.append((words("up.starttls"), f"{service.submission_host}:{service.starttls_port}"))
    if service.tls_port:
        rows.append((words("up.tls"), f"{service.submission_host}:{service.tls_port}"))
    if service.ca_file:
        rows.append((words("up.ca"), service.ca_file))
    if service.inbound_port:
        rows.append((words("up.inbound"), f"{service.inbound_host}:{service.inbound_port}"))
    if service.dns_port:
        rows.append((words("up.dns", zone=service.service_domain), f"{service.dns_host}:{service.dns_port}"))
    if service.rehearsal:
        rows.append((words("up.resolver"), service.resolver))
        rows.append((words("up.providers"), _providers(context, service)))
    return rows


def _console(context: Context, service: Endpoints) -> tuple[str, str]:
    """Its address; until somebody has followed it, that which makes the first user."""
    if read(service, users.any_exist):
        return context.words("up.console"), f"{service.http}/console/"
    return context.words("up.console-first"), make_link(context)


def _providers(context: Context, service: Endpoints) -> str:
    from tayori.rehearsal.providers import PROVIDERS

    domains = ", ".join(provider.domain for provider in PROVIDERS[:_SHOWN_PROVIDERS])
    return context.words("up.providers-value", domains=domains, count=len(PROVIDERS), port=service.delivery_port)


def _credentials(context: Context, service: Endpoints, key: Credential) -> list[tuple[str, str]]:
    words = context.words
    return [
        (words("up.region"), service.region),
        (words("up.account"), key.account_id),
        (words("up.key"), key.access_key_id),
        (words("up.secret"), key.secret_access_key),
        (words("up.smtp-password"), smtp_password(key.secret_access_key, service.region)),
        (words("up.data"), str(context.data)),
    ]


def suggestions(context: Context, service: Endpoints) -> list[str]:
    """Three commands that work as they stand, in a shell in the same folder."""
    program = context.program
    data = "" if str(context.data) == DEFAULT_DATA else f" --data {shlex.quote(str(context.data))}"
    environment = f'eval "$({program} env{data})"'
    if not service.rehearsal:
        return [environment, "aws sesv2 get-account", f"{program} doctor{data}"]
    return [
        f"{environment} && {_aws()} sesv2 create-email-identity --email-identity {_EXAMPLE}",
        f"{program} dns records {_EXAMPLE}{data}",
        f"{program} doctor {_EXAMPLE}{data}",
    ]


def _aws() -> str:
    """The AWS CLI that the shell finds, or the one beside this interpreter."""
    from os.path import relpath
    from pathlib import Path

    beside = Path(sys.executable).parent / "aws"
    return "aws" if shutil.which("aws") or not beside.exists() else relpath(beside)
