"""Merging into a customer's SPF record: what is kept, what is told, and that the meaning stays."""

import ipaddress
import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tayori.mail.answer import Answer, AnswerStatus, Evaluation, ResultT
from tayori.mail.spf import SpfRequest, SpfResult, SpfVerdict, check_host
from tayori.mail.spf_cost import SpfCost, cost_of
from tayori.mail.spf_record import parse_record
from tayori.mail.txt_strings import character_strings, presentation
from tayori.model.domain_plan import Change, planned
from tayori.model.identity import Verdict
from tayori.model.names import ServiceNames
from tayori.model.proof import dmarc_record, judge, mail_from_records
from tayori.model.spf_advice import SpfAdvice, SpfMerge, SpfNote, advise, merge

OWN = "v=spf1 include:spf.tayori.test ~all"
Zone = Mapping[tuple[str, str], tuple[str, ...] | AnswerStatus]


def drive(evaluation: Evaluation[ResultT], zone: Zone) -> ResultT:
    try:
        query = next(evaluation)
        while True:
            found = zone.get((query.name, query.rdtype), AnswerStatus.NXDOMAIN)
            values = found if isinstance(found, tuple) else ()
            status = found if isinstance(found, AnswerStatus) else AnswerStatus.FOUND
            query = evaluation.send(Answer(name=query.name, rdtype=query.rdtype, status=status, values=values))
    except StopIteration as end:
        result: ResultT = end.value
        return result


def merged(*values: str) -> SpfMerge:
    return merge(values, OWN)


@pytest.mark.parametrize(
    ("present", "after"),
    [
        ("v=spf1 -all", "v=spf1 include:spf.tayori.test -all"),
        ("v=spf1 ip4:192.0.2.1 mx ~all", "v=spf1 ip4:192.0.2.1 mx include:spf.tayori.test ~all"),
        (
            "V=SPF1 A:Mail.Example.COM ?all exp=e.test",
            "v=spf1 A:Mail.Example.COM include:spf.tayori.test ?all exp=e.test",
        ),
        ("v=spf1 mx", "v=spf1 mx include:spf.tayori.test"),
        ("v=spf1", "v=spf1 include:spf.tayori.test"),
        ("v=spf1 redirect=_spf.example.com", "v=spf1 include:spf.tayori.test redirect=_spf.example.com"),
        ("v=spf1 a  mx  -all", "v=spf1 a mx include:spf.tayori.test -all"),
        ("v=spf1 a -all mx", "v=spf1 a include:spf.tayori.test -all mx"),
        ("v=spf1 a foo=bar -all", "v=spf1 a foo=bar include:spf.tayori.test -all"),
    ],
)
def test_ours_goes_before_all_and_the_rest_stays(present: str, after: str) -> None:
    result = merged("google-site-verification=x", present)
    assert (result.before, result.after) == ((present,), after)
    assert not result.is_refused and not result.is_in_place
    assert merged(after).is_in_place


def test_without_a_record_ours_is_the_record() -> None:
    assert merged("something else", "v=spf10 mx") == SpfMerge(before=(), after=OWN)


@pytest.mark.parametrize(
    "present", ["v=spf1 a include:spf.tayori.test  -all", "v=spf1 +INCLUDE:SPF.tayori.test. a ~all"]
)
def test_a_record_with_ours_in_it_is_left_alone_to_the_letter(present: str) -> None:
    assert merged(present).is_in_place


@pytest.mark.parametrize(
    "present",
    [
        "v=spf1 a ?include:spf.tayori.test -all",
        "v=spf1 -include:spf.tayori.test a -all",
        "v=spf1 a -all include:spf.tayori.test",
    ],
)
def test_ours_where_it_cannot_pass_is_moved_to_where_it_can(present: str) -> None:
    result = merged(present)
    assert result.after == "v=spf1 a include:spf.tayori.test -all"
    assert SpfNote.OURS_NOT_PASSING in result.notes


def test_two_records_are_not_merged_but_a_single_one_is_suggested() -> None:
    result = merged("v=spf1 a -all", "v=spf1 mx a ip4:192.0.2.1 ~all")
    assert result.is_refused and SpfNote.SEVERAL_RECORDS in result.notes
    assert result.after == "v=spf1 a mx ip4:192.0.2.1 include:spf.tayori.test -all"
    ours_as_second = merged("v=spf1 mx", OWN)
    assert ours_as_second.after == "v=spf1 mx include:spf.tayori.test ~all"
    assert len(merge([result.after], OWN).before) == 1


def test_a_term_that_cannot_be_read_is_named_and_left_out() -> None:
    result = merged("v=spf1 ipv4:192.0.2.1 a, mx -all")
    assert result.is_refused and result.unreadable == ("ipv4:192.0.2.1", "a,")
    assert result.after == "v=spf1 mx include:spf.tayori.test -all"


