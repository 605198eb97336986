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
        if not self._is_cut:
            parts[0] = self._rest + parts[0]
        elif len(parts) == 1:
            return
        else:
            yield from self.end()
            del parts[0]
        rest = parts.pop()
        for part in parts:
            yield from self._numbered(part)
        # What is no part of the line goes before it is cut: it would be taken for a whole one else.
        rest = self._begun(rest) if len(rest) > LONGEST_LINE else rest
        self._is_cut = len(rest) > LONGEST_LINE
        self._rest = rest[: LONGEST_LINE + 1]

    def end(self) -> Iterator[tuple[int, bytes]]:
        """What is behind the last end of a line."""
        if self._is_cut:
            self._number += 1
            yield self._number, self._rest
        else:
            yield from self._numbered(self._rest)
        self._rest, self._is_cut = b"", False

    def _numbered(self, part: bytes) -> Iterator[tuple[int, bytes]]:
        line = self._begun(part).rstrip()
        self._number += 1
        if line:
            yield self._number, line

    def _begun(self, part: bytes) -> bytes:
        return (part if self._number else part.removeprefix(_MARK)).lstrip()
