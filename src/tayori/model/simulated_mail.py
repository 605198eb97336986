"""What the owners of mailboxes of the simulator write: an automatic reply, or a complaint by a feedback loop.

Owns their text: RFC 3834 for the reply, RFC 5965 for the complaint. Both are read by the same reader as strangers'
mail, so they say what strangers' mail says and nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime

from tayori.mail.address import AddrSpec
from tayori.mail.date import rfc5322_date
from tayori.mail.fields import find, scan_block
from tayori.model import simulator
from tayori.model.simulator import Mailbox

_USER_AGENT = "Tayori Mailbox Simulator"
_MOST_HEAD = 32 * 1024  # of the message that is answered
_AWAY = "I am out of the office. (This is the mailbox simulator; nobody is.)\r\n"
_ANGRY = "This is an email abuse report for a message that the mailbox simulator has received.\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A message that one mailbox of the simulator has got. `token` is for this one answer, and nothing else has it."""

    mailbox: Mailbox
    recipient: AddrSpec
    return_path: AddrSpec
    accepted_at: datetime
    now: datetime
    token: str
    head: bytes = field(default=b"", repr=False)  # its header block, as far as it is still known


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    to: AddrSpec
    content: bytes


def answer(got: Delivered, feedback: AddrSpec) -> Answer:
    """`feedback` is where feedback loops send complaints; a reply goes to the return path."""
    if got.mailbox is Mailbox.COMPLAINT:
        return Answer(to=feedback, content=_complaint(got, feedback))
    return Answer(to=got.return_path, content=_automatic_reply(got))


def _top(got: Delivered, sender: str, to: AddrSpec, subject: str, *more: str) -> bytes:
    lines = (
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Date: {rfc5322_date(got.now)}",
        f"Message-ID: <{got.token}@{simulator.DOMAIN}>",
        *more,
        "MIME-Version: 1.0",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def _automatic_reply(got: Delivered) -> bytes:
    message_id = find(scan_block(got.head[:_MOST_HEAD]), b"Message-ID")
    thread = message_id.value.decode("ascii", "replace") if message_id else ""
    top = _top(
        got,
        str(got.recipient),
        got.return_path,
        "Automatic reply: out of the office",
        *((f"In-Reply-To: {thread}", f"References: {thread}") if thread else ()),
        "Auto-Submitted: auto-replied (vacation)",
    )
    return top + b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + _AWAY.encode()


def _complaint(got: Delivered, feedback: AddrSpec) -> bytes:
    top = _top(
        got,
        f"feedback@{simulator.DOMAIN}",
        feedback,
        "Complaint about a message",
        "Auto-Submitted: auto-generated",
        f'Content-Type: multipart/report; report-type=feedback-report;\r\n boundary="{got.token}"',
    )
    report = (
        "Feedback-Type: abuse\r\n"
        f"User-Agent: {_USER_AGENT}\r\n"
        "Version: 1\r\n"
        f"Original-Mail-From: <{got.return_path}>\r\n"
        f"Original-Rcpt-To: <{got.recipient}>\r\n"
        f"Arrival-Date: {rfc5322_date(got.accepted_at)}\r\n"
        f"Reporting-MTA: dns; {simulator.DOMAIN}\r\n"
    )
    parts = (
        ("text/plain; charset=us-ascii", _ANGRY.encode()),
        ("message/feedback-report", report.encode()),
        ("text/rfc822-headers", got.head[:_MOST_HEAD]),
    )
    body = b"".join(
        f"--{got.token}\r\nContent-Type: {kind}\r\n\r\n".encode() + content + b"\r\n" for kind, content in parts
    )
    return top + b"\r\n" + body + f"--{got.token}--\r\n".encode()
