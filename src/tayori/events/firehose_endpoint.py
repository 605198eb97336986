"""Deliveries to Firehose streams: newline-delimited records, to where the operator lets each stream lead.

Owns the three kinds of places: a folder for files, a bucket of a server that speaks S3 (by way of a folder, so that
an event is safe before it is sent and objects are not tiny), and a server that speaks Firehose itself. A Loop beside it
closes files in time and takes those of buckets there.
"""

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tayori.clock import Clock
from tayori.events.aws_request import JSON_1_1, Keys, signed
from tayori.events.endpoint import DONE, Attempt
from tayori.events.gathering import Gatherer
from tayori.events.object_store import Bucket
from tayori.events.outgoing_http import OutgoingAnswer, OutgoingError, OutgoingHttp, Trouble
from tayori.events.record_files import RecordFolder, Rotation
from tayori.model.event_target import stream_key, stream_name
from tayori.resources.notifications import Notification, Verdict

logger = logging.getLogger("tayori.events")

PROTOCOL = "firehose"
_MOST = 500  # records of one request, and octets (firehose: PutRecordBatch)
_MOST_BYTES = 4_000_000
_SHOWN = 300
_EVERY = 10.0
_SHIPPED_AT_ONCE = 20  # files: another stream wants its turn
_FINAL = ("ResourceNotFoundException", "InvalidArgumentException")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirehoseSettings:
    """`streams` are the operator's: name, or `<account>/<name>` → folder, `s3://bucket/prefix`, or a server's URL."""

    streams: Mapping[str, str] = field(default_factory=dict)
    spool: Path = Path()  # where files wait that are on their way to a bucket
    s3_endpoint: str = ""
    s3_region: str = ""
    keys: Keys = field(default_factory=Keys)
    rotation: Rotation = field(default_factory=Rotation)


class Stream(Protocol):
    """Where the records of one stream go. Raises OSError and OutgoingError."""

    async def put(self, record: bytes, region: str) -> Attempt: ...

    async def tend(self) -> None:
        """What is to be done now and then."""
        ...

    async def stop(self) -> None: ...


class FirehoseEndpoint:
    """An Endpoint and a Loop. `http` may reach what the operator has set, wherever that is."""

    name = "firehose"
    every = _EVERY

    def __init__(self, http: OutgoingHttp, settings: FirehoseSettings, clock: Clock) -> None:
        self._streams: dict[str, Stream] = {
            key: _stream(key, where, http, settings, clock) for key, where in settings.streams.items()
        }

    async def send(self, notification: Notification) -> Attempt:
        name = stream_name(notification.endpoint)
        key = stream_key(notification.account_id, name, frozenset(self._streams))
        if key is None:
            return Attempt(verdict=Verdict.REFUSED, error=f"events.firehose names no stream {name} any more.")
        try:
            return await self._streams[key].put(notification.envelope["record"].encode("utf-8"), notification.region)
        except OutgoingError as error:
            return Attempt(verdict=Verdict.FAILED, error=str(error), was_slow=error.trouble is Trouble.TOO_SLOW)
        except OSError as error:
            return Attempt(verdict=Verdict.FAILED, error=f"The record could not be written: {error.strerror}.")

    async def tick(self) -> float | None:
        """A place that fails keeps no other waiting; its files stay where they are."""
        for key, stream in self._streams.items():
            try:
                await stream.tend()
            except (OSError, OutgoingError) as error:
                logger.warning("stream_not_tended", extra={"stream": key, "why": str(error)})
        return None

    async def stop(self) -> None:
        for stream in self._streams.values():
            await stream.stop()


def _stream(key: str, where: str, http: OutgoingHttp, settings: FirehoseSettings, clock: Clock) -> Stream:
    name = key.rpartition("/")[2]
    scheme = urlsplit(where).scheme
    if scheme in ("http", "https"):
        return ServerStream(http, where, name, settings.keys, clock)
    if scheme == "s3":
        bucket = Bucket(http, where, settings.s3_endpoint, settings.s3_region, settings.keys, clock)
        return FileStream(RecordFolder(settings.spool / key, name, clock, settings.rotation), bucket)
    return FileStream(RecordFolder(Path(where), name, clock, settings.rotation))


