"""The service as its users run it: `tayori up` in processes of its own, on ports and in a folder of its own.

A test that ends well has stopped its service by SIGTERM, with exit status 0 and nothing in the log that is an error, a
warning of Python or a traceback, save what the test said it would cause.
"""

import json
import os
import re
import signal
import smtplib
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config as BotoConfig

from tayori.testing import Node, ReceivedMail, Rehearsal, free_ports, until

# Every line of the log can be told apart, and what Python warns of is seen.
ENVIRONMENT = {"TAYORI_LOG_FORMAT": "json", "PYTHONWARNINGS": "default"}
_ALARMING = {"error", "critical"}


class Service:
    """A running node, and its rehearsal internet where it has one."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.expected_errors: set[str] = set()
        self._seen = 0

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.node.start()
        self.rehearsal = Rehearsal(json.loads(self.node.command("env", "--json").stdout))

    def stop(self) -> None:
        """SIGTERM, exit status 0, and a log without alarm."""
        assert self.node.stop() == 0
        self.check_log()

    def check_log(self) -> None:
        alarms = [line for line in self.log_lines() if is_alarming(line, self.expected_errors)]
        assert not alarms, "the log tells of trouble:\n" + "\n".join(alarms)

    def log_lines(self) -> list[str]:
        return self.node.log.read_text("utf-8").splitlines()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's entries of one event."""
        entries = (json.loads(line) for line in self.log_lines() if line.startswith("{"))
        return [entry for entry in entries if entry["event"] == name]

    def pid_of(self, part: str) -> int:
        """The process that runs `services` or `worker-1` now. One worker may answer before the others have started."""
        started = until(
            lambda: [entry for entry in self.events("started") if entry["part"] == part], f"{part} started", 60
        )
        return int(started[-1]["pid"])

    def kill_part(self, part: str) -> int:
        """Once it runs: it may have ended with the process beside it, and be about to be started again. Its pid."""

        def kill() -> int | None:
            pid = self.pid_of(part)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return None
            return pid

        self.expected_errors.add("process_died")
        return until(kill, f"{part} running", 60)

    # -- clients -----------------------------------------------------------------------------------------------------

    @property
    def env(self) -> Mapping[str, Any]:
        return self.rehearsal.env

    def client(self, name: str = "sesv2") -> Any:
        """A boto3 client that does not try again by itself: a test sees each answer."""
        config = BotoConfig(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=30)
        return boto3.client(name, config=config, **self.rehearsal.boto3)

    @contextmanager
    def smtp(self, *, implicit_tls: bool = False, smtp: Mapping[str, Any] | None = None) -> Iterator[smtplib.SMTP]:
        """A session over verified TLS that has authenticated; with other values than `env["smtp"]` where given."""
        smtp = smtp or self.env["smtp"]
        context = ssl.create_default_context(cafile=smtp["ca_file"])
        if implicit_tls:
            session: smtplib.SMTP = smtplib.SMTP_SSL(smtp["host"], smtp["tls_port"], timeout=30, context=context)
        else:
            session = smtplib.SMTP(smtp["host"], smtp["starttls_port"], timeout=30)
        with session:
            if not implicit_tls:
                session.starttls(context=context)
            session.login(smtp["username"], smtp["password"])
            yield session

    def tayori(self, *arguments: str) -> str:
        """What `tayori <arguments>` prints; it must succeed."""
        done = self.node.command(*arguments, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # -- what tests set up and look at -------------------------------------------------------------------------------

    def open_account(self) -> None:
        """Out of the sandbox, without limits; identities are verified as they are created."""
        self.rehearsal.settings(verify_identities_at_once=True, production_access=True)

    def add_domain(self, domain: str, **options: Any) -> None:
        """A verified identity whose records are in the DNS, with a DMARC policy of reject."""
        self.client().create_email_identity(EmailIdentity=domain, **options)
        self.rehearsal.adopt(domain)
        self.rehearsal.put_record(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=reject")

    def send(self, to: str, *, sender: str, subject: str = "Hello", text: str = "Hello.", **options: Any) -> str:
        """The MessageId of a Simple message."""
        body = {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}}
        answer = self.client().send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": [to]}, Content={"Simple": body}, **options
        )
        return str(answer["MessageId"])

    def timeline(self, message_id: str) -> dict[str, Any]:
        return dict(self.rehearsal.request("GET", f"/tayori/messages/{message_id}"))

    def state(self, message_id: str) -> str:
        """Of the message's first recipient."""
        return str(self.timeline(message_id)["recipients"][0]["state"])

    def wait_for_state(self, message_id: str, *states: str, seconds: float = 20) -> dict[str, Any]:
        """The timeline, once the first recipient is in one of these states."""

        def look() -> dict[str, Any] | None:
            found = self.timeline(message_id)
            return found if found["recipients"][0]["state"] in states else None

        return until(look, f"{message_id} {' or '.join(states)}", seconds)

    def wait_for_event(self, message_id: str, kind: str, seconds: float = 20) -> dict[str, Any]:
        """The first event of this kind."""

        def look() -> dict[str, Any] | None:
            return next((event for event in self.timeline(message_id)["events"] if event["type"] == kind), None)

        return until(look, f"a {kind} event of {message_id}", seconds)


def is_alarming(line: str, expected: Collection[str] = ()) -> bool:
    """An error, a traceback, or anything that is no log entry, such as a warning of Python."""
    try:
        entry = json.loads(line)
    except ValueError:
        return True
    if entry["event"] in expected:
        return False
    return entry["level"] in _ALARMING or "traceback" in entry


@contextmanager
def running(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, name: str = "tayori"
) -> Iterator[Service]:
    """`tayori up --rehearsal <arguments>` until the end of the block."""
    with free_ports() as port_base:
        node = Node(
            data=folder / name,
            port_base=port_base,
            arguments=("--rehearsal", *arguments),
            environment={**ENVIRONMENT, **(environment or {})},
        )
        service = Service(node)
        service.start()
        try:
            yield service
            if node.process is not None:
                service.stop()
        finally:
            node.kill()


def message(to: str, *, sender: str, subject: str = "Hello", text: str = "Hello.\n") -> EmailMessage:
    made = EmailMessage(policy=SMTP)  # with CR LF at the ends of lines
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made.set_content(text)
    return made


def check_authentic(mail: ReceivedMail) -> None:
    """Over TLS, and SPF, DKIM and DMARC pass."""
    assert mail.tls in ("TLSv1.2", "TLSv1.3")
    assert mail.is_authentic, (mail.spf, mail.dkim, mail.dmarc)


def check_return_path(path: str, message_id: str, domain: str) -> None:
    """That of the message, at this MAIL FROM domain, with a signature in the place of the zeros."""
    stem = message_id.removesuffix("000000")
    assert re.fullmatch(rf"{stem}[0-9a-f]{{2}}[a-z2-7]{{8}}@{re.escape(domain)}", path), path


def message_id_of(mail: ReceivedMail) -> str:
    """The MessageId that the service gave, from the Message-ID field."""
    found = re.fullmatch(r"<([0-9a-f-]+)@.+>", mail.message["Message-ID"])
    assert found is not None, mail.message["Message-ID"]
    return found.group(1)
