"""A send that shall happen once, however often it is asked for: what the `Idempotency-Key` header means.

Owns the rules of the header (draft-ietf-httpapi-idempotency-key-header): what a key may be, what makes two requests the
same, and for how long an answer is remembered. SES has nothing of the kind; without the header nothing here is touched.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from tayori.model.errors import DomainError, Invalid

HEADER = "idempotency-key"
KEPT = timedelta(hours=24)
LONGEST = 255
# What is answered, made of each message's id or refusal.
Say: TypeAlias = Callable[[Sequence[str | Exception]], Mapping[str, Any]]
_KEY = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_SENDS = {
    "ses": frozenset({"SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail"}),
    "sesv2": frozenset({"SendEmail", "SendBulkEmail"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One send: its key within its account and region, and a digest of all that was asked for."""

    account_id: str
    region: str
    key: str
    digest: str


class KeyReused(DomainError):
    """The key of an earlier send, with another request."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used with another request within the last 24 hours. Use a new key for another"
            " message, or send the first request unchanged."
        )


class AnsweredBefore(DomainError):
    """The send has happened. Never an answer to a client: whoever meets it answers what was answered then."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__("the request was answered before")
        self.answer = answer


class Undone(DomainError):
    """Nothing was taken, so nothing is remembered. `answers` say why; never an answer to a client."""

    def __init__(self, answers: Sequence[Any]) -> None:
        super().__init__("nothing was taken")
        self.answers = answers


def takes_key(service: str, operation: str) -> bool:
    return operation in _SENDS.get(service, ())


def key_of(text: str) -> str:
    """The key that a header gives: a string of RFC 8941, as the draft has it, or the bare text. Raises Invalid."""
    key = text.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if len(key) > LONGEST or not _KEY.fullmatch(key):
        raise Invalid(f"Idempotency-Key must be 1 to {LONGEST} printable characters of US-ASCII.")
    return key


def digest_of(*parts: bytes) -> str:
    """Of all that makes two requests the same."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()
