"""The content of a large message as BDAT carries it (RFC 3030).

Owns where a message is cut. Never reads replies: `attempt` does.

A message of more than one chunk goes by BDAT where the host offers CHUNKING: each chunk is answered before the next one
is sent, so that a host which does not want the message says so after the first, and the connection is still of use. For
less content BDAT would gain nothing, as DATA, content and the next transaction share their round trips. Nor is there
content that only BDAT could carry: acceptance refuses NUL and long lines, and no line end stands alone.
"""

from tayori.mail.lines import unstuffed

CHUNK = 1024 * 1024  # octets of content in one BDAT; a message of no more goes by DATA


class Chunks:
    """The content of one message, without the dots of DATA, and how much of it was sent.

    The first chunk is our own header field alone. A host that announces CHUNKING and then takes content for commands
    (some filter between us and it may) gets nothing that somebody else wrote.
    """

    __slots__ = ("_body", "_mark", "_sent")

    def __init__(self, mark: bytes, wire: bytes) -> None:
        self._mark: bytes | None = mark
        self._body = unstuffed(wire)
        self._sent = 0

    @property
    def are_sent(self) -> bool:
        return self._sent == len(self._body)

    @property
    def are_begun(self) -> bool:
        """Something of the message itself has been sent."""
        return self._sent > 0

    def next(self) -> tuple[bytes, memoryview]:
        """BDAT, and what it carries."""
        if self._mark is not None:
            mark, self._mark = self._mark, None
            return b"BDAT %d\r\n%s" % (len(mark), mark), memoryview(b"")
        chunk = self._body[self._sent : self._sent + CHUNK]
        self._sent += len(chunk)
        return b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if self.are_sent else b""), chunk
