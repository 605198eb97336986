"""Contact lists. An account has one of them in each region, as on SES."""

from collections.abc import Iterable, Mapping
from typing import Any

from tayori import ids
from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.contact_list import Status, Topic
from tayori.model.errors import Invalid
from tayori.resources import contact_lists, tags
from tayori.resources.contact_lists import ContactList

_PAGE, _MOST = 100, 1000


@operation("sesv2", "CreateContactList")
def create_contact_list(call: Call, request: Request) -> Response:
    contact_lists.create(
        call.tx,
        call.account_id,
        call.region,
        request["ContactListName"],
        list_id=ids.request_id(),
        topics=_topics(request.get("Topics", ())),
        description=request.get("Description"),
        labels=tags.check(request.get("Tags", ())),
    )
    return {}


@operation("sesv2", "GetContactList")
def get_contact_list(call: Call, request: Request) -> Response:
    found = contact_lists.get(call.tx, call.account_id, call.region, request["ContactListName"])
    labels = tags.get(call.tx, call.account_id, call.region, contact_lists.resource_of(found.name))
    answer: dict[str, Any] = {
        "ContactListName": found.name,
        "Topics": [_shown(topic) for topic in found.topics],
        "CreatedTimestamp": found.created_at,
        "LastUpdatedTimestamp": found.updated_at,
        "Tags": [{"Key": key, "Value": value} for key, value in labels.items()],
    }
    return answer | ({"Description": found.description} if found.description is not None else {})


@operation("sesv2", "ListContactLists")
def list_contact_lists(call: Call, request: Request) -> Response:
    size = page_size(request)

    def fetch(after: str, limit: int) -> list[ContactList]:
        found = contact_lists.any_of(call.tx, call.account_id, call.region)
        return [found] if found is not None and found.name > after else []

    found, following = listing.page(
        call, "contact-list", request.get("NextToken"), size, fetch, lambda contact_list: contact_list.name
    )
    shown = [{"ContactListName": one.name, "LastUpdatedTimestamp": one.updated_at} for one in found]
    return {"ContactLists": shown} | ({"NextToken": following} if following else {})


@operation("sesv2", "UpdateContactList")
def update_contact_list(call: Call, request: Request) -> Response:
    contact_lists.update(
        call.tx,
        call.account_id,
        call.region,
        request["ContactListName"],
        topics=_topics(request["Topics"]) if "Topics" in request else None,
        description=request.get("Description"),
    )
    return {}


@operation("sesv2", "DeleteContactList")
def delete_contact_list(call: Call, request: Request) -> Response:
    contact_lists.delete(call.tx, call.account_id, call.region, request["ContactListName"])
    return {}


def page_size(request: Request) -> int:
    """Raises Invalid."""
    size: int = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")
    return size


def _topics(given: Iterable[Mapping[str, Any]]) -> list[Topic]:
    return [
        Topic(
            name=one["TopicName"],
            display_name=one["DisplayName"],
            description=one.get("Description"),
            default=Status(one["DefaultSubscriptionStatus"]),
        )
        for one in given
    ]


def _shown(topic: Topic) -> dict[str, Any]:
    described = {"Description": topic.description} if topic.description is not None else {}
    return {
        "TopicName": topic.name,
        "DisplayName": topic.display_name,
        "DefaultSubscriptionStatus": topic.default,
        **described,
    }
