"""Reputation as its owner and the operator meet it: a campaign bounces, is paused, told of, and lifted."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from service import Service, running

from tayori.testing import until

SENDER = "news@shop.test"
OWNER = "owner@inbox.test"


@pytest.fixture
def service(tmp_path: Any) -> Iterator[Service]:
    rules = {"TAYORI_REPUTATION_MINIMUM_VOLUME": "12", "TAYORI_REPUTATION_PAUSE": "stream"}
    with running(tmp_path, environment=rules) as service:
        service.open_account()
        service.add_domain("shop.test")
        yield service


def reputation(service: Service) -> dict[str, Any]:
    return dict(service.rehearsal.request("GET", "/tayori/reputation"))


def counted(service: Service, bounces: int, deliveries: int) -> dict[str, Any] | None:
    found = reputation(service)
    sums = {name: sum(one[name] for one in found["providers"]) for name in ("permanent_bounces", "deliveries")}
    return found if sums == {"permanent_bounces": bounces, "deliveries": deliveries} else None


def test_a_campaign_that_bounces_is_paused_and_the_rest_goes_on(service: Service) -> None:
    client = service.client()
    client.create_configuration_set(
        ConfigurationSetName="campaign", ReputationOptions={"ReputationMetricsEnabled": True}
    )
    service.tayori("account", "contact", OWNER)
    for number in range(30):
        service.send(f"reader{number}@inbox.test", sender=SENDER)
    for number in range(12):
        service.send(f"gone{number}@unknown.test", sender=SENDER, ConfigurationSetName="campaign")
    for mailbox in ("success", "bounce", "complaint"):
        service.send(f"{mailbox}@simulator.amazonses.com", sender=SENDER)
    found = until(lambda: counted(service, 12, 30), "all that became of the mail is counted", 30)
    assert (found["bounce"]["count"], found["bounce"]["volume"]) == (12, 42)
    assert found["complaint"]["count"] == 0

    service.rehearsal.clock.advance(400)
    (mail,) = service.rehearsal.wait_for_mail(OWNER)
    assert mail.message["Subject"].startswith("Sending is paused for configuration set campaign / ")
    (campaign,) = reputation(service)["configuration_sets"]
    assert (campaign["name"], campaign["status"], campaign["reason"]) == ("campaign", "SHUTDOWN", "bounce")
    with pytest.raises(client.exceptions.SendingPausedException, match="configuration set campaign"):
        service.send("more@inbox.test", sender=SENDER, ConfigurationSetName="campaign")
    service.send("more@inbox.test", sender=SENDER)
    assert client.get_account()["EnforcementStatus"] in ("PROBATION", "HEALTHY")

    gauge = 'configuration_set="campaign"} 1.000000'
    until(lambda: gauge in metrics(service), "the gauge", 20)
    service.tayori("reputation", "lift", "--configuration-set", "campaign")
    assert json.loads(service.tayori("reputation", "show", "--json"))["configuration_sets"][0]["status"] == "HEALTHY"
    service.send("again@inbox.test", sender=SENDER, ConfigurationSetName="campaign")


def metrics(service: Service) -> str:
    with urllib.request.urlopen(f"{service.env['http']}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_what_vdm_recommends_for_a_domain(service: Service) -> None:
    client = service.client()
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    service.rehearsal.clock.advance(700)

    def found() -> dict[str, str]:
        answer = client.list_recommendations(Filter={"STATUS": "OPEN"})["Recommendations"]
        return {
            one["Description"]: one["Impact"] for one in answer if one["ResourceArn"].endswith("identity/shop.test")
        }

    assert until(found, "recommendations", 30) == {"SPF1": "LOW", "BIMI1": "LOW"}
    service.rehearsal.call("DELETE", "dns/_dmarc.shop.test/TXT")
    service.rehearsal.clock.advance(90_000)
    until(lambda: "DMARC1" in found(), "the missing policy", 30)
