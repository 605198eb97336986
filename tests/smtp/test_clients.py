"""The clients that SES's users have: smtplib, aiosmtplib, swaks and openssl, over STARTTLS and TLS from the
first byte.
"""

import asyncio
import base64
import smtplib
import ssl
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.mime.text import MIMEText

import aiosmtplib
import pytest
from recording import serving, settings
from roles import ACCESS_KEY, CREDENTIAL, MESSAGE_ID, PASSWORD, REGION, Service

from programs import require
from tayori.model.smtp_password import smtp_password
from tayori.smtp.policy import AuthOffer

STARTTLS, IMPLICIT = "STARTTLS", "TLS from the first byte"


@pytest.fixture
def ca_file(certificates, tmp_path):
    path = tmp_path / "ca.pem"
    certificates.authority.cert_pem.write_to_path(str(path))
    return path


@asynccontextmanager
async def submission(certificates, how):
    service = Service()
    async with serving(
        service.submission(settings(auth=AuthOffer.PLAIN_LOGIN)).policy,
        tls=certificates.server,
        implicit_tls=how is IMPLICIT,
        auth=AuthOffer.PLAIN_LOGIN,
    ) as server:
        yield server.port, service


def test_a_password_is_good_for_one_region_and_the_session_acts_there(run, certificates):
    async def scenario():
        async with submission(certificates, STARTTLS) as (port, service):
            for region in (REGION, "eu-west-1"):
                async with aiosmtplib.SMTP(
                    hostname="127.0.0.1", port=port, start_tls=True, validate_certs=False
                ) as client:
                    await client.login(ACCESS_KEY, smtp_password(CREDENTIAL.secret_access_key, region))
                    await client.send_message(a_message())
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=True, validate_certs=False) as client:
                with pytest.raises(aiosmtplib.SMTPAuthenticationError):
                    await client.login(ACCESS_KEY, smtp_password(CREDENTIAL.secret_access_key, "us-west-2"))
            assert [message.region for message in service.submitted] == [REGION, "eu-west-1"]

    run(scenario())


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@b.test", "c@d.test", "hello"
    message.set_content("one\n.\n..two\nfrom: me\n")
    return message


def check(service: Service) -> None:
    (message,) = service.submitted
    assert message.credential.access_key_id == ACCESS_KEY
    assert message.envelope.reverse_path.text == "a@b.test"
    assert [str(address) for address in message.envelope.recipients] == ["c@d.test"]
    assert message.source_ip == "127.0.0.1"
    assert message.tls is not None and message.tls.version in ("TLSv1.2", "TLSv1.3")
    assert message.content.endswith(b"one\r\n.\r\n..two\r\nfrom: me\r\n")


@pytest.mark.parametrize("how", [STARTTLS, IMPLICIT])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "PLAIN without initial response"])
def test_smtplib(how, mechanism, run_on, certificates):
    def send(port: int) -> None:
        if how is IMPLICIT:
            client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", port, context=certificates.client)
        else:
            client = smtplib.SMTP("localhost", port)
            assert client.ehlo()[0] == 250 and "auth" not in client.esmtp_features
            client.starttls(context=certificates.client)
        with client:
            client.ehlo()
            client.user, client.password = ACCESS_KEY, PASSWORD
            initial = mechanism == "PLAIN"
            method = client.auth_login if mechanism == "LOGIN" else client.auth_plain
            code, text = client.auth(mechanism.split()[0], method, initial_response_ok=initial)
            assert (code, text) == (235, b"Authentication successful.")
            assert client.send_message(a_message()) == {}

    async def scenario():
        async with submission(certificates, how) as (port, service):
            await asyncio.to_thread(send, port)
            check(service)

    run_on(scenario())


