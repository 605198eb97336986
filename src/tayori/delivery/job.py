"""What delivery keeps in memory: a message held, and the jobs it is split into.

Owns the two mutable records that pass between scheduler, destinations, lanes and ledger. Never does anything with them.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from tayori.delivery.dialogue import Session
from tayori.delivery.egress import Egress
from tayori.delivery.route import Target
from tayori.delivery.sign import SignedMessage
from tayori.model.message import DueRecipient, Outcome, Outgoing


@dataclass(slots=True, eq=False)
class Held:
    """A message in memory until the last of its due recipients is recorded or released."""

    outgoing: Outgoing
    open: set[int]  # ordinals without a recorded outcome
    signed: SignedMessage | None = None
    is_claimed_anew: bool = False  # some of it, while it was here


class Home(Protocol):
    """The destination that a job is for."""

    domain: str
    egress: Egress
    waiting: int  # its jobs that no connection has taken yet

    async def search(self, asker: Any, first: "Job | None", notes: list[str]) -> "Session[Job] | Outcome | None":
        """A connection that may carry this destination's jobs, or why there is none. None: it has left the lane that
        asks, and has taken its jobs along, `first` too.
        """
        ...


@dataclass(slots=True, eq=False)
class Job:
    """The recipients of one message at one destination: what one transaction carries."""

    held: Held
    recipients: tuple[DueRecipient, ...]
    home: Home
    avoid: frozenset[Target] = field(default_factory=frozenset)  # hosts that failed with this very message
    notes: tuple[str, ...] = ()  # what went wrong with them, in words
    trouble: Outcome | None = None  # the last of it

    def again(self, recipients: tuple[DueRecipient, ...]) -> "Job":
        """The same for some of the recipients."""
        return Job(self.held, recipients, self.home, self.avoid, self.notes, self.trouble)
