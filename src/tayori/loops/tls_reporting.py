"""Sends the reports on TLS that domains ask for: once a day, about the day before (RFC 8460).

Owns when a report is due, whether anybody asks for it, and when to give up. It is handed a Resolver and an Outbox; what
was counted is in rows. Not at midnight sharp, when every other sender reports, too (RFC 8460 4.1), and not before every
process has written down what it counted.
"""

import asyncio
import logging
from datetime import UTC, datetime, time, timedelta
from typing import Final, Protocol
from urllib.parse import unquote

from tayori.clock import Clock
from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.answer import Resolver
from tayori.mail.policy_records import PolicyKind, PolicySyntaxError, TlsReportingRecord, parse, place_of, select
from tayori.mail.tls_report import TlsReport
from tayori.resources import tls_results
from tayori.resources.tls_results import DueReport, Reporter, SendState
from tayori.store.engine import Store

_LOG = logging.getLogger(__name__)

_EARLIEST: Final = timedelta(minutes=15)  # after midnight
_LATEST: Final = timedelta(hours=4)
_AT_ONCE: Final = 50  # domains of one round
_IN_PARALLEL: Final = 10
_GO_ON: Final = 0.5  # seconds between rounds while there is more
_MOST_ADDRESSES: Final = 4  # of one record
_GIVE_UP: Final = timedelta(hours=28)  # after the day's end: a day of tries (RFC 8460 5.5)
_FIRST_RETRY: Final = timedelta(minutes=30)
_LONGEST_RETRY: Final = timedelta(hours=6)


class NotSent(Exception):
    """A report was not accepted. `is_final`: it would not be at another time."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        super().__init__(why)
        self.is_final = is_final


class Outbox(Protocol):
    """How a report leaves. Both return when it is in safe hands, and raise NotSent where it is not."""

    async def mail(self, report: TlsReport, domain: str, recipient: AddrSpec) -> None: ...

    async def post(self, report: TlsReport, url: str) -> None: ...


class _NoAnswer(Exception):
    """The DNS failed: whether the domain asks for reports is not known."""


def delay_of(chance: float) -> timedelta:
    """How long after midnight UTC to begin, for a number from 0 to 1."""
    return _EARLIEST + (_LATEST - _EARLIEST) * chance


class TlsReporting:
    """A Loop. `delay` is how long after midnight UTC the day before is reported."""

    name = "tls-reports"
    every = 300.0

    def __init__(
        self, store: Store, resolver: Resolver, outbox: Outbox, reporter: Reporter, clock: Clock, delay: timedelta
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._outbox = outbox
        self._reporter = reporter
        self._clock = clock
        self._delay = delay
        self._slots = asyncio.Semaphore(_IN_PARALLEL)

    async def tick(self) -> float | None:
        # Until `delay` has passed, the day before yesterday is the last one that is over.
        today = (self._clock.now() - self._delay).date()
        due = await self._store.read(tls_results.due, today, _AT_ONCE)
        wanted = await asyncio.gather(*(self._see_to(one) for one in due))
        await self._store.write(
            tls_results.not_wanted, [one for one, is_wanted in zip(due, wanted, strict=True) if not is_wanted]
        )
        return _GO_ON if len(due) == _AT_ONCE else None

    async def _see_to(self, one: DueReport) -> bool:
        """False: nobody asks for this report."""
        async with self._slots:
            try:
                places = await self._asked_by(one.domain)
                if places:
                    await self._send(one, places)
                return bool(places)
            except _NoAnswer:
                await self._put_off(one, "the DNS did not answer")
            except Exception:  # one report that cannot be made must not keep the others back
                _LOG.exception("tls_report_failed", extra={"domain": one.domain})
                await self._put_off(one, "trouble of our own")
        return True

    async def _asked_by(self, domain: str) -> tuple[str, ...]:
        """Where the domain wants its reports; nowhere, unless it has exactly one record (RFC 8460 3)."""
        answer = await self._resolver.resolve(place_of(PolicyKind.TLS_RPT, domain), "TXT")
        if not answer.is_definite:
            raise _NoAnswer
        records = select(PolicyKind.TLS_RPT, answer.values)
        if len(records) != 1:
            return ()
        try:
            record = parse(PolicyKind.TLS_RPT, records[0])
        except PolicySyntaxError:
            return ()
        assert isinstance(record, TlsReportingRecord)
        return tuple(dict.fromkeys(record.rua))[:_MOST_ADDRESSES]

    async def _send(self, one: DueReport, places: tuple[str, ...]) -> None:
        """To every place that the domain names; one that takes it is enough (RFC 8460 3)."""
        report = await self._store.read(tls_results.report, one, self._reporter)
        taken, refused, is_final = [], [], True
        for place in places:
            try:
                await self._hand_over(report, one.domain, place)
                taken.append(place)
            except NotSent as trouble:
                refused.append(f"{place}: {trouble}")
                is_final = is_final and trouble.is_final
        facts = {"domain": one.domain, "day": one.day.isoformat(), "report_id": report.report_id}
        if taken:
            _LOG.info("tls_report_sent", extra=facts | {"to": ", ".join(taken)})
            await self._store.write(tls_results.finish, one, SendState.SENT, ", ".join(taken))
        elif is_final:
            await self._fail(one, "; ".join(refused))
        else:
            await self._put_off(one, "; ".join(refused))

    async def _hand_over(self, report: TlsReport, domain: str, place: str) -> None:
        scheme, _, rest = place.partition(":")
        if scheme.lower() == "https":
            await self._outbox.post(report, place)
            return
        try:  # RFC 6068: the address is percent-encoded, and what follows "?" is not for us
            recipient = AddrSpec.parse(unquote(rest.partition("?")[0]))
        except AddressError as error:
            raise NotSent(str(error), is_final=True) from error
        await self._outbox.mail(report, domain, recipient)

    async def _put_off(self, one: DueReport, why: str) -> None:
        now = self._clock.now()
        if one.attempts and now - _end_of(one) > _GIVE_UP:
            await self._fail(one, why)
            return
        pause = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(one.attempts, 10))
        await self._store.write(tls_results.postpone, one, now + pause, why)

    async def _fail(self, one: DueReport, why: str) -> None:
        _LOG.warning("tls_report_not_sent", extra={"domain": one.domain, "day": one.day.isoformat(), "reason": why})
        await self._store.write(tls_results.finish, one, SendState.FAILED, why)


def _end_of(one: DueReport) -> datetime:
    return datetime.combine(one.day, time(), UTC) + timedelta(days=1)
