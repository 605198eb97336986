"""Policy files of MTA-STS as RFC 8461 has them, and as people write them."""

import pytest

from tayori.mail.mta_sts import MtaStsMode, MtaStsPolicy, MtaStsSyntaxError, parse_policy

RFC = (
    b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\n"
    b"max_age: 604800\r\n"
)


def test_the_example_of_the_rfc() -> None:
    policy = parse_policy(RFC)
    assert policy == MtaStsPolicy(
        mode=MtaStsMode.ENFORCE,
        max_age=604_800,
        mx=("mail.example.com", "*.example.net", "backupmx.example.com"),
    )


@pytest.mark.parametrize(
    ("content", "mode", "max_age", "mx"),
    [
        (b"mode:testing\nmax_age:0\nmx:MX.Example.com\nversion:STSv1", MtaStsMode.TESTING, 0, ("mx.example.com",)),
        (b"version: STSv1\nmode: none\nmax_age: 31557600\n", MtaStsMode.NONE, 31_557_600, ()),
        (b"version: STSv1\nmode: none\nmode: enforce\nmax_age: 1\nfuture: x\nno field\n\n", MtaStsMode.NONE, 1, ()),
    ],
)
def test_reads(content: bytes, mode: MtaStsMode, max_age: int, mx: tuple[str, ...]) -> None:
    assert parse_policy(content) == MtaStsPolicy(mode=mode, max_age=max_age, mx=mx)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "policy-bad-version"),
        (b"version: STSv2\nmode: none\nmax_age: 1", "policy-bad-version"),
        (b"\xff\xfe", "policy-bad-version"),
        (b"<html></html>", "policy-bad-version"),
        (b"version: STSv1\nmax_age: 1", "policy-bad-mode"),
        (b"version: STSv1\nmode: Enforce\nmax_age: 1\nmx: a.example", "policy-bad-mode"),
        (b"version: STSv1\nmode: none", "policy-bad-max-age"),
        (b"version: STSv1\nmode: none\nmax_age: -1", "policy-bad-max-age"),
        (b"version: STSv1\nmode: none\nmax_age: 31557601", "policy-bad-max-age"),
        (b"version: STSv1\nmode: none\nmax_age: 99999999999999999999", "policy-bad-max-age"),
        ("version: STSv1\nmode: none\nmax_age: ١".encode(), "policy-bad-max-age"),
        (b"version: STSv1\nmode: enforce\nmax_age: 1", "policy-no-mx"),
        (b"version: STSv1\nmode: enforce\nmax_age: 1\nmx: a b", "policy-bad-mx"),
        (b"version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.*.example", "policy-bad-mx"),
        (b"version: STSv1\nmode: enforce\nmax_age: 1\nmx: *", "policy-bad-mx"),
        (b"version: STSv1\nmode: enforce\nmax_age: 1\n" + b"mx: a.example\n" * 201, "policy-bad-mx"),
    ],
)
def test_refuses(content: bytes, why: str) -> None:
    with pytest.raises(MtaStsSyntaxError) as refused:
        parse_policy(content)
    assert str(refused.value) == why


def test_a_star_stands_for_one_label_on_the_left() -> None:
    policy = MtaStsPolicy(mode=MtaStsMode.ENFORCE, max_age=1, mx=("mx.example.com", "*.example.net"))
    assert policy.covers("MX.example.com.") and policy.covers("a.example.net")
    hosts = ("a.b.example.net", "example.net", "evil-example.net", "x.mx.example.com")
    assert policy.uncovered(hosts) == hosts
