"""Tayori as the benchmarks run it: `tayori up --rehearsal` on the embedded store, a verified domain, no quota.

Set up by its public interface alone. The bench's sender is let in without AUTH and TLS by the setting
submission.trusted, as Postfix lets it in by mynetworks. Every message is signed with RSA-2048 unless `signing` is off.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PROGRAM = [sys.executable, "-m", "tayori"]
DOMAIN = "bench-customer.test"


class Tayori:
    """A running service that delivers mail for sink.test to `sink_host` on its own delivery port."""

    name = "Tayori"

    def __init__(
        self, port_base: int, sink_host: str, *, signing: bool = True, settings: dict[str, str] | None = None
    ) -> None:
        self.port_base = port_base
        self.host, self.port = "127.0.0.1", port_base + 1
        self.sink_port = port_base + 7
        self.data = Path(tempfile.mkdtemp(prefix="tayori-bench-"))
        self._settings = settings or {}
        self._process = self._start({})
        self.env = self._env()
        self._set_up(sink_host, signing=signing)
        self._stop()
        # The access key exists only now; the trusted network acts as its holder.
        key = self.env["credentials"]["access_key_id"]
        self._process = self._start({"TAYORI_SUBMISSION_TRUSTED": f"127.0.0.1/32={key}"})

    def _start(self, settings: dict[str, str]) -> "subprocess.Popen[bytes]":
        log = (self.data / "log").open("ab")
        process = subprocess.Popen(
            [*PROGRAM, "up", "--rehearsal", "--data", str(self.data), "--port-base", str(self.port_base)],
            stdout=log,
            stderr=log,
            env=os.environ | self._settings | settings | {"TAYORI_LOG_LEVEL": "warning"},
        )
        done = subprocess.run(
            [*PROGRAM, "wait", "--data", str(self.data), "--timeout", "60"], capture_output=True, check=False
        )
        if done.returncode:
            process.kill()
            raise RuntimeError(
                f"Tayori did not start: {done.stderr.decode()} {(self.data / 'log').read_text()[-2000:]}"
            )
        return process

    def _env(self) -> dict[str, Any]:
        done = subprocess.run([*PROGRAM, "env", "--json", "--data", str(self.data)], capture_output=True, check=True)
        return dict(json.loads(done.stdout))

    @property
    def pids(self) -> list[int]:
        return [self._process.pid]

    def client(self, service: str) -> Any:
        keys = self.env["credentials"]
        return boto3.client(
            service,
            endpoint_url=self.env["http"],
            region_name=self.env["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
        )

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A signed call of one of the `/tayori/...` extensions."""
        keys = self.env["credentials"]
        url = self.env["http"] + urllib.parse.quote(path)
        request = AWSRequest(method=method, url=url, data=json.dumps(body).encode() if body is not None else b"")
        SigV4Auth(Credentials(keys["access_key_id"], keys["secret_access_key"]), "ses", self.env["region"]).add_auth(
            request
        )
        answer = httpx.request(method, url, content=request.data, headers=dict(request.headers), timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _set_up(self, sink_host: str, *, signing: bool) -> None:
        self.call("PUT", "/tayori/rehearsal/settings", {"production_access": True, "verify_identities_at_once": True})
        for name, rdtype, value in (("sink.test", "MX", "10 mx.sink.test"), ("mx.sink.test", "A", sink_host)):
            self.call("PUT", f"/tayori/rehearsal/dns/{name}/{rdtype}", {"values": [value], "ttl": 3600})
        ses = self.client("sesv2")
        ses.create_email_identity(EmailIdentity=DOMAIN)
        if not signing:
            ses.put_email_identity_dkim_attributes(EmailIdentity=DOMAIN, SigningEnabled=False)

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def close(self) -> None:
        self._stop()
        time.sleep(0.2)
        shutil.rmtree(self.data, ignore_errors=True)
