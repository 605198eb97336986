"""The files of jobs in a folder of this machine, and what HTTP serves of it.

Each account has its own buckets there, `<folder>/<account id>/<bucket>/<key>`, which it fills by
`PUT /tayori/files/<bucket>/<key>`, within bounds; nobody reaches those of another. What jobs write is beside them, and
read by a link that is signed and ends after an hour.
"""

import asyncio
import contextlib
import hashlib
import hmac
import os
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlencode

from tayori import ids
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.model.errors import Kind, LimitExceeded, NotFound
from tayori.model.job import MOST_OCTETS, FileTrouble, ObjectName

PATH = "/tayori/files"
_MOST_KEPT = 512 * 1024 * 1024  # octets of an account's own files
_MOST_FILES = 10_000
_LEFT_FREE = 256 * 1024 * 1024  # octets of the disk
_WRITTEN = "results"  # beside the accounts, which are numbers
LINK_LASTS = timedelta(hours=1)
_TYPES = {".csv": "text/csv; charset=utf-8", ".json": "application/json"}


def content_type(name: str) -> str:
    return _TYPES.get(Path(name).suffix, "application/octet-stream")


class FolderFiles:
    """See `tayori.model.job.Files`."""

    def __init__(self, folder: Path, clock: Clock, public_url: str, secret: bytes) -> None:
        self._folder = folder
        self._clock = clock
        self._public_url = public_url
        self._key = hashlib.sha256(b"tayori files of jobs\0" + secret).digest()

    async def read(self, account_id: str, name: ObjectName, offset: int, most: int) -> bytes:
        path = self._within(account_id, name.bucket, *name.key.split("/"))
        return await asyncio.to_thread(self._read, path, offset, most)

    def _read(self, path: Path, offset: int, most: int) -> bytes:
        try:
            with path.open("rb") as opened:
                opened.seek(offset)
                return opened.read(most)
        except (OSError, ValueError) as error:
            raise FileTrouble("The file cannot be read.") from error

    async def upload(self, account_id: str, name: ObjectName, data: bytes) -> None:
        """Raises FileTrouble, and LimitExceeded where the account has too much here."""
        path = self._within(account_id, name.bucket, *name.key.split("/"))
        await asyncio.to_thread(self._check_room, account_id, len(data))
        await asyncio.to_thread(self._write, path, data)

    async def put(self, account_id: str, name: ObjectName, data: bytes) -> None:
        path = self._within(account_id, name.bucket, *name.key.split("/"))
        await asyncio.to_thread(self._check_disk)
        await asyncio.to_thread(self._write, path, data)

    def _check_disk(self) -> None:
        """Strangers decide how much mail comes: the database must have room, too."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < _LEFT_FREE:
            raise FileTrouble("There is no room for more files on this machine.")

    def _check_room(self, account_id: str, octets: int) -> None:
        count = 1
        for path in self._folder.joinpath(account_id).rglob("*"):
            count += 1
            octets += path.lstat().st_size
            if octets > _MOST_KEPT or count > _MOST_FILES:
                raise LimitExceeded("There is no room for more files: delete some that are no longer needed.")

    async def delete(self, account_id: str, name: ObjectName) -> None:
        """Raises NotFound."""
        path = self._within(account_id, name.bucket, *name.key.split("/"))
        try:
            await asyncio.to_thread(path.unlink)
        except OSError as error:
            raise NotFound(f"There is no file s3://{name.bucket}/{name.key}.", Kind.JOB) from error

    async def write(self, account_id: str, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._write, self._within(_WRITTEN, account_id, name), data)

    def _write(self, path: Path, data: bytes) -> None:
        """Whole or not at all: a reader never finds a half."""
        beside = path.with_name(f".{ids.worker_id()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            beside.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise FileTrouble("The file cannot be written.") from error

    async def remove(self, account_id: str, name: str) -> None:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._within(_WRITTEN, account_id, name).unlink)

    def _within(self, *parts: str) -> Path:
        """Never outside of the folder, wherever a link may lead. Raises FileTrouble."""
        path = self._folder.joinpath(*parts)
        root = self._folder.joinpath(parts[0]).resolve()
        if not path.resolve().is_relative_to(root):
            raise FileTrouble("The file cannot be read.")
        return path

    # -- links -----------------------------------------------------------------------------------------------------

    def link(self, account_id: str, name: str) -> str:
        until = int((self._clock.now() + LINK_LASTS).timestamp())
        query = urlencode({"expires": until, "signature": self._signature(account_id, name, until)})
        return f"{self._public_url}{PATH}/{account_id}/{quote(name)}?{query}"

    def _signature(self, account_id: str, name: str, until: int) -> str:
        return hmac.new(self._key, f"{account_id}/{name}?{until}".encode(), "sha256").hexdigest()

    async def linked(self, account_id: str, name: str, query: Mapping[str, list[str]]) -> bytes | None:
        """What the link leads to; None where it is none, or has ended."""
        (until, *_), (given, *_) = query.get("expires", [""]), query.get("signature", [""])
        if not (until.isascii() and until.isdecimal()) or len(until) > 12:
            return None
        signed = hmac.compare_digest(self._signature(account_id, name, int(until)).encode(), given.encode())
        if not signed or self._clock.now().timestamp() > int(until):
            return None
        try:
            return await asyncio.to_thread(self._read, self._within(_WRITTEN, account_id, name), 0, MOST_OCTETS)
        except FileTrouble:
            return None


class FilePages:
    """`PUT` and `DELETE` by an account in its own buckets; `GET` by whoever has a link."""

    def __init__(self, files: FolderFiles) -> None:
        self._files = files

    def table(self) -> list[Route]:
        return [
            Route(method="PUT", prefix=PATH, handler=self.put, max_body=MOST_OCTETS),
            Route(method="DELETE", prefix=PATH, handler=self.delete),
            Route(method="GET", prefix=PATH, handler=self.get, access=Access.EVERYBODY, max_body=0),
        ]

    async def put(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        try:
            await self._files.upload(principal.account_id, _name_of(request), request.body)
        except FileTrouble as trouble:
            raise common_error("ServiceUnavailable", str(trouble)) from trouble
        return _done()

    async def delete(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        await self._files.delete(principal.account_id, _name_of(request))
        return _done()

    async def get(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        account_id, _, name = unquote(request.path.removeprefix(PATH).strip("/")).partition("/")
        data = await self._files.linked(account_id, name, parse_qs(request.query))
        if data is None:
            raise common_error("AccessDenied", "The link is not valid, or not any more.")
        headers = (
            ("content-type", content_type(name)),
            ("content-disposition", f'attachment; filename="{quote(name)}"'),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        )
        return HttpResponse(status=200, headers=headers, body=data)


def _name_of(request: HttpRequest) -> ObjectName:
    return ObjectName.parse(f"s3://{unquote(request.path.removeprefix(PATH).strip('/'))}")


def _done() -> HttpResponse:
    return HttpResponse(status=200, headers=(("content-type", "application/json"),), body=b"{}")
