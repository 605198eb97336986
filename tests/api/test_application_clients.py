"""What applications speak to SES with, unmodified, told of the endpoint only: Node's packages, Django's backends, and
boto3's waiters and paginators. One service for all of them."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest
from served import SECRET, Service, key_of, running

from population import ACCOUNT, REGION, identity
from programs import lacking, require
from tayori.api.registry import load_operations
from tayori.clock import AdjustableClock
from tayori.resources import accounts
from tayori.store.database import open_store

PACKAGES = Path(sys.prefix) / "consumers"  # scripts/install-test-servers
TALK = Path(__file__).resolve().parents[1] / "clients" / "node" / "talk.mjs"


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("clients")
    shutil.copyfile(sqlite_template, folder / "tayori.db")
    clock = AdjustableClock(folder / "clock")
    store = open_store(f"sqlite:///{folder / 'tayori.db'}", clock)
    with running(store, clock) as served:
        served.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
        for name in ("example.com", "second.example", "third.example"):
            served.transact(identity, name)
        yield served
    asyncio.run(store.close())
    clock.close()


def mails(service: Service, subject: str) -> list[Any]:
    """Those accepted with that subject, as their readers would see them, with who gets each."""
    found = [(message_from_bytes(one.content, policy=policy.default), one.recipients) for one in service.accepted()]
    return [one for one in found if one[0]["Subject"] == subject]


# --- Node.js ---


@pytest.fixture(scope="module")
def said(service: Service) -> Any:
    """What the program of Node's clients was answered."""
    node = require("node", "nodejs")
    if not (PACKAGES / "node_modules" / "@aws-sdk" / "client-ses").is_dir():
        lacking("@aws-sdk/client-ses", "npm, by scripts/install-test-servers")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": service.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": key_of(ACCOUNT),
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [node, "--no-deprecation", str(TALK), str(PACKAGES)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_client_sesv2_of_npm(service: Service, said: Any) -> None:
    assert said["quota"]["Max24HourSend"] == -1 and said["quota"]["MaxSendRate"] > 0
    assert {"one", "two", "three"} <= set(said["sets"]) and len(said["sets"]) == len(set(said["sets"]))
    ((mail, to),) = mails(service, "件名")
    assert to == ["reader@inbox.test"] and mail["X-Order"] == "17"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a.txt"]
    assert len(mails(service, "Hello 花子")) == 1
    assert [one["Status"] for one in said["bulk"]] == ["SUCCESS", "SUCCESS"]
    assert [to for _, to in mails(service, "Hello b")] == [["b@inbox.test"]]
    assert said["missing"] == {
        "name": "NotFoundException",
        "ours": True,
        "status": 404,
        "text": "Configuration set <none> does not exist.",
    }
    assert said["identity"] == ["DOMAIN", True]
    assert said["suppressed"] == ["BOUNCE", True]


def test_client_ses_of_npm(service: Service, said: Any) -> None:
    assert said["waited"] == "SUCCESS"
    assert sorted(said["identities"]) == ["example.com", "second.example", "third.example"]
    for subject in ("old", "raw", "Hello old"):
        assert len(mails(service, subject)) == 1
    assert {said[name]["$metadata"]["httpStatusCode"] for name in ("old", "raw", "oldTemplated")} == {200}
    assert (said["rejected"]["name"], said["rejected"]["ours"], said["rejected"]["status"]) == (
        "MessageRejected",
        True,
        400,
    )


def test_the_ses_transport_of_nodemailer(service: Service, said: Any) -> None:
    assert said["verified"] is True
    ((mail, to),) = mails(service, "nodemailer で")
    assert to == ["reader@inbox.test", "hidden@inbox.test"] and mail["Bcc"] is None
    assert str(mail["From"]) == "お知らせ <news@example.com>"
    assert mail.get_body(("plain",)).get_content().strip() == "こんにちは"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["b.txt"]
    assert said["nodemailer"] in {one.message_id for one in service.accepted()}


# --- Django ---


@pytest.fixture(scope="module")
def django(service: Service) -> Any:
    pytest.importorskip("anymail", reason="django-anymail is not installed")
    pytest.importorskip("django_ses", reason="django-ses is not installed")
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(DEFAULT_CHARSET="utf-8", ALLOWED_HOSTS=["*"], USE_TZ=True)
        django.setup()
    return django


def letter(connection: Any, subject: str) -> Any:
    from django.core.mail import EmailMultiAlternatives

    made = EmailMultiAlternatives(
        subject,
        "本文",
        "News <news@example.com>",
        ["Reader <reader@inbox.test>"],
        bcc=["hidden@inbox.test"],
        headers={"X-Order": "18"},
        connection=connection,
    )
    made.attach_alternative("<p>本文</p>", "text/html")
    made.attach("c.txt", "attached", "text/plain")
    return made


def check_letter(service: Service, subject: str) -> None:
    ((mail, to),) = mails(service, subject)
    assert to == ["reader@inbox.test", "hidden@inbox.test"] and mail["Bcc"] is None and mail["X-Order"] == "18"
    assert mail.get_body(("html",)).get_content().strip() == "<p>本文</p>"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["c.txt"]


def test_the_backend_of_django_anymail(service: Service, django: Any) -> None:
    from anymail.backends.amazon_ses import EmailBackend

    client = {
        "endpoint_url": service.url,
        "region_name": REGION,
        "aws_access_key_id": key_of(ACCOUNT),
        "aws_secret_access_key": SECRET,
    }
    made = letter(EmailBackend(client_params=client), "anymail で")
    made.tags = ["spring"]
    made.metadata = {"order": 18}
    assert made.send() == 1
    assert made.anymail_status.message_id == service.last().message_id
    assert {str(one.status) for one in made.anymail_status.recipients.values()} == {"queued"}
    check_letter(service, "anymail で")
    service.client("sesv2").create_email_template(
        TemplateName="django", TemplateContent={"Subject": "Dear {{name}}", "Text": "{{offer}}"}
    )
    from django.core.mail import EmailMessage

    made = EmailMessage(None, None, "news@example.com", ["a@inbox.test", "b@inbox.test"])
    made.connection = EmailBackend(client_params=client)
    made.template_id = "django"
    made.merge_data = {"a@inbox.test": {"name": "A"}, "b@inbox.test": {"name": "B"}}
    made.merge_global_data = {"offer": "all"}
    assert made.send() == 1
    assert [to for _, to in mails(service, "Dear B")] == [["b@inbox.test"]]


@pytest.mark.parametrize("use_v2", [True, False], ids=["v2", "v1"])
def test_the_backend_of_django_ses(service: Service, django: Any, use_v2: bool) -> None:
    from django_ses import SESBackend

    backend = SESBackend(
        aws_access_key=key_of(ACCOUNT),
        aws_secret_key=SECRET,
        aws_region_name=REGION,
        aws_region_endpoint=service.url,
        aws_region_endpoint_url=service.url,
        aws_auto_throttle=0.5,
        use_ses_v2=use_v2,
    )
    subject = f"django-ses {'v2' if use_v2 else 'v1'} で"
    made = letter(backend, subject)
    assert made.send() == 1
    assert made.extra_headers["message_id"] == service.last().message_id
    check_letter(service, subject)


# --- boto3's waiters and paginators ---


def test_the_waiter_for_an_identity(service: Service) -> None:
    service.client("ses").get_waiter("identity_exists").wait(
        Identities=["example.com"], WaiterConfig={"Delay": 1, "MaxAttempts": 2}
    )


_TEMPLATE = {"FromEmailAddress": "news@example.com", "TemplateSubject": "x", "TemplateContent": "x"}
_URLS = {"SuccessRedirectionURL": "https://example.com/", "FailureRedirectionURL": "https://example.com/"}


@pytest.fixture(scope="module")
def many(service: Service) -> Service:
    """More of everything than one page has."""
    old, topics_of_sns = service.client("ses"), service.client("sns")
    for number in range(5):
        old.create_configuration_set(ConfigurationSet={"Name": f"many{number}"})
        old.create_template(Template={"TemplateName": f"many{number}", "SubjectPart": "x", "TextPart": "x"})
        old.create_custom_verification_email_template(TemplateName=f"many{number}", **_TEMPLATE, **_URLS)
    for number in range(105):
        arn = topics_of_sns.create_topic(Name=f"many{number}")["TopicArn"]
        if number == 0:
            for queue in range(105):
                endpoint = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue{queue}"
                topics_of_sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)
    return service


