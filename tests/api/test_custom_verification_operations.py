"""Custom verification templates with boto3, v1 and v2, and verifications that are begun with them."""

import email
import email.policy
import re
from datetime import timedelta
from typing import Any

import pytest
from served import OTHER_ACCOUNT, PUBLIC_URL

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts, configuration_sets, custom_verification, identity_checks
from tayori.resources.configuration_sets import ConfigurationSet

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
TEMPLATE = {
    "TemplateName": "welcome",
    "FromEmailAddress": "hello@example.com",
    "TemplateSubject": "Please confirm",
    "TemplateContent": "<html><body><h1>ようこそ</h1></body></html>",
    "SuccessRedirectionURL": "https://www.example.com/ok",
    "FailureRedirectionURL": "https://www.example.com/failed",
}
SEND = {"EmailAddress": "new@inbox.test", "TemplateName": "welcome"}


@pytest.fixture
def production(service):
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    return service


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@BOTH
def test_v2_templates_come_and_go(production) -> None:
    ses = production.client("sesv2")
    tag = {"Key": "team", "Value": "growth"}
    ses.create_custom_verification_email_template(**TEMPLATE, Tags=[tag])
    answer = ses.get_custom_verification_email_template(TemplateName="welcome")
    assert {key: answer[key] for key in TEMPLATE} == TEMPLATE
    assert answer["Tags"] == [tag]
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:custom-verification-email-template/welcome"
    assert ses.list_tags_for_resource(ResourceArn=arn)["Tags"] == [tag]
    assert refusal(ses.create_custom_verification_email_template, **TEMPLATE) == (
        "AlreadyExistsException",
        "Custom verification email template welcome already exists",
    )
    ses.update_custom_verification_email_template(**TEMPLATE | {"TemplateSubject": "Other"})
    (listed,) = ses.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]
    assert listed["TemplateSubject"] == "Other"
    assert "TemplateContent" not in listed
    ses.delete_custom_verification_email_template(TemplateName="welcome")
    missing = ("NotFoundException", "Custom verification email template welcome does not exist")
    assert refusal(ses.get_custom_verification_email_template, TemplateName="welcome") == missing
    assert refusal(ses.update_custom_verification_email_template, **TEMPLATE) == missing
    assert refusal(ses.send_custom_verification_email, **SEND) == missing


@BOTH
def test_v1_templates_come_and_go(production) -> None:
    ses = production.client("ses")
    ses.create_custom_verification_email_template(**TEMPLATE)
    assert refusal(ses.create_custom_verification_email_template, **TEMPLATE)[0] == (
        "CustomVerificationEmailTemplateAlreadyExists"
    )
    ses.update_custom_verification_email_template(TemplateName="welcome", TemplateSubject="Only this")
    answer = ses.get_custom_verification_email_template(TemplateName="welcome")
    assert {key: answer[key] for key in TEMPLATE} == TEMPLATE | {"TemplateSubject": "Only this"}
    for _ in range(2):
        ses.delete_custom_verification_email_template(TemplateName="welcome")
    missing = ("CustomVerificationEmailTemplateDoesNotExist", "Template welcome does not exist")
    assert refusal(ses.get_custom_verification_email_template, TemplateName="welcome") == missing
    assert refusal(ses.update_custom_verification_email_template, TemplateName="welcome") == missing
    assert refusal(ses.send_custom_verification_email, **SEND) == missing


