"""How fast a site is sent to: how many connections, and how often a message.

Owns the two governors of one site. They learn of an event by a method of its name and know nothing of replies:
`lane` tells them. Pure but for the arguments; time is the caller's (seconds of the event loop).
"""

FIRST_SHARE = 0.5  # what is left of the window after a slow-down
_ROUND_SECONDS = 5.0  # several connections that meet the same trouble shrink the window once


class Window:
    """How many connections may be open at once.

    Slow start, then additive increase and multiplicative decrease (RFC 5681 3.1 has the same for segments): doubled
    with each round of good answers until the first trouble, one more for each round after it, half at each trouble.
    Never under one, never over `most`.
    """

    __slots__ = ("_credit", "_first", "_quiet_until", "_threshold", "most", "size")

    def __init__(self, first: int, most: int) -> None:
        self.most = max(1, most)
        self._first = max(1, min(first, self.most))
        self.size = self._first
        self._threshold = self.most
        self._credit = 0
        self._quiet_until = 0.0

    def succeeded(self) -> bool:
        """A transaction went well. True: the window has grown."""
        if self.size >= self.most:
            return False
        if self.size >= self._threshold:
            self._credit += 1
            if self._credit < self.size:
                return False
            self._credit = 0
        self.size += 1
        return True

    def slowed(self, now: float) -> bool:
        """The site wants less. False: it has been told so a moment ago, or there is nothing less."""
        if now < self._quiet_until:
            return True
        self._quiet_until = now + _ROUND_SECONDS
        if self.size == 1:
            return False
        self._shrink_to(int(self.size * FIRST_SHARE))
        return True

    def refused_beyond(self, connections: int) -> None:
        """The site takes no more connections than these."""
        if connections < self.size:
            self._shrink_to(connections)

    def begin_again(self) -> None:
        """After a rest: as many as with a site that has not answered yet, and carefully from there."""
        self.size = min(self._first, self.size)
        self._credit = 0

    def limit_to(self, most: int) -> None:
        """Never more than these from now on; what is more now is too much at once."""
        self.most = max(1, most)
        if self.size > self.most:
            self._shrink_to(self.most)

    def _shrink_to(self, size: int) -> None:
        self.size = max(1, size)
        self._threshold = self.size
        self._credit = 0


class Pace:
    """How many messages in a second: a bucket that holds one second's worth, at least one."""

    __slots__ = ("_at", "_depth", "_tokens", "rate")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._depth = max(1.0, rate)
        self._tokens = self._depth
        self._at = now

    def take(self, now: float) -> float:
        """0.0: go on. Else the seconds until it is worth asking again; nothing is taken."""
        self._tokens = min(self._depth, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self.rate