_FIRST = f"arn:aws:sns:{REGION}:{ACCOUNT}:many0"


@pytest.mark.parametrize(
    ("service_name", "operation", "request_", "key", "at_least"),
    [
        ("ses", "list_identities", {}, "Identities", 3),
        ("ses", "list_configuration_sets", {}, "ConfigurationSets", 5),
        ("ses", "list_templates", {}, "TemplatesMetadata", 5),
        ("ses", "list_custom_verification_email_templates", {}, "CustomVerificationEmailTemplates", 5),
        ("sns", "list_topics", {}, "Topics", 105),
        ("sns", "list_subscriptions", {}, "Subscriptions", 105),
        ("sns", "list_subscriptions_by_topic", {"TopicArn": _FIRST}, "Subscriptions", 105),
    ],
)
def test_a_paginator_gives_everything_once(
    many: Service, service_name: str, operation: str, request_: dict[str, Any], key: str, at_least: int
) -> None:
    paginator = many.client(service_name).get_paginator(operation)
    pages = list(
        paginator.paginate(**request_, **({"PaginationConfig": {"PageSize": 2}} if service_name == "ses" else {}))
    )
    found = [json.dumps(one, default=str, sort_keys=True) for page in pages for one in page[key]]
    assert len(pages) > 1 and len(found) >= at_least
    assert len(found) == len(set(found))


def test_each_operation_that_botocore_pages_through_can_be() -> None:
    """A paginator asks for what there is: an operation that is offered, members that it has."""
    loader = botocore.loaders.Loader()
    offered = {(one.service, one.operation) for one in load_operations()}
    from tayori.aws import spec

    seen = 0
    for service_name in ("ses", "sesv2", "sns", "cloudwatch"):
        for name, paging in loader.load_service_model(service_name, "paginators-1")["pagination"].items():
            if (service_name, name) in offered:
                seen += 1
                operation = spec.load(service_name).operations[name]
                assert operation.input is not None and paging["input_token"] in operation.input.contents
    assert seen >= 9
