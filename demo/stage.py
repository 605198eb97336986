"""What the chapters of the story share: the running service, its clients, the names of the play."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from demo.lookup import Lookup
from tayori.testing import Node, Rehearsal

DOMAIN = "shop.test"
MAIL_FROM = "bounce.shop.test"
SENDER = "Shop 便り <news@shop.test>"
READER = "reader@inbox.test"
STRICT_SET = "tls-or-nothing"


@dataclass(slots=True)
class Stage:
    node: Node
    rehearsal: Rehearsal  # DNS records, mailboxes and the clock, over HTTP
    lookup: Lookup
    ses: Any  # boto3's client of SES v2
    stranger: Any  # another account's

    @classmethod
    def set(cls, node: Node) -> "Stage":
        rehearsal = Rehearsal(command(node, "env"))
        stranger = command(node, "account", "create", "someone else")
        resolver = rehearsal.env["rehearsal"]["resolver"]
        keys = {name: stranger[name.removeprefix("aws_")] for name in ("aws_access_key_id", "aws_secret_access_key")}
        return cls(
            node=node,
            rehearsal=rehearsal,
            lookup=Lookup(resolver["host"], int(resolver["port"])),
            ses=client(rehearsal.boto3),
            stranger=client(rehearsal.boto3 | keys),
        )

    @property
    def environment(self) -> Any:
        return self.rehearsal.env

    @contextmanager
    def time_runs(self, speed: float) -> Iterator[None]:
        """Service time runs faster meanwhile: five minutes need not be waited for."""
        self.rehearsal.clock.speed(speed)
        try:
            yield
        finally:
            self.rehearsal.clock.speed(1)


def command(node: Node, *arguments: str) -> Any:
    """What `tayori <arguments> --json` prints."""
    return json.loads(node.command(*arguments, "--json").stdout)


def client(settings: dict[str, str], service: str = "sesv2") -> Any:
    """boto3 as a customer has it, but for the address."""
    return boto3.client(service, **settings, config=Config(retries={"mode": "standard", "max_attempts": 1}))


def send(ses: Any, *recipients: str, subject: str = "Hello", sender: str = SENDER, **more: Any) -> str:
    """SendEmail with simple content; the MessageId."""
    content = {
        "Simple": {
            "Subject": {"Data": subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": f"{subject}\nこんにちは。\n", "Charset": "UTF-8"}},
        }
    }
    answer = ses.send_email(
        FromEmailAddress=sender, Destination={"ToAddresses": list(recipients)}, Content=content, **more
    )
    return str(answer["MessageId"])


def refusal(ses: Any, *recipients: str, **more: Any) -> tuple[str, str]:
    """(error code, words) with which a send is refused; empty where it was not."""
    try:
        send(ses, *recipients, **more)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return "", "it was accepted"
