"""Signatures: what botocore signs is accepted, what anyone changed is not, and nothing but ApiError ever comes out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from tayori.aws import sigv4
from tayori.aws.errors import ApiError, json_code
from tayori.aws.http import Headers, HttpRequest
from tayori.aws.sigv4 import Secret, Verified, credential_of, verify

KEY_ID, KEY = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SECRET = Secret(secret_access_key=KEY)


def received(request: AWSRequest) -> HttpRequest:
    """What a server sees of a request that botocore signed."""
    url = urlsplit(request.url)
    headers = [(name, value) for name, value in request.headers.items()]
    headers.append(("Host", url.netloc))
    body = request.body or b""
    return HttpRequest(
        method=request.method,
        path=url.path or "/",
        query=url.query,
        headers=Headers(headers),
        body=body if isinstance(body, bytes) else body.encode(),
        scheme=url.scheme,
    )


def signed(
    method: str = "POST",
    url: str = "http://localhost:8600/",
    body: bytes = b"Action=GetSendQuota&Version=2010-12-01",
    headers: dict[str, str] | None = None,
    token: str | None = None,
    auth: Callable[..., SigV4Auth] = SigV4Auth,
    **arguments: int,
) -> HttpRequest:
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    auth(Credentials(KEY_ID, KEY, token), "ses", "us-east-1", **arguments).add_auth(request)
    return received(request)


def check(request: HttpRequest, secret: Secret | None = SECRET, now: datetime | None = None, **where: str) -> Verified:
    return verify(
        request,
        credential_of(request),
        secret,
        now=now or datetime.now(UTC),
        region=where.get("region", "us-east-1"),
        services=(where.get("service", "ses"),),
    )


def refused(request: HttpRequest, code: str, text: str = "", **arguments: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        check(request, **arguments)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert text in (caught.value.message or "")
    return caught.value


def with_headers(request: HttpRequest, **changes: str | None) -> HttpRequest:
    fields = dict(request.headers.items())
    for name, value in changes.items():
        wire_name = name.replace("_", "-")
        if value is None:
            fields.pop(wire_name, None)
        else:
            fields[wire_name] = value
    return replace(request, headers=Headers(fields.items()))


def edited(request: HttpRequest, old: str, new: str) -> HttpRequest:
    """The request with a piece of its Authorization header exchanged."""
    authorization = request.headers.get("authorization")
    assert authorization is not None
    assert old in authorization
    return with_headers(request, authorization=authorization.replace(old, new))


# ── accepted ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CORPUS = [
    ("GET", "http://localhost:8600/v2/email/account", b""),
    ("GET", "http://localhost/v2/email/identities/a%40b.example", b""),
    ("GET", "http://localhost/v2/email/identities/%E3%83%86%E3%82%B9%E3%83%88%20x%2Fy", b""),
    ("GET", "http://localhost/v2/email/tags?ResourceArn=arn%3Aaws%3Ases%3Aus-east-1%3A1%3Aidentity%2Fx", b""),
    ("DELETE", "http://localhost/v2/email/tags?TagKeys=b&TagKeys=a&ResourceArn=z", b""),
    ("GET", "http://localhost/v2/email/suppression/addresses?Reason=BOUNCE&Reason=COMPLAINT&PageSize=10", b""),
    ("GET", "http://localhost/v2/email/insights/0100-abc/", b""),
    ("GET", "http://localhost/a/./b/../c//d", b""),
    ("GET", "http://localhost/?b=&a&c=%20%2B", b""),
    ("POST", "http://localhost/", b"Action=SendEmail&Source=%E3%81%82"),
    ("POST", "https://localhost:8600/v2/email/outbound-emails", '{"Content": "あ"}'.encode()),
    ("PUT", "http://localhost/v2/email/account/sending", b"{}"),
    ("GET", "http://localhost/~user/(x)!*'", b""),
]


@pytest.mark.parametrize(("method", "url", "body"), CORPUS)
def test_what_botocore_signs_is_accepted(method: str, url: str, body: bytes) -> None:
    verified = check(signed(method, url, body))
    assert (verified.access_key_id, verified.region, verified.service) == (KEY_ID, "us-east-1", "ses")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        {"X-Amz-Target": "a.b", "X-Blanks": "  a   b \t c  "},
        {"Date": "now"},
        {"amz-sdk-request": "attempt=1", "User-Agent": "Boto3/1", "X-Empty": ""},
        {"X-Amz-Content-SHA256": "3c9b3a0b5b0e3a2f" * 4},
    ],
)
def test_headers_that_clients_add(headers: dict[str, str]) -> None:
    request = signed(headers=headers)
    if "X-Amz-Content-SHA256" in headers:
        refused(request, "SignatureDoesNotMatch", "'x-amz-content-sha256' header does not match")
    else:
        assert check(request).access_key_id == KEY_ID


def test_a_repeated_header_is_folded() -> None:
    request = AWSRequest(method="GET", url="http://localhost/", data=b"", headers={})
    request.headers.add_header("X-Many", "one")
    request.headers.add_header("X-Many", "two  2")
    SigV4Auth(Credentials(KEY_ID, KEY), "ses", "us-east-1").add_auth(request)
    assert check(received(request)).access_key_id == KEY_ID


@pytest.mark.parametrize(("method", "url", "body"), [case for case in CORPUS if case[0] == "GET"])
def test_presigned_requests(method: str, url: str, body: bytes) -> None:
    request = signed(method, url, body, auth=SigV4QueryAuth, expires=60)
    assert "authorization" not in request.headers
    assert check(request).access_key_id == KEY_ID
    assert check(request, now=datetime.now(UTC) + timedelta(seconds=50)).access_key_id == KEY_ID
    refused(request, "RequestExpired", "Request has expired.", now=datetime.now(UTC) + timedelta(seconds=63))
    refused(replace(request, query=request.query + "&more=1"), "SignatureDoesNotMatch")
    refused(replace(request, body=b"smuggled"), "SignatureDoesNotMatch")


def test_presigned_for_longer_than_a_week() -> None:
    request = signed("GET", body=b"", auth=SigV4QueryAuth, expires=7 * 24 * 3600 + 1)
    refused(request, "IncompleteSignature", "604800")
    assert check(signed("GET", body=b"", auth=SigV4QueryAuth, expires=7 * 24 * 3600)).access_key_id == KEY_ID


def test_temporary_credentials() -> None:
    temporary = Secret(secret_access_key=KEY, session_token="the token")
    assert check(signed(token="the token"), temporary).access_key_id == KEY_ID
    assert check(signed("GET", body=b"", token="the token", auth=SigV4QueryAuth), temporary).access_key_id == KEY_ID
    refused(signed(token="another"), "InvalidClientTokenId", secret=temporary)
    refused(signed(), "InvalidClientTokenId", secret=temporary)
    refused(signed(token="the token"), "InvalidClientTokenId", secret=SECRET)


def test_the_example_of_the_sigv4_documentation() -> None:
    """`get-vanilla-query-order-key-case` of AWS's own test suite."""
    fields = {
        "Host": "example.amazonaws.com",
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
        " SignedHeaders=host;x-amz-date,"
        " Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    }
    request = HttpRequest(method="GET", path="/", query="Param2=value2&Param1=value1", headers=Headers(fields.items()))
    verified = check(
        request,
        Secret(secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        datetime(2015, 8, 30, 12, 40, tzinfo=UTC),
        service="service",
    )
    assert verified.access_key_id == "AKIDEXAMPLE"


# ── refused ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unsigned_request() -> None:
    request = HttpRequest(method="GET", path="/", headers=Headers([("Host", "localhost")]))
    error = refused(request, "MissingAuthenticationToken", "Missing Authentication Token")
    assert error.status == 403
    assert json_code(error.code) == "MissingAuthenticationTokenException"


def test_a_key_that_nobody_knows() -> None:
    error = refused(
        signed(), "InvalidClientTokenId", "The security token included in the request is invalid.", secret=None
    )
    assert error.status == 403
    assert json_code(error.code) == "UnrecognizedClientException"


def test_another_secret() -> None:
    error = refused(
        signed(),
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        secret=Secret(secret_access_key="another"),
    )
    assert error.status == 403
    assert json_code(error.code) == "InvalidSignatureException"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda request: replace(request, method="PUT"),
        lambda request: replace(request, path="/x"),
        lambda request: replace(request, query="x=1"),
        lambda request: replace(request, body=request.body + b"&Extra=1"),
        lambda request: with_headers(request, host="elsewhere"),
        lambda request: with_headers(request, x_custom="other"),
        lambda request: with_headers(request, x_custom=None),
        lambda request: edited(request, "Signature=", "Signature=0"),
        lambda request: edited(request, ";x-custom", ""),
        lambda request: edited(request, ";x-custom", ";x-custom;x-more"),
        lambda request: edited(request, KEY_ID, "AKIAANOTHER"),
        lambda request: with_headers(request, x_amz_date="20200101T000000Z"),
    ],
)
def test_a_request_that_was_changed(tamper: Callable[[HttpRequest], HttpRequest]) -> None:
    request = signed(headers={"X-Custom": "value"})
    check(request)
    changed = tamper(request)
    if changed.headers.get("authorization") == edited(request, KEY_ID, "AKIAANOTHER").headers.get("authorization"):
        # The key's id is not under the signature: it chooses the secret.
        assert credential_of(changed).access_key_id == "AKIAANOTHER"
        return
    refused(changed, "SignatureDoesNotMatch")


