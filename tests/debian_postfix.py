"""Debian's Postfix in a folder of its own, with a configuration of its own; several run beside each other."""

import os
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from programs import lacking, require
from tayori.testing import until

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
mydestination =
alias_maps =
alias_database =
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
smtpd_peername_lookup = no
"""

_MASTER = """\
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
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def log(self) -> str:
        return (self.home / "log" / "mail.log").read_text("utf-8", "replace")


@contextmanager
def running_postfix(
    settings: str,
    listeners: Mapping[tuple[str, int], Sequence[str]],
    prepare: Callable[[Path], None] = lambda home: None,
) -> Iterator[Postfix]:
    """`settings` are lines of main.cf, with {home} for its folder; `listeners` has settings of each address and port.
    `prepare` is called with the folder before it starts.
    """
    program = require("postfix", "postfix")
    if os.geteuid() != 0:
        lacking("root, as whom alone Postfix starts,", "no package")
    home = Path(tempfile.mkdtemp(prefix="tayori-postfix-"))
    home.chmod(0o755)
    postfix = Postfix(home)
    control = [program, "-c", str(postfix.etc)]
    try:
        _configure(postfix, settings, listeners)
        prepare(home)
        subprocess.run([*control, "start"], check=True, capture_output=True)
        for host, port in listeners:
            until(lambda where=(host, port): _greets(*where), "Postfix's greeting")
        yield postfix
    finally:
        subprocess.run([*control, "stop"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def _configure(postfix: Postfix, settings: str, listeners: Mapping[tuple[str, int], Sequence[str]]) -> None:
    for name in ("etc", "queue", "data", "log"):
        (postfix.home / name).mkdir()
    shutil.chown(postfix.home / "data", "postfix")
    family = "all" if any(":" in host for host, _ in listeners) else "ipv4"
    main = f"{_MAIN}inet_protocols = {family}\n{settings}"
    (postfix.etc / "main.cf").write_text(main.replace("{home}", str(postfix.home)))
    lines = []
    for (host, port), options in listeners.items():
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines += [f"{where} inet n - n - - smtpd", *(f"  -o {option}" for option in options)]
    (postfix.etc / "master.cf").write_text("\n".join(lines) + "\n" + _MASTER)


def _greets(host: str, port: int) -> bool:
    try:
        smtplib.SMTP(host, port, timeout=20).close()
    except (OSError, smtplib.SMTPException):
        return False
    return True
