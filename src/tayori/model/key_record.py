"""A DKIM key record in a customer's DNS, held against the key that signs (RFC 6376 3.6.1).

Only the key itself counts: other tags and their order are the customer's affair, and base64 may have been cut into
pieces by the DNS provider's form.
"""

import re
from enum import StrEnum

from tayori.mail.dkim_keys import DkimKeyError, load_public_key, public_record

_KEY = re.compile(r"(?:^|;)[ \t\r\n]*p[ \t\r\n]*=([^;]*)")
_BEGINNING = re.compile(r"[ \t\r\n]*[A-Za-z]")
_KIND = re.compile(r"(?:^|;)[ \t\r\n]*k[ \t\r\n]*=[ \t\r\n]*([A-Za-z0-9-]+)")


class KeyMatch(StrEnum):
    SAME = "same"
    OTHER = "other"
    REVOKED = "revoked"  # an empty p=: signatures with this selector are void
    NONE = "none"  # no key record at all


def is_key_record(text: str) -> bool:
    """Whether a TXT value is meant to be a key record: it has a p= tag, and is no record of another kind."""
    version = re.match(r"[ \t]*v[ \t]*=[ \t]*([^; \t]+)", text, re.IGNORECASE)
    return (version is None or version.group(1).upper() == "DKIM1") and _KEY.search(text) is not None


def compare(found: str, expected: str) -> KeyMatch:
    """What the record `found` says of the key in the record `expected`."""
    if found == expected:
        return KeyMatch.SAME
    if not is_key_record(found):
        return KeyMatch.NONE
    key, kind = _KEY.search(found), _KIND.search(found)
    assert key is not None
    text = key.group(1).strip(" \t\r\n")
    if not text:
        return KeyMatch.REVOKED
    if not _BEGINNING.match(found):
        return KeyMatch.OTHER  # a quotation mark before `v=` makes it no list of tags for receivers
    try:
        loaded = load_public_key(kind.group(1) if kind else "rsa", text.encode("ascii", "replace"))
    except DkimKeyError:
        return KeyMatch.OTHER
    return KeyMatch.SAME if public_record(loaded) == expected else KeyMatch.OTHER
