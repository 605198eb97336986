"""DKIM: dkimpy as the other side in both directions, its vectors, and every reason to refuse a signature."""

import base64
import re
import time
from datetime import UTC, datetime
from hashlib import sha256

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given, settings
from hypothesis import strategies as st

from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.canonical import relaxed_body, relaxed_field, simple_body
from tayori.mail.dkim import (
    Canonicalization,
    DkimKeyError,
    KeyOrigin,
    SigningError,
    SigningKey,
    Unsigned,
    key_bits,
    load_private_key,
    prepare,
    public_record,
    sign,
)
from tayori.mail.dkim_verify import DkimVerdict, parse_tags, verify
from tayori.mail.fields import split_message
from tayori.mail.lines import to_crlf

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
MESSAGE = (
    b"From: Ann Lee <ann@example.com>\r\nTo: bob@example.net\r\nSubject: Hello\r\n\tagain  and again \r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n"
    b"Date: Wed, 01 Jul 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nFeedback-ID: x:y\r\n"
    b"X-SES-Outgoing: 2026.07.01-192.0.2.1\r\n\r\nHello,\r\n\r\n  how \t are you? \r\n\r\n\r\n"
)
BOTH = list(Canonicalization)


def pem(key, form=PrivateFormat.PKCS8, encoding=Encoding.PEM):
    return key.private_bytes(encoding, form, NoEncryption())


def signed(message=MESSAGE, key=RSA_KEY, canonicalization=Canonicalization.RELAXED_SIMPLE, domain="example.com"):
    fields, offset = split_message(message)
    return sign(fields, message[offset:], [SigningKey(domain, "sel", key)], NOW, canonicalization) + message


def dns(records):
    """Answers from {name: text}; a missing name does not exist, an AnswerStatus is given as it is."""

    def answer(query):
        assert query.rdtype == "TXT"
        value = records.get(query.name, AnswerStatus.NXDOMAIN)
        if isinstance(value, AnswerStatus):
            return Answer(name=query.name, rdtype="TXT", status=value)
        values = (value,) if isinstance(value, str) else tuple(value)
        return Answer(name=query.name, rdtype="TXT", status=AnswerStatus.FOUND, values=values)

    return answer


def results(raw, records, now=NOW):
    evaluation = verify(raw, now)
    answer = dns(records)
    try:
        query = next(evaluation)
        while True:
            query = evaluation.send(answer(query))
    except StopIteration as end:
        return end.value


RECORD = public_record(RSA_KEY)


def result(raw, record=RECORD, now=NOW):
    (only,) = results(raw, {"sel._domainkey.example.com": record}, now)
    return only


def dkimpy_verifies(raw, record):
    return dkimpy.verify(raw, dnsfunc=lambda name, timeout=5: record.encode())


# --- signing ---


def test_the_signature_has_the_form_that_ses_gives_it():
    head = signed()[: -len(MESSAGE)]
    assert re.fullmatch(
        rb"DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple;\r\n"
        rb"\ts=sel; d=example\.com; t=1782907200;\r\n"
        rb"\th=From:To:Subject:MIME-Version:Content-Type:Content-Transfer-Encoding:Date:\r\n"
        rb"\tMessage-ID:Feedback-ID;\r\n"
        rb"\tbh=[A-Za-z0-9+/]{43}=;\r\n"
        rb"\tb=[A-Za-z0-9+/]{73}\r\n\t[A-Za-z0-9+/]{75}\r\n\t[A-Za-z0-9+/]{23}=\r\n",
        head,
    ), head


def test_fields_of_the_signature_stay_within_78_columns_however_many_there_are():
    many = b"".join(b"List-%s: x\r\n" % n for n in (b"Id", b"Help", b"Unsubscribe", b"Unsubscribe-Post", b"Archive"))
    raw = signed(many + MESSAGE, domain="a-rather-long-name.for-a-mail-domain.example.com")
    head = raw[: -len(many + MESSAGE)]
    assert all(len(line) + 7 <= 85 for line in head.split(b"\r\n"))
    assert max(len(line.expandtabs(8)) for line in head.split(b"\r\n")) <= 85
    record = RECORD
    assert dkimpy_verifies(raw, record)


