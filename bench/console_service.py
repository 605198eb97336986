"""A service with its rehearsal internet, something of each kind in it, and a user who is signed in to its console.

For what looks at the console from outside: `console_pages` and `console_lighthouse`.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3

from tayori.testing import Node, Rehearsal, free_ports

DOMAIN = "shop.test"
_MESSAGES = 60  # more than a page of the search shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Where it is, and the cookie by which a browser is signed in."""

    origin: str
    cookie: str
    session: str
    account: str
    region: str

    def address(self, page: str) -> str:
        return f"{self.origin}/console/{self.account}/{self.region}/{page}"

    def cookies(self) -> list[Any]:
        return [
            {"name": self.cookie, "value": self.session, "url": self.origin, "httpOnly": True, "sameSite": "Strict"}
        ]


@contextmanager
def console() -> Iterator[Console]:
    with tempfile.TemporaryDirectory(prefix="tayori-bench-") as folder, free_ports() as port_base:
        pages = os.environ.get("CONSOLE_PAGES")  # where somebody builds them elsewhere, while working on them
        settings = {"TAYORI_CONSOLE_FOLDER": pages} if pages else {}
        node = Node(data=Path(folder) / "service", port_base=port_base, environment=settings)
        node.start()
        try:
            rehearsal = Rehearsal(json.loads(node.command("env", "--json").stdout))
            _fill(rehearsal)
            yield _signed_in(node, str(rehearsal.env["http"]))
            node.stop()
        finally:
            node.kill()


def _fill(rehearsal: Rehearsal) -> None:
    rehearsal.settings(verify_identities_at_once=True, production_access=True)
    ses: Any = boto3.client("sesv2", **rehearsal.boto3)
    for number in range(12):
        ses.create_configuration_set(ConfigurationSetName=f"set-{number}")
        ses.create_email_identity(EmailIdentity=f"shop-{number}.test")
        ses.create_email_template(
            TemplateName=f"template-{number}", TemplateContent={"Subject": "{{name}}", "Text": "{{name}}"}
        )
        ses.put_suppressed_destination(EmailAddress=f"gone-{number}@inbox.test", Reason="BOUNCE")
    ses.create_email_identity(EmailIdentity=DOMAIN)
    rehearsal.adopt(DOMAIN)
    content = {"Simple": {"Subject": {"Data": "Your order"}, "Body": {"Text": {"Data": "Thank you."}}}}
    for number in range(_MESSAGES):
        to = {"ToAddresses": [f"reader-{number}@inbox.test"]}
        ses.send_email(FromEmailAddress=f"orders@{DOMAIN}", Destination=to, Content=content)


def _signed_in(node: Node, origin: str) -> Console:
    """The first user, who follows the first start's link."""
    token = str(json.loads(node.command("user", "link", "--json").stdout)["url"]).rpartition("/")[2]
    body = json.dumps({"token": token, "name": "hanako", "password": "correct horse battery staple"}).encode()
    headers = {"Content-Type": "application/json", "Origin": origin, "Sec-Fetch-Site": "same-origin"}
    with urlopen(Request(f"{origin}/tayori/console/first-user", data=body, headers=headers)) as answer:
        name, _, value = str(answer.headers["Set-Cookie"]).partition(";")[0].partition("=")
    with urlopen(Request(f"{origin}/tayori/console/session", headers={"Cookie": f"{name}={value}"})) as answer:
        session = json.load(answer)
    account = session["accounts"][0]["id"]
    return Console(origin=origin, cookie=name, session=value, account=account, region=session["region"])
