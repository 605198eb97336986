"""A test of an event destination takes the way that events take, and what came of it can be seen; so can the log."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from tayori.api.registry import Principal
from tayori.app.destination_desk import DestinationPages
from tayori.app.subscription_desk import PATH as SUBSCRIPTIONS
from tayori.app.subscription_desk import SubscriptionDesk
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.model.errors import AccessDenied, Invalid, NotFound
from tayori.model.event import EventKind
from tayori.model.event_target import Offered, TargetKind
from tayori.model.topic_arn import TopicArn
from tayori.resources import configuration_sets, event_destinations, notifications, subscriptions, topics
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.event_destinations import EventDestination
from tayori.resources.notifications import Result, Verdict
from tayori.resources.subscriptions import NewSubscription

ACCOUNT, REGION = "111111111111", "us-east-1"
TOPIC = TopicArn(region=REGION, account_id=ACCOUNT, name="events")
SUBSCRIPTION = "6a1c2d3e-0000-4000-8000-000000000000"
PATH = "/tayori/configuration-sets/newsletter/event-destinations/{name}/test"


def principal(account_id: str = ACCOUNT) -> Principal:
    return Principal(account_id=account_id, access_key_id="", arn="arn:x", operator=False, region=REGION)


def asked(store: Any, method: str, path: str, query: str = "", body: Any = None, who: str = ACCOUNT) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    request = HttpRequest(method=method, path=path, query=query, headers=Headers(), body=content)
    pages = DestinationPages(store)
    answer = pages.log if path.startswith("/tayori/deliveries") else pages.test
    return json.loads(asyncio.run(answer(request, principal(who))).body)


def destination(name: str, kind: TargetKind, target: Any, *, enabled: bool = True) -> EventDestination:
    kinds = tuple(one.api_name for one in EventKind)
    return EventDestination(name=name, enabled=enabled, kinds=kinds, target_kind=kind, target=target)


def set_up(tx: Any) -> None:
    topics.create(tx, TOPIC, {}, {})
    wanted = NewSubscription(
        protocol="sqs",
        endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox",
        owner=ACCOUNT,
        principal=f"arn:aws:iam::{ACCOUNT}:root",
        subscription_id=SUBSCRIPTION,
        token="t",
        attributes={},
    )
    subscriptions.subscribe(tx, TOPIC, wanted)
    place = ACCOUNT, REGION
    configuration_sets.create(tx, *place, ConfigurationSet(name="newsletter", options={}, tags={}))
    bus = {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}
    dimension = {
        "DimensionName": "tayori:test",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    for one in (
        destination("topic", TargetKind.SNS, {"TopicArn": str(TOPIC)}),
        destination("bus", TargetKind.EVENTBRIDGE, bus, enabled=False),
        destination("counts", TargetKind.CLOUDWATCH, {"DimensionConfigurations": [dimension]}),
    ):
        event_destinations.create(tx, *place, "newsletter", one, Offered(eventbridge=True))


@pytest.fixture
def ready(transact: Any) -> None:
    transact(set_up)
    first = transact(notifications.claim, "w", 10)  # SES's sentence, when the destination was set
    transact(notifications.finish, [Result(notification=item, worker="w", verdict=Verdict.DONE) for item in first])


def test_it_arrives_and_says_what_it_is(store: Any, transact: Any, ready: None) -> None:
    path = PATH.format(name="topic")
    trial = asked(store, "POST", path, body={"eventType": "BOUNCE"})
    event = json.loads(trial["event"])
    assert event["eventType"] == "Bounce"
    assert event["mail"]["tags"]["tayori:test"] == ["true"]
    assert trial["taken"] is True
    (waiting,) = asked(store, "GET", path, f"id={trial['id']}")["deliveries"]
    assert (waiting["state"], waiting["tries"], waiting["content"]) == ("waiting", 0, trial["event"])

    (item,) = transact(notifications.claim, "w", 10)
    answered = Result(
        notification=item, worker="w", verdict=Verdict.FAILED, error="No.", status=503, duration_ms=12, reply="busy"
    )
    transact(notifications.finish, [answered])
    (failed,) = asked(store, "GET", path, f"id={trial['id']}")["deliveries"]
    wanted = {"state": "waiting", "status": 503, "milliseconds": 12, "reply": "busy", "error": "No.", "tries": 1}
    assert {name: failed[name] for name in wanted} == wanted
    assert failed["nextTryAt"]


def test_others_do_not_see_it(store: Any, ready: None) -> None:
    path = PATH.format(name="topic")
    trial = asked(store, "POST", path)
    with pytest.raises(NotFound):
        asked(store, "GET", path, f"id={trial['id']}", who="222222222222")
    assert asked(store, "GET", path, "id=another")["deliveries"] == []
    assert asked(store, "GET", "/tayori/deliveries", f"destination={SUBSCRIPTION}", who="2")["deliveries"] == []


@pytest.mark.parametrize("kind", [one.api_name for one in EventKind])
def test_every_kind_has_its_form(store: Any, ready: None, kind: str) -> None:
    trial = asked(store, "POST", PATH.format(name="topic"), body={"eventType": kind})
    event = json.loads(trial["event"])
    assert event["mail"]["messageId"] == trial["id"]


def test_a_destination_that_is_switched_off_is_tested_all_the_same(store: Any, ready: None) -> None:
    path = PATH.format(name="bus")
    trial = asked(store, "POST", path)
    (one,) = asked(store, "GET", path, f"id={trial['id']}")["deliveries"]
    assert (one["protocol"], one["destination"]) == ("eventbridge", "newsletter/bus")
    logged = asked(store, "GET", "/tayori/deliveries", "destination=newsletter/bus")["deliveries"]
    assert [row["id"] for row in logged] == [one["id"]]


def test_a_metric_counts_it(store: Any, ready: None) -> None:
    trial = asked(store, "POST", PATH.format(name="counts"), body={"eventType": "SEND"})
    assert trial["counts"] == [{"metric": "Send", "dimensions": {"tayori:test": "true"}}]


def test_the_log_leads_through_its_pages(store: Any, ready: None) -> None:
    for _ in range(4):
        asked(store, "POST", PATH.format(name="topic"))
    query, seen = f"destination={SUBSCRIPTION}&limit=2", []
    page = asked(store, "GET", "/tayori/deliveries", query)
    while page["deliveries"]:
        seen += [one["id"] for one in page["deliveries"]]
        if not page["next"]:
            break
        page = asked(store, "GET", "/tayori/deliveries", f"{query}&behind={page['next']}")
    assert len(seen) == len(set(seen)) > 4  # with SES's sentence
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("body", [{"eventType": 5}, {"eventType": "NOTHING"}, {"eventType": ["SEND"]}])
def test_what_cannot_be_tested_is_refused(store: Any, ready: None, body: Any) -> None:
    with pytest.raises(Invalid):
        asked(store, "POST", PATH.format(name="topic"), body=body)


@pytest.mark.parametrize("query", ["", "destination=x&limit=0", "destination=x&limit=x", "destination=x&behind=y"])
def test_a_log_that_cannot_be_shown(store: Any, query: str) -> None:
    with pytest.raises(Invalid):
        asked(store, "GET", "/tayori/deliveries", query)


def test_what_is_not_there(store: Any, ready: None) -> None:
    with pytest.raises(NotFound, match="none"):
        asked(store, "POST", PATH.format(name="none"))
    with pytest.raises(ApiError):
        asked(store, "POST", "/tayori/configuration-sets/newsletter")
    with pytest.raises(ApiError):
        asked(store, "DELETE", PATH.format(name="topic"))


def put(store: Any, values: Any, who: str = ACCOUNT) -> Any:
    request = HttpRequest(
        method="PUT",
        path=f"{SUBSCRIPTIONS}/{quote(f'{TOPIC}:{SUBSCRIPTION}', safe='')}",
        query="",
        headers=Headers(),
        body=json.dumps(values).encode(),
    )
    return json.loads(asyncio.run(SubscriptionDesk(store).put(request, principal(who))).body)["attributes"]


def test_a_filter_and_its_scope_change_together_or_not_at_all(store: Any, transact: Any) -> None:
    transact(set_up)
    flat = {"FilterPolicy": '{"kind":["order"]}', "FilterPolicyScope": "MessageAttributes"}
    assert put(store, flat) == flat
    nested = '{"mail":{"source":["a@shop.test"]}}'  # which attributes of a message cannot be held against
    with pytest.raises(Invalid, match="FilterPolicy"):
        put(store, {"FilterPolicy": nested})
    with pytest.raises(Invalid, match="FilterPolicy"):
        put(store, {"FilterPolicy": nested, "FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "true"})
    assert put(store, {"RawMessageDelivery": "false"}) == {**flat, "RawMessageDelivery": "false"}
    both = put(store, {"FilterPolicy": nested, "FilterPolicyScope": "MessageBody"})
    assert both == {"RawMessageDelivery": "false", "FilterPolicy": nested, "FilterPolicyScope": "MessageBody"}
    assert "FilterPolicy" not in put(store, {"FilterPolicy": ""})


@pytest.mark.parametrize("values", [{}, {"RawMessageDelivery": True}, {"Nonsense": "x"}])
def test_attributes_that_are_none(store: Any, transact: Any, values: Any) -> None:
    transact(set_up)
    with pytest.raises(Invalid):
        put(store, values)


def test_somebody_elses_subscription_is_left_alone(store: Any, transact: Any) -> None:
    transact(set_up)
    with pytest.raises(AccessDenied):
        put(store, {"RawMessageDelivery": "true"}, "222222222222")
