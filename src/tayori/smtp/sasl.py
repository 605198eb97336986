"""The framing of AUTH PLAIN (RFC 4616) and AUTH LOGIN (draft-murchison-sasl-login) inside SMTP (RFC 4954).

Owns what is asked and how an answer is decoded. Never judges a password: it ends in a Claim, which the policy
judges.
"""

import base64
import binascii
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeAlias


class SaslError(Exception):
    """The client's side of the exchange cannot be understood; `str()` is the text of the 501."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who the client says it is, and its proof."""

    identity: str
    password: str = field(repr=False)


# Yields challenges (base64, as they stand after "334 "), is sent the client's responses, returns the Claim.
Exchange: TypeAlias = Generator[str, str, Claim]


def plain(initial: str | None) -> Exchange:
    """`[authzid] NUL authcid NUL passwd` in one response.

    The challenge is empty, as RFC 4954 4 has it. SES says "334 Ok" here, which is no base64: clients that
    decode what they are sent, such as Python's smtplib, give up on it.
    """
    response = initial if initial is not None else (yield "")
    parts = _decode(response).split("\0")
    if len(parts) != 3:
        raise SaslError("Cannot decode response")
    authorization, identity, password = parts
    if authorization not in ("", identity):
        raise SaslError("Authorization as somebody else is not supported")
    return Claim(identity, password)


def login(initial: str | None) -> Exchange:
    """ "Username:", then "Password:", in base64; an initial response is the user name."""
    identity = initial if initial is not None else (yield "VXNlcm5hbWU6")
    password = yield "UGFzc3dvcmQ6"
    return Claim(_decode(identity), _decode(password))


MECHANISMS: dict[str, Callable[[str | None], Exchange]] = {"PLAIN": plain, "LOGIN": login}


def _decode(response: str) -> str:
    if response == "=":  # RFC 4954 4: an empty response, said in a way that is not nothing
        return ""
    try:
        return base64.b64decode(response, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise SaslError("Cannot decode response") from error
