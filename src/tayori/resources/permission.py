"""Whether the policies of a key, or of a session, let its holder send a message: asked at the door, where the message
is known, and only of those who have policies.

Owns what policies are asked: every author under the identity that stands for them, and the configuration set that the
request names (ses: identity and access management; both are resources of SendEmail). What the owner of an identity lets
other accounts do is `delegation`'s part, and asked as well.
"""

from tayori.mail.address import AddrSpec, Mailbox
from tayori.model.arn import Arn
from tayori.model.grants import DIRECT, Permit, kept
from tayori.model.message import Submission
from tayori.model.policy import AccessRequest
from tayori.resources.settings import Settings
from tayori.store.engine import Tx


def check(tx: Tx, settings: Settings, submission: Submission, permit: Permit) -> None:
    """Raises AccessDenied."""
    for author in submission.authors:
        permit.check(request_of(tx, submission, author, _identity(tx, settings, submission, author.addr), ""))
    if submission.configuration_set:
        caller = submission.caller
        named = Arn(
            region=caller.region,
            account_id=caller.account_id,
            resource_type="configuration-set",
            name=submission.configuration_set,
        )
        permit.check(request_of(tx, submission, submission.authors[0], str(named), ""))


def _identity(tx: Tx, settings: Settings, submission: Submission, address: AddrSpec) -> str:
    """The address where it is an identity, else its domain; where neither is, the address, as SES's refusals say."""
    caller = submission.caller
    if submission.delegation is not None and (named := submission.delegation.arns.get(address)):
        return named
    sender = settings.sender(tx, caller.account_id, caller.region, address)
    name = sender.identity if sender is not None else str(address)
    return str(Arn(region=caller.region, account_id=caller.account_id, resource_type="identity", name=name))


def request_of(tx: Tx, submission: Submission, author: Mailbox, resource: str, action: str) -> AccessRequest:
    """What a policy is asked about a message of that author."""
    caller = submission.caller
    context = {
        **DIRECT,
        "aws:requestedregion": (caller.region,),
        "ses:recipients": tuple(str(address) for address in submission.recipients),
        "ses:fromaddress": (str(author.addr),),
        "ses:fromdisplayname": (author.display_name,),
        "ses:feedbackaddress": (str(submission.feedback_address or ""),),
        "aws:sourceip": (caller.source_ip,),
        "aws:currenttime": (tx.now.isoformat(),),
        "aws:epochtime": (str(int(tx.now.timestamp())),),
        "aws:principalarn": (caller.arn,),
        "aws:principalaccount": (caller.account_id,),
        "aws:sourceaccount": (caller.account_id,),
        "aws:username": (caller.arn.rpartition("/")[2] if ":user/" in caller.arn else "",),
        **(caller.permit.context if caller.permit is not None else {}),
    }
    if caller.tls_version:
        context["aws:securetransport"] = ("true",)
    return AccessRequest(
        principal_arn=caller.arn,
        account_id=caller.account_id,
        action=action,
        resource=resource,
        context=kept(context),
    )
