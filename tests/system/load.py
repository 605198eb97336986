"""An application under full steam: threads that send distinct messages by SMTP and by the API, whatever breaks.

Owns the account of what the service took responsibility for: a MessageId counts as accepted when the 250 or the 200
with it has been read, and only then. What broke off in between is counted as unknown; it may arrive or not.
"""

import contextlib
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from service import Service, message

_OK = re.compile(rb"Ok ([0-9a-f-]+)")
_AFTER_TROUBLE = 0.1


class Load:
    def __init__(
        self,
        service: Service,
        *,
        sender: str,
        to: str,
        smtp_threads: int = 3,
        api_threads: int = 1,
        pause: float = 0.005,
    ) -> None:
        self.accepted: dict[str, float] = {}  # MessageId → when
        self.unknown = 0
        self.refusals: list[str] = []  # what no client of a healthy or a broken service should be told
        self._service = service
        self._sender, self._to = sender, to
        self._pause = pause  # of each thread after each message
        self._numbers = count(1)
        self._stopping = threading.Event()
        targets = [self._by_smtp] * smtp_threads + [self._by_api] * api_threads
        self._threads = [threading.Thread(target=self._keep_going, args=(target,), daemon=True) for target in targets]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender hangs"

    def _keep_going(self, connect_and_send: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                connect_and_send()
            except smtplib.SMTPResponseException as error:
                self._note(error.smtp_code, repr(error))
            except ClientError as error:
                self._note(error.response["ResponseMetadata"]["HTTPStatusCode"], repr(error))
            except (OSError, smtplib.SMTPException, BotoCoreError):
                self.unknown += 1
            time.sleep(_AFTER_TROUBLE)

    def _note(self, code: int, words: str) -> None:
        """4xx of SMTP and 5xx of HTTP say "later"; 5xx of SMTP and 4xx of HTTP would lose mail that was in order."""
        is_smtp = words.startswith("SMTP")
        if code >= 500 if is_smtp else code < 500:
            self.refusals.append(words)
        self.unknown += 1

    def _by_smtp(self) -> None:
        with contextlib.ExitStack() as stack:
            session = self._session(stack)
            while not self._stopping.is_set():
                self._accept(hand_over(session, self._sender, self._to, f"smtp {next(self._numbers)}"))
                time.sleep(self._pause)

    def _session(self, stack: contextlib.ExitStack) -> smtplib.SMTP:
        smtp = self._service.env["smtp"]
        session = smtplib.SMTP(smtp["host"], smtp["starttls_port"], timeout=30)
        stack.callback(session.close)
        session.starttls(context=ssl.create_default_context(cafile=smtp["ca_file"]))
        session.login(smtp["username"], smtp["password"])
        return session

    def _by_api(self) -> None:
        client: Any = self._service.client()
        with contextlib.closing(client):
            while not self._stopping.is_set():
                raw = bytes(message(self._to, sender=self._sender, subject=f"api {next(self._numbers)}"))
                self._accept(client.send_email(Content={"Raw": {"Data": raw}})["MessageId"])
                time.sleep(self._pause)

    def _accept(self, message_id: str) -> None:
        assert message_id not in self.accepted, "a MessageId was given twice"
        self.accepted[message_id] = time.time()


def hand_over(session: smtplib.SMTP, sender: str, to: str, subject: str) -> str:
    """The MessageId of a message that the service has answered for."""
    for code, reply in (session.mail(sender), session.rcpt(to)):
        if code != 250:
            raise smtplib.SMTPResponseException(code, reply)
    code, reply = session.data(bytes(message(to, sender=sender, subject=subject)))
    found = _OK.fullmatch(reply)
    if code != 250 or found is None:
        raise smtplib.SMTPResponseException(code, reply)
    return found.group(1).decode()
