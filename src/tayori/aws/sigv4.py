"""Verification of AWS Signature Version 4, in the Authorization header and in a presigned query string.

Owns everything from raw request to "this key signed this request"; pure: the secret and the time are given to it. Use
in two steps, so that the look-up of the secret may await: `credential_of(request)`, then `verify(request, credential,
…)`. Raises ApiError with AWS's codes and texts and nothing else. Never trusts the order or the spelling that a client
chose where the signature fixes one, and compares in constant time.

What is deliberate:

* The payload's hash is always compared with the body. `UNSIGNED-PAYLOAD` is accepted over TLS only, as AWS's clients
  send it nowhere else; SES's clients never send it. A presigned request is signed over the hash of its body, like any
  other.
* `STREAMING-*` payloads (chunks signed one by one) are S3's and are refused with a sentence, as is Signature Version
  4A (`AWS4-ECDSA-P256-SHA256`), which SDKs choose for a multi-region `EndpointId`.
* The path is normalised and encoded once more before signing, as every service but S3 wants it.
* Skew of 15 minutes either way; a presigned request lives for its own `X-Amz-Expires`, a week at the most.

Source: the SigV4 chapter of AWS's IAM User Guide; texts as AWS's services answer them.
"""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from tayori.aws import timestamps
from tayori.aws.errors import ApiError, common_error
from tayori.aws.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
ALGORITHM_V4A = "AWS4-ECDSA-P256-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SKEW = timedelta(minutes=15)
LONGEST_PRESIGNED = 7 * 24 * 3600

_TERMINATOR = "aws4_request"
_MAX_HEADER = 8_192
_MAX_QUERY_PAIRS = 20_000
_AMZ_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SHA256_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SPACES = re.compile(r"[ \t]+")
_MUST_BE_SIGNED = ("x-amz-date", "x-amz-security-token", "x-amz-target")