@pytest.mark.parametrize("canonicalization", BOTH)
def test_dkimpy_verifies_what_we_sign(canonicalization):
    raw = signed(canonicalization=canonicalization)
    assert dkimpy_verifies(raw, RECORD)
    assert not dkimpy_verifies(raw.replace(b"Hello,", b"Hullo,"), RECORD)
    assert not dkimpy_verifies(raw.replace(b"Subject: H", b"Subject: h"), RECORD)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b"a", b"a\r\n", b"a\r\n\r\n", b" \r\n\t\r\n", b"\r\na\r\n"]
)
@pytest.mark.parametrize("canonicalization", BOTH)
def test_bodies_at_the_edges_verify_at_both(body, canonicalization):
    raw = signed(b"From: a@example.com\r\n\r\n" + body, canonicalization=canonicalization)
    assert dkimpy_verifies(raw, RECORD)
    assert result(raw).passed


def test_repeated_fields_are_signed_from_the_bottom():
    message = b"To: a@example.com\r\nFrom: x@example.com\r\nTo: b@example.com\r\nTo: c@example.com\r\n\r\nx\r\n"
    raw = signed(message)
    assert b"h=To:From:To:To;" in raw
    assert dkimpy_verifies(raw, RECORD)
    assert result(raw).passed
    assert not result(raw.replace(b"To: a@", b"To: z@")).passed


def test_several_keys_share_one_preparation():
    fields, offset = split_message(MESSAGE)
    keys = [SigningKey("example.com", "sel", RSA_KEY), SigningKey("tayori.test", "ed", ED_KEY)]
    both = prepare(fields, MESSAGE[offset:], keys, NOW)
    raw = b"".join(one.complete(one.signature()) for one in both) + MESSAGE
    records = {
        "sel._domainkey.example.com": RECORD,
        "ed._domainkey.tayori.test": public_record(ED_KEY),
    }
    first, second = results(raw, records)
    assert (first.verdict, first.domain) == ("pass", "example.com")
    assert (first.algorithm, first.key_bits) == ("rsa-sha256", 1024)
    assert (second.verdict, second.domain, second.algorithm, second.key_bits) == (
        "pass", "tayori.test", "ed25519-sha256", 256,
    )  # fmt: skip


def test_a_message_without_from_is_not_signed():
    with pytest.raises(SigningError):
        signed(b"To: a@example.com\r\n\r\n")


# --- keys ---

NO_PEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("origin", list(KeyOrigin))
def test_keys_load_from_pem_and_from_bare_base64(form, origin):
    public = RECORD
    bare = base64.b64encode(pem(RSA_KEY, form, Encoding.DER)).decode()
    assert public_record(load_private_key(pem(RSA_KEY, form), origin)) == public
    assert public_record(load_private_key(bare, origin)) == public
    assert public_record(load_private_key("\n".join(bare[n : n + 64] for n in range(0, len(bare), 64)))) == public
    assert key_bits(load_private_key(bare)) == 1024


def test_ed25519_keys_load():
    assert public_record(load_private_key(pem(ED_KEY))) == public_record(ED_KEY)


@pytest.mark.parametrize("text", ["", "x", "AAAA", NO_PEM, "é" * 9])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(DkimKeyError):
        load_private_key(text)


def test_locked_foreign_and_public_keys_are_refused():
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    curve = ec.generate_private_key(ec.SECP256R1())
    locked = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for text in (pem(curve), locked, public):
        with pytest.raises(DkimKeyError):
            load_private_key(text)


# --- verification ---


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("length", [False, True])
def test_we_verify_what_dkimpy_signs(header, body, length):
    field = dkimpy.sign(
        MESSAGE, b"sel", b"example.com", pem(RSA_KEY, PrivateFormat.TraditionalOpenSSL),
        canonicalize=(header, body), length=length, identity=b"ann@mail.example.com",
    )  # fmt: skip
    found = result(field + MESSAGE)
    assert found.passed, found
    assert found.canonicalization == f"{header.decode()}/{body.decode()}"
    assert found.identity == "ann@mail.example.com"
    assert (found.body_length is not None) is length
    assert found.selector == "sel"
    assert not result(field + MESSAGE.replace(b"how", b"HOW")).passed
    assert result(field + MESSAGE + b"added\r\n").passed is length


