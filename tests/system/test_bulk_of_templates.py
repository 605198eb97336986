"""A bulk made of a template, up to the mailboxes; and what could not be rendered, up to a subscriber of the topic."""

import json

from service import Service, check_authentic

from tayori.testing import until

SENDER = "news@shop.test"
CONTENT = {
    "Subject": "{{name}}, new in {{month}}",
    "Text": "Dear {{name}}:{{#each items}}\n* {{this}}{{/each}}\n",
    "Html": "<ul>{{#each items}}<li>{{this}}</li>{{/each}}</ul>",
}


def test_every_reader_gets_his_own_and_a_failure_is_told(service: Service) -> None:
    client, topics = service.client(), service.client("sns")
    topic = topics.create_topic(Name="failures")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="email", Endpoint="app@inbox.test")
    confirm = service.rehearsal.wait_for_mail("app@inbox.test")[0]
    link = next(word for word in confirm.message.get_content().split() if "Token=" in word)
    topics.confirm_subscription(TopicArn=topic, Token=link.partition("Token=")[2].partition("&")[0])
    client.create_configuration_set(ConfigurationSetName="bulk")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="bulk",
        EventDestinationName="failures",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "RENDERING_FAILURE"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    client.create_email_template(TemplateName="monthly", TemplateContent=CONTENT)
    names = {"aiko": "愛子", "ben": "Ben", "cleo": None}
    results = client.send_bulk_email(
        FromEmailAddress=SENDER,
        ConfigurationSetName="bulk",
        DefaultContent={
            "Template": {"TemplateName": "monthly", "TemplateData": json.dumps({"month": "May", "items": [1, 2]})}
        },
        BulkEmailEntries=[entry(f"{key}@inbox.test", name) for key, name in names.items()],
    )["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS"] * 3
    for key in ("aiko", "ben"):
        (mail,) = service.rehearsal.wait_for_mail(f"{key}@inbox.test")
        check_authentic(mail)
        assert mail.message["Subject"] == f"{names[key]}, new in May"
        plain = mail.message.get_body(("plain",)).get_content()
        assert plain.splitlines() == [f"Dear {names[key]}:", "* 1", "* 2"]
        assert mail.message.get_body(("html",)).get_content().strip() == "<ul><li>1</li><li>2</li></ul>"
    failed = results[2]["MessageId"]
    told = until(lambda: told_of(service, failed), "the failure at the subscriber")
    assert told["eventType"] == "Rendering Failure"
    assert told["failure"] == {
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
        "templateName": "monthly",
    }
    assert told["mail"]["destination"] == ["cleo@inbox.test"] and told["mail"]["source"] == SENDER
    assert told["mail"]["tags"]["ses:operation"] == ["SendBulkEmail"]
    assert service.rehearsal.mailbox("cleo@inbox.test") == []
    assert service.state(failed) == "rejected"
    shown = service.tayori("message", "show", failed)
    assert "Attribute 'name' is not present in the rendering data." in shown and "rendering-failure" in shown
    assert failed in service.tayori("message", "find", "--status", "rejected")


def entry(to: str, name: str | None) -> dict[str, object]:
    data = json.dumps({"name": name} if name else {})
    return {
        "Destination": {"ToAddresses": [to]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
    }


def told_of(service: Service, message_id: str) -> dict[str, object] | None:
    """The event of a message, as it stands in a mail of the topic."""
    for mail in service.rehearsal.mailbox("app@inbox.test"):
        text = mail.message.get_content()
        if message_id in text and "eventType" in text:
            return dict(json.JSONDecoder().raw_decode(text[text.index("{") :])[0])
    return None
