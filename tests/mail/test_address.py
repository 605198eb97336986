"""Addresses: isemail's judgements, SES's error texts, header lists, and text that was made to break
parsers.
"""

import json
import time
import xml.etree.ElementTree as ElementTree
from contextlib import suppress
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.address import (
    AddressError,
    AddrSpec,
    Mailbox,
    parse_mailbox,
    parse_mailbox_list,
    to_ascii_domain,
)

# isemail's diagnoses that are neither plainly right nor plainly wrong, and what we do with them.
ACCEPTED_BY_POLICY = {"RFC5321_TLD", "RFC5321_QUOTEDSTRING"}
REFUSED_BY_POLICY = {
    "RFC5321_TLDNUMERIC": "no top-level domain is a number (RFC 3696 2)",
    "RFC5321_ADDRESSLITERAL": "SES sends to domains only",
    "RFC5321_IPV6DEPRECATED": "SES sends to domains only",
    "DEPREC_LOCALPART": "RFC 5321 has no obsolete local parts",
    "DEPREC_QP": "control characters",
    "DEPREC_QTEXT": "control characters",
    "DEPREC_CTEXT": "comments",
    "DEPREC_COMMENT": "comments",
    "DEPREC_FWS": "white space",
    "DEPREC_CFWS_NEAR_AT": "white space or comments",
    "CFWS_COMMENT": "comments belong to header fields",
    "CFWS_FWS": "white space belongs to header fields",
    "RFC5322_DOMAIN": "no host name",
    "RFC5322_DOMAINLITERAL": "no address literal even",
    "RFC5322_DOMLIT_OBSDTEXT": "no address literal even",
    "RFC5322_IPV6_GRPCOUNT": "no address literal even",
    "RFC5322_IPV6_BADCHAR": "no address literal even",
    "RFC5322_IPV6_MAXGRPS": "no address literal even",
    "RFC5322_IPV6_COLONSTRT": "no address literal even",
    "RFC5322_IPV6_COLONEND": "no address literal even",
    "RFC5322_IPV6_2X2XCOLON": "no address literal even",
    "RFC5322_LOCAL_TOOLONG": "RFC 5321 4.5.3.1.1",
    "RFC5322_LABEL_TOOLONG": "RFC 1035 2.3.4",
    "RFC5322_DOMAIN_TOOLONG": "RFC 5321 4.5.3.1.2",
    "RFC5322_TOOLONG": "RFC 5321 4.5.3.1.3",
}


def accepts(text):
    try:
        AddrSpec.parse(text)
    except AddressError:
        return False
    return True


def refusal(parse, text):
    try:
        parse(text)
    except AddressError as error:
        return str(error)
    return ""


def isemail_rows(folder):
    for test in ElementTree.parse(folder / "tests.xml").getroot().iter("test"):
        # Control characters are written as the Unicode pictures of themselves, U+2400 and on.
        text = "".join(chr(ord(c) - 0x2400) if 0x2400 <= ord(c) < 0x2420 else c for c in test.findtext("address"))
        yield (
            text,
            test.findtext("category").removeprefix("ISEMAIL_"),
            test.findtext("diagnosis").removeprefix("ISEMAIL_"),
        )


def test_every_isemail_address_is_judged_as_it_should_be(vectors):
    seen = 0
    for text, category, diagnosis in isemail_rows(vectors("isemail")):
        if category == "ERR":
            wanted = False
        elif category in ("VALID_CATEGORY", "DNSWARN"):
            wanted = True
        else:
            assert (diagnosis in ACCEPTED_BY_POLICY) != (diagnosis in REFUSED_BY_POLICY), diagnosis
            wanted = diagnosis in ACCEPTED_BY_POLICY
        assert accepts(text) is wanted, (text, diagnosis)
        seen += 1
    assert seen == 164


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a b@example.com", "Local address contains control or whitespace"),
        ("a b", "Local address contains control or whitespace"),
        (" a@example.com", "Local address contains control or whitespace"),
        ("a\r\nRCPT TO:<x@y>", "Local address contains control or whitespace"),
        ("nobody", "Missing final '@domain'"),
        ("", "Missing final '@domain'"),
        ('"nobody"', "Missing final '@domain'"),
        ("a@", "Missing domain"),
        ("a@exa mple.com", "Domain contains control or whitespace"),
        ("a@example.com\n", "Domain contains control or whitespace"),
        ("a@例え\r\n.jp", "Domain contains control or whitespace"),
        ("a@例え .jp", "Domain contains control or whitespace"),
        ('"a\r\nb"@example.com', 'Invalid email address "a\\x0d\\x0ab"@example.com.'),
        ("@example.com", "Missing local name"),
        (".a@example.com", "Local address starts with dot"),
        ("a.@example.com", "Local address ends with dot"),
        ("a..b@example.com", "Local address contains dot-dot"),
        ("a(b)@example.com", "Local address contains illegal character"),
        ("a@b@example.com", "Domain contains illegal character"),
        ("a@.example.com", "Domain starts with dot"),
        ("a@example..com", "Domain contains dot-dot"),
        ("a@example.com.", "Domain ends with dot"),
        ("a@exa_mple.com", "Domain contains illegal character"),
        ("a@[192.0.2.1]", "Domain is an address literal; use a domain name"),
        ("a@[IPv6:2001:db8::1]", "Domain is an address literal; use a domain name"),
        ("@a.example:b@example.com", "Missing local name"),
        ("ユーザー@example.com", "Local address contains a character outside US-ASCII"),
        ("a" * 65 + "@example.com", "Local address is longer than 64 octets"),
        ("a" * 64 + "@" + ("b" * 60 + ".") * 3 + "example", "Address is longer than 254 octets"),
        ("a@" + "b" * 64 + ".com", "Domain has a label longer than 63 octets"),
        ("a@-b.com", "Domain has a label that starts or ends with a hyphen"),
        ("a@192.0.2.1", "Domain ends in a number"),
    ],
)
def test_the_sentence_names_what_is_wrong(text, sentence):
    with pytest.raises(AddressError) as caught:
        AddrSpec.parse(text)
    assert str(caught.value) == sentence


