"""Reports on TLS that came in, and what they say of each policy of a domain.

Owns the rows. A report is kept once however often it is sent, and of it only what is about a domain that somebody has
as an identity here, or one above it. It changes nothing; it is shown to whoever has proved that the domain is theirs.
RFC 8460.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.mail.tls_report import FailureDetail, PolicyResult, TlsReport
from tayori.model.identity import IdentityKind
from tayori.resources.identities import Identity
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.report_tables import tls_report_failures as failures_table
from tayori.store.report_tables import tls_report_policies as policies_table
from tayori.store.report_tables import tls_reports as reports_table
from tayori.store.tables import identities, storable, to_micros

KEPT = timedelta(days=400)  # a year and a month, as DMARC's
_MOST_RESULTS = 200
_MOST_REPORTERS = 100

# Not by `tx.execute`: that marks the settings of the installation as changed, and these rows are none.
_FIND = Hot("SELECT 1 FROM tls_reports WHERE report_key = ?")
_KEEP = Hot(
    "INSERT INTO tls_reports (report_key, organization, contact, report_id, begins_at, ends_at, received_at, source_ip,"
    " signed_by, is_truncated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_KEEP_POLICIES = Hot(
    "INSERT INTO tls_report_policies (report_key, ordinal, about, domain, policy_type, policy, successful, failed,"
    " ends_at) VALUES {values}"
)
_KEEP_FAILURES = Hot(
    "INSERT INTO tls_report_failures (report_key, policy_ordinal, ordinal, result_type, sessions, sending_mta_ip,"
    " receiving_mx_hostname, receiving_ip, detail) VALUES {values}"
)
_FORGET_PARTS = tuple(
    Hot(f"DELETE FROM {table} WHERE report_key IN (SELECT report_key FROM tls_reports WHERE ends_at < ?)")
    for table in ("tls_report_failures", "tls_report_policies")
)
_FORGET = Hot("DELETE FROM tls_reports WHERE ends_at < ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedReport:
    """One report as it came: `about` is what its mail says whom it is for, `signed_by` whose signature it bears."""

    report: TlsReport
    about: str
    signed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySummary:
    """All sessions that senders held against one policy of a domain."""

    domain: str
    policy_type: str
    successful: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSummary:
    """Failures of one kind at one host."""

    domain: str
    policy_type: str
    result_type: str
    host: str
    sessions: int
    reporters: int
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSummary:
    """What senders reported of a domain in a time; the commonest failures first."""

    domain: str
    since: datetime
    reports: int = 0
    reporters: tuple[str, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    policies: tuple[PolicySummary, ...] = ()
    results: tuple[ResultSummary, ...] = ()

    @property
    def successful(self) -> int:
        return sum(one.successful for one in self.policies)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.policies)


# -- keeping -----------------------------------------------------------------------------------------------------------


def keep(tx: Tx, reports: Sequence[ReceivedReport], source_ip: str) -> int:
    """Write the reports that are new and about domains of ours; how many there were."""
    return sum(_keep(tx, received, source_ip) for received in reports)


def _keep(tx: Tx, received: ReceivedReport, source_ip: str) -> bool:
    report, key = received.report, _key(received)
    ours = list(_ours(tx, received))
    if not ours or tx.hot_rows(_FIND, (key,)):
        return False
    texts = map(storable, (report.organization, report.contact, report.report_id))
    moments = map(to_micros, (report.begins_at, report.ends_at, tx.now))
    tx.hot(_KEEP, [(key, *texts, *moments, source_ip, received.signed_by, report.is_truncated)])
    tx.hot(_KEEP_POLICIES, [_policy(key, at, about, one, report) for at, (about, one) in enumerate(ours)])
    failures = [
        _failure(key, at, ordinal, failure)
        for at, (_, one) in enumerate(ours)
        for ordinal, failure in enumerate(one.failures)
    ]
    if failures:
        tx.hot(_KEEP_FAILURES, failures)
    return True


def _ours(tx: Tx, received: ReceivedReport) -> Iterator[tuple[str, PolicyResult]]:
    """Each policy with the domain of ours that it is about: its own, or, where a host of somebody else's is (RFC 8460
    2, TLSA base domain), the domain that the mail names.
    """
    known: dict[str, bool] = {"": False}

    def is_ours(domain: str) -> bool:
        if domain not in known:
            known[domain] = _is_covered(tx, domain)
        return known[domain]

    for one in received.report.policies:
        about = one.domain if is_ours(one.domain) else received.about
        if is_ours(about):
            yield about, one


def _is_covered(tx: Tx, domain: str) -> bool:
    """Whether an account has the domain, or one above it. Policies on TLS are not inherited."""
    labels = domain.split(".")
    upwards = [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]
    is_one = identities.c.identity.in_(upwards), identities.c.kind == IdentityKind.DOMAIN
    return tx.execute(sa.select(identities.c.identity).where(*is_one).limit(1)).first() is not None


def _key(received: ReceivedReport) -> str:
    """The id is the sender's own, so that whoever signed it belongs to it."""
    report = received.report
    facts = (received.signed_by, report.organization.lower(), report.report_id, str(report.begins_at))
    return hashlib.sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()


def _policy(key: str, ordinal: int, about: str, one: PolicyResult, report: TlsReport) -> tuple[Any, ...]:
    policy = _json({"strings": one.policy_strings, "mx": one.mx_hosts})
    counts = (one.successful, one.failed, to_micros(report.ends_at))
    return (key, ordinal, about, one.domain, storable(one.policy_type), policy, *counts)


