"""SendEmail and SendRawEmail."""

from tayori.api import sending
from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.model.message import Operation
from tayori.model.submission import MAX_SIZE_V1, Arns


@operation("ses", "SendEmail", mode="compose")
async def send_email(call: ComposeCall, request: Request) -> Response:
    destination = request["Destination"]
    facts = sending.handed(
        call,
        Operation.SEND_EMAIL,
        source=request["Source"],
        destinations=sending.all_destinations(destination),
        return_path=request.get("ReturnPath", ""),
        configuration_set=request.get("ConfigurationSetName"),
        tags=request.get("Tags", ()),
        max_size=MAX_SIZE_V1,
        arns=_arns(request),
    )
    content = sending.simple_content(
        request["Source"], destination, request.get("ReplyToAddresses", ()), request["Message"]
    )
    return {"MessageId": await sending.send_simple(call, content, facts)}


@operation("ses", "SendRawEmail", mode="compose")
async def send_raw_email(call: ComposeCall, request: Request) -> Response:
    """`Destinations` replace the recipients of the header; `Source` is where feedback goes, beside From."""
    facts = sending.handed(
        call,
        Operation.SEND_RAW_EMAIL,
        source=request.get("Source", ""),
        destinations=request.get("Destinations", ()),
        configuration_set=request.get("ConfigurationSetName"),
        tags=request.get("Tags", ()),
        max_size=MAX_SIZE_V1,
        arns=_arns(request),
    )
    return {"MessageId": await sending.send_raw(call, request["RawMessage"]["Data"], facts)}


def _arns(request: Request) -> Arns:
    """Whose identities a delegate sender uses (ses: sending authorization)."""
    return Arns(
        source=request.get("SourceArn", ""),
        author=request.get("FromArn", ""),
        return_path=request.get("ReturnPathArn", ""),
    )
