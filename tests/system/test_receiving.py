"""Mail that an account receives, from a stranger's SMTP session to bucket, topic, function and bounce."""

import email
import email.policy
import json
import os
import smtplib
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service import Service, running

from tayori.testing import until

DOMAIN = "shop.test"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:sorting"
STRANGER = "reader@plain.test"
HOST = "127.77.0.3"  # of plain.test's mail server in the rehearsal internet: what its SPF record allows
BOUNCE = {"SmtpReplyCode": "550", "StatusCode": "5.1.1", "Message": "No such mailbox", "Sender": f"post@{DOMAIN}"}


class App(ThreadingHTTPServer):
    """Subscribes to a topic as SNS asks for it, and is the function of a rule."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[dict[str, Any]] = []
        self.called: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def notification(self, kind: str, recipient: str) -> dict[str, Any]:
        """Of an action of that kind, for mail to that recipient."""

        def look() -> dict[str, Any] | None:
            found = [one for one in self.told if one["receipt"]["action"]["type"] == kind]
            return next((one for one in found if one["receipt"]["recipients"] == [recipient]), None)

        return until(look, f"a notification of {kind} for {recipient}", 60)


class Handler(BaseHTTPRequestHandler):
    server: App

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = b""
        if self.path == "/function":
            self.server.called.append(body)
            answer = b'{"disposition": "STOP_RULE"}'
        elif body["Type"] == "SubscriptionConfirmation":
            urllib.request.urlopen(body["SubscribeURL"], timeout=30).close()
        elif body["Message"].startswith("{"):
            self.server.told.append(json.loads(body["Message"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class Post:
    """The account's receiving, set up by boto3 and the AWS CLI."""

    service: Service
    app: App
    topic: str

    def aws(self, *arguments: str) -> Any:
        aws = Path(sys.executable).with_name("aws")
        environment = {**os.environ, **self.service.rehearsal.environment, "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([str(aws), *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def hand_in(
        self, to: str, *, sender: str = STRANGER, tls: bool = True, size: int = 0, **fields: str
    ) -> tuple[int, str]:
        """What the port says: to the recipient where it refuses him, else to the message."""
        there = self.service.env["mx"]
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        text = f"From: Reader <{STRANGER}>\r\nTo: {to}\r\nSubject: Question\r\n{head}\r\nHello.\r\n"
        text += ("x" * 70 + "\r\n") * (size // 72)
        with smtplib.SMTP(there["host"], there["port"], timeout=60, source_address=(HOST, 0)) as client:
            client.ehlo("mail.plain.test")
            if tls:
                client.starttls(context=ssl._create_unverified_context())
                client.ehlo("mail.plain.test")
            client.docmd(f"MAIL FROM:<{sender}>")
            code, said = client.docmd(f"RCPT TO:<{to}>")
            if code == 250:
                code, said = client.data(text)
            return code, said.decode()

    def objects(self, prefix: str) -> list[Path]:
        account = self.topic.split(":")[4]
        folder = self.service.node.data / "jobs" / account / "mail" / prefix
        return [path for path in folder.glob("*") if path.name != "AMAZON_SES_SETUP_NOTIFICATION"]


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    app = App()
    Thread(target=app.serve_forever, daemon=True).start()
    functions = {"TAYORI_INBOUND_FUNCTIONS": f"{FUNCTION}={app.url}/function"}
    with running(tmp_path_factory.mktemp("receiving"), environment=functions) as service:
        service.open_account()
        service.add_domain(DOMAIN)
        sns = service.client("sns")
        topic = sns.create_topic(Name="mail")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{app.url}/topic")
        until(lambda: _is_confirmed(sns, topic), "the subscription", 60)
        post = Post(service, app, topic)
        _set_up(post)
        yield post
    app.shutdown()
    app.server_close()


def _is_confirmed(sns: Any, topic: str) -> bool:
    return all(
        one["SubscriptionArn"].startswith("arn:")
        for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    )


def _rule(name: str, recipient: str, *actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"Name": name, "Enabled": True, "Recipients": [recipient], "Actions": list(actions), **members}


def _set_up(post: Post) -> None:
    """Rules in this order: kept, sorted, gone, safe."""
    ses = post.service.client("ses")
    post.aws("ses", "create-receipt-rule-set", "--rule-set-name", "main")
    s3 = {"S3Action": {"BucketName": "mail", "ObjectKeyPrefix": "in/", "TopicArn": post.topic}}
    header = {"AddHeaderAction": {"HeaderName": "X-Desk", "HeaderValue": "support"}}
    tell = {"SNSAction": {"TopicArn": post.topic, "Encoding": "UTF-8"}}
    call = {"LambdaAction": {"FunctionArn": FUNCTION, "InvocationType": "RequestResponse"}}
    refuse = {"BounceAction": BOUNCE | {"TopicArn": post.topic}}
    stop = {"StopAction": {"Scope": "RuleSet", "TopicArn": post.topic}}
    rules = [
        _rule("kept", f"help@{DOMAIN}", header, s3, tell, ScanEnabled=True),
        _rule("sorted", f".{DOMAIN}", call, {"S3Action": {"BucketName": "mail", "ObjectKeyPrefix": "never/"}}),
        _rule("gone", f"gone@{DOMAIN}", refuse),
        _rule("safe", f"safe@{DOMAIN}", stop, TlsPolicy="Require"),
    ]
    for rule in reversed(rules[1:]):
        ses.create_receipt_rule(RuleSetName="main", Rule=rule)
    post.aws("ses", "create-receipt-rule", "--rule-set-name", "main", "--rule", json.dumps(rules[0]))
    listed = post.aws("ses", "describe-receipt-rule-set", "--rule-set-name", "main")
    assert [rule["Name"] for rule in listed["Rules"]] == [rule["Name"] for rule in rules]
    assert post.hand_in(f"help@{DOMAIN}")[0] == 550  # no set is active yet
    ses.set_active_receipt_rule_set(RuleSetName="main")


def test_mail_is_in_the_bucket_and_told_of(post: Post) -> None:
    to = f"help@{DOMAIN}"
    assert post.hand_in(to, X_SES_Spam_Verdict="PASS") == (250, "2.0.0 Ok")
    stored = post.app.notification("S3", to)
    told = post.app.notification("SNS", to)
    (path,) = post.objects("in")
    key = stored["receipt"]["action"]
    assert (key["bucketName"], key["objectKeyPrefix"], key["objectKey"]) == ("mail", "in/", f"in/{path.name}")
    assert "content" not in stored
    assert stored["mail"]["messageId"] == told["mail"]["messageId"] == path.name
    content = path.read_bytes()
    assert told["content"].encode() == content
    kept = email.message_from_bytes(content, policy=email.policy.default)
    assert kept["Return-Path"] == f"<{STRANGER}>"
    assert kept["X-Desk"] == "support"
    assert kept.get_all("X-SES-Spam-Verdict") == ["GRAY"]
    assert f"SMTP id {path.name}" in kept["Received"] and "inbound-smtp.us-east-1.tayori.test" in kept["Received"]
    receipt = told["receipt"]
    assert receipt["spamVerdict"] == receipt["virusVerdict"] == {"status": "GRAY"}
    assert receipt["spfVerdict"] == {"status": "PASS"}
    assert receipt["dkimVerdict"] == {"status": "GRAY"}
    assert told["mail"]["source"] == STRANGER
    assert told["mail"]["commonHeaders"]["subject"] == "Question"
    assert told["mail"]["commonHeaders"]["from"] == [f"Reader <{STRANGER}>"]


def test_a_function_decides(post: Post) -> None:
    to = f"any@desk.{DOMAIN}"
    assert post.hand_in(to)[0] == 250
    event = until(lambda: next(iter(post.app.called), None), "the call", 60)["Records"][0]
    assert (event["eventSource"], event["eventVersion"]) == ("aws:ses", "1.0")
    assert event["ses"]["receipt"]["action"] == {
        "type": "Lambda",
        "functionArn": FUNCTION,
        "invocationType": "RequestResponse",
    }
    assert event["ses"]["receipt"]["recipients"] == [to]
    assert post.objects("never") == []


def test_a_rule_bounces(post: Post) -> None:
    to = f"gone@{DOMAIN}"
    assert post.hand_in(to)[0] == 250
    (mail,) = post.service.rehearsal.wait_for_mail(STRANGER, seconds=60)
    assert mail.mail_from == ""
    assert mail.message["From"].endswith(f"<post@{DOMAIN}>")
    assert mail.is_authentic or "pass" in mail.dkim
    assert b"Final-Recipient: rfc822; gone@shop.test" in mail.message.as_bytes()
    assert post.app.notification("Bounce", to)["receipt"]["action"]["smtpReplyCode"] == "550"
    assert post.hand_in(to, Auto_Submitted="auto-replied")[0] == 250
    assert post.hand_in(to, sender="")[0] == 250
    until(lambda: len([one for one in post.app.told if one["receipt"]["action"]["type"] == "Bounce"]) == 3, "both", 60)
    assert len(post.service.rehearsal.mailbox(STRANGER)) == 1


def test_what_rules_and_filters_keep_out(post: Post) -> None:
    assert post.hand_in(f"nobody@{DOMAIN}") == (550, "5.7.1 Relaying denied")
    assert post.hand_in("help@elsewhere.test") == (550, "5.7.1 Relaying denied")
    assert post.hand_in(f"safe@{DOMAIN}", tls=False) == (530, "5.7.0 Must issue a STARTTLS command first")
    assert post.hand_in(f"safe@{DOMAIN}")[0] == 250
    assert post.app.notification("Stop", f"safe@{DOMAIN}")["receipt"]["action"]["topicArn"] == post.topic
    assert post.hand_in(f"help@{DOMAIN}", size=160 * 1024) == (
        552,
        "5.3.4 The message is too large for its recipient",
    )
    ses = post.service.client("ses")
    ses.create_receipt_filter(Filter={"Name": "us", "IpFilter": {"Policy": "Block", "Cidr": "127.0.0.0/8"}})
    assert post.hand_in(f"safe@{DOMAIN}") == (550, "5.7.1 Your address is blocked by a filter of the recipient")
    ses.create_receipt_filter(Filter={"Name": "one", "IpFilter": {"Policy": "Allow", "Cidr": HOST}})
    assert post.hand_in(f"safe@{DOMAIN}")[0] == 250


def test_a_bounce_by_hand(post: Post) -> None:
    sender, to = "writer@inbox.test", f"help@{DOMAIN}"
    assert post.hand_in(to, sender=sender)[0] == 250
    told = until(lambda: next((one for one in post.app.told if one["mail"]["source"] == sender), None), "it", 60)
    ses = post.service.client("ses")
    wanted: dict[str, Any] = {
        "OriginalMessageId": told["mail"]["messageId"],
        "BounceSender": f"post@{DOMAIN}",
        "Explanation": "The desk is closed.",
        "MessageDsn": {
            "ReportingMta": "dns; mail.shop.test",
            "ExtensionFields": [{"Name": "X-Desk", "Value": "closed"}],
        },
        "BouncedRecipientInfoList": [{"Recipient": to, "BounceType": "ContentRejected"}],
    }
    ses.send_bounce(**wanted)
    (mail,) = post.service.rehearsal.wait_for_mail(sender, seconds=60)
    content = mail.message.as_bytes()
    assert mail.mail_from == "" and "pass" in mail.dkim
    for line in (b"Reporting-MTA: dns; mail.shop.test", b"X-Desk: closed", b"Status: 5.6.1", b"The desk is closed."):
        assert line in content
    assert b"Subject: Question" in content
    for changed in (
        {"OriginalMessageId": "x" * 40},
        {"BounceSender": "post@elsewhere.test"},
        {"BouncedRecipientInfoList": [{"Recipient": f"other@{DOMAIN}", "BounceType": "DoesNotExist"}]},
    ):
        with pytest.raises(ClientError) as refused:
            ses.send_bounce(**wanted | changed)
        assert refused.value.response["Error"]["Code"] == "MessageRejected"


def test_what_was_taken_is_done_after_a_crash(post: Post) -> None:
    known = set(post.objects("in"))
    assert post.hand_in(f"help@{DOMAIN}")[0] == 250
    post.service.kill_part("services")
    until(lambda: set(post.objects("in")) - known, "the object", 60)
