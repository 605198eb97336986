"""Jobs in rows: which are open, in which order they are worked on, and by which index they are found."""

import pytest

from tayori.model.errors import LimitExceeded
from tayori.model.job import JobKind, JobStatus
from tayori.resources import jobs
from tayori.store.dialect import Engine, Hot
from tayori.store.job_tables import JOB_OPEN

OWN, OTHER = ("111122223333", "us-east-1"), ("999900001111", "us-east-1")
IMPORT = {"ImportDestination": {"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}}}


@pytest.fixture
def make(transact, clock):
    numbers = iter(range(1000))

    def make(kind=JobKind.SUPPRESSION_LIST, account=OWN):
        clock.advance(1)
        job_id = f"job-{next(numbers):03}"
        transact(jobs.create, *account, kind, IMPORT, job_id)
        return job_id

    return make


def test_accounts_take_turns(make, transact, clock):
    first, second = make(), make(account=OTHER)
    order = []
    for _ in range(4):
        found = transact(jobs.next_open)
        order.append(found.job_id)
        clock.advance(1)
        assert transact(jobs.apply_import, found, found.position, 0, []) == 0
    assert order == [first, second, first, second]


def test_an_ended_job_is_left_alone(make, transact):
    make()
    found = transact(jobs.next_open)
    assert transact(jobs.finish, found, JobStatus.FAILED, error="no") is True
    assert transact(jobs.finish, found, JobStatus.COMPLETED) is False
    assert transact(jobs.apply_import, found, 0, 0, []) is None
    assert transact(jobs.next_open) is None
    ended = transact(jobs.get_import, *OWN, found.job_id)
    assert (ended.status, ended.error) == (JobStatus.FAILED, "no") and ended.completed_at is not None


def test_imports_and_exports_are_bounded_apart_and_by_account(make):
    for _ in range(20):
        make()
    make(JobKind.MESSAGE_INSIGHTS)
    make(account=OTHER)
    with pytest.raises(LimitExceeded, match="too many import jobs"):
        make()


def test_jobs_of_one_moment_are_listed_once_each(transact):
    for number in range(9):
        transact(jobs.create, *OWN, JobKind.METRICS_DATA, {}, f"job-{number}")
    found, before = [], None
    while page := transact(jobs.page, *OWN, kinds=(JobKind.METRICS_DATA,), before=before, limit=2):
        found += [one.job_id for one in page]
        before = int(page[-1].created_at.timestamp() * 1_000_000 + 0.5), page[-1].job_id
    assert sorted(found) == [f"job-{number}" for number in range(9)]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT job_id FROM jobs WHERE {JOB_OPEN} ORDER BY updated_at LIMIT 1",
        "SELECT job_id FROM jobs WHERE account_id = 'a' AND region = 'b' AND created_at <= 1 ORDER BY created_at DESC",
        "SELECT job_id FROM jobs WHERE completed_at < 1 ORDER BY completed_at LIMIT 20",
        "SELECT line FROM job_failures WHERE account_id = 'a' AND job_id = 'b' ORDER BY line",
    ],
)
def test_each_look_goes_by_an_index(transact, sql):
    def plan(tx):
        sqlite = tx.engine is Engine.SQLITE
        if not sqlite:
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = tx.hot_rows(Hot(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{sql}"), ())
        return [str(row[-1]).strip() for row in rows]

    found = transact(plan)
    assert not [line for line in found if "TEMP B-TREE" in line or "Seq Scan" in line], found
    assert any("INDEX" in line.upper() for line in found), found
