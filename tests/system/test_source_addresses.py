"""Source addresses in the running service: registered by the operator, grouped by an account, seen by receivers."""

import json

import dns.resolver
from service import Service

from tayori.testing import until

SENDER = "news@shop.test"
EHLO = "a5.smtp-out.us-east-1.tayori.test"


def test_mail_of_a_pool_leaves_from_its_address_under_its_name_and_spf_lists_it(service: Service) -> None:
    account = json.loads(service.tayori("account", "list", "--json"))[0]["account_id"]
    client = service.client()
    client.create_dedicated_ip_pool(PoolName="letters")
    client.create_configuration_set(
        ConfigurationSetName="letters", DeliveryOptions={"SendingPoolName": "letters", "TlsPolicy": "OPTIONAL"}
    )
    service.tayori("source", "add", "127.77.2.5", "--ehlo-name", EHLO, "--account", account, "--pool", "letters")
    assert client.get_dedicated_ips(PoolName="letters")["DedicatedIps"][0]["Ip"] == "127.77.2.5"
    service.rehearsal.put_record("5.2.77.127.in-addr.arpa", "PTR", f"{EHLO}.")
    early = service.send("early@inbox.test", sender=SENDER, ConfigurationSetName="letters")
    assert _source(service.wait_for_state(early, "delivered")) == "127.77.1.1"
    until(lambda: "ip4:127.77.2.5" in _txt(service, "spf.tayori.test"), "the new SPF record", 20)
    service.rehearsal.clock.advance(400)  # until nobody has the SPF record of before in a cache
    addresses = iter(range(100))

    def from_the_pool() -> str | None:
        """Two seconds pass until the running processes have looked."""
        to = f"pool{next(addresses)}@inbox.test"
        message_id = service.send(to, sender=SENDER, ConfigurationSetName="letters")
        found = service.wait_for_state(message_id, "delivered")
        return to if _source(found) == "127.77.2.5" else None

    to = until(from_the_pool, "mail from the pool's address", 30)
    (mail,) = service.rehearsal.wait_for_mail(to)
    assert mail.message["X-SES-Outgoing"].endswith("-127.77.2.5")
    assert mail.is_authentic, (mail.spf, mail.dkim, mail.dmarc)
    assert EHLO in str(mail.message["Received"])

    plain = service.send("plain@inbox.test", sender=SENDER)
    assert _source(service.wait_for_state(plain, "delivered")) == "127.77.1.1"

    def counted() -> bool:
        (shown,) = json.loads(service.tayori("source", "list", "--json"))
        return int(shown["today"]["sent"]) >= 1

    assert until(counted, "today's count", 20)
    checks = json.loads(service.node.command("doctor", "--json", check=False).stdout)
    (name,) = [check for check in checks if check["check"] == "source-name"]
    assert name["health"] == "ok", name


def _source(timeline: dict) -> str:
    return str(timeline["attempts"][-1]["source_address"])


def _txt(service: Service, name: str) -> str:
    place = service.env["rehearsal"]["resolver"]
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [place["host"]], place["port"]
    return b"".join(resolver.resolve(name, "TXT")[0].strings).decode()
