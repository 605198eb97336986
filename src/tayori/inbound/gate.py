"""How much of what comes back is taken in at once: so that a storm of bounces never takes the machine from sending.

Owns the pace. Whoever comes too early waits here, with his sender at the other end of the connection, who has a queue
of his own; how many can wait is bounded by connections and by the content that all sessions may hold. Those who are let
in at the same moment are recorded in one commit, which is what costs sending least.
"""

import asyncio
from collections import deque

_QUANTUM = 0.25  # seconds: each group is a commit, and each commit makes whoever sends wait


class Gate:
    """Lets `a_second` messages pass each second, in groups where they wait; all of them where that is 0."""

    def __init__(self, a_second: int) -> None:
        self._share = max(1, round(a_second * _QUANTUM)) if a_second else 0
        self._interval = self._share / a_second if a_second else 0.0
        self._left = self._share
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def enter(self) -> None:
        if not self._share:
            return
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._timer = loop.call_later(self._interval, self._next_group)
        if self._left and not self._waiting:
            self._left -= 1
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next_group(self) -> None:
        self._left = self._share
        while self._waiting and self._left:
            turn = self._waiting.popleft()
            if not turn.done():  # else whoever waited has gone
                turn.set_result(None)
                self._left -= 1
        is_idle = self._left == self._share and not self._waiting
        self._timer = None if is_idle else asyncio.get_running_loop().call_later(self._interval, self._next_group)
