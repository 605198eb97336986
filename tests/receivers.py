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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from postgres import free_port
from programs import lacking, require
from tayori.testing import until

# Debian lets only one mail server be installed, so scripts/install-test-servers unpacks this one into a folder.
EXIM = "/usr/local/lib/tayori-test-servers/usr/sbin/exim4"

_POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ refused@dest.test = 550 5.1.1 no such user }} }},
  reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = {home}/etc/server.pem
smtpd_tls_key_file = {home}/etc/server.pem
message_size_limit = 50000000
virtual_mailbox_limit = 0
virtual_mailbox_domains = dest.test
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

_POSTFIX_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
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
    program = require("postfix", "postfix")
    with _folder("postfix") as receiver:
        owner = pwd.getpwnam("postfix")
        shutil.chown(receiver.home / "data", "postfix")
        shutil.chown(receiver.home / "mail", "postfix")
        etc = receiver.home / "etc"
        main = _POSTFIX_MAIN.format(home=receiver.home, uid=owner.pw_uid, gid=owner.pw_gid)
        (etc / "main.cf").write_text(main)
        (etc / "master.cf").write_text(_POSTFIX_MASTER.format(port=receiver.port))
        control = [program, "-c", str(etc)]
        try:
            subprocess.run([*control, "start"], check=True, capture_output=True)
            until(_greets(receiver.port), "Postfix's greeting")
            yield receiver
        finally:
            subprocess.run([*control, "stop"], check=False, capture_output=True)


@contextmanager
def exim_receiver() -> Iterator[Receiver]:
    if not os.access(EXIM, os.X_OK):
        lacking("exim", "exim4-daemon-light, unpacked")
    with _folder("exim") as receiver:
        for name in ("queue", "log", "mail"):
            shutil.chown(receiver.home / name, "mail", "mail")
        config = receiver.home / "etc" / "exim.conf"
        config.write_text(_EXIM.format(program=EXIM, home=receiver.home, port=receiver.port))
        log = (receiver.home / "stderr").open("wb")
        process = subprocess.Popen([EXIM, "-C", str(config), "-bdf"], stdout=log, stderr=log)
        try:
            until(_greets(receiver.port), "Exim's greeting")
            yield receiver
        finally:
            process.terminate()
            process.wait(20)
            log.close()


@contextmanager
def _folder(name: str) -> Iterator[Receiver]:
    if os.geteuid() != 0:
        lacking("root, as whom alone mail servers start,", "no package")
    home = Path(tempfile.mkdtemp(prefix=f"tayori-{name}-"))
    home.chmod(0o755)
    try:
        for part in ("etc", "queue", "data", "log", "mail"):
            (home / part).mkdir()
        certificate = trustme.CA().issue_cert("mx1.dest.test")
        pem = home / "etc" / "server.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
        pem.chmod(0o644)
        yield Receiver(name, home, free_port())
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _greets(port: int) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=20).close()
        except OSError:
            return False
        return True

    return ask
