"""The mailbox simulator: addresses that do on demand what receivers do, at a domain to which no mail ever leaves.

Owns which address does what (ses: send-an-email-from-console). Labels are ignored, upper and lower case are one. Mail
to these addresses is free of the daily quota and of reputation, and suppresses nobody.
"""

from collections.abc import Iterable
from enum import StrEnum

from tayori.mail.address import AddrSpec
from tayori.mail.reply import Reply
from tayori.model.failure import Stage, classify_reply
from tayori.model.message import Outcome

DOMAIN = "simulator.amazonses.com"  # as on SES, so that tests written for it need no change
_AT_DOMAIN = f"@{DOMAIN}"
HOST_ADDRESS = "127.0.0.1"  # where its host is: in this service


class Mailbox(StrEnum):
    SUCCESS = "success"
    BOUNCE = "bounce"
    AUTOMATIC_REPLY = "ooto"  # out of the office
    COMPLAINT = "complaint"
    SUPPRESSED = "suppressionlist"


# What their owners write after they have got the mail.
ANSWERING = frozenset({Mailbox.AUTOMATIC_REPLY, Mailbox.COMPLAINT})

_RECEIVED = Reply.of(250, "Message received", "2.6.0")
_UNKNOWN = Reply.of(550, "user unknown", "5.1.1")
_RECEIVING = ANSWERING | {Mailbox.SUCCESS}


def mailbox_of(address: AddrSpec) -> Mailbox | None:
    """None where the simulator has none of that name, and for everybody else's addresses."""
    if address.domain != DOMAIN:
        return None
    try:
        return Mailbox(address.local.partition("+")[0].lower())
    except ValueError:
        return None


def simulated(addresses: Iterable[AddrSpec]) -> list[AddrSpec]:
    return [address for address in addresses if address.domain == DOMAIN]


def is_simulated(address: str) -> bool:
    return address.endswith(_AT_DOMAIN)


def outcome_for(address: AddrSpec) -> Outcome:
    """What the simulator's host says to mail for an address of its domain."""
    if mailbox_of(address) in _RECEIVING:
        return classify_reply(Stage.CONTENT, _RECEIVED, DOMAIN)
    return classify_reply(Stage.RCPT, _UNKNOWN, DOMAIN)