@pytest.mark.parametrize(("minutes", "text"), [(16, "Signature expired: "), (-16, "Signature not yet current: ")])
def test_a_clock_that_is_wrong(minutes: int, text: str) -> None:
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    error = refused(signed(), "SignatureDoesNotMatch", text, now=now)
    assert "15 min.)" in (error.message or "")
    assert error.status == 403


@pytest.mark.parametrize("minutes", [14, -14])
def test_a_clock_that_is_a_little_wrong(minutes: int) -> None:
    assert check(signed(), now=datetime.now(UTC) + timedelta(minutes=minutes)).access_key_id == KEY_ID


def test_another_region_or_service() -> None:
    refused(
        signed(), "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'us-east-1'.", region="x"
    )
    refused(signed(), "SignatureDoesNotMatch", "Credential should be scoped to correct service: 's3'.", service="s3")
    refused(edited(signed(), "aws4_request", "aws5"), "SignatureDoesNotMatch", "valid terminator: 'aws4_request'")
    yesterday = f"{datetime.now(UTC):%Y%m%d}/"
    refused(
        edited(signed(), yesterday, "20200101/"), "SignatureDoesNotMatch", "Date in Credential scope does not match"
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "Signature Version 4A"),
        ("AWS4-HMAC-SHA256", "AWS3-HTTPS", "Unsupported AWS 'algorithm': 'AWS3-HTTPS'."),
        ("Credential=", "Credentials=", "Authorization header requires 'Credential' parameter."),
        ("SignedHeaders=", "Signed=", "Authorization header requires 'SignedHeaders' parameter."),
        ("Signature=", "Sig=", "Authorization header requires 'Signature' parameter."),
        ("/us-east-1", "", "5 slash-delimited elements"),
        ("/us-east-1/", "//", "5 slash-delimited elements"),
    ],
)
def test_an_incomplete_authorization(old: str, new: str, text: str) -> None:
    error = refused(edited(signed(), old, new), "IncompleteSignature", text)
    assert error.status == 400


