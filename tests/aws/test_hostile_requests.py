"""Requests as no client sends them: each ends in an ApiError with AWS's words, none in anything else."""

import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.aws import constraints, query, rest_json, spec
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest

V1, V2 = spec.load("ses"), spec.load("sesv2")


def post(body: bytes, path: str = "/v2/email/outbound-emails", query_string: str = "", method: str = "POST") -> Any:
    request = HttpRequest(method=method, path=path, query=query_string, headers=Headers(), body=body)
    operation = V2.route(method, path, query_string)
    assert operation is not None
    return rest_json.parse_request(operation, request)


def form(action: str, body: bytes) -> Any:
    request = HttpRequest(method="POST", path="/", headers=Headers(), body=body)
    return query.parse_request(V1.operations[action], request)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"{} {}", "not valid JSON"),
        (b"\xff\xfe{}", "not valid UTF-8"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b'{"FromEmailAddress": NaN}', "NaN is not a JSON value"),
        (b'{"FromEmailAddress": -Infinity}', "Infinity is not a JSON value"),
        (b'{"X": 1e999}', "out of range"),
        (b'{"X": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": 1, "a": 2}', "more than once"),
        (b'{"FromEmailAddress": "\\ud800"}', "not valid UTF-8"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"a":' * 100_000, "not valid JSON"),
        (b'{"EmailTags": [' + b"{}," * 30_000 + b"{}]}", "more than 20000 values"),
        (b'{"X": {' + b",".join(b'"%d":0' % n for n in range(30_000)) + b"}}", "more than 20000 values"),
        (b'{"ReplyToAddresses": [' + b'"",' * 30_000 + b'""]}', "more than 20000 values"),
        (b'{"FromEmailAddress": 1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"FromEmailAddress": 1.5}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"FromEmailAddress": true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"FromEmailAddress": false}', "FALSE_VALUE can not be converted to a String"),
        (b'{"FromEmailAddress": []}', "Start of list found where not expected"),
        (b'{"FromEmailAddress": {}}', "Start of structure or map found where not expected."),
        (b'{"ReplyToAddresses": "a@b"}', "Expected list or null"),
        (b'{"ReplyToAddresses": {}}', "Start of structure or map found where not expected."),
        (b'{"Destination": "a@b"}', "Expected null"),
        (b'{"Destination": []}', "Start of list found where not expected"),
        (b'{"Content": {"Raw": {"Data": "not base64!"}}}', "not valid base64"),
        (b'{"Content": {"Raw": {"Data": 1}}}', "NUMBER_VALUE can not be converted to a Blob"),
        ('{"Content": {"Raw": {"Data": "あ"}}}'.encode(), "not valid base64"),
    ],
)
def test_a_json_body_that_does_not_fit(body: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        post(body)
    assert (caught.value.code, caught.value.status) == ("SerializationException", 400)
    assert message in (caught.value.message or "")


@pytest.mark.parametrize(
    ("value", "read"),
    [(b"true", True), (b"false", False), (b'"TRUE"', True), (b'"no"', False), (b'"1"', True), (b"null", None)],
)
def test_booleans(value: bytes, read: bool | None) -> None:
    params = post(b'{"SendingEnabled": ' + value + b"}", "/v2/email/account/sending", method="PUT")
    assert params.get("SendingEnabled") is read


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b'"perhaps"', "STRING_VALUE can not be converted to an Boolean"),
        (b"0", "NUMBER_VALUE can not be converted to a Boolean"),
        (b"[]", "Start of list found where not expected"),
    ],
)
def test_what_is_no_boolean(value: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        post(b'{"SendingEnabled": ' + value + b"}", "/v2/email/account/sending", method="PUT")
    assert caught.value.message == message


def test_integers() -> None:
    path = "/v2/email/list-identities"
    assert post(b'{"PageSize": 5}', path) == {"PageSize": 5}
    for bad in (b"1.5", b'"5"', b"true", b"1099511627776"):
        with pytest.raises(ApiError):
            post(b'{"PageSize": ' + bad + b"}", path)


def test_query_strings() -> None:
    path = "/v2/email/contact-lists"
    assert post(b"", path, "PageSize=5&NextToken=a%20b", "GET") == {"PageSize": 5, "NextToken": "a b"}
    assert post(b"", path, "PageSize=&Unknown=1", "GET") == {}
    with pytest.raises(ApiError) as caught:
        post(b"", path, "PageSize=abc", "GET")
    assert caught.value.message == "'abc' can not be converted to Integer"
    for bad in ("PageSize=" + "9" * 30, "NextToken=%FF", "NextToken=\udcff", "&" * 5000):
        with pytest.raises(ApiError):
            post(b"", path, bad, "GET")


def test_unknown_members_and_nulls_are_ignored() -> None:
    body = {"Content": {"Simple": None, "New": [1]}, "Brand": "new", "ReplyToAddresses": ["a", None, "b"]}
    assert post(json.dumps(body).encode()) == {"Content": {}, "ReplyToAddresses": ["a", "b"]}


def test_base64_in_lines_as_mime_writes_it() -> None:
    body = json.dumps({"Content": {"Raw": {"Data": "aGVs\r\nbG8="}}}).encode()
    assert post(body) == {"Content": {"Raw": {"Data": b"hello"}}}


@pytest.mark.parametrize(
    ("action", "body", "message"),
    [
        ("SendEmail", b"Source=%FF", "not valid UTF-8"),
        ("SendEmail", b"Source=a&Source=b", "more than once"),
        ("SendEmail", b"&".join(b"a%d=1" % number for number in range(20_001)), "more than 20000 parameters"),
        ("SendEmail", b"A" + b".a" * 100_000 + b"=1", "nested too deeply"),
        ("SendEmail", b"Destination.ToAddresses.member.2=a", "numbered from 1"),
        ("SendEmail", b"Destination.ToAddresses.member.1=a&Destination.ToAddresses.member.999999999=b", "numbered"),
        ("SendEmail", b"Destination.ToAddresses.member.01=a", "numbered from 1"),
        ("SendEmail", b"Destination.ToAddresses.member.x=a", "numbered from 1"),
        ("ListIdentities", b"MaxItems=", "missing value for decimal type"),
        ("ListIdentities", b"MaxItems=ten", "not a valid integer"),
        ("ListIdentities", b"MaxItems=1e3", "not a valid integer"),
        ("ListIdentities", "MaxItems=１".encode(), "not a valid integer"),
        ("ListIdentities", b"MaxItems=99999999999", "not a valid integer"),
        ("SetIdentityDkimEnabled", b"DkimEnabled=perhaps", "not a valid boolean"),
        ("SendRawEmail", b"RawMessage.Data=***", "not a valid blob"),
        ("SendBounce", b"MessageDsn.ArrivalDate=tomorrow", "not a valid timestamp"),
        ("SendBounce", b"MessageDsn.ArrivalDate=2026-13-41T00:00:00Z", "not a valid timestamp"),
        ("SendBounce", b"MessageDsn.ArrivalDate=0001-01-01T00:00:00%2B23:59", "not a valid timestamp"),
    ],
)
def test_a_form_that_does_not_fit(action: str, body: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        form(action, body)
    assert (caught.value.code, caught.value.status) == ("MalformedInput", 400)
    assert message in (caught.value.message or "")


def test_forms_as_clients_send_them() -> None:
    body = b"Action=SendEmail&Source=a%40b&Message.Subject.Data=a+b%2Bc&Destination.ToAddresses.member.1=x&Unknown.1=2"
    assert form("SendEmail", body) == {
        "Source": "a@b",
        "Destination": {"ToAddresses": ["x"]},
        "Message": {"Subject": {"Data": "a b+c"}},
    }
    many = b"&".join(b"Destination.ToAddresses.member.%d=a%d" % (number, number) for number in range(1, 21))
    assert form("SendEmail", many)["Destination"]["ToAddresses"] == [f"a{number}" for number in range(1, 21)]
    assert form("SetIdentityDkimEnabled", b"Identity=i&DkimEnabled=TRUE") == {"Identity": "i", "DkimEnabled": True}


def parsed(parse: Callable[[], Any], code: str) -> Any:
    """What the parser read, or None where it refused with that code."""
    try:
        return parse()
    except ApiError as error:
        if error.code != code:
            raise
        return None


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["Content", "Raw", "Data", "Simple", "Destination", "ToAddresses", "EmailTags"]),
                      st.text(max_size=4)),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@given(operation=st.sampled_from(sorted(V2.operations)), body=st.one_of(st.binary(max_size=60), json_values))