@pytest.mark.parametrize(
    ("present", "note"),
    [
        ("v=spf1 a +all", SpfNote.PLUS_ALL),
        ("v=spf1 a all", SpfNote.PLUS_ALL),
        ("v=spf1 ptr -all", SpfNote.PTR),
        ("v=spf1 ptr:example.com -all", SpfNote.PTR),
        ("v=spf1 exists:%{i}._spf.example.com -all", SpfNote.MACRO),
        ("v=spf1 a redirect=x.test", SpfNote.REDIRECT),
        ("v=spf1 a redirect=x.test -all", SpfNote.REDIRECT_IGNORED),
        ("v=spf1 redirect=x.test redirect=y.test", SpfNote.MODIFIER_TWICE),
        ("v=spf1 -all mx", SpfNote.AFTER_ALL),
        ("v=spf1 mx", SpfNote.NO_ALL),
        ("v=spf1 " + "ip4:192.0.2.100 " * 30 + "-all", SpfNote.LONG),
    ],
)
def test_tells_what_is_wrong_besides(present: str, note: SpfNote) -> None:
    assert note in merged(present).notes
    assert note not in merged("v=spf1 mx -all").notes


# -- look-ups ----------------------------------------------------------------------------------------------------------


def test_look_ups_are_counted_through_includes_and_redirects() -> None:
    zone: Zone = {
        ("_spf.example.net", "TXT"): ("v=spf1 include:a.example.net mx:mail.example.net ~all",),
        ("a.example.net", "TXT"): ("v=spf1 ip4:192.0.2.0/24 a redirect=b.example.net",),
        ("b.example.net", "TXT"): ("v=spf1 ip6:2001:db8::/32 -all mx",),
        ("a.example.net", "A"): ("192.0.2.1",),
        ("a.example.net", "AAAA"): AnswerStatus.NODATA,
        ("mail.example.net", "MX"): ("10 m1.example.net", "20 m2.example.net"),
        ("m1.example.net", "A"): ("192.0.2.2",),
        ("m1.example.net", "AAAA"): ("2001:db8::2",),
    }
    cost = drive(cost_of("example.com", "v=spf1 include:_spf.example.net -all"), zone)
    shown = [(step.depth, step.domain, step.term) for step in cost.steps]
    assert shown == [
        (0, "example.com", "include:_spf.example.net"),
        (1, "_spf.example.net", "include:a.example.net"),
        (2, "a.example.net", "a"),
        (2, "a.example.net", "redirect=b.example.net"),
        (1, "_spf.example.net", "mx:mail.example.net"),
    ]
    assert (cost.terms, cost.voids, cost.voids_of_ipv6) == (5, 1, 2)
    assert cost.is_exact and not cost.is_over_terms and not cost.is_over_voids and cost.broken == ()


def test_what_makes_every_check_fail_is_named() -> None:
    zone: Zone = {("two.test", "TXT"): ("v=spf1 a", "v=spf1 mx"), ("bad.test", "TXT"): ("v=spf1 ip4:nonsense",)}
    cost = drive(cost_of("x.test", "v=spf1 include:none.test include:two.test include:bad.test -all"), zone)
    assert [text.partition(":")[0] for text in cost.broken] == ["include", "include", "bad.test"]
    assert "no SPF record" in cost.broken[0] and "2 SPF records" in cost.broken[1]


def test_a_loop_of_includes_is_bounded_and_over_the_limit() -> None:
    questions = 0

    def counting() -> Zone:
        class Everything(dict[tuple[str, str], tuple[str, ...]]):
            def get(self, key: tuple[str, str], default: object = None) -> tuple[str, ...]:  # type: ignore[override]
                nonlocal questions
                questions += 1
                return ("v=spf1 include:loop.test include:loop.test a mx ~all",)

        return Everything()

    cost = drive(cost_of("loop.test", "v=spf1 include:loop.test include:loop.test a mx ~all"), counting())
    assert cost.is_over_terms
    assert questions < 300