def test_smtplib_reads_our_refusals(run, certificates):
    def talk(port: int) -> None:
        with smtplib.SMTP_SSL("localhost", port, context=certificates.client) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                client.login(ACCESS_KEY, "wrong")
            assert refused.value.smtp_code == 535
            client.login(ACCESS_KEY, PASSWORD)
            for subject, code in (("unverified", 554), ("rate", 454), ("crash", 451)):
                message = MIMEText("x")
                message["Subject"] = subject
                with pytest.raises(smtplib.SMTPDataError) as error:
                    client.sendmail("a@b.test", ["c@d.test"], message.as_string())
                assert error.value.smtp_code == code
            with pytest.raises(smtplib.SMTPSenderRefused) as sender:
                client.sendmail("a@b.test", ["c@d.test"], "x" * (41 * 1024 * 1024))
            assert sender.value.smtp_code == 552

    async def scenario():
        async with submission(certificates, IMPLICIT) as (port, service):
            await asyncio.to_thread(talk, port)
            assert service.submitted == []

    run(scenario())


@pytest.mark.parametrize("how", [STARTTLS, IMPLICIT])
def test_aiosmtplib(how, run_on, certificates):
    async def scenario():
        async with submission(certificates, how) as (port, service):
            _, answer = await aiosmtplib.send(
                a_message(),
                hostname="localhost",
                port=port,
                use_tls=how is IMPLICIT,
                start_tls=how is STARTTLS,
                tls_context=certificates.client,
                username=ACCESS_KEY,
                password=PASSWORD,
            )
            assert answer == f"Ok {MESSAGE_ID}"
            check(service)

    run_on(scenario())


async def output_of(*command: object, stdin: bytes = b"") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.mark.parametrize("how", [STARTTLS, IMPLICIT])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks(how, mechanism, run, certificates, ca_file):
    swaks = require("swaks", "swaks")

    async def scenario():
        async with submission(certificates, how) as (port, service):
            code, output = await output_of(
                *(swaks, "--server", "127.0.0.1", "--port", port, "--ehlo", "client.test"),
                *("--tls-on-connect" if how is IMPLICIT else "--tls", "--tls-ca-path", ca_file, "--tls-verify"),
                *("--auth", mechanism, "--auth-user", ACCESS_KEY, "--auth-password", PASSWORD),
                *("--from", "a@b.test", "--to", "c@d.test", "--body", "one\n.\n..two\nfrom: me"),
            )
            assert code == 0, output
            assert f"250 Ok {MESSAGE_ID}" in output
            (message,) = service.submitted
            assert b"\r\none\r\n.\r\n..two\r\nfrom: me\r\n" in message.content

    run(scenario())


@pytest.mark.parametrize("how", [STARTTLS, IMPLICIT])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_as_in_the_documentation_of_ses(how, version, run, certificates, ca_file):
    """`openssl s_client -crlf -quiet -starttls smtp`, with the input of SES's example."""
    openssl = require("openssl", "openssl")
    password = base64.b64encode(PASSWORD.encode()).decode()
    lines = [
        "EHLO example.com",
        "AUTH LOGIN",
        base64.b64encode(ACCESS_KEY.encode()).decode(),
        password,
        "MAIL FROM: a@b.test",
        "RCPT TO: c@d.test",
        "DATA",
        "From: Sender Name <a@b.test>",
        "Subject: Amazon SES SMTP Test",
        "",
        "This message was sent using the Amazon SES SMTP interface.",
        ".",
        "QUIT",
    ]

    async def scenario():
        async with submission(certificates, how) as (port, service):
            starttls = ("-starttls", "smtp") if how is STARTTLS else ()
            code, output = await output_of(
                *(openssl, "s_client", "-crlf", "-quiet", *starttls, version, "-verify_return_error"),
                *("-CAfile", ca_file, "-connect", f"localhost:{port}"),
                stdin="\n".join([*lines, ""]).encode(),
            )
            assert code == 0, output
            assert f"250 Ok {MESSAGE_ID}" in output
            assert len(service.submitted) == 1

    run(scenario())


def test_a_client_that_does_not_trust_the_certificate_sends_nothing(run_on, certificates):
    async def scenario():
        async with submission(certificates, STARTTLS) as (port, service):
            with pytest.raises((ssl.SSLError, aiosmtplib.SMTPException)):
                await aiosmtplib.send(
                    a_message(),
                    hostname="localhost",
                    port=port,
                    start_tls=True,
                    tls_context=ssl.create_default_context(),
                )
            assert service.submitted == []

    run_on(scenario())
