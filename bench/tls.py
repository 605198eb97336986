"""End to end with TLS on both sides: STARTTLS from the load generator, STARTTLS to the sink, signed, durable; against
Postfix with OpenDKIM, which reuses its connections through tlsproxy.

Load generator and sink are this project's own, since Postfix's know no TLS: both take more of the two cores than those
in C, alike for both systems. What compares best is the CPU time.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.end_to_end import PORT_BASE, POSTFIX_PORT, SINK_HOST, Round, System, signing_cost, table
from bench.measure import cpu_seconds, machine, version
from bench.postfix import Postfix
from bench.sink import Sink
from bench.source import SIZE
from bench.tayori import DOMAIN, Tayori

_CONNECTIONS = 20
_POSTFIX = """
smtpd_tls_security_level = may
smtpd_tls_chain_files = {certificate}
smtp_tls_security_level = encrypt
smtp_tls_connection_reuse = yes
smtp_tls_session_cache_database = btree:$data_directory/smtp_scache
"""


def run_round(system: System, sink: Sink, messages: int) -> Round:
    before, counted, started = cpu_seconds(system.pids), sink.messages, time.monotonic()
    arguments = [system.host, system.port, messages, _CONNECTIONS, SIZE, "tls"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.source", *map(str, arguments)], stdout=subprocess.PIPE, check=True, timeout=300
    )
    accepted = messages / json.loads(done.stdout)["accepted_seconds"]
    ended = sink.wait_for(counted + messages, 300)
    time.sleep(0.5)
    return Round(accepted, messages / (ended - started), (cpu_seconds(system.pids) - before) / messages * 1e6)


def certificate(file: Path) -> Path:
    """A key and a certificate of its own, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.sink.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mx.sink.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.touch(mode=0o600)
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


def main(*, rounds: int, messages: int) -> None:
    with TemporaryDirectory(prefix="tayori-bench-") as folder:
        _measure(certificate(Path(folder) / "certificate.pem"), rounds, messages)


def _measure(pem: Path, rounds: int, messages: int) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST)
    sink = Sink(SINK_HOST, tayori.sink_port, pem)
    postfix = Postfix(POSTFIX_PORT, SINK_HOST, tayori.sink_port, DOMAIN, settings=_POSTFIX.format(certificate=pem))
    results: dict[str, list[Round]] = {"Tayori": [], "Postfix + OpenDKIM": []}
    try:
        for system in (tayori, postfix):
            run_round(system, sink, 500)
        for number in range(rounds):
            for name, system, count in (("Tayori", tayori, messages), ("Postfix + OpenDKIM", postfix, messages // 2)):
                results[name].append(run_round(system, sink, count))
                print(f"round {number + 1} {name}: {results[name][-1]}", flush=True)
    finally:
        postfix.close()
        sink.close()
        tayori.close()
    print(f"\nTLS on both sides, 4 KiB, signed, durable, {_CONNECTIONS} connections, {rounds} rounds; {machine()}")
    print(f"postfix {version('postfix')}, opendkim {version('opendkim')}, {os.cpu_count()} cores")
    print(table(results, signing_cost()))