class FileStream:
    """A Stream into files; those for a bucket are deleted once they are there."""

    def __init__(self, folder: RecordFolder, bucket: Bucket | None = None) -> None:
        self._folder = folder
        self._bucket = bucket

    async def put(self, record: bytes, region: str) -> Attempt:
        await self._folder.append(record)
        return DONE

    async def tend(self) -> None:
        await self._folder.recover()
        await self._folder.close_if_old()
        await self._ship()

    async def _ship(self) -> None:
        if self._bucket is None:
            return
        for path in islice(self._folder.closed_files(), _SHIPPED_AT_ONCE):
            await self._bucket.put(path, "/".join(path.parts[-5:]))
            path.unlink()

    async def stop(self) -> None:
        await self._folder.close()


class ServerStream:
    """A Stream to a server that speaks Firehose."""

    def __init__(self, http: OutgoingHttp, url: str, name: str, keys: Keys, clock: Clock) -> None:
        self._http = http
        self._url = url.rstrip("/") + "/"
        self._name = name
        self._keys = keys
        self._clock = clock
        self._gathered: dict[str, Gatherer[bytes, Attempt]] = {}

    async def put(self, record: bytes, region: str) -> Attempt:
        if region not in self._gathered:
            work = _Region(self, region).put
            self._gathered[region] = Gatherer(work, most=_MOST, most_bytes=_MOST_BYTES, size=len)
        return await self._gathered[region].add(record)

    async def put_batch(self, records: Sequence[bytes], region: str) -> Sequence[Attempt]:
        rows = [{"Data": base64.b64encode(record + b"\n").decode("ascii")} for record in records]
        body = json.dumps({"DeliveryStreamName": self._name, "Records": rows}).encode("ascii")
        headers = signed(
            "POST",
            self._url,
            [("Content-Type", JSON_1_1), ("X-Amz-Target", "Firehose_20150804.PutRecordBatch")],
            body,
            keys=self._keys,
            service="firehose",
            region=region,
            now=self._clock.wall(),
        )
        return _judged(await self._http.post(self._url, headers, body), len(records))

    async def tend(self) -> None:
        """Nothing."""

    async def stop(self) -> None:
        for one in self._gathered.values():
            await one.finished()


@dataclass(frozen=True, slots=True)
class _Region:
    """A request is signed for one region."""

    stream: ServerStream
    region: str

    async def put(self, records: Sequence[bytes]) -> Sequence[Attempt]:
        return await self.stream.put_batch(records, self.region)


def _judged(answer: OutgoingAnswer, count: int) -> Sequence[Attempt]:
    """What became of each record (firehose: PutRecordBatchResponseEntry)."""
    said = answer.body[:_SHOWN].decode("utf-8", "replace")
    is_final = 400 <= answer.status < 500 and any(word in said for word in _FINAL)
    whole = Attempt(
        verdict=Verdict.REFUSED if is_final else Verdict.FAILED,
        error=f"The Firehose server said {answer.status}: {said}",
        status=answer.status,
        reply=said,
    )
    if answer.status != 200:
        return [whole] * count
    try:
        attempts = [_of_entry(entry) for entry in json.loads(answer.body)["RequestResponses"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [whole] * count
    return attempts if len(attempts) == count else [whole] * count


def _of_entry(entry: Mapping[str, Any]) -> Attempt:
    code = entry.get("ErrorCode")
    if not code:
        return Attempt(verdict=Verdict.DONE, status=200, reply=json.dumps(entry, ensure_ascii=False))
    error = f"The Firehose server refused the record: {code}: {entry.get('ErrorMessage')}"
    return Attempt(verdict=Verdict.FAILED, error=error[:500])
