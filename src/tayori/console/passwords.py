"""Passwords as hashes: Argon2id (RFC 9106), made and compared in threads, few at a time.

Owns the cost of a guess, which is time and memory of ours: however many try at once, no more than `_AT_ONCE` are at
work. A name that nobody has costs the same as one that somebody has.
"""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2
_MOST_WAITING = 40  # about four seconds' worth
_HASHER = PasswordHasher()  # RFC 9106's second choice: 64 MiB, three passes


class Busy(Exception):
    """More guesses wait than can be heard soon."""


def hashed(password: str) -> str:
    """Where nobody else waits: a command's own process."""
    return _HASHER.hash(password)


class Passwords:
    """`hash` is for passwords of people who were let in, `is_right` for guesses: only these may be turned away."""

    def __init__(self) -> None:
        self._waiting = 0
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._places:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def is_right(self, kept: str | None, password: str) -> bool:
        """`kept` is the hash of whoever is meant; None where it is nobody, which takes as long. Raises Busy."""
        if self._waiting >= _MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            if self._nobody is None:
                self._nobody = await self.hash("nobody says this, and it opens nothing")
            async with self._places:
                right = await asyncio.to_thread(_is_right, kept or self._nobody, password)
        finally:
            self._waiting -= 1
        return right and bool(kept)


def _is_right(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
