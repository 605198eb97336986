"""ARC validation against the ARC test suite, and what the suite does not ask."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tayori.mail.answer import Answer, AnswerStatus, Evaluation, ResultT
from tayori.mail.arc import MAX_SETS, ArcResult, ArcVerdict, validate
from tayori.mail.dkim_keys import public_record

# Cases whose expected value the suite leaves empty: a hand before has marked the chain cv=fail, so that nobody seals it
# again (RFC 8617 5.1.2). A receiver that asks nevertheless is told that the chain fails (5.2 2, 3 C).
ENDED_CHAINS = {"cv_fail_i1_as_cv_fail", "cv_fail_i2_as2_fail", "cv_fail_i2_as1_fail"}


def answer_from(records: Mapping[str, str], evaluation: Evaluation[ResultT]) -> ResultT:
    try:
        query = next(evaluation)
        while True:
            text = records.get(query.name)
            status = AnswerStatus.NXDOMAIN if text is None else AnswerStatus.FOUND
            values = () if text is None else (text,)
            query = evaluation.send(Answer(name=query.name, rdtype=query.rdtype, status=status, values=values))
    except StopIteration as end:
        result: ResultT = end.value
        return result


def crlf(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def suite(folder: Path) -> list[tuple[str, str, bytes, dict[str, str]]]:
    scenarios = yaml.safe_load_all((folder / "arc-draft-validation-tests.yml").read_text())
    return [
        (name, case["cv"], crlf(case["message"]), {key: str(value) for key, value in scenario["txt-records"].items()})
        for scenario in scenarios
        for name, case in scenario["tests"].items()
    ]


def test_every_case_of_the_suite(vectors: Callable[[str], Path]) -> None:
    cases = suite(vectors("arc"))
    assert len(cases) == 171
    wrong = {}
    for name, expected, message, records in cases:
        result = answer_from(records, validate(message))
        if name in ENDED_CHAINS:
            assert expected == ""
            expected = "Fail"
        if result.verdict != expected.lower():
            wrong[name] = (expected, result)
    assert wrong == {}


def passing_case(folder: Path, name: str) -> tuple[bytes, dict[str, str]]:
    return next((message, records) for found, _, message, records in suite(folder) if found == name)


def test_says_who_sealed_and_why_it_failed(vectors: Callable[[str], Path]) -> None:
    message, records = passing_case(vectors("arc"), "cv_pass_i3_1")
    assert answer_from(records, validate(message)) == ArcResult(verdict=ArcVerdict.PASS, sealers=("example.org",) * 3)
    changed = answer_from(records, validate(message + b"PS\r\n"))
    assert (changed.verdict, changed.reason) == (ArcVerdict.FAIL, "the body hash does not match")
    assert changed.sealers == ("example.org",) * 3


def test_a_silent_dns_is_a_failure_that_may_pass_later(vectors: Callable[[str], Path]) -> None:
    message, _ = passing_case(vectors("arc"), "cv_pass_i1_1")
    evaluation = validate(message)
    query = next(evaluation)
    with pytest.raises(StopIteration) as end:
        evaluation.send(Answer(name=query.name, rdtype=query.rdtype, status=AnswerStatus.TIMEOUT))
    assert end.value.value.verdict is ArcVerdict.FAIL
    assert end.value.value.is_temporary


def test_more_sets_than_allowed_cost_no_question() -> None:
    block = b"".join(
        b"ARC-Seal: i=%d; cv=pass; a=rsa-sha256; d=a.test; s=s; b=aGk=\r\n" % (count % 99)
        for count in range(MAX_SETS + 1)
    )
    result = answer_from({}, validate(block + b"From: a@a.test\r\n\r\nhi\r\n"))
    assert result == ArcResult(verdict=ArcVerdict.FAIL, reason="there are more than 50 ARC Sets")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"]),
            st.text('i=123; cvabdhs:\t\\"', max_size=40),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_field_breaks_the_validation_and_none_passes(fields: list[tuple[bytes, str]]) -> None:
    block = b"".join(name + b": " + text.encode() + b"\r\n" for name, text in fields)
    result = answer_from({}, validate(block + b"\r\nbody\r\n"))
    assert result.verdict is ArcVerdict.FAIL
    assert result.reason


def test_an_rsa_key_in_dns_that_is_not_of_the_sealer_fails(vectors: Callable[[str], Path]) -> None:
    message, records = passing_case(vectors("arc"), "cv_pass_i1_1")
    other = public_record(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    result = answer_from(dict.fromkeys(records, other), validate(message))
    assert (result.verdict, result.reason) == (ArcVerdict.FAIL, "the signature does not match")
