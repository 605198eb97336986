"""One mail transaction with one host: commands out, replies in, one Outcome for each recipient.

Owns the order of MAIL, RCPT, DATA and content, and the pairing of replies with them. Sans I/O: `dialogue` carries the
bytes. Never decides what a failure means (`model.failure` does) or what comes next (`destination` does). RFC 5321 3.3,
RFC 2920 (pipelining), RFC 6152, RFC 1870.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Generic, TypeVar

from tayori.delivery.extensions import Extensions
from tayori.delivery.sign import SignedMessage
from tayori.mail.reply import Reply
from tayori.model.failure import Stage, classify_reply, classify_trouble, says_too_many_recipients
from tayori.model.message import DueRecipient, Outcome, Reason

# AddrSpec has no such octets; a path that had them would be a command of somebody else's choosing.
_UNSAFE_IN_PATH = re.compile(r"[\x00-\x1f\x7f<>]|[^\x00-\x7f]")

JobT = TypeVar("JobT")


class Step(Enum):
    """What the dialogue has to do after a reply."""

    WAIT = auto()  # for the next reply of the group already sent
    SEND_NEXT = auto()  # one command: the host knows no pipelining
    SEND_CONTENT = auto()
    SEND_DOT = auto()  # 354 though nobody is left to write to: RFC 2920 3.1 wants a lone dot
    FINISHED = auto()
    CLOSE = auto()  # finished, and the connection with it


class Transaction(Generic[JobT]):
    """The state of one transaction. `outcomes` has None for recipients about whom nothing is known yet."""

    __slots__ = (
        "_accepted",
        "_commands",
        "_mail_refused",
        "_pipelined",
        "_position",
        "_remote",
        "_sent",
        "is_clean",
        "job",
        "mark",
        "outcomes",
        "overflow",
        "recipients",
        "signed",
        "started",
        "started_at",
    )

    def __init__(
        self,
        job: JobT,
        signed: SignedMessage,
        recipients: Sequence[DueRecipient],
        *,
        extensions: Extensions,
        remote_mta: str,
        mark: bytes = b"",
        started: float,
        started_at: datetime,
    ) -> None:
        self.job = job
        self.signed = signed
        self.mark = mark  # a header field that goes in front of the signed message
        self.recipients = recipients
        self.started = started  # loop time
        self.started_at = started_at
        self.outcomes: list[Outcome | None] = [None] * len(recipients)
        self.overflow: list[int] = []  # positions of recipients that the host wants in a transaction of their own
        self.is_clean = True  # False: the host may still hold a half-made transaction, RSET is due
        self._remote = remote_mta
        self._pipelined = extensions.pipelining
        self._commands = _commands(signed, recipients, extensions, mark)
        self._position = 0  # of the reply awaited: 0 MAIL, 1..n RCPT, n+1 DATA, n+2 the dot
        self._sent = 0
        self._accepted = 0
        self._mail_refused = False

    @property
    def stage(self) -> Stage:
        """Which command's reply is awaited."""
        if self._position == 0:
            return Stage.MAIL
        last = len(self.recipients)
        if self._position <= last:
            return Stage.RCPT
        return Stage.DATA if self._position == last + 1 else Stage.CONTENT

    @property
    def is_untouched(self) -> bool:
        """True while the host has not answered anything: what goes wrong now says nothing about the message."""
        return self._position == 0

    def opening(self) -> bytes:
        """The first bytes to send: the whole group up to DATA where the host takes pipelining, else MAIL."""
        if self._pipelined:
            self._sent = len(self._commands)
            return b"".join(self._commands)
        self._sent = 1
        return self._commands[0]

    def next_command(self) -> bytes:
        command = self._commands[self._sent]
        self._sent += 1
        return command

    def take(self, reply: Reply) -> Step:
        """The reply to the command whose turn it is."""
        position = self._position
        if reply.code == 421:  # at any time: the host closes (RFC 5321 3.8)
            return self.abort(classify_reply(self.stage, reply, self._remote))
        self._position = position + 1
        last = len(self.recipients)
        if position == 0:
            return self._mail(reply)
        if position <= last:
            return self._rcpt(position - 1, reply)
        return self._data(reply) if position == last + 1 else self._content(reply)

    def abort(self, outcome: Outcome) -> Step:
        """The connection is of no more use; what was said about single recipients before still holds."""
        self._settle(outcome)
        self._settle_overflow(outcome)
        return Step.CLOSE

    def _mail(self, reply: Reply) -> Step:
        if reply.code >= 300:
            self._mail_refused = True
            return self._refused(Stage.MAIL, reply)
        return self._onward()

    def _rcpt(self, index: int, reply: Reply) -> Step:
        if self._mail_refused:
            return Step.WAIT
        if reply.code < 300:
            self._accepted += 1
        elif self._accepted and says_too_many_recipients(reply):
            self.overflow.append(index)
        elif reply.code < 400:
            return self._out_of_order(reply)
        else:
            self.outcomes[index] = classify_reply(Stage.RCPT, reply, self._remote)
        if not self._pipelined and index + 1 == len(self.recipients) and not self._accepted:
            self.is_clean = False
            return Step.FINISHED
        return self._onward()

    def _data(self, reply: Reply) -> Step:
        if reply.code == 354:
            return Step.SEND_CONTENT if self._accepted else Step.SEND_DOT
        if reply.code < 400:
            return self._out_of_order(reply)
        if not self._mail_refused:
            self.is_clean = False
            self._settle(classify_reply(Stage.DATA, reply, self._remote))
        return Step.FINISHED

    def _content(self, reply: Reply) -> Step:
        if 300 <= reply.code < 400:
            return self._out_of_order(reply)
        if self._accepted:  # what a host says to a lone dot is about nobody
            self._settle(classify_reply(Stage.CONTENT, reply, self._remote))
        return Step.FINISHED

    def _refused(self, stage: Stage, reply: Reply) -> Step:
        if reply.code < 400:
            return self._out_of_order(reply)
        self._settle(classify_reply(stage, reply, self._remote))
        return Step.WAIT if self._pipelined else Step.FINISHED

    def _out_of_order(self, reply: Reply) -> Step:
        return self.abort(classify_trouble(Reason.PROTOCOL_ERROR, f"unexpected reply: {reply}", self._remote))

    def _onward(self) -> Step:
        return Step.WAIT if self._pipelined else Step.SEND_NEXT

    def _settle(self, outcome: Outcome) -> None:
        if len(self.outcomes) == 1:
            if self.outcomes[0] is None:
                self.outcomes[0] = outcome
            return
        for index, known in enumerate(self.outcomes):
            if known is None and index not in self.overflow:
                self.outcomes[index] = outcome

    def _settle_overflow(self, outcome: Outcome) -> None:
        for index in self.overflow:
            self.outcomes[index] = outcome
        self.overflow = []


