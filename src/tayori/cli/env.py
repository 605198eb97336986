"""`tayori env`: what points boto3, the AWS CLI and SMTP clients at the service.

Owns the form of both outputs, which scripts rely on: lines for `eval`, quoted for a POSIX shell, and one JSON object.
"""

import argparse
import shlex
from collections.abc import Mapping
from typing import Any

from tayori.app.endpoints import Endpoints
from tayori.cli import user
from tayori.cli.command import SECRET_FILE, CommandFailed, Context
from tayori.cli.service import account_id_of, add_region, endpoints_of, first_key, read
from tayori.model.smtp_password import smtp_password
from tayori.resources import credentials, users
from tayori.resources.credentials import Credential
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="ID", help="the account whose key is shown (default: the first)")
    add_region(parser)
    parser.add_argument("--access-key-id", metavar="ID", help="the key to show (default: the account's first)")


def run(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    key = read(service, _key, options.account, options.access_key_id)
    value: dict[str, Any] = {}
    if context.output.as_json:
        value = document(service, key)
        if service.console and not read(service, users.any_exist):
            value["first_user_link"] = user.make_link(context)
    context.output.emit(value, shell_lines(service, key, context.environment), mode=SECRET_FILE)
    return 0


def _key(tx: Tx, account: str | None, access_key_id: str | None) -> Credential:
    if access_key_id is None:
        return first_key(tx, account)
    found = credentials.find(tx, access_key_id)
    if found is None or (account and found.account_id != account_id_of(tx, account)):
        raise CommandFailed(f"There is no active access key {access_key_id}.")
    return found


def shell_lines(service: Endpoints, key: Credential, environment: Mapping[str, str]) -> str:
    """For `eval "$(tayori env)"`. A session token of another account would spoil every signature: it is taken away."""
    values = {
        "AWS_ENDPOINT_URL_SES": service.http,
        "AWS_ENDPOINT_URL_SESV2": service.http,
        "AWS_ENDPOINT_URL_SNS": service.http,
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_DEFAULT_REGION": service.region,
        "AWS_REGION": service.region,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    if environment.get("AWS_SESSION_TOKEN"):
        lines.append("unset AWS_SESSION_TOKEN")
    return "\n".join(lines) + "\n"


def document(service: Endpoints, key: Credential) -> dict[str, Any]:
    """`tayori env --json`."""
    return {
        "http": service.http,
        "region": service.region,
        "regions": service.regions or [service.region],
        "account_id": key.account_id,
        "service_domain": service.service_domain,
        "credentials": {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key},
        "smtp": {
            "host": service.submission_host,
            "starttls_port": service.starttls_port,
            "tls_port": service.tls_port,
            "username": key.access_key_id,
            "password": smtp_password(key.secret_access_key, service.region),
            "ca_file": service.ca_file,
        },
        "mx": {"host": service.inbound_host, "port": service.inbound_port},
        "dns": {"host": service.dns_host, "port": service.dns_port},
        "rehearsal": _rehearsal(service) if service.rehearsal else None,
    }


def _rehearsal(service: Endpoints) -> dict[str, Any]:
    from tayori.rehearsal.providers import PROVIDERS  # brings dnspython: only where it is needed

    host, _, port = service.resolver.rpartition(":")
    return {
        "resolver": {"host": host, "port": int(port)},
        "delivery_port": service.delivery_port,
        "providers": [provider.domain for provider in PROVIDERS],
    }
