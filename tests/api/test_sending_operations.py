"""SendEmail and SendRawEmail: what arrives at the door, and how a refusal reaches the caller."""

import base64
import email
import email.policy
import re
import urllib.parse

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts, configuration_sets
from tayori.store import tables

BOTH = ["sqlite", "postgres"]
MESSAGE_ID = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000")


@pytest.fixture
def production(service):
    """An account out of the sandbox, with a verified domain."""
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    return service


def simple(text="Hello", **more):
    return {"Simple": {"Subject": {"Data": "Greetings"}, "Body": {"Text": {"Data": text}}, **more}}


def send(service, **changes):
    request = {
        "FromEmailAddress": "News <news@example.com>",
        "Destination": {"ToAddresses": ["reader@inbox.test"]},
        "Content": simple(),
    }
    return service.client("sesv2").send_email(**request | changes)


def parsed(message):
    return email.message_from_bytes(message.content, policy=email.policy.default)


def text_of(refusal):
    return refusal.value.response["Error"].get("Message")


# --- v2 Simple ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_simple_content_becomes_a_message(production):
    answer = send(
        production,
        Destination={
            "ToAddresses": ["Reader <reader@inbox.test>", "second@inbox.test"],
            "CcAddresses": ["copy@inbox.test"],
            "BccAddresses": ["secret@inbox.test"],
        },
        ReplyToAddresses=["answers@example.com"],
        Content={
            "Simple": {
                "Subject": {"Data": "ご挨拶 – greetings"},
                "Body": {"Text": {"Data": "こんにちは\n"}, "Html": {"Data": "<p>こんにちは</p>"}},
            }
        },
    )
    assert MESSAGE_ID.fullmatch(answer["MessageId"])
    message = production.last()
    assert message.message_id == answer["MessageId"]
    assert message.recipients == [
        "reader@inbox.test",
        "second@inbox.test",
        "copy@inbox.test",
        "secret@inbox.test",
    ]
    assert message.reverse_path == f"{answer['MessageId']}@us-east-1.mail.tayori.test"
    assert b"secret@" not in message.content and b"\r\nBcc" not in message.content
    found = parsed(message)
    assert found["From"] == "News <news@example.com>"
    assert found["To"] == "Reader <reader@inbox.test>, second@inbox.test"
    assert (found["Cc"], found["Reply-To"]) == ("copy@inbox.test", "answers@example.com")
    assert found["Subject"] == "ご挨拶 – greetings"
    assert found["Message-ID"] == f"<{answer['MessageId']}@us-east-1.tayori.test>"
    assert found["Date"] and found["Feedback-ID"]
    assert found.get_body(("plain",)).get_content().strip() == "こんにちは"
    assert found.get_body(("html",)).get_content().strip() == "<p>こんにちは</p>"


def test_headers_and_attachments_come_along(production):
    send(
        production,
        Content=simple(
            Headers=[{"Name": "X-Campaign", "Value": "spring"}, {"Name": "List-Id", "Value": "<news.example.com>"}],
            Attachments=[
                {"FileName": "報告.pdf", "RawContent": b"%PDF-\x00\xff", "ContentDescription": "A report"},
                {
                    "FileName": "dot.png",
                    "RawContent": b"\x89PNG",
                    "ContentDisposition": "INLINE",
                    "ContentId": "dot",
                    "ContentType": "image/png",
                    "ContentTransferEncoding": "BASE64",
                },
            ],
        ),
    )
    found = parsed(production.last())
    assert (found["X-Campaign"], found["List-Id"]) == ("spring", "<news.example.com>")
    parts = {part.get_filename(): part for part in found.walk() if part.get_filename()}
    assert set(parts) == {"報告.pdf", "dot.png"}
    assert parts["報告.pdf"].get_content() == b"%PDF-\x00\xff"
    assert parts["報告.pdf"].get_content_disposition() == "attachment"
    assert parts["dot.png"]["Content-ID"] == "<dot>" and parts["dot.png"].get_content_disposition() == "inline"


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-2022-JP", "Shift_JIS"])
def test_charsets_of_the_caller_are_used(production, charset):
    body = {"Text": {"Data": "日本語の本文", "Charset": charset}}
    content = {"Simple": {"Subject": {"Data": "件名", "Charset": charset}, "Body": body}}
    send(production, Content=content)
    found = parsed(production.last())
    assert found.get_content_charset().lower() == charset.lower()
    assert found.get_content().strip() == "日本語の本文" and found["Subject"] == "件名"


