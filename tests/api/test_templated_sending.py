"""Mail made of templates, one by one and in bulk, by both APIs."""

import email
import email.policy
import json

import botocore.session
import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError

from population import ACCOUNT, REGION, identity
from tayori.api import templated
from tayori.api.template_work import CompiledTemplates
from tayori.model.errors import (
    AccessDenied,
    Invalid,
    InvalidTemplate,
    Kind,
    MailFromNotVerified,
    NotFound,
    PauseScope,
    SendingPaused,
    ThrottleCause,
    Throttled,
    Unverified,
)
from tayori.model.template import TemplateContent
from tayori.resources import accounts
from tayori.store import tables
from tayori.store.engine import StoreUnavailable

BOTH = ["sqlite", "postgres"]
CONTENT = {"Subject": "Hello {{name}}", "Text": "Dear {{name}}, {{text}}", "Html": "<p>{{name}}: {{text}}</p>"}
ARN = f"arn:aws:ses:{REGION}:{ACCOUNT}:template/welcome"


@pytest.fixture
def production(service):
    """An account out of the sandbox, with a verified domain and a template."""
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    service.client("sesv2").create_email_template(TemplateName="welcome", TemplateContent=CONTENT)
    return service


def send(service, data=None, *, template=None, **more):
    template = template or {"TemplateName": "welcome"}
    data = {"TemplateData": data if isinstance(data, str) else json.dumps(data)} if data is not None else {}
    request = {
        "FromEmailAddress": "News <news@example.com>",
        "Destination": {"ToAddresses": ["reader@inbox.test"]},
        "Content": {"Template": {**template, **data, **more}},
    }
    return service.client("sesv2").send_email(**request)["MessageId"]


def send_v1(service, data, **changes):
    request = {
        "Source": "news@example.com",
        "Destination": {"ToAddresses": ["reader@inbox.test"]},
        "Template": "welcome",
        "TemplateData": data,
    }
    return service.client("ses").send_templated_email(**request | changes)["MessageId"]


def parsed(message):
    return email.message_from_bytes(message.content, policy=email.policy.default)


def texts(message):
    found = parsed(message)
    return (
        found["Subject"],
        found.get_body(("plain",)).get_content().strip(),
        found.get_body(("html",)).get_content().strip(),
    )


