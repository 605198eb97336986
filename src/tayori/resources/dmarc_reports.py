"""DMARC aggregate reports that came in, and what they say of each source of a domain's mail.

Owns the rows. A report is kept once however often it is sent, and only for a domain that somebody has as an identity
here, or one above or below it: anybody can send reports, and those about others' domains are nobody's. A report changes
nothing; it is shown, and read before a stricter policy is proposed.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.mail.dmarc_report import AggregateReport, ReportRow
from tayori.model.dmarc_advice import Evidence
from tayori.model.identity import IdentityKind
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import dmarc_report_rows as rows_table
from tayori.store.tables import dmarc_reports as reports_table
from tayori.store.tables import identities, storable, to_micros

KEPT = timedelta(days=400)  # a year and a month: the same month of last year can be compared
_MOST_SOURCES = 500
_MOST_REPORTERS = 100

# Not by `tx.execute`: that marks the settings of the installation as changed, and these rows are none.
_FIND = Hot("SELECT 1 FROM dmarc_reports WHERE report_key = ?")
_KEEP = Hot(
    "INSERT INTO dmarc_reports (report_key, domain, org_name, email, report_id, begins_at, ends_at, received_at,"
    " source_ip, policy, is_truncated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_KEEP_ROWS = Hot(
    "INSERT INTO dmarc_report_rows (report_key, ordinal, source_ip, messages, disposition, dkim_aligned, spf_aligned,"
    " header_from, envelope_from, detail) VALUES {values}"
)
_FORGET_ROWS = Hot(
    "DELETE FROM dmarc_report_rows WHERE report_key IN (SELECT report_key FROM dmarc_reports WHERE ends_at < ?)"
)
_FORGET = Hot("DELETE FROM dmarc_reports WHERE ends_at < ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """What one address sent in the domain's name. `quarantined` and `rejected` are what receivers did."""

    source_ip: str
    messages: int
    aligned: int
    by_dkim: int
    by_spf: int
    quarantined: int
    rejected: int
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSummary:
    """All sources of a domain in a time, the busiest first; `reporters` are the receivers that reported."""

    domain: str
    since: datetime
    reports: int
    reporters: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    messages: int
    aligned: int
    sources: tuple[SourceSummary, ...]

    @property
    def evidence(self) -> Evidence:
        days = (self.last - self.first) // timedelta(days=1) if self.first and self.last else 0
        return Evidence(days=days, messages=self.messages, aligned=self.aligned)


# -- keeping -----------------------------------------------------------------------------------------------------------


def keep(tx: Tx, reports: Sequence[AggregateReport], source_ip: str) -> int:
    """Write the reports that are new and about domains of ours; how many there were."""
    return sum(_keep(tx, report, source_ip) for report in reports if is_ours(tx, report.domain))


def is_ours(tx: Tx, domain: str) -> bool:
    """Whether an account has the domain, one above it, or one below it."""
    if takes_reports_of(tx, domain):
        return True
    below = identities.c.identity.like(f"%.{_literal(domain)}", escape="\\")
    return _is_there(tx, below)


def takes_reports_of(tx: Tx, domain: str) -> bool:
    """Whether we publish that we take a domain's reports (RFC 7489 7.1): an account has it or one above it, or it is
    the organisational domain of one, whose policy and reports are then that one's, too.

    Asked for each such DNS question, so that it must be answered from the indexes.
    """
    own = _is_there(tx, identities.c.identity.in_(_upwards(domain)))
    return own or _is_there(tx, identities.c.organisation == domain)


def _is_there(tx: Tx, condition: sa.ColumnElement[bool]) -> bool:
    found = sa.select(identities.c.identity).where(condition, identities.c.kind == IdentityKind.DOMAIN).limit(1)
    return tx.execute(found).first() is not None


def _keep(tx: Tx, report: AggregateReport, source_ip: str) -> bool:
    key = _key(report)
    if tx.hot_rows(_FIND, (key,)):
        return False
    names = (report.domain, *map(storable, (report.org_name, report.email, report.report_id)))
    moments = map(to_micros, (report.begins_at, report.ends_at, tx.now))
    policy = _json({name: storable(value) for name, value in report.policy.items()})
    tx.hot(_KEEP, [(key, *names, *moments, source_ip, policy, report.is_truncated)])
    tx.hot(_KEEP_ROWS, [_values(key, ordinal, row) for ordinal, row in enumerate(report.rows)])
    return True


def _key(report: AggregateReport) -> str:
    """RFC 7489 7.2.1.1: the id is the receiver's own, so that the receiver belongs to it."""
    facts = (report.org_name.lower(), report.email.lower(), report.domain, report.report_id, str(report.begins_at))
    return hashlib.sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()


