"""Debian's Postfix in a folder of its own, as the receiver: each host has its certificate, all mail is discarded."""

import os
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from programs import lacking, require

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = receiver.test
mydestination =
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
default_transport = discard:
relay_transport = discard:
"""

_MASTER = """\
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


@dataclass(frozen=True, slots=True)
class Receiver:
    home: Path

    @property
    def log(self) -> str:
        return (self.home / "log" / "mail.log").read_text("utf-8")


@contextmanager
def receiving_postfix(hosts: Mapping[str, str], port: int) -> Iterator[Receiver]:
    """`hosts` has the PEM (key and chain) that each address shows; an empty one offers no TLS."""
    program = require("postfix", "postfix")
    if os.geteuid() != 0:
        lacking("root, as whom alone Postfix starts,", "no package")
    home = Path(tempfile.mkdtemp(prefix="tayori-postfix-"))
    home.chmod(0o755)
    control = [program, "-c", str(home / "etc")]
    try:
        _configure(home, hosts, port)
        subprocess.run([*control, "start"], check=True, capture_output=True)
        for address in hosts:
            _wait(address, port)
        yield Receiver(home)
    finally:
        subprocess.run([*control, "stop"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def _configure(home: Path, hosts: Mapping[str, str], port: int) -> None:
    for name in ("etc", "queue", "data", "log"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    (home / "etc" / "main.cf").write_text(_MAIN.format(home=home))
    lines = []
    for address, pem in hosts.items():
        file = home / "etc" / f"{address}.pem"
        file.touch(mode=0o600)
        file.write_text(pem)
        tls = f"-o smtpd_tls_chain_files={file}" if pem else "-o smtpd_tls_security_level=none"
        lines.append(f"{address}:{port} inet n - n - - smtpd\n  {tls}\n")
    (home / "etc" / "master.cf").write_text("".join(lines) + _MASTER)


def _wait(address: str, port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            smtplib.SMTP(address, port, timeout=5).close()
        except (OSError, smtplib.SMTPException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
