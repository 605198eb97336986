"""Where the text lies that a notification tells, in what the outbox keeps of it.

Owns the names under which each kind of endpoint finds it. Everything else there, such as the token of a confirmation,
is nobody's to see.
"""

from collections.abc import Mapping
from typing import Any

_NAMES = ("message", "body", "event", "record", "content")


def text_of(envelope: Mapping[str, Any]) -> str:
    return str(next((envelope[name] for name in _NAMES if name in envelope), ""))
