"""Whether a message may be sent on behalf of a tenant.

Owns the check that the door makes: the tenant is there, is not paused, and may send with the identity, the
configuration set and the stored template that the message uses (ses: tenants). What it asks for is kept in memory.
"""

from tayori.model.errors import AccessDenied, Kind, NotFound, PauseScope, SendingPaused
from tayori.model.message import Submission
from tayori.model.tenant import Tenant
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.settings import Sender, Settings
from tayori.store.engine import Tx


def admit(
    tx: Tx, settings: Settings, submission: Submission, sender: Sender, configuration_set: ConfigurationSet | None
) -> Tenant:
    """Raises NotFound, AccessDenied, SendingPaused."""
    account_id, region = submission.caller.account_id, submission.caller.region
    tenant = settings.tenant(tx, account_id, region, submission.tenant)
    if tenant is None:
        text = f"Tenant {submission.tenant[:200]} for AwsAccountId {account_id} not found."
        raise NotFound(text, Kind.TENANT)
    wanted = [f"identity/{sender.identity}"]
    wanted += [f"configuration-set/{configuration_set.name}"] if configuration_set else []
    wanted += [f"template/{submission.template}"] if submission.template else []
    if lacking := tenant.lacks(wanted):
        arns = ", ".join(f"arn:aws:ses:{region}:{account_id}:{one}" for one in lacking)
        raise AccessDenied(f"Tenant not associated with resources [{arns}].")
    if tenant.is_paused:
        raise SendingPaused(f"Sending is paused for tenant {tenant.name}", PauseScope.ACCOUNT)
    return tenant
