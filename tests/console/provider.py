"""An OpenID Connect provider on loopback that says whatever a test lets it say, right or wrong."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "tayori-test"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: rsa.RSAPrivateKey = KEY, kid: str = "one") -> dict[str, Any]:
    said = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**said, "kid": kid, "use": "sig", "alg": "RS256"}


class Provider:
    """`claims` and `token` make the next token; `discovery`, `keys` and `raw` are what is answered otherwise."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.discovery: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        self.keys: list[dict[str, Any]] = [public_jwk()]
        self.raw: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        self.token: str = ""

    def settings(self, **more: Any) -> dict[str, dict[str, Any]]:
        given = {"issuer": self.issuer, "client_id": CLIENT, "client_secret": "env:COMPANY", "label": "Company"}
        return {"company": {**given, **more}}

    def claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "email": "taro@example.com",
            "email_verified": True,
            "preferred_username": "Taro",
            "name": "Taro Yamada",
        }

    def sign(self, claims: dict[str, Any]) -> None:
        """The next token; a claim that is None is left out."""
        said = {name: value for name, value in claims.items() if value is not None}
        self.token = jwt.encode(said, KEY, algorithm="RS256", headers={"kid": "one"})

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        said: dict[str, Any] = {
            "/.well-known/openid-configuration": self.discovery,
            "/keys": {"keys": self.keys},
            "/token": {"access_token": "unused", "token_type": "Bearer", "id_token": self.token},
        }
        if path in self.raw:
            return self.raw[path]
        return (200, json.dumps(said[path]).encode(), {}) if path in said else (404, b"{}", {})


@contextmanager
def running() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: bytes) -> None:
            path = urlsplit(self.path).path
            provider.asked.append((path, parse_qs(body.decode()), self.headers.get("authorization", "")))
            status, content, headers = provider.answer(path)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()
