"""What a user of the console may do in an account, by role.

Owns the order of the roles and what each operation of the API needs. Pure: whoever answers asks here. Access keys act
with the role of an administrator, or of an operator.
"""

from enum import StrEnum

_READING = ("Get", "List", "BatchGet", "Describe", "CheckIf")
_SENDING = ("Send", "TestRender")

# The names say otherwise: these hand out the recipients of a whole account, or add an identity.
_NEEDS_ADMINISTRATOR = frozenset(("GetExportJob", "SendCustomVerificationEmail"))


class Role(StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"
    SENDER = "sender"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"

    def includes(self, other: "Role") -> bool:
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Role)
OF_ACCOUNTS = (Role.VIEWER, Role.SENDER, Role.ADMINISTRATOR)  # what one can be in one account


def needed(operation: str) -> Role:
    """The least role that may call an operation of the API."""
    if operation in _NEEDS_ADMINISTRATOR:
        return Role.ADMINISTRATOR
    if operation.startswith(_READING):
        return Role.VIEWER
    if operation.startswith(_SENDING):
        return Role.SENDER
    return Role.ADMINISTRATOR


def may_call(role: Role, operation: str) -> bool:
    return role.includes(needed(operation))