class Form(StrEnum):
    HEADER = "header"
    PRESIGNED = "presigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a request claims: who signed it, for which day, region and service, and what the signature covers."""

    form: Form
    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: datetime
    expires: timedelta | None
    session_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The secret of an access key. `session_token` is set for temporary credentials."""

    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    access_key_id: str
    region: str
    service: str
    signed_at: datetime


# ── what the request claims ───────────────────────────────────────────────────────────────────────────────────────────


def credential_of(request: HttpRequest) -> Credential:
    """The claim in the request, well formed but not yet verified."""
    authorization = request.headers.all("authorization")
    if len(authorization) > 1:
        raise _incomplete("A request may have one Authorization header only.")
    if authorization:
        return _from_header(request, authorization[0])
    pairs = dict(_query_pairs(request.query)) if "X-Amz-" in request.query else {}
    if "X-Amz-Algorithm" not in pairs and "X-Amz-Signature" not in pairs:
        raise common_error("MissingAuthenticationToken")
    return _from_query(pairs)


def _from_header(request: HttpRequest, authorization: str) -> Credential:
    if len(authorization) > _MAX_HEADER:
        raise _incomplete("The Authorization header is too long.")
    algorithm, _, rest = authorization.strip().partition(" ")
    _check_algorithm(algorithm)
    parts = {}
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        parts[name] = value.strip()
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    signed_at = _date_of(request)
    if missing or signed_at is None:
        sentences = [f"Authorization header requires '{name}' parameter." for name in missing]
        if signed_at is None:
            sentences.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        raise _incomplete(" ".join(sentences))
    return _credential(
        Form.HEADER,
        scope=parts["Credential"],
        signed_headers=parts["SignedHeaders"],
        signature=parts["Signature"],
        signed_at=signed_at,
        expires=None,
        session_token=request.headers.get("x-amz-security-token"),
    )


def _from_query(pairs: dict[str, str]) -> Credential:
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = [name for name in names if not pairs.get(name)]
    if missing:
        raise _incomplete(" ".join(f"AWS query-string parameters must include '{name}'." for name in missing))
    _check_algorithm(pairs["X-Amz-Algorithm"])
    return _credential(
        Form.PRESIGNED,
        scope=pairs["X-Amz-Credential"],
        signed_headers=pairs["X-Amz-SignedHeaders"],
        signature=pairs["X-Amz-Signature"],
        signed_at=_amz_date(pairs["X-Amz-Date"]),
        expires=_expiry(pairs.get("X-Amz-Expires")),
        session_token=pairs.get("X-Amz-Security-Token"),
    )


def _credential(
    form: Form,
    *,
    scope: str,
    signed_headers: str,
    signature: str,
    signed_at: datetime,
    expires: timedelta | None,
    session_token: str | None,
) -> Credential:
    elements = scope.split("/")
    if len(elements) < 5 or not all(elements[-4:]) or elements[-5] == "":
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{_shown(scope)}'"
        )
    date, region, service, terminator = elements[-4:]
    if terminator != _TERMINATOR:
        raise _mismatch(
            f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not '{_shown(terminator)}'."
        )
    return Credential(
        form=form,
        access_key_id="/".join(elements[:-4]),
        date=date,
        region=region,
        service=service,
        signed_headers=tuple(signed_headers.lower().split(";")),
        signature=signature,
        signed_at=signed_at,
        expires=expires,
        session_token=session_token,
    )


def _check_algorithm(algorithm: str) -> None:
    if algorithm == ALGORITHM_V4A:
        raise _incomplete(
            f"Signature Version 4A ({ALGORITHM_V4A}) is not supported by this service: sign with Signature Version 4"
            f" ({ALGORITHM}) and without EndpointId."
        )
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{_shown(algorithm)}'.")


def _date_of(request: HttpRequest) -> datetime | None:
    amz_date = request.headers.get("x-amz-date")
    if amz_date is not None:
        return _amz_date(amz_date)
    date = request.headers.get("date")
    if date is None:
        return None
    try:
        return timestamps.from_http_date(date.strip())
    except ValueError:
        return _amz_date(date)


def _amz_date(text: str) -> datetime:
    if _AMZ_DATE.fullmatch(text):
        try:
            # By hand: strptime takes as long as the signature itself.
            year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
            return datetime(year, month, day, int(text[9:11]), int(text[11:13]), int(text[13:15]), tzinfo=UTC)
        except ValueError:
            pass
    raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{_shown(text)}'.")


def _expiry(text: str | None) -> timedelta:
    seconds = int(text) if text and re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else 0
    if not 1 <= seconds <= LONGEST_PRESIGNED:
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {LONGEST_PRESIGNED} (a week).")
    return timedelta(seconds=seconds)


# ── whether the claim is true ─────────────────────────────────────────────────────────────────────────────────────────


def verify(
    request: HttpRequest,
    credential: Credential,
    secret: Secret | None,
    *,
    now: datetime,
    region: str,
    services: Collection[str],
) -> Verified:
    """Raise unless the holder of the secret signed exactly this request, for this place, at about this time."""
    if secret is None:
        raise common_error("InvalidClientTokenId")
    _check_scope(credential, region, services)
    _check_time(credential, now)
    _check_token(credential, secret)
    _check_coverage(request, credential)
    canonical = canonical_request(request, credential, _payload_hash(request))
    expected = signature(credential, secret, canonical)
    if not hmac.compare_digest(expected.encode(), credential.signature.encode("utf-8", "surrogateescape")):
        raise common_error("SignatureDoesNotMatch")
    return Verified(
        access_key_id=credential.access_key_id,
        region=credential.region,
        service=credential.service,
        signed_at=credential.signed_at,
    )


def _check_scope(credential: Credential, region: str, services: Collection[str]) -> None:
    if credential.region != region:
        raise _mismatch(f"Credential should be scoped to a valid region, not '{_shown(credential.region)}'. ")
    if credential.service not in services:
        names = "' or '".join(sorted(services))
        raise _mismatch(f"Credential should be scoped to correct service: '{names}'. ")
    day, moment = f"{credential.signed_at:%Y%m%d}", f"{credential.signed_at:%Y%m%dT%H%M%SZ}"
    if credential.date != day:
        raise _mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
            f" '{_shown(credential.date)}' != '{day}', from '{moment}'."
        )


def _check_time(credential: Credential, now: datetime) -> None:
    signed = credential.signed_at
    if signed > now + SKEW:
        raise _mismatch(
            f"Signature not yet current: {_basic(signed)} is still later than {_basic(now + SKEW)}"
            f" ({_basic(now)} + 15 min.)"
        )
    if credential.expires is not None:
        if now > signed + credential.expires:
            raise common_error("RequestExpired")
    elif signed < now - SKEW:
        raise _mismatch(
            f"Signature expired: {_basic(signed)} is now earlier than {_basic(now - SKEW)} ({_basic(now)} - 15 min.)"
        )


def _check_token(credential: Credential, secret: Secret) -> None:
    """A token that belongs to no key of ours is as wrong as a key that we do not know."""
    given, wanted = credential.session_token, secret.session_token
    if given is None and wanted is None:
        return
    given_bytes, wanted_bytes = ((text or "").encode("utf-8", "surrogateescape") for text in (given, wanted))
    if not hmac.compare_digest(given_bytes, wanted_bytes):
        raise common_error("InvalidClientTokenId")


def _check_coverage(request: HttpRequest, credential: Credential) -> None:
    """What decides who and when must be under the signature."""
    if "host" not in credential.signed_headers:
        raise _mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    if credential.form is Form.HEADER:
        needed = [name for name in _MUST_BE_SIGNED if name in request.headers]
        if "x-amz-date" not in request.headers:
            needed.append("date")
        for name in needed:
            if name not in credential.signed_headers:
                raise _mismatch(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    if any(name not in request.headers for name in credential.signed_headers):
        raise common_error("SignatureDoesNotMatch")


def _payload_hash(request: HttpRequest) -> str:
    declared = request.headers.get("x-amz-content-sha256")
    if declared is not None and declared.startswith("STREAMING-"):
        raise _incomplete(
            f"A streaming payload ('{_shown(declared)}') is not supported by this service:"
            " send the body whole and sign its SHA-256."
        )
    if declared == UNSIGNED_PAYLOAD:
        if request.scheme == "https":
            return UNSIGNED_PAYLOAD
        raise _mismatch(f"'{UNSIGNED_PAYLOAD}' is accepted over TLS only: sign the SHA-256 of the body.")
    actual = hashlib.sha256(request.body).hexdigest()
    if declared is not None and not hmac.compare_digest(
        declared.lower().encode("utf-8", "surrogateescape"), actual.encode()
    ):
        raise _mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.")
    return declared or actual


# ── the canonical request and the signature ───────────────────────────────────────────────────────────────────────────


def canonical_request(request: HttpRequest, credential: Credential, payload_hash: str) -> bytes:
    names = credential.signed_headers
    lines = [
        request.method,
        canonical_uri(request.path),
        canonical_query(request.query),
        *(f"{name}:{_header_value(request, name)}" for name in names),
        "",
        ";".join(names),
        payload_hash,
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _header_value(request: HttpRequest, name: str) -> str:
    """Values trimmed, runs of blanks made one; repeated fields joined by a bare comma."""
    return ",".join(_SPACES.sub(" ", value.strip(" \t\r\n")) for value in request.headers.all(name))


def canonical_uri(path: str) -> str:
    """The path as sent, without `.`, `..` and empty segments, encoded once more (every service but S3)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    slash = "/" if kept and path.endswith("/") else ""
    normal = "/" + "/".join(kept) + slash
    return quote(normal.encode("utf-8", "surrogateescape"), safe="/~")


