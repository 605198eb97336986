"""How secure the ways to a domain's mail hosts have been, and when that is worse than it was.

Owns the order of levels and what a downgrade is. A host's certificate that only a configuration set asked for says
nothing about the domain: what counts is what the domain itself offers, so that a mail with `TlsPolicy` REQUIRE does not
make every other mail look like a downgrade. RFC 7435 6 (no defence against active attacks without a memory), RFC 8461.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tayori.model.tls_result import PolicyType, TlsResult

_FORGOTTEN_AFTER = timedelta(days=90)  # a domain may give up what it once had: then that is what it is
_WARN_EVERY = timedelta(days=1)


class Level(StrEnum):
    """In the order of what it is worth."""

    NONE = "none"  # in the clear
    ENCRYPT = "encrypt"  # TLS with whoever answered
    VERIFIED = "verified"  # TLS with a host that the domain's MTA-STS policy names
    DANE = "dane"  # TLS with the certificate that the host's signed zone names

    @property
    def rank(self) -> int:
        return list(Level).index(self)


def level_of(result: TlsResult) -> Level | None:
    """What one connection says of its domain; None where none came about."""
    if not result.level:
        return None
    if result.level == "may":
        return Level.ENCRYPT
    level = Level(result.level)
    if level is Level.VERIFIED and result.policy.type is PolicyType.NONE:
        return Level.ENCRYPT
    return level


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One connection to a domain, the best or the worst of a few minutes."""

    level: Level
    at: datetime
    host: str
    tls: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known of one domain. `downgraded_since` is None while connections are as good as the best was."""

    best: Sighting
    last: Sighting
    downgraded_since: datetime | None = None
    warned_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """The memory after new sightings, and whether somebody should be warned now."""

    memory: Memory
    warns: bool


def recall(memory: Memory | None, best: Sighting, worst: Sighting) -> Recollection:
    """The memory with the best and the worst of the connections that were made since."""
    if memory is None or worst.at - memory.best.at > _FORGOTTEN_AFTER:
        memory = Memory(best=best, last=worst)
    peak = best if best.level.rank >= memory.best.level.rank else memory.best
    memory = replace(memory, best=peak, last=worst)
    if worst.level.rank >= peak.level.rank:
        return Recollection(memory=replace(memory, downgraded_since=None), warns=False)
    since = memory.downgraded_since or worst.at
    warns = memory.warned_at is None or worst.at - memory.warned_at >= _WARN_EVERY
    warned_at = worst.at if warns else memory.warned_at
    return Recollection(memory=replace(memory, downgraded_since=since, warned_at=warned_at), warns=warns)