def test_the_vectors_of_rfc_6376_and_8463_verify(vectors):
    folder = vectors("dkim-dkimpy")
    records = {
        "brisbane._domainkey.football.example.com": (
            "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        ),
        "test._domainkey.football.example.com": (
            "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"
            "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+"
            "2kryOTIKT+l/K4w3QIDAQAB"
        ),
        "sed._domainkey.test.ex": (folder / "eximtest.dns").read_text(),
    }
    for name, wanted in (
        ("rfc6376.signed.msg", ["pass", "pass"]),
        ("rfc6376.signed.rsa.msg", ["pass"]),
        ("rfc6376.signed.no_t.msg", ["fail"]),  # its h= and x= were edited after signing
        ("ed25519test2.msg", ["pass"]),
    ):
        raw = to_crlf((folder / name).read_bytes())
        assert [one.verdict for one in results(raw, records)] == wanted, name


def test_every_vector_gets_an_answer_and_none_passes_without_its_key(vectors):
    folder = vectors("dkim-dkimpy")
    seen = 0
    for path in [*folder.glob("*.msg"), *folder.glob("*.message*"), folder / "message.mbox"]:
        raw = to_crlf(path.read_bytes())
        for one in results(raw, {}):
            assert one.verdict in ("permerror", "policy", "neutral", "fail"), (path, one)
            seen += 1
        for one in results(raw, dict.fromkeys(["sel._domainkey.example.com"], AnswerStatus.TIMEOUT)):
            assert not one.passed
    assert seen >= 7


def test_a_domain_that_holds_a_comment_is_no_domain(vectors):
    raw = to_crlf((vectors("dkim-dkimpy") / "test.message.baddomain").read_bytes())
    (only,) = results(raw, {})
    assert (only.verdict, only.reason) == ("neutral", "the d= tag is no domain name")


@pytest.mark.parametrize(
    ("file", "verdict", "reason"),
    [
        ("test.txt", "fail", "the signature does not match"),
        ("test2.txt", "fail", "the signature does not match"),  # no k=: RSA
        ("1024_testkey_wo_markers.pub.rsa.txt", "fail", "the signature does not match"),  # PKCS#1 form
        ("2048_testkey_wo_markers.pub.txt", "fail", "the signature does not match"),
        ("2048_testkey_PKCS8.key.pub.txt", "fail", "the signature does not match"),
        ("badk.txt", "permerror", "the key is of another kind than the signature"),
        ("badversion.txt", "permerror", "the key record has another version than DKIM1"),
        ("test_bad.txt", "permerror", "the key cannot be read"),
        ("test_tlsrpt.txt", "permerror", "the key is not for email"),
        ("ed25519test.dns", "permerror", "the key is of another kind than the signature"),
    ],
)
def test_dkimpys_key_records_are_read(vectors, file, verdict, reason):
    record = (vectors("dkim-dkimpy") / file).read_text().strip()
    found = result(signed(), record)
    assert (found.verdict, found.reason) == (verdict, reason)


P = RECORD.partition("p=")[2]


@pytest.mark.parametrize(
    ("record", "verdict", "reason"),
    [
        (f"p={P}", "pass", ""),
        (f"v=DKIM1;k=rsa;h=sha1:sha256;s=email;t=y:s;n=note;p={P[:50]} {P[50:]};", "pass", ""),
        (f"v=DKIM1; g=nobody; p={P}", "pass", ""),
        ("v=DKIM1; p=", "permerror", "the key is revoked"),
        (f"v=DKIM1; h=sha1; p={P}", "permerror", "the key is not for SHA-256"),
        (f"p={P}; v=DKIM1", "permerror", "the key record has another version than DKIM1"),
        (f"v=DKIM2; p={P}", "permerror", "the key record has another version than DKIM1"),
        ("v=DKIM1; k=rsa", "permerror", "the key record is malformed"),
        ("just text", "permerror", "the key record is malformed"),
        (f"p={P}; p={P}", "permerror", "the key record is malformed"),
        ("p=!!!", "permerror", "the key cannot be read"),
        (public_record(ED_KEY).replace("k=ed25519", "k=rsa"), "permerror", "the key cannot be read"),
        (("v=spf1 -all", f"p={P}"), "pass", ""),
        ((), "permerror", "there is no key record"),
        (AnswerStatus.NODATA, "permerror", "there is no key record"),
        (AnswerStatus.NXDOMAIN, "permerror", "there is no key record"),
        (AnswerStatus.SERVER_FAILURE, "temperror", "the DNS did not answer the key query"),
        (AnswerStatus.TIMEOUT, "temperror", "the DNS did not answer the key query"),
    ],
    ids=range(18),  # not the keys: they are made anew in each process that collects the tests
)
def test_key_records_are_judged(record, verdict, reason):
    found = result(signed(), record)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.is_testing is (isinstance(record, str) and "t=y" in record)


def resigned(tags, message=MESSAGE, key=RSA_KEY):
    """A correct signature over `message` with the tags given: {"d": …}; None removes a tag."""
    digest = base64.b64encode(sha256(simple_body(message.partition(b"\r\n\r\n")[2])).digest())
    all_tags = {
        "v": "1", "a": "rsa-sha256", "c": "relaxed/simple", "d": "example.com", "s": "sel", "h": "from:to",
        "bh": digest.decode(), **tags, "b": "",
    }  # fmt: skip
    head = ("DKIM-Signature: " + "; ".join(f"{k}={v}" for k, v in all_tags.items() if v is not None)).encode()
    fields, _ = split_message(message)
    wanted = {name.strip().lower().encode() for name in (all_tags["h"] or "").split(":")}
    data = b"".join(relaxed_field(f.raw) for f in fields if f.key in wanted) + relaxed_field(head)[:-2]
    one = Unsigned(head, data, key)
    return one.complete(one.signature()) + message


LATER, EARLIER = int(NOW.timestamp()) + 60, int(NOW.timestamp()) - 60


@pytest.mark.parametrize(
    ("tags", "verdict", "reason"),
    [
        ({}, "pass", ""),
        ({"x": LATER, "t": EARLIER}, "pass", ""),
        ({"x": EARLIER}, "fail", "the signature has expired"),
        ({"x": EARLIER, "t": LATER}, "permerror", "the signature expires before it was made"),
        ({"x": "soon"}, "neutral", "the x= tag is no number"),
        ({"l": "5"}, "pass", "the first 5 octets of the body are signed"),
        ({"l": "99999"}, "fail", "the body is shorter than its signed length"),
        ({"l": "-1"}, "neutral", "the l= tag is no number"),
        ({"v": "2"}, "permerror", "the signature has another version than 1"),
        ({"v": None}, "permerror", "the signature lacks its v= tag"),
        ({"d": None}, "permerror", "the signature lacks its d= tag"),
        ({"s": None}, "permerror", "the signature lacks its s= tag"),
        ({"h": None}, "permerror", "the signature lacks its h= tag"),
        ({"bh": None}, "permerror", "the signature lacks its bh= tag"),
        ({"a": None}, "permerror", "the signature lacks its a= tag"),
        ({"a": "rsa-sha1"}, "policy", "rsa-sha1 is no longer valid (RFC 8301)"),
        ({"a": "dsa-sha256"}, "permerror", "the signature algorithm is not known"),
        ({"c": "relaxed"}, "pass", ""),
        ({"c": "nowsp"}, "permerror", "the canonicalization is not known"),
        ({"h": "to:subject"}, "permerror", "the From field is not signed"),
        ({"h": "From : To : X-Missing"}, "pass", ""),
        ({"q": "dns/txt:other"}, "pass", ""),
        ({"q": "http"}, "permerror", "no query method of the signature is known"),
        ({"i": "ann@example.com"}, "pass", ""),
        ({"i": "@sub.example.com"}, "pass", ""),
        ({"i": "ann@badexample.com"}, "permerror", "the i= tag is not within the d= domain"),
        ({"i": "example.com"}, "permerror", "the i= tag is not within the d= domain"),
        ({"d": "ex ample.com"}, "neutral", "the d= tag is no domain name"),
        ({"s": "a..b"}, "neutral", "the s= tag is no selector"),
        ({"s": "x" * 250}, "neutral", "the s= tag is no selector"),
        ({"bh": "!"}, "neutral", "the bh= tag is no base64"),
        ({"bh": "AAAA"}, "fail", "the body hash does not match"),
        ({"zz": "unknown tags are ignored"}, "pass", ""),
    ],
)
def test_signatures_are_judged_tag_by_tag(tags, verdict, reason):
    if "l" in tags and tags["l"] == "5":
        tags = {**tags, "bh": base64.b64encode(sha256(b"Hello").digest()).decode()}
    found = result(resigned(tags))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_strict_keys_refuse_subdomains_in_i():
    record = f"v=DKIM1; t=s; p={P}"
    assert result(resigned({"i": "@example.com"}), record).passed
    found = result(resigned({"i": "@sub.example.com"}), record)
    assert (found.verdict, found.reason) == ("permerror", "the key does not allow subdomains in i=")


def test_short_keys_are_a_matter_of_policy():
    # A 512-bit modulus, made when they were still possible; its signature does not matter, the size is looked at first.
    short = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL2uV3WcTDF8NzM+XQMGOvdmQ+lNb8DfRVAj0MmNJ8N6OuNpPlkPu2WY"
        "P8HRZBvhqmCmQPqkd5r5M1yGW3BDpOkCAwEAAQ=="
    )
    found = result(signed(), f"v=DKIM1; p={short}")
    assert (found.verdict, found.reason) == ("policy", "the key has 512 bits, fewer than 1024")


