"""`tayori smtp-password`: the SMTP user name and password that belong to an access key (ses: smtp-credentials)."""

import argparse

from tayori.cli.command import SECRET_FILE, CommandFailed, Context
from tayori.cli.service import endpoints_of, first_key, read
from tayori.model.smtp_password import smtp_password
from tayori.resources import credentials
from tayori.resources.credentials import Credential
from tayori.store.engine import Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("access_key_id", nargs="?", metavar="KEY", help="access key id (default: the first key)")
    parser.add_argument("--region", help="the region that the password is for (default: the service's)")


def run(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    key = read(service, _key, options.access_key_id)
    password = smtp_password(key.secret_access_key, options.region or service.region)
    value = {"username": key.access_key_id, "password": password}
    context.output.emit(value, f"username {key.access_key_id}\npassword {password}\n", mode=SECRET_FILE)
    return 0


def _key(tx: Tx, access_key_id: str | None) -> Credential:
    if access_key_id is None:
        return first_key(tx)
    found = credentials.find(tx, access_key_id)
    if found is None:
        raise CommandFailed(f"There is no active access key {access_key_id}.")
    return found
