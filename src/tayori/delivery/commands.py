"""What a host is told of one message's envelope: MAIL and RCPT with the parameters of what it offers.

Owns which parameters are sent, and that no path can hold a command of somebody else's choosing. RFC 5321 4.1.1,
RFC 1870 (SIZE), RFC 6152 (BODY), RFC 6531 (SMTPUTF8), RFC 3461 (RET, ENVID, ORCPT).
"""

import re
from collections.abc import Sequence

from tayori.delivery.extensions import Extensions
from tayori.delivery.sign import SignedMessage
from tayori.model.message import DueRecipient

# AddrSpec has no such octets; a path that had them would be a command of somebody else's choosing.
_UNSAFE_IN_PATH = re.compile(r"[\x00-\x1f\x7f-\x9f<>]")
_NO_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 4: all but these is written as a number
_NO_UTF8_XTEXT = re.compile(r"[^!-*,-<>-\[\]-~]")  # RFC 6533 3


def envelope_commands(
    signed: SignedMessage, recipients: Sequence[DueRecipient], extensions: Extensions, mark: bytes, envelope_id: str
) -> list[str]:
    """MAIL and each RCPT."""
    size = f" SIZE={signed.size + len(mark)}" if extensions.size_limit is not None else ""
    body = " BODY=8BITMIME" if signed.is_eight_bit else ""
    if extensions.smtputf8 and (signed.needs_utf8 or not are_ascii(recipients)):
        body += " SMTPUTF8"
    if extensions.dsn and signed.reverse_path:  # to a null reverse-path nothing is ever reported
        return _commands_with_dsn(signed, recipients, size + body, envelope_id)
    commands = [f"MAIL FROM:<{_path(_return_path(signed, recipients))}>{size}{body}\r\n"]
    commands += [f"RCPT TO:<{_path(str(r.address))}>\r\n" for r in recipients]
    return commands


def _commands_with_dsn(
    signed: SignedMessage, recipients: Sequence[DueRecipient], parameters: str, envelope_id: str
) -> list[str]:
    """With what makes a report better (RFC 3461), and without what would ask for other reports.

    RET=HDRS: a report about a message that we have need not bring it back. ENVID names the message, ORCPT the address
    that we wrote to, whatever the receiver makes of it: both come back in the report. NOTIFY is left out: what hosts do
    of themselves, reports of failures and perhaps of delays, is what is wanted.
    """
    envid = f" ENVID={_xtext(envelope_id)}" if envelope_id else ""
    commands = [f"MAIL FROM:<{_path(_return_path(signed, recipients))}>{parameters} RET=HDRS{envid}\r\n"]
    for recipient in recipients:
        address = _path(str(recipient.address))
        original = f"rfc822;{_xtext(address)}" if address.isascii() else f"utf-8;{_utf8_xtext(address)}"
        commands.append(f"RCPT TO:<{address}> ORCPT={original}\r\n")
    return commands


def _return_path(signed: SignedMessage, recipients: Sequence[DueRecipient]) -> str:
    """Of this transaction: a report on it tells whom it is about, and nobody else could have written it."""
    if signed.return_paths is None or not signed.reverse_path:
        return signed.reverse_path
    return signed.return_paths.issue(signed.reverse_path, recipients[0].ordinal, is_shared=len(recipients) > 1)


def _xtext(text: str) -> str:
    return _NO_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def _utf8_xtext(text: str) -> str:
    """RFC 6533 3, in the form that is ASCII throughout."""
    return _NO_UTF8_XTEXT.sub(lambda found: f"\\x{{{ord(found[0]):X}}}", text)


def _path(text: str) -> str:
    if _UNSAFE_IN_PATH.search(text):
        raise ValueError("a path with characters that cannot be in it")
    return text


def are_ascii(recipients: Sequence[DueRecipient]) -> bool:
    for recipient in recipients:  # noqa: SIM110 - a generator costs more than what it would look at
        if not recipient.address.local.isascii():
            return False
    return True
