"""Signed mail is believed, forged mail is not: the whole way from a signer to a mailbox, or to a refusal."""

import base64
import email
import email.policy
from typing import Any

import aiosmtplib
import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tayori.mail.authres import parse_authentication_results

MESSAGE = (
    b"From: Shop <hello@shop.test>\r\nTo: b@strict.test\r\nSubject: your order\r\n"
    b"Date: Fri, 01 May 2026 12:00:00 +0000\r\nMessage-ID: <1@shop.test>\r\n\r\nThank you.\r\n"
)

TOKEN = "tokenabcdefghijklmnopqrstuvwxyz2"  # a selector in the shape of Easy DKIM


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(key: rsa.RSAPrivateKey, domain: str, selector: str, message: bytes = MESSAGE) -> bytes:
    """Signed by dkimpy, which shares no line with us."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return dkim.sign(message, selector.encode(), domain.encode(), pem) + message


def record(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


async def set_up_shop(rig: Any, key: rsa.RSAPrivateKey) -> None:
    """What Easy DKIM, a custom MAIL FROM domain and a strict policy ask for."""
    rig.keys[TOKEN] = record(key)
    await rig.put(
        f"{TOKEN}._domainkey.shop.test",
        "CNAME",
        f"{TOKEN}.dkim.tayori.test",
    )
    await rig.put("mail.shop.test", "MX", "10 feedback-smtp.us-east-1.tayori.test")
    await rig.put("mail.shop.test", "TXT", "v=spf1 include:spf.tayori.test ~all")
    await rig.put("_dmarc.shop.test", "TXT", "v=DMARC1; p=reject")


def test_a_signed_message_passes_all_three_aligned(run: Any, rehearsal: Any, key: rsa.RSAPrivateKey) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await set_up_shop(rig, key)
            for domain in ("inbox.test", "strict.test"):
                await rig.send("0100-1@mail.shop.test", f"b@{domain}", signed(key, "shop.test", TOKEN))
                (message,) = await rig.messages(f"b@{domain}")
                assert message["spf"].startswith("pass (include:spf.tayori.test)")
                assert message["dkim"].startswith(f"pass header.d=shop.test header.s={TOKEN}")
                assert message["dmarc"] == "pass (p=reject dis=none) header.from=shop.test"
                mail = email.message_from_bytes(base64.b64decode(message["raw_base64"]), policy=email.policy.default)
                results = parse_authentication_results(mail["Authentication-Results"])
                assert [(r.method, r.result) for r in results.results] == [
                    ("spf", "pass"),
                    ("dkim", "pass"),
                    ("dmarc", "pass"),
                ]
            # The stored message still verifies elsewhere, with the trace fields in front.
            keys = {f"{TOKEN}._domainkey.shop.test.".encode(): record(key).encode()}
            assert dkim.verify(base64.b64decode(message["raw_base64"]), dnsfunc=lambda name, timeout=5: keys.get(name))

    run(story())


@pytest.mark.parametrize(
    ("spoil", "spf", "dkim_verdict"),
    [
        ("unsigned", "fail", "none"),
        ("altered", "fail", "fail"),
        ("other domain", "pass", "pass"),
    ],
)
def test_forged_mail_is_refused_by_strict_and_taken_by_inbox(
    run: Any, rehearsal: Any, key: rsa.RSAPrivateKey, spoil: str, spf: str, dkim_verdict: str
) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await set_up_shop(rig, key)
            content, sender = MESSAGE, "x@shop.test"
            await rig.put("shop.test", "TXT", "v=spf1 -all")
            if spoil == "altered":
                content = signed(key, "shop.test", TOKEN).replace(b"Thank you", b"Pay here")
            elif spoil == "other domain":
                await rig.put("evil.test", "TXT", "v=spf1 ip4:127.0.0.1 -all")
                await rig.put("s._domainkey.evil.test", "TXT", record(key))
                content, sender = signed(key, "evil.test", "s"), "x@evil.test"
            with pytest.raises(aiosmtplib.SMTPDataError) as raised:
                await rig.send(sender, "b@strict.test", content, source="127.0.0.1")
            assert raised.value.code == 550
            assert raised.value.message.startswith("5.7.26 Unauthenticated email from shop.test is not accepted")
            assert f"SPF: {spf}, DKIM: {dkim_verdict}" in raised.value.message
            assert await rig.messages("b@strict.test") == []
            await rig.send(sender, "b@inbox.test", content, source="127.0.0.1")
            (message,) = await rig.messages("b@inbox.test")
            assert message["dmarc"] == "fail (p=reject dis=reject) header.from=shop.test"
            assert message["spf"].startswith(spf) and message["dkim"].startswith(dkim_verdict)

    run(story())


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"Subject: x\r\n", "the message has 0 From fields"),
        (b"From: a@shop.test\r\nFrom: b@other.test\r\n", "the message has 2 From fields"),
        (b"From: a@shop.test, b@other.test\r\n", "the From field names 2 domains"),
        (b"From: nonsense\r\n", "the author cannot be read"),
    ],
)
def test_strict_wants_exactly_one_author_domain(run: Any, rehearsal: Any, header: bytes, reason: str) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            with pytest.raises(aiosmtplib.SMTPDataError) as raised:
                await rig.send("a@shop.test", "b@strict.test", header + b"\r\nx\r\n")
            assert (raised.value.code, raised.value.message.startswith(f"5.7.1 {reason}")) == (550, True)
            await rig.send("a@shop.test", "b@inbox.test", header + b"\r\nx\r\n")
            (message,) = await rig.messages("b@inbox.test")
            assert message["dmarc"].startswith("permerror")

    run(story())


def test_a_policy_that_only_watches_lets_forged_mail_in(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put("_dmarc.shop.test", "TXT", "v=DMARC1; p=none")
            await rig.send("x@shop.test", "b@strict.test", MESSAGE)
            (message,) = await rig.messages("b@strict.test")
            assert message["dmarc"].startswith("fail (p=none dis=none)")

    run(story())


def test_two_signatures_are_both_told_the_good_one_first(run: Any, rehearsal: Any, key: rsa.RSAPrivateKey) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await set_up_shop(rig, key)
            content = signed(key, "nokey.test", "s", signed(key, "shop.test", TOKEN))
            await rig.send("x@mail.shop.test", "b@inbox.test", content)
            (message,) = await rig.messages("b@inbox.test")
            first, second = message["dkim"].split("; ")
            assert first.startswith("pass header.d=shop.test")
            assert second.startswith("permerror (there is no key record) header.d=nokey.test")

    run(story())


def test_the_null_sender_is_judged_by_its_helo_name(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.send("", "b@inbox.test", MESSAGE)
            (message,) = await rig.messages("b@inbox.test")
            assert message["spf"] == "pass (a) smtp.helo=a1.smtp-out.us-east-1.tayori.test"

    run(story())
