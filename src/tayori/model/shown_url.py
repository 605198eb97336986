"""A URL of a user's as it may be shown: the password in it stays out of lists, timelines and terminals."""

import re

_PASSWORD = re.compile(r"(https?://[^/?#@:]*:)[^/?#]*@", re.IGNORECASE)


def shown(url: str) -> str:
    """`https://user:secret@host/` is `https://user:****@host/`, as SNS shows it."""
    return _PASSWORD.sub(r"\1****@", url, count=1) if url[:4].lower() == "http" else url
