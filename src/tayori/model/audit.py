"""What an entry of the audit log says: a request without its secrets, and the difference that it made.

Owns which members are never written down, and how large an entry may be. Pure: whoever changes something asks here.
Secrets are compared (so that a change of one shows) and never shown.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST_OCTETS = 16 * 1024
_LONGEST_TEXT = 1000
_DEEPEST = 12
HIDDEN = "(hidden)"
TOO_LARGE = "(too large to be kept)"
DONE = "done"

# Content of messages and templates, personal data of contacts, and what opens a door: by the member's name.
_CONTENT = frozenset(
    (
        *("content", "defaultcontent", "templatecontent", "template", "templatedata", "defaulttemplatedata"),
        *("replacementtemplatedata", "replacementemailcontent", "body", "html", "text", "raw", "rawmessage", "data"),
        *("htmlpart", "textpart", "subjectpart", "message", "messagestructure", "messageattributes", "attributesdata"),
        *("attachments", "replacementtags", "defaulttags", "cookie", "authorization", "signature", "link"),
    )
)
_SECRET = re.compile(r"secret|password|passwd|token|private_?key|credential_?data|api_?key|assertion|challenge", re.I)
_SIGNS = re.compile(r"//[^/@\s]*:[^/@\s]*@")  # a password within a URL
_TOKENS = re.compile(r"([?&][^=&#\s]*(?:token|key|secret|sig|password)[^=&#\s]*=)[^&#\s]*", re.I)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Stands where something must not be written down: equal where that is equal."""

    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What stood at one place before and after; None where nothing did."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    account_id: str
    entry_id: str
    at: datetime
    region: str
    door: str
    actor: str
    source_ip: str
    agent: str
    service: str
    operation: str
    resource: str
    request: Any
    outcome: str
    changes: Any


def is_secret_name(name: str) -> bool:
    return name.replace("_", "").replace("-", "").lower() in _CONTENT or _SECRET.search(name) is not None


def cleaned(value: Any, name: str = "", depth: int = 0) -> Any:
    """A value with `Hidden` in place of what its name says must not be kept."""
    if name and is_secret_name(name) and value not in (None, ""):
        return Hidden(value)
    if depth > _DEEPEST:
        return TOO_LARGE
    if isinstance(value, Mapping):
        return {str(key): cleaned(one, str(key), depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(one, "", depth + 1) for one in value]
    if isinstance(value, (bytes, bytearray)):
        return Hidden(bytes(value))
    return without_passwords(value) if isinstance(value, str) else value


def without_passwords(text: str) -> str:
    """A text whose URLs have no password and no token."""
    if "//" not in text and "=" not in text:
        return text
    return _TOKENS.sub(rf"\1{HIDDEN}", _SIGNS.sub(f"//{HIDDEN}@", text))


def difference(before: Any, after: Any) -> tuple[Change, ...]:
    """Each place where the two are not the same."""
    return tuple(_differences("", before, after))


def _differences(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            yield from _differences(f"{path}.{name}" if path else str(name), before.get(name), after.get(name))
    elif isinstance(before, Mapping) and after is None:
        for name, value in before.items():
            yield from _differences(f"{path}.{name}" if path else str(name), value, None)
    elif before is None and isinstance(after, Mapping):
        for name, value in after.items():
            yield from _differences(f"{path}.{name}" if path else str(name), None, value)
    elif before != after:
        yield Change(path=path, before=before, after=after)


def as_kept(request: Any, changes: Sequence[Change]) -> tuple[Any, Any]:
    """Both as they are written down: plain JSON, within the bound. What is too large is said to be so."""
    kept_request = _plain(request)
    kept = [{"path": one.path[:200], "before": _plain(one.before), "after": _plain(one.after)} for one in changes]
    room = MOST_OCTETS // 2
    if _octets(kept_request) > room:
        kept_request = _narrowed(kept_request, room)
    total, within = 0, []
    for one in kept:
        size = _octets(one)
        if size > room - total:
            one = {"path": one["path"], "before": TOO_LARGE, "after": TOO_LARGE}
            size = _octets(one)
        if total + size > room:
            break
        total += size + 2
        within.append(one)
    return kept_request, within


def _narrowed(request: Any, room: int) -> Any:
    """The members that have room, the others named."""
    if not isinstance(request, dict):
        return TOO_LARGE
    found: dict[str, Any] = {}
    left = room
    for name, value in request.items():
        size = _octets({name: value})
        if size > min(left, room // 2):
            value = TOO_LARGE
            size = _octets({name: value})
        if size > left:
            break
        left -= size
        found[name] = value
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Hidden):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key)[:200]: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)[:_LONGEST_TEXT]


def _octets(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=True))
