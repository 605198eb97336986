"""SendBulkEmail."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tayori.api import sending, templated
from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.api.templated import Answer, Bulk
from tayori.api.v2.sending import arns_of, attachment, chosen, override_of, refuse_what_is_not_offered
from tayori.model import template as rules
from tayori.model.errors import Invalid
from tayori.model.message import Operation
from tayori.model.submission import Handed, check_custom_headers


@operation("sesv2", "SendBulkEmail", mode="compose")
async def send_bulk_email(call: ComposeCall, request: Request) -> Response:
    refuse_what_is_not_offered(request)
    entries = request["BulkEmailEntries"]
    return_path = request.get("FeedbackForwardingEmailAddress", "")
    templated.check_bulk(request.get("FromEmailAddress", ""), return_path, len(entries))
    bulk = await _bulk(call, request)
    return await templated.send_all(call, [partial(_entry, bulk, entry) for entry in entries], _said)


def _said(answers: Sequence[Answer]) -> Response:
    return {"BulkEmailEntryResults": [templated.told(one, templated.status_of(one)) for one in answers]}


async def _bulk(call: ComposeCall, request: Request) -> Bulk:
    """Raises DomainErrors for what is wrong of all entries."""
    content = request["DefaultContent"].get("Template")
    if content is None:
        raise Invalid("DefaultContent must have a Template.")
    headers = content.get("Headers", ())
    check_custom_headers(headers)
    return Bulk(
        chosen=await chosen(call, content),
        sender=request["FromEmailAddress"],
        reply_to=request.get("ReplyToAddresses", ()),
        data=rules.data_of(content.get("TemplateData", "{}")),
        tags=request.get("DefaultEmailTags", ()),
        headers=headers,
        attachments=[attachment(part) for part in content.get("Attachments", ())],
        handed=partial(_handed, call, request),
    )


def _entry(bulk: Bulk, entry: Mapping[str, Any]) -> Any:
    replacement = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
    return bulk.entry(
        entry["Destination"],
        replacement.get("ReplacementTemplateData", ""),
        entry.get("ReplacementTags", ()),
        entry.get("ReplacementHeaders", ()),
    )


def _handed(
    call: ComposeCall, request: Request, destination: Mapping[str, Any], tags: Sequence[Mapping[str, str]]
) -> Handed:
    return sending.handed(
        call,
        Operation.SEND_BULK_EMAIL,
        source=request["FromEmailAddress"],
        destinations=sending.all_destinations(destination),
        return_path=request.get("FeedbackForwardingEmailAddress", ""),
        configuration_set=request.get("ConfigurationSetName"),
        tags=tags,
        arns=arns_of(request),
        tracking_override=override_of(request),
        tenant=request.get("TenantName", ""),
    )
