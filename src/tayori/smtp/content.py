"""The content of one message on its way in, after the 354 reply.

Owns why content is refused and what it may take of the server's memory. Never decides where content ends:
`tayori.mail.lines.DataReader` does.
"""

from tayori.mail.lines import DataFault, DataReader
from tayori.mail.reply import Reply
from tayori.smtp.policy import ServerSettings
from tayori.smtp.shared import ContentMemory

TOO_LARGE = Reply.of(552, "Message is too long.", "5.3.4")
NO_MEMORY = Reply.of(452, "Insufficient system storage", "4.3.1")
BARE_LINE_END = Reply.of(554, "Message refused: bare CR or LF; lines end with CR LF", "5.6.0")
NUL = Reply.of(554, "Message refused: it contains a NUL character", "5.6.0")


class IncomingContent:
    """Collects one message. `release` must be called once nobody holds the content any more."""

    __slots__ = ("_held", "_max_line", "_memory", "_reader", "_starved")

    def __init__(self, settings: ServerSettings, memory: ContentMemory) -> None:
        self._reader = DataReader(max_size=settings.max_size, max_line=settings.max_line)
        self._max_line = settings.max_line
        self._memory = memory
        self._held = 0  # octets that the memory is charged with
        self._starved = False  # the memory ran out in the middle of this message

    def feed(self, data: bytes) -> bytes | None:
        """None: send more. Otherwise the content has ended, and these octets follow its end."""
        if self._reader.faults:  # before the end of the content there is but one: too large, and dropped
            self.release()
        elif self._memory.is_exhausted:
            self._starved = True
            self._reader.discard()
            self.release()
        else:
            self._held += len(data)
            self._memory.take(len(data))
        return self._reader.feed(data)

    @property
    def octets(self) -> bytes:
        return self._reader.content

    @property
    def is_ambiguous(self) -> bool:
        """The sender may think that its message ended earlier: what follows is not to be trusted either."""
        return bool(self._reader.faults) and DataFault.BARE_LINE_END in self._reader.faults

    def refusal(self) -> Reply | None:
        faults = self._reader.faults
        if not faults:
            return None
        if self.is_ambiguous:
            return BARE_LINE_END
        if self._starved:
            return NO_MEMORY
        if DataFault.TOO_LARGE in faults:
            return TOO_LARGE
        if DataFault.NUL in faults:
            return NUL
        if DataFault.LINE_TOO_LONG in faults:
            return Reply.of(554, f"Message refused: a line is longer than {self._max_line} octets", "5.6.0")
        return None

    def release(self) -> None:
        self._memory.give_back(self._held)
        self._held = 0