def test_length_is_counted_in_utf16_units_and_after_the_form():
    long = "a@" + "x" * 318 + ".com"
    with pytest.raises(AddressError, match=r"^Address length is more than 320 characters long: 'a@x+\.com'\.$"):
        AddrSpec.parse(long)
    with pytest.raises(AddressError, match=r"^Address length is more than 320"):
        AddrSpec.parse("𝒳" * 160 + "@example.com")  # two units each
    with pytest.raises(AddressError, match=r"^Local address contains control"):
        AddrSpec.parse("a b" * 200 + "@example.com")


def test_domains_become_lower_case_a_labels_and_local_parts_stay():
    assert str(AddrSpec.parse("Info.Desk+x@EXAMPLE.Com")) == "Info.Desk+x@example.com"
    assert AddrSpec.parse("a@日本語.jp").domain == "xn--wgv71a119e.jp"
    assert AddrSpec.parse("a@ｅｘａｍｐｌｅ.com").domain == "example.com"
    assert AddrSpec.parse("a@straße.de").domain == "xn--strae-oqa.de"
    assert AddrSpec.parse("a@例え。テスト").domain == "xn--r8jz45g.xn--zckzah"
    assert AddrSpec.parse('"a b@c"@example.com') == AddrSpec('"a b@c"', "example.com")
    for wrong in ("a@\u200b.jp", "a@ex\u202eample.jp", "a@xn\u2010-a.jp", "a@☃.-jp", "a@" + "日" * 300):
        assert not accepts(wrong)


