"""Postfix as the receiver of many hosts, each with a certificate of its own; all mail is discarded."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from debian_postfix import Postfix, running_postfix

_MAIN = """\
myhostname = receiver.test
mynetworks = 127.0.0.0/8 [::1]/128
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
default_transport = discard:
relay_transport = discard:
"""


@contextmanager
def receiving_postfix(
    hosts: Mapping[str, str], port: int, *settings: str, files: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Postfix]:
    """`hosts` has the PEM (key and chain) that each address shows; an empty one offers no TLS. `files` are put beside
    main.cf.
    """

    def write_files(home: Path) -> None:
        for name, content in files.items():
            (home / "etc" / name).write_text(content)
        for address, pem in hosts.items():
            file = home / "etc" / f"{address}.pem"
            file.touch(mode=0o600)
            file.write_text(pem)

    listeners = {
        (address, port): (
            f"smtpd_tls_chain_files=$config_directory/{address}.pem" if pem else "smtpd_tls_security_level=none",
            *settings,
        )
        for address, pem in hosts.items()
    }
    with running_postfix(_MAIN, listeners, write_files) as postfix:
        yield postfix
