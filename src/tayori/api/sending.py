"""What v1 and v2 do alike to send: the facts that come with a message, its content as values, and the way to the door.

Content is put together off the writer's thread, and a large message off the event loop too. What is refused here needs
no database; the door decides the rest.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tayori import ids
from tayori.api.registry import ComposeCall
from tayori.api.tools import Tools
from tayori.mail.address import AddressError, Mailbox, parse_mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model.contact_list import ListOption
from tayori.model.errors import Invalid
from tayori.model.message import Caller, MessageTag, Operation, Submission, TrackingOverride
from tayori.model.submission import MAX_SIZE, Arns, Handed, from_raw, from_simple

_LARGE = 256 * 1024  # octets from which on the work would hold up others
NO_ARNS = Arns()
_DESTINATIONS = ("ToAddresses", "CcAddresses", "BccAddresses")


def handed(
    call: ComposeCall,
    operation: Operation,
    *,
    source: str = "",
    destinations: Sequence[str] = (),
    return_path: str = "",
    configuration_set: str | None = None,
    tags: Sequence[Mapping[str, str]] = (),
    max_size: int = MAX_SIZE,
    arns: Arns = NO_ARNS,
    list_option: ListOption | None = None,
    tracking_override: TrackingOverride | None = None,
    tenant: str = "",
) -> Handed:
    """What comes with a message of this call."""
    now = call.now
    return Handed(
        message_id=ids.message_id(call.region, now),
        caller=Caller(
            account_id=call.account_id,
            region=call.region,
            arn=call.caller_arn,
            source_ip=call.source_ip,
            operation=operation,
            permit=call.permit,
        ),
        now=now,
        names=call.names,
        source=source,
        destinations=destinations,
        return_path=return_path,
        configuration_set=configuration_set,
        tags=tuple(MessageTag(name=tag.get("Name", ""), value=tag.get("Value", "")) for tag in tags),
        max_size=max_size,
        arns=arns,
        list_option=list_option,
        tracking_override=tracking_override,
        tenant=tenant,
    )


def all_destinations(destination: Mapping[str, Any]) -> list[str]:
    return [address for kind in _DESTINATIONS for address in destination.get(kind, ())]


def simple_content(
    sender: str,
    destination: Mapping[str, Any],
    reply_to: Sequence[str],
    message: Mapping[str, Any],
    **more: Any,
) -> SimpleContent:
    """`Message` of v1, `Simple` of v2. Those copied in secret stand in no header. Raises Invalid."""
    body = message["Body"]
    return SimpleContent(
        sender=mailbox(sender),
        to=_mailboxes(destination.get("ToAddresses", ())),
        cc=_mailboxes(destination.get("CcAddresses", ())),
        reply_to=_mailboxes(reply_to),
        subject=_content(message["Subject"]),
        body=Body(
            text=_content(body["Text"]) if "Text" in body else None,
            html=_content(body["Html"]) if "Html" in body else None,
        ),
        **more,
    )


def _content(value: Mapping[str, str]) -> Content:
    return Content(data=value["Data"], charset=value.get("Charset") or "UTF-8")


def mailbox(text: str) -> Mailbox:
    try:
        return parse_mailbox(text)
    except AddressError as error:
        raise Invalid(str(error)) from error


def _mailboxes(texts: Sequence[str]) -> list[Mailbox]:
    return [mailbox(text) for text in texts]


async def send_simple(call: ComposeCall, content: SimpleContent, facts: Handed) -> str:
    size = sum(len(part.data) for part in (content.body.text, content.body.html) if part is not None)
    size += sum(len(attachment.content) for attachment in content.attachments)
    boundary = ids.url_token()
    return await _send(call, size, lambda: from_simple(content, facts, boundary))


async def send_raw(call: ComposeCall, raw: bytes, facts: Handed) -> str:
    return await _send(call, len(raw), lambda: from_raw(raw, facts))


async def _send(call: ComposeCall, size: int, prepare: Callable[[], Submission]) -> str:
    tools: Tools = call.tools
    submission = await asyncio.to_thread(prepare) if size > _LARGE else prepare()
    return await tools.sending.submit(submission, call.once)
