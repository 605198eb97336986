"""What mail is counted as: the names of counts, and the key that a message carries from its acceptance to its end.

Owns the naming. Pure. The key is one text, since it goes along with each message through two processes.
"""

from enum import StrEnum

OTHER_PROVIDER = "other"  # whose mail hosts the table does not name


class Count(StrEnum):
    """What is counted, by its column."""

    SENDS = "sends"
    DELIVERIES = "deliveries"
    PERMANENT_BOUNCES = "permanent_bounces"
    TRANSIENT_BOUNCES = "transient_bounces"
    COMPLAINTS = "complaints"
    REJECTS = "rejects"
    OPENS = "opens"
    CLICKS = "clicks"


def counts_as(configuration_set: str | None, identity: str) -> str:
    """The key of mail under a configuration set, if any, and an identity. "" is for mail that is not counted."""
    return f"{configuration_set or ''} {identity}"


def parts(counted: str) -> tuple[str, str]:
    """The configuration set, "" for none, and the identity."""
    name, _, identity = counted.partition(" ")
    return name, identity
