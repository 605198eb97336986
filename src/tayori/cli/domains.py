"""A domain named on the command line, and the identity that it is."""

from tayori.cli.command import CommandFailed
from tayori.cli.service import account_id_of
from tayori.mail.address import AddressError, to_ascii_domain
from tayori.resources import identities
from tayori.resources.identities import Identity
from tayori.store.engine import Tx


def domain_of(text: str) -> str:
    """The domain in A-labels. Raises CommandFailed."""
    try:
        return to_ascii_domain(text.rstrip("."))
    except AddressError as error:
        raise CommandFailed(f"{text} is not a domain: {error}") from error


def identity_of(tx: Tx, account: str | None, region: str, domain: str) -> Identity:
    account_id = account_id_of(tx, account)
    found = identities.find(tx, account_id, region, domain)
    if found is None:
        raise CommandFailed(
            f"Account {account_id} has no identity {domain}. Create it first: "
            f"aws sesv2 create-email-identity --email-identity {domain}"
        )
    return found
