"""Real mail servers as receivers: Debian's Postfix and Exim, each in a folder of its own, which keep what they accept.

Both take mail for dest.test, refuse refused@dest.test, and offer what they offer by themselves: PIPELINING, SIZE,
8BITMIME, SMTPUTF8, CHUNKING, DSN and STARTTLS.
"""

import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from debian_postfix import running_postfix
from postgres import free_port
from programs import lacking, require
from tayori.testing import until

# Debian lets only one mail server be installed, so scripts/install-test-servers unpacks this one into a folder.
EXIM = "/usr/local/lib/tayori-test-servers/usr/sbin/exim4"

_POSTFIX = """\
myhostname = postfix.test
inet_interfaces = 127.0.0.1
smtpd_recipient_restrictions = check_recipient_access inline:{ { refused@dest.test = 550 5.1.1 no such user } },
  reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_chain_files = {home}/etc/server.pem
message_size_limit = 50000000
virtual_mailbox_limit = 0
virtual_mailbox_domains = dest.test
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

_EXIM = """\
primary_hostname = exim.test
exim_path = {program}
keep_environment =
exim_user = mail
exim_group = mail
deliver_drop_privilege
smtp_accept_queue_per_connection = 0
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
spool_directory = {home}/queue
log_file_path = {home}/log/%slog
pid_file_path = {home}/exim.pid
message_size_limit = 50M
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
tls_advertise_hosts = *
tls_certificate = {home}/etc/server.pem
tls_privatekey = {home}/etc/server.pem
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s

begin acl
check_rcpt:
  deny message = 5.1.1 no such user
       local_parts = refused
  accept domains = dest.test
  deny

begin routers
all:
  driver = accept
  transport = box

begin transports
box:
  driver = appendfile
  directory = {home}/mail/box
  maildir_format
  envelope_to_add
  return_path_add
"""


class Receiver:
    def __init__(self, name: str, home: Path, port: int) -> None:
        self.name, self.home, self.port = name, home, port

    @property
    def log(self) -> str:
        return "\n".join(file.read_text("utf-8", "replace") for file in sorted((self.home / "log").iterdir()))

    def mails(self) -> dict[str, bytes]:
        """What has arrived, by file: with the receiver's own fields in front, and lines that end in LF."""
        return {file.name: file.read_bytes() for file in (self.home / "mail" / "box" / "new").glob("*")}

    def wait_for(self, count: int, *, before: dict[str, bytes]) -> list[bytes]:
        """The mails that have come since `before`, which are to be `count`."""
        until(lambda: len(self.mails()) >= len(before) + count, f"{count} mails in the mailbox")
        new = [mail for name, mail in self.mails().items() if name not in before]
        assert len(new) == count
        return new


@contextmanager
def postfix_receiver() -> Iterator[Receiver]:
    require("postfix", "postfix")
    owner, port = pwd.getpwnam("postfix"), free_port()
    settings = _POSTFIX.replace("{uid}", str(owner.pw_uid)).replace("{gid}", str(owner.pw_gid))

    def furnish(home: Path) -> None:
        (home / "mail").mkdir()
        shutil.chown(home / "mail", "postfix")
        _certify(home)

    with running_postfix(settings, {("127.0.0.1", port): ()}, furnish) as postfix:
        yield Receiver("postfix", postfix.home, port)


@contextmanager
def exim_receiver() -> Iterator[Receiver]:
    if not os.access(EXIM, os.X_OK):
        lacking("exim", "exim4-daemon-light, unpacked")
    if os.geteuid() != 0:
        lacking("root, as whom alone mail servers start,", "no package")
    home, port = Path(tempfile.mkdtemp(prefix="tayori-exim-")), free_port()
    home.chmod(0o755)
    try:
        for name in ("etc", "queue", "log", "mail"):
            (home / name).mkdir()
            shutil.chown(home / name, "mail", "mail")
        _certify(home)
        config = home / "etc" / "exim.conf"
        config.write_text(_EXIM.format(program=EXIM, home=home, port=port))
        with (home / "stderr").open("wb") as log:
            process = subprocess.Popen([EXIM, "-C", str(config), "-bdf"], stdout=log, stderr=log)
        try:
            until(lambda: _greets(port), "Exim's greeting")
            yield Receiver("exim", home, port)
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _certify(home: Path) -> None:
    pem = home / "etc" / "server.pem"
    trustme.CA().issue_cert("mx1.dest.test").private_key_and_cert_chain_pem.write_to_path(str(pem))
    pem.chmod(0o644)


def _greets(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=20).close()
    except OSError:
        return False
    return True
