"""What our own connections came to, counted by day and domain until it is reported (RFC 8460 4).

Owns the rows between the processes that connect and the one loop that reports. A count is added to, never read before
its day is over; once a day of a domain is done with, its rows are gone.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from tayori.mail.tls_report import FailureDetail, PolicyResult, TlsReport
from tayori.model.tls_result import PolicyType, ReportedPolicy, ResultType
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import storable, to_micros

_MOST_POLICIES = 100  # of one report
_MOST_FAILURES = 1_000
_KEPT_SENDS = timedelta(days=30)

_ADD = Hot(
    "INSERT INTO tls_results (day, domain, part, policy, result, facts, sessions) VALUES {values}"
    " ON CONFLICT (day, domain, part) DO UPDATE SET sessions = tls_results.sessions + excluded.sessions"
)
_DOMAINS = Hot(
    "SELECT DISTINCT r.day, r.domain FROM tls_results r WHERE r.day < ? AND NOT EXISTS (SELECT 1 FROM"
    " tls_report_sends s WHERE s.day = r.day AND s.domain = r.domain AND (s.state <> 'waiting' OR s.due_at > ?))"
    " ORDER BY r.day, r.domain LIMIT ?"
)
_OF = Hot(
    "SELECT policy, result, facts, sessions FROM tls_results WHERE day = ? AND domain = ?"
    " ORDER BY CASE WHEN result = '' THEN 0 ELSE 1 END, sessions DESC, part LIMIT ?"
)
_FORGET = Hot("DELETE FROM tls_results WHERE day = ? AND domain = ?")
_STATE = Hot("SELECT state, attempts FROM tls_report_sends WHERE day = ? AND domain = ?")
_NOTE = Hot(
    "INSERT INTO tls_report_sends (day, domain, state, attempts, due_at, detail) VALUES {values}"
    " ON CONFLICT (day, domain) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,"
    " due_at = excluded.due_at, detail = excluded.detail"
)
_SENDS = Hot(
    "SELECT day, domain, state, attempts, detail FROM tls_report_sends WHERE state <> 'waiting' OR attempts > 0"
    " ORDER BY day DESC, domain LIMIT ?"
)
_FORGET_SEND = Hot("DELETE FROM tls_report_sends WHERE day = ? AND domain = ?")
_FORGET_SENDS = Hot("DELETE FROM tls_report_sends WHERE day < ?")
_FORGET_OLD = Hot("DELETE FROM tls_results WHERE day < ?")


@dataclass(frozen=True, slots=True)
class ResultKey:
    """What sessions have in common that are counted together. Hashable, and made once for each session."""

    day: date
    domain: str
    policy: ReportedPolicy
    result: ResultType | None = None
    mx_host: str = ""
    mx_helo: str = ""
    receiving_ip: str = ""
    sending_ip: str = ""
    reason: str = ""


class SendState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """A day of a domain that is over. `attempts` to send its report have failed."""

    day: date
    domain: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    day: str
    domain: str
    state: SendState
    attempts: int
    detail: str


# -- counting ----------------------------------------------------------------------------------------------------------


def add(tx: Tx, counts: Mapping[ResultKey, int]) -> None:
    if counts:
        tx.hot(_ADD, [_row(key, sessions) for key, sessions in counts.items()])


def _row(key: ResultKey, sessions: int) -> tuple[Any, ...]:
    policy = _json([key.policy.type, key.policy.domain, key.policy.strings, key.policy.mx_patterns])
    facts = _json([key.mx_host, key.mx_helo, key.receiving_ip, key.sending_ip, key.reason])
    result = key.result or ""
    part = hashlib.sha256("\0".join((policy, result, facts)).encode("utf-8", "replace")).hexdigest()[:32]
    return key.day.isoformat(), key.domain, part, storable(policy), result, storable(facts), sessions


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


# -- reporting ---------------------------------------------------------------------------------------------------------


def due(tx: Tx, today: date, most: int) -> list[DueReport]:
    """Days before `today` with results that were not reported, the oldest first, less those that wait for a retry.

    What is counted for a day after its report has gone out is not reported: a report's id stands for one content.
    """
    rows = tx.hot_rows(_DOMAINS, (today.isoformat(), to_micros(tx.now), most))
    return [
        DueReport(day=date.fromisoformat(day), domain=domain, attempts=_attempts(tx, day, domain))
        for day, domain in rows
    ]


def _attempts(tx: Tx, day: str, domain: str) -> int:
    rows = tx.hot_rows(_STATE, (day, domain))
    return int(rows[0][1]) if rows else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who we are in our reports."""

    organization: str
    contact: str
    submitter: str