def test_fields_that_parse_as_nothing_are_neutral():
    for field in (b"DKIM-Signature: nonsense\r\n", b"DKIM-Signature: v=1;;a=b\r\n", b"DKIM-Signature: v=1; v=1\r\n"):
        assert result(field + MESSAGE).verdict is DkimVerdict.NEUTRAL


def test_no_signature_no_result_and_only_ten_are_looked_at():
    assert results(MESSAGE, {}) == []
    assert results(b"not a message", {}) == []
    assert len(results(signed()[: -len(MESSAGE)] * 40 + MESSAGE, {})) == 10


def test_another_signature_may_be_signed_but_never_itself():
    first = signed()
    raw = resigned({"h": "dkim-signature:from"}, message=first)
    records = {"sel._domainkey.example.com": RECORD}
    assert [one.verdict for one in results(raw, records)] == ["pass", "pass"]
    assert [one.verdict for one in results(raw.replace(b"t=1782907200", b"t=1782907201"), records)] == ["fail", "fail"]


def test_added_fields_above_do_not_matter_but_signed_ones_added_below_do():
    raw = signed()
    assert result(b"Received: by x\r\n" + raw).passed
    added = raw.replace(b"\r\n\r\n", b"\r\nSubject: another\r\n\r\n", 1)
    assert result(added).verdict is DkimVerdict.FAIL


