"""DMARC aggregate reports: what a receiver saw of a domain's mail in a day (RFC 7489 appendix C, RFC 9990).

Owns reading the XML. A document type, and with it every entity, is refused; depth, length and number of everything are
bounded. Whoever keeps a report decides whether to believe it: anybody can send one.
"""

import contextlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from xml.parsers import expat

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.mail.dmarc import DmarcPolicy

MAX_RECORDS: Final = 5000
_MAX_DEPTH: Final = 12
_MAX_ELEMENTS: Final = 400  # within one record, or outside of all
_MAX_TEXT: Final = 1000
_MAX_RESULTS: Final = 10
_PIECE: Final = 64 * 1024  # octets
_LAST_SECOND: Final = 2**33
_MAX_COUNT: Final = 10**12

_DIGITS = re.compile(r"[0-9]{1,13}")


class DmarcReportError(ValueError):
    """The text is no aggregate report that can be read. `str()` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthOutcome:
    """One method's own result, aligned or not: `selector` is DKIM's."""

    method: str
    domain: str
    result: str
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """So many messages from one address with one outcome."""

    source_ip: str
    messages: int
    disposition: DmarcPolicy
    dkim_aligned: bool
    spf_aligned: bool
    header_from: str
    envelope_from: str = ""
    reasons: tuple[str, ...] = ()  # why the receiver did not follow the policy
    outcomes: tuple[AuthOutcome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateReport:
    """`is_truncated`: there were more than MAX_RECORDS records, or some that could not be read."""

    org_name: str
    email: str
    report_id: str
    begins_at: datetime
    ends_at: datetime
    domain: str
    policy: Mapping[str, str]
    rows: tuple[ReportRow, ...]
    is_truncated: bool = False

    @property
    def messages(self) -> int:
        return sum(row.messages for row in self.rows)


@dataclass(slots=True)
class _Element:
    name: str
    text: str = ""
    children: list["_Element"] = field(default_factory=list)

    def all(self, name: str) -> list["_Element"]:
        return [child for child in self.children if child.name == name]

    def at(self, *path: str) -> "_Element":
        """The first element at the path; an empty one where there is none."""
        found = self
        for name in path:
            found = next((child for child in found.children if child.name == name), _Element(name))
        return found

    def word(self, *path: str) -> str:
        """Its text on one line, without what cannot be shown."""
        text = " ".join(self.at(*path).text.split())
        return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def parse_report(document: bytes) -> AggregateReport:
    """Read one report. Raises DmarcReportError."""
    reader = _Reader()
    reader.read(document)
    root = reader.root
    if root is None or root.name != "feedback":
        raise DmarcReportError("the document is no DMARC report")
    metadata, published = root.at("report_metadata"), root.at("policy_published")
    begins, ends = _moment(metadata.word("date_range", "begin")), _moment(metadata.word("date_range", "end"))
    report_id = metadata.word("report_id")
    if not report_id or begins > ends:
        raise DmarcReportError("the report has no id, or ends before it begins")
    return AggregateReport(
        org_name=metadata.word("org_name"),
        email=metadata.word("email"),
        report_id=report_id,
        begins_at=begins,
        ends_at=ends,
        domain=_domain(published.word("domain")),
        policy={child.name: child.text.strip()[:50] for child in published.children[:20] if child.name != "domain"},
        rows=tuple(reader.rows),
        is_truncated=reader.is_truncated,
    )


def _moment(text: str) -> datetime:
    if not _DIGITS.fullmatch(text) or int(text) > _LAST_SECOND:
        raise DmarcReportError("the report's time range cannot be read")
    return datetime.fromtimestamp(int(text), UTC)


def _domain(text: str) -> str:
    try:
        return to_ascii_domain(text.removesuffix("."))
    except AddressError as error:
        raise DmarcReportError("the report names no domain") from error


class _Enough(Exception):
    """As many records as are kept were read: what follows would only cost time."""


class _Reader:
    """Makes rows of records as they end, so that a long report is never a tree."""

    def __init__(self) -> None:
        self.root: _Element | None = None
        self.rows: list[ReportRow] = []
        self.is_truncated = False
        self._open: list[_Element] = []
        self._elements = 0
        self._records = 0

    def read(self, document: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        handlers: dict[str, Callable[..., Any]] = {
            "StartDoctypeDeclHandler": _refuse_doctype,
            "StartElementHandler": self._start,
            "EndElementHandler": self._end,
            "CharacterDataHandler": self._text,
        }
        for name, handler in handlers.items():
            setattr(parser, name, handler)
        try:
            with contextlib.suppress(_Enough):
                self._feed(parser, document)
        except (expat.ExpatError, LookupError, ValueError) as error:
            if isinstance(error, DmarcReportError):
                raise
            raise DmarcReportError("the document is not well-formed XML") from error

    def _feed(self, parser: expat.XMLParserType, document: bytes) -> None:
        """Piece by piece: nothing else of this process runs while the parser does, and a tag may be all of it."""
        for at in range(0, len(document), _PIECE):
            parser.Parse(document[at : at + _PIECE], False)
            if at - parser.CurrentByteIndex > _PIECE:
                raise DmarcReportError("the document has longer tags than a report")
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        element = _Element(name.rpartition(":")[2])
        self._elements += 1
        if len(self._open) >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise DmarcReportError("the document has more structure than a report")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if len(self._open) == 1 and element.name == "record":
            self._open[0].children.pop()
            self._elements = len(self._open[0].children)
            self._take(element)

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if not element.text and text.isspace():  # indentation
            return
        if len(element.text) + len(text) > _MAX_TEXT:
            raise DmarcReportError("the document has longer texts than a report")
        element.text += text

    def _take(self, record: _Element) -> None:
        self._records += 1
        if self._records > MAX_RECORDS:
            self.is_truncated = True
            raise _Enough
        row = _row(record)
        if row is None:
            self.is_truncated = True
        else:
            self.rows.append(row)


def _refuse_doctype(*facts: object) -> None:
    raise DmarcReportError("the document has a document type, which no report has")


def _row(record: _Element) -> ReportRow | None:
    """None where the record says nothing that can be counted."""
    row, identifiers = record.at("row"), record.at("identifiers")
    evaluated = row.at("policy_evaluated")
    count = row.word("count")
    try:
        source = str(ipaddress.ip_address(row.word("source_ip")))
    except ValueError:
        return None
    if not _DIGITS.fullmatch(count) or not 0 < int(count) < _MAX_COUNT:
        return None
    disposition = evaluated.word("disposition").lower()
    return ReportRow(
        source_ip=source,
        messages=int(count),
        disposition=DmarcPolicy(disposition) if disposition in list(DmarcPolicy) else DmarcPolicy.NONE,
        dkim_aligned=evaluated.word("dkim").lower() == "pass",
        spf_aligned=evaluated.word("spf").lower() == "pass",
        header_from=identifiers.word("header_from").lower(),
        envelope_from=identifiers.word("envelope_from").lower(),
        reasons=tuple(reason.word("type") for reason in evaluated.all("reason")[:_MAX_RESULTS]),
        outcomes=_outcomes(record.at("auth_results")),
    )


def _outcomes(results: _Element) -> tuple[AuthOutcome, ...]:
    return tuple(
        AuthOutcome(
            method=result.name,
            domain=result.word("domain").lower(),
            result=result.word("result").lower(),
            selector=result.word("selector"),
        )
        for method in ("dkim", "spf")
        for result in results.all(method)[:_MAX_RESULTS]
    )
