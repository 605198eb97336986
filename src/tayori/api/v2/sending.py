"""SendEmail: Simple, Raw and Template content."""

from collections.abc import Mapping
from typing import Any

from tayori.api import sending, templated
from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.api.templated import Chosen
from tayori.api.v2.templates import content_of
from tayori.aws.errors import ApiError
from tayori.mail.parts import Attachment, Disposition, TransferEncoding
from tayori.model.contact_list import ListOption
from tayori.model.errors import Invalid, NotOffered
from tayori.model.message import Operation, TrackingOverride
from tayori.model.submission import Arns, Handed, check_custom_headers

_NOT_OFFERED = {
    "EndpointId": "Global endpoints are not offered: all regions send from the same machines. Leave out EndpointId.",
}
_CONTENT = ("Simple", "Raw", "Template")
_TEMPLATES = ("TemplateName", "TemplateArn", "TemplateContent")


@operation("sesv2", "SendEmail", mode="compose")
async def send_email(call: ComposeCall, request: Request) -> Response:
    refuse_what_is_not_offered(request)
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
        arns=arns_of(request),
        list_option=_list_option(request),
        tracking_override=override_of(request),
        tenant=request.get("TenantName", ""),
    )
    if kind == "Raw":
        return {"MessageId": await sending.send_raw(call, content["Data"], facts)}
    if kind == "Template":
        return {"MessageId": await _send_template(call, request, content, facts)}
    if not source:
        raise ApiError("BadRequestException", None)  # SES says no more than that (ses: probed)
    composed = sending.simple_content(
        source,
        destination,
        request.get("ReplyToAddresses", ()),
        content,
        headers=check_custom_headers(content.get("Headers", ())),
        attachments=[attachment(part) for part in content.get("Attachments", ())],
    )
    return {"MessageId": await sending.send_simple(call, composed, facts)}


async def _send_template(call: ComposeCall, request: Request, content: Mapping[str, Any], facts: Handed) -> str:
    source = request.get("FromEmailAddress", "")
    if not source:
        raise Invalid("Source cannot be empty")
    empty = templated.frame(
        source,
        request.get("Destination", {}),
        request.get("ReplyToAddresses", ()),
        headers=check_custom_headers(content.get("Headers", ())),
        attachments=[attachment(part) for part in content.get("Attachments", ())],
    )
    return await templated.send(call, await chosen(call, content), content.get("TemplateData", "{}"), empty, facts)


async def chosen(call: ComposeCall, content: Mapping[str, Any]) -> Chosen:
    """The template that Template content means. Raises DomainErrors."""
    given = [member for member in _TEMPLATES if member in content]
    if len(given) != 1:
        raise Invalid("Template must have exactly one of TemplateName, TemplateArn and TemplateContent.")
    if given == ["TemplateContent"]:
        return await templated.within_request(content_of(content["TemplateContent"]))
    if given == ["TemplateArn"]:
        return await templated.stored(call, templated.name_of(call, content["TemplateArn"]))
    return await templated.stored(call, content["TemplateName"])


def arns_of(request: Request) -> Arns:
    """Whose identities a delegate sender uses; the first stands for Source and From of a raw message alike."""
    author = request.get("FromEmailAddressIdentityArn", "")
    return Arns(source=author, author=author, return_path=request.get("FeedbackForwardingEmailAddressIdentityArn", ""))


def _list_option(request: Request) -> ListOption | None:
    given = request.get("ListManagementOptions")
    return ListOption(contact_list=given["ContactListName"], topic=given.get("TopicName", "")) if given else None


def override_of(request: Request) -> TrackingOverride | None:
    """What the request says of open and click tracking, against its configuration set."""
    given = request.get("ConfigurationOverrides", {}).get("Tracking", {})
    opens, clicks = (given.get(member) for member in ("OpenTrackingEnabled", "ClickTrackingEnabled"))
    if opens is None and clicks is None:
        return None
    return TrackingOverride(
        opens=None if opens is None else opens == "ENABLED", clicks=None if clicks is None else clicks == "ENABLED"
    )


def refuse_what_is_not_offered(request: Request) -> None:
    for member, text in _NOT_OFFERED.items():
        if request.get(member):
            raise NotOffered(text)


def _content(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    given = [kind for kind in _CONTENT if kind in content]
    if len(given) != 1:
        raise Invalid("Content must have exactly one of Simple, Raw and Template.")
    return given[0], content[given[0]]


def attachment(part: Mapping[str, Any]) -> Attachment:
    return Attachment(
        content=part["RawContent"],
        file_name=part["FileName"],
        content_type=part.get("ContentType", ""),
        disposition=Disposition(part.get("ContentDisposition", Disposition.ATTACHMENT)),
        content_id=part.get("ContentId", ""),
        description=part.get("ContentDescription", ""),
        transfer_encoding=TransferEncoding(part.get("ContentTransferEncoding", TransferEncoding.SEVEN_BIT)),
    )
