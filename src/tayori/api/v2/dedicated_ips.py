"""Dedicated addresses and their pools: what of the operator's addresses an account has, and how it groups them."""

from typing import Any

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.aws.paging import BadPageToken
from tayori.model.errors import Invalid
from tayori.model.source import SourceAddress
from tayori.resources import dedicated_ips, tags

_PAGE, _MOST = 100, 1000


@operation("sesv2", "CreateDedicatedIpPool")
def create_dedicated_ip_pool(call: Call, request: Request) -> Response:
    mode = request.get("ScalingMode", dedicated_ips.STANDARD)
    wanted = tags.check(request.get("Tags", ()))
    dedicated_ips.create_pool(call.tx, call.account_id, call.region, request["PoolName"], mode, wanted)
    return {}


@operation("sesv2", "GetDedicatedIpPool")
def get_dedicated_ip_pool(call: Call, request: Request) -> Response:
    name = request["PoolName"]
    dedicated_ips.check_pool(call.tx, call.account_id, call.region, name)
    return {"DedicatedIpPool": {"PoolName": name, "ScalingMode": dedicated_ips.STANDARD}}


@operation("sesv2", "ListDedicatedIpPools")
def list_dedicated_ip_pools(call: Call, request: Request) -> Response:
    def fetch(after: str, limit: int) -> list[str]:
        return dedicated_ips.pools(call.tx, call.account_id, call.region, after=after, limit=limit)

    try:
        names, following = listing.page(call, "dedicated-ip-pool", request.get("NextToken"), _size(request), fetch, str)
    except BadPageToken as error:
        raise Invalid(f"invalid nextToken {error.token[:200]}") from error
    return {"DedicatedIpPools": names} | ({"NextToken": following} if following else {})


@operation("sesv2", "DeleteDedicatedIpPool")
def delete_dedicated_ip_pool(call: Call, request: Request) -> Response:
    dedicated_ips.delete_pool(call.tx, call.account_id, call.region, request["PoolName"])
    return {}


@operation("sesv2", "PutDedicatedIpPoolScalingAttributes")
def put_dedicated_ip_pool_scaling_attributes(call: Call, request: Request) -> Response:
    dedicated_ips.check_pool(call.tx, call.account_id, call.region, request["PoolName"])
    dedicated_ips.check_mode(request["ScalingMode"])
    return {}


@operation("sesv2", "GetDedicatedIp")
def get_dedicated_ip(call: Call, request: Request) -> Response:
    found = dedicated_ips.get(call.tx, call.account_id, call.region, request["Ip"])
    return {"DedicatedIp": _shown(call, found)}


@operation("sesv2", "GetDedicatedIps")
def get_dedicated_ips(call: Call, request: Request) -> Response:
    def fetch(after: str, limit: int) -> list[SourceAddress]:
        return dedicated_ips.page(
            call.tx, call.account_id, call.region, pool=request.get("PoolName"), after=after, limit=limit
        )

    try:
        found, following = listing.page(
            call, "dedicated-ip", request.get("NextToken"), _size(request), fetch, lambda source: source.address
        )
    except BadPageToken as error:
        raise Invalid(f"invalid nextToken {error.token[:200]}") from error
    return {"DedicatedIps": [_shown(call, source) for source in found]} | (
        {"NextToken": following} if following else {}
    )


@operation("sesv2", "PutDedicatedIpInPool")
def put_dedicated_ip_in_pool(call: Call, request: Request) -> Response:
    pool = request["DestinationPoolName"]
    dedicated_ips.put_in_pool(call.tx, call.account_id, call.region, request["Ip"], pool)
    return {}


@operation("sesv2", "PutDedicatedIpWarmupAttributes")
def put_dedicated_ip_warmup_attributes(call: Call, request: Request) -> Response:
    percent = request["WarmupPercentage"]
    dedicated_ips.put_percentage(call.tx, call.account_id, call.region, request["Ip"], percent)
    return {}


def _shown(call: Call, source: SourceAddress) -> dict[str, Any]:
    return {
        "Ip": source.address,
        "WarmupStatus": source.warmup_status(call.now),
        "WarmupPercentage": source.percentage(call.now),
        "PoolName": source.pool,
    }


def _size(request: Request) -> int:
    size = int(request.get("PageSize", _PAGE))
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")
    return size