def refused(function, *args, **request):
    with pytest.raises(ClientError) as caught:
        function(*args, **request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def rows(service, table):
    return service.transact(lambda tx: tx.execute(sa.select(table)).all())


# --- one message ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
@pytest.mark.parametrize(
    "template",
    [{"TemplateName": "welcome"}, {"TemplateArn": ARN}, {"TemplateContent": CONTENT}],
    ids=["name", "arn", "content"],
)
def test_a_template_becomes_a_message(production, template):
    message_id = send(
        production,
        {"name": "Aiko 愛子", "text": "a & <b>"},
        template=template,
        Headers=[{"Name": "X-Campaign", "Value": "spring"}],
        Attachments=[{"FileName": "a.txt", "RawContent": b"attached"}],
    )
    message = production.last()
    assert message.message_id == message_id and message.recipients == ["reader@inbox.test"]
    assert texts(message) == ("Hello Aiko 愛子", "Dear Aiko 愛子, a & <b>", "<p>Aiko 愛子: a & <b></p>")
    found = parsed(message)
    assert (found["From"], found["X-Campaign"]) == ("News <news@example.com>", "spring")
    assert [part.get_filename() for part in found.iter_attachments()] == ["a.txt"]


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_v1_sends_what_v2_created(production):
    data = '{"name": "Jan", "text": "x"}'
    message_id = send_v1(
        production,
        data,
        TemplateArn=ARN,
        Destination={"ToAddresses": ["reader@inbox.test"], "BccAddresses": ["secret@inbox.test"]},
        ReplyToAddresses=["answers@example.com"],
        ReturnPath="bounces@example.com",
        Tags=[{"Name": "campaign", "Value": "spring"}],
    )
    message = production.last()
    assert message.message_id == message_id and message.recipients == ["reader@inbox.test", "secret@inbox.test"]
    assert texts(message) == ("Hello Jan", "Dear Jan, x", "<p>Jan: x</p>")
    assert parsed(message)["Reply-To"] == "answers@example.com" and b"secret@" not in message.content
    facts = json.loads(rows(production, tables.messages)[0].facts)
    assert facts["operation"] == "SendTemplatedEmail" and facts["tags"] == {"campaign": "spring"}
    assert facts["feedback_address"] == "bounces@example.com"


def test_an_empty_part_is_left_out(production):
    client = production.client("sesv2")
    client.update_email_template(TemplateName="welcome", TemplateContent={"Subject": "{{a}}", "Html": "<p>x</p>"})
    send(production, {"a": ""})
    found = parsed(production.last())
    assert found.get_content_type() == "text/html" and not found["Subject"]


@pytest.mark.parametrize("data", ["", "{", "[]", "null"])
def test_data_that_are_no_object_are_refused_at_once(production, data):
    text = "Template rendering data is invalid"
    assert refused(send, production, data) == ("BadRequestException", text)
    assert refused(send_v1, production, data) == ("InvalidParameterValue", text)
    assert production.accepted() == []


def test_what_is_wrong_of_the_request(production):
    v2, v1 = "BadRequestException", "InvalidParameterValue"
    gone = "Template gone does not exist."
    assert refused(send, production, {}, template={"TemplateName": "gone"}) == ("NotFoundException", gone)
    assert refused(send_v1, production, "{}", Template="gone") == ("TemplateDoesNotExist", gone)
    theirs = ARN.replace(ACCOUNT, "999900001111")
    assert refused(send, production, {}, template={"TemplateArn": theirs})[0] == "NotFoundException"
    assert refused(send, production, {}, template={"TemplateArn": ARN.replace("template", "identity")})[0] == v2
    assert refused(send, production, {}, template={"TemplateArn": ARN, "TemplateName": "welcome"})[0] == v2
    assert refused(send, production, {}, template={"TemplateContent": {"Subject": "a"}})[0] == v2
    blocks = {"Subject": "a", "Text": "{{#if a}}b{{/if}}"}
    unsupported = "Template contains unsupported operations."
    assert refused(send, production, {}, template={"TemplateContent": blocks}) == (v2, unsupported)
    many = {"Subject": "a", "Text": "{{a}}" * 1001}
    assert refused(send, production, {"a": 1}, template={"TemplateContent": many})[0] == v2
    assert refused(send_v1, production, "{}", TemplateArn=f"{ARN}-other")[0] == v1
    nobody = production.client("sesv2").send_email
    request = {"Content": {"Template": {"TemplateName": "welcome", "TemplateData": "{}"}}}
    to = {"ToAddresses": ["reader@inbox.test"]}
    assert refused(nobody, Destination=to, **request) == (v2, "Source cannot be empty")
    assert production.accepted() == []


def test_the_place_of_the_pixel_and_of_the_way_out_are_no_attributes(production):
    text = "{{ses:openTracker}} {{amazonSESUnsubscribeUrl}} {{#each list}}{{ses:openTracker}}{{/each}}"
    client = production.client("sesv2")
    client.create_email_template(TemplateName="marked", TemplateContent={"Subject": "a", "Text": text})
    send(production, {"list": [1]}, template={"TemplateName": "marked"})
    assert parsed(production.last()).get_content().strip() == (
        "{{ses:openTracker}} {{amazonSESUnsubscribeUrl}} {{ses:openTracker}}"
    )


def test_a_template_says_where_the_way_out_of_a_list_stands(production):
    client = production.client("sesv2")
    client.create_contact_list(ContactListName="readers")
    html = "<p>{{name}} <a href='{{amazonSESUnsubscribeUrl}}'>out</a></p>"
    client.create_email_template(TemplateName="listed", TemplateContent={"Subject": "a", "Html": html})
    client.send_email(
        FromEmailAddress="news@example.com",
        Destination={"ToAddresses": ["reader@inbox.test"]},
        Content={"Template": {"TemplateName": "listed", "TemplateData": '{"name": "Ann"}'}},
        ListManagementOptions={"ContactListName": "readers"},
    )
    found = parsed(production.last())
    assert "<p>Ann <a href='http" in found.get_content() and "{{" not in found.get_content()
    assert found["List-Unsubscribe"]


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_cannot_be_rendered_is_accepted_and_told_of(production, version):
    data = '{"text": "x"}'
    message_id = send(production, data) if version == "v2" else send_v1(production, data)
    (event,) = rows(production, tables.events)
    assert (event.message_id, event.kind) == (message_id, "Rendering Failure")
    assert json.loads(event.detail) == {
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
        "templateName": "welcome",
    }
    (recipient,) = rows(production, tables.recipients)
    assert (recipient.state, recipient.reason) == ("rejected", "rendering-failure")
    assert b"Dear" not in production.last().content


def test_insights_tell_what_could_not_be_rendered(production):
    client = production.client("sesv2")
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    message_id = send(production, {"name": "a"})
    found = client.get_message_insights(MessageId=message_id)
    assert [event["Type"] for one in found["Insights"] for event in one["Events"]] == ["RENDERING_FAILURE"]
    assert found["Insights"][0]["Destination"] == "reader@inbox.test"


def test_a_policy_of_the_owner_says_by_which_operation_others_may_send(production):
    """A delegate sends as example.com, which is not his (ses: sending authorization)."""
    production.transact(accounts.grant, "999900001111", REGION, max_24_hour=-1, max_rate=-1)
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"
    for action, may in (("SendEmail", False), ("SendBulkTemplatedEmail", False), ("SendTemplatedEmail", True)):
        allowed = {"Effect": "Allow", "Principal": {"AWS": "999900001111"}, "Action": f"ses:{action}", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        production.client("ses").put_identity_policy(Identity="example.com", PolicyName="one", Policy=policy)
        theirs = production.client("ses", "999900001111")
        if not may:
            theirs.delete_template(TemplateName="theirs")
            theirs.create_template(Template={"TemplateName": "theirs", "SubjectPart": "a", "TextPart": "b"})
        request = {
            "Source": "news@example.com",
            "SourceArn": arn,
            "Template": "theirs",
            "TemplateData": "{}",
            "Destination": {"ToAddresses": ["reader@inbox.test"]},
        }
        if may:
            assert theirs.send_templated_email(**request)["MessageId"]
        else:
            assert refused(theirs.send_templated_email, **request)[0] in ("AccessDenied", "MessageRejected")


def test_what_cannot_be_rendered_is_tracked_by_nobody(production):
    client = production.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="tracked")
    destination = {
        "MatchingEventTypes": ["OPEN", "CLICK"],
        "Enabled": True,
        "CloudWatchDestination": {
            "DimensionConfigurations": [
                {"DimensionName": "a", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "b"}
            ]
        },
    }
    client.create_configuration_set_event_destination(
        ConfigurationSetName="tracked", EventDestinationName="a", EventDestination=destination
    )
    request = {"ConfigurationSetName": "tracked", "FromEmailAddress": "news@example.com"}
    template = {"TemplateName": "welcome", "TemplateData": '{"name": "a"}'}
    to = {"ToAddresses": ["reader@inbox.test"]}
    client.send_email(Destination=to, Content={"Template": template}, **request)
    assert [event.kind for event in rows(production, tables.events)] == ["Rendering Failure"]
    client.send_bulk_email(
        DefaultContent={"Template": {**template, "TemplateData": '{"name": "a", "text": "b"}'}},
        BulkEmailEntries=[{"Destination": to}, {"Destination": to}],
        **request,
    )
    made = [message for message in production.accepted() if b"Hello" in message.content]
    assert len(made) == 2 and all(b"//r.us-east-1.tayori.test" in message.content for message in made)


# --- bulks ------------------------------------------------------------------------------------------------------------


def entry(to, data=None, **more):
    found = {"Destination": {"ToAddresses": [to] if isinstance(to, str) else to}, **more}
    if data is not None:
        text = data if isinstance(data, str) else json.dumps(data)
        found["ReplacementEmailContent"] = {"ReplacementTemplate": {"ReplacementTemplateData": text}}
    return found


def bulk(service, *entries, data=None, template=None, **more):
    template = {**(template or {"TemplateName": "welcome"}), "TemplateData": json.dumps(data or {})}
    request = {
        "FromEmailAddress": "news@example.com",
        "DefaultContent": {"Template": template},
        "BulkEmailEntries": entries,
    }
    return service.client("sesv2").send_bulk_email(**request | more)["BulkEmailEntryResults"]


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_entries_replace_what_they_give(production):
    template = {
        "TemplateArn": ARN,
        "Headers": [{"Name": "X-Kind", "Value": "default"}, {"Name": "X-All", "Value": "all"}],
    }
    results = bulk(
        production,
        entry("a@inbox.test"),
        entry("b@inbox.test", {}),
        entry("c@inbox.test", ""),
        entry(
            "d@inbox.test",
            {"name": "Dora"},
            ReplacementTags=[{"Name": "kind", "Value": "own"}],
            ReplacementHeaders=[{"Name": "x-kind", "Value": "own"}, {"Name": "X-More", "Value": "more"}],
        ),
        data={"name": "friend", "text": "default"},
        template=template,
        DefaultEmailTags=[{"Name": "kind", "Value": "default"}, {"Name": "all", "Value": "yes"}],
    )
    assert [one["Status"] for one in results] == ["SUCCESS"] * 4
    messages = {message.recipients[0]: message for message in production.accepted()}
    assert [one["MessageId"] for one in results] == [messages[f"{name}@inbox.test"].message_id for name in "abcd"]
    for name in "abc":
        assert texts(messages[f"{name}@inbox.test"])[1] == "Dear friend, default"
    dora = messages["d@inbox.test"]
    assert texts(dora)[1] == "Dear Dora, default"
    found = parsed(dora)
    assert found.get_all("X-Kind") == ["own"] and (found["X-All"], found["X-More"]) == ("all", "more")
    facts = {row.message_id: json.loads(row.facts) for row in rows(production, tables.messages)}
    assert facts[dora.message_id]["tags"] == {"kind": "own", "all": "yes"}
    assert facts[dora.message_id]["operation"] == "SendBulkEmail"
    assert facts[messages["a@inbox.test"].message_id]["tags"] == {"kind": "default", "all": "yes"}


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_bulk_is_one_transaction_and_a_bad_entry_spoils_none(production):
    entries = [entry(f"reader{number}@inbox.test", {"name": str(number)}) for number in range(50)]
    entries[3] = entry("no address")
    entries[5] = entry("reader@inbox.test", "{")
    entries[7] = entry([f"r{number}@inbox.test" for number in range(51)])
    entries[9] = entry("reader@inbox.test", ReplacementHeaders=[{"Name": "From", "Value": "me"}])
    entries[11] = entry("reader@inbox.test", ReplacementTags=[{"Name": "a b", "Value": "c"}])
    entries[13] = entry([])
    results = bulk(production, *entries, data={"text": "x", "name": "y"})
    bad = {3, 5, 7, 9, 11, 13}
    assert {index for index, one in enumerate(results) if one["Status"] == "INVALID_PARAMETER"} == bad
    assert {index for index, one in enumerate(results) if one["Status"] == "SUCCESS"} == set(range(50)) - bad
    assert all(results[index]["Error"] and "MessageId" not in results[index] for index in bad)
    assert results[5]["Error"] == "Template rendering data is invalid"
    kept = rows(production, tables.messages)
    assert len(kept) == 44 and len({row.accepted_at for row in kept}) == 1, "more than one transaction"


def test_one_entry_that_cannot_be_rendered(production):
    results = bulk(production, entry("a@inbox.test", {"name": "a"}), entry("b@inbox.test", {"name": "b", "text": "t"}))
    assert [one["Status"] for one in results] == ["SUCCESS", "SUCCESS"]
    kinds = {row.message_id: row.kind for row in rows(production, tables.events)}
    assert [kinds[one["MessageId"]] for one in results] == ["Rendering Failure", "Send"]


def test_the_answer_is_200_even_when_all_fail(production):
    refusals = bulk(production, entry("a@inbox.test"), entry("b@inbox.test"), FromEmailAddress="me@elsewhere.test")
    assert [one["Status"] for one in refusals] == ["MESSAGE_REJECTED"] * 2
    assert refusals[0]["Error"].startswith("Email address is not verified. The following identities failed the check")
    refusals = bulk(production, entry("a@inbox.test"), ConfigurationSetName="gone", data={"name": "a", "text": "b"})
    assert refusals == [{"Status": "CONFIGURATION_SET_NOT_FOUND", "Error": "Configuration set <gone> does not exist."}]
    production.client("sesv2").put_account_sending_attributes(SendingEnabled=False)
    assert [one["Status"] for one in bulk(production, entry("a@inbox.test"))] == ["ACCOUNT_SENDING_PAUSED"]
    assert production.accepted() == []


def test_the_quota_ends_within_a_bulk(production):
    production.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=2, max_rate=-1)
    results = bulk(production, *[entry(f"{name}@inbox.test") for name in "abc"], data={"name": "a", "text": "b"})
    assert [one["Status"] for one in results] == ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_v1_sends_bulks_in_its_own_words(production):
    request = {
        "Source": "news@example.com",
        "Template": "welcome",
        "DefaultTemplateData": '{"name": "friend", "text": "default"}',
        "DefaultTags": [{"Name": "kind", "Value": "default"}],
        "Destinations": [
            {"Destination": {"ToAddresses": ["a@inbox.test"]}, "ReplacementTemplateData": '{"name": "Ann"}'},
            {"Destination": {"ToAddresses": ["b@inbox.test"]}, "ReplacementTemplateData": "{}"},
            {"Destination": {"ToAddresses": ["c"]}},
        ],
    }
    client = production.client("ses")
    results = client.send_bulk_templated_email(**request)["Status"]
    assert [one["Status"] for one in results] == ["Success", "Success", "InvalidParameterValue"]
    messages = {message.message_id: message for message in production.accepted()}
    assert texts(messages[results[0]["MessageId"]])[0] == "Hello Ann"
    assert texts(messages[results[1]["MessageId"]])[0] == "Hello friend"
    results = client.send_bulk_templated_email(**request, ConfigurationSetName="gone")["Status"]
    assert [one["Status"] for one in results][:2] == ["ConfigurationSetDoesNotExist"] * 2
    gone = {**request, "Template": "gone"}
    assert refused(client.send_bulk_templated_email, **gone) == (
        "TemplateDoesNotExist",
        "Template gone does not exist.",
    )


