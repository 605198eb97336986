"""Whose job is next: a fair order between accounts, and within each between its streams.

Owns the order and nothing else; pure. Deficit round robin with a line for newcomers (RFC 8290 4.1: "new" and "old"
flows, without its dropping): who has had nothing waiting goes before those who keep the line busy, once. So a single
mail waits for a few transactions of others, however long their bulk is, and two bulks share evenly, or by weight.
Taking and putting cost the same with one stream and with ten thousand.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")

TURN = 4  # jobs in a row from one stream; a longer turn saves a few instructions and delays others
_KEPT = 64  # names of streams without jobs that are remembered

_NO_WEIGHTS: Mapping[str, int] = {}


class _Stream(Generic[T]):
    """The jobs of one stream, in order of arrival."""

    __slots__ = ("credit", "items", "name", "turn")

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: deque[T] = deque()
        self.credit = self.turn = TURN

    @property
    def count(self) -> int:
        return len(self.items)

    def pop(self) -> T:
        return self.items.popleft()


class _Account(Generic[T]):
    """The streams of one account."""

    __slots__ = ("credit", "line", "name", "turn")

    def __init__(self, name: str, weight: int) -> None:
        self.name = name
        self.line: _Line[_Stream[T]] = _Line()
        self.credit = self.turn = TURN * weight

    @property
    def count(self) -> int:
        return self.line.count

    def pop(self) -> T:
        return self.line.next().pop()


class _Flow(Protocol):
    """Who takes turns."""

    name: str
    credit: int
    turn: int

    @property
    def count(self) -> int: ...


F = TypeVar("F", bound=_Flow)


class _Line(Generic[F]):
    """Those who take turns."""

    __slots__ = ("count", "flows", "new", "old")

    def __init__(self) -> None:
        self.flows: dict[str, F] = {}  # those in one of the lines
        self.new: deque[F] = deque()
        self.old: deque[F] = deque()
        self.count = 0  # jobs of all of them

    def join(self, flow: F) -> None:
        self.flows[flow.name] = flow
        self.new.append(flow)

    def next(self) -> F:
        """Whose turn it is; only while `count` is positive. The caller takes one job from it."""
        while True:
            line = self.new or self.old
            flow = line[0]
            if not flow.count:
                line.popleft()
                # Not gone at once: whoever comes back within the round is no newcomer (RFC 8290 4.2).
                if line is self.new:
                    self.old.append(flow)
                else:
                    del self.flows[flow.name]
            elif flow.credit <= 0:
                flow.credit += flow.turn
                line.popleft()
                self.old.append(flow)
            else:
                flow.credit -= 1
                self.count -= 1
                if not self.count and len(self.flows) > _KEPT:
                    self._forget(flow)
                return flow

    def _forget(self, but: F) -> None:
        self.flows = {but.name: but}
        self.new.clear()
        self.old = deque([but])


class FairOrder(Generic[T]):
    """A queue of jobs. `weights` of accounts: how many turns one has for each turn of the others."""

    __slots__ = ("_line", "_weights")

    def __init__(self, weights: Mapping[str, int] = _NO_WEIGHTS) -> None:
        self._line: _Line[_Account[T]] = _Line()
        self._weights = weights

    def __len__(self) -> int:
        return self._line.count

    def push(self, account: str, stream: str, item: T) -> None:
        self._stream(account, stream).append(item)

    def put_back(self, account: str, stream: str, item: T) -> None:
        """An item that was taken and not used: it goes before the others of its stream."""
        self._stream(account, stream).appendleft(item)

    def _stream(self, account: str, stream: str) -> deque[T]:
        line = self._line
        owner = line.flows.get(account)
        if owner is None:
            owner = _Account(account, max(1, self._weights.get(account, 1)))
            line.join(owner)
        flow = owner.line.flows.get(stream)
        if flow is None:
            flow = _Stream(stream)
            owner.line.join(flow)
        line.count += 1
        owner.line.count += 1
        return flow.items

    def pop(self) -> T:
        """The next one; IndexError when there is none."""
        if not self._line.count:
            raise IndexError("nothing waits")
        return self._line.next().pop()

    def peek(self) -> T:
        """Some item that waits, without taking it; it need not be the next one."""
        for item in self:
            return item
        raise IndexError("nothing waits")

    def __iter__(self) -> Iterator[T]:
        for account in self._line.flows.values():
            for stream in account.line.flows.values():
                yield from stream.items

    def drain(self) -> list[T]:
        """All of them, in their order."""
        return [self.pop() for _ in range(len(self))]
