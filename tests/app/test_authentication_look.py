"""How a domain's mail fares: the answer over HTTP, from the DNS and from the rows."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from report_samples import record, report
from tayori import ids
from tayori.app.authentication_look import LookAnswers
from tayori.aws.http import HttpResponse
from tayori.clock import AdjustableClock
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.dmarc_report import parse_report
from tayori.model.errors import Invalid
from tayori.model.identity import IdentityName, KeyLength, MxFailureBehavior
from tayori.model.names import ServiceNames
from tayori.resources import accounts, dkim_keys, dmarc_reports, identities
from tayori.resources.identities import NewIdentity
from tayori.store.engine import Store
from tayori.store.tables import identities as identity_rows

REGION, SERVICE, DOMAIN = "us-east-1", "mail.example.net", "example.com"
KEYS = dkim_keys.generate(KeyLength.RSA_1024_BIT)


def _names(region: str) -> ServiceNames:
    return ServiceNames(service_domain=SERVICE, region=region)


class Zone:
    """A DNS of these records."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], tuple[str, ...]] = {}

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = self.records.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=60)


class House:
    """One domain of one account."""

    def __init__(self, store: Store, clock: AdjustableClock, run: Callable[..., Any]) -> None:
        self.store, self.clock, self.run = store, clock, run
        self.zone = Zone()
        self.account_id = ids.account_id()
        self.answers = LookAnswers(store, self.zone, _names)
        self.write(self._furnish)

    def write(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self.run(self.store.write(fn, *args))

    def _furnish(self, tx: Any) -> None:
        accounts.create(tx, self.account_id, REGION, name="test")
        identities.create(tx, self.account_id, REGION, NewIdentity(name=IdentityName.parse(DOMAIN), keys=KEYS))

    def verify(self) -> None:
        verified = {"verification_status": "SUCCESS", "dkim_status": "SUCCESS"}
        self.write(lambda tx: tx.execute(identity_rows.update().values(verified)))

    def use_mail_from(self, name: str) -> None:
        behavior = MxFailureBehavior.USE_DEFAULT_VALUE
        self.write(identities.put_mail_from, self.account_id, REGION, DOMAIN, name, behavior)

    def report(self) -> None:
        begin = int(self.clock.now().timestamp()) - 2 * 86400
        found = parse_report(report(record("192.0.2.66", "7", dkim="fail"), begin=begin))
        assert self.write(dmarc_reports.keep, [found], "192.0.2.50") == 1

    def get(self, **query: str) -> Any:
        identity = self.run(self.store.read(identities.get, self.account_id, REGION, DOMAIN))
        response: HttpResponse = self.run(self.answers(identity, query))
        assert response.status == 200
        return json.loads(response.body)


@pytest.fixture
def house(store: Store, clock: AdjustableClock, run: Callable[..., Any]) -> House:
    return House(store, clock, run)


def test_the_policy_our_own_mail_and_the_next_step(house: House) -> None:
    house.verify()
    house.report()
    house.zone.records["_dmarc.example.com", "TXT"] = ("v=DMARC1; p=none; rua=mailto:x@example.com",)
    found = house.get(days="10")
    assert found["dmarc"]["record"] == "v=DMARC1; p=none; rua=mailto:x@example.com"
    assert found["own_mail"] == {
        "passes": True,
        "dkim": {"domain": DOMAIN, "result": "passes"},
        "spf": {"domain": f"{REGION}.mail.{SERVICE}", "result": "not-aligned"},
    }
    step = found["dmarc"]["next_step"]
    assert (step["name"], step["value"]) == (
        "_dmarc.example.com",
        "v=DMARC1; p=quarantine; rua=mailto:x@example.com; pct=10",
    )
    assert step["readiness"]["key"] == "not-aligned"
    assert all(set(one["text"]) == {"en", "ja"} for one in found["dmarc"]["explanation"])
    assert [policy["kind"] for policy in found["policies"]] == ["mta-sts", "tls-rpt", "bimi"]
    assert found["spf"] is None
    assert [source["source_ip"] for source in found["reports"]["sources"]] == ["192.0.2.66"]


def test_a_domain_without_policy_is_asked_to_send_its_reports_here(house: House) -> None:
    found = house.get()
    assert found["dmarc"]["record"] is None and found["own_mail"]["passes"] is False
    assert found["own_mail"]["dkim"]["result"] == "not-ready"
    assert found["dmarc"]["next_step"]["value"] == f"v=DMARC1; p=none; rua=mailto:dmarc-reports@{SERVICE}"


def test_a_custom_mail_from_domain_has_its_spf_record_merged(house: House) -> None:
    house.use_mail_from("bounce.example.com")
    house.zone.records["bounce.example.com", "TXT"] = ("v=spf1 ip4:192.0.2.1 +all",)
    house.zone.records["bounce.example.com", "SPF"] = ("v=spf1 -all",)
    house.zone.records[f"spf.{SERVICE}", "TXT"] = ("v=spf1 ip4:192.0.2.77 -all",)
    found = house.get()["spf"]
    assert found["after"] == f"v=spf1 ip4:192.0.2.1 include:spf.{SERVICE} +all"
    assert (found["lookups_before"]["lookups"], found["lookups_after"]["lookups"]) == (0, 1)
    assert [note["key"] for note in found["notes"]] == ["plus-all", "type-99"]
    assert found["needs_a_person"] is False


def test_reports_are_for_whoever_has_proved_the_domain(house: House) -> None:
    house.report()
    assert house.get()["reports"]["reports"] == 0
    house.verify()
    assert house.get()["reports"]["reports"] == 1


@pytest.mark.parametrize("days", ["0", "-1", "401", "x", "9" * 40, "٣", ""])
def test_days_within_reason(house: House, days: str) -> None:
    with pytest.raises(Invalid):
        house.get(days=days)


class Silence:
    """A DNS that never answers, asked through a resolver that waits for ever."""

    async def resolve(self, name: str, rdtype: str) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError


def test_a_dns_that_never_answers_is_given_up(house: House) -> None:
    answers = LookAnswers(house.store, Silence(), _names, seconds=0.05)
    identity = house.run(house.store.read(identities.get, house.account_id, REGION, DOMAIN))
    assert house.run(answers(identity, {})).status == 504


class Labyrinth:
    """A DNS in which every name has an SPF record with more includes, and everything else."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked += 1
        values = {
            "TXT": ("v=spf1 " + " ".join(f"include:{n}.{name[-100:]} mx:{n}.{name[-100:]}" for n in range(9)),),
            "MX": tuple(f"{n} {n}.{name[-100:]}" for n in range(10)),
        }.get(rdtype, ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=60)


def test_a_labyrinth_of_includes_is_left_after_a_bounded_number_of_questions(house: House) -> None:
    house.use_mail_from("bounce.example.com")
    labyrinth = Labyrinth()
    answers = LookAnswers(house.store, labyrinth, _names)
    identity = house.run(house.store.read(identities.get, house.account_id, REGION, DOMAIN))
    found = json.loads(house.run(answers(identity, {})).body)["spf"]
    assert labyrinth.asked < 3000
    assert "too-many-lookups" in [note["key"] for note in found["notes"]]
    assert len(found["lookups_after"]["steps"]) <= 60
