"""The receiver of every benchmark: Postfix's smtp-sink, which takes mail and throws it away, and counts."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

_COUNT = re.compile(rb"mesg=(\d+)")


class Sink:
    """smtp-sink; with a `certificate` (PEM, key and chain), bench/tls_sink.py, as smtp-sink knows no STARTTLS."""

    def __init__(self, host: str, port: int, certificate: Path | None = None) -> None:
        self.host, self.port = host, port
        self._messages = 0
        command = ["/usr/sbin/smtp-sink", "-u", "nobody", "-c", f"{host}:{port}", "2000"]
        if certificate is not None:
            command = [sys.executable, "-m", "bench.tls_sink", host, str(port), str(certificate)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while chunk := self._process.stdout.read1(65536):
            counts = _COUNT.findall(rest + chunk)
            if counts:
                self._messages = int(counts[-1])
            rest = chunk[-32:]

    @property
    def messages(self) -> int:
        return self._messages

    def wait_for(self, count: int, seconds: float) -> float:
        """Wait until `count` messages have come in all; the monotonic time of the last one."""
        deadline = time.monotonic() + seconds
        while self._messages < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the sink has {self._messages} of {count} messages")
            time.sleep(0.005)
        return time.monotonic()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
