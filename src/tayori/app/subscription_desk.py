"""Several attributes of a subscription to a topic at once: `PUT /tayori/topic-subscriptions/<ARN>`.

SNS sets one attribute at a time, so that a filter policy that does not suit the new scope has to be taken away first,
and everything is delivered for that moment. Here `{"FilterPolicy": …, "FilterPolicyScope": …}` change together, or not
at all. What an attribute may be is SNS's.
"""

from typing import Any
from urllib.parse import unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import AccessDenied, Invalid
from tayori.model.topic_arn import SubscriptionArn
from tayori.resources import subscriptions
from tayori.store.engine import Store, Tx

PATH = "/tayori/topic-subscriptions"


class SubscriptionDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="PUT", prefix=PATH, handler=self.put)]

    async def put(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        place = unquote(request.path.removeprefix(PATH).strip("/"))
        if not place:
            raise common_error("UnknownOperationException")
        attributes = await self._store.write(_put, principal, place, json_page.document(request))
        return json_page.answer(200, {"attributes": attributes})


def _put(tx: Tx, principal: Principal, place: str, values: dict[str, Any]) -> dict[str, str]:
    arn = SubscriptionArn.parse(place)
    found = subscriptions.find(tx, arn)
    if principal.account_id not in (arn.topic.account_id, found.owner if found is not None else ""):
        raise AccessDenied(
            f"User: {principal.arn} is not authorized to perform: SNS:SetSubscriptionAttributes on resource: {arn}"
        )
    if not values or not all(isinstance(value, str) for value in values.values()):
        raise Invalid("The body must hold attributes of the subscription, each with a text.")
    subscriptions.put_attributes(tx, arn, values)
    return dict(subscriptions.get(tx, arn).attributes)
