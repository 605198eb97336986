"""Reports on TLS: what a sender saw of the encrypted ways to a domain's mail hosts in a day (RFC 8460 4).

Owns reading and writing the JSON. Length, depth and number of everything that is read are bounded, and what a report
names that we do not know is kept as text: the list of results is meant to grow (RFC 8460 6.6). Whoever keeps a report
decides whether to believe it.
"""

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from tayori.mail.address import AddressError, to_ascii_domain

NO_POLICY: Final = "no-policy-found"
MAX_POLICIES: Final = 500
MAX_FAILURES: Final = 5000  # of one report, all policies together
_MAX_DOCUMENT: Final = 5 * 1024 * 1024  # octets: nothing else of this process runs while they are parsed
_MAX_VALUES: Final = 200_000
_MAX_TEXT: Final = 500
_MAX_STRINGS: Final = 100
_MAX_COUNT: Final = 10**12

_BOM = b"\xef\xbb\xbf"
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,13}")


class TlsReportError(ValueError):
    """The text is no report that can be read. `str()` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureDetail:
    """So many sessions that failed alike. Texts that the report does not give are empty; types are RFC 8460 4.3's."""

    result_type: str
    sessions: int
    sending_mta_ip: str = ""
    receiving_mx_hostname: str = ""
    receiving_mx_helo: str = ""
    receiving_ip: str = ""
    additional_information: str = ""
    failure_reason_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """All sessions under one policy. `policy_strings` is the policy as the sender found it."""

    policy_type: str
    domain: str
    successful: int
    failed: int
    policy_strings: tuple[str, ...] = ()
    mx_hosts: tuple[str, ...] = ()
    failures: tuple[FailureDetail, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsReport:
    """`is_truncated`: it held more than is kept, or parts that could not be read."""

    organization: str
    begins_at: datetime
    ends_at: datetime
    contact: str
    report_id: str
    policies: tuple[PolicyResult, ...]
    is_truncated: bool = False


# -- writing -----------------------------------------------------------------------------------------------------------


def write_report(report: TlsReport) -> bytes:
    """The JSON document (RFC 8460 4.4), in UTF-8."""
    document = {
        "organization-name": report.organization,
        "date-range": {"start-datetime": _written(report.begins_at), "end-datetime": _written(report.ends_at)},
        "contact-info": report.contact,
        "report-id": report.report_id,
        "policies": [_policy_json(policy) for policy in report.policies],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _written(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _policy_json(result: PolicyResult) -> dict[str, Any]:
    policy: dict[str, Any] = {"policy-type": result.policy_type}
    if result.policy_strings:
        policy["policy-string"] = list(result.policy_strings)
    policy["policy-domain"] = result.domain
    if result.mx_hosts:
        policy["mx-host"] = list(result.mx_hosts)
    found: dict[str, Any] = {
        "policy": policy,
        "summary": {
            "total-successful-session-count": result.successful,
            "total-failure-session-count": result.failed,
        },
    }
    if result.failures:
        found["failure-details"] = [_failure_json(failure) for failure in result.failures]
    return found


_TEXTS: Final = {  # of one failure, by their names in the document
    "sending-mta-ip": "sending_mta_ip",
    "receiving-mx-hostname": "receiving_mx_hostname",
    "receiving-mx-helo": "receiving_mx_helo",
    "receiving-ip": "receiving_ip",
    "additional-information": "additional_information",
    "failure-reason-code": "failure_reason_code",
}
_ADDRESSES: Final = frozenset({"sending-mta-ip", "receiving-ip"})


def _failure_json(failure: FailureDetail) -> dict[str, Any]:
    found: dict[str, Any] = {"result-type": failure.result_type}
    found |= {name: text for name, attribute in _TEXTS.items() if (text := getattr(failure, attribute))}
    return found | {"failed-session-count": failure.sessions}


# -- reading -----------------------------------------------------------------------------------------------------------


def parse_report(document: bytes) -> TlsReport:
    """Read one report. Raises TlsReportError."""
    root = _load(document)
    if not isinstance(root, dict) or "policies" not in root or "date-range" not in root:
        raise TlsReportError("the document is no TLS report")
    span = _mapping(root["date-range"])
    begins, ends = _moment(span.get("start-datetime")), _moment(span.get("end-datetime"))
    report_id = _line(root.get("report-id"))
    if not report_id or begins > ends:
        raise TlsReportError("the report has no id, or ends before it begins")
    reader = _Reader()
    policies = reader.policies(root["policies"])
    return TlsReport(
        organization=_line(root.get("organization-name")),
        begins_at=begins,
        ends_at=ends,
        contact=_line(root.get("contact-info")),
        report_id=report_id,
        policies=policies,
        is_truncated=reader.is_truncated,
    )


def _load(document: bytes) -> Any:
    if len(document) > _MAX_DOCUMENT or sum(map(document.count, (b",", b"[", b"{"))) > _MAX_VALUES:
        raise TlsReportError("the document is larger than a report")
    try:
        text = document.removeprefix(_BOM).decode("utf-8")
        return json.loads(text, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number)
    except TlsReportError:
        raise
    except (ValueError, RecursionError) as error:
        raise TlsReportError("the document is no JSON") from error


def _integer(text: str) -> int:
    if not _DIGITS.fullmatch(text) or int(text) > _MAX_COUNT:
        raise TlsReportError("the report counts more than there can be")
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise TlsReportError("the report holds numbers that are no counts")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _line(value: Any) -> str:
    """A text on one line, without what cannot be shown."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value[: 4 * _MAX_TEXT].split())[:_MAX_TEXT]
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _lines(value: Any) -> tuple[str, ...]:
    """Of an array; the RFC's own example has a text in the place of one."""
    found = value if isinstance(value, list) else [value]
    return tuple(line for line in map(_line, found[:_MAX_STRINGS]) if line)


def _moment(value: Any) -> datetime:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise TlsReportError("the report's time range cannot be read")
    day, time, zone = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TlsReportError("the report's time range cannot be read") from error


def _address(value: Any) -> str:
    try:
        return str(ipaddress.ip_address(_line(value)))
    except ValueError:
        return ""


def _count(value: Any) -> int | None:
    """Some senders write counts as texts."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT
    return value if is_count else None


class _Reader:
    """Counts what it has read, so that no report is endless."""

    def __init__(self) -> None:
        self.is_truncated = False
        self._left = MAX_FAILURES

    def policies(self, value: Any) -> tuple[PolicyResult, ...]:
        found = value if isinstance(value, list) else []
        self.is_truncated = len(found) > MAX_POLICIES
        read = [self._policy(_mapping(one)) for one in found[:MAX_POLICIES]]
        results = tuple(one for one in read if one is not None)
        if found and not results:
            raise TlsReportError("the report names no domain")
        return results

    def _policy(self, one: Mapping[str, Any]) -> PolicyResult | None:
        policy, summary = _mapping(one.get("policy")), _mapping(one.get("summary"))
        successful = _count(summary.get("total-successful-session-count", 0))
        failed = _count(summary.get("total-failure-session-count", 0))
        try:
            domain = to_ascii_domain(_line(policy.get("policy-domain")).removesuffix("."))
        except AddressError:
            domain = ""
        if not domain or successful is None or failed is None:
            self.is_truncated = True
            return None
        return PolicyResult(
            policy_type=_line(policy.get("policy-type")) or NO_POLICY,
            domain=domain,
            successful=successful,
            failed=failed,
            policy_strings=_lines(policy.get("policy-string")),
            mx_hosts=_lines(policy.get("mx-host")),
            failures=self._failures(one.get("failure-details")),
        )

    def _failures(self, value: Any) -> tuple[FailureDetail, ...]:
        details = value if isinstance(value, list) else []
        self.is_truncated = self.is_truncated or len(details) > self._left
        read = [_failure(_mapping(one)) for one in details[: self._left]]
        self._left -= len(read)
        found = tuple(one for one in read if one is not None)
        self.is_truncated = self.is_truncated or len(found) < len(read)
        return found


def _failure(one: Mapping[str, Any]) -> FailureDetail | None:
    """None where it says nothing that can be counted."""
    sessions, result_type = _count(one.get("failed-session-count")), _line(one.get("result-type"))
    if sessions is None or not result_type:
        return None
    texts = {
        attribute: _address(one.get(name)) if name in _ADDRESSES else _line(one.get(name))
        for name, attribute in _TEXTS.items()
    }
    return FailureDetail(result_type=result_type, sessions=sessions, **texts)
