"""What the sessions of one server share: the memory that content may take, and who failed to authenticate.

Owns two bounds, so that neither many large messages nor many guesses can use a server up. Never judges one
session.
"""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable

_HOSTS_REMEMBERED = 10_000


def network_of(host: str) -> str:
    """What counts as one host: an IPv4 address, or the /64 that one customer of an IPv6 network usually has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


class ContentMemory:
    """Octets of message content that sessions hold until their policy has dealt with them."""

    __slots__ = ("_limit", "held")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held = 0

    @property
    def is_exhausted(self) -> bool:
        return self.held >= self._limit

    def take(self, octets: int) -> None:
        self.held += octets

    def give_back(self, octets: int) -> None:
        self.held -= octets


class AuthFailures:
    """Failed authentications of each host within a window. Time is the event loop's.

    A success does not wipe the slate: whoever guesses passwords may own one account.
    """

    def __init__(self, *, limit: int, window: float, delay: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._window = window
        self._delay = delay
        self._now = now
        self._failures: dict[str, deque[float]] = {}

    def is_blocked(self, host: str) -> bool:
        return len(self._recent(network_of(host))) >= self._limit

    async def penalty(self, host: str) -> None:
        """Remember a failure of `host`, and make it wait for its answer: longer each time."""
        key = network_of(host)
        times = self._recent(key)
        times.append(self._now())
        self._failures.pop(key, None)  # so that the dictionary is in the order of the last failure
        self._failures[key] = times
        while len(self._failures) > _HOSTS_REMEMBERED:
            del self._failures[next(iter(self._failures))]
        await asyncio.sleep(self._delay * min(16, 2 ** (len(times) - 1)))

    def _recent(self, key: str) -> deque[float]:
        times = self._failures.get(key)
        if times is None:
            return deque(maxlen=self._limit)
        while times and times[0] < self._now() - self._window:
            times.popleft()
        if not times:
            del self._failures[key]
        return times
