"""Import and export jobs: their states, where their files are, and the records of an import file.

Owns what a line of a file says, and which line says nothing usable (ses: suppression list, bulk import). Pure: files
are read and written by whoever is handed in as `Files`.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Protocol

from tayori.mail.address import AddressError, AddrSpec
from tayori.model.contact_list import ImportedContact
from tayori.model.errors import Invalid
from tayori.model.import_lines import Lines

MOST_ADDRESSES = 100_000  # in one import (ses: quotas)
MOST_AT_A_TIME = 20  # jobs of an account that are not ended, imports and exports apart (ses: quotas)
MOST_OCTETS = 64 * 1024 * 1024  # of a file that is uploaded or downloaded in one request
MOST_IMPORTED_OCTETS = 1024 * 1024 * 1024  # of an import file
MOST_FAILURES = 10_000  # lines that the file of failures tells of
_MOST_NAME, _MOST_PART = 1024, 255  # octets of a key (S3), and of what is between its slashes (file systems)
REASONS = ("BOUNCE", "COMPLAINT")
_LONGEST_LINE = 4096
_HEADINGS = frozenset({"emailaddress", "email address", "email"})


class JobStatus(StrEnum):
    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_open(self) -> bool:
        return self in (JobStatus.CREATED, JobStatus.PROCESSING)


class JobKind(StrEnum):
    """What a job is about: the destination of an import, the source of an export."""

    SUPPRESSION_LIST = "SUPPRESSION_LIST"
    CONTACT_LIST = "CONTACT_LIST"
    METRICS_DATA = "METRICS_DATA"
    MESSAGE_INSIGHTS = "MESSAGE_INSIGHTS"

    @property
    def is_import(self) -> bool:
        return self in (JobKind.SUPPRESSION_LIST, JobKind.CONTACT_LIST)


class DataFormat(StrEnum):
    CSV = "CSV"
    JSON = "JSON"


class ImportAction(StrEnum):
    PUT = "PUT"
    DELETE = "DELETE"


# -- where files are ---------------------------------------------------------------------------------------------------


class FileTrouble(Exception):
    """A file that cannot be read or written; the text is a sentence for the account."""


@dataclass(frozen=True, slots=True)
class ObjectName:
    """`s3://bucket/key`."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, url: str) -> "ObjectName":
        """Raises Invalid for what is no such name, or could lead out of its bucket."""
        found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", url)
        parts = found[2].split("/") if found else []
        is_plain = bool(found) and all(parts) and not {".", ".."} & set(parts) and "/".join(parts).isprintable()
        is_long = max(len(part.encode()) for part in (*parts, "")) > _MOST_PART or len(url.encode()) > _MOST_NAME
        if not found or ".." in found[1] or not is_plain or is_long:
            raise Invalid(f"{url} is no s3://bucket/key that can be used here.")
        return cls(found[1], found[2])


class Files(Protocol):
    """Where import files are read, and what jobs write is kept."""

    async def read(self, account_id: str, name: ObjectName, offset: int, most: int) -> bytes:
        """What is there from that octet on; nothing behind the end. Raises FileTrouble."""
        ...

    async def write(self, account_id: str, name: str, data: bytes) -> None:
        """Raises FileTrouble."""
        ...

    async def remove(self, account_id: str, name: str) -> None: ...

    async def put(self, account_id: str, name: ObjectName, data: bytes) -> None:
        """Into a bucket of the account's: received mail. Raises FileTrouble."""
        ...

    def link(self, account_id: str, name: str) -> str:
        """A URL under which whoever has it can read what was written, for an hour."""
        ...


# -- the records of an import ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One line. `error` says why it cannot be used, and is empty where it can."""

    line: int
    text: str
    address: str = ""
    reason: str = ""
    error: str = ""
    contact: ImportedContact | None = None  # where it is for a contact list


class LineReader(Protocol):
    """Of files of one kind; it is shown their lines in order, without empty ones and white space around them."""

    def is_record(self, number: int, line: bytes) -> bool:
        """Whether it is one, and no heading."""
        ...

    def read(self, number: int, line: bytes) -> ImportRecord: ...


def records(data: bytes, data_format: DataFormat, action: ImportAction) -> Iterator[ImportRecord]:
    """Of a whole file of addresses."""
    return records_of(data, AddressReader(data_format, action))


