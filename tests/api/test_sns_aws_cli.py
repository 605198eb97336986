"""The AWS CLI as a client of SNS and of what SES publishes, with nothing but the variables that `tayori env` prints."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from served import SECRET, Service, key_of

import population
from population import ACCOUNT, REGION

AWS = Path(sys.executable).parent / "aws"


def aws(service: Service, *arguments: str) -> Any:
    """What a command prints, or its one line of complaint."""
    endpoints = {f"AWS_ENDPOINT_URL_{name}": service.url for name in ("SES", "SESV2", "SNS")}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **endpoints,
        "AWS_ACCESS_KEY_ID": key_of(ACCOUNT),
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    done = subprocess.run(
        [str(AWS), *arguments, "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        return done.stderr.strip()
    return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not installed beside this Python")
def test_topics_by_the_command_line(service: Service) -> None:
    service.transact(population.identity, "shop.example")
    topic = aws(service, "sns", "create-topic", "--name", "shop-bounces")["TopicArn"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:feedback"
    subscribed = aws(
        service, "sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue
    )
    assert subscribed["SubscriptionArn"].startswith(topic)
    policy = ("--attribute-name", "FilterPolicy", "--attribute-value", '{"kind":["bounce"]}')
    arn = subscribed["SubscriptionArn"]
    assert aws(service, "sns", "set-subscription-attributes", "--subscription-arn", arn, *policy) is None
    shown = aws(service, "sns", "get-subscription-attributes", "--subscription-arn", arn)["Attributes"]
    assert shown["FilterPolicy"] == '{"kind":["bounce"]}'
    assert aws(service, "sns", "publish", "--topic-arn", topic, "--message", "hello")["MessageId"]
    request = ("--identity", "shop.example", "--notification-type", "Bounce")
    assert aws(service, "ses", "set-identity-notification-topic", *request, "--sns-topic", topic) is None
    found = aws(service, "ses", "get-identity-notification-attributes", "--identities", "shop.example")
    assert found["NotificationAttributes"]["shop.example"]["BounceTopic"] == topic
    aws(service, "sesv2", "create-configuration-set", "--configuration-set-name", "news")
    destination = json.dumps(
        {"Enabled": True, "MatchingEventTypes": ["SEND", "BOUNCE"], "SnsDestination": {"TopicArn": topic}}
    )
    key = ("--configuration-set-name", "news", "--event-destination-name", "all")
    command = ("sesv2", "create-configuration-set-event-destination", *key)
    assert aws(service, *command, "--event-destination", destination) is None
    complaint = aws(service, "sns", "publish", "--topic-arn", f"{topic}-gone", "--message", "hello")
    assert "An error occurred (NotFound) when calling the Publish operation: Topic does not exist" in complaint
