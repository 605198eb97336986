"""From the inbound port to the rows: every message is kept, with what it was read as.

Owns the order: read, record, and only then is the sender told 250. Never decides what a report changes
(`tayori.resources.inbound`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tayori.clock import Clock
from tayori.ids import request_id
from tayori.inbound.aggregates import (
    brings_aggregates,
    brings_tls_reports,
    read_aggregates,
    read_tls_reports,
    signed,
)
from tayori.inbound.complaints import read_complaint
from tayori.inbound.gate import Gate
from tayori.inbound.reports import read_reports
from tayori.mail.answer import Resolver
from tayori.model.inbound import ComplaintReport, InboundMessage, InboundReport
from tayori.resources.inbound import Received
from tayori.resources.tls_reports import ReceivedReport

# Reading takes about a millisecond for each of these; what is larger must not hold the other sessions up.
_READ_IN_THREAD = 64 * 1024
# What a report says stands in front of what it returns of the message, which may be large.
_MOST_READ = 1024 * 1024


def read(message: InboundMessage) -> tuple[tuple[InboundReport, ...], ComplaintReport | None]:
    """What it reports, and whose complaint it is, if any."""
    message = replace(message, content=message.content[:_MOST_READ])
    return read_reports(message), read_complaint(message)


class ReportIntake:
    """What the MX role hands its messages to (see tayori.smtp.mx.Intake).

    `record` writes one message durably; when it raises, the sender is asked to come again. `resolver` finds the keys of
    those who sign reports on TLS; `gate` sets the pace.
    """

    def __init__(
        self, record: Callable[[Received], Awaitable[None]], resolver: Resolver, clock: Clock, gate: Gate
    ) -> None:
        self._record = record
        self._resolver = resolver
        self._clock = clock
        self._gate = gate

    async def __call__(self, message: InboundMessage) -> None:
        await self._gate.enter()
        if len(message.content) > _READ_IN_THREAD:
            reports, complaint = await asyncio.to_thread(read, message)
        else:
            reports, complaint = read(message)
        aggregates = await asyncio.to_thread(read_aggregates, message) if brings_aggregates(message) else ()
        received = Received(
            inbound_ids=tuple(request_id() for _ in message.routes),
            message=message,
            reports=reports,
            complaint=complaint,
            aggregates=aggregates,
            tls_reports=await self._tls_reports(message),
        )
        await self._record(received)

    async def _tls_reports(self, message: InboundMessage) -> tuple[ReceivedReport, ...]:
        reports = await asyncio.to_thread(read_tls_reports, message) if brings_tls_reports(message) else ()
        return await signed(reports, message, self._resolver, self._clock.now()) if reports else ()
