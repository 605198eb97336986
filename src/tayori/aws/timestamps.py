"""The three ways in which AWS protocols write a moment: ISO 8601, the date of HTTP, and seconds since the epoch.

Values are aware datetimes in UTC. Reading raises ValueError and nothing else.
"""

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_DATE_ONLY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_HTTP = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (?:GMT|UTC|[+-]0000)",
    re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_iso8601(text: str) -> datetime:
    match = _ISO.fullmatch(text) or _DATE_ONLY.fullmatch(text)
    if not match:
        raise ValueError("not an ISO 8601 date and time")
    groups = (*match.groups(), *(None,) * 10)[:10]
    year, month, day, hour, minute, second = (int(group or 0) for group in groups[:6])
    moment = datetime(year, month, day, hour, minute, second, _microseconds(groups[6]), tzinfo=UTC)
    if groups[7]:
        offset = timedelta(hours=int(groups[8] or 0), minutes=int(groups[9] or 0))
        moment = _shifted(moment, -offset if groups[7] == "+" else offset)
    return moment


def from_http_date(text: str) -> datetime:
    match = _HTTP.fullmatch(text)
    if not match or match[2].lower() not in _MONTHS:
        raise ValueError("not a date of HTTP")
    month = _MONTHS.index(match[2].lower()) + 1
    hour, minute, second = int(match[4]), int(match[5]), int(match[6])
    return datetime(int(match[3]), month, int(match[1]), hour, minute, second, _microseconds(match[7]), tzinfo=UTC)


def from_epoch(seconds: float) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    except OverflowError as error:
        raise ValueError("out of range") from error


def from_text(text: str, form: str | None, default: str) -> datetime:
    """Read text in the form that the shape asks for (botocore's names), else in the protocol's default."""
    form = form or default
    if form == "iso8601":
        return from_iso8601(text)
    if form == "rfc822":
        return from_http_date(text)
    return from_epoch(float(text))


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0").ljust(6, "0")[:6])


def _shifted(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError as error:
        raise ValueError("out of range") from error


def to_iso8601(moment: datetime) -> str:
    """With milliseconds where there are any, as SES writes them."""
    timespec = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def to_http_date(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    month = _MONTHS[utc.month - 1].capitalize()
    return f"{_DAYS[utc.weekday()]}, {utc.day:02d} {month} {utc.year:04d} {utc:%H:%M:%S} GMT"


def to_epoch(moment: datetime) -> int | float:
    """Seconds with the millisecond fraction that SES gives, whole where there is none."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def to_text(moment: datetime, form: str | None, default: str) -> str:
    form = form or default
    if form == "iso8601":
        return to_iso8601(moment)
    return to_http_date(moment) if form == "rfc822" else str(to_epoch(moment))
