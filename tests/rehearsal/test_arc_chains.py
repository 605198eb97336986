"""A chain that a mailing list sealed is judged by the provider that gets it, beside SPF, DKIM and DMARC."""

import base64
import email
import email.policy
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tayori.mail.authres import parse_authentication_results

MESSAGE = (
    b"Authentication-Results: lists.test; spf=pass smtp.mailfrom=hello@shop.test; dkim=none\r\n"
    b"From: Shop <hello@shop.test>\r\nTo: b@inbox.test\r\nSubject: hello\r\n"
    b"Date: Fri, 01 May 2026 12:00:00 +0000\r\nMessage-ID: <7@shop.test>\r\n\r\nThank you.\r\n"
)


def relaxed(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    return name.lower() + b":" + b" ".join(value.split()) + b"\r\n"


def sealed(key: rsa.RSAPrivateKey) -> bytes:
    """One ARC Set in front of the message, by RFC 8617 5.1 and nothing of ours."""

    def with_signature(field: bytes, covered: list[bytes]) -> bytes:
        data = b"".join(map(relaxed, covered)) + relaxed(field).removesuffix(b"\r\n")
        return field + base64.b64encode(key.sign(data, PKCS1v15(), SHA256()))

    header, _, body = MESSAGE.partition(b"\r\n\r\n")
    fields = {line.partition(b":")[0].lower(): line for line in header.split(b"\r\n")}
    signer = b"i=1; a=rsa-sha256; d=lists.test; s=s; t=1777636800; "
    results = b"ARC-Authentication-Results: i=1; lists.test; spf=pass smtp.mailfrom=hello@shop.test"
    names = [b"from", b"to", b"subject", b"date"]
    body_hash = base64.b64encode(sha256(body).digest())
    signature = b"ARC-Message-Signature: " + signer + b"c=relaxed/relaxed; h=" + b":".join(names)
    signature = with_signature(signature + b"; bh=" + body_hash + b"; b=", [fields[name] for name in names])
    seal = with_signature(b"ARC-Seal: " + signer + b"cv=none; b=", [results, signature])
    return b"".join(field + b"\r\n" for field in (seal, signature, results)) + MESSAGE


@pytest.mark.parametrize(("tampered", "expected"), [(False, "pass"), (True, "fail")])
def test_a_provider_tells_what_a_chain_came_to(run: Any, rehearsal: Any, tampered: bool, expected: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    content = sealed(key).replace(b"Thank you.", b"Thank me.") if tampered else sealed(key)

    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put("s._domainkey.lists.test", "TXT", "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode())
            await rig.send("owner@lists.test", "b@inbox.test", content)
            await rig.send("owner@lists.test", "b@inbox.test", MESSAGE)
            chains = []
            for message in await rig.messages("b@inbox.test"):
                parsed = email.message_from_bytes(base64.b64decode(message["raw_base64"]), policy=email.policy.default)
                fields = [parse_authentication_results(str(text)) for text in parsed.get_all("Authentication-Results")]
                chains.append([found.result for field in fields for found in field.of("arc")])
            assert sorted(chains) == [[], [expected]]

    run(story())
