"""The files of jobs in buckets of a server that speaks S3. botocore's client speaks to it, in threads.

The operator says which account may import from which bucket, and where the server is: no request chooses a host.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config as ClientConfig  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from tayori.app.job_files import LINK_LASTS, content_type
from tayori.model.job import FileTrouble, ObjectName
from tayori.sections import JobSettings

_BEHIND_THE_END = ("InvalidRange", "416")


class BucketFiles:
    """See `tayori.model.job.Files`."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._client = botocore.session.get_session().create_client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name="us-east-1",
            aws_access_key_id=settings.s3_access_key_id,
            aws_secret_access_key=settings.s3_secret_access_key,
            config=ClientConfig(
                connect_timeout=10, read_timeout=30, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}
            ),
        )

    def close(self) -> None:
        self._client.close()

    async def read(self, account_id: str, name: ObjectName, offset: int, most: int) -> bytes:
        if self._settings.s3_imports.get(name.bucket) not in (account_id, "*"):
            raise FileTrouble("This account may not import from that bucket.")
        return await asyncio.to_thread(_spoken, self._read, name, offset, most)

    def _read(self, name: ObjectName, offset: int, most: int) -> bytes:
        span = f"bytes={offset}-{offset + most - 1}"
        try:
            found = self._client.get_object(Bucket=name.bucket, Key=name.key, Range=span)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _BEHIND_THE_END:
                return b""
            raise
        with contextlib.closing(found["Body"]) as body:
            return bytes(body.read(most))

    async def write(self, account_id: str, name: str, data: bytes) -> None:
        place = self._place(account_id, name)
        kind = content_type(name)
        await asyncio.to_thread(_spoken, lambda: self._client.put_object(**place, Body=data, ContentType=kind))

    async def put(self, account_id: str, name: ObjectName, data: bytes) -> None:
        if self._settings.s3_received.get(name.bucket) not in (account_id, "*"):
            raise FileTrouble("This account may not put mail into that bucket.")
        place = {"Bucket": name.bucket, "Key": name.key}
        await asyncio.to_thread(
            _spoken, lambda: self._client.put_object(**place, Body=data, ContentType="message/rfc822")
        )

    async def remove(self, account_id: str, name: str) -> None:
        with contextlib.suppress(FileTrouble):
            await asyncio.to_thread(_spoken, lambda: self._client.delete_object(**self._place(account_id, name)))

    def link(self, account_id: str, name: str) -> str:
        seconds = int(LINK_LASTS.total_seconds())
        place = self._place(account_id, name)
        return str(self._client.generate_presigned_url("get_object", Params=place, ExpiresIn=seconds))

    def _place(self, account_id: str, name: str) -> dict[str, str]:
        return {"Bucket": self._settings.s3_bucket, "Key": f"{account_id}/{name}"}


def _spoken(work: Callable[..., Any], *args: Any) -> Any:
    """What the client raises, in a sentence for the account. Raises FileTrouble."""
    try:
        return work(*args)
    except ClientError as error:
        raise FileTrouble(f"The server of the bucket said: {error.response.get('Error', {}).get('Code')}.") from error
    except BotoCoreError as error:
        raise FileTrouble("The server of the bucket cannot be reached.") from error