def test_no_json_body_gets_past_the_parser_unfit(operation: str, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = V2.operations[operation]
    path = "/" + "/".join("x" if segment.startswith("{") else segment for segment in found.uri.segments)
    request = HttpRequest(method=found.method, path=path, query="", headers=Headers(), body=raw)
    params = parsed(lambda: rest_json.parse_request(found, request), "SerializationException")
    if params is not None:
        constraints.describe(found, params)


form_text = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.tuples(
            st.lists(
                st.sampled_from(["Source", "Destination", "ToAddresses", "member", "1", "2", "entry", "key", "value",
                                 "Tags", "Message", "Body", "RawMessage", "Data", "", "%", "%E3"]),
                min_size=1, max_size=6,
            ).map(".".join),
            st.text(string.printable, max_size=5),
        ),
        max_size=6,
    ).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode()),
)  # fmt: skip


@given(action=st.sampled_from(sorted(V1.operations)), body=form_text)
def test_no_form_gets_past_the_parser_unfit(action: str, body: bytes) -> None:
    params = parsed(lambda: form(action, body), "MalformedInput")
    if params is not None:
        constraints.describe(V1.operations[action], params)


@given(raw=st.one_of(st.binary(), st.text("%=0aFz\n\r _\t", max_size=30).map(str.encode)))
def test_percent_decoding_is_the_standard_librarys(raw: bytes) -> None:
    assert query.percent_decoded(raw) == unquote_to_bytes(raw)


wire_text = st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]), path=wire_text, query_string=wire_text)
def test_no_uri_breaks_routing(method: str, path: str, query_string: str) -> None:
    V2.route(method, path, query_string)
    V2.route(method, "/v2/email/" + path, query_string)


@given(label=wire_text.filter(lambda text: "/" not in text and text), query_string=wire_text)
def test_no_label_or_query_gets_past_the_parser_unfit(label: str, query_string: str) -> None:
    operation = V2.operations["ListDomainDeliverabilityCampaigns"]
    path = f"/v2/email/deliverability-dashboard/domains/{label}/campaigns"
    request = HttpRequest(method="GET", path=path, query=query_string, headers=Headers())
    params = parsed(lambda: rest_json.parse_request(operation, request), "SerializationException")
    if params is not None:
        params["SubscribedDomain"].encode("utf-8")
