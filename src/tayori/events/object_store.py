"""Files into a bucket of any server that speaks S3: PUT of whole objects, addressed by path.

Owns the request. Names of objects hold plain letters only, so that all ways of encoding a path agree.
"""

import asyncio
import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from tayori.clock import Clock
from tayori.events.aws_request import Keys, signed
from tayori.events.outgoing_http import OutgoingError, OutgoingHttp, Trouble

_SHOWN = 300


class Bucket:
    """`place` is `s3://bucket/prefix`, `endpoint` the server's URL."""

    def __init__(self, http: OutgoingHttp, place: str, endpoint: str, region: str, keys: Keys, clock: Clock) -> None:
        parts = urlsplit(place)
        self._http = http
        self._base = "/".join(part for part in (endpoint.rstrip("/"), parts.netloc, parts.path.strip("/")) if part)
        self._region = region
        self._keys = keys
        self._clock = clock

    async def put(self, path: Path, name: str) -> None:
        """Raises OSError and OutgoingError."""
        body = await asyncio.to_thread(path.read_bytes)
        url = f"{self._base}/{name}"
        headers = signed(
            "PUT",
            url,
            [
                ("Content-Type", "application/octet-stream"),
                ("X-Amz-Content-Sha256", hashlib.sha256(body).hexdigest()),
            ],
            body,
            keys=self._keys,
            service="s3",
            region=self._region,
            now=self._clock.wall(),
        )
        answer = await self._http.request("PUT", url, headers, body)
        if answer.status != 200:
            said = answer.body[:_SHOWN].decode("utf-8", "replace")
            raise OutgoingError(Trouble.BROKEN, f"The server of the bucket said {answer.status}: {said}")
