"""Inputs made of seeds: cut, repeated, joined, with octets that parsers trip over. Without coverage, but quick."""

import random
from collections.abc import Iterator, Sequence

_TROUBLE = (
    b"\r",
    b"\n",
    b"\r\n",
    b"\0",
    b".",
    b"\r\n.\r\n",
    b"\n.\n",
    b"-",
    b" ",
    b"\t",
    b":",
    b";",
    b'"',
    b"\\",
    b"<",
    b">",
    b"@",
    b"(",
    b")",
    b"=?",
    b"?=",
    b"=",
    b"--",
    b"\xff",
    b"\xc0\x0c",
    b"\xe2\x80\xa8",
    b"\x85",
    b"\x7f",
    b"4" * 30,
    b"A" * 300,
)
_LONGEST = 20_000


def inputs(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Without end; the same for the same `seed`."""
    chance = random.Random(seed)
    yield b""
    yield from seeds
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 6, 12))):
            _mutate(data, seeds, chance)
        yield bytes(data[:_LONGEST])


def _mutate(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64)))
    match chance.randrange(7):
        case 0:
            del data[at:end]
        case 1:
            data[at:at] = chance.choice(_TROUBLE)
        case 2:
            data[at:end] = chance.choice(_TROUBLE)
        case 3:
            data[at:at] = data[at:end] * chance.choice((1, 2, 10, 50))
        case 4:
            other = chance.choice(seeds)
            data[at:] = other[chance.randrange(len(other) + 1) :]
        case 5 if at < len(data):
            data[at] = chance.randrange(256)
        case _:
            if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