def _commands(
    signed: SignedMessage, recipients: Sequence[DueRecipient], extensions: Extensions, mark: bytes
) -> list[bytes]:
    size = f" SIZE={signed.size + len(mark)}" if extensions.size_limit is not None else ""
    body = " BODY=8BITMIME" if signed.is_eight_bit else ""
    commands = [f"MAIL FROM:<{_path(signed.reverse_path)}>{size}{body}\r\n".encode("ascii")]
    commands += [f"RCPT TO:<{_path(str(r.address))}>\r\n".encode("ascii") for r in recipients]
    commands.append(b"DATA\r\n")
    return commands


def _path(text: str) -> str:
    if _UNSAFE_IN_PATH.search(text):
        raise ValueError("a path with characters that cannot be in it")
    return text


def untransportable(
    signed: SignedMessage, extensions: Extensions, remote_mta: str, mark: bytes = b""
) -> Outcome | None:
    """Why this host cannot take the message at all, found before a byte of it is sent; None when it can.

    8-bit content is not converted for a host without 8BITMIME: that would break its signatures (RFC 6152 3 (2)).
    """
    if signed.is_eight_bit and not extensions.eight_bit_mime:
        return classify_trouble(Reason.CONTENT_NOT_TRANSPORTABLE, remote_mta=remote_mta)
    size = signed.size + len(mark)
    if extensions.size_limit and size > extensions.size_limit:
        words = f"the message has {size} octets, the host takes {extensions.size_limit}"
        return classify_trouble(Reason.MESSAGE_TOO_LARGE, words, remote_mta)
    return None
