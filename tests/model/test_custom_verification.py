"""What a template of a verification mail may hold, and the mail that is made of it."""

from dataclasses import replace
from typing import Any

import pytest

from tayori.model.custom_verification import Template, check, html_of, recipient_of, sender_of, text_of
from tayori.model.errors import Invalid, InvalidContent

GOOD = Template(
    name="welcome",
    from_address="hello@example.com",
    subject="ご登録の確認 – please confirm",
    content="<html><body><h1>Welcome</h1></body></html>",
    success_url="https://www.example.com/ok?x=1#y",
    failure_url="http://www.example.com/failed",
)


def test_a_good_template_is_good() -> None:
    check(GOOD)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.example.com",
        "ftp://example.com/",
        "javascript:alert(1)",
        "https://",
        "https://a b/",
        "https://x/\r\nSet-Cookie:a",
        "https://例え.jp/",
        "https://[::1",
        "https://x/" + "y" * 2048,
    ],
)
def test_urls(url: str) -> None:
    for word, changed in (("success", replace(GOOD, success_url=url)), ("failure", replace(GOOD, failure_url=url))):
        with pytest.raises(Invalid) as refusal:
            check(changed)
        assert refusal.value.message == f"The {word} redirection URL is invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a b"},
        {"name": "x" * 65},
        {"subject": " "},
        {"subject": "a\r\nBcc: b@c"},
        {"subject": "x" * 999},
    ],
)
def test_names_and_subjects(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        check(replace(GOOD, **changes))


@pytest.mark.parametrize(
    "content",
    ["", "  ", "<SCRIPT src=x>", "< iframe>", "<form action=x>", "<meta http-equiv=refresh>", "x" * (10 * 1024 * 1024)],
)
def test_content(content: str) -> None:
    with pytest.raises(InvalidContent):
        check(replace(GOOD, content=content))


def test_what_reads_like_a_tag_and_is_none_may_stand() -> None:
    check(replace(GOOD, content="<p>scripts and forms &lt;script&gt; <formula></p>"))


def test_the_link_and_the_fixed_text_stand_below() -> None:
    page = html_of(GOOD.content, "https://t.example/v?a=1&b=2", "postmaster@t.example")
    assert page.startswith('<html><body><h1>Welcome</h1>\n<p><a href="https://t.example/v?a=1&amp;b=2">')
    assert page.endswith("<p>postmaster@t.example</p>\n</body></html>")
    assert "If you did not request to verify this email address, please disregard this message." in page
    assert html_of("<p>bare", "l", "c").startswith("<p>bare\n<p><a")
    assert "disregard this message" in text_of("https://t.example/", "postmaster@t.example")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Email address not specified."),
        ("  ", "Email address not specified."),
        ("nobody", "Invalid email address<nobody>."),
        ("A <a@b.example>", "Invalid email address<A <a@b.example>>."),
        ("a@b.example, c@d.example", "Invalid email address<a@b.example, c@d.example>."),
    ],
)
def test_recipients(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        recipient_of(text)
    assert refusal.value.message == words


def test_addresses_without_a_name() -> None:
    assert str(sender_of("hello@EXAMPLE.com")) == "hello@example.com"
    with pytest.raises(Invalid):
        sender_of("Hello <hello@example.com>")
