"""Greylisting: a triplet of client, sender and recipient is refused until it comes back (RFC 6647).

Owns the memory of triplets, bounded; the longest unused goes first. Time is given, so it may be service time.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeAlias

Triplet: TypeAlias = tuple[str, str, str]

_REMEMBERED = 20_000


class Greylist:
    def __init__(self, wait: timedelta) -> None:
        self._wait = wait
        self._first_seen: OrderedDict[Triplet, datetime] = OrderedDict()

    def may_pass(self, triplet: Triplet, now: datetime) -> bool:
        """True when the triplet was first seen long enough ago; an unknown one is remembered."""
        first = self._first_seen.setdefault(triplet, now)
        self._first_seen.move_to_end(triplet)
        if len(self._first_seen) > _REMEMBERED:
            self._first_seen.popitem(last=False)
        return now - first >= self._wait
