"""How the service logs: stable event names, fields beside them, one line each, as text or as JSON.

The first argument of a log call is the event's name; what belongs to it goes into `extra`. Credentials never do. Mail
addresses can be redacted to their domain by a setting.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_ADDRESS = re.compile(r"[^\s<>\"'@,;:]{1,320}@")


def set_up(*, form: str, level: str, redact_addresses: bool) -> None:
    """Send all logs of the process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(form, redact_addresses=redact_addresses))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Formatter(logging.Formatter):
    def __init__(self, form: str, *, redact_addresses: bool) -> None:
        super().__init__()
        self._json = form == "json"
        self._redact = redact_addresses

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = self._as_json(record, moment, fields) if self._json else self._as_text(record, moment, fields)
        return _ADDRESS.sub("…@", line) if self._redact else line

    def _as_json(self, record: logging.LogRecord, moment: str, fields: dict[str, Any]) -> str:
        entry = {"at": moment, "level": record.levelname.lower(), "logger": record.name, "event": record.getMessage()}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry | fields, default=str, ensure_ascii=False)

    def _as_text(self, record: logging.LogRecord, moment: str, fields: dict[str, Any]) -> str:
        # Values are hostile text (a receiver's reply, say): repr keeps them on one line.
        shown = " ".join(f"{key}={_plain(value)!r}" for key, value in fields.items())
        line = f"{moment} {record.levelname.lower():<7} {record.name} {record.getMessage()} {shown}".rstrip()
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _plain(value: Any) -> Any:
    """A state by its name, without Python's words around it."""
    return value.value if isinstance(value, StrEnum) else value