def test_what_is_wrong_of_a_bulk_as_a_whole(production):
    one = entry("a@inbox.test")
    bad = "BadRequestException"
    assert refused(bulk, production, FromEmailAddress="nobody") == (bad, "Invalid email address<nobody>.")
    assert refused(bulk, production, one, FeedbackForwardingEmailAddress="no") == (bad, "Invalid email address<no>.")
    assert refused(bulk, production)[0] == bad
    assert refused(bulk, production, *[one] * 51) == (bad, "A bulk has 1 to 50 destinations, not 51.")
    assert refused(bulk, production, one, DefaultContent={}) == (bad, "DefaultContent must have a Template.")
    assert refused(bulk, production, one, template={"TemplateName": "gone"})[0] == "NotFoundException"
    wrong = {"Template": {"TemplateName": "welcome", "TemplateData": "{"}}
    assert refused(bulk, production, one, DefaultContent=wrong) == (bad, "Template rendering data is invalid")
    assert production.accepted() == []


def test_large_messages_of_a_bulk_are_all_sent(production):
    """More than is held in memory at once."""
    attached = {"FileName": "a.bin", "RawContent": bytes(13 * 1024 * 1024), "ContentTransferEncoding": "BASE64"}
    template = {"TemplateName": "welcome", "Attachments": [attached]}
    entries = [entry(f"{name}@inbox.test") for name in "abcd"]
    results = bulk(production, *entries, data={"name": "a", "text": "b"}, template=template)
    assert [one["Status"] for one in results] == ["SUCCESS"] * 4
    assert len({row.accepted_at for row in rows(production, tables.messages)}) > 1


