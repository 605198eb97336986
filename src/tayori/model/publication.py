"""What is published to a topic: text or one text for each protocol, subject, attributes; what SNS demands of them.

Owns the checks and SNS's texts (sns: Publish, message attributes). Never decides who gets it.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tayori.model.errors import Invalid, InvalidAttribute
from tayori.model.filter_policy import MISSING, number

MAX_SIZE = 256 * 1024
_MAX_SUBJECT = 100
_TYPE = re.compile(r"(String|Number|Binary)(?:\..+)?", re.DOTALL)
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_.-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """`message` is one text, or texts by protocol with one for "default". `attributes`: name → {Type, Value}."""

    message: str | Mapping[str, str]
    subject: str = ""
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text_for(self, protocol: str) -> str:
        if isinstance(self.message, str):
            return self.message
        return self.message.get(protocol, self.message["default"])


def read(request: Mapping[str, Any]) -> Publication:
    """The publication of a Publish request or of an entry of a batch. Raises Invalid in SNS's words."""
    message = request.get("Message", "")
    if not message:
        raise Invalid("Invalid parameter: Empty message")
    _check_characters(message)
    given = request.get("MessageAttributes", {})
    attributes = {name: _attribute(name, value) for name, value in given.items()}
    if size(request) > MAX_SIZE:
        raise Invalid("Invalid parameter: Message too long")
    structure = request.get("MessageStructure")
    if structure not in (None, "", "json"):
        raise Invalid(f"Invalid parameter: Invalid Message Structure parameter: {structure[:100]}")
    return Publication(
        message=_by_protocol(message) if structure == "json" else message,
        subject=_subject(request.get("Subject")),
        attributes=attributes,
    )


def size(request: Mapping[str, Any]) -> int:
    """Bytes of the message and of its attributes: their names, types and values (sns)."""
    total = len(request.get("Message", "").encode("utf-8", "replace"))
    for name, value in request.get("MessageAttributes", {}).items():
        total += len(name.encode("utf-8", "replace")) + len(value.get("DataType", "").encode("utf-8", "replace"))
        total += len(value.get("StringValue", "").encode("utf-8", "replace")) + len(value.get("BinaryValue", b""))
    return total


def _check_characters(text: str) -> None:
    """What neither a notification nor its signature can carry."""
    if _FORBIDDEN.search(text):
        raise Invalid("Invalid parameter: Message Reason: Message contains characters that are not allowed")


def _subject(text: str | None) -> str:
    if text is None:
        return ""
    if not text or len(text) > _MAX_SUBJECT or not text.isprintable() or text[0].isspace():
        raise Invalid("Invalid parameter: Subject")
    return text


def _by_protocol(message: str) -> Mapping[str, str]:
    try:
        document = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise Invalid("Invalid parameter: Message Structure - JSON message body failed to parse") from error
    if not isinstance(document, dict):
        raise Invalid("Invalid parameter: Message Structure - JSON message body failed to parse")
    # SNS ignores what is not a text, the default among it.
    texts = {name: text for name, text in document.items() if isinstance(text, str)}
    if "default" not in texts:
        raise Invalid("Invalid parameter: Message Structure - No default entry in JSON message body")
    for text in texts.values():
        _check_characters(text)
    return texts


# -- message attributes ------------------------------------------------------------------------------------------------


def _attribute(name: str, value: Mapping[str, Any]) -> Mapping[str, str]:
    _check_name(name)
    kind = value["DataType"]
    found = _TYPE.fullmatch(kind)
    if found is None or len(kind) > 256:
        raise InvalidAttribute(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes"
            " is Binary, Number, and String."
        )
    wanted = "BinaryValue" if found[1] == "Binary" else "StringValue"
    if not value.get(wanted):
        if value.get("StringValue") or value.get("BinaryValue"):
            raise InvalidAttribute(
                f"The message attribute '{name}' with type '{kind}' must use field '{wanted.removesuffix('Value')}'."
            )
        raise InvalidAttribute(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute"
            f" type '{kind}'."
        )
    if found[1] == "Binary":
        return {"Type": kind, "Value": base64.b64encode(value["BinaryValue"]).decode("ascii")}
    text = value["StringValue"]
    if found[1] == "Number" and number(text) is MISSING:
        raise InvalidAttribute(f"Could not cast message attribute '{name}' value to number.")
    _check_characters(text)
    return {"Type": kind, "Value": text}


def _check_name(name: str) -> None:
    if not name or len(name) > 256:
        raise InvalidAttribute("Length of message attribute name must be less than 256 bytes.")
    for character in name:
        if not _NAME_CHARACTER.fullmatch(character):
            raise InvalidAttribute(
                f"Invalid non-alphanumeric character '#x{ord(character):X}' was found in the message attribute name."
                " Can only include alphanumeric characters, hyphens, underscores, or dots."
            )
    if name.startswith("."):
        raise InvalidAttribute("Invalid message attribute name starting with character '.' was found.")
    if name.endswith("."):
        raise InvalidAttribute("Invalid message attribute name ending with character '.' was found.")
    if ".." in name:
        raise InvalidAttribute("Message attribute name can not have successive '.' character.")
