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


def counts_as(configuration_set: str | None, identity: str, tenant: str = "") -> str:
    """The key of mail under a configuration set, if any, and an identity, for a tenant, if any. "" is for mail that is
    not counted. Neither a set's name nor a tenant's has a space or a slash.
    """
    name = configuration_set or ""
    return f"{name}/{tenant} {identity}" if tenant else f"{name} {identity}"


def parts(counted: str) -> tuple[str, str, str]:
    """The configuration set, "" for none, the identity, and the tenant, "" for none."""
    name, _, identity = counted.partition(" ")
    name, _, tenant = name.partition("/")
    return name, identity, tenant
