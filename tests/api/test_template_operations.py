"""Templates by v1 and v2, which share them: what is kept, what is refused, and trying one out."""

import email
import email.policy
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from population import ACCOUNT, REGION
from tayori.store import template_tables

BOTH = ["sqlite", "postgres"]
CONTENT = {"Subject": "Hello, {{name}}", "Text": "Dear {{name}}.", "Html": "<p>{{name}} & more</p>"}


def create(service, name="welcome", **content):
    return service.client("sesv2").create_email_template(TemplateName=name, TemplateContent=content or CONTENT)


def refused(function, **request):
    """The code and the text of a refusal."""
    with pytest.raises(ClientError) as caught:
        function(**request)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_what_v2_creates_v1_shows_changes_and_deletes(service):
    old, new = service.client("ses"), service.client("sesv2")
    create(service)
    shown = old.get_template(TemplateName="welcome")["Template"]
    assert shown == {
        "TemplateName": "welcome",
        "SubjectPart": CONTENT["Subject"],
        "TextPart": CONTENT["Text"],
        "HtmlPart": CONTENT["Html"],
    }
    old.update_template(Template={"TemplateName": "welcome", "SubjectPart": "新しい {{a}}", "TextPart": "b"})
    changed = new.get_email_template(TemplateName="welcome")
    assert changed["TemplateContent"] == {"Subject": "新しい {{a}}", "Text": "b"}
    old.delete_template(TemplateName="welcome")
    assert refused(new.get_email_template, TemplateName="welcome") == (
        "NotFoundException",
        "Template welcome does not exist.",
        404,
    )
    old.delete_template(TemplateName="welcome")  # v1 does not mind


def test_what_is_not_there_or_is_there_already(service):
    old, new = service.client("ses"), service.client("sesv2")
    gone = {"TemplateName": "gone"}
    v1 = ("TemplateDoesNotExist", "Template gone does not exist.", 400)
    v2 = ("NotFoundException", "Template gone does not exist.", 404)
    assert refused(old.get_template, **gone) == v1
    assert refused(old.update_template, Template={**gone, "SubjectPart": "a", "TextPart": "b"}) == v1
    assert refused(old.test_render_template, **gone, TemplateData="{}") == v1
    assert refused(new.update_email_template, **gone, TemplateContent=CONTENT) == v2
    assert refused(new.delete_email_template, **gone) == v2
    assert refused(new.test_render_email_template, **gone, TemplateData="{}") == v2
    create(service)
    taken = {"TemplateName": "welcome"}
    text = "Template welcome already exists."
    assert refused(old.create_template, Template={**taken, "SubjectPart": "a", "TextPart": "b"}) == (
        "AlreadyExists",
        text,
        400,
    )
    assert refused(new.create_email_template, **taken, TemplateContent=CONTENT) == ("AlreadyExistsException", text, 400)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"TextPart": "a\n{{#if x}}"}, "The text part of the template is wrong: "),
        ({"HtmlPart": "{{a"}, "The HTML part of the template is wrong: "),
        ({"SubjectPart": "{{/each}}", "TextPart": "a"}, "The subject of the template is wrong: "),
        ({"SubjectPart": "", "TextPart": "a"}, "The subject must be specified."),
        ({}, "The template must have a text part or an HTML part."),
        ({"TextPart": "{{a}}" * 10_001}, "The template has more than 10000 expressions."),
        ({"TextPart": "a" * 512_000}, "The template is larger than 500 KB."),
        ({"TemplateName": "a b", "TextPart": "a"}, "The template name may have up to 64 letters"),
        ({"TemplateName": "a" * 65, "TextPart": "a"}, "The template name may have up to 64 letters"),
    ],
)
def test_a_template_that_nobody_could_send_with_is_refused(service, part, text):
    template = {"TemplateName": "bad", "SubjectPart": "a"} | part
    code, said, status = refused(service.client("ses").create_template, Template=template)
    assert (code, status) == ("InvalidTemplate", 400) and said.startswith(text)
    content = {"Subject": template["SubjectPart"], "Text": part.get("TextPart", ""), "Html": part.get("HtmlPart", "")}
    v2 = service.client("sesv2").create_email_template
    code, said, status = refused(v2, TemplateName=template["TemplateName"], TemplateContent=content)
    assert (code, status) == ("BadRequestException", 400) and said.startswith(text)


def test_a_bad_change_changes_nothing(service):
    create(service)
    v2 = service.client("sesv2")
    code, _, _ = refused(v2.update_email_template, TemplateName="welcome", TemplateContent=CONTENT | {"Html": "{{"})
    assert code == "BadRequestException"
    assert v2.get_email_template(TemplateName="welcome")["TemplateContent"] == CONTENT


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_lists_begin_with_the_newest_and_share_their_tokens(service, clock):
    old, new = service.client("ses"), service.client("sesv2")
    for number in range(13):
        create(service, f"template-{number:02d}")
        clock.advance(1)
    expected = [f"template-{number:02d}" for number in reversed(range(13))]
    first = new.list_email_templates()
    assert [one["TemplateName"] for one in first["TemplatesMetadata"]] == expected[:10]
    assert abs(first["TemplatesMetadata"][0]["CreatedTimestamp"] - clock.now()) < timedelta(seconds=5)
    rest = old.list_templates(NextToken=first["NextToken"])
    assert [one["Name"] for one in rest["TemplatesMetadata"]] == expected[10:] and "NextToken" not in rest
    assert len(old.list_templates(MaxItems=1000)["TemplatesMetadata"]) == 13
    assert [one["Name"] for one in old.list_templates(MaxItems=0)["TemplatesMetadata"]] == expected[:1]
    code, _, status = refused(new.list_email_templates, PageSize=101)
    assert (code, status) == ("BadRequestException", 400)


