"""From a domain to addresses: RFC 5321 5.1, RFC 7505, and zones that mean no good."""

import asyncio
from ipaddress import ip_network

import pytest
from hosts import Zone

from tayori.delivery.route import Route, Target, find_route, may_call
from tayori.delivery.settings import DeliverySettings, Families
from tayori.mail.answer import AnswerStatus
from tayori.model.message import FailureScope, OutcomeKind, Reason

SETTINGS = DeliverySettings(ehlo_name="out.tayori.test", outgoing_address="192.0.2.1")
A, B, C = "8.8.8.8", "8.8.4.4", "1.1.1.1"
SIX = "2606:4700::1111"


def route(zone: Zone, settings: DeliverySettings = SETTINGS) -> Route:
    return asyncio.run(find_route("dest.test", zone, settings, lambda hosts: hosts.reverse()))


def hosts(found: Route) -> list[str]:
    return [target.host for target in found.targets]


def test_hosts_come_by_preference_and_equals_are_shuffled() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "20 c.test", "10 a.test", "10 b.test", "5 z.test")
    for name in "abcz":
        zone.put(f"{name}.test", "A", A)
    assert hosts(route(zone)) == ["z.test", "b.test", "a.test", "c.test"]


def test_addresses_come_ipv4_first_and_as_the_settings_say() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "10 a.test")
    zone.put("a.test", "A", A)
    zone.put("a.test", "AAAA", SIX)
    assert route(zone).targets == (Target("a.test", A), Target("a.test", SIX))
    only_six = DeliverySettings(ehlo_name="x", outgoing_address="192.0.2.1", families=Families.IPV6)
    assert route(zone, only_six).targets == (Target("a.test", SIX),)


def test_without_mx_the_domain_itself_is_the_host() -> None:
    zone = Zone()
    zone.put("dest.test", "A", A)
    assert route(zone).targets == (Target("dest.test", A),)


def test_with_mx_that_lead_nowhere_the_domain_s_own_address_is_not_used() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "10 gone.test")
    zone.put("dest.test", "A", A)
    zone.fail("gone.test", "A", AnswerStatus.NXDOMAIN)
    found = route(zone)
    assert found.trouble is not None
    assert found.trouble.reason is Reason.NO_ADDRESS
    assert found.trouble.kind is OutcomeKind.FAILED
    assert "gone.test: no such host" in found.trouble.diagnostic


@pytest.mark.parametrize("status", [AnswerStatus.SERVER_FAILURE, AnswerStatus.TIMEOUT])
def test_a_failing_mx_lookup_never_leads_to_the_implicit_mx(status: AnswerStatus) -> None:
    zone = Zone()
    zone.fail("dest.test", "MX", status)
    zone.put("dest.test", "A", A)
    found = route(zone)
    assert found.trouble is not None
    assert found.trouble.kind is OutcomeKind.DEFERRED
    assert found.trouble.scope is (FailureScope.LOCAL if status is AnswerStatus.TIMEOUT else FailureScope.DESTINATION)
    assert zone.questions == [("dest.test", "MX")]


def test_null_mx_is_final() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "0 .")
    zone.put("dest.test", "A", A)
    found = route(zone)
    assert found.trouble is not None
    assert (found.trouble.reason, str(found.trouble.status)) == (Reason.NULL_MX, "5.1.10")


def test_a_null_mx_among_others_is_ignored() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "0 .", "10 a.test")
    zone.put("a.test", "A", A)
    assert hosts(route(zone)) == ["a.test"]


def test_one_host_without_an_answer_keeps_the_trouble_temporary() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "10 a.test", "20 b.test")
    zone.fail("a.test", "A", AnswerStatus.NXDOMAIN)
    zone.fail("b.test", "A", AnswerStatus.SERVER_FAILURE)
    found = route(zone)
    assert found.trouble is not None
    assert found.trouble.kind is OutcomeKind.DEFERRED


def test_a_host_that_cannot_be_resolved_does_not_stand_in_the_way_of_others() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "10 a.test", "20 b.test")
    zone.fail("a.test", "A", AnswerStatus.TIMEOUT)
    zone.put("b.test", "A", B)
    found = route(zone)
    assert hosts(found) == ["b.test"]
    assert found.notes == ("a.test: the resolver did not answer",)


def test_we_are_not_our_own_next_hop() -> None:
    settings = DeliverySettings(
        ehlo_name="out.tayori.test", outgoing_address="192.0.2.1", own_names=frozenset({"out.tayori.test"})
    )
    zone = Zone()
    zone.put("dest.test", "MX", "10 a.test", "20 Out.Tayori.Test.", "20 b.test", "30 c.test")
    for name in "abc":
        zone.put(f"{name}.test", "A", A)
    assert hosts(route(zone, settings)) == ["a.test"]
    zone.put("dest.test", "MX", "10 out.tayori.test", "20 b.test")
    found = route(zone, settings)
    assert found.trouble is not None
    assert (found.trouble.reason, str(found.trouble.status)) == (Reason.MAIL_LOOP, "5.4.6")


def test_a_hostile_zone_is_followed_only_so_far() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", *(f"{i} h{i}.test" for i in range(500)))
    for i in range(500):
        zone.put(f"h{i}.test", "A", *(f"8.8.{i % 250}.{j}" for j in range(1, 50)))
    found = route(zone)
    assert len(found.targets) == 50
    assert len(zone.questions) == 21


def test_private_addresses_are_not_called_beside_public_ones_or_alone() -> None:
    zone = Zone()
    zone.put("dest.test", "MX", "10 a.test", "20 b.test")
    zone.put("a.test", "A", "10.0.0.1", A)
    zone.put("b.test", "A", "127.0.0.1")
    assert route(zone).targets == (Target("a.test", A),)
    zone.put("a.test", "A", "192.168.1.1")
    found = route(zone)
    assert found.trouble is not None
    assert found.trouble.reason is Reason.ADDRESS_REFUSED


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        (A, True),
        (SIX, True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("239.255.255.255", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_which_addresses_may_be_called(address: str, allowed: bool) -> None:
    assert may_call(address, SETTINGS) is allowed


def test_networks_can_be_excepted() -> None:
    settings = DeliverySettings(
        ehlo_name="x", outgoing_address="192.0.2.1", allowed_networks=(ip_network("127.0.0.0/8"),)
    )
    assert may_call("127.77.0.3", settings)
    assert may_call("::ffff:127.0.0.1", settings)
    assert not may_call("10.0.0.1", settings)
