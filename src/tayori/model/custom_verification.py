"""Verification mails in a customer's own words: what a template may hold, and the mail that is made of it.

Owns the fixed text that SES puts below every such mail, and the limits (ses: custom verification email templates). The
customer's HTML goes out as given; what would run or ask for input in a reader's mail program is refused beforehand.
"""

import html
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tayori.mail.address import AddressError, AddrSpec, parse_mailbox
from tayori.model.errors import Invalid, InvalidContent

MAX_TEMPLATES = 50
MAX_CONTENT = 10 * 1024 * 1024
_MAX_URL = 2048
_MAX_SUBJECT = 998  # a line of a header (RFC 5322 2.1.1)
_FORBIDDEN = re.compile(
    r"<\s*(script|iframe|frame|frameset|object|embed|applet|form|input|button|meta|base)\b", re.IGNORECASE
)
_BODY_END = re.compile(r"</\s*body\s*>", re.IGNORECASE)
_FOOTER = (
    "If you did not request to verify this email address, please disregard this message. If you have any concerns, "
    "please forward this message to the following email address along with your questions or comments."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    name: str
    from_address: str
    subject: str
    content: str
    success_url: str
    failure_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirects:
    """Where the reader goes who opened the link: after it worked, or where it did not."""

    success_url: str
    failure_url: str


def check(template: Template) -> None:
    """Raises Invalid and InvalidContent, in SES's words where they are known."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", template.name):
        raise Invalid("The template name may have up to 64 letters, digits, dashes and underscores.")
    if not template.subject.strip() or len(template.subject) > _MAX_SUBJECT or not template.subject.isprintable():
        raise Invalid(f"The subject of the template must have 1 to {_MAX_SUBJECT} characters, all of them printable.")
    for word, url in (("success", template.success_url), ("failure", template.failure_url)):
        if not _is_url(url):
            raise Invalid(f"The {word} redirection URL is invalid")
    if not template.content.strip() or len(template.content.encode("utf-8", "replace")) >= MAX_CONTENT:
        raise InvalidContent("The content of the template must not be empty, and must be smaller than 10 MB.")
    found = _FORBIDDEN.search(template.content)
    if found:
        raise InvalidContent(f"The content of the template must not have <{found[1].lower()}>.")


def _is_url(text: str) -> bool:
    """What may stand in a Location field, and leads to the web."""
    if len(text) > _MAX_URL or not re.fullmatch(r"[!-~]+", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def sender_of(text: str) -> AddrSpec:
    """The address of a template's From: one without a display name. Raises Invalid."""
    return _address(text)


def recipient_of(text: str) -> AddrSpec:
    """The address that is to be verified. Raises Invalid."""
    if not text.strip():
        raise Invalid("Email address not specified.")
    return _address(text)


def _address(text: str) -> AddrSpec:
    shown = "".join(character if character.isprintable() else "\ufffd" for character in text[:320])
    try:
        mailbox = parse_mailbox(text)
    except AddressError as error:
        raise Invalid(f"Invalid email address<{shown}>.") from error
    if mailbox.display_name:
        raise Invalid(f"Invalid email address<{shown}>.")
    return mailbox.addr


def html_of(content: str, link: str, concerns: str) -> str:
    """The customer's page, with the link and the fixed text below it."""
    below = (
        f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>'
        f"<p>{html.escape(_FOOTER)}</p><p>{html.escape(concerns)}</p>"
    )
    ends = list(_BODY_END.finditer(content))
    at = ends[-1].start() if ends else len(content)
    return f"{content[:at]}\n{below}\n{content[at:]}"


def text_of(link: str, concerns: str) -> str:
    """For readers without HTML: what the mail is for."""
    return f"{link}\n\n{_FOOTER}\n\n{concerns}\n"
