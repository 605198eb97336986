"""Contact lists and contacts through the API."""

import asyncio
from datetime import timedelta

import botocore.exceptions
import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION
from tayori.loops.contacts import ContactRemoval
from tayori.resources import accounts, contact_lists, contacts

BOTH = ["sqlite", "postgres"]
NEWS = {"TopicName": "News", "DisplayName": "News of the shop", "DefaultSubscriptionStatus": "OPT_IN"}
OFFERS = {
    "TopicName": "Offers", "DisplayName": "特売情報", "Description": "週に一度", "DefaultSubscriptionStatus": "OPT_OUT",
}  # fmt: skip


@pytest.fixture
def client(service):
    return service.client("sesv2")


@pytest.fixture
def listed(client):
    client.create_contact_list(ContactListName="customers", Topics=[NEWS, OFFERS], Description="Who buys")
    return client


def refused(call, *, code="BadRequestException", status=400, **params):
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        call(**params)
    answer = refusal.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    return answer["Error"]["Message"]


def add(client, address, unsubscribed=False, **statuses):
    chosen = [{"TopicName": name, "SubscriptionStatus": status} for name, status in statuses.items()]
    client.create_contact(
        ContactListName="customers", EmailAddress=address, TopicPreferences=chosen, UnsubscribeAll=unsubscribed
    )


def preferences(found, member="TopicPreferences"):
    return {one["TopicName"]: one["SubscriptionStatus"] for one in found[member]}


# -- lists -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_list_is_made_shown_changed_and_deleted(service, client):
    client.create_contact_list(
        ContactListName="customers", Topics=[NEWS, OFFERS], Description="Who buys", Tags=[{"Key": "a", "Value": "b"}]
    )
    found = client.get_contact_list(ContactListName="customers")
    assert found["Topics"] == [NEWS, OFFERS]
    assert (found["Description"], found["Tags"]) == ("Who buys", [{"Key": "a", "Value": "b"}])
    assert abs(found["CreatedTimestamp"] - service.clock.now()) < timedelta(seconds=30)
    assert [one["ContactListName"] for one in client.list_contact_lists()["ContactLists"]] == ["customers"]

    client.update_contact_list(ContactListName="customers", Topics=[NEWS])
    found = client.get_contact_list(ContactListName="customers")
    assert (found["Topics"], found["Description"]) == ([NEWS], "Who buys")
    client.update_contact_list(ContactListName="customers")
    assert client.get_contact_list(ContactListName="customers")["Topics"] == [NEWS]

    client.delete_contact_list(ContactListName="customers")
    assert client.list_contact_lists()["ContactLists"] == []
    for call in (client.get_contact_list, client.update_contact_list, client.delete_contact_list):
        text = refused(call, code="NotFoundException", status=404, ContactListName="customers")
        assert text == "List with name: customers doesn't exist."


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_of_lists_made_at_the_same_moment_one_is_there(service, run):
    async def create(number):
        return await service.store.write(
            contact_lists.create, ACCOUNT, REGION, f"list{number}", list_id=str(number), topics=()
        )

    async def all_at_once():
        return await asyncio.gather(*[create(number) for number in range(6)], return_exceptions=True)

    answers = run(all_at_once())
    assert sum(answer is None for answer in answers) == 1
    assert {str(answer) for answer in answers if answer} == {"A maximum of 1 Lists allowed per account."}


def test_an_account_has_one_list_in_a_region(service, listed):
    for name in ("customers", "others"):
        text = refused(listed.create_contact_list, ContactListName=name)
        assert text == "A maximum of 1 Lists allowed per account."
    service.client("sesv2", region="eu-west-1").create_contact_list(ContactListName="customers")
    other = service.client("sesv2", OTHER_ACCOUNT)
    assert other.list_contact_lists()["ContactLists"] == []
    other.create_contact_list(ContactListName="others")


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"ContactListName": " "}, "ContactListName can't be blank."),
        (
            {"ContactListName": "a b"},
            "ContactListName can contain up to 64 characters. Only alphanumeric characters, underscores(_) and"
            " hyphens(-) are allowed.",
        ),
        ({"Topics": [NEWS, NEWS]}, "Duplicate topic names are not allowed within a List."),
        (
            {"Topics": [{**NEWS, "TopicName": f"T{number}"} for number in range(21)]},
            "Maximum of <20> topics allowed per ContactList",
        ),
        ({"Topics": [{**NEWS, "DisplayName": "x" * 129}]}, "Topic DisplayName can contain up to <128> characters."),
        ({"Description": "x" * 501}, "List description can contain up to 500 characters."),
    ],
)
def test_what_a_list_cannot_be_is_refused_in_words_of_ses(client, params, text):
    assert refused(client.create_contact_list, **({"ContactListName": "list"} | params)) == text
    assert client.list_contact_lists()["ContactLists"] == []


