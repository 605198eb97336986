"""Whatever is asked, a modelled answer comes: requests made from the models, whole and slightly broken ones.

The same requests each time; `make requests` makes more of them, on both databases. The resources that the requests
name are there before each operation, so that most get further than the look for them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.model
import botocore.parsers
import pytest
import sqlalchemy as sa
from any_request import ACCOUNT, REGION, TOPIC, Asking, requests, said
from asgi_client import Answer, Api
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import Credentials
from hypothesis import HealthCheck, Phase, given, settings
from served import SECRET, application, key_of, two_accounts

from population import identity
from tayori.api.registry import load_operations
from tayori.aws import spec
from tayori.aws.errors import COMMON_ERRORS
from tayori.aws.spec import Operation, Shape
from tayori.clock import AdjustableClock
from tayori.resources import accounts
from tayori.store.database import open_store
from tayori.store.tables import identities

EXAMPLES = int(os.environ.get("TAYORI_REQUESTS", "8"))  # of each operation
DATABASES = ["sqlite", "postgres"] if "TAYORI_REQUESTS" in os.environ else ["sqlite"]
OFFERED = sorted({(one.service, one.operation) for one in load_operations()})
_SIGNING = {"cloudwatch": "monitoring", "sesv2": "ses"}
# InvalidParameterValue is what SES v1 says of most that is wrong, though its model does not have it.
_COMMON = {*COMMON_ERRORS, *(one.json_code for one in COMMON_ERRORS.values()), "InvalidParameterValue"}


class Asked:
    """The API on a store, and a caller who signs what is asked."""

    def __init__(self, store: Any, clock: AdjustableClock, folder: Path) -> None:
        self.app, _ = application(store, clock, folder)
        self.api = Api(self.app, key=key_of(ACCOUNT), secret=SECRET)
        self._store = store
        self._credentials = Credentials(key_of(ACCOUNT), SECRET)
        self.api.run(store.write(_population))

    def close(self) -> None:
        self.api.run(self._store.close())
        self.api.close()

    def prepare(self) -> None:
        """The resources that requests name; what is there already is left."""
        for service, operation, request in _RESOURCES:
            self.ask(spec.load(service).operations[operation], request)
        self.api.run(self._store.write(_production))

    def ask(self, operation: Operation, request: dict[str, Any]) -> Answer:
        method, path, query, headers, body = said(operation, request)
        signed = AWSRequest(method=method, url=f"http://localhost:8600{path}?{query}", data=body, headers=headers)
        SigV4Auth(self._credentials, _SIGNING.get(operation.service.name, operation.service.name), REGION).add_auth(
            signed
        )
        return self.api.send(method, path, query, {"Host": "localhost:8600", **dict(signed.headers.items())}, body)


def _population(tx: Any) -> None:
    two_accounts(tx)
    identity(tx, "example.com")
    identity(tx, "me@example.com")


def _production(tx: Any) -> None:
    accounts.grant(tx, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    for name in ("example.com", "me@example.com"):
        if tx.execute(sa.select(identities.c.identity).where(identities.c.identity == name)).first() is None:
            identity(tx, name)


_TEMPLATE = {"Subject": "{{name}}", "Text": "{{#each a}}{{.}}{{/each}}"}
_RESOURCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sns", "CreateTopic", {"Name": "events"}),
    ("sns", "Subscribe", {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"}),
    ("sesv2", "CreateConfigurationSet", {"ConfigurationSetName": "main"}),
    ("sesv2", "PutConfigurationSetSendingOptions", {"ConfigurationSetName": "main", "SendingEnabled": True}),
    ("sesv2", "PutAccountSendingAttributes", {"SendingEnabled": True}),
    ("sesv2", "PutAccountVdmAttributes", {"VdmAttributes": {"VdmEnabled": "ENABLED"}}),
    (
        "sesv2",
        "CreateConfigurationSetEventDestination",
        {
            "ConfigurationSetName": "main",
            "EventDestinationName": "all",
            "EventDestination": {"MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": TOPIC}},
        },
    ),
    ("sesv2", "CreateEmailTemplate", {"TemplateName": "welcome", "TemplateContent": _TEMPLATE}),
    (
        "sesv2",
        "CreateContactList",
        {
            "ContactListName": "readers",
            "Topics": [{"TopicName": "News", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}],
        },
    ),
    ("sesv2", "CreateContact", {"ContactListName": "readers", "EmailAddress": "reader@inbox.test"}),
    ("sesv2", "CreateDedicatedIpPool", {"PoolName": "pool"}),
    ("sesv2", "CreateTenant", {"TenantName": "tenant"}),
    ("ses", "CreateReceiptRuleSet", {"RuleSetName": "rules"}),
    ("ses", "CreateReceiptRule", {"RuleSetName": "rules", "Rule": {"Name": "rule"}}),
)


@pytest.fixture(scope="module", params=DATABASES)
def asked(request: pytest.FixtureRequest, sqlite_template: Path) -> Iterator[Asked]:
    with tempfile.TemporaryDirectory(prefix="tayori-requests-") as folder:
        root = Path(folder)
        clock = AdjustableClock(root / "clock")
        with _database(request, root, sqlite_template) as url:
            made = Asked(open_store(url, clock), clock, root / "files")
            yield made
            made.close()
        clock.close()


@contextmanager
def _database(request: pytest.FixtureRequest, folder: Path, template: Path) -> Iterator[str]:
    if request.param == "postgres":
        with request.getfixturevalue("postgres_databases").new() as url:
            yield url
    else:
        shutil.copyfile(template, folder / "tayori.db")
        yield f"sqlite:///{folder / 'tayori.db'}"


@cache
def _botocore(service: str) -> tuple[Any, Any]:
    """botocore's own reading of the model, and of answers."""
    model = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)
    protocol = "query" if service == "cloudwatch" else model.protocol
    return model, botocore.parsers.create_parser(protocol)


