r"""Runs an SMTP dialogue written as text against a server.

    # a comment
    -> EHLO client.test        send the line with CR LF
    => one\ntwo\0              send exactly these octets; Python's escapes
    <- 250 Ok                  the next line of the server is this
    <~ 250 Ok [0-9]+           ... matches this regular expression, from end to end
    <* 250                     take lines up to the last one of a reply, which has this code
    == tls                     turn to TLS
    == eof                     say that we send no more
    == closed                  the server closes the connection
    == silence                 the server says nothing for a moment

Lines beginning with "!" are for the test: settings of the server.
"""

import asyncio
import re
import ssl
from pathlib import Path

_SECONDS = 5.0
_SILENCE = 0.05


class DialogueError(AssertionError):
    """The server said something else."""


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, *, tls: ssl.SSLContext | None = None) -> "Client":
        name = "localhost" if tls else None
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def line(self) -> str:
        async with asyncio.timeout(_SECONDS):
            line = await self.reader.readline()
        return line.decode("utf-8").removesuffix("\r\n")

    async def reply(self) -> str:
        """A whole reply, its lines joined by LF; "" when the connection is closed."""
        lines = [await self.line()]
        while lines[-1][3:4] == "-":
            lines.append(await self.line())
        return "\n".join(lines)

    async def ask(self, command: str) -> str:
        await self.send(command.encode("utf-8") + b"\r\n")
        return await self.reply()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="localhost")

    async def closed(self) -> bool:
        """Whether the server ends the connection, with nothing more to say."""
        async with asyncio.timeout(_SECONDS):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True

    def close(self) -> None:
        self.writer.close()


def settings_of(path: Path) -> dict[str, str]:
    """The "!" lines: name and value."""
    lines = path.read_text("utf-8").splitlines()
    return dict(line[1:].strip().split(None, 1) for line in lines if line.startswith("!"))


async def run_dialogue(path: Path, client: Client, tls: ssl.SSLContext) -> None:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line[0] in "#!":
            continue
        arrow, _, text = line.partition(" ")
        try:
            await _step(arrow, text, client, tls)
        except (DialogueError, TimeoutError) as error:
            raise DialogueError(f"{path.name}:{number}: {line}\n  {error or 'no answer'}") from error


async def _step(arrow: str, text: str, client: Client, tls: ssl.SSLContext) -> None:
    match arrow, text:
        case "->", _:
            await client.send(text.encode("utf-8") + b"\r\n")
        case "=>", _:
            await client.send(text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
        case "<-", _:
            _expect(await client.line(), re.escape(text))
        case "<~", _:
            _expect(await client.line(), text)
        case "<*", _:
            _expect((await client.reply()).split("\n")[-1], re.escape(text) + r"( .*)?")
        case "==", "tls":
            await client.start_tls(tls)
        case "==", "eof":
            client.writer.write_eof()
        case "==", "closed":
            if not await client.closed():
                raise DialogueError("the server went on")
        case "==", "silence":
            await _expect_silence(client)
        case _:
            raise DialogueError("not a line of a dialogue")


def _expect(line: str, pattern: str) -> None:
    if not re.fullmatch(pattern, line):
        raise DialogueError(f"the server said: {line!r}")


async def _expect_silence(client: Client) -> None:
    try:
        async with asyncio.timeout(_SILENCE):
            data = await client.reader.read(1000)
    except TimeoutError:
        return
    raise DialogueError(f"the server said: {data!r}")
