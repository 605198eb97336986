"""An application's endpoint for SNS: confirms, keeps what it is told, and checks each signature by Amazon's rules.

The check is written here from SNS's documentation and uses nothing of Tayori.
"""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_HASHES = {"1": hashes.SHA1, "2": hashes.SHA256}
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Listener:
    def __init__(self) -> None:
        self.url = ""
        self.notices: list[dict[str, Any]] = []
        self.badly_signed = 0

    def take(self, body: dict[str, Any]) -> None:
        if not is_signed(body):
            self.badly_signed += 1
        elif body["Type"] == "SubscriptionConfirmation":
            Thread(target=urllib.request.urlopen, args=(body["SubscribeURL"],), daemon=True).start()
        else:
            self.notices.append(body)

    def about(self, message_id: str, kind: str) -> dict[str, Any] | None:
        """The notification of that kind about a message."""
        told = [json.loads(one["Message"]) for one in self.notices if one["Message"].startswith("{")]
        fitting = (one for one in told if one.get("notificationType") == kind)
        return next((one for one in fitting if one["mail"]["messageId"] == message_id), None)


def is_signed(body: dict[str, Any]) -> bool:
    """Whether the certificate at SigningCertURL has signed it."""
    with urllib.request.urlopen(body["SigningCertURL"], timeout=10) as answer:
        key = x509.load_pem_x509_certificate(answer.read()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = "".join(f"{name}\n{body[name]}\n" for name in _SIGNED if body.get(name) is not None)
    try:
        digest = _HASHES[body["SignatureVersion"]]()
        key.verify(base64.b64decode(body["Signature"]), text.encode(), padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.take(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    listener.url = f"http://127.0.0.1:{server.server_port}/sns"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