def _values(key: str, ordinal: int, row: ReportRow) -> tuple[Any, ...]:
    authors = (storable(row.header_from), storable(row.envelope_from))
    outcomes = [[one.method, one.domain, one.selector, one.result] for one in row.outcomes]
    detail = _json({"reasons": row.reasons, "outcomes": outcomes})
    facts = (row.source_ip, row.messages, str(row.disposition), row.dkim_aligned, row.spf_aligned)
    return (key, ordinal, *facts, *authors, storable(detail))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def forget(tx: Tx) -> None:
    """Delete what is older than KEPT."""
    old = to_micros(tx.now - KEPT)
    tx.hot(_FORGET_ROWS, [(old,)])
    tx.hot(_FORGET, [(old,)])


# -- summing up --------------------------------------------------------------------------------------------------------


def summary(tx: Tx, domain: str, age: timedelta) -> DomainSummary:
    """What receivers reported of a domain in the last `age`: in its own reports and in those of a domain above."""
    since = tx.now - age
    chosen = _chosen(domain, since)
    columns = (
        sa.func.count(sa.distinct(reports_table.c.report_key)).label("reports"),
        sa.func.min(reports_table.c.begins_at).label("first"),
        sa.func.max(reports_table.c.ends_at).label("last"),
        *_SUMS,
    )
    totals = tx.execute(sa.select(*columns).select_from(_JOINED).where(*chosen)).one()
    names = sa.select(reports_table.c.org_name).distinct().select_from(_JOINED).where(*chosen)
    return DomainSummary(
        domain=domain,
        since=since,
        reports=totals.reports,
        reporters=tuple(tx.execute(names.order_by(reports_table.c.org_name).limit(_MOST_REPORTERS)).scalars()),
        first=totals.first,
        last=totals.last,
        messages=int(totals.messages or 0),
        aligned=int(totals.aligned or 0),
        sources=tuple(_sources(tx, chosen)),
    )


def nothing(domain: str, since: datetime) -> DomainSummary:
    """The summary of a domain without reports, and of one that an account has not proved to be its own."""
    return DomainSummary(
        domain=domain, since=since, reports=0, reporters=(), first=None, last=None, messages=0, aligned=0, sources=()
    )


def _sources(tx: Tx, chosen: Sequence[sa.ColumnElement[bool]]) -> Iterator[SourceSummary]:
    last = sa.func.max(reports_table.c.ends_at).label("last_seen")
    found = tx.execute(
        sa.select(rows_table.c.source_ip, last, *_SUMS)
        .select_from(_JOINED)
        .where(*chosen)
        .group_by(rows_table.c.source_ip)
        .order_by(sa.desc("messages"), rows_table.c.source_ip)
        .limit(_MOST_SOURCES)
    )
    for row in found:
        numbers = {name: int(getattr(row, name)) for name in _NUMBERS}
        yield SourceSummary(source_ip=row.source_ip, last_seen=row.last_seen, **numbers)


def _sum(condition: sa.ColumnElement[bool], name: str) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, rows_table.c.messages), else_=0)).label(name)


_JOINED = reports_table.join(rows_table, rows_table.c.report_key == reports_table.c.report_key)
_NUMBERS = ("messages", "aligned", "by_dkim", "by_spf", "quarantined", "rejected")
_SUMS = (
    sa.func.sum(rows_table.c.messages).label("messages"),
    _sum(sa.or_(rows_table.c.dkim_aligned, rows_table.c.spf_aligned), "aligned"),
    _sum(rows_table.c.dkim_aligned.is_(sa.true()), "by_dkim"),
    _sum(rows_table.c.spf_aligned.is_(sa.true()), "by_spf"),
    _sum(rows_table.c.disposition == "quarantine", "quarantined"),
    _sum(rows_table.c.disposition == "reject", "rejected"),
)


def _chosen(domain: str, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    author = rows_table.c.header_from
    return (
        reports_table.c.domain.in_(_upwards(domain)),
        reports_table.c.ends_at >= since,
        sa.or_(
            reports_table.c.domain == domain,
            author == domain,
            author.like(f"%.{_literal(domain)}", escape="\\"),
        ),
    )


def _upwards(domain: str) -> list[str]:
    """The domain and those above it, less the top-level domain."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def as_json(found: DomainSummary) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "domain": found.domain,
        "since": moment(found.since),
        "reports": found.reports,
        "reporters": list(found.reporters),
        "first": moment(found.first),
        "last": moment(found.last),
        "messages": found.messages,
        "aligned": found.aligned,
        "sources": [
            {
                **{name: getattr(source, name) for name in ("source_ip", *_NUMBERS)},
                "last_seen": moment(source.last_seen),
            }
            for source in found.sources
        ],
    }
