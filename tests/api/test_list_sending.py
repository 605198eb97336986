"""Sending under a contact list, by every way: who gets the message, and with which ways out of the list."""

import re
from email import message_from_bytes
from email.policy import default as modern

import botocore.exceptions
import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity
from tayori.app.list_management import subscription_links
from tayori.model.mail_count import Count
from tayori.resources import accounts, suppression, timeline
from tayori.store import reputation_tables, tables

FROM, TO = "news@example.com", "Reader@example.org"
HTML = '<html><body><a href="{{amazonSESUnsubscribeUrl}}">out</a></body></html>'
NEWS = {"TopicName": "News", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}
OFFERS = {"TopicName": "Offers", "DisplayName": "Offers", "DefaultSubscriptionStatus": "OPT_OUT"}
BOTH = ["sqlite", "postgres"]


@pytest.fixture
def client(service):
    service.transact(identity, "example.com")
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    client = service.client("sesv2")
    client.create_contact_list(ContactListName="customers", Topics=[NEWS, OFFERS])
    return client


def send(client, *to, topic="", contact_list="customers", **options):
    content = {"Simple": {"Subject": {"Data": "hello"}, "Body": {"Html": {"Data": HTML}}}}
    option = {"ContactListName": contact_list} | ({"TopicName": topic} if topic else {})
    return client.send_email(
        FromEmailAddress=FROM,
        Destination={"ToAddresses": list(to or (TO,))},
        Content=content,
        ListManagementOptions=option,
        **options,
    )["MessageId"]


def raw(value):
    return (
        f"From: {FROM}\r\nTo: {TO}\r\nSubject: hello\r\nX-SES-LIST-MANAGEMENT-OPTIONS: {value}\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{HTML}\r\n"
    ).encode()


def ways_out(service, run):
    """What the link in the last message stands for, and the MessageId behind its address."""
    links = run(subscription_links(service.store))
    mail = message_from_bytes(service.last().content, policy=modern)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and "X-SES-LIST" not in str(mail)
    found = re.fullmatch(
        r"<https://mail\.example\.net/tayori/subscription/([^>]+)>, <mailto:([^@]+)@tayori\.test\?subject=unsubscribe>",
        str(mail["List-Unsubscribe"]),
    )
    assert f'href="https://mail.example.net/tayori/subscription/{found[1]}"' in mail.get_content()
    return links.read(found[1]), links.read_mailbox(found[2])


def history(service, message_id):
    """(kind, detail) of its events, but the sending."""
    found = service.transact(timeline.get, message_id)
    return [(one.kind, one.detail) for one in found.events if one.kind != "Send"]


def states(service, message_id):
    query = sa.select(tables.recipients.c.state).where(tables.recipients.c.message_id == message_id)
    return [row.state for row in service.transact(lambda tx: tx.execute(query.order_by(tables.recipients.c.ordinal)))]


def of(client, address=TO):
    return client.get_contact(ContactListName="customers", EmailAddress=address)


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_message_gets_its_ways_out_and_its_recipient_comes_onto_the_list(service, run, client):
    message_id = send(client, topic="News")
    link, by_mail = ways_out(service, run)
    assert (link.contact_list, link.topic, link.address) == ("customers", "News", TO)
    assert (link.account_id, link.region, link.message_id) == (ACCOUNT, REGION, message_id) and by_mail == message_id
    contact = of(client)
    assert (contact["TopicPreferences"], contact["UnsubscribeAll"]) == ([], False)
    assert states(service, message_id) == ["queued"]


@pytest.mark.parametrize("way", ["v1 raw", "v2 raw"])
def test_the_header_says_the_same(service, run, client, way):
    content = raw("customers; topic=News")
    if way == "v1 raw":
        service.client("ses").send_raw_email(RawMessage={"Data": content})
    else:
        client.send_email(Content={"Raw": {"Data": content}})
    link, _ = ways_out(service, run)
    assert (link.contact_list, link.topic) == ("customers", "News") and of(client)


def test_the_request_overrides_the_header(service, run, client):
    client.send_email(
        Content={"Raw": {"Data": raw("customers; topic=News")}}, ListManagementOptions={"ContactListName": "customers"}
    )
    assert ways_out(service, run)[0].topic == ""


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_who_has_opted_out_gets_nothing_and_counts_for_nothing(service, client):
    chosen = [{"TopicName": "News", "SubscriptionStatus": "OPT_OUT"}]
    client.create_contact(ContactListName="customers", EmailAddress=TO.lower(), TopicPreferences=chosen)
    message_id = send(client, topic="News")
    ((kind, detail),) = history(service, message_id)
    assert (kind, detail["bounceType"], detail["bounceSubType"]) == ("Bounce", "Permanent", "UnsubscribedRecipient")
    assert detail["bouncedRecipients"][0]["emailAddress"] == TO
    assert states(service, message_id) == ["suppressed"]
    counts = service.transact(lambda tx: tx.execute(sa.select(reputation_tables.mail_counts)).mappings().all())
    assert [row[Count.SENDS] for row in counts if row[Count.SENDS]] == []
    assert service.transact(suppression.reasons, ACCOUNT, REGION, [TO]) == {}
    assert states(service, send(client)) == ["queued"], "of no topic he gets mail"


