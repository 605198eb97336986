"""Connections counted in memory, rows of them, and the memory of how secure a domain was."""

import asyncio
import logging
from datetime import timedelta

import pytest

from tayori.loops.tls_counting import MOST, TlsCounter
from tayori.model.security_memory import Level
from tayori.model.tls_result import PolicyType, ReportedPolicy, ResultType, TlsResult
from tayori.resources import security_levels, tls_results
from tayori.resources.tls_results import Reporter, SendState

STS = ReportedPolicy(
    type=PolicyType.STS,
    domain="inbox.test",
    strings=("version: STSv1", "mode: enforce", "mx: *.inbox.test", "max_age: 86400"),
    mx_patterns=("*.inbox.test",),
)
TLSA = ReportedPolicy(type=PolicyType.TLSA, domain="mx1.inbox.test", strings=("3 1 1 abcd",))
US = Reporter(organization="Tayori", contact="postmaster@tayori.test", submitter="tayori.test")
DAY = timedelta(days=1)


def session(result: ResultType | None = None, *, policy: ReportedPolicy = STS, host: str = "mx1.inbox.test", **facts):
    facts.setdefault("level", "" if result else "verified")
    return TlsResult(
        recipient_domain="inbox.test",
        policy=policy,
        result=result,
        mx_host=host,
        receiving_ip="192.0.2.1",
        sending_ip="198.51.100.1",
        tls="TLSv1.3",
        **facts,
    )


def test_sessions_are_counted_by_policy_and_failures_by_host(store, clock, run) -> None:
    async def scenario() -> None:
        counter = TlsCounter(store, clock, asyncio.Event())
        for _ in range(5):
            counter.saw(session())
        counter.saw(session(host="mx2.inbox.test"))
        counter.saw(session(policy=TLSA, level="dane"))
        await counter.tick()
        for host in ("mx1.inbox.test", "mx1.inbox.test", "mx2.inbox.test"):
            counter.saw(session(ResultType.CERTIFICATE_EXPIRED, host=host, reason="x" * 1000))
        counter.saw(session())
        await counter.tick()
        await counter.tick()

        assert await store.read(tls_results.due, clock.now().date(), 10) == []
        (due,) = await store.read(tls_results.due, (clock.now() + DAY).date(), 10)
        assert (due.day, due.domain, due.attempts) == (clock.now().date(), "inbox.test", 0)
        report = await store.read(tls_results.report, due, US)
        assert (report.organization, report.contact) == ("Tayori", "postmaster@tayori.test")
        assert (report.begins_at.hour, report.ends_at - report.begins_at) == (0, DAY - timedelta(seconds=1))
        sts, tlsa = sorted(report.policies, key=lambda one: one.policy_type)
        assert (sts.successful, sts.failed, sts.policy_strings, sts.mx_hosts) == (7, 3, STS.strings, ("*.inbox.test",))
        assert (tlsa.domain, tlsa.successful, tlsa.mx_hosts) == ("mx1.inbox.test", 1, ())
        first, second = sts.failures
        assert (first.sessions, first.receiving_mx_hostname, first.result_type) == (
            2, "mx1.inbox.test", "certificate-expired",
        )  # fmt: skip
        assert (first.receiving_ip, first.sending_mta_ip) == ("192.0.2.1", "198.51.100.1")
        assert len(first.failure_reason_code) == 200
        assert (second.sessions, second.receiving_mx_hostname) == (1, "mx2.inbox.test")
        assert await store.read(tls_results.report, due, US) == report

    run(scenario())


