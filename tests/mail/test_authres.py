"""Authentication-Results: what we write can be read back, and what others write too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.authres import (
    AuthenticationResults,
    AuthResError,
    AuthResult,
    parse_authentication_results,
)

SAMPLE = AuthenticationResults(
    authserv_id="mx.inbox.test",
    results=(
        AuthResult(
            method="spf",
            result="pass",
            comment="ip4:127.77.1.1",
            properties=(("smtp.mailfrom", "bounce+x@mail.example.test"), ("smtp.remote-ip", "127.77.1.1")),
        ),
        AuthResult(
            method="dkim",
            result="fail",
            reason='body hash "did" not verify',
            properties=(("header.d", "example.test"), ("header.s", "s1"), ("header.b", "ab/c+d=")),
        ),
        AuthResult(method="dmarc", result="pass", properties=(("header.from", "example.test"),)),
    ),
)


def value_of(field: bytes) -> str:
    name, _, value = field.decode().partition(":")
    assert name == "Authentication-Results"
    return value


def test_writes_one_result_a_line_and_folds_long_ones() -> None:
    encoded = SAMPLE.encode()
    assert encoded.startswith(b"Authentication-Results: mx.inbox.test;\r\n\tspf=pass (ip4:127.77.1.1) smtp.mailfrom=")
    assert encoded.endswith(b"\tdmarc=pass header.from=example.test\r\n")
    assert all(len(line) <= 80 for line in encoded.split(b"\r\n"))


def test_reads_what_it_wrote() -> None:
    assert parse_authentication_results(value_of(SAMPLE.encode())) == SAMPLE


def test_no_results_are_written_as_none() -> None:
    empty = AuthenticationResults(authserv_id="mx.inbox.test")
    assert empty.encode() == b"Authentication-Results: mx.inbox.test;\r\n\tnone\r\n"
    assert parse_authentication_results(value_of(empty.encode())) == empty


# The examples of RFC 8601 appendix B, shortened to what each shows.
RFC_EXAMPLES = [
    (" example.org 1; none", "example.org", []),
    (
        " example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
        "example.com",
        [("auth", "pass", "sender@example.net"), ("spf", "pass", "example.net")],
    ),
    (
        " foo.example.net (foobar) 1 (baz);\r\n dkim (I like it) / 1 (One yay) = (wait for it) fail\r\n"
        " policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (I wasn't expecting it)"
        " 1362471462",
        "foo.example.net",
        [("dkim", "fail", "1362471462")],
    ),
    (
        ' example.com; dkim=pass reason="good signature" header.i=@mail-router.example.net; '
        'dkim=fail reason="bad signature" header.i=@newyork.example.com',
        "example.com",
        [("dkim", "pass", "@mail-router.example.net"), ("dkim", "fail", "@newyork.example.com")],
    ),
]


@pytest.mark.parametrize(("text", "authserv_id", "expected"), RFC_EXAMPLES)
def test_reads_the_examples_of_the_rfc(text: str, authserv_id: str, expected: list[tuple[str, str, str]]) -> None:
    found = parse_authentication_results(text)
    assert found.authserv_id == authserv_id
    assert [(r.method, r.result, r.properties[0][1]) for r in found.results] == expected


def test_finds_results_and_properties_by_name() -> None:
    (dkim,) = SAMPLE.of("dkim")
    assert dkim.value("header.s") == "s1"
    assert dkim.value("header.i") == ""
    assert SAMPLE.of("arc") == ()


def test_a_value_with_a_line_end_cannot_become_a_field() -> None:
    hostile = AuthResult(
        method="spf",
        result="fail",
        reason="x\r\nBcc: a@b",
        comment="y)\r\nX: 1",
        properties=(("smtp.mailfrom", "a\r\nX-Evil: 1@b"),),
    )
    encoded = AuthenticationResults(authserv_id="mx.test", results=(hostile,)).encode()
    assert all(line.startswith(b"\t") for line in encoded.split(b"\r\n")[1:-1])
    read = parse_authentication_results(value_of(encoded))
    assert read.results[0].reason == "x??Bcc: a@b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "; spf=pass",
        "a b c; spf=pass",
        "mx; spf",
        "mx; spf=",
        'mx; spf=pass reason="x',
        "mx; spf=pass (x",
        "mx 2; none",
        "mx; spf=pass smtp.mailfrom",
        "mx; spf=pass " + "(" * 50,
    ],
)
def test_refuses_what_is_not_a_field(text: str) -> None:
    with pytest.raises(AuthResError):
        parse_authentication_results(text)


@given(st.text(max_size=60))
def test_never_fails_in_another_way(text: str) -> None:
    try:
        parse_authentication_results(text)
    except AuthResError:
        return


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40)


@given(words, words, words)
def test_any_value_survives_the_round_trip(reason: str, sender: str, authserv_id: str) -> None:
    results = (AuthResult(method="spf", result="pass", reason=reason, properties=(("smtp.mailfrom", sender),)),)
    written = AuthenticationResults(authserv_id=authserv_id, results=results)
    assert parse_authentication_results(value_of(written.encode())) == written
