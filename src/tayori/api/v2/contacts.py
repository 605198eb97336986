"""Contacts of a list. The address is looked at before the list, as on SES (ses: probed)."""

from collections.abc import Iterable, Mapping
from typing import Any

from tayori.api.registry import Call, Request, Response, operation
from tayori.api.v2.contact_lists import page_size
from tayori.model.contact_list import Filter, Preferences, Status, check_address
from tayori.resources import contact_lists, contacts
from tayori.resources.contact_lists import ContactList
from tayori.resources.contacts import Contact


@operation("sesv2", "CreateContact")
def create_contact(call: Call, request: Request) -> Response:
    contacts.create(call.tx, *_of(call, request), **_given(request))
    return {}


@operation("sesv2", "GetContact")
def get_contact(call: Call, request: Request) -> Response:
    contact_list, address = _of(call, request)
    found = contacts.get(call.tx, contact_list, address)
    answer = {"ContactListName": contact_list.name, "CreatedTimestamp": found.created_at, **_shown(found, contact_list)}
    return answer | ({"AttributesData": found.attributes} if found.attributes is not None else {})


@operation("sesv2", "UpdateContact")
def update_contact(call: Call, request: Request) -> Response:
    contacts.update(call.tx, *_of(call, request), **_given(request))
    return {}


@operation("sesv2", "DeleteContact")
def delete_contact(call: Call, request: Request) -> Response:
    contacts.delete(call.tx, *_of(call, request))
    return {}


@operation("sesv2", "ListContacts")
def list_contacts(call: Call, request: Request) -> Response:
    contact_list = contact_lists.get(call.tx, call.account_id, call.region, request["ContactListName"])
    size, given = page_size(request), request.get("Filter", {})
    by_topic = given.get("TopicFilter", {})
    name, by_default = by_topic.get("TopicName"), bool(by_topic.get("UseDefaultIfPreferenceUnavailable"))
    wanted = Filter(
        status=Status(given["FilteredStatus"]) if "FilteredStatus" in given else None,
        topic=contact_list.topic(name) if name else None,
        by_default=by_default,
    )
    # A token is good only for the list that gave it (ses: probed).
    narrowing = f"{wanted.status or ''}/{name or ''}/{int(by_default)}"
    bound_to = f"contact/{contact_list.list_id}/{narrowing}/{call.account_id}/{call.region}"
    token = request.get("NextToken")
    after = str(call.pages.decode(bound_to, token)[0]) if token else ""
    found, further = contacts.page(call.tx, contact_list, wanted, after=after, limit=size)
    shown = [_shown(contact, contact_list) for contact in found]
    return {"Contacts": shown} | ({"NextToken": call.pages.encode(bound_to, [further])} if further else {})


def _of(call: Call, request: Request) -> tuple[ContactList, str]:
    address = request["EmailAddress"]
    check_address(address)
    return contact_lists.get(call.tx, call.account_id, call.region, request["ContactListName"]), address


def _given(request: Request) -> dict[str, Any]:
    return {
        "chosen": _chosen(request.get("TopicPreferences", ())),
        "unsubscribed": bool(request.get("UnsubscribeAll")),
        "attributes": request.get("AttributesData"),
    }


def _chosen(given: Iterable[Mapping[str, str]]) -> dict[str, Status]:
    return {one["TopicName"]: Status(one["SubscriptionStatus"]) for one in given}


def _shown(contact: Contact, contact_list: ContactList) -> dict[str, Any]:
    wants: Preferences = contact.wants
    defaults = {topic.name: topic.default for topic in contact_list.topics if topic.name not in wants.chosen}
    return {
        "EmailAddress": contact.address,
        "TopicPreferences": _preferences(wants.chosen),
        "TopicDefaultPreferences": _preferences(defaults),
        "UnsubscribeAll": wants.unsubscribed,
        "LastUpdatedTimestamp": contact.updated_at,
    }


def _preferences(statuses: Mapping[str, Status]) -> list[dict[str, str]]:
    return [{"TopicName": name, "SubscriptionStatus": status} for name, status in statuses.items()]
