"""Debian's Postfix with the service as its relay host: as Amazon documents it for SES."""

import smtplib
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from debian_postfix import Postfix, running_postfix
from postgres import free_port
from programs import require_file

_MAIN = """\
myhostname = app-server.example
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject

relayhost = [{host}]:{port}
smtp_sasl_auth_enable = yes
smtp_sasl_security_options = noanonymous
smtp_sasl_password_maps = texthash:{home}/etc/sasl_passwd
smtp_tls_security_level = encrypt
smtp_tls_note_starttls_offer = yes
smtp_tls_loglevel = 1
smtp_tls_CAfile = {ca_file}
"""


class RelayingPostfix:
    def __init__(self, postfix: Postfix, port: int) -> None:
        self._postfix = postfix
        self._port = port

    @property
    def log(self) -> str:
        return self._postfix.log

    def sendmail(self, content: bytes, *, sender: str, to: str) -> None:
        """As a script on the host would: through the sendmail command, which puts the mail into Postfix's queue."""
        command = ["/usr/sbin/sendmail", "-C", str(self._postfix.etc), "-f", sender, "-i", to]
        subprocess.run(command, input=content, check=True, capture_output=True)

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self._port, timeout=20)


@contextmanager
def relaying_postfix(smtp: Mapping[str, Any]) -> Iterator[RelayingPostfix]:
    """Postfix that hands all its mail to `smtp`, the service's submission port as `tayori env` tells it."""
    require_file("/usr/lib/*/sasl2/libplain.so*", "libsasl2-modules")

    def write_password(home: Path) -> None:
        secret = home / "etc" / "sasl_passwd"
        secret.touch(mode=0o600)
        secret.write_text(f"[{smtp['host']}]:{smtp['starttls_port']} {smtp['username']}:{smtp['password']}\n")

    place = {"host": smtp["host"], "port": str(smtp["starttls_port"]), "ca_file": smtp["ca_file"]}
    main = _MAIN
    for name, value in place.items():
        main = main.replace(f"{{{name}}}", value)
    port = free_port()
    with running_postfix(main, {("127.0.0.1", port): ()}, write_password) as postfix:
        yield RelayingPostfix(postfix, port)
