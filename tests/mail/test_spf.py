"""SPF against the openspf.org test suite for RFC 7208, and the parts that the suite leaves open."""

import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.answer import Answer, AnswerStatus, Evaluation, Query
from tayori.mail.spf import SpfIdentity, SpfRequest, SpfResult, SpfVerdict, check_host


class SuiteZone:
    """Zone data in the suite's notation: `SPF` entries serve as TXT where the name has no TXT entry."""

    def __init__(self, zonedata: dict[str, list[Any]]) -> None:
        self._names = {name.lower(): records for name, records in zonedata.items()}
        self.asked: list[Query] = []

    def answer(self, query: Query) -> Answer:
        self.asked.append(query)
        return self._follow(query, query.name.lower(), 0)

    def _follow(self, query: Query, name: str, depth: int) -> Answer:
        records = self._names.get(name)
        if depth > 8:
            return Answer(name=query.name, rdtype=query.rdtype, status=AnswerStatus.SERVER_FAILURE)
        if records is None:
            return Answer(name=query.name, rdtype=query.rdtype, status=AnswerStatus.NXDOMAIN)
        aliases = [record["CNAME"] for record in records if isinstance(record, dict) and "CNAME" in record]
        if aliases:
            return self._follow(query, aliases[0].lower().rstrip("."), depth + 1)
        values = tuple(self._values(records, query.rdtype))
        if not values and "TIMEOUT" in records:
            return Answer(name=query.name, rdtype=query.rdtype, status=AnswerStatus.TIMEOUT)
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        return Answer(name=query.name, rdtype=query.rdtype, status=status, values=values)

    @staticmethod
    def _values(records: list[Any], rdtype: str) -> Iterator[str]:
        typed = [item for record in records if isinstance(record, dict) for item in record.items()]
        has_txt = any(kind == "TXT" for kind, _ in typed)
        for kind, value in typed:
            served = "TXT" if kind == "SPF" and not has_txt else kind
            if served != rdtype or value == "NONE":
                continue
            if rdtype == "MX":
                yield f"{value[0]} {value[1].rstrip('.') or '.'}"
            elif rdtype == "TXT":
                yield value if isinstance(value, str) else "".join(value)
            else:
                yield str(value).rstrip(".")


def evaluate(request: SpfRequest, zone: SuiteZone) -> SpfResult:
    return drive(check_host(request), zone)


def drive(evaluation: Evaluation[SpfResult], zone: SuiteZone) -> SpfResult:
    try:
        query = next(evaluation)
        while True:
            query = evaluation.send(zone.answer(query))
    except StopIteration as stop:
        return stop.value


def request_of(case: dict[str, Any]) -> SpfRequest:
    return SpfRequest(
        client=ipaddress.ip_address(case["host"]),
        helo=case["helo"],
        reverse_path=case["mailfrom"],
        receiver="receiver.example.org",
        timestamp=1_700_000_000,
    )


def one_zone(record: str, **more: list[Any]) -> SuiteZone:
    return SuiteZone({"example.com": [{"TXT": record}], **more})


def result_for(record: str, client: str = "192.0.2.1", **zone: list[Any]) -> SpfResult:
    request = SpfRequest(client=ipaddress.ip_address(client), helo="mail.example.com", reverse_path="a@example.com")
    return evaluate(request, one_zone(record, **zone))


def test_every_case_of_the_rfc_7208_suite(vectors: Callable[[str], Path]) -> None:
    text = (vectors("spf-rfc7208") / "rfc7208-tests.yml").read_text("utf-8")
    failures, count = [], 0
    for scenario in yaml.safe_load_all(text):
        for name, case in scenario["tests"].items():
            count += 1
            result = evaluate(request_of(case), SuiteZone(scenario["zonedata"]))
            expected = case["result"] if isinstance(case["result"], list) else [case["result"]]
            explanation = case.get("explanation")
            if str(result.verdict) not in expected:
                failures.append(f"{scenario['description']}/{name}: {result} instead of {expected}")
            elif explanation is not None and (result.explanation or "DEFAULT") != explanation:
                failures.append(f"{scenario['description']}/{name}: said {result.explanation!r}")
    assert failures == []
    assert count == 203


