"""Publish and PublishBatch, in SNS's words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tayori.api.registry import Call, Request, Response, operation
from tayori.api.sns.asking import topic_of
from tayori.aws.errors import ApiError
from tayori.model import publication
from tayori.model.errors import Invalid, InvalidAttribute, NotOffered
from tayori.resources import topics
from tayori.resources.topics import Topic

_MOST_ENTRIES = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]+")
_MAX_ENTRY_ID = 80


@operation("sns", "Publish")
def publish(call: Call, request: Request) -> Response:
    """To the topic of TopicArn or TargetArn; nothing but topics can be published to."""
    if "PhoneNumber" in request:
        raise NotOffered("Text messages are not offered by this release. Publish to a topic.")
    member = next((name for name in ("TopicArn", "TargetArn") if name in request), None)
    if member is None:
        raise Invalid("Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")
    wanted = publication.read(request)
    topic = topic_of(call, request[member], "Publish", member=member)
    _refuse_fifo_members(request)
    return {"MessageId": topics.publish_to(call.tx, topic, wanted)}


def _refuse_fifo_members(request: Mapping[str, Any]) -> None:
    if request.get("MessageDeduplicationId"):
        raise Invalid(
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter"
            " that is not valid for this topic type"
        )


@operation("sns", "PublishBatch")
def publish_batch(call: Call, request: Request) -> Response:
    """Entries fail and succeed by themselves; what is wrong with the batch fails it whole."""
    entries = request["PublishBatchRequestEntries"]
    _check_batch(entries)
    topic = topic_of(call, request["TopicArn"], "Publish")
    successful, failed = [], []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], "MessageId": _publish_entry(call, topic, entry)})
        except Invalid as error:
            code = "ParameterValueInvalid" if isinstance(error, InvalidAttribute) else "InvalidParameter"
            failed.append({"Id": entry["Id"], "Code": code, "Message": error.message, "SenderFault": True})
    return {"Successful": successful, "Failed": failed}


def _publish_entry(call: Call, topic: Topic, entry: Mapping[str, Any]) -> str:
    wanted = publication.read(entry)
    _refuse_fifo_members(entry)
    return topics.publish_to(call.tx, topic, wanted)


def _check_batch(entries: Sequence[Mapping[str, Any]]) -> None:
    if not entries:
        raise ApiError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MOST_ENTRIES:
        raise ApiError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
    for entry in entries:
        name = entry["Id"]
        if len(name) > _MAX_ENTRY_ID:
            raise ApiError("InvalidBatchEntryId", f"The Id of a batch entry in the batch request is too long: {name}")
        if not _ENTRY_ID.fullmatch(name):
            raise ApiError(
                "InvalidBatchEntryId",
                f"The Id of a batch entry in the batch request contains an impermissible character: {name}",
            )
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise ApiError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    if sum(publication.size(entry) for entry in entries) > publication.MAX_SIZE:
        raise ApiError("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
