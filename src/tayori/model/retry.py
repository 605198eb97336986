"""When a deferred recipient is tried again.

Owns the schedule and nothing else; the time and the jitter arrive as arguments. Three quick retries let a
message through greylisting (RFC 6647 2.4: most receivers ask for one to fifteen minutes), then the
intervals grow. RFC 5321 4.5.4.1 asks for 30 minutes between tries and 4-5 days before giving up; SES gives
up after at most 14 hours (MaxDeliverySeconds ≤ 50400), so the later intervals are kept short enough for
some twenty tries in that time.
"""

from datetime import datetime, timedelta

DEFAULT_LIFETIME = timedelta(seconds=50_400)

# After the first, second... try. From the last entry on, the interval stays.
INTERVALS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 45, 60))

# A message with a short life (MaxDeliverySeconds 300) could be used up by the second interval: the first
# three are cut to this part of the time that is left, so that several tries fit: at 0, 60, 150, 210 and 300
# seconds.
_EARLY_TRIES = 3
_EARLY_SHARE = 0.375
SHORTEST = INTERVALS[0]

# Our own trouble (the resolver is unreachable, a key cannot be read) is looked at again at this interval.
LOCAL_INTERVAL = timedelta(minutes=1)

# The receiver counts from when it first saw the message, and with whole seconds.
_WISHED_MARGIN = timedelta(seconds=1)
_WISHED_SPREAD = 0.05
_SPREAD = 0.2  # an interval grows by up to this share, so that what failed together does not return together


def next_try(*, attempts: int, expires_at: datetime, now: datetime, jitter: float) -> datetime:
    """When to try again after `attempts` tries (the one just made included). Never later than `expires_at`.

    `jitter` is a random number in [0, 1). The last try falls on the deadline itself: a try whose successor
    would come less than the shortest interval before the deadline gives its place to that one.
    """
    interval = INTERVALS[min(max(attempts, 1), len(INTERVALS)) - 1]
    if attempts <= _EARLY_TRIES:
        interval = min(interval, max(SHORTEST, (expires_at - now) * _EARLY_SHARE))
    return _bounded(now + interval * (1 + _SPREAD * jitter), expires_at, now)


def wished_try(*, wait: float, expires_at: datetime, now: datetime, jitter: float) -> datetime:
    """When to try again where the receiver has said after how many seconds: not before that."""
    interval = (timedelta(seconds=wait) + _WISHED_MARGIN) * (1 + _WISHED_SPREAD * jitter)
    return _bounded(now + interval, expires_at, now)


def next_local_try(*, expires_at: datetime, now: datetime, jitter: float) -> datetime:
    """When to try again after trouble of our own making."""
    return _bounded(now + LOCAL_INTERVAL * (1 + _SPREAD * jitter), expires_at, now)


def schedule(lifetime: timedelta, *, jitter: float) -> list[timedelta]:
    """When a message is tried that is always deferred, from its acceptance on."""
    begin = datetime(2026, 1, 1)
    expires_at = begin + lifetime
    tries = [begin]
    while tries[-1] < expires_at:
        tries.append(next_try(attempts=len(tries), expires_at=expires_at, now=tries[-1], jitter=jitter))
    return [moment - begin for moment in tries]


def _bounded(due: datetime, expires_at: datetime, now: datetime) -> datetime:
    if now < expires_at < due + SHORTEST / 2:
        return expires_at
    return min(due, expires_at)
