"""Requests of our own to servers that speak AWS's protocols, signed by Signature Version 4.

Owns the header fields of such a request. Without a key, nothing is signed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from tayori.aws import sigv4
from tayori.aws.http import Headers, HttpRequest
from tayori.events.outgoing_http import OutgoingError, Trouble
from tayori.events.target import Target, TargetError

JSON_1_0 = "application/x-amz-json-1.0"
JSON_1_1 = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """An access key, or none."""

    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)


def signed(
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    keys: Keys,
    service: str,
    region: str,
    now: datetime,
) -> list[tuple[str, str]]:
    """`headers` with those of the signature, which covers all of them and the host. The path holds plain letters.

    Raises OutgoingError where `url` is no place to send to.
    """
    given = [*headers, ("X-Amz-Date", f"{now:%Y%m%dT%H%M%SZ}")]
    if not keys.access_key_id:
        return given
    names = tuple(sorted([*(name.lower() for name, _ in given), "host"]))
    credential = sigv4.Credential(
        form=sigv4.Form.HEADER,
        access_key_id=keys.access_key_id,
        date=f"{now:%Y%m%d}",
        region=region,
        service=service,
        signed_headers=names,
        signature="",
        signed_at=now,
        expires=None,
        session_token=None,
    )
    request = HttpRequest(method=method, path=urlsplit(url).path or "/", headers=Headers([*given, _host(url)]))
    canonical = sigv4.canonical_request(request, credential, hashlib.sha256(body).hexdigest())
    secret = sigv4.Secret(secret_access_key=keys.secret_access_key)
    scope = f"{keys.access_key_id}/{credential.date}/{region}/{service}/aws4_request"
    value = (
        f"{sigv4.ALGORITHM} Credential={scope}, SignedHeaders={';'.join(names)},"
        f" Signature={sigv4.signature(credential, secret, canonical)}"
    )
    return [*given, ("Authorization", value)]


def _host(url: str) -> tuple[str, str]:
    try:
        return "Host", Target.parse(url).authority
    except TargetError as error:
        raise OutgoingError(Trouble.BAD_URL, f"It was not sent: {error}.") from error
