"""Lists of numbers, the highest first, and what is in all of them: the walk of a search through its index.

Owns the walk and its bound. Nothing is read that the walk does not need: from the highest number that one list offers
it leaps in the others, so that a rare term makes a common one cheap. Pure: whoever reads the lists is handed in.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

# (highest number, how many rows) → numbers up to it, the highest first, and whether there are no others. Of two rows,
# one at the most has nothing up to that number.
Fetch = Callable[[int, int], tuple[Sequence[int], bool]]

_FIRST, _MOST = 4, 64
_LIKE_ONE_ROW = 16  # numbers in one row that are not worth counting


class Spent(Exception):
    """The bound is reached. `at` is the number from which to go on."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Budget:
    """How much may be looked at, by whoever shares it."""

    def __init__(self, rows: int, is_late: Callable[[], bool]) -> None:
        self.looked_at = 0
        self._rows = rows
        self._is_late = is_late

    def take(self, rows: int) -> None:
        self.looked_at += rows

    @property
    def is_spent(self) -> bool:
        return self.looked_at >= self._rows or self._is_late()


class Numbers(Protocol):
    def at_most(self, number: int) -> int | None:
        """The highest number that is not above; None where there is none. Asked for ever lower ones."""
        ...


class Posting:
    """One term's list, read piece by piece."""

    def __init__(self, fetch: Fetch, budget: Budget) -> None:
        self._fetch = fetch
        self._budget = budget
        self._piece: Sequence[int] = ()
        self._position = 0
        self._size = _FIRST
        self._is_last = False

    def at_most(self, number: int) -> int | None:
        while True:
            while self._position < len(self._piece):
                if self._piece[self._position] <= number:
                    return self._piece[self._position]
                self._position += 1
            if self._is_last:
                return None
            self._read(number)

    def _read(self, number: int) -> None:
        """A leap begins small again; what is read on end grows."""
        goes_on = bool(self._piece) and number >= 2 * self._piece[-1] - self._piece[0] - 1
        self._size = min(_MOST, self._size * 2) if goes_on else _FIRST
        self._piece, self._is_last = self._fetch(number, self._size)
        self._position = 0
        self._budget.take(max(self._size, len(self._piece) // _LIKE_ONE_ROW))


class AnyOf:
    """What is in one of several lists."""

    def __init__(self, lists: Sequence[Numbers]) -> None:
        self._lists = lists

    def at_most(self, number: int) -> int | None:
        offers = [offer for one in self._lists if (offer := one.at_most(number)) is not None]
        return max(offers, default=None)


def in_all(lists: Sequence[Numbers], start: int, budget: Budget) -> Iterator[int]:
    """Numbers up to `start` that are in every list, the highest first. Raises Spent."""
    number = start
    while True:
        if budget.is_spent:
            raise Spent(number)
        lowest = number
        for one in lists:
            offer = one.at_most(lowest)
            if offer is None:
                return
            lowest = offer
        if lowest == number or all(one.at_most(lowest) == lowest for one in lists):
            yield lowest
            number = lowest - 1
        else:
            number = lowest