def test_dates_that_are_missing_or_no_dates() -> None:
    refused(with_headers(signed(), x_amz_date=None), "IncompleteSignature", "either a 'X-Amz-Date' or a 'Date' header")
    refused(with_headers(signed(), x_amz_date="20261399T000000Z"), "IncompleteSignature", "ISO-8601 'basic format'")


def test_headers_that_must_be_signed() -> None:
    refused(edited(signed(), "host;", ""), "SignatureDoesNotMatch", "'Host' or ':authority' must be a 'SignedHeader'")
    refused(edited(signed(), ";x-amz-date", ""), "SignatureDoesNotMatch", "'x-amz-date' must be a 'SignedHeader'")
    refused(with_headers(signed(), x_amz_target="Other.Operation"), "SignatureDoesNotMatch", "'x-amz-target' must be")


def test_two_authorization_headers() -> None:
    request = signed()
    doubled = Headers([*request.headers.items(), ("Authorization", "x")])
    refused(replace(request, headers=doubled), "IncompleteSignature", "one Authorization header only")


def test_payloads_without_a_hash() -> None:
    streaming = signed(headers={"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"})
    refused(streaming, "IncompleteSignature", "A streaming payload")
    unsigned = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    refused(signed(headers=unsigned), "SignatureDoesNotMatch", "over TLS only")
    assert check(signed(url="https://localhost/", headers=unsigned)).access_key_id == KEY_ID


