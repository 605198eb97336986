"""The rehearsal internet as a whole: what it keeps, and how it fails to start."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tayori.model.names import ServiceNames
from tayori.rehearsal.mailbox import Limits
from tayori.rehearsal.world import RehearsalError, RehearsalSettings, RehearsalWorld, live

CONTENT = b"From: a@shop.test\r\nSubject: x\r\n\r\nx\r\n"


def settings_for(folder: Path, port: int) -> RehearsalSettings:
    return RehearsalSettings(
        folder=folder,
        names=ServiceNames(service_domain="tayori.test", region="us-east-1"),
        clock_file=folder / "clock",
        dns_port=0,
        smtp_port=port,
        service_dns_port=1,
        service_mx_port=1,
        limits=Limits(messages=100),
    )


def test_keeps_zones_mail_and_authority_over_a_restart(run: Any, tmp_path: Path, provider_port: int) -> None:
    async def story() -> None:
        world = RehearsalWorld(settings_for(tmp_path, provider_port))
        await world.start()
        world.book.put("shop.test", "TXT", ["kept"])
        authority = world.ca_file.read_bytes()
        await world.stop()
        again = RehearsalWorld(settings_for(tmp_path, provider_port))
        await again.start()
        assert (await again.resolver.resolve("shop.test", "TXT")).values == ("kept",)
        assert again.ca_file.read_bytes() == authority
        await again.stop()

    run(story())


def test_private_keys_are_for_the_owner_alone(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            folder = rig.world.settings.folder
            for file in (folder / "ca.key", folder / "mx.inbox.test.pem"):
                assert file.stat().st_mode & 0o077 == 0

    run(story())


@pytest.mark.parametrize(
    ("network", "hint"),
    [
        ("127.77.0", "another program uses the port; choose others with --port-base"),
        ("192.0.2", "sudo ifconfig lo0 alias 192.0.2.1"),
    ],
)
def test_says_why_it_cannot_listen_and_leaves_nothing_open(
    run: Any, tmp_path: Path, provider_port: int, network: str, hint: str
) -> None:
    async def story() -> None:
        settings = replace(settings_for(tmp_path, provider_port), network=network)
        with socket.socket() as taken:
            taken.bind(("127.77.0.5", provider_port))
            taken.listen()
            world = RehearsalWorld(settings)
            with pytest.raises(RehearsalError) as raised:
                await world.start()
        assert str(raised.value).startswith(f"the rehearsal internet cannot listen on {network}.")
        assert str(raised.value).endswith(hint)
        with pytest.raises(OSError):
            await asyncio.open_connection("127.77.0.1", provider_port)

    run(story())


def test_lives_until_the_event(run: Any, tmp_path: Path, provider_port: int) -> None:
    async def story() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(live(settings_for(tmp_path, provider_port), stop))
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.77.0.1", provider_port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            break
        assert (await reader.readline()).startswith(b"220 mx.inbox.test")
        stop.set()
        await task
        writer.close()

    run(story())


def test_the_names_of_addresses(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            resolve = rig.world.resolver.resolve
            service = await resolve("1.1.77.127.in-addr.arpa", "PTR")
            assert service.values == ("a1.smtp-out.us-east-1.tayori.test",)
            assert (await resolve(service.values[0], "A")).values == ("127.77.1.1",)  # forward-confirmed
            assert (await resolve("2.0.77.127.in-addr.arpa", "PTR")).values == ("mx.strict.test",)

    run(story())
