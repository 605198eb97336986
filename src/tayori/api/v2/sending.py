"""SendEmail: Simple and Raw content."""

from collections.abc import Mapping
from typing import Any

from tayori.api import sending
from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.aws.errors import ApiError
from tayori.mail.parts import Attachment, Disposition, TransferEncoding
from tayori.model.contact_list import ListOption
from tayori.model.errors import Invalid, NotOffered
from tayori.model.message import Operation
from tayori.model.submission import Arns, check_custom_headers

_NOT_OFFERED = {
    "TenantName": "Tenants are not offered by this release. Leave out TenantName.",
    "EndpointId": "Global endpoints are not offered: an installation plays one region. Leave out EndpointId.",
}
_CONTENT = ("Simple", "Raw", "Template")


@operation("sesv2", "SendEmail", mode="compose")
async def send_email(call: ComposeCall, request: Request) -> Response:
    _refuse_what_is_not_offered(request)
    kind, content = _content(request["Content"])
    destination = request.get("Destination", {})
    source = request.get("FromEmailAddress", "")
    facts = sending.handed(
        call,
        Operation.SEND_EMAIL,
        source=source,
        destinations=sending.all_destinations(destination),
        return_path=request.get("FeedbackForwardingEmailAddress", ""),
        configuration_set=request.get("ConfigurationSetName"),
        tags=request.get("EmailTags", ()),
        arns=_arns(request),
        list_option=_list_option(request),
    )
    if kind == "Raw":
        return {"MessageId": await sending.send_raw(call, content["Data"], facts)}
    if not source:
        raise ApiError("BadRequestException", None)  # SES says no more than that (ses: probed)
    composed = sending.simple_content(
        source,
        destination,
        request.get("ReplyToAddresses", ()),
        content,
        headers=check_custom_headers(content.get("Headers", ())),
        attachments=[_attachment(part) for part in content.get("Attachments", ())],
    )
    return {"MessageId": await sending.send_simple(call, composed, facts)}


def _arns(request: Request) -> Arns:
    """Whose identities a delegate sender uses; the first stands for Source and From of a raw message alike."""
    author = request.get("FromEmailAddressIdentityArn", "")
    return Arns(source=author, author=author, return_path=request.get("FeedbackForwardingEmailAddressIdentityArn", ""))


def _list_option(request: Request) -> ListOption | None:
    given = request.get("ListManagementOptions")
    return ListOption(contact_list=given["ContactListName"], topic=given.get("TopicName", "")) if given else None


def _refuse_what_is_not_offered(request: Request) -> None:
    for member, text in _NOT_OFFERED.items():
        if request.get(member):
            raise NotOffered(text)


def _content(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    given = [kind for kind in _CONTENT if kind in content]
    if len(given) != 1:
        raise Invalid("Content must have exactly one of Simple, Raw and Template.")
    if given == ["Template"]:
        raise NotOffered("Templates are not offered yet by this release. Send Simple or Raw content.")
    return given[0], content[given[0]]


def _attachment(part: Mapping[str, Any]) -> Attachment:
    return Attachment(
        content=part["RawContent"],
        file_name=part["FileName"],
        content_type=part.get("ContentType", ""),
        disposition=Disposition(part.get("ContentDisposition", Disposition.ATTACHMENT)),
        content_id=part.get("ContentId", ""),
        description=part.get("ContentDescription", ""),
        transfer_encoding=TransferEncoding(part.get("ContentTransferEncoding", TransferEncoding.SEVEN_BIT)),
    )
