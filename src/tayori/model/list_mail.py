"""List mail: what of a message is changed so that its recipient can unsubscribe.

Owns SES's rules (ses: subscription management): one recipient, so that the link is his; `List-Unsubscribe` with a link
and an address, and `List-Unsubscribe-Post` (RFC 2369, RFC 8058), in place of the sender's; the placeholder becomes the
link, at most twice. What somebody else has signed stays as it is. DKIM comes later, and covers what is put in here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tayori.mail import html_scan, transfer
from tayori.mail.fields import Field, assemble, find, split_message, without
from tayori.mail.structure import Part, StructureError, walk
from tayori.mail.transfer import Edit
from tayori.model.contact_list import ListOption
from tayori.model.message import Submission
from tayori.model.subscription_link import SubscriptionLink, SubscriptionLinks, has_mailbox

PAGE_PATH = "/tayori/subscription"  # of a link: <public URL><this>/<token>
PLACEHOLDER = b"{{amazonSESUnsubscribeUrl}}"
MOST_PLACEHOLDERS = 2
_OWN_FIELDS = (b"List-Unsubscribe", b"List-Unsubscribe-Post")
_TEXTS = frozenset({"text/plain", "text/html"})
_CLOSED = ("message/", "multipart/signed", "multipart/encrypted")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """Where a recipient can say that he wants no more."""

    url: str
    address: str  # "" where there is none


def ways_out(
    links: SubscriptionLinks, submission: Submission, option: ListOption, public_url: str, service_domain: str
) -> WaysOut:
    """Of a message that has one recipient."""
    link = SubscriptionLink(
        account_id=submission.caller.account_id,
        region=submission.caller.region,
        contact_list=option.contact_list,
        topic=option.topic,
        message_id=submission.message_id,
        address=str(submission.recipients[0]),
    )
    message_id = submission.message_id
    address = f"{links.mailbox(message_id)}@{service_domain}" if has_mailbox(message_id) else ""
    return WaysOut(url=f"{public_url}{PAGE_PATH}/{links.token(link)}", address=address)


def is_for_one(submission: Submission) -> bool:
    return len(submission.recipients) == 1


def with_ways_out(submission: Submission, ways: WaysOut) -> Submission:
    """The same message with its ways out; the very same where another has signed it."""
    fields, offset = split_message(submission.content)
    if find(fields, b"DKIM-Signature") is not None:
        return submission
    content = _without_placeholders(submission.content, ways.url.encode("ascii"))
    # The body alone was changed, behind a header of the same length.
    own = (*without(fields, _OWN_FIELDS), *_fields(ways))
    return replace(submission, content=assemble(own, content, offset))


def _fields(ways: WaysOut) -> list[Field]:
    targets = [f"<{ways.url}>"] + ([f"<mailto:{ways.address}?subject=unsubscribe>"] if ways.address else [])
    out = b"List-Unsubscribe: " + ",\r\n ".join(targets).encode("ascii") + b"\r\n"
    return [
        Field(b"List-Unsubscribe", out),
        Field(b"List-Unsubscribe-Post", b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"),
    ]


def _without_placeholders(content: bytes, url: bytes) -> bytes:
    pieces: list[bytes] = []
    position = done = 0
    for part in _open_parts(content):
        body = transfer.opened(part.body, part.transfer_encoding)
        if body is None or done == MOST_PLACEHOLDERS:
            continue
        view = html_scan.ascii_view(body.data, part.content_parameters.get("charset", "")) or b""
        found = list(re.finditer(re.escape(PLACEHOLDER), view))[: MOST_PLACEHOLDERS - done]
        if found:
            done += len(found)
            edits = [Edit(match.start(), match.end(), url) for match in found]
            pieces += (content[position : part.start], body.edited(edits))
            position = part.end
    return b"".join((*pieces, content[position:])) if pieces else content


def _open_parts(content: bytes) -> Sequence[Part]:
    """Texts of the message itself, in order: not what is attached, forwarded or sealed."""
    found: list[Part] = []
    closed: int | None = None  # the depth of an entity of which nothing is touched
    try:
        for part in walk(content):
            if closed is not None and part.depth > closed:
                continue
            closed = None
            if part.content_type.startswith(_CLOSED) or part.disposition == "attachment":
                closed = part.depth
            elif part.content_type in _TEXTS and content[part.start - 4 : part.start] == b"\r\n\r\n":
                found.append(part)
    except StructureError:  # more parts than anybody reads
        return []
    return found
