"""The suppression list of the account, or of one of its tenants."""

from typing import Any

from tayori.api.registry import Call, Request, Response, operation
from tayori.model.errors import Invalid
from tayori.resources import suppression, tenants
from tayori.resources.suppression import SuppressedDestination

_PAGE, _MOST = 100, 1000


@operation("sesv2", "PutSuppressedDestination")
def put_suppressed_destination(call: Call, request: Request) -> Response:
    suppression.require_production(call.tx, call.account_id, call.region)
    suppression.put(call.tx, call.account_id, _list_of(call, request), request["EmailAddress"], request["Reason"])
    return {}


@operation("sesv2", "GetSuppressedDestination")
def get_suppressed_destination(call: Call, request: Request) -> Response:
    entry = suppression.get(call.tx, call.account_id, _list_of(call, request), request["EmailAddress"])
    found = _summary(entry)
    if entry.message_id is not None:
        found["Attributes"] = {"MessageId": entry.message_id, "FeedbackId": entry.feedback_id}
    return {"SuppressedDestination": found}


@operation("sesv2", "DeleteSuppressedDestination")
def delete_suppressed_destination(call: Call, request: Request) -> Response:
    suppression.delete(call.tx, call.account_id, _list_of(call, request), request["EmailAddress"])
    return {}


@operation("sesv2", "ListSuppressedDestinations")
def list_suppressed_destinations(call: Call, request: Request) -> Response:
    size = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")

    place = _list_of(call, request)
    bound_to = f"suppressed-destination/{_narrowing(request)}/{call.account_id}/{place}"
    token = request.get("NextToken")
    page = suppression.page(
        call.tx,
        call.account_id,
        place,
        wanted_reasons=request.get("Reasons", ()),
        start=request.get("StartDate"),
        end=request.get("EndDate"),
        after=str(call.pages.decode(bound_to, token)[0]) if token else "",
        limit=size,
    )
    following = {"NextToken": call.pages.encode(bound_to, [page.rest])} if page.rest is not None else {}
    return {"SuppressedDestinationSummaries": [_summary(entry) for entry in page.entries]} | following


def _narrowing(request: Request) -> str:
    """A token is good only for the list that gave it (ses: probed)."""
    dates = (request[name].isoformat() if name in request else "" for name in ("StartDate", "EndDate"))
    return "/".join((",".join(sorted(set(request.get("Reasons", ())))), *dates))


def _summary(entry: SuppressedDestination) -> dict[str, Any]:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.updated_at}


def _list_of(call: Call, request: Request) -> str:
    """What the list is kept under. Raises NotFound."""
    name = request.get("TenantName")
    if name is None:
        return call.region
    return tenants.get(call.tx, call.account_id, call.region, name).list_within(call.region)
