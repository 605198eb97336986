"""What a user of the console may be called, and what a password must be.

Owns the two rules. A password is judged by its length alone (NIST SP 800-63B-4 3.1.1.2), in one normal form, so that it
is the same from every keyboard.
"""

import re
import unicodedata

from tayori.model.errors import Invalid

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_DISPLAY_NAME = 100
LANGUAGES = ("", "en", "ja")
THEMES = ("", "light", "dark")


def user_name(text: object) -> str:
    """The name in the form in which it is kept: it stands in ARNs. Raises Invalid."""
    name = text.strip().lower() if isinstance(text, str) else ""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "A user name has 1 to 64 characters: small letters, digits and . _ @ + -, the first a letter or a digit."
        )
    return name


def display_name(text: object) -> str:
    name = " ".join(text.split()) if isinstance(text, str) else ""
    if len(name) > LONGEST_DISPLAY_NAME or not name.isprintable():
        raise Invalid(f"A display name has at most {LONGEST_DISPLAY_NAME} printable characters.")
    return name


def new_password(text: object, name: str) -> str:
    """A password as it is hashed. Raises Invalid where it cannot be one."""
    password = normal_password(text)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    if len(set(password)) < 4 or password.lower() == name:
        raise Invalid("This password is too easy to guess.")
    return password


def normal_password(text: object) -> str:
    """A password that somebody says; an empty text where it cannot be anybody's."""
    if not isinstance(text, str) or len(text) > LONGEST_PASSWORD:
        return ""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
