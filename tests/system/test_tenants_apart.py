"""Two tenants of one account: the mail of one bounces and is paused for it, the other's goes on arriving."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service import Service, message, running

from tayori.testing import until

SENDER = "news@shop.test"
AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def service(tmp_path: Any) -> Iterator[Service]:
    with running(tmp_path, environment={"TAYORI_REPUTATION_MINIMUM_VOLUME": "10"}) as service:
        service.open_account()
        service.add_domain("shop.test")
        yield service


def test_one_tenant_is_paused_by_its_bounces_and_the_other_goes_on(service: Service) -> None:
    client = service.client()
    arns: dict[str, str] = {}
    for name in ("bad", "good"):
        made = client.create_tenant(
            TenantName=name, SuppressionAttributes={"SuppressionScope": "TENANT", "SuppressedReasons": ["BOUNCE"]}
        )
        arns[name] = made["TenantArn"]
        identity = made["TenantArn"].partition(":tenant/")[0] + ":identity/shop.test"
        client.create_tenant_resource_association(TenantName=name, ResourceArn=identity)
    entity = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": arns["bad"]}
    policy = f"arn:aws:ses:{client.meta.region_name}:aws:reputation-policy/standard"
    client.update_reputation_entity_policy(**entity, ReputationEntityPolicy=policy)

    for number in range(12):
        service.send(f"gone{number}@unknown.test", sender=SENDER, TenantName="bad")
        service.send(f"reader{number}@inbox.test", sender=SENDER, TenantName="good")

    def listed() -> bool:
        return len(client.list_suppressed_destinations(TenantName="bad")["SuppressedDestinationSummaries"]) == 12

    until(listed, "what bounced is on the tenant's list", 60)
    assert client.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
    assert client.list_suppressed_destinations(TenantName="good")["SuppressedDestinationSummaries"] == []

    service.rehearsal.clock.advance(400)

    def paused() -> bool:
        return bool(client.get_tenant(TenantName="bad")["Tenant"]["SendingStatus"] == "DISABLED")

    until(paused, "the policy pauses the tenant", 60)
    found = client.get_reputation_entity(**entity)["ReputationEntity"]
    assert (found["ReputationImpact"], found["SendingStatusAggregate"]) == ("HIGH", "DISABLED")
    with pytest.raises(client.exceptions.SendingPausedException, match="tenant bad"):
        service.send("more@inbox.test", sender=SENDER, TenantName="bad")
    with service.smtp() as smtp, pytest.raises(Exception, match="tenant bad"):
        smtp.send_message(named("bad", "by-smtp@inbox.test"))
    with service.smtp() as smtp:
        smtp.send_message(named("good", "by-smtp@inbox.test"))
    (mail,) = service.rehearsal.wait_for_mail("by-smtp@inbox.test")
    assert "X-SES-TENANT" not in mail.message
    service.send("more@inbox.test", sender=SENDER, TenantName="good")
    service.rehearsal.wait_for_mail("more@inbox.test")

    client.update_reputation_entity_customer_managed_status(**entity, SendingStatus="REINSTATED")
    service.send("again@inbox.test", sender=SENDER, TenantName="bad")
    service.rehearsal.wait_for_mail("again@inbox.test")
    if AWS.exists():
        assert [one["TenantName"] for one in by_aws_cli(service)] == ["bad", "good"]


def named(tenant: str, to: str) -> Any:
    mail = message(to, sender=SENDER)
    mail["X-SES-TENANT"] = tenant
    return mail


def by_aws_cli(service: Service) -> list[dict[str, Any]]:
    """What the AWS CLI lists, with nothing but what `tayori env` prints."""
    printed = dict(
        line.removeprefix("export ").split("=", 1) for line in service.tayori("env").splitlines() if "=" in line
    )
    environment = {name: value.strip("'\"") for name, value in printed.items() if name.startswith("AWS_")}
    environment |= {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull}
    answer = subprocess.run(
        [str(AWS), "sesv2", "list-tenants", "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return list(json.loads(answer.stdout)["Tenants"])
