"""Debian's Postfix in a folder of its own, with the service as its relay host: as Amazon documents it for SES."""

import os
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from postgres import free_port
from programs import lacking, require, require_file
from tayori.testing import until

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = app-server.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no

relayhost = [{host}]:{port}
smtp_sasl_auth_enable = yes
smtp_sasl_security_options = noanonymous
smtp_sasl_password_maps = texthash:{home}/etc/sasl_passwd
smtp_tls_security_level = encrypt
smtp_tls_note_starttls_offer = yes
smtp_tls_loglevel = 1
smtp_tls_CAfile = {ca_file}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port

    @property
    def log(self) -> str:
        return (self.home / "log" / "mail.log").read_text("utf-8")

    def sendmail(self, content: bytes, *, sender: str, to: str) -> None:
        """As a script on the host would: through the sendmail command, which puts the mail into Postfix's queue."""
        command = ["/usr/sbin/sendmail", "-C", str(self.home / "etc"), "-f", sender, "-i", to]
        subprocess.run(command, input=content, check=True, capture_output=True)

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=20)


@contextmanager
def relaying_postfix(smtp: Mapping[str, Any]) -> Iterator[Postfix]:
    """Postfix that hands all its mail to `smtp`, the service's submission port as `tayori env` tells it."""
    program = require("postfix", "postfix")
    require_file("/usr/lib/*/sasl2/libplain.so*", "libsasl2-modules")
    if os.geteuid() != 0:
        lacking("root, as whom alone Postfix starts,", "no package")
    home = Path(tempfile.mkdtemp(prefix="tayori-postfix-"))
    home.chmod(0o755)
    postfix = Postfix(home, free_port())
    control = [program, "-c", str(home / "etc")]
    try:
        _configure(postfix, smtp)
        subprocess.run([*control, "start"], check=True, capture_output=True)
        until(_greets(postfix), "Postfix's greeting")
        yield postfix
    finally:
        subprocess.run([*control, "stop"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def _configure(postfix: Postfix, smtp: Mapping[str, Any]) -> None:
    home = postfix.home
    for name in ("etc", "queue", "data", "log"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    etc = home / "etc"
    place = {"host": smtp["host"], "port": smtp["starttls_port"], "ca_file": smtp["ca_file"]}
    (etc / "main.cf").write_text(_MAIN.format(home=home, **place))
    (etc / "master.cf").write_text(_MASTER.format(port=postfix.port))
    secret = etc / "sasl_passwd"
    secret.touch(mode=0o600)
    secret.write_text(f"[{smtp['host']}]:{smtp['starttls_port']} {smtp['username']}:{smtp['password']}\n")


def _greets(postfix: Postfix) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            postfix.smtp().close()
        except OSError:
            return False
        return True

    return ask
