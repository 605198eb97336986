"""Debian's Postfix as the smarthost: TLS, AUTH and a refusal, as an operator would meet them."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trustme
from hosts import World
from test_relay import SECRET, ToRelay

from debian_postfix import Postfix, running_postfix
from postgres import free_port
from tayori.clock import AdjustableClock
from tayori.delivery.egress import Relay, RelayTls
from tayori.model.message import FailureScope, OutcomeKind

Run = Callable[[Any], Any]

_MAIN = """\
myhostname = smart.test
inet_interfaces = 127.0.0.1
mynetworks =
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {home}/etc/chain.pem
smtpd_sasl_auth_enable = yes
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
default_transport = discard
"""


async def _answer_for_passwords(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Dovecot's authentication protocol (doc: auth_protocol), as much of it as Postfix asks for: one user is known."""
    writer.write(
        b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\n"
        b"COOKIE\t0123456789abcdef0123456789abcdef\nDONE\n"
    )
    while line := await reader.readline():
        words = line.decode().rstrip("\n").split("\t")
        if words[0] == "AUTH":
            response = next((word.removeprefix("resp=") for word in words if word.startswith("resp=")), "")
            is_known = b64decode(response) == f"\0us\0{SECRET}".encode()
            verdict = f"OK\t{words[1]}\tuser=us\n" if is_known else f"FAIL\t{words[1]}\tuser=us\n"
            writer.write(verdict.encode())
    writer.close()


@asynccontextmanager
async def smarthost(authority: trustme.CA) -> AsyncIterator[tuple[int, Postfix]]:
    """Postfix's port and itself; it takes mail for everywhere from whoever authenticates, and throws it away."""
    port = free_port()

    def certify(home: Path) -> None:
        authority.issue_cert("smart.test").private_key_and_cert_chain_pem.write_to_path(str(home / "etc" / "chain.pem"))

    with TemporaryDirectory(prefix="tayori-auth-") as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "auth"
        passwords = await asyncio.start_unix_server(_answer_for_passwords, str(place))
        place.chmod(0o666)
        smart = running_postfix(_MAIN.replace("{auth}", str(place)), {("127.0.0.1", port): ()}, certify)
        # In a thread, for it asks for passwords as it starts.
        postfix = await asyncio.to_thread(smart.__enter__)
        try:
            yield port, postfix
        finally:
            await asyncio.to_thread(smart.__exit__, None, None, None)
            passwords.close()


def test_postfix_takes_mail_from_us_and_not_with_a_wrong_password(
    run: Run, clock: AdjustableClock, authority: trustme.CA, anchors: Path
) -> None:
    async def scenario() -> None:
        async with smarthost(authority) as (port, postfix), World(clock, trust_anchors=anchors) as world:
            world.zone.put("smart.test", "A", "127.0.0.1")
            relay = Relay(host="smart.test", port=port, tls=RelayTls.STARTTLS, user="us", password="wrong")
            world.chooser = ToRelay(relay)
            (refused,) = await world.send()
            assert (refused.outcome.kind, refused.outcome.scope) == (OutcomeKind.DEFERRED, FailureScope.LOCAL)
            assert "refuses our user name and password: 535" in refused.outcome.diagnostic
            world.chooser._egress = ToRelay(Relay(host="smart.test", port=port, user="us", password=SECRET))._egress
            clock.advance(3600)
            results = await world.queue.until_reported(2)
            assert results[-1].outcome.kind is OutcomeKind.DELIVERED, results[-1].outcome
            assert "sasl_method=PLAIN, sasl_username=us" in postfix.log
            facts = world.queue.reports[-1].facts
            assert facts.tls is not None
            assert facts.tls.level == "verified"
            assert ("dest.test", "MX") not in world.zone.questions

    run(scenario())