def test_entries_that_take_long_are_one_transaction_all_the_same(production):
    """Each takes more than a bulk may keep a thread for before others have their turn."""
    text = "{{#each list}}{{#if this}}{{this}}{{/if}}{{/each}}"
    client = production.client("sesv2")
    client.create_email_template(TemplateName="slow", TemplateContent={"Subject": "a", "Text": text})
    entries = [entry(f"{name}@inbox.test") for name in "abc"]
    results = bulk(production, *entries, data={"list": [1] * 20_000}, template={"TemplateName": "slow"})
    assert [one["Status"] for one in results] == ["SUCCESS"] * 3
    assert [row.kind for row in rows(production, tables.events)] == ["Send"] * 3
    assert len({row.accepted_at for row in rows(production, tables.messages)}) == 1


STATUSES = [
    ("<a message id>", "SUCCESS"),
    (Unverified(("a@b.test",), REGION), "MESSAGE_REJECTED"),
    (MailFromNotVerified("x"), "MAIL_FROM_DOMAIN_NOT_VERIFIED"),
    (NotFound("x", Kind.CONFIGURATION_SET), "CONFIGURATION_SET_NOT_FOUND"),
    (SendingPaused("x", PauseScope.ACCOUNT), "ACCOUNT_SENDING_PAUSED"),
    (SendingPaused("x", PauseScope.CONFIGURATION_SET), "CONFIGURATION_SET_SENDING_PAUSED"),
    (Throttled(ThrottleCause.RATE), "ACCOUNT_THROTTLED"),
    (Throttled(ThrottleCause.DAILY_QUOTA), "ACCOUNT_DAILY_QUOTA_EXCEEDED"),
    (Invalid("x"), "INVALID_PARAMETER"),
    (StoreUnavailable("x"), "TRANSIENT_FAILURE"),
    (AccessDenied("x"), "FAILED"),
    (RuntimeError("a secret"), "FAILED"),
]