def records_of(data: bytes, reader: LineReader) -> Iterator[ImportRecord]:
    lines = Lines()
    for number, line in chain(lines.feed(data), lines.end()):
        if reader.is_record(number, line):
            yield reader.read(number, line)


class AddressReader:
    """See `LineReader`. A heading is passed over."""

    def __init__(self, data_format: DataFormat, action: ImportAction) -> None:
        self._format = data_format
        self._action = action

    def is_record(self, number: int, line: bytes) -> bool:
        return number > 1 or not _is_heading(line)

    def read(self, number: int, line: bytes) -> ImportRecord:
        return _record(number, line, self._format, self._action)


def _is_heading(line: bytes) -> bool:
    return line.split(b",")[0].strip(b' "').decode("latin-1").lower() in _HEADINGS


def _record(number: int, raw: bytes, data_format: DataFormat, action: ImportAction) -> ImportRecord:
    text = raw[:_LONGEST_LINE].decode("utf-8", "replace")
    try:
        if len(raw) > _LONGEST_LINE:
            raise Invalid("The line is too long.")
        address, reason = _read_json(text) if data_format is DataFormat.JSON else _read_csv(text)
        parsed = AddrSpec.parse(address)
        if action is ImportAction.PUT and reason not in REASONS:
            raise Invalid(f"Reason {reason} is invalid, must be one of [BOUNCE, COMPLAINT].")
    except (Invalid, AddressError) as error:
        return ImportRecord(line=number, text=text, error=str(error))
    return ImportRecord(line=number, text=text, address=str(parsed), reason=reason)


def _read_csv(text: str) -> tuple[str, str]:
    try:
        (row,) = csv.reader([text], skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        raise Invalid("The line is not valid CSV.") from error
    cells = [*(cell.strip() for cell in row), "", ""]
    if len(row) > 2:
        raise Invalid("The line has more than an address and a reason.")
    return cells[0], cells[1]


def _read_json(text: str) -> tuple[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("The line is not valid JSON.") from error
    if not isinstance(found, dict) or not all(
        isinstance(found.get(name, ""), str) for name in ("emailAddress", "reason")
    ):
        raise Invalid('The line is not like {"emailAddress": "…", "reason": "…"}.')
    return str(found.get("emailAddress", "")).strip(), str(found.get("reason", "")).strip()


# -- what jobs write ---------------------------------------------------------------------------------------------------


def failures_file(failures: Iterable[tuple[int, str, str]], untold: int) -> bytes:
    """Of (line, text, why): a CSV for whoever mends the import, with how many more there were."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("line", "record", "reason"))
    writer.writerows(failures)
    if untold:
        writer.writerow(("", "", f"{untold} more lines could not be used."))
    return out.getvalue().encode("utf-8", "replace")


def table_csv(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> bytes:
    """Every cell in quotes, and a comma behind the last one: as SES writes message insights (ses: probed)."""
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    quoted = ("".join(f'"{_cell(cell)}",' for cell in line) + "\n" for line in lines)
    return "".join(quoted).encode("utf-8", "replace")


def _cell(text: str) -> str:
    return text.replace('"', '""')


def table_json(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> bytes:
    """An array with a row on each line; what a row does not have is left out (ses: probed)."""
    lines = [_compact({column: row[column] for column in columns if column in row}) for row in rows]
    return ("[\n" + "".join(f"{',' if index else ''}{line}\n" for index, line in enumerate(lines)) + "]\n").encode()


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    dimensions: tuple[str, ...]
    values: tuple[float, ...]


def metrics_csv(dimensions: Sequence[str], metrics: Sequence[str], rows: Iterable[MetricRow]) -> bytes:
    """Four decimals; quotes only where they are needed (ses: probed)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*dimensions, *metrics))
    writer.writerows((*row.dimensions, *(f"{value:.4f}" for value in row.values)) for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def metrics_json(dimensions: Sequence[str], metrics: Sequence[str], rows: Iterable[MetricRow]) -> bytes:
    """Dimensions in lower case, metrics in an object of their own (ses: probed)."""
    lines = []
    for row in rows:
        names = dict(zip((name.lower() for name in dimensions), row.dimensions, strict=True))
        values = ",".join(f"{_compact(name)}:{value:.4f}" for name, value in zip(metrics, row.values, strict=True))
        lines.append(f'{_compact(names)[:-1]},"metrics":{{{values}}}}}')
    return f"[{','.join(lines)}]\n".encode()
