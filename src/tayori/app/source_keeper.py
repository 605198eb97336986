"""What stands between the rows about source addresses and those who use them: delivery's chooser, the service's zone.

Owns when rows are read anew, when counts become rows, and where a password named by `file:` or `env:` is found. A loop
of every process that chooses or answers for the zone: none of it may wait for another process.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tayori.clock import Clock
from tayori.config import SECRET_PREFIX
from tayori.delivery.sources import SecretMissing, Slice, SourceChooser
from tayori.dns.service_zone import ServiceZone
from tayori.model.source import Rest, SourceAddress, SourcePlan, Tally
from tayori.resources import sources
from tayori.store.engine import Store, Tx

_EPOCH = 719163  # date(1970, 1, 1).toordinal()
_MOST_SECRET = 4096


class SourceKeeper:
    """A Loop: writes what the chooser has counted, and gives it what has changed."""

    name = "sources"
    every = 2.0

    def __init__(self, store: Store, clock: Clock, chooser: SourceChooser, secrets: Mapping[str, str]) -> None:
        self._store = store
        self._clock = clock
        self._chooser = chooser
        self._secrets = secrets

    async def tick(self) -> float | None:
        await self.flush()
        day = self._clock.now().toordinal() - _EPOCH
        plan, today, rests = await self._store.read(_look, self._chooser.plan, day)
        self._chooser.adopt(plan, today=today, rests=rests, secret=self._secret, day=day)
        return None

    async def flush(self) -> None:
        taken = self._chooser.take()
        if taken.is_empty:
            return
        try:
            await self._store.write(_tell, taken)
        except BaseException:
            self._chooser.give_back(taken)
            raise

    def _secret(self, reference: str) -> str:
        return secret(reference, self._secrets)


def _look(tx: Tx, known: SourcePlan, day: int) -> tuple[SourcePlan, Mapping[tuple[str, str], Tally], tuple[Rest, ...]]:
    plan = sources.plan(tx, known)
    if not plan.addresses:
        return plan, {}, ()
    return plan, sources.counts(tx, day, day), sources.rests(tx)


def _tell(tx: Tx, taken: Slice) -> None:
    by_day: dict[int, dict[tuple[str, str], Tally]] = {}
    for (day, address, provider), tally in taken.done.items():
        by_day.setdefault(day, {})[address, provider] = tally
    for day, done in by_day.items():
        sources.add_counts(tx, day, done)
    sources.put_rests(tx, taken.rests)


def secret(reference: str, secrets: Mapping[str, str]) -> str:
    """What stands behind `file:/path` or `env:NAME`. Raises SecretMissing, which never has the secret in it."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        if name not in secrets:
            raise SecretMissing(f"the environment has no {SECRET_PREFIX}{name}")
        return secrets[name]
    try:
        text = Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SecretMissing(f"the password file {name} cannot be read: {words}") from error
    if len(text) > _MOST_SECRET:
        raise SecretMissing(f"the password file {name} has more than a password in it")
    return text.removesuffix("\n").removesuffix("\r")


class ZoneKeeper:
    """A Loop: publishes the addresses that mail leaves from, in SPF and under their names."""

    name = "service-zone"
    every = 5.0

    def __init__(self, store: Store, zone: ServiceZone, make: Callable[[Sequence[SourceAddress]], ServiceZone]) -> None:
        self._store = store
        self._zone = zone
        self._make = make
        self._published: tuple[tuple[str, str, str], ...] = ()

    async def tick(self) -> float | None:
        found = await self._store.read(sources.all_addresses)
        wanted = tuple((source.address, source.ipv6, source.ehlo_name) for source in found)
        if wanted != self._published:
            self._zone.become(self._make(found))
            self._published = wanted
        return None
