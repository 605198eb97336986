"""What signing in, and what people change of their own, leaves in the audit log.

Owns the entry, which is written in the transaction of the change, and in which accounts' logs it stands: of somebody
who is in accounts in each of these, of operators in the installation's first. A refused sign-in stands in the first
account's, alike whether there is such a user or not; who is a user of an account, its own log may know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tayori import ids
from tayori.aws.http import HttpRequest
from tayori.model import audit as model
from tayori.model.audit import DONE, Entry
from tayori.model.errors import Invalid
from tayori.model.user import user_name
from tayori.resources import audit, users
from tayori.resources.users import User
from tayori.store.engine import Tx

_MOST_ACCOUNTS = 20  # that one change is noted in
REFUSED = "Refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """By which request: made before the transaction, which may run twice."""

    source_ip: str
    agent: str
    region: str
    unique: str


def trace(request: HttpRequest, region: str) -> Trace:
    agent = (request.headers.get("user-agent") or "").encode("utf-8", "replace").decode()[:300]
    return Trace(source_ip=request.source_ip, agent=agent, region=region, unique=ids.request_id())


def note(
    tx: Tx, trace: Trace, who: User, operation: str, *, resource: str = "", said: Mapping[str, Any] | None = None
) -> None:
    """Something that the user has done, or that was done in their name."""
    known = [] if who.operator else [one.account_id for one in users.accounts_of(tx, who, limit=_MOST_ACCOUNTS)]
    for account_id in known or [users.first_account(tx)]:
        _put(tx, trace, account_id, who.name, operation, resource or who.name, DONE, said)


def note_refused(tx: Tx, trace: Trace, way: str, name: object, known: User | None) -> None:
    """Somebody who was not let in, by the name they said. What cannot be a name may be a password: it is not kept."""
    try:
        said = user_name(name)
    except Invalid:
        said = ""
    told = [users.first_account(tx)]
    if known is not None and not known.operator:
        told += [one.account_id for one in users.accounts_of(tx, known, limit=_MOST_ACCOUNTS)]
    for account_id in dict.fromkeys(told):
        _put(tx, trace, account_id, "", "SignIn", said, REFUSED, {"way": way})


def _put(
    tx: Tx,
    trace: Trace,
    account_id: str,
    actor: str,
    operation: str,
    resource: str,
    outcome: str,
    said: Mapping[str, Any] | None,
) -> None:
    request, _ = model.as_kept(model.cleaned(dict(said or {})), ())
    entry = Entry(
        account_id=account_id,
        entry_id=audit.entry_id(tx.now, trace.unique),
        at=tx.now,
        region=trace.region,
        door="user",
        actor=actor,
        source_ip=trace.source_ip,
        agent=trace.agent,
        service="tayori",
        operation=operation,
        resource=resource,
        request=request,
        outcome=outcome,
        changes=[],
    )
    audit.put(tx, entry)
