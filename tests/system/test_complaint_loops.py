"""Feedback loops in the running service: who reports is said beforehand, counted afterwards, and the way is proved."""

import json

import pytest
from service import Service

from tayori.testing import until

SENDER = "news@shop.test"


def outlook(service: Service, *domains: str) -> dict[str, str]:
    found = json.loads(service.tayori("feedback-loops", "lookup", *domains, "--json"))
    return {one["domain"]: one["loop"] for one in found["domains"]}


def counts(service: Service) -> dict[str, int]:
    found = service.rehearsal.request("GET", "/tayori/feedback-loops/coverage")
    return {one["id"]: one["recipients"] for one in found["providers"]}


def test_who_reports_is_said_before_any_mail_is_sent(service: Service) -> None:
    assert outlook(service, "reader@fbl.test", "nofbl.test") == {"fbl.test": "yes", "nofbl.test": "no"}
    over_http = service.rehearsal.request(
        "POST", "/tayori/feedback-loops/lookup", {"domains": ["a@fbl.test", "b@fbl.test"]}
    )
    assert [(one["domain"], one["recipients"], one["loop"]) for one in over_http["domains"]] == [("fbl.test", 2, "yes")]
    assert over_http["coverage"]["reporting_share"] == 1


def test_coverage_is_that_of_the_hosts_that_took_the_mail(service: Service) -> None:
    for to in ("a@fbl.test", "b@nofbl.test", "c@nofbl.test"):
        service.send(to, sender=SENDER)

    until(lambda: counts(service) == {"fbl.test": 1, "nofbl.test": 2}, "deliveries in the counts", 20)
    assert service.tayori("feedback-loops", "coverage").startswith("33 % of your mail goes to providers that report")


def test_a_complaint_finds_its_way_and_harms_nobody(service: Service) -> None:
    found = json.loads(service.tayori("feedback-loops", "test", "shop.test", "--json"))
    assert (found["passes"], found["trouble"], found["reported_to"]) == (True, None, "complaints@tayori.test")
    assert found["host"] == "feedback-smtp.us-east-1.tayori.test [127.0.0.1]"
    shown = json.loads(service.tayori("message", "show", found["message_id"], "--json"))
    (complaint,) = (event["detail"] for event in shown["events"] if event["type"] == "Complaint")
    (complained,) = complaint["complainedRecipients"]
    assert complained["emailAddress"].startswith("probe-") and complaint["complaintFeedbackType"] == "abuse"
    ses = service.client()
    assert ses.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
    points = service.client("ses").get_send_statistics()["SendDataPoints"]
    assert sum(point["Complaints"] for point in points) == 0


def test_the_test_is_there_over_http_and_for_identities_only(service: Service) -> None:
    assert service.rehearsal.request("POST", "/tayori/feedback-loops/test", {"identity": "shop.test"})["passes"] is True
    failed = service.node.command("feedback-loops", "test", "stranger.test", check=False)
    assert failed.returncode == 1 and "has no identity stranger.test" in failed.stderr


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_doctor_says_where_complaints_are_waited_for_in_vain(service: Service, language: str) -> None:
    service.send("d@nofbl.test", sender=SENDER)
    until(lambda: counts(service).get("nofbl.test"), "a delivery in the counts", 20)
    topic = service.client("sns").create_topic(Name="complaints")["TopicArn"]
    service.client("ses").set_identity_notification_topic(
        Identity="shop.test", NotificationType="Complaint", SnsTopic=topic
    )
    done = service.node.command("doctor", "--json", "--lang", language, check=False)
    (check,) = (one for one in json.loads(done.stdout) if one["check"] == "complaints")
    assert check["health"] == "warning" and "nofbl.test" in check["found"] and "RFC 8058" in check["remedy"]