@pytest.mark.parametrize(("answer", "status"), STATUSES)
def test_statuses_are_those_of_the_models(answer, status):
    session = botocore.session.get_session()
    new = session.get_service_model("sesv2").shape_for("BulkEmailStatus").enum
    old = session.get_service_model("ses").shape_for("BulkEmailStatus").enum
    assert templated.status_of(answer) == status and status in new
    assert old.index(templated.v1_status(status)) == new.index(status)
    assert "secret" not in str(templated.told(answer, status))


# --- templates that were compiled ---


def test_compiled_templates_are_kept_until_others_are_used_more_lately(run):
    kept = CompiledTemplates(most=25)
    first, second, third = (TemplateContent(subject="x" * 9, text=letter) for letter in "abc")

    async def use():
        compiled = await kept.get(first)
        assert await kept.get(first) is compiled
        await kept.get(second)
        assert await kept.get(first) is compiled and len(kept) == 2
        await kept.get(third)
        assert len(kept) == 2
        assert await kept.get(first) is compiled, "the second was used longer ago"
        with pytest.raises(InvalidTemplate):
            await kept.get(TemplateContent(subject="{{#if a}}{{/if}}", text="a"), is_simple=True)
        blocks = TemplateContent(subject="{{#if a}}{{/if}}", text="a")
        await kept.get(blocks)
        with pytest.raises(InvalidTemplate):
            await kept.get(blocks, is_simple=True)

    run(use())
