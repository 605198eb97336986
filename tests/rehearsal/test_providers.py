"""Each provider behaves as the table in the documentation says, towards a real SMTP client."""

import asyncio
import base64
import email
import email.policy
import ssl
import time
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest

from tayori.mail.authres import parse_authentication_results

HELLO = (
    b"From: Shop <hello@shop.test>\r\nTo: taro@inbox.test\r\nSubject: hello\r\nMessage-ID: <1@shop.test>\r\n\r\nHi\r\n"
)


def parsed(message: dict[str, Any]) -> EmailMessage:
    return email.message_from_bytes(base64.b64decode(message["raw_base64"]), policy=email.policy.default)


def test_inbox_accepts_over_tls_and_stamps_what_it_saw(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put("shop.test", "TXT", "v=spf1 ip4:127.77.1.1 -all")
            await rig.send("bounce@shop.test", "Taro@inbox.test", HELLO)
            (message,) = await rig.messages("taro@inbox.test")
            assert message["mail_from"] == "bounce@shop.test"
            assert message["rcpt_to"] == "Taro@inbox.test"
            assert message["tls"] in ("TLSv1.2", "TLSv1.3")
            assert message["spf"].startswith("pass") and "smtp.mailfrom=bounce@shop.test" in message["spf"]
            assert message["dkim"] == "none"
            assert message["dmarc"].startswith("none")
            mail = parsed(message)
            assert mail["Return-Path"] == "<bounce@shop.test>"
            assert "with ESMTPS" in mail["Received"] and message["tls"] in mail["Received"]
            results = parse_authentication_results(mail["Authentication-Results"])
            assert results.authserv_id == "mx.inbox.test"
            assert [r.result for r in results.results] == ["pass", "none", "none"]
            assert base64.b64decode(message["raw_base64"]).endswith(HELLO)

    run(story())


def test_one_message_to_two_mailboxes(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig, rig.client("inbox.test") as client:
            await client.sendmail("a@shop.test", ["a@inbox.test", "b@inbox.test"], HELLO)
            assert len(await rig.messages("a@inbox.test")) == len(await rig.messages("b@inbox.test")) == 1

    run(story())


def test_certificates_are_trusted_by_the_rehearsals_authority_but_for_one(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            context = ssl.create_default_context(cafile=str(rig.world.ca_file))
            for domain, trusted in (("inbox.test", True), ("strict.test", True), ("selfsigned.test", False)):
                client = rig.client(domain, start_tls=False)
                await client.connect()
                try:
                    await client.starttls(server_hostname=f"mx.{domain}", tls_context=context)
                    assert trusted, domain
                except ssl.SSLCertVerificationError:
                    assert not trusted, domain
                finally:
                    client.close()

    run(story())


def test_plain_offers_no_tls(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            async with rig.client("plain.test", start_tls=False) as client:
                await client.ehlo()
                assert not client.supports_extension("starttls")
            await rig.send("a@shop.test", "b@plain.test", HELLO)
            (message,) = await rig.messages("b@plain.test")
            assert message["tls"] is None
            assert "with ESMTP id" in parsed(message)["Received"]

    run(story())


@pytest.mark.parametrize(
    ("domain", "code", "part"),
    [("unknown.test", 550, "5.1.1"), ("full.test", 452, "4.2.2"), ("grey.test", 451, "4.7.1")],
)
def test_refuses_the_recipient(run: Any, rehearsal: Any, domain: str, code: int, part: str) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as raised:
                await rig.send("a@shop.test", f"b@{domain}", HELLO)
            refusal = raised.value.recipients[0]
            assert (refusal.code, refusal.message.split()[0]) == (code, part)

    run(story())


def test_nobody_relays(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig, rig.client("inbox.test") as client:
            for recipient, code in (("x@strict.test", 550), ("x@sub.inbox.test", 550), ("not an address", 501)):
                await client.mail("a@shop.test")
                with pytest.raises(aiosmtplib.SMTPRecipientRefused) as raised:
                    await client.rcpt(recipient)
                assert raised.value.code == code
                await client.rset()
            await client.mail("a@shop.test")
            assert (await client.rcpt("Postmaster")).code == 250

    run(story())


def test_greylisting_ends_after_a_minute_of_service_time(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            for advance in (0, 30):
                rig.clock.advance(advance)
                with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                    await rig.send("a@shop.test", "b@grey.test", HELLO)
            rig.clock.advance(31)
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await rig.send("other@shop.test", "b@grey.test", HELLO)
            await rig.send("a@shop.test", "b@grey.test", HELLO)
            assert len(await rig.messages("b@grey.test")) == 1

    run(story())


def test_down_does_not_listen_and_nullmx_says_so(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            assert (await rig.world.resolver.resolve("down.test", "MX")).values == ("10 mx.down.test",)
            with pytest.raises(aiosmtplib.SMTPConnectError):
                await rig.client("down.test").connect()
            assert (await rig.world.resolver.resolve("nullmx.test", "MX")).values == ("0 .",)

    run(story())


def test_slow_takes_its_time_for_each_command(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            address, port = "127.77.0.12", rig.world.settings.smtp_port
            reader, writer = await asyncio.open_connection(address, port)
            for command in (b"", b"EHLO x\r\n"):
                began = time.monotonic()
                writer.write(command)
                assert (await reader.readuntil(b" ")).startswith(b"2")
                assert 4.5 < time.monotonic() - began < 8
                await reader.read(65536)
            writer.close()
            await writer.wait_closed()

    run(story())


def test_later_bounces_with_a_report_to_the_return_path(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put("mail.shop.test", "MX", "10 feedback-smtp.us-east-1.tayori.test")
            await rig.send("0100-abc@mail.shop.test", "gone@later.test", HELLO)
            peer, report = await rig.sink.next()
            assert (peer.host, peer.helo) == ("127.77.0.8", "mx.later.test")
            assert report.recipients == ("0100-abc@mail.shop.test",)
            assert report.reverse_path.is_null  # type: ignore[union-attr]
            mail = email.message_from_bytes(report.content, policy=email.policy.default)
            assert mail.get_content_type() == "multipart/report"
            assert mail.get_param("report-type") == "delivery-status"
            kinds = [part.get_content_type() for part in mail.iter_parts()]
            assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
            per_message, per_recipient = list(mail.iter_parts())[1].iter_parts()
            assert per_message["Reporting-MTA"] == "dns; mx.later.test"
            assert per_recipient["Final-Recipient"] == "rfc822; gone@later.test"
            assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
            assert "Message-ID: <1@shop.test>" in list(mail.iter_parts())[2].get_content()

    run(story())


def test_later_tries_again_while_it_is_put_off(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            rig.clock.set_speed(1000)
            rig.sink.refusals = 2
            await rig.put("mail.shop.test", "MX", "10 feedback-smtp.us-east-1.tayori.test")
            await rig.send("x@mail.shop.test", "gone@later.test", HELLO)
            _, report = await rig.sink.next()
            assert report.recipients == ("x@mail.shop.test",)

    run(story())


def test_away_replies_once_and_never_to_machines(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            rig.clock.set_speed(100)
            await rig.put("shop.test", "MX", "10 feedback-smtp.us-east-1.tayori.test")
            await rig.send("news@shop.test", "b@away.test", b"Precedence: bulk\r\n" + HELLO)
            await rig.send("machine@shop.test", "b@away.test", b"Auto-Submitted: auto-generated\r\n" + HELLO)
            await rig.send("list@shop.test", "b@away.test", b"List-Id: <l.shop.test>\r\n" + HELLO)
            await rig.send("", "b@away.test", HELLO)
            await rig.send("human@shop.test", "b@away.test", b"Auto-Submitted: no\r\n" + HELLO)
            _, reply = await rig.sink.next()
            assert reply.recipients == ("human@shop.test",)
            assert reply.reverse_path.is_null  # type: ignore[union-attr]
            mail = email.message_from_bytes(reply.content, policy=email.policy.default)
            assert mail["Auto-Submitted"] == "auto-replied (vacation)"
            assert (mail["From"], mail["To"], mail["Subject"]) == ("b@away.test", "human@shop.test", "Auto: hello")
            assert mail["In-Reply-To"] == "<1@shop.test>"
            assert rig.sink.received.empty()

    run(story())


def test_a_forged_verdict_is_taken_out(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            forged = b"Authentication-Results: MX.inbox.test; dkim=pass header.d=bank.test\r\n"
            foreign = b"Authentication-Results: mx.elsewhere.test; spf=pass\r\n"
            await rig.send("a@shop.test", "b@inbox.test", forged + foreign + HELLO)
            (message,) = await rig.messages("b@inbox.test")
            fields = parsed(message).get_all("Authentication-Results")
            assert [field.split(";")[0] for field in fields] == ["mx.inbox.test", "mx.elsewhere.test"]
            assert "bank.test" not in base64.b64decode(message["raw_base64"]).decode()

    run(story())
