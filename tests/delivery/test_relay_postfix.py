"""Debian's Postfix as the smarthost: TLS, AUTH and a refusal, as an operator would meet them."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trustme
from hosts import World
from test_relay import SECRET, ToRelay

from postgres import free_port
from programs import lacking, require
from tayori.clock import AdjustableClock
from tayori.delivery.egress import Relay, RelayTls
from tayori.model.message import FailureScope, OutcomeKind

Run = Callable[[Any], Any]

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = smart.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_peername_lookup = no
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {home}/etc/chain.pem
smtpd_sasl_auth_enable = yes
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/auth
default_transport = discard
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
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
async def smarthost(authority: trustme.CA) -> AsyncIterator[tuple[int, Path]]:
    """Postfix's port and its log; it takes mail for everywhere from whoever authenticates, and throws it away."""
    program = require("postfix", "postfix")
    if os.geteuid() != 0:
        lacking("root, as whom alone Postfix starts,", "no package")
    home = Path(tempfile.mkdtemp(prefix="tayori-smarthost-"))
    home.chmod(0o755)
    for name in ("etc", "queue", "data", "log"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    port = free_port()
    (home / "etc" / "main.cf").write_text(_MAIN.format(home=home))
    (home / "etc" / "master.cf").write_text(_MASTER.format(port=port))
    authority.issue_cert("smart.test").private_key_and_cert_chain_pem.write_to_path(str(home / "etc" / "chain.pem"))
    passwords = await asyncio.start_unix_server(_answer_for_passwords, str(home / "auth"))
    os.chmod(home / "auth", 0o666)
    control = [program, "-c", str(home / "etc")]
    try:
        await asyncio.to_thread(subprocess.run, [*control, "start"], check=True, capture_output=True)
        await _until_it_greets(port)
        yield port, home / "log" / "mail.log"
    finally:
        await asyncio.to_thread(subprocess.run, [*control, "stop"], check=False, capture_output=True)
        passwords.close()
        shutil.rmtree(home, ignore_errors=True)


async def _until_it_greets(port: int) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            greeting = await reader.readline()
            writer.close()
            if greeting.startswith(b"220"):
                return
        except OSError:
            pass
        await asyncio.sleep(0.05)


def test_postfix_takes_mail_from_us_and_not_with_a_wrong_password(
    run: Run, clock: AdjustableClock, authority: trustme.CA, anchors: Path
) -> None:
    async def scenario() -> None:
        async with smarthost(authority) as (port, log), World(clock, trust_anchors=anchors) as world:
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
            told = log.read_text("utf-8")
            assert "sasl_method=PLAIN, sasl_username=us" in told
            facts = world.queue.reports[-1].facts
            assert facts.tls is not None
            assert facts.tls.level == "verified"
            assert ("dest.test", "MX") not in world.zone.questions

    run(scenario())