def check(operation: Operation, answer: Answer) -> None:
    """A success has what the model says an answer has, a refusal an error that is known, and none is the service's."""
    model, parser = _botocore(operation.service.name)
    whole = model.operation_model(operation.name)
    response = {
        "status_code": answer.status,
        "headers": HeadersDict(answer.headers),
        "body": answer.body,
        "context": {},
    }
    found = parser.parse(response, whole.output_shape)
    if answer.status == operation.status:
        output = {name: value for name, value in found.items() if name != "ResponseMetadata"}
        _fits(operation.output, output, "", is_query=operation.service.protocol == "query")
        return
    code = found["Error"]["Code"]
    known = {error.code for error in operation.service.errors.values()} | operation.service.errors.keys()
    assert code in known | _COMMON, answer
    assert answer.status < 500 or code in operation.error_names, answer
    assert "InternalFailure" not in code, answer


def _fits(shape: Shape | None, value: Any, path: str, *, is_query: bool) -> None:
    """What botocore's parser lets pass: a member that is missing, a choice that there is not.

    Where SES has no MAIL FROM domain to tell of, and in v1 elsewhere, it leaves out members that its model requires.
    """
    if shape is None:
        assert value in (None, {})
    elif shape.type == "structure":
        assert is_query or set(shape.required) <= value.keys() or shape.name == "MailFromAttributes", path
        for name, one in value.items():
            _fits(shape.contents[name], one, f"{path}.{name}", is_query=is_query)
    elif shape.type in ("list", "map"):
        for one in value.values() if shape.type == "map" else value:
            _fits(shape.value if shape.type == "map" else shape.member, one, path, is_query=is_query)
    elif shape.type == "string" and shape.trait("enum"):
        # Of reputation SES says NONE where there is no finding.
        assert value in shape.trait("enum") or (shape.name, value) == ("RecommendationImpact", "NONE"), (path, value)


@pytest.mark.parametrize(("service", "name"), OFFERED)
def test_an_answer_is_one_of_the_model(asked: Asked, service: str, name: str) -> None:
    operation = spec.load(service).operations[name]
    asked.prepare()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(operation))
    def each(request: Asking) -> None:
        check(operation, asked.ask(operation, request.members))

    each()
