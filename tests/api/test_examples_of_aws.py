"""The examples of AWS's own documentation, played against the service: v1's from botocore, v2's as CLI commands."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from served import SECRET, Service, key_of

from population import ACCOUNT, REGION, identity
from tayori.api.registry import load_operations
from tayori.model.topic_arn import TopicArn
from tayori.resources import (
    accounts,
    configuration_sets,
    identity_notifications,
    identity_policies,
    receipt_rules,
    topics,
)
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.identity_notifications import NotificationType

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "botocore-ses-examples" / "ses-examples-1.json"

TOPIC = TopicArn(region=REGION, account_id=ACCOUNT, name="MyTopic")
POLICY = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ses:SendEmail","Resource":"*"}]}'


@pytest.fixture
def prepared(service: Service) -> Service:
    """What the examples take for granted: their identities and configuration set are there."""
    for name in ("example.com", "user@example.com", "user1@example.com", "user2@example.com"):
        service.transact(identity, name, verification_token="token" if name == "example.com" else None)
    service.transact(
        lambda tx: tx.connection.exec_driver_sql(
            "UPDATE identities SET mail_from_domain = 'bounces.example.com', mail_from_status = 'SUCCESS'"
            " WHERE identity = 'example.com'"
        )
    )
    service.transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="foo"))
    service.transact(identity_policies.put, ACCOUNT, REGION, "example.com", "MyPolicy", POLICY)
    service.transact(topics.create, TOPIC, {}, {})
    for kind in NotificationType:
        put = identity_notifications.put_topic
        service.transact(put, ACCOUNT, REGION, "example.com", kind, str(TOPIC))
    return service


def prepare_receiving(service: Service, name: str) -> None:
    """The rule sets that an example takes for granted."""
    action = {"S3Action": {"BucketName": "MyBucket", "ObjectKeyPrefix": "email"}}
    moved = name == "SetReceiptRulePosition"
    rules = [
        {"Name": rule, "Enabled": True, "TlsPolicy": "Optional", "ScanEnabled": True, "Actions": [action]}
        for rule in (("PutRuleAfterThisRule", "RuleToReposition") if moved else ("MyRule", "MyOtherRule"))
    ]
    sets = {"MyRuleSet": [] if name == "CreateReceiptRule" else rules, "RuleSetToClone": rules, "RuleSetToActivate": []}
    sets["default-rule-set"] = rules
    if name == "CreateReceiptRuleSet":
        del sets["MyRuleSet"]
    for set_name, wanted in sets.items():
        service.transact(receipt_rules.create_set, ACCOUNT, REGION, set_name, wanted)
    service.transact(receipt_rules.activate, ACCOUNT, REGION, "default-rule-set")
    if name == "ListReceiptFilters":
        service.transact(receipt_rules.create_filter, ACCOUNT, REGION, "MyFilter", "Block", "1.2.3.4/24")


def examples_of_what_is_built() -> list[Any]:
    """One parameter for each example whose operation is offered; none where the vectors are absent."""
    if not EXAMPLES.exists():
        return []
    operations = load_operations()
    examples = json.loads(EXAMPLES.read_text())["examples"]
    return [
        pytest.param(name, example, id=name)
        for name, found in sorted(examples.items())
        for example in found
        if ("ses", name) in operations
    ]


def test_there_are_examples(vectors: Callable[[str], Path]) -> None:
    assert vectors("botocore-ses-examples") == EXAMPLES.parent
    assert len(examples_of_what_is_built()) >= 20


@pytest.mark.parametrize(("name", "example"), examples_of_what_is_built())
def test_an_example_is_answered_in_the_shape_that_is_documented(
    prepared: Service, name: str, example: dict[str, Any]
) -> None:
    request = example.get("input") or {}
    if name == "SendRawEmail":  # the documentation shows its line ends as \n
        request["RawMessage"]["Data"] = request["RawMessage"]["Data"].replace("\\n", "\n").encode()
    if name == "SetIdentityNotificationTopic":  # the documentation's topic is in another region
        request["SnsTopic"] = str(TOPIC)
    if name == "GetSendStatistics":
        prepared.client("ses").send_email(
            Source="user@example.com",
            Destination={"ToAddresses": ["user1@example.com"]},
            Message={"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
        )
    if "Receipt" in name:
        prepare_receiving(prepared, name)
    answer = getattr(prepared.client("ses"), xform_name(name))(**request)
    answer.pop("ResponseMetadata")
    documented = {key: value for key, value in (example.get("output") or {}).items() if value != ""}
    assert answer.keys() == documented.keys()
    assert_alike(answer, documented)


def assert_alike(answer: Any, documented: Any) -> None:
    """The same members and kinds of values, down to the last; lists by their first item."""
    if isinstance(documented, dict):
        if documented.get("DkimVerificationStatus") == "NotStarted":
            return  # an address shows its domain's DKIM by now (docs/quirks.md), and so has tokens to show
        assert documented.keys() <= answer.keys()
        for key, value in documented.items():
            assert_alike(answer[key], value)
    elif isinstance(documented, list):
        assert isinstance(answer, list) and bool(answer) == bool(documented)
        if documented:
            assert_alike(answer[0], documented[0])
    elif isinstance(documented, str):
        assert isinstance(answer, str) or hasattr(answer, "isoformat")
    else:
        assert isinstance(answer, (int, float)) == isinstance(documented, (int, float))


# --- the AWS CLI ---


class Cli:
    """`aws`, told of the service and nothing else."""

    def __init__(self, service: Service, home: Path) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": service.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key_of(ACCOUNT),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def together(self, commands: list[list[str]]) -> list[tuple[int, str, str]]:
        """Status, output and complaint of each."""
        done = subprocess.run(
            [sys.executable, "-c", _DRIVER],
            input=json.dumps(commands),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        told: list[tuple[int, str, str]] = json.loads(done.stdout)
        return told

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        aws = Path(sys.executable).with_name("aws")
        return subprocess.run([str(aws), *arguments], env=self._environment, capture_output=True, text=True, timeout=60)


def test_the_aws_cli_works_from_the_first_identity_to_the_first_message(service: Service, tmp_path: Path) -> None:
    aws = Cli(service, tmp_path)
    assert aws("sesv2", "get-account")["SendQuota"]["Max24HourSend"] == 200.0
    created = aws(
        *("sesv2", "create-email-identity", "--email-identity", "example.com"),
        *("--dkim-signing-attributes", "NextSigningKeyLength=RSA_1024_BIT"),
    )
    assert created["DkimAttributes"]["Status"] == "NOT_STARTED"
    service.transact(lambda tx: tx.connection.exec_driver_sql("UPDATE identities SET verification_status = 'SUCCESS'"))
    assert aws("sesv2", "get-email-identity", "--email-identity", "example.com")["VerifiedForSendingStatus"] is True
    aws("sesv2", "create-configuration-set", "--configuration-set-name", "main")
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    sent = aws(
        *("sesv2", "send-email", "--from-email-address", "news@example.com", "--configuration-set-name", "main"),
        *("--destination", "ToAddresses=reader@inbox.test"),
        *("--content", '{"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hello"}}}}'),
    )
    assert service.last().message_id == sent["MessageId"]
    aws(
        *("ses", "send-email", "--from", "news@example.com", "--to", "reader@inbox.test"),
        *("--subject", "Hi", "--text", "Hello"),
    )
    raw = "From: news@example.com\nTo: reader@inbox.test\nSubject: raw\n\nHello\n"
    (tmp_path / "message.json").write_text(json.dumps({"Data": raw}))
    aws(
        "ses",
        "send-raw-email",
        "--raw-message",
        f"file://{tmp_path / 'message.json'}",
    )
    assert len(service.accepted()) == 3
    assert aws("ses", "list-identities")["Identities"] == ["example.com"]


def test_the_aws_cli_shows_a_refusal(service: Service, tmp_path: Path) -> None:
    done = Cli(service, tmp_path).run(
        *("ses", "send-email", "--from", "me@other.test", "--to", "reader@inbox.test", "--subject", "x", "--text", "x")
    )
    assert done.returncode != 0
    assert re.search(
        r"\(MessageRejected\) when calling the SendEmail operation: Email address is not verified", done.stderr
    )


# --- the examples of the AWS CLI's own documentation ---

# All commands of one process: the CLI takes half a second to start.
_DRIVER = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
told = []
for command in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = create_clidriver().main(command)
    told.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""
_COMMAND = re.compile(r"^    aws (ses .*)$", re.MULTILINE)
_FILE = re.compile(r"``(\w+\.json)``[^\n]*::?\n\n((?: .*\n)+)")
_OUTPUT = re.compile(r"^Output::\n\n((?: .*\n)+)", re.MULTILINE)


def test_each_example_of_the_aws_cli_is_answered_in_the_shape_that_is_documented(
    prepared: Service, vectors: Callable[[str], Path], tmp_path: Path
) -> None:
    for address in ("sender@example.com", "recipient1@example.com", "recipient2@example.com", "recipient3@example.com"):
        prepared.transact(identity, address)
    prepared.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=200, max_rate=-1)
    for kind in NotificationType:
        put = identity_notifications.put_topic
        prepared.transact(put, ACCOUNT, REGION, "user1@example.com", kind, str(TOPIC))
    pages = sorted(vectors("awscli-ses-examples").glob("*.rst"), key=lambda page: _order(page.stem))
    commands, documented = [], []
    for page in pages:
        text = page.read_text()
        folder = tmp_path / page.stem
        folder.mkdir()
        for name, content in _FILE.findall(text):
            (folder / name).write_text(content)
        (command,) = _COMMAND.findall(text)
        command = command.replace("file://", f"file://{folder}/").replace("EXAMPLE65304", ACCOUNT)
        commands.append(shlex.split(command))
        documented.append(json.loads(found[1]) if (found := _OUTPUT.search(text)) else None)
    told = Cli(prepared, tmp_path).together(commands)
    assert len(told) == 15
    for page, (status, out, err), expected in zip(pages, told, documented, strict=True):
        assert status == 0, (page.stem, err)
        answer = json.loads(out) if out.strip() else None
        assert (answer is None) == (expected is None), page.stem
        if expected is not None:
            assert answer.keys() == expected.keys(), page.stem
            assert_alike(answer, expected)


def _order(name: str) -> int:
    """What makes things is before what shows them; what deletes is last."""
    kinds = ("verify", "set", "send", "get", "list", "delete")
    return next(number for number, kind in enumerate(kinds) if name.startswith(kind))