def test_templates_made_at_one_moment_are_all_listed(service):
    for name in "abc":
        create(service, name)
    row = template_tables.email_templates
    service.transact(lambda tx: tx.execute(row.update().values(created_at=tx.now)))
    client, found, token = service.client("sesv2"), [], {}
    while True:
        page = client.list_email_templates(PageSize=1, **token)
        found += [one["TemplateName"] for one in page["TemplatesMetadata"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == ["c", "b", "a"]


def test_an_account_has_ten_thousand_templates_at_most(service):
    def fill(tx):
        row = {"account_id": ACCOUNT, "region": REGION, "subject": "a", "text": "b", "html": "", "created_at": tx.now}
        tx.execute(template_tables.email_templates.insert(), [{**row, "name": f"t{n}"} for n in range(10_000)])

    service.transact(fill)
    v1 = service.client("ses").create_template
    code, _, _ = refused(v1, Template={"TemplateName": "one-more", "SubjectPart": "a", "TextPart": "b"})
    assert code == "LimitExceeded"
    assert refused(service.client("sesv2").create_email_template, TemplateName="o", TemplateContent=CONTENT)[0] == (
        "LimitExceededException"
    )


def test_tags_of_a_template(service):
    client = service.client("sesv2")
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:template/welcome"
    code, text, status = refused(client.list_tags_for_resource, ResourceArn=arn)
    assert (code, text, status) == ("NotFoundException", "No Template present with name: welcome", 404)
    tags = [{"Key": "team", "Value": "news"}]
    client.create_email_template(TemplateName="welcome", TemplateContent=CONTENT, Tags=tags)
    assert client.get_email_template(TemplateName="welcome")["Tags"] == tags
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    client.update_email_template(TemplateName="welcome", TemplateContent=CONTENT)
    assert len(client.list_tags_for_resource(ResourceArn=arn)["Tags"]) == 2
    client.delete_email_template(TemplateName="welcome")
    create(service)
    assert client.get_email_template(TemplateName="welcome")["Tags"] == []


def test_other_accounts_and_regions_have_templates_of_their_own(service):
    create(service)
    elsewhere = service.client("sesv2", region="eu-west-1")
    assert elsewhere.list_email_templates()["TemplatesMetadata"] == []
    assert refused(service.client("sesv2", "999900001111").get_email_template, TemplateName="welcome")[2] == 404


# --- trying one out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_whole_text_of_what_would_be_sent(service, version):
    create(service)
    request = {"TemplateName": "welcome", "TemplateData": '{"name": "Anaïs <b>"}'}
    if version == "v1":
        text = service.client("ses").test_render_template(**request)["RenderedTemplate"]
    else:
        text = service.client("sesv2").test_render_email_template(**request)["RenderedTemplate"]
    found = email.message_from_string(text, policy=email.policy.default)
    assert found["Subject"] == "Hello, Anaïs <b>" and found["Date"] and found["MIME-Version"] == "1.0"
    assert found["From"] is None and found.get_content_type() == "multipart/alternative"
    assert found.get_body(("plain",)).get_content().strip() == "Dear Anaïs <b>."
    assert found.get_body(("html",)).get_content().strip() == "<p>Anaïs <b> & more</p>"


@pytest.mark.parametrize(
    "data", ["", "{", "[]", '"text"', "3", '{"name": NaN}', "[" * 100_000, '{"name": 1' + "0" * 5000]
)
def test_data_that_are_no_json_object(service, data):
    create(service)
    request = {"TemplateName": "welcome", "TemplateData": data}
    text = "Template rendering data is invalid"
    assert refused(service.client("ses").test_render_template, **request) == ("InvalidRenderingParameter", text, 400)
    v2 = service.client("sesv2").test_render_email_template
    assert refused(v2, **request) == ("BadRequestException", text, 400)


def test_data_that_lack_something(service):
    create(service)
    request = {"TemplateName": "welcome", "TemplateData": '{"Name": "x"}'}
    text = "Attribute 'name' is not present in the rendering data."
    assert refused(service.client("ses").test_render_template, **request) == ("MissingRenderingAttribute", text, 400)
    assert refused(service.client("sesv2").test_render_email_template, **request)[:2] == ("BadRequestException", text)


def test_a_template_that_would_run_for_ever_is_ended(service):
    create(service, "long", Subject="a", Text="{{#each a}}" + "{{#each @root.a}}" * 5 + "x" + "{{/each}}" * 6)
    request = {"TemplateName": "long", "TemplateData": '{"a": [' + "1," * 999 + "1]}"}
    code, text, _ = refused(service.client("ses").test_render_template, **request)
    assert (code, text) == ("InvalidRenderingParameter", "Rendering the template takes too many steps.")


def test_a_subject_stays_one_line_and_half_characters_are_replaced(service):
    create(service)
    data = '{"name": "a\\r\\nBcc: thief@example.net\\u2028\\u0085b \\ud800"}'
    answer = service.client("ses").test_render_template(TemplateName="welcome", TemplateData=data)
    found = email.message_from_string(answer["RenderedTemplate"], policy=email.policy.default)
    assert found["Subject"] == "Hello, a Bcc: thief@example.net b \ufffd" and found["Bcc"] is None
