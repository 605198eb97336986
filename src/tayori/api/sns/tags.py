"""Tags of topics, in SNS's words."""

from collections.abc import Iterable, Mapping

from tayori.api.registry import Call, Request, Response, operation
from tayori.aws.errors import ApiError
from tayori.model.errors import Invalid, LimitExceeded
from tayori.model.topic_arn import TopicArn
from tayori.resources import tags, topics


def wanted_tags(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request; SNS has a text of its own for a key that comes twice."""
    listed = list(given)
    if len({tag["Key"] for tag in listed}) < len(listed):
        raise Invalid("Invalid parameter: Duplicated keys are not allowed.")
    if len(listed) > tags.MAX_TAGS:
        raise too_many_tags()
    return tags.check(listed)


def too_many_tags() -> LimitExceeded:
    return LimitExceeded("Could not complete request: tag quota of per resource exceeded")


@operation("sns", "TagResource")
def tag_resource(call: Call, request: Request) -> Response:
    arn = _tagged(call, request)
    wanted = wanted_tags(request["Tags"])
    kept = tags.get(call.tx, call.account_id, call.region, topics.resource(arn))
    if len(kept | wanted) > tags.MAX_TAGS:
        raise too_many_tags()
    tags.put(call.tx, call.account_id, call.region, topics.resource(arn), wanted)
    return {}


@operation("sns", "UntagResource")
def untag_resource(call: Call, request: Request) -> Response:
    arn = _tagged(call, request)
    tags.remove(call.tx, call.account_id, call.region, topics.resource(arn), request["TagKeys"])
    return {}


@operation("sns", "ListTagsForResource")
def list_tags_for_resource(call: Call, request: Request) -> Response:
    arn = _tagged(call, request)
    found = tags.get(call.tx, call.account_id, call.region, topics.resource(arn))
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}


def _tagged(call: Call, request: Request) -> TopicArn:
    """A topic of the caller's own: nothing else has tags."""
    arn = TopicArn.parse(request["ResourceArn"], "ResourceArn")
    known = arn.account_id == call.account_id and arn.region == call.region
    if not known or not topics.exists(call.tx, arn):
        raise ApiError("ResourceNotFound", "Resource does not exist", 404)
    return arn