def test_labels_are_cut_from_the_first_plus():
    assert AddrSpec.parse("a+b+c@example.com").unlabelled() == AddrSpec("a", "example.com")
    plain = AddrSpec.parse("a@example.com")
    assert plain.unlabelled() is plain
    assert str(AddrSpec.parse("+b@example.com").unlabelled()) == "+b@example.com"
    assert str(AddrSpec.parse('"a+b"@example.com').unlabelled()) == '"a+b"@example.com'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a@example.com", [("", "a@example.com")]),
        (" <a@example.com> ", [("", "a@example.com")]),
        ("Ann Lee <a@example.com>", [("Ann Lee", "a@example.com")]),
        ('"Lee, Ann \\"A\\"" <a@example.com>', [('Lee, Ann "A"', "a@example.com")]),
        ("J. R. Lee <a@example.com>", [("J. R. Lee", "a@example.com")]),
        ("a@example.com (Ann (A) Lee)", [("Ann (A) Lee", "a@example.com")]),
        ("(x) Ann (y) <a@(z)example.com> (w)", [("Ann", "a@example.com")]),
        ("a@example.com, B <b@example.com>", [("", "a@example.com"), ("B", "b@example.com")]),
        ("Team: a@example.com, B <b@example.com>;", [("", "a@example.com"), ("B", "b@example.com")]),
        ("undisclosed-recipients:;", []),
        ("A:a@example.com;, b@example.com", [("", "a@example.com"), ("", "b@example.com")]),
        ("", []),
        (" , a@example.com,, (nobody) ,", [("", "a@example.com")]),
        ("test . test@ example .com", [("", "test.test@example.com")]),
        ("=?UTF-8?B?5bGx55Sw5aSq6YOO?= <a@example.com>", [("山田太郎", "a@example.com")]),
        ('"=?UTF-8?B?5bGx55Sw5aSq6YOO?=" <a@example.com>', [("山田太郎", "a@example.com")]),
        (
            "=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= =?ISO-2022-JP?B?GyRCQkBPOhsoQg==?= <a@e.com>",
            [("山田太郎", "a@e.com")],
        ),
        ("=?utf-8?Q?a,b.c?= <a@example.com>", [("a,b.c", "a@example.com")]),
        ("山田 太郎 <a@日本語.jp>", [("山田 太郎", "a@xn--wgv71a119e.jp")]),
        ("A\r\n B <a@example.com>,\r\n\tb@example.com", [("A B", "a@example.com"), ("", "b@example.com")]),
        ('"a b"@example.com', [("", '"a b"@example.com')]),
    ],
)
def test_header_lists(text, wanted):
    boxes = parse_mailbox_list(text)
    assert [(box.display_name, str(box.addr)) for box in boxes] == wanted
    if len(wanted) == 1:
        assert parse_mailbox(text) == boxes[0]


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com b@example.com",
        "<a@example.com",
        "a@example.com>",
        "<<a@example.com>>",
        "A <a> b@example.com",
        "<@x.example:a@example.com>",
        "<a@example.com, b@example.com>",
        "a@example.com;",
        "A: a@example.com",
        "A: B: a@example.com;;",
        ":;",
        "(a@example.com",
        "a@example.com)",
        '"a <a@example.com>',
        "a@[1.2.3.4",
        "A <a@example.com>\r\nBcc: x@example.com",
        "A\n<a@example.com>",
        "a@example.com\r\n",
        '"A\r\nB" <a@example.com>',
        "(A\r\nB) a@example.com",
        "A <a@exam\r\n ple.com>",
        "a b@example.com",
        "x@y <a@example.com>",
        "\x00a@example.com",
        "<>",
        "A <>",
        "<a@example.com> B",
    ],
)
def test_malformed_lists_are_refused(text):
    with pytest.raises(AddressError):
        parse_mailbox_list(text)


def test_one_mailbox_means_one():
    for text in ("", "a@example.com, b@example.com"):
        with pytest.raises(AddressError):
            parse_mailbox(text)


def test_a_decoded_name_cannot_open_a_new_header_line():
    box = parse_mailbox("=?UTF-8?B?QQ0KQmNjOiB4QGV4YW1wbGUuY29t?= <a@example.com>")  # A CRLF Bcc: x@example.com
    assert box.display_name == "A  Bcc: x@example.com"
    assert b"\n" not in box.encode() and b"\r" not in box.encode()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120))
def test_names_survive_the_header(name):
    box = Mailbox(name.strip(), AddrSpec("a", "example.com"))
    encoded = box.encode()
    assert encoded.isascii()
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    again = parse_mailbox(encoded.decode())
    assert again.addr == box.addr
    assert again.display_name == box.display_name.replace("\x7f", " ")


def test_names_are_read_by_the_standard_library_too():
    for name in ("山田 太郎", "Lee, Ann", 'A "B" \\ C', "É. Zola", "=?x?="):
        from email.header import decode_header, make_header

        shown, address = parseaddr(Mailbox(name, AddrSpec("a", "example.com")).encode().decode())
        assert address == "a@example.com"
        assert str(make_header(decode_header(shown))) == name


def test_naughty_strings_raise_nothing_but_address_errors(vectors):
    for naughty in json.loads((vectors("blns") / "blns.json").read_text(encoding="utf-8")):
        for text in (naughty, naughty + "@example.com", "a@" + naughty, f"{naughty} <a@example.com>"):
            for parse in (AddrSpec.parse, parse_mailbox_list):
                sentence = refusal(parse, text)
                assert "\n" not in sentence and "\r" not in sentence
        with suppress(AddressError):
            assert to_ascii_domain(naughty).isascii()


@given(st.text(alphabet=st.sampled_from('ab.@<>,:;"\\()[] \t\r\n=?é日'), max_size=60))
def test_no_text_breaks_the_parsers(text):
    for parse in (AddrSpec.parse, parse_mailbox_list):
        with suppress(AddressError):
            parse(text)


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        '"',
        "\\",
        ",",
        "a",
        "=?",
        "=?a?B?",
        "a,",
        "<",
        "a@b,",
        " ",
        '"a" ',
        "((a)",
        "[",
        "\r\n ",
        "a:;",
        "日",
    ],
)
def test_a_megabyte_of_anything_is_answered_at_once(piece):
    for size in (250_000, 1_000_000):
        text = (piece * (size // len(piece)))[:size]
        started = time.process_time()
        for parse in (AddrSpec.parse, parse_mailbox_list, lambda t: parse_mailbox_list("a <" + t)):
            with suppress(AddressError):
                parse(text)
        assert time.process_time() - started < 5
