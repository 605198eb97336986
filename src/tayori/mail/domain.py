"""A mail domain in the form the DNS wants: lower-case A-labels (RFC 5890, UTS 46), within the sizes of RFC
1035.

Owns `to_ascii_domain` and AddressError. Never asks the DNS whether the domain exists.
"""

import re

import idna

MAX_DOMAIN = 255
MAX_LABEL = 63

_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f]")
_LDH = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")


class AddressError(ValueError):
    """The text is no address or domain we take. `str()` is the sentence for the client, free of line ends."""


def to_ascii_domain(text: str) -> str:
    """The domain in lower-case A-labels, ready for the DNS. Raises AddressError.

    A single label is fine (`localhost`, `io`); a final dot, an underscore, an address literal or an
    all-digit last label (RFC 3696 2: no such top-level domain can exist, it is a mistyped address) is not.
    """
    if text.startswith("["):
        raise AddressError("Domain is an address literal; use a domain name")
    domain = text.lower() if text.isascii() else _to_a_labels(text)
    if not _LDH.fullmatch(domain):
        raise AddressError(_why_no_host_name(domain))
    if len(domain) > MAX_DOMAIN:
        raise AddressError(f"Domain is longer than {MAX_DOMAIN} octets")
    labels = domain.split(".")
    for label in labels:
        if len(label) > MAX_LABEL:
            raise AddressError(f"Domain has a label longer than {MAX_LABEL} octets")
        if label[0] == "-" or label[-1] == "-":
            raise AddressError("Domain has a label that starts or ends with a hyphen")
    if labels[-1].isdigit():
        raise AddressError("Domain ends in a number")
    return domain


def _to_a_labels(text: str) -> str:
    if _CONTROL_OR_SPACE.search(text):
        raise AddressError("Domain contains control or whitespace")
    if len(text) > MAX_DOMAIN:  # an A-label is never shorter than its U-label
        raise AddressError(f"Domain is longer than {MAX_DOMAIN} octets")
    try:
        return idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressError("Domain is not a valid internationalized domain name") from error


def _why_no_host_name(domain: str) -> str:
    if not domain:
        return "Missing domain"
    if _CONTROL_OR_SPACE.search(domain):
        return "Domain contains control or whitespace"
    if domain.startswith("."):
        return "Domain starts with dot"
    if ".." in domain:
        return "Domain contains dot-dot"
    if domain.endswith("."):
        return "Domain ends with dot"
    return "Domain contains illegal character"
