"""How often domains are looked at in the DNS because somebody asks over HTTP: for one account, and for all together.

Owns the counting. A look costs packets to strangers' name servers and a place among few; without a limit of its own,
one account, or a link that it has shared, would use up what there is for everybody. A minute is one of true time.
"""

from collections import deque

A_MINUTE_EACH = 20
A_MINUTE_IN_ALL = 60
_MINUTE = 60.0


class TooManyLooks(Exception):
    """The DNS was asked so often in this minute that the next look must wait `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class LookLimits:
    """`enter` before each look; `now` is the event loop's time, which only grows."""

    def __init__(self, each: int = A_MINUTE_EACH, in_all: int = A_MINUTE_IN_ALL) -> None:
        self._each = each
        self._in_all = in_all
        self._looks: deque[tuple[float, str]] = deque()
        self._counts: dict[str, int] = {}

    def enter(self, account_id: str, now: float) -> None:
        """Raises TooManyLooks."""
        self._forget(now)
        if self._counts.get(account_id, 0) >= self._each:
            raise TooManyLooks(self._left(now, account_id))
        if len(self._looks) >= self._in_all:
            raise TooManyLooks(self._left(now))
        self._looks.append((now, account_id))
        self._counts[account_id] = self._counts.get(account_id, 0) + 1

    def _forget(self, now: float) -> None:
        while self._looks and now - self._looks[0][0] >= _MINUTE:
            _, account_id = self._looks.popleft()
            self._counts[account_id] -= 1
            if not self._counts[account_id]:
                del self._counts[account_id]

    def _left(self, now: float, account_id: str | None = None) -> int:
        """Until the oldest of the looks is forgotten."""
        oldest = next(at for at, whose in self._looks if account_id in (None, whose))
        return max(1, round(oldest + _MINUTE - now))
