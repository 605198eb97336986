"""What every destination, lane and site of a process works with, as one value.

Owns nothing but the list.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tayori.clock import Clock
from tayori.delivery.ledger import Ledger
from tayori.delivery.route import Shuffle
from tayori.delivery.secured import SecuredCalls
from tayori.delivery.settings import DeliverySettings
from tayori.delivery.slots import Slots
from tayori.mail.answer import Resolver
from tayori.model.shaping import Providers


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
