"""Doctor on a resolver that is believed: an Unbound that validates, one that does not, and one that is elsewhere."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from signed_zones import Zone, validating_resolver
from tayori.app.endpoints import Endpoints
from tayori.cli.check import Health
from tayori.cli.resolver_checks import check_validation
from tayori.cli.words import LANGUAGES, Words

SERVICE = Endpoints(
    pid=1,
    http="",
    region="us-east-1",
    service_domain="tayori.test",
    ehlo_name="",
    database_url="",
    clock_file="",
    submission_host="",
    starttls_port=0,
    tls_port=0,
    ca_file="",
    inbound_host="",
    inbound_port=0,
    dns_host="",
    dns_port=0,
    rehearsal=False,
    rehearsal_folder="",
    resolver="",
    delivery_port=25,
    trust_ad=True,
)


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    zones = {"signed.test": Zone(content=""), "plain.test": Zone(content="", is_signed=False)}
    with validating_resolver(tmp_path_factory.mktemp("dns"), zones) as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("zone", "health", "found"),
    [
        ("signed.test", Health.OK, "signed.test: AD"),
        ("plain.test", Health.WARNING, "plain.test: no AD"),  # as of all zones where nobody validates
        ("nobody.test", Health.WARNING, "nobody.test: server-failure"),
    ],
)
def test_the_resolver_must_say_that_it_validated(
    run: Any, resolver: str, zone: str, health: Health, found: str
) -> None:
    service = dataclasses.replace(SERVICE, resolver=resolver)
    validation, way = run(check_validation(service, [zone]))
    assert (validation.health, validation.found) == (health, found)
    assert (way.health, way.found) == (Health.OK, "127.0.0.1")


def test_a_resolver_that_is_elsewhere_is_not_to_be_believed(run: Any) -> None:
    service = dataclasses.replace(SERVICE, resolver="127.0.0.1:1,[2001:db8::53]:53")
    _, way = run(check_validation(service, []))
    assert (way.health, way.found) == (Health.WARNING, "2001:db8::53")
    for language in LANGUAGES:
        assert way.remedy(Words(language)) and way.expected(Words(language)) and way.title(Words(language))


def test_where_nobody_is_believed_nothing_is_asked(run: Any, resolver: str) -> None:
    assert run(check_validation(dataclasses.replace(SERVICE, resolver=resolver, trust_ad=False))) == []
