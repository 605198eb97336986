"""What every destination, lane and site of a process works with, as one value, and what a rest of one of them is.

Owns nothing but the list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tayori.clock import Clock
from tayori.delivery.ledger import Ledger
from tayori.delivery.parking import Parking
from tayori.delivery.route import Shuffle
from tayori.delivery.secured import SecuredCalls
from tayori.delivery.settings import DeliverySettings
from tayori.delivery.slots import Slots
from tayori.mail.answer import Resolver
from tayori.model.message import Outcome
from tayori.model.shaping import Providers


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing is tried until then; what waits shares the outcome."""

    until: datetime
    outcome: Outcome
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """One for a process."""

    settings: DeliverySettings
    resolver: Resolver
    calls: SecuredCalls
    clock: Clock
    ledger: Ledger
    slots: Slots
    shuffle: Shuffle
    providers: Providers
    changed: Callable[[], None]  # called when a connection has ended
    parking: Parking
    resting: Callable[[str, Rest], None]  # called when mail for a domain is not tried
