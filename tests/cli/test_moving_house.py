"""`tayori backup`, `restore` and `db copy`: an installation in another folder, or another database, is the same one."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from command_tests import Tayori, in_store

from population import deferred, identity, names, open_account, report, rows, submission
from tayori.app import endpoints
from tayori.app.backup import MANIFEST
from tayori.app.endpoints import Endpoints
from tayori.clock import SystemClock
from tayori.resources import queue
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store import copying, leases
from tayori.store.copying import Database
from tayori.store.engine import Tx
from tayori.store.tables import bodies, messages, recipients

CONTENT = b"From: x\r\nSubject: \xe4\xbe\xbf\xe3\x82\x8a\r\n\r\nHello\r\n"


@pytest.fixture
def installation(service: Endpoints, tmp_path: Path) -> Endpoints:
    """With three messages: one that waits, one in the hands of a worker that died, one deferred; and a job's file."""
    in_store(service, open_account)
    in_store(service, identity, "example.com")
    door = Door(names, "nobody", lambda size: False)
    in_store(service, door.accept, [submission("later@inbox.test", content=CONTENT)])
    deliveries = Deliveries(names, "worker")

    def attempt(tx: Tx) -> None:
        (outgoing,) = deliveries.claim(tx, 10, 10_000_000)
        put_off = deferred(tx.now + timedelta(minutes=5))
        deliveries.record(tx, rows([report(outgoing, put_off, started_at=tx.now)]))

    in_store(service, attempt)
    in_store(service, door.accept, [submission("held@inbox.test", content=CONTENT)])
    in_store(service, lambda tx: deliveries.claim(tx, 1, 10_000_000))
    in_store(service, door.accept, [submission("waiting@inbox.test", content=CONTENT)])
    job = tmp_path / "jobs" / "bucket" / "addresses.csv"
    job.parent.mkdir(parents=True)
    job.write_text("a@example.com\n", "utf-8")
    return service


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is not in the data folder."""
    return tmp_path_factory.mktemp("elsewhere")


def contents(tx: Tx) -> list[tuple[str, bytes]]:
    rows = tx.execute(
        sa.select(recipients.c.address, bodies.c.content)
        .join_from(recipients, bodies, recipients.c.message_id == bodies.c.message_id)
        .order_by(recipients.c.address)
    )
    return [(row.address, bytes(row.content)) for row in rows]


def moved(service: Endpoints, data: Path, url: str = "") -> Endpoints:
    """The installation as a service on `data` would say it is."""
    found = replace(service, database_url=url or f"sqlite:///{data / 'tayori.db'}", clock_file=str(data / "clock"))
    endpoints.write(data, found)
    return found


ALL = ["held@inbox.test", "later@inbox.test", "waiting@inbox.test"]


def test_a_backup_is_restored_as_it_was(
    tayori: Tayori, installation: Endpoints, tmp_path: Path, elsewhere: Path
) -> None:
    before = in_store(installation, contents)
    made = tayori("backup", elsewhere / "kept", "--data", tmp_path, "--json").json
    assert {file["path"] for file in made["files"]} == {"jobs/bucket/addresses.csv", "clock"}
    assert tayori("restore", elsewhere / "kept", "--check").out.startswith(f"{elsewhere / 'kept'} is whole: ")
    done = tayori("restore", elsewhere / "kept", "--data", elsewhere / "new")
    assert (done.status, done.err) == (0, "")
    assert "sent once more when the service starts" in done.out
    new = moved(installation, elsewhere / "new")
    assert in_store(new, contents) == before
    assert [one for one, _ in before] == ALL
    assert (elsewhere / "new/jobs/bucket/addresses.csv").read_text("utf-8") == "a@example.com\n"
    waiting = in_store(new, lambda tx: [one.address for one in queue.waiting(tx, queue.Selection(), 10)])
    assert sorted(waiting) == ALL  # what the worker had in hand is back
    assert not in_store(new, leases.workers)


def test_what_waited_can_be_held(tayori: Tayori, installation: Endpoints, tmp_path: Path, elsewhere: Path) -> None:
    tayori("backup", elsewhere / "kept", "--data", tmp_path)
    done = tayori("restore", elsewhere / "kept", "--data", elsewhere / "new", "--hold")
    assert "All that waited is held." in done.out
    new = moved(installation, elsewhere / "new")
    assert in_store(new, lambda tx: dict(queue.counts(tx))) == {"held": 3}


def test_nothing_is_written_over(tayori: Tayori, installation: Endpoints, tmp_path: Path, elsewhere: Path) -> None:
    tayori("backup", elsewhere / "kept", "--data", tmp_path)
    again = tayori("backup", elsewhere / "kept", "--data", tmp_path)
    assert (again.status, "is not empty" in again.err) == (1, True)
    inside = tayori("backup", tmp_path / "inside", "--data", tmp_path)
    assert (inside.status, "would lie in the data folder" in inside.err) == (1, True)
    onto = tayori("restore", elsewhere / "kept", "--data", tmp_path)
    assert (onto.status, "There is a database already" in onto.err) == (1, True)


def test_a_backup_that_is_not_whole_is_refused_before_anything_is_touched(
    tayori: Tayori, installation: Endpoints, tmp_path: Path, elsewhere: Path
) -> None:
    kept = elsewhere / "kept"
    tayori("backup", kept, "--data", tmp_path)
    file = kept / "files/jobs/bucket/addresses.csv"
    file.write_text("b@example.com\n", "utf-8")
    changed = tayori("restore", kept, "--data", elsewhere / "new")
    assert changed.err == f"tayori: {file} is not what was backed up.\n"
    file.write_text("a@example.com\n", "utf-8")
    with Database(f"sqlite:///{kept / 'tayori.db'}").writing() as connection:
        connection.execute(sa.update(messages).values(subject="changed"))
    changed = tayori("restore", kept, "--data", elsewhere / "new")
    assert changed.err == "tayori: The table messages is not what was backed up.\n"
    (kept / MANIFEST).unlink()
    assert "no backup that was completed" in tayori("restore", kept, "--data", elsewhere / "new").err
    assert not (elsewhere / "new" / "tayori.db").exists()


def test_a_file_of_the_manifest_cannot_lead_elsewhere(
    tayori: Tayori, installation: Endpoints, tmp_path: Path, elsewhere: Path
) -> None:
    kept = elsewhere / "kept"
    tayori("backup", kept, "--data", tmp_path)
    manifest = json.loads((kept / MANIFEST).read_text("utf-8"))
    manifest["files"][0]["path"] = "../../elsewhere"
    (kept / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    assert "leads out of the backup" in tayori("restore", kept, "--data", elsewhere / "new").err


def test_there_and_back_between_the_engines(
    tayori: Tayori, installation: Endpoints, tmp_path: Path, postgres_url: str, elsewhere: Path
) -> None:
    before = in_store(installation, contents)
    done = tayori("db", "copy", installation.database_url, postgres_url, "--json")
    assert (done.status, done.json["final"]) == (0, True)
    assert {one["name"]: one["rows"] for one in done.json["tables"]}["recipients"] == 3
    (elsewhere / "new").mkdir()
    new = moved(installation, elsewhere / "new", postgres_url)
    assert in_store(new, contents) == before
    again = tayori("db", "copy", installation.database_url, postgres_url, "--json").json
    assert not any(one["put"] or one["removed"] for one in again["tables"])
    # A backup of PostgreSQL is the same file, and goes back into either.
    made = tayori("backup", elsewhere / "kept", "--data", elsewhere / "new", "--json").json
    assert {table["name"]: table["rows"] for table in made["tables"]}["recipients"] == 3
    assert tayori("restore", elsewhere / "kept", "--data", elsewhere / "third").status == 0
    assert in_store(moved(installation, elsewhere / "third"), contents) == before


def test_a_second_copy_moves_what_has_changed(
    tayori: Tayori, installation: Endpoints, tmp_path: Path, postgres_url: str
) -> None:
    tayori("db", "copy", installation.database_url, postgres_url)
    in_store(installation, Door(names, "nobody", lambda size: False).accept, [submission("new@inbox.test")])
    in_store(installation, lambda tx: tx.execute(recipients.delete().where(recipients.c.address == "later@inbox.test")))
    in_store(
        installation,
        lambda tx: tx.execute(recipients.update().where(recipients.c.address == "held@inbox.test").values(reason="x")),
    )
    done = tayori("db", "copy", installation.database_url, postgres_url, "--json").json
    changed = {one["name"]: (one["put"], one["removed"]) for one in done["tables"] if one["put"] or one["removed"]}
    assert changed["recipients"] == (2, 1)
    assert changed["bodies"] == (1, 0)


def test_a_copy_that_was_cut_off_goes_on(tayori: Tayori, installation: Endpoints, postgres_url: str) -> None:
    class CutOff(Exception):
        pass

    def cut(table: copying.TableCopied) -> None:
        if table.name == "identities":
            raise CutOff

    tayori("db", "copy", installation.database_url, postgres_url)  # makes the tables
    with Database(postgres_url).writing() as connection:
        for name in ("accounts", "messages", "recipients"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
    with pytest.raises(CutOff):
        copying.copy(Database(installation.database_url), Database(postgres_url), cut)
    assert tayori("db", "copy", installation.database_url, postgres_url, "--json").json["final"]


def test_a_source_in_use_is_copied_and_not_called_final(
    tayori: Tayori, installation: Endpoints, postgres_url: str
) -> None:
    wall = SystemClock().wall()
    in_store(installation, lambda tx: leases.beat(tx, "worker-1", wall, timedelta(minutes=1)))
    first = tayori("db", "copy", installation.database_url, postgres_url)
    assert (first.status, "The service still writes to the source." in first.out) == (3, True)
    in_store(installation, lambda tx: leases.bury(tx, "worker-1"))
    assert "Both databases hold the same" in tayori("db", "copy", installation.database_url, postgres_url).out
    back = tayori("db", "copy", postgres_url, installation.database_url)
    assert back.status == 0


def test_neither_a_service_nor_another_installation_is_written_over(
    tayori: Tayori, installation: Endpoints, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    (tmp_path / "other").mkdir()
    other = moved(installation, tmp_path / "other", url)
    in_store(other, open_account, "999988887777")
    refused = tayori("db", "copy", installation.database_url, url)
    assert "holds another installation" in refused.err
    in_store(other, lambda tx: leases.beat(tx, "worker-1", SystemClock().wall(), timedelta(minutes=1)))
    assert "A service runs on the target" in tayori("db", "copy", installation.database_url, url).err
    in_store(other, lambda tx: leases.bury(tx, "worker-1"))
    missing = tayori("db", "copy", f"sqlite:///{tmp_path / 'none.db'}", url)
    assert (missing.status, "There is no database file" in missing.err) == (1, True)
    assert not (tmp_path / "none.db").exists()
    assert "must begin with sqlite:/// or postgresql://" in tayori("db", "copy", "mysql://x", url).err


def test_what_is_written_during_a_backup_is_in_it_as_a_whole_or_not_at_all(
    tayori: Tayori, installation: Endpoints, tmp_path: Path, elsewhere: Path
) -> None:
    """A message has a row in each of three tables; a writer adds messages all the while."""
    stop = threading.Event()
    door = Door(names, "nobody", lambda size: False)

    def write() -> None:
        while not stop.is_set():
            in_store(installation, door.accept, [submission("more@inbox.test")])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = tayori("backup", elsewhere / "kept", "--data", tmp_path, "--json").json
    finally:
        stop.set()
        writer.join()
    rows = {table["name"]: table["rows"] for table in made["tables"]}
    assert rows["messages"] == rows["recipients"] == rows["bodies"] >= 3