def test_lists_have_tags(listed):
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:contact-list/customers"
    listed.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "news"}])
    assert listed.get_contact_list(ContactListName="customers")["Tags"] == [{"Key": "team", "Value": "news"}]
    listed.delete_contact_list(ContactListName="customers")
    text = refused(listed.list_tags_for_resource, code="NotFoundException", status=404, ResourceArn=arn)
    assert text == "No ContactList present with name: customers"
    listed.create_contact_list(ContactListName="customers")
    assert listed.list_tags_for_resource(ResourceArn=arn)["Tags"] == []


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_list_that_is_deleted_takes_its_contacts_along(service, run, listed):
    for number in range(3):
        add(listed, f"r{number}@inbox.test")
    gone = service.transact(contact_lists.get, ACCOUNT, REGION, "customers")
    listed.delete_contact_list(ContactListName="customers")
    listed.create_contact_list(ContactListName="customers")
    add(listed, "new@inbox.test")
    loop = ContactRemoval(service.store)
    while run(loop.tick()) is not None:
        pass
    assert service.transact(contacts.find, gone, "r1@inbox.test") is None
    assert [one["EmailAddress"] for one in listed.list_contacts(ContactListName="customers")["Contacts"]] == [
        "new@inbox.test"
    ]


def test_an_account_that_is_given_back_as_new_has_no_list(service, listed):
    """As the rehearsal's reset does it, with contacts, in the region that is reset and in no other."""
    add(listed, "hana@inbox.test")
    abroad = service.client("sesv2", region="eu-west-1")
    abroad.create_contact_list(ContactListName="others")
    service.transact(accounts.reset, ACCOUNT, REGION)
    assert listed.list_contact_lists()["ContactLists"] == []
    assert [one["ContactListName"] for one in abroad.list_contact_lists()["ContactLists"]] == ["others"]
    listed.create_contact_list(ContactListName="customers")
    assert listed.list_contacts(ContactListName="customers")["Contacts"] == []


# -- contacts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_contact_is_made_shown_changed_and_deleted(listed):
    of = {"ContactListName": "customers", "EmailAddress": "Jane@INBOX.test"}
    listed.create_contact(
        **of, TopicPreferences=[{"TopicName": "News", "SubscriptionStatus": "OPT_OUT"}], AttributesData='{"name":"花"}'
    )
    found = listed.get_contact(**of)
    assert found["EmailAddress"] == "Jane@inbox.test" and found["ContactListName"] == "customers"
    assert preferences(found) == {"News": "OPT_OUT"}
    assert preferences(found, "TopicDefaultPreferences") == {"Offers": "OPT_OUT"}
    assert (found["UnsubscribeAll"], found["AttributesData"]) == (False, '{"name":"花"}')

    listed.update_contact(**of, TopicPreferences=[{"TopicName": "Offers", "SubscriptionStatus": "OPT_IN"}])
    found = listed.get_contact(**of)
    assert preferences(found) == {"News": "OPT_OUT", "Offers": "OPT_IN"}, "merged by topic"
    assert "AttributesData" not in found, "the rest is replaced"
    listed.update_contact(**of, UnsubscribeAll=True)
    found = listed.get_contact(**of)
    assert found["UnsubscribeAll"] and preferences(found) == {"News": "OPT_OUT", "Offers": "OPT_IN"}

    text = refused(listed.create_contact, code="AlreadyExistsException", **of)
    assert text == "Jane@INBOX.test already exists in List."
    listed.delete_contact(**of)
    for call in (listed.get_contact, listed.update_contact, listed.delete_contact):
        text = refused(call, code="NotFoundException", status=404, **of)
        assert text == "Jane@INBOX.test doesn't exist in List."


