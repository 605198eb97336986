"""Secrets of an installation: one of each, whoever asks first."""

import asyncio

from tayori.resources import installation


def test_several_processes_that_start_together_share_a_secret(run, store) -> None:
    async def start() -> set[bytes]:
        fresh = [bytes([number]) * 32 for number in range(8)]
        return set(await asyncio.gather(*(store.write(installation.secret, "return-path", one) for one in fresh)))

    first = run(start())
    assert len(first) == 1
    assert run(start()) == first


def test_each_name_has_its_own(transact) -> None:
    assert transact(installation.secret, "a", b"1") == b"1"
    assert transact(installation.secret, "b", b"2") == b"2"
    assert transact(installation.secret, "a", b"3") == b"1"
