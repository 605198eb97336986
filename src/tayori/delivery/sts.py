"""The MTA-STS policies that domains want obeyed: found, kept, renewed.

Owns when a policy is fetched and for how long what is kept holds (RFC 8461 3.3, 5.1 and 10.2): a new id in the DNS
means a new fetch, a fetch that fails keeps what is there, and neither a silent DNS nor a policy host that hangs holds
mail up for longer than one fetch may take. Never judges a host by a policy (`securities` does), never speaks HTTP: the
fetcher is handed in, and so are the rows.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias, TypeVar

from tayori.clock import Clock
from tayori.mail.answer import Resolver
from tayori.mail.mta_sts import MtaStsSyntaxError, parse_policy
from tayori.mail.policy_records import MtaStsRecord, PolicyKind, PolicySyntaxError, parse, place_of, select
from tayori.model.sts import StsPolicy, StsTrouble
from tayori.model.tls_result import ResultType

log = logging.getLogger("tayori.delivery")

_AGAIN_AFTER = timedelta(minutes=5)  # RFC 8461 3.3: not more often for one id, where a fetch has failed
_RELOAD_AFTER = timedelta(minutes=1)  # what other processes have fetched meanwhile
_UNASKED_FOR = timedelta(minutes=1)  # a domain without a record
_MOST_KEPT = 20_000
_MOST_FETCHES = 32  # at a time
_MOST_DUE = 100
_LONGEST_WAIT = 10.0  # true seconds that mail waits for a policy

_V = TypeVar("_V")

Found: TypeAlias = StsPolicy | StsTrouble | None


class StsFetchError(Exception):
    """No policy file."""

    def __init__(self, result: ResultType, words: str) -> None:
        super().__init__(words)
        self.result = result


class StsFetch(Protocol):
    async def __call__(self, domain: str) -> bytes:
        """The policy file of a domain, by verified HTTPS, within bounds. Raises StsFetchError."""
        ...


class StsRows(Protocol):
    """What is kept over restarts and shared by the processes of a node. May raise when the store is in trouble."""

    async def since(self, moment: datetime | None, limit: int) -> Sequence[StsPolicy]:
        """Policies that have not expired, kept since the moment, the newest first."""
        ...

    async def keep(self, policy: StsPolicy) -> None: ...


class StsPolicies(Protocol):
    async def of(self, domain: str) -> Found:
        """The policy that holds for a domain now; a StsTrouble where it has none to obey though it says so."""
        ...

    def doubt(self, policy: StsPolicy) -> None:
        """A host has failed it: mail must not be given up for a policy that the domain has changed (RFC 8461 5)."""
        ...


@dataclass(frozen=True, slots=True)
class _Failure:
    policy_id: str
    trouble: StsTrouble
    until: datetime


class KeptStsPolicies:
    """Implements StsPolicies. Policies are in memory and in the rows; a fetch for a domain is under way once."""

    def __init__(self, *, resolver: Resolver, fetch: StsFetch, rows: StsRows, clock: Clock) -> None:
        self._resolver = resolver
        self._fetch = fetch
        self._rows = rows
        self._clock = clock
        self._kept: OrderedDict[str, StsPolicy] = OrderedDict()
        self._failed: OrderedDict[str, _Failure] = OrderedDict()
        self._without: OrderedDict[str, datetime] = OrderedDict()  # no record a moment ago: most domains
        self._flights: dict[str, asyncio.Task[Found]] = {}
        self._fetches = asyncio.Semaphore(_MOST_FETCHES)
        self._loaded_at: datetime | None = None

    async def of(self, domain: str) -> Found:
        await self._load()
        kept, now = self._valid(domain), self._clock.now()
        if kept is None and self._without.get(domain, now) > now:
            return None
        policy_id = await self._announced(domain)
        if policy_id is None:  # no record, several, a broken one, or no answer: what is kept holds on
            if kept is None:
                _bounded(self._without, domain, now + _UNASKED_FOR)
            return kept
        if kept is not None and kept.policy_id == policy_id:
            if now >= kept.refresh_at:
                self._fly(domain, policy_id)  # nobody waits for it
            return kept
        failure = self._failure(domain, policy_id)
        if failure is not None:
            return kept or failure
        return await self._wait(self._fly(domain, policy_id), kept)

    def doubt(self, policy: StsPolicy) -> None:
        if self._clock.now() >= policy.doubtful_at and self._failure(policy.domain, policy.policy_id) is None:
            self._fly(policy.domain, policy.policy_id)

    async def refresh(self) -> int:
        """Fetch anew what is due for it, so that the policy of a domain without mail does not run out."""
        await self._load()
        now = self._clock.now()
        due = [p for p in self._kept.values() if p.refresh_at <= now < p.expires_at][:_MOST_DUE]
        flights = []
        for kept in due:
            policy_id = await self._announced(kept.domain) or kept.policy_id
            if self._failure(kept.domain, policy_id) is None:
                flights.append(self._fly(kept.domain, policy_id))
        await asyncio.gather(*flights, return_exceptions=True)
        return len(flights)

    async def close(self) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    # --- what is kept ----------------------------------------------------------------------------------------------

    async def _load(self) -> None:
        now = self._clock.now()
        if self._loaded_at is not None and now - self._loaded_at < _RELOAD_AFTER:
            return
        since, self._loaded_at = self._loaded_at, now
        try:
            # A little earlier, for what was being written at the last look.
            found = await self._rows.since(since - _RELOAD_AFTER if since else None, _MOST_KEPT)
        except Exception:
            log.exception("kept MTA-STS policies cannot be read; those in memory hold")
            self._loaded_at = since
            return
        for policy in reversed(found):
            kept = self._kept.get(policy.domain)
            if kept is None or kept.fetched_at < policy.fetched_at:
                self._put(policy)

    def _put(self, policy: StsPolicy) -> None:
        _bounded(self._kept, policy.domain, policy)
        self._without.pop(policy.domain, None)

    def _valid(self, domain: str) -> StsPolicy | None:
        kept = self._kept.get(domain)
        return kept if kept is not None and self._clock.now() < kept.expires_at else None

    def _failure(self, domain: str, policy_id: str) -> StsTrouble | None:
        failed = self._failed.get(domain)
        if failed is None or failed.policy_id != policy_id or failed.until <= self._clock.now():
            return None
        return failed.trouble

    # --- finding ---------------------------------------------------------------------------------------------------

    async def _announced(self, domain: str) -> str | None:
        """The id in the DNS (RFC 8461 3.1): that of the one record, or None."""
        answer = await self._resolver.resolve(place_of(PolicyKind.MTA_STS, domain), "TXT")
        records = select(PolicyKind.MTA_STS, answer.values) if answer.exists else ()
        if len(records) != 1:
            return None
        try:
            record = parse(PolicyKind.MTA_STS, records[0])
        except PolicySyntaxError:
            return None
        return record.policy_id if isinstance(record, MtaStsRecord) else None

    async def _wait(self, flight: "asyncio.Task[Found]", kept: StsPolicy | None) -> Found:
        done, _ = await asyncio.wait({flight}, timeout=_LONGEST_WAIT)
        if done and not flight.cancelled():
            return flight.result() or kept
        late = StsTrouble(result=ResultType.STS_POLICY_FETCH_ERROR, words="the policy did not come in time")
        return kept or late

    def _fly(self, domain: str, policy_id: str) -> "asyncio.Task[Found]":
        flight = self._flights.get(domain)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._renew(domain, policy_id), name=f"mta-sts {domain}")
            self._flights[domain] = flight
            flight.add_done_callback(lambda _: self._flights.pop(domain, None))
        return flight

    async def _renew(self, domain: str, policy_id: str) -> Found:
        try:
            async with self._fetches:
                policy = parse_policy(await self._fetch(domain))
        except StsFetchError as error:
            return self._not_fetched(domain, policy_id, error.result, str(error))
        except MtaStsSyntaxError as error:
            return self._not_fetched(domain, policy_id, ResultType.STS_POLICY_INVALID, str(error))
        except Exception as error:
            log.exception("a bug while fetching the MTA-STS policy of %s", domain)
            return self._not_fetched(domain, policy_id, ResultType.STS_POLICY_FETCH_ERROR, type(error).__name__)
        found = StsPolicy(domain=domain, policy_id=policy_id, policy=policy, fetched_at=self._clock.now())
        self._put(found)
        self._failed.pop(domain, None)
        try:
            await self._rows.keep(found)
        except Exception:
            log.exception("the MTA-STS policy of %s is kept in memory only", domain)
        return found

    def _not_fetched(self, domain: str, policy_id: str, result: ResultType, words: str) -> Found:
        """What is kept holds on, for as long as it may."""
        trouble = StsTrouble(result=result, words=words)
        _bounded(self._failed, domain, _Failure(policy_id, trouble, self._clock.now() + _AGAIN_AFTER))
        return self._valid(domain) or trouble


def _bounded(memory: "OrderedDict[str, _V]", domain: str, value: _V) -> None:
    memory[domain] = value
    memory.move_to_end(domain)
    while len(memory) > _MOST_KEPT:
        memory.popitem(last=False)