def test_tags_set_and_feedback_address_reach_the_rows(production):
    client = production.client("sesv2")
    client.create_configuration_set(
        ConfigurationSetName="main", DeliveryOptions={"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}
    )
    send(
        production,
        ConfigurationSetName="main",
        EmailTags=[{"Name": "campaign", "Value": "spring"}],
        FeedbackForwardingEmailAddress="bounces@example.com",
    )
    row = production.transact(lambda tx: tx.execute(tables.messages.select()).one())
    assert (row.configuration_set, row.tls_policy) == ("main", "REQUIRE")
    assert '"campaign":"spring"' in row.facts and '"feedback_address":"bounces@example.com"' in row.facts
    assert '"operation":"SendEmail"' in row.facts and f'"caller":"arn:aws:iam::{ACCOUNT}:user/app"' in row.facts
    assert '"source_ip":"127.0.0.1"' in row.facts


def test_a_large_message_is_taken(production):
    content = simple("x" * 100_000 + "\n", Attachments=[{"FileName": "a.bin", "RawContent": bytes(3_000_000)}])
    send(production, Content=content)
    assert len(production.last().content) > 4_000_000


# --- v2 Raw ---


RAW = (
    b"From: News <news@example.com>\r\nTo: reader@inbox.test\r\nCc: copy@inbox.test\r\nBcc: secret@inbox.test\r\n"
    b"Subject: raw\r\nX-SES-MESSAGE-TAGS: a=b\r\nX-SES-CONFIGURATION-SET: main\r\nDKIM-Signature: mine\r\n\r\nbody\r\n"
)


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_raw_content_keeps_its_body_and_its_own_headers(production):
    production.client("sesv2").create_configuration_set(ConfigurationSetName="main")
    answer = production.client("sesv2").send_email(Content={"Raw": {"Data": RAW}})
    message = production.last()
    assert message.recipients == ["reader@inbox.test", "copy@inbox.test", "secret@inbox.test"]
    header, _, body = message.content.partition(b"\r\n\r\n")
    assert body == b"body\r\n"
    assert b"DKIM-Signature: mine" in header and b"X-SES-" not in header and b"Bcc" not in header
    assert f"Message-ID: <{answer['MessageId']}@us-east-1.tayori.test>".encode() in header
    row = production.transact(lambda tx: tx.execute(tables.messages.select()).one())
    assert row.configuration_set == "main" and '"tags":{"a":"b"}' in row.facts


def test_destinations_of_the_request_replace_those_of_the_header(production):
    production.client("sesv2").create_configuration_set(ConfigurationSetName="main")
    send(production, Content={"Raw": {"Data": RAW}}, Destination={"BccAddresses": ["only@inbox.test"]})
    assert production.last().recipients == ["only@inbox.test"]


# --- v1 ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_v1_sends_a_composed_message(production):
    answer = production.client("ses").send_email(
        Source="news@example.com",
        Destination={"ToAddresses": ["reader@inbox.test"], "BccAddresses": ["secret@inbox.test"]},
        Message={"Subject": {"Data": "Greetings"}, "Body": {"Html": {"Data": "<b>Hi</b>"}}},
        ReplyToAddresses=["answers@example.com"],
        ReturnPath="bounces@example.com",
        Tags=[{"Name": "campaign", "Value": "spring"}],
    )
    message = production.last()
    assert message.message_id == answer["MessageId"]
    assert message.recipients == ["reader@inbox.test", "secret@inbox.test"]
    found = parsed(message)
    assert found["From"] == "news@example.com" and found.get_content_type() == "text/html"


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_v1_sends_a_raw_message(production):
    production.client("sesv2").create_configuration_set(ConfigurationSetName="main")
    client = production.client("ses")
    client.send_raw_email(RawMessage={"Data": RAW})
    assert production.last().recipients == ["reader@inbox.test", "copy@inbox.test", "secret@inbox.test"]
    client.send_raw_email(
        RawMessage={"Data": RAW}, Source="Bounces <bounces@example.com>", Destinations=["only@inbox.test"]
    )
    assert production.last().recipients == ["only@inbox.test"]
    row = production.transact(
        lambda tx: tx.execute(tables.messages.select().order_by(tables.messages.c.accepted_at.desc())).first()
    )
    assert '"operation":"SendRawEmail"' in row.facts and '"feedback_address":"bounces@example.com"' in row.facts


def test_v1_takes_ten_megabytes(production):
    client = production.client("ses")
    header = b"From: news@example.com\r\nTo: reader@inbox.test\r\n\r\n"
    line = b"x" * 76 + b"\r\n"
    client.send_raw_email(RawMessage={"Data": header + line * 120_000})
    client = production.client("ses")  # its own connection: one that is idle for long ends while a request is made
    with pytest.raises(client.exceptions.ClientError) as refusal:
        client.send_raw_email(RawMessage={"Data": header + line * 140_000})
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert text_of(refusal).startswith("Message length is more than 10485760 bytes long:")


# --- refusals ---


def refused(service, error, **changes):
    client = service.client("sesv2")
    with pytest.raises(getattr(client.exceptions, error)) as refusal:
        send(service, **changes)
    return text_of(refusal)


def test_an_unverified_sender_is_refused_in_the_words_of_ses(production):
    expected = (
        "Email address is not verified. The following identities failed the check in region US-EAST-1: me@other.test"
    )
    assert refused(production, "MessageRejected", FromEmailAddress="me@other.test") == expected
    client = production.client("ses")
    with pytest.raises(client.exceptions.MessageRejected) as refusal:
        client.send_email(
            Source="me@other.test",
            Destination={"ToAddresses": ["reader@inbox.test"]},
            Message={"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
        )
    assert text_of(refusal) == expected


def test_the_sandbox_refuses_unverified_recipients(service):
    service.transact(identity, "example.com")
    assert refused(service, "MessageRejected").endswith("region US-EAST-1: reader@inbox.test")


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_the_rate_of_the_sandbox_is_kept(service):
    service.transact(identity, "example.com")
    inside = {"Destination": {"ToAddresses": ["me@example.com"]}}
    send(service, **inside)
    assert refused(service, "TooManyRequestsException", **inside) == "Maximum sending rate exceeded."
    client = service.client("ses")
    with pytest.raises(client.exceptions.ClientError) as refusal:
        client.send_raw_email(RawMessage={"Data": b"From: a@example.com\r\nTo: b@example.com\r\n\r\nx\r\n"})
    assert refusal.value.response["Error"]["Code"] == "Throttling"


def test_the_daily_quota_is_kept(service):
    service.transact(identity, "example.com")
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=1, max_rate=-1)
    send(service)
    assert refused(service, "TooManyRequestsException") == "Daily message quota exceeded."


def test_pauses_have_their_own_classes(production):
    v1, v2 = production.client("ses"), production.client("sesv2")
    v2.create_configuration_set(ConfigurationSetName="main", SendingOptions={"SendingEnabled": False})
    paused = "Sending is paused for configuration set main"
    assert refused(production, "SendingPausedException", ConfigurationSetName="main") == paused
    with pytest.raises(v1.exceptions.ConfigurationSetSendingPausedException):
        v1.send_raw_email(RawMessage={"Data": RAW})
    v2.put_account_sending_attributes(SendingEnabled=False)
    assert refused(production, "SendingPausedException").startswith("Sending paused for this account.")
    with pytest.raises(v1.exceptions.AccountSendingPausedException):
        v1.send_raw_email(RawMessage={"Data": RAW})


def test_a_set_that_is_missing_has_its_own_class(production):
    text = "Configuration set <none> does not exist."
    assert refused(production, "NotFoundException", ConfigurationSetName="none") == text
    v1 = production.client("ses")
    with pytest.raises(v1.exceptions.ConfigurationSetDoesNotExistException):
        v1.send_raw_email(RawMessage={"Data": RAW}, ConfigurationSetName="none")
    production.client("sesv2").create_configuration_set(ConfigurationSetName="default")
    production.client("sesv2").put_email_identity_configuration_set_attributes(
        EmailIdentity="example.com", ConfigurationSetName="default"
    )
    production.transact(configuration_sets.delete, ACCOUNT, REGION, "default")
    assert refused(production, "BadRequestException") == "Configuration set <default> does not exist."


def test_a_mail_from_domain_that_is_not_in_place_refuses_where_that_was_chosen(production):
    client = production.client("sesv2")
    client.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain="bounce.example.com", BehaviorOnMxFailure="REJECT_MESSAGE"
    )
    refused(production, "MailFromDomainNotVerifiedException")
    v1 = production.client("ses")
    with pytest.raises(v1.exceptions.MailFromDomainNotVerifiedException):
        v1.send_raw_email(RawMessage={"Data": RAW.replace(b"X-SES-CONFIGURATION-SET: main\r\n", b"")})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"FromEmailAddress": "nobody"}, "Missing final '@domain'"),
        ({"FromEmailAddress": "a b@example.com"}, "Local address contains control or whitespace"),
        ({"Destination": {"ToAddresses": ["@inbox.test"]}}, "Missing local name"),
        ({"Destination": {}}, "The message has no recipient."),
        ({"Destination": {"ToAddresses": [f"r{n}@inbox.test" for n in range(51)]}}, "Recipient count exceeds 50."),
        ({"Content": {}}, "Content must have exactly one of Simple, Raw and Template."),
        (
            {"Content": {**simple(), "Raw": {"Data": RAW}}},
            "Content must have exactly one of Simple, Raw and Template.",
        ),
        (
            {"Content": {"Template": {"TemplateName": "t", "TemplateArn": "a", "TemplateData": "{}"}}},
            "Template must have exactly one of TemplateName, TemplateArn and TemplateContent.",
        ),
        (
            {"Content": simple(Headers=[{"Name": "Subject", "Value": "again"}])},
            "Header <Subject> is not allowed in Headers; use the request's own member for it.",
        ),
        (
            {"Content": simple(Attachments=[{"FileName": "run.exe", "RawContent": b"MZ"}])},
            "Attachment file extension is not allowed: '.exe'.",
        ),
        ({"EmailTags": [{"Name": "a", "Value": ""}]}, "The tag value must be specified."),
        ({"EmailTags": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]}, "Duplicate tag name <a>."),
        (
            {"Content": {"Raw": {"Data": b"Subject: x\r\nTo: reader@inbox.test\r\n\r\nx"}}, "FromEmailAddress": ""},
            "Missing required header 'From'.",
        ),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused_with_the_reason(production, changes, text):
    assert refused(production, "BadRequestException", **changes) == text
    assert production.accepted() == []


