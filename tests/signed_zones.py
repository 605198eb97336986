"""Signed zones on a BIND of one's own, and an Unbound that validates them: DNSSEC from end to end on the loopback."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.query

from programs import require

_SOA = """\
$TTL 300
@ IN SOA ns.{zone}. hostmaster.{zone}. 1 3600 600 86400 300
@ IN NS ns
ns IN A 127.0.0.1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """`content` goes below SOA and NS. `spoilt` replaces texts in the zone after it was signed, so that the signatures
    do not hold any more.
    """

    content: str
    is_signed: bool = True
    spoilt: Mapping[str, str] | None = None


@contextlib.contextmanager
def validating_resolver(folder: Path, zones: Mapping[str, Zone]) -> Iterator[int]:
    """The port on which Unbound answers for the zones, with the AD bit where it may; it trusts their keys."""
    named, unbound = require("named", "bind9"), require("unbound", "unbound")
    require("dnssec-signzone", "bind9-utils")
    anchors = [_write(folder, name, zone) for name, zone in zones.items()]
    authority, resolver = _free_port(), _free_port()
    (folder / "named.conf").write_text(_named_conf(folder, authority, zones))
    (folder / "unbound.conf").write_text(_unbound_conf(folder, authority, resolver, zones, list(filter(None, anchors))))
    first = next(iter(zones))
    with (
        _running([named, "-g", "-c", "named.conf"], folder, "named.log", authority, first),
        _running([unbound, "-d", "-c", "unbound.conf"], folder, "unbound.log", resolver, first),
    ):
        yield resolver


def _write(folder: Path, name: str, zone: Zone) -> str:
    """The zone's file; returns its trust anchor, empty for an unsigned zone."""
    file = folder / f"{name}.zone"
    file.write_text(_SOA.format(zone=name) + zone.content)
    if not zone.is_signed:
        return ""
    subprocess.run(
        ["dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", name], cwd=folder, check=True, capture_output=True
    )
    sign = ["dnssec-signzone", "-q", "-S", "-z", "-o", name, "-f", f"{name}.signed", file.name]
    subprocess.run(sign, cwd=folder, check=True, capture_output=True)
    signed = folder / f"{name}.signed"
    for before, after in (zone.spoilt or {}).items():
        text = signed.read_text()
        if before not in text:
            raise AssertionError(f"{before!r} is not in the signed zone")
        signed.write_text(text.replace(before, after))
    key = next(folder.glob(f"K{name}.+*.key")).read_text()
    return next(line for line in key.splitlines() if not line.startswith(";"))


def _named_conf(folder: Path, port: int, zones: Mapping[str, Zone]) -> str:
    parts = [
        f'options {{ directory "{folder}"; pid-file none; session-keyfile "{folder}/session.key";'
        f' managed-keys-directory "{folder}"; lock-file none; dnssec-validation no; recursion no; notify no;'
        f" listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};",
        "controls { };",
    ]
    for name, zone in zones.items():
        file = f"{name}.{'signed' if zone.is_signed else 'zone'}"
        parts.append(f'zone "{name}" {{ type primary; file "{folder}/{file}"; }};')
    return "\n".join(parts)


def _unbound_conf(folder: Path, authority: int, port: int, zones: Mapping[str, Zone], anchors: list[str]) -> str:
    (folder / "anchors").write_text("\n".join(anchors) + "\n")
    server = [
        "server:",
        f'  directory: "{folder}"',
        '  chroot: ""',
        '  username: ""',
        '  pidfile: ""',
        "  use-syslog: no",
        f"  interface: 127.0.0.1@{port}",
        "  do-ip6: no",
        "  do-not-query-localhost: no",
        '  module-config: "validator iterator"',
        f'  trust-anchor-file: "{folder}/anchors"',
        '  local-zone: "test." nodefault',
        "remote-control:",
        "  control-enable: no",
    ]
    for name in zones:
        server += ["stub-zone:", f'  name: "{name}"', f"  stub-addr: 127.0.0.1@{authority}"]
    return "\n".join(server) + "\n"


@contextlib.contextmanager
def _running(command: list[str], folder: Path, log: str, port: int, zone: str) -> Iterator[None]:
    with (folder / log).open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stderr=output, stdout=subprocess.DEVNULL)
    try:
        _wait(process, port, zone, folder / log)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int, zone: str, log: Path) -> None:
    deadline = time.monotonic() + 20
    query = dns.message.make_query(zone, "SOA", flags=dns.flags.RD | dns.flags.AD)
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, EOFError, dns.exception.DNSException):
            if dns.query.tcp(query, "127.0.0.1", port=port, timeout=2).answer:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server did not answer for {zone}:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