def _failure(key: str, policy_ordinal: int, ordinal: int, one: FailureDetail) -> tuple[Any, ...]:
    detail = _json(
        {
            "helo": one.receiving_mx_helo,
            "more": one.additional_information,
            "reason": one.failure_reason_code,
        }
    )
    facts = (storable(one.result_type), one.sessions, one.sending_mta_ip, storable(one.receiving_mx_hostname.lower()))
    return (key, policy_ordinal, ordinal, *facts, one.receiving_ip, detail)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def forget(tx: Tx) -> None:
    """Delete what is older than KEPT."""
    old = to_micros(tx.now - KEPT)
    for deletion in (*_FORGET_PARTS, _FORGET):
        tx.hot(deletion, [(old,)])


# -- summing up --------------------------------------------------------------------------------------------------------

_BY_POLICY = reports_table.join(policies_table, policies_table.c.report_key == reports_table.c.report_key)
_BY_FAILURE = _BY_POLICY.join(
    failures_table,
    sa.and_(
        failures_table.c.report_key == policies_table.c.report_key,
        failures_table.c.policy_ordinal == policies_table.c.ordinal,
    ),
)


def summary(tx: Tx, domain: str, age: timedelta) -> TlsSummary:
    """What senders reported of a domain, and of those below it, in the last `age`."""
    since = tx.now - age
    chosen = _chosen(domain, since)
    columns = (
        sa.func.count(sa.distinct(reports_table.c.report_key)).label("reports"),
        sa.func.min(reports_table.c.begins_at).label("first"),
        sa.func.max(reports_table.c.ends_at).label("last"),
    )
    totals = tx.execute(sa.select(*columns).select_from(_BY_POLICY).where(*chosen)).one()
    names = sa.select(reports_table.c.organization).distinct().select_from(_BY_POLICY).where(*chosen)
    return TlsSummary(
        domain=domain,
        since=since,
        reports=totals.reports,
        reporters=tuple(tx.execute(names.order_by(reports_table.c.organization).limit(_MOST_REPORTERS)).scalars()),
        first=totals.first,
        last=totals.last,
        policies=tuple(_policies(tx, chosen)),
        results=tuple(_results(tx, chosen)),
    )


def nothing(domain: str, since: datetime) -> TlsSummary:
    """The summary of a domain without reports, and of one that an account has not proved to be its own."""
    return TlsSummary(domain=domain, since=since)


def of_identity(tx: Tx, identity: Identity, age: timedelta) -> TlsSummary:
    """The summary for whoever has proved that the domain is theirs: any account may name any domain."""
    if not identity.is_verified:
        return nothing(identity.domain, tx.now - age)
    return summary(tx, identity.domain, age)


def _chosen(domain: str, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    literal = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    about = policies_table.c.about
    return policies_table.c.ends_at >= since, sa.or_(about == domain, about.like(f"%.{literal}", escape="\\"))


def _policies(tx: Tx, chosen: Sequence[sa.ColumnElement[bool]]) -> Iterator[PolicySummary]:
    key = (policies_table.c.domain, policies_table.c.policy_type)
    sums = (
        sa.func.sum(policies_table.c.successful).label("successful"),
        sa.func.sum(policies_table.c.failed).label("failed"),
    )
    found = sa.select(*key, *sums).select_from(_BY_POLICY).where(*chosen).group_by(*key).order_by(*key)
    for row in tx.execute(found.limit(_MOST_RESULTS)):
        yield PolicySummary(
            domain=row.domain, policy_type=row.policy_type, successful=int(row.successful), failed=int(row.failed)
        )


def _results(tx: Tx, chosen: Sequence[sa.ColumnElement[bool]]) -> Iterator[ResultSummary]:
    key = (
        policies_table.c.domain,
        policies_table.c.policy_type,
        failures_table.c.result_type,
        failures_table.c.receiving_mx_hostname,
    )
    columns = (
        sa.func.sum(failures_table.c.sessions).label("sessions"),
        sa.func.count(sa.distinct(reports_table.c.organization)).label("reporters"),
        sa.func.max(reports_table.c.ends_at).label("last_seen"),
    )
    found = sa.select(*key, *columns).select_from(_BY_FAILURE).where(*chosen).group_by(*key)
    for row in tx.execute(found.order_by(sa.desc("sessions"), *key).limit(_MOST_RESULTS)):
        yield ResultSummary(
            domain=row.domain,
            policy_type=row.policy_type,
            result_type=row.result_type,
            host=row.receiving_mx_hostname,
            sessions=int(row.sessions),
            reporters=row.reporters,
            last_seen=row.last_seen,
        )


def as_json(found: TlsSummary) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "domain": found.domain,
        "since": moment(found.since),
        "reports": found.reports,
        "reporters": list(found.reporters),
        "first": moment(found.first),
        "last": moment(found.last),
        "successful": found.successful,
        "failed": found.failed,
        "policies": [
            {
                "domain": one.domain,
                "policy_type": one.policy_type,
                "successful": one.successful,
                "failed": one.failed,
            }
            for one in found.policies
        ],
        "results": [
            {
                "domain": one.domain,
                "policy_type": one.policy_type,
                "result_type": one.result_type,
                "host": one.host,
                "sessions": one.sessions,
                "reporters": one.reporters,
                "last_seen": moment(one.last_seen),
            }
            for one in found.results
        ],
    }
