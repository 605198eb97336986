"""What a letter to the service's own addresses says, for whoever reads it on a terminal or over HTTP.

Owns the reading for people: subject and plain text, within bounds. It was written by strangers: nothing of it is run,
fetched or believed.
"""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from tayori.resources.letters import Letter

MOST_LISTED = 50
_LONGEST = 20_000  # characters of a text that are shown


def summary(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.letter_id,
        "received_at": letter.received_at.isoformat(),
        "to": letter.recipient,
        "mail_from": letter.reverse_path,
        "source_ip": letter.source_ip,
        "from": _field(letter, "From"),
        "subject": _field(letter, "Subject"),
    }


def whole(letter: Letter) -> dict[str, Any]:
    return summary(letter) | {"text": text_of(letter)}


def text_of(letter: Letter) -> str:
    """The first part that is text, HTML as it stands where there is nothing plainer."""
    try:
        body = _parsed(letter).get_body(("plain", "html"))
        text = body.get_content() if body is not None else ""
        return str(text).replace("\r\n", "\n")[:_LONGEST]
    except (LookupError, ValueError, AttributeError, TypeError, AssertionError, RecursionError):
        return letter.content.decode("utf-8", "replace")[:_LONGEST]  # the library has given up on its structure


def _field(letter: Letter, name: str) -> str:
    try:
        return str(_parsed(letter).get(name, ""))[:500]
    except (LookupError, ValueError, AttributeError, TypeError, AssertionError, RecursionError):
        return ""


def _parsed(letter: Letter) -> EmailMessage:
    return message_from_bytes(letter.content, policy=default)
