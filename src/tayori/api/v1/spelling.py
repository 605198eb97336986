"""v1 writes the values of enumerations in CamelCase where v2, and the rows, write them in UPPER_SNAKE."""

import re


def camel(value: str) -> str:
    """`TEMPORARY_FAILURE` → `TemporaryFailure`."""
    return "".join(word.capitalize() for word in value.split("_"))


def upper_snake(value: str) -> str:
    """`RejectMessage` → `REJECT_MESSAGE`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value).upper()
