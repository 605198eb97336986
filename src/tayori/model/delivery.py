"""The work state of a recipient: which changes exist, and what an attempt's outcome leads to.

Owns the table and the one decision; `resources.deliveries` is the only writer of states and asks here.
Never reads a clock. What happens after a final state (a bounce that arrives by mail, a complaint) is
history, not a transition.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from tayori.model import retry
from tayori.model.message import Decision, DeliveryState, FailureScope, Outcome, OutcomeKind


class Trigger(StrEnum):
    """What can happen to a recipient that waits or is being sent."""

    CLAIM = "claim"  # a worker takes it
    DELIVER = "deliver"  # the receiver took responsibility
    DEFER = "defer"  # try again later
    FAIL = "fail"  # the receiver said never
    EXPIRE = "expire"  # the deadline has passed
    RELEASE = "release"  # the worker gave it back or was lost: no attempt
    PAUSE = "pause"
    RESUME = "resume"
    SUPPRESS = "suppress"  # the address came onto a suppression list
    CANCEL = "cancel"


_S = DeliveryState
_T = Trigger

TRANSITIONS: Mapping[tuple[DeliveryState, Trigger], DeliveryState] = {
    (_S.QUEUED, _T.CLAIM): _S.SENDING,
    (_S.QUEUED, _T.PAUSE): _S.HELD,
    (_S.QUEUED, _T.EXPIRE): _S.EXPIRED,
    (_S.QUEUED, _T.SUPPRESS): _S.SUPPRESSED,
    (_S.QUEUED, _T.CANCEL): _S.CANCELLED,
    (_S.SENDING, _T.DELIVER): _S.DELIVERED,
    (_S.SENDING, _T.DEFER): _S.DEFERRED,
    (_S.SENDING, _T.FAIL): _S.BOUNCED,
    (_S.SENDING, _T.EXPIRE): _S.EXPIRED,
    (_S.SENDING, _T.RELEASE): _S.DEFERRED,
    (_S.DEFERRED, _T.CLAIM): _S.SENDING,
    (_S.DEFERRED, _T.DELIVER): _S.DELIVERED,  # by a worker that had been taken for dead, and tells of it late
    (_S.DEFERRED, _T.PAUSE): _S.HELD,
    (_S.DEFERRED, _T.EXPIRE): _S.EXPIRED,
    (_S.DEFERRED, _T.SUPPRESS): _S.SUPPRESSED,
    (_S.DEFERRED, _T.CANCEL): _S.CANCELLED,
    (_S.HELD, _T.RESUME): _S.QUEUED,
    (_S.HELD, _T.EXPIRE): _S.EXPIRED,
    (_S.HELD, _T.CANCEL): _S.CANCELLED,
}

# Both are the same value every time, and these two are nearly all decisions.
_DELIVERED = Decision(state=TRANSITIONS[_S.SENDING, _T.DELIVER])
_BOUNCED = Decision(state=TRANSITIONS[_S.SENDING, _T.FAIL])


def decide(outcome: Outcome, *, attempts: int, expires_at: datetime, now: datetime, jitter: float) -> Decision:
    """What becomes of a recipient being sent. `attempts` are those before this one, `jitter` is in [0, 1).

    A deadline that has passed ends even what our own trouble has held up: MaxDeliverySeconds is a promise
    about time, and a message that nobody wants any more must not wait for a repair. A delivery is a
    delivery however late.
    """
    if outcome.kind is OutcomeKind.DELIVERED:
        return _DELIVERED
    if outcome.kind is OutcomeKind.FAILED:
        return _BOUNCED
    counts = outcome.scope is not FailureScope.LOCAL
    if now >= expires_at:
        return Decision(state=TRANSITIONS[_S.SENDING, _T.EXPIRE], counts=counts)
    if outcome.retry_after is not None:
        due = retry.wished_try(wait=outcome.retry_after, expires_at=expires_at, now=now, jitter=jitter)
    elif counts:
        due = retry.next_try(attempts=attempts + 1, expires_at=expires_at, now=now, jitter=jitter)
    else:
        due = retry.next_local_try(expires_at=expires_at, now=now, jitter=jitter)
    return Decision(state=TRANSITIONS[_S.SENDING, _T.DEFER], due_at=due, counts=counts)
