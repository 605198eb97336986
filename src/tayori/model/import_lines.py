"""The numbered lines of an import file that comes in blocks, within bounded memory.

Owns where a line ends, and that a line without an end is cut: whoever reads it finds it too long. Never keeps more than
one such line between two blocks.
"""

from collections.abc import Iterator

LONGEST_LINE = 128 * 1024
_MARK = b"\xef\xbb\xbf"  # of UTF-8, as spreadsheets write it


class Lines:
    def __init__(self) -> None:
        self._number = 0
        self._rest = b""
        self._is_cut = False

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """The lines that end in the block."""
        parts = block.split(b"\n")
        parts[0] = self._rest if self._is_cut else self._rest + parts[0]
        rest = parts.pop()
        self._is_cut = len(rest) > LONGEST_LINE
        self._rest = rest[: LONGEST_LINE + 1]
        for part in parts:
            yield from self._numbered(part)

    def end(self) -> Iterator[tuple[int, bytes]]:
        """What is behind the last end of a line."""
        yield from self._numbered(self._rest)
        self._rest = b""

    def _numbered(self, part: bytes) -> Iterator[tuple[int, bytes]]:
        self._number += 1
        line = (part.removeprefix(_MARK) if self._number == 1 else part).strip()
        if line:
            yield self._number, line
