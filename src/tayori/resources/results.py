"""What attempts came to, as rows: all of it that can be said without the database.

Made before the transaction and apart from it, in the process that delivers: the writer of the database then only
writes. Everything is text, numbers and tuples, so that it crosses to another process at little cost; what is not a
delivery takes its report along, since its event depends on the message's row.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from tayori.model import event
from tayori.model.message import AttemptReport, DeliveryState, OutcomeKind, RecipientResult
from tayori.model.names import ServiceNames
from tayori.store.tables import storable, to_micros

Row: TypeAlias = tuple[Any, ...]

compact = json.JSONEncoder(separators=(",", ":")).encode


class Written(NamedTuple):
    """One recipient's result. `state` is what `recipients` gets (state, due, counted, reason, status, diagnostic),
    `attempt` a row of `attempts`; `delivery` the detail of the Delivery event, None where there is none.
    """

    message_id: str
    ordinal: int
    account_id: str
    region: str
    state: Row
    attempt: Row
    delivery: str | None
    told: tuple[AttemptReport, RecipientResult] | None  # of what was not delivered
    counts_as: str = ""

    @property
    def is_deferred(self) -> bool:
        return self.told is not None and self.told[1].decision.state is DeliveryState.DEFERRED


def written(reports: Sequence[AttemptReport], names: Callable[[str], ServiceNames], now: datetime) -> list[Written]:
    """One for each recipient of each report, in order."""
    return [_written(report, result, names, now) for report in reports for result in report.results]


def _written(
    report: AttemptReport, result: RecipientResult, names: Callable[[str], ServiceNames], now: datetime
) -> Written:
    is_delivered = result.decision.state is DeliveryState.DELIVERED
    return Written(
        report.message_id,
        result.ordinal,
        report.account_id,
        report.region,
        _state(result, now),
        _attempt(report, result),
        _delivery(report, result, names(report.region), now) if is_delivered else None,
        None if is_delivered else (report, result),
        report.counts_as,
    )


def _state(result: RecipientResult, now: datetime) -> Row:
    outcome, decision = result.outcome, result.decision
    return (
        decision.state.value,
        to_micros(decision.due_at or now),
        int(decision.counts),
        outcome.reason.value if outcome.kind is not OutcomeKind.DELIVERED else "",
        str(outcome.status or ""),
        storable(outcome.diagnostic),
    )


def _attempt(report: AttemptReport, result: RecipientResult) -> Row:
    facts, outcome = report.facts, result.outcome
    detail = {
        "signatures": facts.signatures,
        "transcript": facts.transcript,
        "counted": result.decision.counts,
        "scope": outcome.scope,
        "remote_mta": outcome.remote_mta,
    }
    return (
        report.message_id,
        result.ordinal,
        to_micros(facts.started_at),
        facts.duration_ms,
        storable(facts.host),
        facts.address,
        facts.source_address,
        storable(facts.tls.text) if facts.tls else "",
        outcome.kind.value,
        outcome.reason.value,
        str(outcome.status or ""),
        storable(outcome.diagnostic or (str(outcome.reply) if outcome.reply else "")),
        compact(detail),
    )


def _delivery(report: AttemptReport, result: RecipientResult, names: ServiceNames, now: datetime) -> str:
    detail = event.delivery(
        result, report.facts, accepted_at=report.accepted_at, now=now, reporting_mta=names.ehlo_name
    )
    return compact(detail)