def test_a_header_cannot_be_smuggled_in(production):
    for changes in (
        {"FromEmailAddress": "a@example.com\r\nBcc: victim@inbox.test"},
        {"Destination": {"ToAddresses": ["a@inbox.test\r\nBcc: victim@inbox.test"]}},
        {"ReplyToAddresses": ["a@inbox.test\nX: y"]},
    ):
        refused(production, "BadRequestException", **changes)
    content = simple()
    content["Simple"]["Subject"]["Data"] = "x\r\nBcc: victim@inbox.test"
    text = refused(production, "BadRequestException", Content=content)
    assert text == "The subject contains a line end or another control character"
    assert production.accepted() == []


def test_a_missing_sender_is_refused_without_a_word(production):
    """SES's own answer has no message."""
    client = production.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.send_email(Destination={"ToAddresses": ["reader@inbox.test"]}, Content=simple())
    assert not text_of(refusal)


def test_an_identity_of_ones_own_may_be_named_by_its_arn_and_anothers_not_without_its_policy(production):
    own = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"
    send(production, FromEmailAddressIdentityArn=own)
    other = own.replace(ACCOUNT, OTHER_ACCOUNT)
    with pytest.raises(production.client("sesv2").exceptions.ClientError) as denial:
        send(production, FromEmailAddressIdentityArn=other)
    assert denial.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"on resource `{other}'" in text_of(denial)
    v1 = production.client("ses")
    with pytest.raises(v1.exceptions.ClientError) as refusal:
        v1.send_raw_email(RawMessage={"Data": RAW}, SourceArn=other)
    assert refusal.value.response["Error"]["Code"] == "AccessDenied"