def test_keys_are_derived_once() -> None:
    sigv4.signing_key.cache_clear()
    check(signed())
    check(signed(body=b"another"))
    assert sigv4.signing_key.cache_info().misses == 1
    assert sigv4.signing_key.cache_info().maxsize is not None


# ── hostile ───────────────────────────────────────────────────────────────────────────────────────────────────────────

wire_text = st.binary(max_size=80).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
authorization_like = st.one_of(
    wire_text,
    st.lists(
        st.sampled_from(
            ["AWS4-HMAC-SHA256", " ", "Credential=", "A/20260101/us-east-1/ses/aws4_request", ",", "SignedHeaders=",
             "host;x-amz-date", "Signature=", "ab", "/", "=", ";", "\udcff", "é"]
        ),
        max_size=14,
    ).map("".join),
)  # fmt: skip


@given(
    method=wire_text,
    path=wire_text,
    query=st.one_of(wire_text, wire_text.map(lambda text: f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={text}")),
    authorization=st.one_of(st.none(), authorization_like),
    date=st.one_of(st.just("20261124T000000Z"), wire_text),
    extra=st.lists(
        st.tuples(st.sampled_from(["x-amz-content-sha256", "x-amz-security-token", "host", "x"]), wire_text)
    ),
    body=st.binary(max_size=40),
)
def test_nothing_but_an_api_error_comes_out(
    method: str,
    path: str,
    query: str,
    authorization: str | None,
    date: str,
    extra: list[tuple[str, str]],
    body: bytes,
) -> None:
    fields = [("x-amz-date", date), *extra]
    if authorization is not None:
        fields.append(("authorization", authorization))
    request = HttpRequest(method=method, path=path, query=query, headers=Headers(fields), body=body)
    with pytest.raises(ApiError) as caught:
        check(request, now=datetime(2026, 11, 24, tzinfo=UTC))
    (caught.value.message or "").encode("utf-8")


@given(tampered=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_a_signed_header_may_change(tampered: int, bit: int) -> None:
    request = signed(headers={"X-Custom": "value"})
    raw = bytearray((request.headers.get("authorization") or "").encode())
    raw[tampered % len(raw)] ^= 1 << bit
    changed = with_headers(request, authorization=raw.decode("utf-8", "surrogateescape"))
    try:
        verified = check(changed)
    except ApiError:
        return
    # What is left are spellings of the same claim, and the key's id, which only chooses the secret.
    assert verified.signed_at == credential_of(request).signed_at
