"""SendTemplatedEmail and SendBulkTemplatedEmail."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tayori.api import sending, templated
from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.api.templated import Answer, Bulk, Chosen
from tayori.model import template as rules
from tayori.model.errors import Invalid
from tayori.model.message import Operation
from tayori.model.submission import MAX_SIZE_V1, Arns, Handed


@operation("ses", "SendTemplatedEmail", mode="compose")
async def send_templated_email(call: ComposeCall, request: Request) -> Response:
    destination, tags = request["Destination"], request.get("Tags", ())
    chosen = await _chosen(call, request)
    facts = _handed(call, request, Operation.SEND_TEMPLATED_EMAIL, destination, tags)
    empty = templated.frame(request["Source"], destination, request.get("ReplyToAddresses", ()))
    return {"MessageId": await templated.send(call, chosen, request["TemplateData"], empty, facts)}


@operation("ses", "SendBulkTemplatedEmail", mode="compose")
async def send_bulk_templated_email(call: ComposeCall, request: Request) -> Response:
    destinations = request["Destinations"]
    templated.check_bulk(request["Source"], request.get("ReturnPath", ""), len(destinations))
    bulk = Bulk(
        chosen=await _chosen(call, request),
        sender=request["Source"],
        reply_to=request.get("ReplyToAddresses", ()),
        data=rules.data_of(request["DefaultTemplateData"]),
        tags=request.get("DefaultTags", ()),
        handed=partial(_handed, call, request, Operation.SEND_BULK_EMAIL),
    )
    works = [
        partial(
            bulk.entry,
            one["Destination"],
            one.get("ReplacementTemplateData", ""),
            one.get("ReplacementTags", ()),
        )
        for one in destinations
    ]
    return await templated.send_all(call, works, _said)


def _said(answers: Sequence[Answer]) -> Response:
    return {"Status": [templated.told(one, templated.v1_status(templated.status_of(one))) for one in answers]}


async def _chosen(call: ComposeCall, request: Request) -> Chosen:
    name = request["Template"]
    if request.get("TemplateArn") and templated.name_of(call, request["TemplateArn"]) != name:
        raise Invalid("Template and TemplateArn name different templates.")
    return await templated.stored(call, name)


def _handed(
    call: ComposeCall,
    request: Request,
    kind: Operation,
    destination: Mapping[str, Any],
    tags: Sequence[Mapping[str, str]],
) -> Handed:
    return sending.handed(
        call,
        kind,
        source=request["Source"],
        destinations=sending.all_destinations(destination),
        return_path=request.get("ReturnPath", ""),
        configuration_set=request.get("ConfigurationSetName"),
        tags=tags,
        max_size=MAX_SIZE_V1,
        arns=Arns(source=request.get("SourceArn", ""), return_path=request.get("ReturnPathArn", "")),
    )