def test_fifty_templates_are_the_most_and_are_listed_by_pages(production) -> None:
    v1, v2 = production.client("ses"), production.client("sesv2")
    for number in range(50):
        v2.create_custom_verification_email_template(**TEMPLATE | {"TemplateName": f"t{number:02}"})
    assert refusal(v2.create_custom_verification_email_template, **TEMPLATE)[0] == "LimitExceededException"
    assert refusal(v1.create_custom_verification_email_template, **TEMPLATE)[0] == "LimitExceeded"
    names: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = v2.list_custom_verification_email_templates(PageSize=20, **token)
        names += [template["TemplateName"] for template in page["CustomVerificationEmailTemplates"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert names == [f"t{number:02}" for number in range(50)]
    assert len(v1.list_custom_verification_email_templates(MaxResults=7)["CustomVerificationEmailTemplates"]) == 7
    assert refusal(v2.list_custom_verification_email_templates, PageSize=51)[0] == "BadRequestException"


def test_templates_of_others_are_not_there(production) -> None:
    production.client("sesv2").create_custom_verification_email_template(**TEMPLATE)
    other = production.client("sesv2", OTHER_ACCOUNT)
    assert other.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"] == []
    assert refusal(other.get_custom_verification_email_template, TemplateName="welcome")[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("changes", "v1_code", "text"),
    [
        (
            {"FromEmailAddress": "a@unknown.example"},
            "FromEmailAddressNotVerified",
            "The from email address a@unknown.example is not verified",
        ),
        ({"SuccessRedirectionURL": "nowhere"}, "InvalidParameterValue", "The success redirection URL is invalid"),
        ({"FailureRedirectionURL": "nowhere"}, "InvalidParameterValue", "The failure redirection URL is invalid"),
        (
            {"TemplateContent": "<script>"},
            "CustomVerificationEmailInvalidContent",
            "The content of the template must not have <script>.",
        ),
    ],
)
def test_what_is_refused(production, changes: dict[str, str], v1_code: str, text: str) -> None:
    v1, v2 = production.client("ses"), production.client("sesv2")
    assert refusal(v1.create_custom_verification_email_template, **TEMPLATE | changes) == (v1_code, text)
    assert refusal(v2.create_custom_verification_email_template, **TEMPLATE | changes) == ("BadRequestException", text)
    v2.create_custom_verification_email_template(**TEMPLATE)
    assert refusal(v1.update_custom_verification_email_template, **TEMPLATE | changes) == (v1_code, text)


# --- sending ---


@BOTH
@pytest.mark.parametrize("api", ["ses", "sesv2"])
def test_a_verification_is_begun_and_its_link_ends_it(production, api: str) -> None:
    ses, v2 = production.client(api), production.client("sesv2")
    v2.create_custom_verification_email_template(**TEMPLATE)
    answer = ses.send_custom_verification_email(**SEND)
    message = production.last()
    assert message.message_id == answer["MessageId"]
    assert message.recipients == ["new@inbox.test"]
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    assert parsed["From"] == "hello@example.com"
    assert parsed["Subject"] == "Please confirm"
    html = parsed.get_body(("html",)).get_content()
    assert "<h1>ようこそ</h1>" in html
    assert "If you did not request to verify this email address" in html
    link = re.search(rf'href="{re.escape(PUBLIC_URL)}/tayori/verify/([^"]+)"', html)
    assert link is not None
    found = v2.get_email_identity(EmailIdentity="new@inbox.test")
    assert found["VerificationStatus"] == "PENDING"
    assert (ACCOUNT, "new@inbox.test") in production.tools.created
    leads = production.transact(custom_verification.redirects, link[1])
    assert leads.success_url == TEMPLATE["SuccessRedirectionURL"]
    production.transact(identity_checks.verify_by_link, link[1])
    assert v2.get_email_identity(EmailIdentity="new@inbox.test")["VerificationStatus"] == "SUCCESS"


@BOTH
def test_said_again_the_older_link_leads_to_failure_and_the_newer_works(production) -> None:
    ses = production.client("sesv2")
    ses.create_custom_verification_email_template(**TEMPLATE)
    links = []
    for _ in range(2):
        ses.send_custom_verification_email(**SEND)
        links.append(re.search(rb"tayori/verify/([A-Za-z0-9_-]{43})", production.last().content))
    tokens = [link[1].decode() for link in links if link]
    assert len(set(tokens)) == 2
    with pytest.raises(Exception, match="not valid"):
        production.transact(identity_checks.verify_by_link, tokens[0])
    assert (
        production.transact(custom_verification.redirects, tokens[0]).failure_url == TEMPLATE["FailureRedirectionURL"]
    )
    production.transact(identity_checks.verify_by_link, tokens[1])


def test_sending_needs_production_access_and_a_verified_sender(production) -> None:
    v1, v2 = production.client("ses"), production.client("sesv2")
    v2.create_custom_verification_email_template(**TEMPLATE)
    v2.delete_email_identity(EmailIdentity="example.com")
    text = "The from email address hello@example.com is not verified"
    assert refusal(v1.send_custom_verification_email, **SEND) == ("FromEmailAddressNotVerified", text)
    assert refusal(v2.send_custom_verification_email, **SEND) == ("BadRequestException", text)
    production.transact(identity, "example.com", OTHER_ACCOUNT)
    sandboxed = [production.client(api, OTHER_ACCOUNT) for api in ("ses", "sesv2")]
    sandboxed[1].create_custom_verification_email_template(**TEMPLATE)
    assert refusal(sandboxed[0].send_custom_verification_email, **SEND)[0] == "ProductionAccessNotGranted"
    assert refusal(sandboxed[1].send_custom_verification_email, **SEND)[0] == "BadRequestException"
    assert production.accepted() == []
    assert v2.list_email_identities()["EmailIdentities"] == []


def test_the_recipient_is_looked_at_before_the_template(production) -> None:
    ses = production.client("sesv2")
    for address, text in (("", "Email address not specified."), ("nobody", "Invalid email address<nobody>.")):
        request = {"EmailAddress": address, "TemplateName": "missing"}
        assert refusal(ses.send_custom_verification_email, **request) == ("BadRequestException", text)


def test_a_configuration_set_may_be_named(production) -> None:
    v1, v2 = production.client("ses"), production.client("sesv2")
    v2.create_custom_verification_email_template(**TEMPLATE)
    production.transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))
    v2.send_custom_verification_email(**SEND, ConfigurationSetName="set")
    assert refusal(v1.send_custom_verification_email, **SEND, ConfigurationSetName="none")[0] == (
        "ConfigurationSetDoesNotExist"
    )


def test_a_link_is_over_after_a_day(production) -> None:
    ses = production.client("sesv2")
    ses.create_custom_verification_email_template(**TEMPLATE)
    ses.send_custom_verification_email(**SEND)
    link = re.search(rb"tayori/verify/([A-Za-z0-9_-]{43})", production.last().content)
    assert link is not None
    production.clock.advance(timedelta(hours=25).total_seconds())
    with pytest.raises(Exception, match="no longer valid"):
        production.transact(identity_checks.verify_by_link, link[1].decode())
    assert production.transact(custom_verification.redirects, link[1].decode()) is not None
