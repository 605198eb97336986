"""A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a private port of loopback.

Skips where no server is installed; with CI=true that is a failure, because the store must hold on both databases.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from programs import lacking


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
