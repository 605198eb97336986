"""Response rate limiting: how much a network may ask of the authoritative server over UDP.

Owns one token bucket per client network. Never looks at what is asked. An attacker who forges a victim's
address gets us to send at most `per_second` small answers to the victim's network; a true client behind it
that gets no answer, or a truncated one now and then, comes back over TCP. After BIND's and NSD's RRL
("slip").
"""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

_MAX_NETWORKS = 20_000
_PREFIX = {4: 24, 6: 56}


class Verdict(StrEnum):
    """What to do with one query."""

    ANSWER = "answer"
    TRUNCATE = "truncate"
    DROP = "drop"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    over: int = 0


class ResponseRate:
    """`per_second` answers to each /24 (IPv6: /56), with bursts of as many seconds as `burst_seconds`."""

    def __init__(self, per_second: float, burst_seconds: float = 5.0) -> None:
        self._rate = per_second
        self._burst = per_second * burst_seconds
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def judge(self, host: str, now: float) -> Verdict:
        """Count one query from `host` at `now` (seconds of any steady clock)."""
        network = _network(host)
        if network is None:
            return Verdict.ANSWER
        bucket = self._buckets.pop(network, None) or _Bucket(tokens=self._burst, at=now)
        self._buckets[network] = bucket  # last in the order: the longest silent network is forgotten first
        if len(self._buckets) > _MAX_NETWORKS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            bucket.over = 0
            return Verdict.ANSWER
        bucket.over += 1
        return Verdict.TRUNCATE if bucket.over % 2 == 0 else Verdict.DROP


def _network(host: str) -> bytes | None:
    """The client's network; None for loopback, whose packets cannot come with a forged address from
    elsewhere.
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    return address.packed[: _PREFIX[address.version] // 8]
