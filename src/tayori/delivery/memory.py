"""What is in memory, and who may add to it.

Owns the bounds: messages and octets in all, and a share for each stream and account. A stream or account may hold so
many times what is left (Choudhury and Hahne's dynamic threshold for shared buffers): one bulk fills four fifths of the
memory, two of them four ninths each, and there is always room for somebody new.
"""

from collections.abc import Iterator

from tayori.model.stream import account_of

_SHARE = 4  # how many times the free memory one stream, or one account, may hold


class Memory:
    """Counts messages by stream; holds none."""

    def __init__(self, *, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self.messages = 0
        self.octets = 0
        self._of_stream: dict[str, int] = {}
        self._of_account: dict[str, int] = {}

    @property
    def left(self) -> int:
        """Messages for which there is room, whoever sends them."""
        return self._max_messages - self.messages if self.octets < self._max_bytes else 0

    def has_room(self, stream: str | None = None) -> bool:
        """Whether one more may come, of `stream` where that is given."""
        left = self.left
        return left > 0 and (stream is None or not self._has_its_share(stream, left))

    def full(self) -> Iterator[str]:
        """Streams that hold their share or more."""
        left = self._max_messages - self.messages
        return (stream for stream in self._of_stream if self._has_its_share(stream, left))

    def add(self, stream: str, octets: int) -> None:
        account = account_of(stream)
        self.messages += 1
        self.octets += octets
        self._of_stream[stream] = self._of_stream.get(stream, 0) + 1
        self._of_account[account] = self._of_account.get(account, 0) + 1

    def remove(self, stream: str, octets: int) -> None:
        self.messages -= 1
        self.octets -= octets
        _count_down(self._of_stream, stream)
        _count_down(self._of_account, account_of(stream))

    def _has_its_share(self, stream: str, left: int) -> bool:
        most = max(1, _SHARE * left)
        return self._of_stream.get(stream, 0) >= most or self._of_account.get(account_of(stream), 0) >= most


def _count_down(counts: dict[str, int], key: str) -> None:
    left = counts[key] - 1
    if left:
        counts[key] = left
    else:
        del counts[key]
