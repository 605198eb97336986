"""One mail transaction with one host: commands out, replies in, one Outcome for each recipient.

Owns the order of MAIL, RCPT, DATA and content, and the pairing of replies with them. Sans I/O: `dialogue` carries the
bytes. Never decides what a failure means (`model.failure` does) or what comes next (`destination` does). RFC 5321 3.3,
RFC 2920 (pipelining), RFC 6152 (8BITMIME), RFC 1870 (SIZE), RFC 6531 (SMTPUTF8), RFC 3461 (DSN).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Generic, TypeVar

from tayori.delivery.chunks import CHUNK, Chunks
from tayori.delivery.commands import are_ascii, envelope_commands
from tayori.delivery.extensions import Extensions
from tayori.delivery.sign import SignedMessage
from tayori.mail.reply import Reply
from tayori.model.failure import Stage, classify_reply, classify_trouble, says_too_many_recipients
from tayori.model.message import DueRecipient, Outcome, Reason

_SYNTAX_ERRORS = frozenset((500, 501, 502, 503, 504))  # to BDAT: the host does not know what it has announced

JobT = TypeVar("JobT")


class Step(Enum):
    """What the dialogue has to do after a reply."""

    WAIT = auto()  # for the next reply of the group already sent
    SEND_NEXT = auto()  # one command: the host knows no pipelining
    SEND_CONTENT = auto()
    SEND_CHUNK = auto()  # the next BDAT
    SEND_DOT = auto()  # 354 though nobody is left to write to: RFC 2920 3.1 wants a lone dot
    FINISHED = auto()
    CLOSE = auto()  # finished, and the connection with it


class Transaction(Generic[JobT]):
    """The state of one transaction. `outcomes` has None for recipients about whom nothing is known yet."""

    __slots__ = (
        "_accepted",
        "_chunks",
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
        "refuses_chunks",
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
        envelope_id: str = "",
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
        self.refuses_chunks = False  # the host has announced CHUNKING and does not know BDAT
        self._pipelined = extensions.pipelining
        self._commands = envelope_commands(signed, recipients, extensions, mark, envelope_id)
        self._chunks = Chunks(mark, signed.wire) if extensions.chunking and len(signed.wire) > CHUNK else None
        if self._chunks is None:
            self._commands.append("DATA\r\n")
        self._position = 0  # of the reply awaited: 0 MAIL, 1..n RCPT, n+1 DATA, n+2 the dot; n+1... each BDAT
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
        if self._chunks is not None:  # before the last one has gone, the host cannot have taken the message
            return Stage.CONTENT if self._chunks.are_sent else Stage.DATA
        return Stage.DATA if self._position == last + 1 else Stage.CONTENT

    @property
    def is_untouched(self) -> bool:
        """True while the host has not answered anything: what goes wrong now says nothing about the message."""
        return self._position == 0

    def opening(self) -> bytes:
        """The first bytes to send: the whole group up to DATA where the host takes pipelining, else MAIL."""
        if self._pipelined:
            self._sent = len(self._commands)
            return "".join(self._commands).encode()
        self._sent = 1
        return self._commands[0].encode()

    def next_command(self) -> bytes:
        command = self._commands[self._sent]
        self._sent += 1
        return command.encode()

    def next_chunk(self) -> tuple[bytes, memoryview]:
        """BDAT, and what it carries."""
        assert self._chunks is not None
        return self._chunks.next()

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
        if self._chunks is not None:
            return self._chunk(self._chunks, reply)
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
            return Step.WAIT if self._chunks is None else self._onward(index)
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
        return self._onward(index)

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
            return self._out_of_order(reply, Stage.CONTENT)
        if self._accepted:  # what a host says to a lone dot is about nobody
            self._settle(classify_reply(Stage.CONTENT, reply, self._remote))
        return Step.FINISHED

    def _chunk(self, chunks: Chunks, reply: Reply) -> Step:
        if reply.code >= 400:
            self.is_clean = False  # RFC 3030 4.2: after a failure only RSET makes the host's state known
            if not chunks.are_begun and reply.code in _SYNTAX_ERRORS:
                self.refuses_chunks = True
                self.overflow = [index for index, known in enumerate(self.outcomes) if known is None]
                return Step.FINISHED
        elif reply.code >= 300:
            return self._out_of_order(reply, self.stage)
        elif not chunks.are_sent:
            return Step.SEND_CHUNK
        self._settle(classify_reply(Stage.CONTENT, reply, self._remote))
        return Step.FINISHED

    def _refused(self, stage: Stage, reply: Reply) -> Step:
        if reply.code < 400:
            return self._out_of_order(reply)
        self._settle(classify_reply(stage, reply, self._remote))
        return Step.WAIT if self._pipelined else Step.FINISHED

    def _out_of_order(self, reply: Reply, stage: Stage | None = None) -> Step:
        words = f"unexpected reply: {reply}"
        return self.abort(classify_trouble(Reason.PROTOCOL_ERROR, words, self._remote, stage=stage))

    def _onward(self, index: int = -1) -> Step:
        """After MAIL, or the RCPT of the recipient at `index`. Where no DATA was sent with the group, BDAT is next."""
        if self._chunks is None or index + 1 < len(self.recipients):
            return Step.WAIT if self._pipelined else Step.SEND_NEXT
        if self._accepted:
            return Step.SEND_CHUNK
        self.is_clean = self._mail_refused
        return Step.FINISHED

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


def untransportable(
    signed: SignedMessage,
    extensions: Extensions,
    remote_mta: str,
    mark: bytes = b"",
    recipients: Sequence[DueRecipient] = (),
) -> Outcome | None:
    """Why this host cannot take the message at all, found before a byte of it is sent; None when it can.

    8-bit content is not converted for a host without 8BITMIME: that would break its signatures (RFC 6152 3 (2)). The
    same holds for a header in UTF-8 (RFC 6532) and a host without SMTPUTF8.
    """
    if signed.is_eight_bit and not extensions.eight_bit_mime:
        return classify_trouble(Reason.CONTENT_NOT_TRANSPORTABLE, remote_mta=remote_mta)
    if not extensions.smtputf8:
        if not are_ascii(recipients):
            return classify_trouble(Reason.ADDRESS_NOT_TRANSPORTABLE, remote_mta=remote_mta)
        if signed.needs_utf8:
            return classify_trouble(Reason.HEADER_NOT_TRANSPORTABLE, remote_mta=remote_mta)
    size = signed.size + len(mark)
    if extensions.size_limit and size > extensions.size_limit:
        words = f"the message has {size} octets, the host takes {extensions.size_limit}"
        return classify_trouble(Reason.MESSAGE_TOO_LARGE, words, remote_mta)
    return None
