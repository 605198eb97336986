"""The account's suppression list."""

from typing import Any

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.errors import Invalid, NotOffered
from tayori.resources import suppression
from tayori.resources.suppression import SuppressedDestination

_PAGE, _MOST = 100, 1000


@operation("sesv2", "PutSuppressedDestination")
def put_suppressed_destination(call: Call, request: Request) -> Response:
    _refuse_tenant(request)
    suppression.require_production(call.tx, call.account_id, call.region)
    suppression.put(call.tx, call.account_id, call.region, request["EmailAddress"], request["Reason"])
    return {}


@operation("sesv2", "GetSuppressedDestination")
def get_suppressed_destination(call: Call, request: Request) -> Response:
    _refuse_tenant(request)
    entry = suppression.get(call.tx, call.account_id, call.region, request["EmailAddress"])
    found = _summary(entry)
    if entry.message_id is not None:
        found["Attributes"] = {"MessageId": entry.message_id, "FeedbackId": entry.feedback_id}
    return {"SuppressedDestination": found}


@operation("sesv2", "DeleteSuppressedDestination")
def delete_suppressed_destination(call: Call, request: Request) -> Response:
    _refuse_tenant(request)
    suppression.delete(call.tx, call.account_id, call.region, request["EmailAddress"])
    return {}


@operation("sesv2", "ListSuppressedDestinations")
def list_suppressed_destinations(call: Call, request: Request) -> Response:
    _refuse_tenant(request)
    size = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")

    def fetch(after: str, limit: int) -> list[SuppressedDestination]:
        return suppression.page(
            call.tx,
            call.account_id,
            call.region,
            wanted_reasons=request.get("Reasons", ()),
            start=request.get("StartDate"),
            end=request.get("EndDate"),
            after=after,
            limit=limit,
        )

    entries, following = listing.page(
        call,
        f"suppressed-destination/{_narrowing(request)}",
        request.get("NextToken"),
        size,
        fetch,
        lambda entry: entry.address,
    )
    summaries = [_summary(entry) for entry in entries]
    return {"SuppressedDestinationSummaries": summaries} | ({"NextToken": following} if following else {})


def _narrowing(request: Request) -> str:
    """A token is good only for the list that gave it (ses: probed)."""
    dates = (request[name].isoformat() if name in request else "" for name in ("StartDate", "EndDate"))
    return "/".join((",".join(sorted(set(request.get("Reasons", ())))), *dates))


def _summary(entry: SuppressedDestination) -> dict[str, Any]:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.updated_at}


def _refuse_tenant(request: Request) -> None:
    if request.get("TenantName"):
        raise NotOffered("Tenants are not offered by this release. Leave out TenantName.")
