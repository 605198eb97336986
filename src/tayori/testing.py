"""Tayori as a test double: a real service with its rehearsal internet, in processes of its own, for a test suite.

Owns starting and stopping it and the calls that a suite makes of it. Never part of a running service; the pytest
plugin and any other test framework use it from outside, as `tayori up --rehearsal` is used from a shell.

    with rehearsal_in(Path("/tmp/somewhere")) as rehearsal:
        rehearsal.settings(verify_identities_at_once=True, production_access=True)
        ses = boto3.client("sesv2", **rehearsal.boto3)
"""

import base64
import contextlib
import fcntl
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

_CONTROLS = "/tayori/rehearsal/"
_CALL_SECONDS = 60.0
_START_SECONDS = 60
_STOP_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.05
_PORTS = range(10_000, 32_000, 8)  # below those that systems give to outgoing connections
_TCP_OFFSETS, _UDP_OFFSETS = (0, 1, 2, 3, 4, 6), (4, 6)
_PROVIDERS_OFFSET, _A_PROVIDER = 7, "127.77.0.1"
_POLICIES_OFFSET, _A_POLICY_HOST = 5, "127.77.0.15"

T = TypeVar("T")


class RehearsalFailed(Exception):
    """The rehearsal did not start or stop, or refused a call; the text says which and why."""


# -- free ports --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def free_ports() -> Iterator[int]:
    """A base whose eight ports are free, kept from other callers on this machine until the block ends."""
    folder = Path(tempfile.gettempdir()) / f"tayori-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for base in random.sample(_PORTS, len(_PORTS)):
        with (folder / str(base)).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go of it when this process dies
            except OSError:
                continue
            if _are_free(base):
                yield base
                return
    raise RehearsalFailed("there are no eight free ports in a row on this machine")


def _are_free(base: int) -> bool:
    wanted = [(socket.SOCK_STREAM, "127.0.0.1", base + offset) for offset in _TCP_OFFSETS]
    wanted += [(socket.SOCK_DGRAM, "127.0.0.1", base + offset) for offset in _UDP_OFFSETS]
    wanted.append((socket.SOCK_STREAM, _A_PROVIDER, base + _PROVIDERS_OFFSET))
    wanted.append((socket.SOCK_STREAM, _A_POLICY_HOST, base + _POLICIES_OFFSET))
    return all(_is_free(*one) for one in wanted)


def _is_free(kind: socket.SocketKind, host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


# -- processes ---------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Node:
    """One `tayori up` as a process group. Its output is in `<data>.out` and `<data>.log`."""

    data: Path
    port_base: int
    arguments: Sequence[str] = ("--rehearsal",)
    environment: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    def start(self) -> None:
        """Come back when every listener answers. Raises RehearsalFailed."""
        command = [sys.executable, "-m", "tayori", "up", "--data", str(self.data), "--port-base", str(self.port_base)]
        with self.data.with_name(f"{self.data.name}.out").open("ab") as out, self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def _wait(self) -> None:
        assert self.process is not None
        waiting = self.command("wait", "--timeout", str(_START_SECONDS), check=False)
        status = self.process.poll()
        if waiting.returncode or status is not None:
            tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-20:])
            ended = "" if status is None else f" It ended with status {status}."
            raise RehearsalFailed(f"tayori up did not start.{ended} {waiting.stderr.strip()}\n{tail}")

    def stop(self) -> int:
        """SIGTERM; the exit status. What does not end in time is killed, and RehearsalFailed raised."""
        process, self.process = self.process, None
        assert process is not None
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            _kill_group(process)
            raise RehearsalFailed(f"tayori up did not stop within {_STOP_SECONDS:.0f} seconds") from error

    def kill(self) -> None:
        """SIGKILL to all of its processes."""
        process, self.process = self.process, None
        if process is not None:
            _kill_group(process)

    def command(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run `tayori <arguments>` on the service's data folder."""
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "tayori", *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=check,
            env=self._environment(),
        )

    def _environment(self) -> dict[str, str]:
        """Ours, less what would turn the service into another one."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TAYORI_")}
        return {**inherited, "LC_ALL": "C.UTF-8", **self.environment}


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# -- what a suite asks of it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """A message in a mailbox of the rehearsal. `spf`, `dkim`, `dmarc` are RFC 8601 results, "pass" first if passed."""

    id: str
    mail_from: str
    rcpt_to: str
    received_at: datetime
    tls: str | None
    spf: str
    dkim: str
    dmarc: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The parsed message: `mail.message["Subject"]`, `mail.message.get_body().get_content()`."""
        return BytesParser(EmailMessage, policy=modern).parsebytes(self.raw)

    @property
    def is_authentic(self) -> bool:
        """The receiver found SPF, DKIM and DMARC to pass."""
        return all(result.startswith("pass") for result in (self.spf, self.dkim, self.dmarc))


class Clock:
    """The time of the service and of its receivers."""

    def __init__(self, call: Callable[..., Mapping[str, Any]]) -> None:
        self._call = call

    def now(self) -> datetime:
        return datetime.fromisoformat(self._call("GET", "clock")["now"])

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._call("PUT", "clock", {"advance_seconds": seconds})

    def speed(self, factor: float) -> None:
        """Let time run so many times as fast as outside."""
        self._call("PUT", "clock", {"speed": factor})