def test_advice_counts_both_records_and_looks_for_the_old_type() -> None:
    many = " ".join(f"a:h{number}.test" for number in range(10))
    zone: Zone = {
        ("example.com", "TXT"): ("other", f"v=spf1 {many} -all"),
        ("example.com", "SPF"): ("v=spf1 -all",),
        ("spf.tayori.test", "TXT"): ("v=spf1 ip4:192.0.2.9 -all",),
        **{(f"h{number}.test", rdtype): (address,) for number in range(10)
           for rdtype, address in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1"))},
    }  # fmt: skip
    advice = drive(advise("example.com", OWN), zone)
    assert (advice.cost_before.terms, advice.cost_after.terms) == (10, 11)
    assert set(advice.notes) == {SpfNote.TYPE_99, SpfNote.TOO_MANY_LOOKUPS}


def test_a_silent_dns_makes_no_claim() -> None:
    advice = drive(advise("example.com", OWN), {("example.com", "TXT"): AnswerStatus.TIMEOUT})
    assert SpfNote.UNANSWERED in advice.notes
    assert drive(cost_of("x.test", "v=spf1 include:y.test"), {("y.test", "TXT"): AnswerStatus.TIMEOUT}) == SpfCost(
        steps=advice_steps("x.test", "include:y.test"), unanswered=("y.test",)
    )


def advice_steps(domain: str, term: str) -> tuple[object, ...]:
    return drive(cost_of(domain, f"v=spf1 {term}"), {("y.test", "TXT"): ("v=spf1",)}).steps


# -- the meaning -------------------------------------------------------------------------------------------------------

OURS = ipaddress.ip_network("198.51.100.0/28")
ZONE: Zone = {
    ("spf.tayori.test", "TXT"): (f"v=spf1 ip4:{OURS} -all",),
    ("inc.test", "TXT"): ("v=spf1 ip4:192.0.2.0/30 ip4:198.51.100.4 -all",),
    ("soft.test", "TXT"): ("v=spf1 ip4:192.0.2.8/29 ~all",),
    ("host.test", "A"): ("192.0.2.12", "198.51.100.1"),
    ("post.test", "MX"): ("10 host.test",),
    ("there.test", "A"): ("127.0.0.2",),
}
TERMS = st.tuples(
    st.sampled_from(["", "+", "-", "~", "?"]),
    st.sampled_from(
        [
            "ip4:192.0.2.0/28", "ip4:198.51.100.2", "ip4:198.51.100.0/24", "ip6:2001:db8::/32", "include:inc.test",
            "include:soft.test", "a:host.test", "mx:post.test", "exists:there.test", "all", "include:spf.tayori.test",
            "a:host.test/30",
        ]
    ),
).map("".join)  # fmt: skip
RECORDS = st.tuples(st.lists(TERMS, max_size=6), st.sampled_from(["", "redirect=inc.test", "redirect=soft.test"])).map(
    lambda parts: " ".join(filter(None, ["v=spf1", *parts[0], parts[1]]))
)
CLIENTS = st.one_of(
    st.integers(0, 15).map(lambda at: OURS[at]),
    st.integers(0, 31).map(lambda at: ipaddress.ip_address(f"192.0.2.{at}")),
    st.sampled_from([ipaddress.ip_address("203.0.113.9"), ipaddress.ip_address("2001:db8::7")]),
)


def evaluate(record: str, client: ipaddress.IPv4Address | ipaddress.IPv6Address) -> SpfResult:
    request = SpfRequest(client=client, helo="h.test", reverse_path="a@example.com")
    return drive(check_host(request), {**ZONE, ("example.com", "TXT"): (record,)})


def decides_before_ours(record: str, client: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a mechanism of the customer's own matches before `all` would be reached."""
    terms = record.split(" ")[1:]
    until_all = [term for term in terms if "=" not in term]
    for place, term in enumerate(until_all):
        if term.lstrip("+-~?") == "all":
            until_all = until_all[:place]
            break
    foreign = [term for term in until_all if not term.endswith("include:spf.tayori.test")]
    return evaluate(" ".join(["v=spf1", *foreign]), client).mechanism != "default"


@settings(max_examples=400, deadline=None)
@given(RECORDS, CLIENTS)
def test_a_merge_keeps_the_meaning_for_everybody_else_and_lets_us_pass(record, client) -> None:
    result = merged(record)
    before, after = evaluate(record, client), evaluate(result.after, client)
    if before.verdict is SpfVerdict.PERMERROR or after.verdict is SpfVerdict.PERMERROR:
        return  # the limits of RFC 7208 4.6.4: the count tells of them
    if client in OURS and not decides_before_ours(record, client):
        assert after.verdict is SpfVerdict.PASS
    elif client not in OURS:
        assert after.verdict is before.verdict
        assert merged(result.after).is_in_place


@settings(max_examples=200, deadline=None)
@given(RECORDS)
def test_a_merge_keeps_every_foreign_term_in_its_order(record) -> None:
    result = merged(record)
    foreign = [term for term in record.split(" ") if not term.endswith("include:spf.tayori.test")]
    kept = [term for term in result.after.split(" ") if not term.endswith("include:spf.tayori.test")]
    assert kept == foreign
    assert len([term for term in result.after.split(" ") if term == "include:spf.tayori.test"]) <= max(
        1, record.count("include:spf.tayori.test")
    )
    parse_record(result.after)


@given(st.text(max_size=200))
def test_no_text_breaks_the_merge(text: str) -> None:
    result = merged("v=spf1 " + text)
    parse_record(result.after) if not result.is_refused else None
    assert SpfNote.SEVERAL_RECORDS not in result.notes


# -- strings -----------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(max_codepoint=255), max_size=1200))
def test_strings_joined_are_the_value_again(value: str) -> None:
    pieces = character_strings(value)
    assert "".join(pieces) == value
    assert all(len(piece) <= 255 for piece in pieces)


def test_no_string_begins_or_ends_in_a_space_that_a_panel_may_trim() -> None:
    value = "v=spf1 " + " ".join(f"ip4:192.0.2.{number}" for number in range(100)) + " -all"
    pieces = character_strings(value)
    assert len(pieces) > 5
    assert all(piece == piece.strip() for piece in pieces)
    assert "".join(pieces) == value


def test_the_presentation_has_quotes_and_escapes() -> None:
    assert presentation('say "hi" \\ \x00\xe9') == '"say \\"hi\\" \\\\ \\000\\233"'
    assert presentation("a" * 256) == f'"{"a" * 255}" "a"'
    assert presentation("") == '""'


# -- the plan ----------------------------------------------------------------------------------------------------------

SPF = mail_from_records("bounce.example.com", "example.com", ServiceNames(service_domain="tayori.test", region="r"))[1]


def plan(*values: str):
    status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
    return planned(SPF, Answer(name=SPF.name, rdtype="TXT", status=status, values=values))


def test_the_plan_has_one_spf_value_among_the_others() -> None:
    record = plan("first", "v=spf1 a +all", "last")
    assert record.change is Change.MERGE
    assert record.wanted == ("first", "v=spf1 a include:spf.tayori.test +all", "last")
    assert record.notes == ("spf.plus-all",)
    assert plan("first").wanted == ("first", OWN) and plan("first").change is Change.MERGE
    assert plan().wanted == (OWN,) and plan().change is Change.ADD
    assert plan("x", OWN).change is Change.NONE and plan("x", OWN).wanted == ("x", OWN)


def test_the_plan_never_leaves_two_spf_values() -> None:
    record = plan("v=spf1 mx -all", "other", OWN)
    assert record.change is Change.REPLACE
    assert record.wanted == ("v=spf1 mx include:spf.tayori.test -all", "other")
    assert "spf.several-records" in record.notes


def test_the_plan_says_when_the_dns_did_not_answer() -> None:
    record = planned(SPF, Answer(name=SPF.name, rdtype="TXT", status=AnswerStatus.TIMEOUT))
    assert (record.change, record.wanted) == (Change.UNKNOWN, (OWN,))


def test_advice_is_a_value() -> None:
    assert isinstance(drive(advise("example.com", OWN), {}), SpfAdvice)


DMARC = dmarc_record("example.com")


@pytest.mark.parametrize(
    ("present", "change", "wanted"),
    [
        ((), Change.ADD, (DMARC.value,)),
        (("unrelated",), Change.MERGE, ("unrelated", DMARC.value)),
        (("v=DMARC1; p=reject",), Change.NONE, ("v=DMARC1; p=reject",)),
        (("x", "v=DMARC1; p=what"), Change.REPLACE, ("x", DMARC.value)),
        (("v=DMARC1; p=what", "v=DMARC1; p=none", "v=DMARC1; p=reject"), Change.REPLACE, ("v=DMARC1; p=none",)),
    ],
)
def test_the_plan_never_leaves_two_dmarc_values(
    present: tuple[str, ...], change: Change, wanted: tuple[str, ...]
) -> None:
    status = AnswerStatus.FOUND if present else AnswerStatus.NXDOMAIN
    record = planned(DMARC, Answer(name=DMARC.name, rdtype="TXT", status=status, values=present))
    assert (record.change, record.wanted) == (change, wanted)


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_the_verifier_and_the_plan_agree_on_what_is_in_place(record) -> None:
    answer = Answer(name=SPF.name, rdtype="TXT", status=AnswerStatus.FOUND, values=(record,))
    assert (judge(SPF, answer).verdict is Verdict.MATCHED) == (planned(SPF, answer).change is Change.NONE)


# -- hostile zones -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        tuple(f"v=spf1 ip4:192.0.2.{number % 256} a:h{number}.test -all" for number in range(10_000)),
        ("v=spf1 " + "a " * 16_000 + "-all",),
        ("v=spf1 " + " ".join(f"x{number}" for number in range(10_000)),),
        ("v=spf1 " + "%{" * 30_000,),
        ("v=spf1 include:" + "a." * 30_000 + "test -all",),
    ],
)
def test_a_hostile_zone_costs_little(values: tuple[str, ...]) -> None:
    begun = time.process_time()
    result = merge(values, OWN)
    drive(cost_of("example.com", result.after), {})
    assert time.process_time() - begun < 3