def test_a_changed_octet_in_a_signed_place_is_noticed():
    raw = signed()
    start = len(raw) - len(MESSAGE)
    unsigned = range(MESSAGE.index(b"X-SES-Outgoing"), MESSAGE.index(b"\r\n\r\n"))
    changed = 0
    for position in range(0, len(MESSAGE), 5):
        # Flipping the lowest bit of these would move a field's or a word's border, which is another matter.
        if position in unsigned or MESSAGE[position] in b" !\t\x08\r\x0c\n\x0b:;":
            continue
        forged = bytearray(raw)
        forged[start + position] ^= 1
        assert not any(one.passed for one in results(bytes(forged), {"sel._domainkey.example.com": RECORD}))
        changed += 1
    assert changed > 40


# --- canonicalization against dkimpy ---

TEXT = st.text(alphabet="ab \t\r\n\x0b\x0c.", max_size=60).map(lambda t: to_crlf(t.encode()))


@given(TEXT)
def test_bodies_canonicalize_as_dkimpy_does(text):
    body = text + b"\r\n" if text and not text.endswith(b"\r\n") else text
    assert simple_body(body) == Simple.canonicalize_body(body)
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(st.text(alphabet="ab \t\x0c.:;=", max_size=40), st.lists(st.text(alphabet="ab \t", max_size=9), max_size=3))
def test_fields_canonicalize_as_dkimpy_does(first, folds):
    value = ("\r\n ".join([first, *folds]) + "\r\n").encode()
    ((name, wanted),) = Relaxed.canonicalize_headers([(b"X-Name ", value)])
    mine = relaxed_field(b"X-Name :" + value)
    if b"\x0c" in value.strip(b" \t\r\n")[:1] + value.strip(b" \t\r\n")[-1:]:
        return  # dkimpy strips a form feed at the ends, which RFC 6376 does not know as white space
    assert mine == name + b":" + wanted


@settings(max_examples=40, deadline=None)
@given(TEXT, st.sampled_from(BOTH))
def test_any_body_signs_and_verifies_on_both_sides(text, canonicalization):
    body = text + b"\r\n" if text and not text.endswith(b"\r\n") else text
    raw = signed(b"From: a@example.com\r\nSubject:  x\t y \r\n\r\n" + body, canonicalization=canonicalization)
    assert result(raw).passed
    assert dkimpy_verifies(raw, RECORD)


def test_bare_line_ends_of_strangers_stay_content():
    assert simple_body(b"a\n\r\n\r\n") == b"a\n\r\n"
    assert simple_body(b"a\r\r\n") == b"a\r\r\n"
    assert relaxed_body(b"\n\r\n\r\n") == b"\n\r\n"


@given(st.binary(max_size=80))
def test_tag_lists_never_raise(text):
    tags = parse_tags(text)
    assert tags is None or all(b";" not in value for value in tags.values())


@given(st.text(alphabet="vabdhsbx=;: 1\r\n\t", max_size=60))
def test_no_signature_field_breaks_verification(text):
    value = text.replace("\r", "").replace("\n", "\r\n ")
    results(b"DKIM-Signature: " + value.encode() + b"\r\nFrom: a@example.com\r\n\r\nx\r\n", {})


def test_a_huge_body_of_spaces_or_empty_lines_is_no_trouble():
    started = time.process_time()
    for body in (b" " * 3_000_000, b"\r\n" * 1_500_000, b" \t" * 1_500_000 + b"\r\n", b"a \r\n" * 700_000):
        relaxed_body(body)
        simple_body(body)
    assert time.process_time() - started < 3