def canonical_query(query: str) -> str:
    """Pairs sorted by encoded name, then value, without the signature itself."""
    if not query:
        return ""
    pairs = [(name, value) for name, value in _encoded_pairs(query) if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded_pairs(query: str) -> list[tuple[str, str]]:
    parts = query.split("&", _MAX_QUERY_PAIRS)
    if len(parts) > _MAX_QUERY_PAIRS:
        raise _incomplete("The query string has too many parameters.")
    return [(_encoded(name), _encoded(value)) for name, _, value in (part.partition("=") for part in parts if part)]


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("utf-8", "surrogateescape")), safe="-_.~")


def _query_pairs(query: str) -> list[tuple[str, str]]:
    return [(_decoded(name), _decoded(value)) for name, value in _encoded_pairs(query) if name.startswith("X-Amz-")]


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def signature(credential: Credential, secret: Secret, canonical: bytes) -> str:
    scope = f"{credential.date}/{credential.region}/{credential.service}/{_TERMINATOR}"
    hashed = hashlib.sha256(canonical).hexdigest()
    to_sign = f"{ALGORITHM}\n{_basic(credential.signed_at)}\n{scope}\n{hashed}"
    key = signing_key(secret.secret_access_key, credential.date, credential.region, credential.service)
    return hmac.digest(key, to_sign.encode("ascii"), "sha256").hex()


@lru_cache(maxsize=4_096)
def signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """Derived once a day for each key. Only called with a date, region and service that were found right."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, _TERMINATOR):
        key = hmac.digest(key, part.encode("ascii"), "sha256")
    return key


def _basic(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _shown(text: str) -> str:
    """A piece of the request that is repeated in an error: short, and free of what is not text."""
    return text[:80].encode("utf-8", "replace").decode("utf-8", "replace")


def _incomplete(message: str) -> ApiError:
    return common_error("IncompleteSignature", message)


def _mismatch(message: str) -> ApiError:
    return common_error("SignatureDoesNotMatch", message)
