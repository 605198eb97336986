"""A domain of a running service: what is said of its records, a check at once, and the proof."""

from collections.abc import Iterator
from typing import Any

import pytest
from service import Service

from tayori.testing import until

DOMAIN = "shop.test"
MAIL_FROM = "bounce.looked.test"
LOOKED = "looked.test"


@pytest.fixture
def looked(service: Service) -> Iterator[str]:
    """A domain whose records a test may spoil."""
    client = service.client()
    client.create_email_identity(EmailIdentity=LOOKED)
    client.put_email_identity_mail_from_attributes(EmailIdentity=LOOKED, MailFromDomain=MAIL_FROM)
    service.rehearsal.adopt(LOOKED)
    yield LOOKED
    client.delete_email_identity(EmailIdentity=LOOKED)
    for item in service.rehearsal.request("GET", f"/tayori/rehearsal/dns?under={LOOKED}")["record_sets"]:
        service.rehearsal.request("DELETE", f"/tayori/rehearsal/dns/{item['name']}/{item['type']}")


def _records(service: Service, domain: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = service.rehearsal.request("GET", f"/tayori/domains/{domain}/records")
    return {(item["purpose"], item["name"]): item for item in found["records"]}


def test_records_are_shown_from_the_resolver_and_from_each_name_server(service: Service, looked: str) -> None:
    found = _records(service, looked)
    assert {item["verdict"] for (purpose, _), item in found.items() if purpose != "dmarc"} == {"ok"}
    mx = found["mail-from-mx", MAIL_FROM]
    assert mx["resolver"]["values"] == [mx["expected"]]
    assert [server["server"] for server in mx["servers"]] == ["ns.rehearsal.test"]
    assert mx["servers"][0]["values"] == [mx["expected"]]
    assert mx["zone"]["name"] == LOOKED


def test_a_mistake_is_named_in_both_languages(service: Service, looked: str) -> None:
    (name, value) = next(
        (item["name"], item["expected"])
        for (purpose, _), item in _records(service, looked).items()
        if purpose == "dkim"
    )
    service.rehearsal.request("DELETE", f"/tayori/rehearsal/dns/{name}/CNAME")
    service.rehearsal.put_record(f"{name}.{looked}", "CNAME", value)
    item = _records(service, looked)["dkim", name]
    assert (item["verdict"], item["hint"]) == ("wrong", "name-doubled")
    assert [advice["mistake"] for advice in item["advice"]] == ["name-doubled", "dkim-partial"]
    assert f"{name}.{looked}" in item["advice"][0]["en"] and "ホスト名の欄" in item["advice"][0]["ja"]


def test_adopting_registers_a_dmarc_policy_by_http_and_by_the_command_alike(service: Service, looked: str) -> None:
    policy = _records(service, looked)["dmarc", f"_dmarc.{looked}"]
    assert policy["found"] == [policy["expected"]] == ["v=DMARC1; p=none; rua=mailto:dmarc-reports@tayori.test"]
    by_http = service.rehearsal.request("GET", f"/tayori/rehearsal/dns?under={looked}")
    for item in by_http["record_sets"]:
        service.rehearsal.request("DELETE", f"/tayori/rehearsal/dns/{item['name']}/{item['type']}")
    service.tayori("rehearsal", "dns", "adopt", looked)
    assert service.rehearsal.request("GET", f"/tayori/rehearsal/dns?under={looked}") == by_http


def test_adopting_leaves_a_policy_that_holds_already(service: Service, looked: str) -> None:
    chosen = "v=DMARC1; p=quarantine"
    service.rehearsal.put_record(f"_dmarc.{looked}", "TXT", chosen)
    below = f"mail.{looked}"
    service.client().create_email_identity(EmailIdentity=below)
    service.rehearsal.adopt(looked)
    service.rehearsal.adopt(below)
    found = service.rehearsal.request("GET", f"/tayori/rehearsal/dns?under={looked}")["record_sets"]
    policies = {item["name"]: item["values"] for item in found if item["name"].startswith("_dmarc.")}
    assert policies == {f"_dmarc.{looked}": [chosen]}  # it holds for the subdomain as well
    service.client().delete_email_identity(EmailIdentity=below)


def test_a_check_can_be_asked_for(service: Service, looked: str) -> None:
    answer = service.rehearsal.request("POST", f"/tayori/domains/{looked}/check")
    assert answer["domain"] == looked
    assert answer["statuses"]["identity"] in ("PENDING", "SUCCESS")


def test_the_proof_of_a_domain_in_order(service: Service) -> None:
    found = service.rehearsal.request("POST", f"/tayori/domains/{DOMAIN}/probe")
    assert (found["arrived"], found["passes"], found["trouble"]) == (True, True, None)
    assert found["spf"]["result"] == "pass"
    assert [item["result"] for item in found["dkim"] if item["domain"] == DOMAIN] == ["pass"]
    assert found["dmarc"]["result"] == "pass" and found["dmarc"]["dkim_aligned"]
    assert found["dmarc"]["policy"] == "reject"
    assert found["client"]["address"] == "127.77.1.1"
    assert found["client"]["reverse_names"] == [found["client"]["greeting"]]
    assert found["client"]["tls"] in ("TLSv1.2", "TLSv1.3")
    assert service.timeline(found["message_id"])["recipients"][0]["state"] in ("delivered", "sending")


def test_the_proof_fails_where_a_receiver_would_refuse(service: Service, looked: str) -> None:
    for (purpose, name), item in _records(service, looked).items():
        if purpose == "dkim":
            service.rehearsal.request("DELETE", f"/tayori/rehearsal/dns/{name}/{item['type']}")
    service.rehearsal.put_record(f"_dmarc.{looked}", "TXT", "v=DMARC1; p=reject; aspf=s")
    found = service.rehearsal.request("POST", f"/tayori/domains/{looked}/probe")
    assert (found["arrived"], found["passes"]) == (True, False)
    assert "pass" not in [item["result"] for item in found["dkim"] if item["domain"] == looked]
    assert found["dmarc"]["result"] == "fail"


def test_a_probe_s_address_takes_no_other_mail(service: Service) -> None:
    message_id = service.send("probe-guessed@tayori.test", sender=f"a@{DOMAIN}")
    assert service.wait_for_state(message_id, "bounced")["recipients"][0]["status"].startswith("5.1.1")


def test_the_account_is_told_by_mail_that_a_domain_is_verified(service: Service) -> None:
    service.tayori("account", "contact", "owner@inbox.test")
    service.rehearsal.settings(verify_identities_at_once=False)
    client = service.client()
    client.create_email_identity(EmailIdentity="told.test")
    service.rehearsal.adopt("told.test")
    (mail,) = until(
        lambda: [
            mail for mail in service.rehearsal.mailbox("owner@inbox.test") if "told.test" in mail.message["Subject"]
        ],
        "a mail to the account",
        30,
    )
    assert mail.message["From"] == "no-reply@tayori.test"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    text = mail.message.get_content()
    assert "Mail can now be sent from told.test." in text and "検証が完了しました" in text
    client.delete_email_identity(EmailIdentity="told.test")
    service.tayori("account", "contact", "--clear")
    service.rehearsal.settings(verify_identities_at_once=True)
