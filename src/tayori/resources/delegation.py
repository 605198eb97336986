"""Sending as an identity of another account: whether its policies allow it, and with whose signature it goes out.

Owns the check at the door and SES's words for its refusal (ses: sending authorization). The language of policies is
`model.policy`'s. Whoever is refused does not learn whether the identity exists.
"""

from collections.abc import Mapping
from dataclasses import replace

from tayori.mail.address import AddrSpec, Mailbox
from tayori.model.arn import Arn
from tayori.model.errors import AccessDenied, Invalid, Unverified
from tayori.model.identity import IdentityName
from tayori.model.message import Delegation, Submission
from tayori.model.policy import AccessRequest, allows
from tayori.resources import identity_policies, permission
from tayori.resources.settings import Sender, Settings, covering
from tayori.store.engine import Tx


def lend(tx: Tx, settings: Settings, submission: Submission, delegation: Delegation) -> Mapping[AddrSpec, Sender]:
    """The owner's settings for each address that is used under another account's identity."""
    lent: dict[AddrSpec, Sender] = {}
    for address, text in delegation.arns.items():
        arn = _identity_arn(text, submission.caller.region)
        if arn.account_id != submission.caller.account_id:
            lent[address] = _lent(tx, settings, submission, delegation, address, arn)
        elif arn.name not in covering(address):
            raise _mismatch(arn, address)
    return lent


def _identity_arn(text: str, region: str) -> Arn:
    arn = Arn.parse(text)
    if arn is None or arn.resource_type != "identity" or arn.region != region:
        raise Invalid(f"Invalid ARN <{text[:400]}>: it must be that of an identity in region {region}.")
    return replace(arn, name=IdentityName.parse(arn.name).text)


def _lent(
    tx: Tx, settings: Settings, submission: Submission, delegation: Delegation, address: AddrSpec, arn: Arn
) -> Sender:
    policies = identity_policies.parsed(tx, arn.account_id, arn.region, arn.name)
    # One From that the owner allows must not bring another along.
    authors = [box for box in delegation.authors if box.addr == address] or delegation.authors[:1]
    if not all(allows(policies, _request(tx, submission, delegation, author, arn)) for author in authors):
        raise AccessDenied(
            f"User `{submission.caller.arn}' is not authorized to perform `{delegation.action}' on resource `{arn}'"
        )
    if arn.name not in covering(address):
        raise _mismatch(arn, address)
    sender = settings.sender(tx, arn.account_id, arn.region, address)
    if sender is None:
        raise Unverified((str(address),), arn.region)
    # Default configuration sets belong to the owner's account; the message belongs to the delegate's.
    return replace(sender, configuration_set=None)


def _mismatch(arn: Arn, address: AddrSpec) -> Invalid:
    return Invalid(f"The identity <{arn}> does not cover the address <{address}>.")


def _request(tx: Tx, submission: Submission, delegation: Delegation, author: Mailbox, arn: Arn) -> AccessRequest:
    return permission.request_of(tx, submission, author, str(arn), delegation.action)