@pytest.mark.parametrize(
    ("contact", "topic", "state"),
    [
        (None, "News", "queued"),
        (None, "Offers", "suppressed"),
        ({"TopicPreferences": [{"TopicName": "Offers", "SubscriptionStatus": "OPT_IN"}]}, "Offers", "queued"),
        ({"UnsubscribeAll": True}, "", "suppressed"),
        ({"UnsubscribeAll": True}, "News", "suppressed"),
    ],
)
def test_defaults_and_the_whole_list_decide_too(service, client, contact, topic, state):
    if contact is not None:
        client.create_contact(ContactListName="customers", EmailAddress=TO, **contact)
    assert states(service, send(client, topic=topic)) == [state]


def test_the_suppression_list_comes_first(service, client):
    client.put_suppressed_destination(EmailAddress=TO, Reason="BOUNCE")
    client.create_contact(ContactListName="customers", EmailAddress=TO, UnsubscribeAll=True)
    ((_, detail),) = history(service, send(client))
    assert detail["bounceSubType"] == "OnAccountSuppressionList"


def test_several_recipients_have_no_way_out_of_their_own_and_their_wishes_hold(service, client):
    client.create_contact(ContactListName="customers", EmailAddress=TO, UnsubscribeAll=True)
    message_id = send(client, TO, "other@example.org")
    mail = message_from_bytes(service.last().content, policy=modern)
    assert mail["List-Unsubscribe"] is None and "{{amazonSESUnsubscribeUrl}}" in mail.get_content()
    assert states(service, message_id) == ["suppressed", "queued"]


@pytest.mark.parametrize(
    ("option", "code", "text"),
    [
        ({"contact_list": "others"}, "NotFoundException", "List with name: others doesn't exist."),
        ({"topic": "Sports"}, "BadRequestException", "List: customers doesn't contain Topic: Sports"),
    ],
)
def test_a_list_or_topic_that_is_not_there_is_refused(service, client, option, code, text):
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        send(client, **option)
    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text) and service.accepted() == []


def test_where_clicks_are_tracked_the_way_out_leads_straight(service, run, client):
    topic = service.client("sns").create_topic(Name="t")["TopicArn"]
    client.create_configuration_set(ConfigurationSetName="tracked")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="tracked",
        EventDestinationName="destination",
        EventDestination={
            "Enabled": True, "MatchingEventTypes": ["OPEN", "CLICK"], "SnsDestination": {"TopicArn": topic},
        },
    )  # fmt: skip
    send(client, topic="News", ConfigurationSetName="tracked")
    assert ways_out(service, run)[0].topic == "News"
    assert b"<img" in service.last().content and b"/L0/" not in service.last().content


def test_other_mail_is_not_touched(service, client):
    content = {"Simple": {"Subject": {"Data": "hello"}, "Body": {"Html": {"Data": HTML}}}}
    client.send_email(FromEmailAddress=FROM, Destination={"ToAddresses": [TO]}, Content=content)
    assert b"List-Unsubscribe" not in service.last().content and b"amazonSESUnsubscribeUrl" in service.last().content


def test_a_template_has_its_way_out_and_one_that_fails_changes_no_list(service, run, client):
    client.create_email_template(
        TemplateName="news", TemplateContent={"Subject": "{{greeting}}", "Html": HTML, "Text": "{{greeting}}"}
    )

    def send_template(data, to):
        return client.send_email(
            FromEmailAddress=FROM,
            Destination={"ToAddresses": [to]},
            Content={"Template": {"TemplateName": "news", "TemplateData": data}},
            ListManagementOptions={"ContactListName": "customers", "TopicName": "News"},
        )["MessageId"]

    message_id = send_template('{"greeting": "hello"}', TO)
    links = run(subscription_links(service.store))
    mail = message_from_bytes(service.last().content, policy=modern)
    (token,) = re.findall(
        r'href="https://mail\.example\.net/tayori/subscription/([^"]+)"', mail.get_body(("html",)).get_content()
    )
    assert links.read(token).message_id == message_id and mail["List-Unsubscribe-Post"]

    failing = send_template("{}", "other@example.org")
    assert states(service, failing) == ["rejected"]
    with pytest.raises(client.exceptions.NotFoundException):
        of(client, "other@example.org")
