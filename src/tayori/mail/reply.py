"""SMTP replies as values (RFC 5321 4.2) with enhanced status codes (RFC 3463, RFC 2034).

Owns the meaning of a reply's digits. Never reads from a socket: `delivery.dialogue` and `smtp.session` do.
"""

import re
from dataclasses import dataclass
from typing import Self

_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})(?=$|\s)")


@dataclass(frozen=True, slots=True)
class EnhancedStatus:
    """class.subject.detail of RFC 3463: 2 success, 4 persistent transient failure, 5 permanent failure."""

    status_class: int
    subject: int
    detail: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The status that `text` begins with, or None where it begins with something else."""
        match = _ENHANCED.match(text)
        return cls(int(match[1]), int(match[2]), int(match[3])) if match else None

    def __str__(self) -> str:
        return f"{self.status_class}.{self.subject}.{self.detail}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: `code` 200-599 and its lines of text, without code, separator, enhanced status or line ends."""

    code: int
    lines: tuple[str, ...]
    enhanced: EnhancedStatus | None = None

    @classmethod
    def of(cls, code: int, text: str, enhanced: str | None = None) -> Self:
        return cls(code, tuple(text.split("\n")), EnhancedStatus.parse(enhanced) if enhanced else None)

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 400

    @property
    def is_transient(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500

    @property
    def text(self) -> str:
        """The lines in one, as SES quotes a reply in `smtpResponse` and `diagnosticCode`."""
        return " ".join(line for line in self.lines if line)

    def __str__(self) -> str:
        parts = [str(self.code), str(self.enhanced) if self.enhanced else "", self.text]
        return " ".join(part for part in parts if part)

    def encode(self) -> bytes:
        """The bytes on the wire; RFC 2034 wants the enhanced status on every line of the reply."""
        status = f"{self.enhanced} " if self.enhanced else ""
        lines = self.lines or ("",)
        body = [f"{self.code}-{status}{line}\r\n" for line in lines[:-1]]
        return "".join([*body, f"{self.code} {status}{lines[-1]}\r\n"]).encode("utf-8", "replace")
