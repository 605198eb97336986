"""The rehearsal internet from outside: its DNS asked as by anybody, its mailboxes and clock over HTTP.

The HTTP calls are signed like any other (SigV4 for the service `ses`), so no client of ours is needed.
"""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import dns.exception
import dns.rdatatype
import dns.resolver
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from demo.node import DemoError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Received:
    """A message as a provider keeps it for its reader."""

    id: str
    mail_from: str
    tls: str | None
    spf: str
    dkim: str
    dmarc: str
    raw: bytes

    def passed(self) -> bool:
        return all(verdict.startswith("pass") for verdict in (self.spf, self.dkim, self.dmarc))


class Internet:
    """What an administrator, a reader and the clock can do."""

    def __init__(self, environment: dict[str, Any]) -> None:
        self._http = environment["http"].rstrip("/")
        self._region = environment["region"]
        keys = environment["credentials"]
        self._credentials = Credentials(keys["access_key_id"], keys["secret_access_key"])
        resolver = environment["rehearsal"]["resolver"]
        self.delivery_port = int(environment["rehearsal"]["delivery_port"])
        self._dns = dns.resolver.Resolver(configure=False)
        self._dns.nameservers = [resolver["host"]]
        self._dns.port = int(resolver["port"])
        self._dns.cache = None
        self._dns.lifetime = 5

    # -- DNS -------------------------------------------------------------------------------------------------------

    def put(self, name: str, rdtype: str, *values: str) -> None:
        """Register a record, as the domain's administrator does."""
        self.call("PUT", f"dns/{quote(name, safe='')}/{rdtype}", {"values": list(values)})

    def lookup(self, name: str, rdtype: str) -> list[str]:
        """Values as text, none where there are none; TXT strings joined."""
        try:
            answer = self._dns.resolve(name, rdtype)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        if rdtype == "TXT":
            return [b"".join(record.strings).decode("latin-1") for record in answer]
        return [record.to_text() for record in answer]

    def mail_host(self, domain: str) -> str:
        """The address of the domain's first MX host."""
        first = sorted(self.lookup(domain, "MX"), key=lambda value: int(value.split()[0]))[0]
        return self.lookup(first.split()[1], "A")[0]

    # -- mailboxes and the clock -----------------------------------------------------------------------------------

    def mailbox(self, address: str) -> list[Received]:
        found = self.call("GET", f"mailboxes/{quote(address, safe='')}")
        return [
            Received(
                id=item["id"],
                mail_from=item["mail_from"],
                tls=item["tls"],
                spf=item["spf"],
                dkim=item["dkim"],
                dmarc=item["dmarc"],
                raw=base64.b64decode(item["raw_base64"]),
            )
            for item in found["messages"]
        ]

    def await_mail(self, address: str, containing: str, seconds: float = 20) -> Received:
        """The first message whose content holds a text. Raises DemoError when none comes."""

        def look() -> Received | None:
            return next((message for message in self.mailbox(address) if containing.encode() in message.raw), None)

        return until(look, seconds, f"no mail with {containing!r} reached {address}")

    @contextmanager
    def time_runs(self, speed: float) -> Iterator[None]:
        """Service time runs faster meanwhile: five minutes need not be waited for."""
        self.call("PUT", "clock", {"speed": speed})
        try:
            yield
        finally:
            self.call("PUT", "clock", {"speed": 1})

    def advance(self, seconds: float) -> None:
        self.call("PUT", "clock", {"advance_seconds": seconds})

    # -- HTTP ------------------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One signed call of /tayori/rehearsal/… Raises DemoError."""
        url = f"{self._http}/tayori/rehearsal/{path}"
        content = b"" if body is None else json.dumps(body).encode()
        request = AWSRequest(method=method, url=url, data=content, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials, "ses", self._region).add_auth(request)
        sent = urllib.request.Request(url, data=content or None, method=method, headers=dict(request.headers.items()))
        try:
            with urllib.request.urlopen(sent, timeout=30) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise DemoError(f"{method} {path}: {error.code} {error.read().decode('utf-8', 'replace')}") from error


def until(look: Callable[[], T | None], seconds: float, otherwise: str) -> T:
    """Look again and again until something is found. Raises DemoError with `otherwise`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise DemoError(otherwise)
        time.sleep(0.2)
