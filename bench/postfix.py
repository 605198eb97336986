"""The peer: Postfix with OpenDKIM on a unix socket, both from Debian, in a folder of their own, tuned as well as known.

Durable: Postfix fsyncs each message before its 250 by default. The settings are those that gave it its best figures on
two cores: no flow delay, connection cache, twenty sessions, milter over a unix socket.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

# Accepted mail goes to the hold queue: nothing is delivered, the queue manager is not even asked.
HOLDING = "smtpd_recipient_restrictions = check_client_access static:HOLD, permit_mynetworks, reject\n"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.bench.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [{sink_host}]:{sink_port}
alias_maps =
alias_database =
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
in_flow_delay = 0
initial_destination_concurrency = 50
default_destination_concurrency_limit = 50
smtp_connection_cache_destinations = [{sink_host}]:{sink_port}
default_process_limit = 100
smtpd_client_connection_count_limit = 0
smtpd_milters = {milters}
non_smtpd_milters =
"""

_MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsproxy unix - - n - 0 tlsproxy
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running Postfix, with OpenDKIM where `signing`; `settings` are lines for main.cf that have the last word."""

    name = "Postfix + OpenDKIM"

    def __init__(
        self,
        port: int,
        sink_host: str,
        sink_port: int,
        domain: str,
        *,
        signing: bool = True,
        settings: str = "",
    ) -> None:
        self.host, self.port = "127.0.0.1", port
        self.home = Path(tempfile.mkdtemp(prefix="tayori-bench-postfix-"))
        self.home.chmod(0o755)
        self._opendkim = self._start_opendkim(domain) if signing else None
        milters = f"unix:{self.home}/dkim/socket" if signing else ""
        self._configure(sink_host, sink_port, milters)
        with (self.home / "etc" / "main.cf").open("a") as file:
            file.write(settings)
        subprocess.run(["postfix", "-c", str(self.home / "etc"), "start"], check=True, capture_output=True)
        self._wait_for_port()

    def _start_opendkim(self, domain: str) -> "subprocess.Popen[bytes]":
        folder = self.home / "dkim"
        folder.mkdir()
        folder.chmod(0o777)
        subprocess.run(
            ["opendkim-genkey", "-b", "2048", "-d", domain, "-s", "bench", "-D", str(folder)],
            check=True,
            capture_output=True,
        )
        (folder / "opendkim.conf").write_text(
            f"Mode s\nDomain {domain}\nSelector bench\nKeyFile {folder}/bench.private\n"
            "Canonicalization relaxed/relaxed\nInternalHosts 127.0.0.1\nRequireSafeKeys no\nUMask 000\nSyslog no\n"
            f"Socket local:{folder}/socket\nBackground no\n"
        )
        process = subprocess.Popen(["/usr/sbin/opendkim", "-f", "-x", str(folder / "opendkim.conf")])
        deadline = time.monotonic() + 10
        while not (folder / "socket").exists():
            if time.monotonic() > deadline:
                raise TimeoutError("opendkim did not start")
            time.sleep(0.05)
        return process

    def _configure(self, sink_host: str, sink_port: int, milters: str) -> None:
        for name in ("etc", "queue", "data", "log"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        (self.home / "etc" / "main.cf").write_text(
            _MAIN.format(home=self.home, sink_host=sink_host, sink_port=sink_port, milters=milters)
        )
        (self.home / "etc" / "master.cf").write_text(_MASTER.format(port=f"127.0.0.1:{self.port}"))

    def _wait_for_port(self) -> None:
        import socket

        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((self.host, self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @property
    def pids(self) -> list[int]:
        master = int((self.home / "queue" / "pid" / "master.pid").read_text())
        return [master, *([self._opendkim.pid] if self._opendkim else [])]

    def close(self) -> None:
        subprocess.run(["postfix", "-c", str(self.home / "etc"), "stop"], check=False, capture_output=True)
        if self._opendkim:
            self._opendkim.terminate()
            self._opendkim.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)
