"""What the chapters of the story share: the running service, its clients, the names of the play."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from demo.internet import Internet
from demo.node import Node

DOMAIN = "shop.test"
MAIL_FROM = "bounce.shop.test"
SENDER = "Shop 便り <news@shop.test>"
READER = "reader@inbox.test"
STRICT_SET = "tls-or-nothing"


@dataclass(slots=True)
class Stage:
    node: Node
    environment: dict[str, Any]
    internet: Internet
    ses: Any  # boto3's client of SES v2
    stranger: Any  # another account's

    @classmethod
    def set(cls, node: Node) -> "Stage":
        environment = node.tayori_json("env")
        other = node.tayori_json("account", "create", "someone else")
        return cls(
            node=node,
            environment=environment,
            internet=Internet(environment),
            ses=client(environment, environment["credentials"]),
            stranger=client(environment, other),
        )


def client(environment: dict[str, Any], keys: dict[str, str]) -> Any:
    """boto3 as a customer has it, but for the address."""
    return boto3.client(
        "sesv2",
        endpoint_url=environment["http"],
        region_name=environment["region"],
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        config=Config(retries={"mode": "standard", "max_attempts": 1}),
    )


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
