"""How many connections there may be, of this process or to one site, and whose turn it is when they are used up.

Owns the count, the line of those who wait, and the idle connections that are closed for them. Never opens one.
"""

from collections.abc import Callable
from typing import Protocol


class Idle(Protocol):
    """A connection kept for reuse."""

    def quit(self) -> None: ...


class Slots:
    """`take` before opening, `give_back` after the end. `limit` may be changed; call `offer` after raising it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._waiting: dict[Callable[[], None], None] = {}  # in order of arrival
        self._idle: dict[Idle, None] = {}  # the longest idle first

    @property
    def used(self) -> int:
        return self._used

    @property
    def has_room(self) -> bool:
        return self._used < self.limit

    def take(self, call_when_free: Callable[[], None]) -> bool:
        """True: the slot is the caller's. False: `call_when_free` is called once, when it is worth asking again."""
        if self._used < self.limit:
            self._used += 1
            return True
        self.wait(call_when_free)
        return False

    def take_anyway(self) -> None:
        """A slot over the limit, for what cannot wait for another's end."""
        self._used += 1

    def wait(self, call_when_free: Callable[[], None]) -> None:
        self._waiting.setdefault(call_when_free)
        if self._idle:
            connection = next(iter(self._idle))
            del self._idle[connection]
            connection.quit()

    def give_back(self) -> None:
        self._used -= 1
        self.offer()

    def offer(self) -> None:
        """Tell those who wait of what is free."""
        while self._waiting and self._used < self.limit:  # who is called may not need it any more
            first = next(iter(self._waiting))
            del self._waiting[first]
            first()

    def forget(self, call_when_free: Callable[[], None]) -> None:
        """Whoever waited does not need a slot any more."""
        self._waiting.pop(call_when_free, None)

    def is_wanted(self, but: Callable[[], None]) -> bool:
        """Somebody other than `but` waits for a slot."""
        waiting = self._waiting
        return bool(waiting) and (len(waiting) > 1 or but not in waiting)

    def now_idle(self, connection: Idle) -> None:
        """A connection without work. When somebody waits for a slot, it is closed instead of kept."""
        if self._waiting:
            connection.quit()
        else:
            self._idle[connection] = None

    def shed(self) -> None:
        """Close idle connections that are over the limit."""
        for _ in range(min(len(self._idle), self._used - self.limit)):
            connection = next(iter(self._idle))
            del self._idle[connection]
            connection.quit()

    def now_busy(self, connection: Idle) -> None:
        self._idle.pop(connection, None)
