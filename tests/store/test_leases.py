"""Heartbeats of workers, and leases of loops that run once in the whole installation."""

from datetime import UTC, datetime, timedelta

from tayori.store import leases

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_worker_lives_while_its_heart_beats(transact):
    transact(leases.beat, "one", NOW, MINUTE)
    transact(leases.beat, "two", NOW, MINUTE)
    assert sorted(transact(leases.living_workers, NOW + MINUTE)) == ["one", "two"]
    transact(leases.beat, "one", NOW + MINUTE, MINUTE)
    assert transact(leases.living_workers, NOW + MINUTE + timedelta(microseconds=1)) == ["one"]


def test_a_worker_that_stops_is_buried(transact):
    transact(leases.beat, "one", NOW, MINUTE)
    transact(leases.beat, "two", NOW, MINUTE)
    transact(leases.bury, "one")
    assert transact(leases.living_workers, NOW) == ["two"]


def test_who_is_buried_has_no_loops_any_more(transact):
    transact(leases.beat, "one", NOW, MINUTE)
    assert transact(leases.take, "verifier", "one", NOW, MINUTE)
    assert transact(leases.take, "rotation", "two", NOW, MINUTE)
    transact(leases.bury, "one")
    assert transact(leases.living_workers, NOW) == []
    assert transact(leases.take, "verifier", "three", NOW, MINUTE)
    assert not transact(leases.take, "rotation", "three", NOW, MINUTE)
    transact(leases.bury_all)
    assert transact(leases.take, "rotation", "three", NOW, MINUTE)


def test_a_lease_has_one_holder_until_it_runs_out(transact):
    assert transact(leases.take, "verifier", "one", NOW, MINUTE)
    assert not transact(leases.take, "verifier", "two", NOW + MINUTE, MINUTE)
    assert transact(leases.take, "rotation", "two", NOW, MINUTE)
    assert transact(leases.take, "verifier", "one", NOW + MINUTE, MINUTE)
    assert transact(leases.take, "verifier", "two", NOW + 2 * MINUTE + timedelta(microseconds=1), MINUTE)
    assert not transact(leases.take, "verifier", "one", NOW + 2 * MINUTE, MINUTE)


def test_taking_a_lease_is_no_change_of_settings(transact):
    def take(tx) -> bool:
        leases.take(tx, "verifier", "one", NOW, MINUTE)
        leases.beat(tx, "one", NOW, MINUTE)
        return tx.settings_changed

    assert transact(take) is False
