"""What delivery keeps in memory: a message held, and the jobs it is split into.

Owns the two mutable records that pass between scheduler, destinations and ledger. Never does anything with them.
"""

from dataclasses import dataclass, field

from tayori.delivery.route import Target
from tayori.delivery.sign import SignedMessage
from tayori.model.message import DueRecipient, Outcome, Outgoing


@dataclass(slots=True, eq=False)
class Held:
    """A message in memory until the last of its due recipients is recorded or released."""

    outgoing: Outgoing
    open: set[int]  # ordinals without a recorded outcome
    signed: SignedMessage | None = None


@dataclass(slots=True, eq=False)
class Job:
    """The recipients of one message at one destination: what one transaction carries."""

    held: Held
    recipients: tuple[DueRecipient, ...]
    avoid: frozenset[Target] = field(default_factory=frozenset)  # hosts that failed with this very message
    notes: tuple[str, ...] = ()  # what went wrong with them, in words
    trouble: Outcome | None = None  # the last of it
