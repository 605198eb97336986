"""ARNs of SES resources: `arn:aws:ses:<region>:<account id>:<type>/<name>`."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """A resource of SES. `name` may have slashes of its own."""

    region: str
    account_id: str
    resource_type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The ARN that `text` is, or None where it names no resource of SES."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "ses":
            return None
        resource_type, slash, name = parts[5].partition("/")
        if not slash or not resource_type or not name:
            return None
        return cls(region=parts[3], account_id=parts[4], resource_type=resource_type, name=name)

    def __str__(self) -> str:
        return f"arn:aws:ses:{self.region}:{self.account_id}:{self.resource_type}/{self.name}"
