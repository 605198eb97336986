"""What the sessions of one server share: the memory that content may take, and who failed to authenticate.

Owns two bounds, so that neither many large messages nor many guesses can use a server up. Never judges one
session.
"""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable

_REMEMBERED = 20_000  # hosts, and pairs of host and identity
_IDENTITIES = 10


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
    """Failed authentications within a window, of each host for each identity and in all. Time is the event
    loop's.

    A host's one misconfigured program must not lock out the others behind the same address, so for all
    identities together a host may fail `_IDENTITIES` times as often. A success does not wipe the slate:
    whoever guesses passwords may own one account.
    """

    def __init__(self, *, limit: int, window: float, delay: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._window = window
        self._delay = delay
        self._now = now
        self._failures: dict[tuple[str, str], deque[float]] = {}

    def is_blocked(self, host: str, identity: str) -> bool:
        key = network_of(host)
        if len(self._recent((key, ""))) >= self._limit * _IDENTITIES:
            return True
        return len(self._recent((key, identity))) >= self._limit

    async def penalty(self, host: str, identity: str) -> None:
        """Remember a failure, and make the host wait for its answer: longer each time."""
        key = network_of(host)
        self._remember((key, ""))
        times = self._remember((key, identity))
        await asyncio.sleep(self._delay * min(16, 2 ** (times - 1)))

    def _remember(self, key: tuple[str, str]) -> int:
        times = self._recent(key)
        times.append(self._now())
        self._failures.pop(key, None)  # so that the dictionary is in the order of the last failure
        self._failures[key] = times
        while len(self._failures) > _REMEMBERED:
            del self._failures[next(iter(self._failures))]
        return len(times)

    def _recent(self, key: tuple[str, str]) -> deque[float]:
        times = self._failures.get(key)
        if times is None:
            return deque(maxlen=self._limit * _IDENTITIES)
        while times and times[0] < self._now() - self._window:
            times.popleft()
        if not times:
            del self._failures[key]
        return times
