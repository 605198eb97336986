"""A BIND of one's own: it serves zones on a random port of the loopback and takes updates signed with one TSIG key."""

import base64
import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype

from programs import require

KEY_NAME = "tayori-test"
ALGORITHM = "hmac-sha256"
SOA = """\
@ 300 IN SOA ns.example.com. hostmaster.example.com. 1 3600 600 86400 300
@ 300 IN NS ns
ns 300 IN A 192.0.2.53
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    port: int
    folder: Path
    secret: str

    @property
    def key_file(self) -> Path:
        """For `nsupdate -k`."""
        return self.folder / "key.conf"

    @property
    def secret_file(self) -> Path:
        """The secret alone, for `tayori dns publish`."""
        return self.folder / "secret"

    def values(self, name: str, rdtype: str) -> list[str]:
        """What the server answers now, in presentation form."""
        answer = dns.query.tcp(dns.message.make_query(name, rdtype), "127.0.0.1", port=self.port, timeout=5)
        wanted = dns.rdatatype.from_text(rdtype)
        return sorted(item.to_text() for rrset in answer.answer if rrset.rdtype == wanted for item in rrset)


@contextlib.contextmanager
def running(folder: Path, zone: str, content: str) -> Iterator[Bind]:
    """Serve `zone` with `content`, until the block is left."""
    named = require("named", "bind9")
    require("nsupdate", "bind9-dnsutils")
    port = _free_port()
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    key = f'key "{KEY_NAME}" {{ algorithm {ALGORITHM}; secret "{secret}"; }};\n'
    (folder / "key.conf").write_text(key)
    (folder / "secret").write_text(secret + "\n")
    (folder / "zone.db").write_text(content)
    configuration = folder / "named.conf"
    configuration.write_text(_configuration(folder, port, zone, key))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [named, "-g", "-c", str(configuration)], cwd=folder, stderr=log, stdout=subprocess.DEVNULL
        )
    try:
        _wait(process, port, zone, folder / "log")
        yield Bind(port=port, folder=folder, secret=secret)
    finally:
        process.terminate()
        process.wait(20)


def _configuration(folder: Path, port: int, zone: str, key: str) -> str:
    return f"""{key}
options {{
  directory "{folder}"; pid-file none; session-keyfile "{folder}/session.key";
  managed-keys-directory "{folder}"; lock-file none; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; notify no;
}};
controls {{ }};
zone "{zone}" {{ type primary; file "{folder}/zone.db"; allow-update {{ key "{KEY_NAME}"; }}; }};
"""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, zone: str, log: Path) -> None:
    deadline = time.monotonic() + 20
    query = dns.message.make_query(zone, "SOA")
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, EOFError):
            if dns.query.tcp(query, "127.0.0.1", port=port, timeout=2).answer:
                return
        time.sleep(0.05)
    raise AssertionError(f"named did not serve {zone}:\n{log.read_text()}")
