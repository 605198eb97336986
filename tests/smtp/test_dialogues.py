"""Every dialogue in dialogues/ against a real server on a loopback port, on both event loops."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from dialogue import Client, DialogueError, run_dialogue, settings_of
from recording import Certificates, Record, RecordingPolicy, serving, settings
from roles import Service

from tayori.smtp.policy import AuthOffer, Peer, Policy, ServerSettings

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


def policy_factory(role: str, extensions: str, chosen: ServerSettings) -> Callable[[Peer], Policy]:
    if role == "submission":
        return Service().submission(chosen).policy
    if role == "trusted":
        return Service().submission(chosen, trusted="127.0.0.0/8").policy
    if role == "mx":
        return Service().mx(chosen).policy
    record = Record()
    return lambda peer: RecordingPolicy(record, peer, tuple(extensions.split()))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_dialogue(path: Path, run_on: Callable[[Coroutine[Any, Any, None]], None], certificates: Certificates) -> None:
    options = settings_of(path)
    role, extensions = options.pop("role", "recording"), options.pop("extensions", "")
    implicit = options.pop("tls", "starttls") == "implicit"
    changes: dict[str, object] = {name: type_of(name)(value) for name, value in options.items()}
    if role in ("submission", "trusted"):
        changes.setdefault("auth", AuthOffer.PLAIN_LOGIN)

    async def scenario() -> None:
        async with serving(
            policy_factory(role, extensions, settings(**changes)),
            tls=certificates.server,
            implicit_tls=implicit,
            **changes,
        ) as server:
            client = await Client.connect(server.port, tls=certificates.client if implicit else None)
            try:
                await run_dialogue(path, client, certificates.client)
            finally:
                client.close()

    run_on(scenario())


def type_of(name: str) -> Callable[[str], object]:
    """How the value of a "!" line is read."""
    if name == "auth":
        return AuthOffer
    if name == "require_tls_for_auth":
        return lambda text: text == "yes"
    return type(getattr(settings(), name))


def test_a_dialogue_that_expects_something_else_fails(
    tmp_path: Path, run: Callable[[Coroutine[Any, Any, None]], None], certificates: Certificates
) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("<~ 220 .*\n-> NOOP\n<- 250 Something else\n")

    async def scenario() -> None:
        async with serving(policy_factory("recording", "", settings())) as server:
            client = await Client.connect(server.port)
            with pytest.raises(DialogueError, match=r"wrong.txt:3: .*\n.*'250 Ok'"):
                await run_dialogue(path, client, certificates.client)
            client.close()

    run(scenario())