def test_another_account_cannot_send_for_a_domain_that_is_not_its_own(production):
    production.transact(accounts.grant, OTHER_ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    client = production.client("sesv2", OTHER_ACCOUNT)
    with pytest.raises(client.exceptions.MessageRejected):
        client.send_email(
            FromEmailAddress="news@example.com",
            Destination={"ToAddresses": ["reader@inbox.test"]},
            Content=simple(),
        )


def test_a_get_request_of_v1_reads_like_a_post(production):
    """The query protocol may stand in the URL; SES's oldest clients do that."""
    client = production.client("ses")

    def as_get(request, **_):
        request.method = "GET"
        request.url = f"{request.url}?{urllib.parse.urlencode(request.data)}"
        request.data = b""

    client.meta.events.register("before-sign.ses.*", as_get)
    assert client.get_send_quota()["Max24HourSend"] == -1.0


def test_base64_that_is_none_is_refused(production):
    client = production.client("sesv2")

    def spoil(params, **_):
        params["body"] = params["body"].replace(base64.b64encode(RAW), b"!!!")

    client.meta.events.register("before-call.sesv2.SendEmail", spoil)
    with pytest.raises(client.exceptions.ClientError) as refusal:
        client.send_email(Content={"Raw": {"Data": RAW}})
    assert refusal.value.response["Error"]["Code"] == "SerializationException"