class Rehearsal:
    """A service that runs with its rehearsal internet. `env` is what `tayori env --json` prints."""

    def __init__(self, env: Mapping[str, Any]) -> None:
        self.env = env
        self.clock = Clock(self.call)

    @property
    def boto3(self) -> dict[str, str]:
        """What `boto3.client("sesv2", **rehearsal.boto3)` needs."""
        keys = self.env["credentials"]
        return {
            "endpoint_url": self.env["http"],
            "region_name": self.env["region"],
            "aws_access_key_id": keys["access_key_id"],
            "aws_secret_access_key": keys["secret_access_key"],
        }

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which AWS's SDKs and CLI find the service, for a program under test."""
        keys, url, region = self.env["credentials"], self.env["http"], self.env["region"]
        endpoints = {f"AWS_ENDPOINT_URL_{service}": url for service in ("SES", "SESV2", "SNS")}
        return {
            **endpoints,
            "AWS_ACCESS_KEY_ID": keys["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
        }

    def settings(self, **settings: bool | float) -> Mapping[str, Any]:
        """Change verify_identities_at_once, production_access, max_24_hour_send or max_send_rate; returns all four."""
        return self.call("PUT", "settings", settings)

    def reset(self) -> None:
        """The account as new: empty, in the sandbox. Every mailbox is emptied too."""
        self.call("POST", "reset")
        self.call("DELETE", "mailboxes")

    def adopt(self, domain: str) -> None:
        """Register every record that the domain's identity asks for, and a DMARC policy of none if it has none."""
        self.call("POST", f"dns/adopt/{quote(domain, safe='')}")

    def put_record(self, name: str, rdtype: str, *values: str) -> None:
        """Register the values of one name and type, in place of those that are there."""
        self.call("PUT", f"dns/{quote(name, safe='')}/{rdtype}", {"values": list(values)})

    def mailbox(self, address: str, after: str = "") -> list[ReceivedMail]:
        """All messages of a mailbox, oldest first; those behind the message of that id where `after` is given."""
        found: list[ReceivedMail] = []
        path = f"mailboxes/{quote(address, safe='@')}"
        while True:
            page = self.call("GET", path + (f"?after={after}" if after else ""))
            found += [_mail(item) for item in page["messages"]]
            if "next" not in page:
                return found
            after = page["next"]

    def wait_for_mail(self, address: str, count: int = 1, seconds: float = 20.0) -> list[ReceivedMail]:
        """The messages of a mailbox once it has `count` of them. Raises RehearsalFailed after `seconds`."""

        def enough() -> list[ReceivedMail] | None:
            found = self.mailbox(address)
            return found if len(found) >= count else None

        return until(enough, f"{count} message(s) for {address}", seconds)

    def wait_for(self, look: Callable[[], T | None], what: str, seconds: float = 20.0) -> T:
        """What `look` returns once it is true; `what` is for the words of RehearsalFailed after `seconds`."""
        return until(look, what, seconds)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """One signed call of `/tayori/rehearsal/<path>`. Raises RehearsalFailed where it is refused."""
        return self.request(method, _CONTROLS + path, body)

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """One signed call of the service; the JSON of its answer. Raises RehearsalFailed where it is refused."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = self._signed(method, path, content)
        parts = urlsplit(self.env["http"])
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_CALL_SECONDS)
        try:
            connection.request(method, path, content or None, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise RehearsalFailed(f"{method} {path}: {response.status} {answer.decode('utf-8', 'replace')}")
        return dict(json.loads(answer))

    def _signed(self, method: str, path: str, content: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
        from botocore.credentials import Credentials  # type: ignore[import-untyped]

        keys = self.env["credentials"]
        request = AWSRequest(method, self.env["http"] + path, {"content-type": "application/json"}, content)
        credentials = Credentials(keys["access_key_id"], keys["secret_access_key"])
        SigV4Auth(credentials, "ses", self.env["region"]).add_auth(request)
        return dict(request.headers.items())


def _mail(item: Mapping[str, Any]) -> ReceivedMail:
    return ReceivedMail(
        id=item["id"],
        mail_from=item["mail_from"],
        rcpt_to=item["rcpt_to"],
        received_at=datetime.fromisoformat(item["received_at"]),
        tls=item["tls"],
        spf=item["spf"],
        dkim=item["dkim"],
        dmarc=item["dmarc"],
        raw=base64.b64decode(item["raw_base64"]),
    )


def until(look: Callable[[], T | None], what: str, seconds: float = 20.0) -> T:
    """What `look` returns once it is neither None nor false. Raises RehearsalFailed after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise RehearsalFailed(f"after {seconds:g} seconds there was not: {what}")
        time.sleep(_LOOK_AGAIN_SECONDS)


@contextlib.contextmanager
def rehearsal_in(folder: Path) -> Iterator[Rehearsal]:
    """Start a rehearsal on free ports with its data in `folder`; stop it at the end of the block."""
    with free_ports() as port_base:
        node = Node(data=folder / "tayori", port_base=port_base)
        node.start()
        try:
            yield Rehearsal(json.loads(node.command("env", "--json").stdout))
        finally:
            status = node.stop()
        if status:
            raise RehearsalFailed(f"tayori up ended with status {status}; see {node.log}")
