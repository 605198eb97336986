"""SendBounce: tell the sender of mail that was received within a day that it could not be delivered."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tayori import ids
from tayori.api import sending
from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.date import rfc5322_date
from tayori.mail.dsn import MAX_RECIPIENTS, DeliveryStatus, RecipientStatus
from tayori.model import bounce_mail
from tayori.model.bounce_mail import Bounce
from tayori.model.errors import Invalid, MessageRejected
from tayori.model.message import Operation
from tayori.model.submission import Arns
from tayori.resources import received_mail
from tayori.resources.received_mail import Returned

_LONGEST_TEXT = 10_000
_MOST_FIELDS = 50
_FIELD_NAME = re.compile(r"[!-9;-~]{1,100}")


@operation("ses", "SendBounce", mode="compose")
async def send_bounce(call: ComposeCall, request: Request) -> Response:
    """From a verified sender to who sent the message, with the null reverse-path."""
    message_id = request["OriginalMessageId"]
    found = await call.store.read(received_mail.returned, call.account_id, call.region, message_id)
    if found is None:
        raise MessageRejected(f"No message {message_id[:100]} was received within the last 24 hours.")
    if not found.arrival.source:
        raise MessageRejected(f"The message {message_id} has no sender that it could be returned to.")
    sender, arn = _address(request["BounceSender"]), request.get("BounceSenderArn", "")
    facts = sending.handed(
        call,
        Operation.SEND_BOUNCE,
        destinations=[found.arrival.source],
        arns=Arns(source=arn, author=arn),
    )
    bounce = Bounce(
        sender=sender,
        to=_address(found.arrival.source),
        explanation=_text(request.get("Explanation", "")),
        status=_status(request, found),
        head=found.head,
    )
    content = bounce_mail.compose(bounce, message_id="bounce@service", boundary=ids.url_token(), now=call.now)
    return {"MessageId": await sending.send_raw(call, content, facts)}


def _address(text: str) -> AddrSpec:
    try:
        return AddrSpec.parse(text)
    except AddressError as error:
        raise Invalid(str(error)) from error


def _text(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise Invalid(f"Explanation has at most {_LONGEST_TEXT} characters.")
    return text


def _status(request: Request, found: Returned) -> DeliveryStatus:
    infos = request["BouncedRecipientInfoList"]
    if not 1 <= len(infos) <= MAX_RECIPIENTS:
        raise Invalid(f"BouncedRecipientInfoList must have between 1 and {MAX_RECIPIENTS} recipients.")
    dsn = request.get("MessageDsn") or {}
    arrived = dsn.get("ArrivalDate") or found.arrival.received_at
    return DeliveryStatus(
        recipients=tuple(_recipient(info, found) for info in infos),
        reporting_mta=_host(dsn.get("ReportingMta") or found.arrival.host),
        arrival_date=rfc5322_date(arrived),
        extensions=_extensions(dsn.get("ExtensionFields") or ()),
    )


def _recipient(info: Mapping[str, Any], found: Returned) -> RecipientStatus:
    """Only who was a recipient can have bounced."""
    address = str(_address(info["Recipient"]))
    if address not in found.arrival.recipients:
        raise MessageRejected(f"The message was not received for {address}.")
    told = info.get("RecipientDsnFields")
    if told is None:
        status = bounce_mail.TYPES.get(info.get("BounceType") or "")
        if status is None:
            raise Invalid("Either BounceType or RecipientDsnFields must be given for each recipient.")
        return _plain(address, status)
    last = told.get("LastAttemptDate")
    return replace(
        _plain(address, told["Status"]),
        final_recipient=str(_address(_value(told["FinalRecipient"]))) if told.get("FinalRecipient") else address,
        action=told["Action"],
        diagnostic=_value(told.get("DiagnosticCode") or ""),
        diagnostic_type="smtp",
        remote_mta=_host(told.get("RemoteMta") or ""),
        last_attempt=rfc5322_date(last) if last else "",
        extensions=_extensions(told.get("ExtensionFields") or ()),
    )


def _plain(address: str, status: str) -> RecipientStatus:
    parsed = bounce_mail.status_of(status)
    return RecipientStatus(final_recipient=address, original_recipient=address, action="failed", status=parsed)


def _value(text: str) -> str:
    """Without the type before it: `rfc822; a@b`, `smtp; 550 …`; the report has it already."""
    kind, semicolon, rest = text.partition(";")
    return rest.strip() if semicolon and kind.strip().lower() in ("rfc822", "smtp", "dns") else text.strip()


def _host(text: str) -> str:
    return _value(text)


def _extensions(fields: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    found = tuple((one["Name"], one["Value"]) for one in fields)
    if len(found) > _MOST_FIELDS or not all(_FIELD_NAME.fullmatch(name) for name, _ in found):
        raise Invalid("ExtensionFields have names without spaces and colons, and there are at most 50 of them.")
    return found
