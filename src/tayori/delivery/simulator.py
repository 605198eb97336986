"""The mailbox simulator's host: it answers at once, within this process, and no mail leaves for it.

Owns that an answer is an attempt like any other: it goes into the ledger, so that state, timeline, events and
notifications come about as those of real receivers do. Never decides what it says: `model.simulator` does.
"""

from collections.abc import Sequence

from tayori.clock import Clock
from tayori.delivery.job import Held
from tayori.delivery.ledger import Ledger
from tayori.model import simulator
from tayori.model.message import AttemptFacts, DueRecipient


def answer(held: Held, recipients: Sequence[DueRecipient], ledger: Ledger, clock: Clock) -> None:
    facts = AttemptFacts(
        started_at=clock.now(),
        duration_ms=0,
        host=simulator.DOMAIN,
        address=simulator.HOST_ADDRESS,
        signatures=held.signed.signatures if held.signed is not None else (),
    )
    ledger.add(held, facts, [(one, simulator.outcome_for(one.address)) for one in recipients])
