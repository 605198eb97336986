"""A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a private port of loopback.

Skips where no server is installed; with CI=true that is a failure, because the store must hold on both databases.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from programs import lacking
from tayori.clock import SystemClock
from tayori.store.database import open_store


def binaries() -> Path | None:
    """The folder of initdb and postgres: on PATH, or where Debian keeps them."""
    for name in ("initdb",):
        found = shutil.which(name)
        if found:
            return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    return folders[-1] if folders else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_schema(url: str) -> None:
    """The current schema, into an empty database."""
    asyncio.run(open_store(url, SystemClock()).close())


class Databases:
    """Databases of one server, each new, made from one that has the current schema."""

    def __init__(self, base: str, admin: sa.Engine) -> None:
        self._base, self._admin = base, admin
        self._is_made = False

    @classmethod
    @contextmanager
    def of(cls, server_url: str) -> Iterator["Databases"]:
        url = server_url.replace("postgresql://", "postgresql+psycopg://")
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        yield cls(server_url.removesuffix("postgres"), admin)
        admin.dispose()

    @contextmanager
    def new(self, *, empty: bool = False) -> Iterator[str]:
        """The URL of a database that lives as long as the context."""
        if not empty and not self._is_made:
            self._run("CREATE DATABASE schema_template")
            make_schema(f"{self._base}schema_template")
            self._is_made = True
        name = f"t{uuid.uuid4().hex}"
        source = "template0" if empty else "schema_template"
        self._run(f"CREATE DATABASE {name} TEMPLATE {source}")
        yield f"{self._base}{name}"
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


def _as_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        if os.geteuid() == 0
        else command
    )


class Server:
    """A running server; `url` is that of its database `postgres`."""

    def __init__(self, folder: Path, home: Path, port: int) -> None:
        self.url = f"postgresql://tayori@127.0.0.1:{port}/postgres"
        self._home = home
        self._options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        self._control = [str(folder / "pg_ctl"), "-D", str(home / "data"), "-w", "-l", str(home / "log")]

    def start(self) -> None:
        self._run("-o", self._options, "start")

    def crash(self) -> None:
        """Every connection breaks, and the next start recovers from the log."""
        self._run("-m", "immediate", "stop")

    def _run(self, *arguments: str) -> None:
        # No pipes: the server would keep them open.
        nowhere = subprocess.DEVNULL
        subprocess.run(
            _as_user([*self._control, *arguments]), check=True, stdout=nowhere, stderr=nowhere, cwd=self._home
        )


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server. Durability is off: no test takes the power away."""
    folder = binaries()
    if folder is None:
        lacking("a PostgreSQL server", "postgresql")
    home = Path(tempfile.mkdtemp(prefix="tayori-pg-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data, port = home / "data", free_port()
    subprocess.run(
        _as_user(
            [
                str(folder / "initdb"),
                "-D",
                str(data),
                "-U",
                "tayori",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ]
        ),
        check=True,
        capture_output=True,
        cwd=home,
    )
    server = Server(folder, home, port)
    server.start()
    try:
        yield server
    finally:
        server.crash()
        shutil.rmtree(home, ignore_errors=True)