def test_what_is_wrong_with_a_contact_is_said_in_words_of_ses(listed):
    of = {"ContactListName": "customers", "EmailAddress": "jane@inbox.test"}
    stranger = [{"TopicName": "Sports", "SubscriptionStatus": "OPT_IN"}]
    text = refused(listed.create_contact, **of, TopicPreferences=stranger)
    assert text == "List: customers doesn't contain Topic: Sports"
    text = refused(listed.create_contact, **(of | {"EmailAddress": "nobody"}))
    assert text == "EmailAddress <nobody> is invalid"
    assert refused(listed.create_contact, **(of | {"EmailAddress": " "})) == "EmailAddress can't be blank."
    nowhere = of | {"ContactListName": "others"}
    text = refused(listed.create_contact, code="NotFoundException", status=404, **nowhere)
    assert text == "List with name: others doesn't exist."


def walk(client, size, **given):
    """All addresses, page by page, and how many pages there were."""
    seen, pages, token = [], 0, {}
    while True:
        page = client.list_contacts(ContactListName="customers", PageSize=size, **given, **token)
        seen += [one["EmailAddress"] for one in page["Contacts"]]
        pages += 1
        if "NextToken" not in page:
            return seen, pages
        token = {"NextToken": page["NextToken"]}


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_pages_lead_through_contacts_and_filters_narrow_them(listed):
    wanted = [f"r{number:02}@inbox.test" for number in range(6)]
    add(listed, wanted[0])
    add(listed, wanted[1], News="OPT_IN")
    add(listed, wanted[2], News="OPT_OUT", Offers="OPT_IN")
    add(listed, wanted[3], unsubscribed=True, News="OPT_IN")
    add(listed, wanted[4], Offers="OPT_OUT")
    add(listed, wanted[5], unsubscribed=True)
    assert walk(listed, 2) == (wanted, 3) and walk(listed, 6) == (wanted, 1) and walk(listed, 4) == (wanted, 2)

    def narrowed(status, **topic):
        given = {"FilteredStatus": status} | ({"TopicFilter": topic} if topic else {})
        found = {tuple(walk(listed, size, Filter=given)[0]) for size in (1, 2, 100)}
        assert len(found) == 1, "whatever the size of a page"
        return [wanted.index(address) for address in found.pop()]

    assert narrowed("OPT_OUT") == [3, 5] and narrowed("OPT_IN") == [0, 1, 2, 4]
    assert narrowed("OPT_IN", TopicName="News") == [1]
    assert narrowed("OPT_IN", TopicName="News", UseDefaultIfPreferenceUnavailable=True) == [0, 1, 4]
    assert narrowed("OPT_OUT", TopicName="News") == [2, 3]
    assert narrowed("OPT_OUT", TopicName="Offers", UseDefaultIfPreferenceUnavailable=True) == [0, 1, 3, 4, 5]


def test_a_token_is_good_for_the_list_that_gave_it(listed):
    for number in range(3):
        add(listed, f"r{number}@inbox.test")
    token = listed.list_contacts(ContactListName="customers", PageSize=1)["NextToken"]
    text = refused(
        listed.list_contacts, ContactListName="customers", NextToken=token, Filter={"FilteredStatus": "OPT_IN"}
    )
    assert "NextToken" in text


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_one_page_of_a_narrow_list_looks_at_a_bounded_number_of_contacts(service, listed):
    """A page may be empty with more to come, and the walk finds everybody all the same."""
    found = service.transact(contact_lists.get, ACCOUNT, REGION, "customers")

    def many(tx):
        for number in range(contacts.MOST_LOOKED_AT + 10):
            contacts.create(
                tx, found, f"r{number:05}@inbox.test", chosen={}, unsubscribed=number % 1000 == 5, attributes=None
            )

    service.transact(many)
    seen, pages = walk(listed, 100, Filter={"FilteredStatus": "OPT_OUT"})
    assert seen == ["r00005@inbox.test", "r01005@inbox.test", "r02005@inbox.test"] and pages == 2
