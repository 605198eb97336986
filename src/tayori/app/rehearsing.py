"""What `--rehearsal` sets: public settings only, so that what passes there is what runs in production.

The rehearsal internet lies on loopback. The service sends from an address of its own there, asks the rehearsal's
resolver, trusts the rehearsal's authority, and reads the adjustable clock.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tayori.model.names import ServiceNames
from tayori.rehearsal.authority import CertificateAuthority
from tayori.rehearsal.provider_book import PROVIDERS_FILE, ProviderBook
from tayori.rehearsal.providers import feedback_loops_file

SERVICE_DOMAIN = "tayori.test"
SERVICE_ADDRESS = "127.77.1.1"
LOOPBACK = "127.0.0.0/8"
FEEDBACK_LOOPS = "feedback-loops.toml"


def settings(data: Path, port_base: int) -> Mapping[str, Mapping[str, Any]]:
    """Section → key → value for a service that lives in the rehearsal internet of `data`."""
    return {
        "service": {"domain": SERVICE_DOMAIN, "clock_file": str(data / "clock")},
        "submission": {
            "certificate": str(data / "rehearsal" / "submission.pem"),
            "key": str(data / "rehearsal" / "submission.key"),
            "ca_file": str(data / "rehearsal" / "ca.pem"),
        },
        "inbound": {"feedback_loops_file": str(data / "rehearsal" / FEEDBACK_LOOPS)},
        "dns": {"public_addresses": ["127.0.0.1"]},
        "resolver": {"servers": [f"127.0.0.1:{port_base + 6}"]},
        "delivery": {
            "port": port_base + 7,
            "policy_port": port_base + 5,
            "source_address": SERVICE_ADDRESS,
            "outgoing_addresses": [SERVICE_ADDRESS],
            "trust_anchors": str(data / "rehearsal" / "ca.pem"),
            "private_networks": [LOOPBACK],
        },
        "events": {"private_networks": [LOOPBACK], "trust_anchors": str(data / "rehearsal" / "ca.pem")},
    }


def prepare(data: Path) -> None:
    """Found what the settings name: the authority, the certificate of SMTP submission that it signs, and what is known
    of the providers' feedback loops.
    """
    folder = data / "rehearsal"
    authority = CertificateAuthority(folder)
    certificate, key = folder / "submission.pem", folder / "submission.key"
    if not (certificate.is_file() and key.is_file()):
        names = ServiceNames(service_domain=SERVICE_DOMAIN, region="us-east-1")
        authority.issue_files(certificate, key, ("localhost", names.submission_host), ("127.0.0.1", "::1"))
    (folder / FEEDBACK_LOOPS).write_text(feedback_loops_file(ProviderBook(folder / PROVIDERS_FILE).all()), "utf-8")


def ports(port_base: int) -> Mapping[str, Mapping[str, Any]]:
    """The listeners' ports as offsets from a base: HTTP +0, submission +1 and +2, inbound +3, DNS +4."""
    return {
        "http": {"port": port_base},
        "submission": {"starttls_port": port_base + 1, "tls_port": port_base + 2},
        "inbound": {"port": port_base + 3},
        "dns": {"port": port_base + 4},
    }