def report(tx: Tx, of: DueReport, reporter: Reporter) -> TlsReport:
    """The report on one day of one domain. The same rows make the same report, with the same id."""
    rows = tx.hot_rows(_OF, (of.day.isoformat(), of.domain, _MOST_FAILURES + _MOST_POLICIES))
    begins = datetime.combine(of.day, time(), UTC)
    identity = f"{of.day.isoformat()}.{of.domain}"
    digest = hashlib.sha256(f"{identity}.{reporter.submitter}".encode()).hexdigest()[:16]
    return TlsReport(
        organization=reporter.organization,
        begins_at=begins,
        ends_at=begins + timedelta(days=1, seconds=-1),
        contact=reporter.contact,
        report_id=f"{identity}.{digest}@{reporter.submitter}",
        policies=tuple(_policies(rows)),
    )


def _policies(rows: Iterable[tuple[str, str, str, int]]) -> Iterable[PolicyResult]:
    by_policy: dict[str, list[tuple[str, str, int]]] = {}
    for policy, result, facts, sessions in rows:
        by_policy.setdefault(policy, []).append((result, facts, int(sessions)))
    for text, results in list(by_policy.items())[:_MOST_POLICIES]:
        policy_type, domain, strings, patterns = json.loads(text)
        failures = [_failure(result, facts, sessions) for result, facts, sessions in results if result]
        yield PolicyResult(
            policy_type=policy_type,
            domain=domain,
            policy_strings=tuple(strings),
            mx_hosts=tuple(patterns) if policy_type == PolicyType.STS else (),
            successful=sum(sessions for result, _, sessions in results if not result),
            failed=sum(failure.sessions for failure in failures),
            failures=tuple(failures),
        )


def _failure(result: str, facts: str, sessions: int) -> FailureDetail:
    mx_host, helo, receiving, sending, reason = json.loads(facts)
    return FailureDetail(
        result_type=result,
        sessions=sessions,
        sending_mta_ip=sending,
        receiving_mx_hostname=mx_host,
        receiving_mx_helo=helo,
        receiving_ip=receiving,
        failure_reason_code=reason,
    )


def not_wanted(tx: Tx, reports: Iterable[DueReport]) -> None:
    """Nobody asks for these reports: forget what was counted for them."""
    keys = [(of.day.isoformat(), of.domain) for of in reports]
    if keys:
        tx.hot(_FORGET, keys)
        tx.hot(_FORGET_SEND, keys)


def finish(tx: Tx, of: DueReport, state: SendState, detail: str) -> None:
    """The report is on its way, or never will be."""
    day = of.day.isoformat()
    tx.hot(_NOTE, [(day, of.domain, state, of.attempts + 1, 0, storable(detail)[:500])])
    tx.hot(_FORGET, [(day, of.domain)])


def postpone(tx: Tx, of: DueReport, until: datetime, detail: str) -> None:
    row = (of.day.isoformat(), of.domain, SendState.WAITING, of.attempts + 1, to_micros(until), storable(detail)[:500])
    tx.hot(_NOTE, [row])


def sends(tx: Tx, most: int) -> list[Send]:
    """Reports of ours that were asked for, the latest first."""
    return [
        Send(day=day, domain=domain, state=SendState(state), attempts=attempts, detail=detail)
        for day, domain, state, attempts, detail in tx.hot_rows(_SENDS, (most,))
    ]


def forget(tx: Tx) -> None:
    """Sends of a month ago; and counts that nobody came to report, as where reporting is switched off."""
    tx.hot(_FORGET_SENDS, [((tx.now - _KEPT_SENDS).date().isoformat(),)])
    tx.hot(_FORGET_OLD, [((tx.now - timedelta(days=7)).date().isoformat(),)])
