"""The SMTP envelope: reverse-path, recipients and the ESMTP parameters that travel with them (RFC 5321 2.3.1).

Owns the difference between "no sender" and "the null sender". Never looks into the message.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from tayori.mail.address import AddrSpec


class BodyType(StrEnum):
    """The BODY parameter of MAIL FROM (RFC 6152)."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT_MIME = "8BITMIME"


@dataclass(frozen=True, slots=True)
class ReversePath:
    """Where reports about the message go. The null reverse-path `<>` is a value, never an empty string or None."""

    address: AddrSpec | None

    NULL: ClassVar["ReversePath"]

    @classmethod
    def of(cls, address: AddrSpec) -> Self:
        return cls(address)

    @property
    def is_null(self) -> bool:
        return self.address is None

    @property
    def text(self) -> str:
        """What stands between the angle brackets of MAIL FROM."""
        return "" if self.address is None else str(self.address)


ReversePath.NULL = ReversePath(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One SMTP transaction's envelope."""

    reverse_path: ReversePath
    recipients: tuple[AddrSpec, ...]
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
