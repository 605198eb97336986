"""`tayori up --rehearsal` as a process of its own, on free ports and in a folder of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_START_SECONDS = 60
_STOP_SECONDS = 30
_PORTS = 8  # port-base to port-base + 7


class DemoError(Exception):
    """The service did not do what the story needs; the text says what."""


class Node:
    """The running service. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "service.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.exit_status: int | None = None

    def __enter__(self) -> "Node":
        command = [sys.executable, "-m", "tayori", "up", "--rehearsal", "--port-base", str(free_port_base())]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--data", str(self.data)], stdout=log, stderr=subprocess.STDOUT, env=_environment()
            )
        try:
            self.tayori("wait", "--timeout", str(_START_SECONDS))
        except DemoError as error:
            self.stop()
            raise DemoError(f"The service did not start: {error}\n{self.log.read_text('utf-8', 'replace')}") from error
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop it as an init system would, and note how it ended."""
        if self._process is None or self.exit_status is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self.exit_status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_status = self._process.wait()

    def tayori(self, *arguments: str) -> str:
        """Run a command of Tayori on this service; what it printed. Raises DemoError."""
        done = subprocess.run(
            [sys.executable, "-m", "tayori", *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            env=_environment(),
            check=False,
        )
        if done.returncode:
            raise DemoError(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def tayori_json(self, *arguments: str) -> Any:
        return json.loads(self.tayori(*arguments, "--json"))


def _environment() -> dict[str, str]:
    """This process's, without what would point the service or its clients elsewhere."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "TAYORI_"))}


def free_port_base() -> int:
    """A port base whose ports nobody listens on: on 127.0.0.1, TCP and UDP, and for the providers on 127.77.0.1."""
    for base in range(18600, 28600, 100):
        if all(_is_free(base + offset) for offset in range(_PORTS)):
            return base
    raise DemoError("There is no range of free ports between 18600 and 28600.")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