def test_what_was_reported_is_not_due_again(store, clock, run) -> None:
    async def scenario() -> None:
        counter = TlsCounter(store, clock, asyncio.Event())
        counter.saw(session())
        await counter.tick()
        tomorrow = (clock.now() + DAY).date()
        (due,) = await store.read(tls_results.due, tomorrow, 10)
        await store.write(tls_results.postpone, due, clock.now() + timedelta(hours=1), "no answer")
        assert await store.read(tls_results.due, tomorrow, 10) == []
        clock.advance(2 * 3600)
        (due,) = await store.read(tls_results.due, tomorrow, 10)
        assert due.attempts == 1
        await store.write(tls_results.finish, due, SendState.SENT, "mailto:tls@inbox.test")
        assert await store.read(tls_results.due, tomorrow, 10) == []
        counter.saw(session())  # late, for the same day or the next: the reported one stays reported
        await counter.tick()
        again = await store.read(tls_results.due, tomorrow + DAY, 10)
        assert [one for one in again if one.day == due.day] == []
        (sent,) = await store.read(tls_results.sends, 10)
        assert (sent.state, sent.attempts, sent.detail) == (SendState.SENT, 2, "mailto:tls@inbox.test")

    run(scenario())


def test_reports_that_nobody_wants_are_forgotten(store, clock, run) -> None:
    async def scenario() -> None:
        counter = TlsCounter(store, clock, asyncio.Event())
        counter.saw(session())
        await counter.tick()
        tomorrow = (clock.now() + DAY).date()
        due = await store.read(tls_results.due, tomorrow, 10)
        await store.write(tls_results.not_wanted, due)
        assert await store.read(tls_results.due, tomorrow, 10) == []
        assert await store.read(tls_results.sends, 10) == []

    run(scenario())


def test_a_downgrade_is_remembered_and_told_once(store, clock, run, caplog) -> None:
    async def scenario() -> None:
        counter = TlsCounter(store, clock, asyncio.Event())
        counter.saw(session())
        await counter.tick()
        assert await store.read(security_levels.downgraded, 10) == []
        clock.advance(3600)
        for _ in range(3):
            counter.saw(session(ResultType.STARTTLS_NOT_SUPPORTED, level="none", host="mx2.inbox.test"))
            await counter.tick()
        (found,) = await store.read(security_levels.downgraded, 10)
        assert await store.read(security_levels.count_downgraded) == 1
        assert found == await store.read(security_levels.find, "inbox.test")
        best, last = found.memory.best, found.memory.last
        assert (best.level, best.host, best.tls) == (Level.VERIFIED, "mx1.inbox.test", "TLSv1.3")
        assert (last.level, last.host) == (Level.NONE, "mx2.inbox.test")
        assert security_levels.as_json(found)["downgraded_since"]
        counter.saw(session())
        await counter.tick()
        assert await store.read(security_levels.downgraded, 10) == []
        assert await store.read(security_levels.find, "other.test") is None

    with caplog.at_level(logging.WARNING):
        run(scenario())
    (warning,) = [record for record in caplog.records if record.message == "tls_downgrade"]
    assert (warning.domain, warning.level, warning.best_level) == ("inbox.test", "none", "verified")


class Store:
    """A store that can be away."""

    def __init__(self, store) -> None:
        self._store = store
        self.is_down = False

    async def write(self, *args):
        if self.is_down:
            raise OSError("the disk is full")
        return await self._store.write(*args)


def test_memory_is_bounded_whatever_the_store_does(store, clock, run, caplog) -> None:
    async def scenario() -> None:
        wake, sometimes = asyncio.Event(), Store(store)
        counter = TlsCounter(sometimes, clock, wake)
        for number in range(MOST + 10):
            counter.saw(session(ResultType.VALIDATION_FAILURE, reason=str(number)))
            if number == 100:
                assert not wake.is_set()
        assert wake.is_set()
        sometimes.is_down = True
        with pytest.raises(OSError, match="disk"):
            await counter.tick()
        sometimes.is_down = False
        counter.saw(session())
        await counter.tick()
        (due,) = await store.read(tls_results.due, (clock.now() + DAY).date(), 10)
        (policy,) = (await store.read(tls_results.report, due, US)).policies
        assert (policy.successful, policy.failed) == (1, 0)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    (warning,) = [record for record in caplog.records if record.message == "tls_results_not_counted"]
    assert warning.sessions == 10