def test_says_what_matched_and_for_which_identity() -> None:
    result = result_for("v=spf1 ip4:192.0.2.0/24 -all")
    assert (result.verdict, result.mechanism) == (SpfVerdict.PASS, "ip4:192.0.2.0/24")
    assert (result.domain, result.identity) == ("example.com", SpfIdentity.MAIL_FROM)


def test_the_null_sender_is_checked_by_its_helo_name() -> None:
    request = SpfRequest(client=ipaddress.ip_address("192.0.2.1"), helo="example.com", reverse_path="")
    zone = one_zone("v=spf1 exists:%{l}.%{o} -all", **{"postmaster.example.com": [{"A": "127.0.0.2"}]})
    result = evaluate(request, zone)
    assert (result.verdict, result.identity) == (SpfVerdict.PASS, SpfIdentity.HELO)


def test_no_match_and_no_redirect_is_neutral_by_default() -> None:
    result = result_for("v=spf1 ip4:198.51.100.1")
    assert (result.verdict, result.mechanism) == (SpfVerdict.NEUTRAL, "default")


@pytest.mark.parametrize(
    ("record", "part"),
    [
        ("v=spf1 moo -all", "'moo' is neither a mechanism nor a modifier"),
        ("v=spf1 a:example.com/033", "'example.com/033' does not end"),
        ("v=spf1 a:%{d0}.example.com", "zero parts"),
        ("v=spf1 ip4:192.0.2.300 -all", "192.0.2.300"),
        ("v=spf1 include -all", "'include' breaks the grammar"),
    ],
)
def test_an_error_names_the_term(record: str, part: str) -> None:
    result = result_for(record)
    assert result.verdict is SpfVerdict.PERMERROR
    assert part in result.problem


def test_a_dns_failure_is_a_temporary_error_that_names_the_question() -> None:
    result = result_for("v=spf1 mx -all", **{"other": []})
    assert result.verdict is SpfVerdict.FAIL
    broken = result_for("v=spf1 a:down.example.com -all", **{"down.example.com": ["TIMEOUT"]})
    assert broken.verdict is SpfVerdict.TEMPERROR
    assert "down.example.com" in broken.problem


def test_the_client_name_is_looked_up_once_for_all_terms() -> None:
    zone = one_zone(
        "v=spf1 ptr:a.example exists:%{p}.b.example ptr:c.example -all",
        **{"1.2.0.192.in-addr.arpa": [{"PTR": "h.example.com"}], "h.example.com": [{"A": "192.0.2.1"}]},
    )
    request = SpfRequest(client=ipaddress.ip_address("192.0.2.1"), helo="h", reverse_path="a@example.com")
    assert evaluate(request, zone).verdict is SpfVerdict.FAIL
    assert [query.rdtype for query in zone.asked].count("PTR") == 1


def test_more_than_ten_names_of_one_mx_stop_the_check_before_any_address_is_asked() -> None:
    many = [{"MX": [n, f"mx{n}.example.com"]} for n in range(11)]
    zone = SuiteZone({"example.com": [{"TXT": "v=spf1 mx -all"}, *many]})
    request = SpfRequest(client=ipaddress.ip_address("192.0.2.1"), helo="h", reverse_path="a@example.com")
    assert evaluate(request, zone).verdict is SpfVerdict.PERMERROR
    assert [query.rdtype for query in zone.asked] == ["TXT", "MX"]


TERMS = st.lists(
    st.one_of(
        st.sampled_from(
            ["a", "mx", "-all", "ptr", "exists:%{p}.%{d2r}", "include:example.com", "redirect=%{l}.x.test"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=30),
        st.from_regex(r"[-+~?]?(a|mx|ip4|ip6|ptr|exists|include)[:/=%{}a-z0-9.]{0,20}", fullmatch=True),
    ),
    max_size=8,
)


@given(TERMS, st.sampled_from(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"]))
def test_any_record_comes_to_a_verdict(terms: list[str], client: str) -> None:
    zone = {"mail.example.com": [{"A": "192.0.2.1"}], "example.net": ["TIMEOUT"]}
    assert result_for(" ".join(["v=spf1", *terms]), client, **zone).verdict in SpfVerdict
