"""The rehearsal's controls between processes of one machine: a Unix socket in the data folder.

Owns framing and bounds: one length-prefixed JSON document each way. Only this user can reach the socket; what a call
means is `control`'s affair.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

from tayori.rehearsal.control import ControlHandler, ControlRequest, ControlResponse

_LOG = logging.getLogger(__name__)
_LENGTH = struct.Struct("!I")
_MAX_REQUEST = 16 * 1024 * 1024
_MAX_RESPONSE = 512 * 1024 * 1024
_CALL_SECONDS = 60.0
_LONGEST_PATH = 100  # sun_path has 104 octets on macOS, 108 on Linux


def socket_path(folder: Path) -> Path:
    """Where the socket of a data folder is: inside, or in the system's temporary folder when the path is too long."""
    inside = folder.resolve() / "control.sock"
    if len(os.fsencode(inside)) <= _LONGEST_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:20]
    return Path(tempfile.gettempdir()) / f"tayori-{os.getuid()}-{digest}.sock"


class RemoteEnd:
    """The listening side: hands each call to `handler`."""

    def __init__(self, folder: Path, handler: ControlHandler) -> None:
        self._path = socket_path(folder)
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()  # left by a process that died
        old = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path)
        finally:
            os.umask(old)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                response = await self._answer(_request(await _read(reader, _MAX_REQUEST)))
                await _write(writer, {"status": response.status, "body": response.body})
        except (OSError, EOFError, TimeoutError, ValueError, LookupError, TypeError, asyncio.CancelledError):
            pass  # the caller went away, is no caller of ours, or we are stopping
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, request: ControlRequest) -> ControlResponse:
        try:
            return await self._handler(request)
        except Exception:
            _LOG.exception("rehearsal.control_failed")
            return ControlResponse(status=500, body={"message": "the rehearsal could not do this"})


class RemoteWorld:
    """The calling side, a ControlHandler for a world that runs in another process."""

    def __init__(self, folder: Path) -> None:
        self._path = socket_path(folder)

    async def handle(self, request: ControlRequest) -> ControlResponse:
        asked = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "body": request.body,
            "account_id": request.account_id,
        }
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                answer = await self._call(asked)
        except (OSError, EOFError, TimeoutError, ValueError):
            return ControlResponse(status=503, body={"message": "the rehearsal internet is not running"})
        return ControlResponse(status=int(answer["status"]), body=answer["body"])

    async def _call(self, asked: Any) -> Any:
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            await _write(writer, asked)
            return await _read(reader, _MAX_RESPONSE)
        finally:
            writer.close()


def _request(asked: Any) -> ControlRequest:
    return ControlRequest(
        method=str(asked["method"]),
        path=str(asked["path"]),
        query=dict(asked["query"]),
        body=asked["body"],
        account_id=str(asked["account_id"]),
    )


async def _read(reader: asyncio.StreamReader, limit: int) -> Any:
    length = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))[0]
    if length > limit:
        raise ValueError("the document is too long")
    return json.loads(await reader.readexactly(length))


async def _write(writer: asyncio.StreamWriter, document: Any) -> None:
    content = json.dumps(document).encode("utf-8")
    writer.write(_LENGTH.pack(len(content)) + content)
    await writer.drain()
