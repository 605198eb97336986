"""The API without a socket: boto3 clients whose requests are handed to the application as ASGI messages.

    api = Api(app)
    api.client("sesv2").get_account()

Everything but TCP is real: boto3 signs and parses, the application verifies and answers.
"""

import asyncio
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

ENDPOINT = "http://localhost:8600"
REGION = "us-east-1"
ACCOUNT = "123456789012"
KEY = "AKIAEXAMPLEAPIUSER00"
OPERATOR_KEY = "AKIAEXAMPLEOPERATOR0"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Raw(io.BytesIO):
    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        yield self.getvalue()


class Api:
    """One application, and one event loop in which all its requests run."""

    def __init__(self, app: Any, *, key: str = KEY, secret: str = SECRET, region: str = REGION) -> None:
        self.app = app
        self._credentials = Credentials(key, secret)
        self._runner = asyncio.Runner()
        self._session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region)

    def close(self) -> None:
        self._runner.close()

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    def client(self, service: str, *, parameter_validation: bool = True, **arguments: Any) -> Any:
        """A boto3 client. Without validation it sends what a correct client would not."""
        client = self._session.client(
            service,
            endpoint_url=ENDPOINT,
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=parameter_validation),
            **arguments,
        )
        client.meta.events.register("before-send", self._before_send)
        return client

    def _before_send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        headers.setdefault("Host", url.netloc)
        body = request.body or b""
        answer = self.send(
            request.method, url.path or "/", url.query, headers, body.encode() if isinstance(body, str) else body
        )
        return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.body))

    def signed(self, method: str, path: str, body: bytes = b"") -> Answer:
        """A request to a path of our own, signed as for SES."""
        request = AWSRequest(method=method, url=ENDPOINT + path, data=body)
        SigV4Auth(self._credentials, "ses", REGION).add_auth(request)
        return self.send(method, path, "", {"Host": "localhost:8600", **dict(request.headers.items())}, body)

    def send(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """One raw request."""
        return self.run(self._send(method, path, query, headers or {}, body))

    async def _send(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query.encode("utf-8", "surrogateescape"),
            "headers": [
                (name.lower().encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()
            ],
            "scheme": "http",
            "client": ("192.0.2.7", 40000),
        }
        sent: list[dict[str, Any]] = []
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async with asyncio.timeout(30):
            await self.app(scope, receive, send)
        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
        fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        assert int(fields["content-length"]) == len(sent[1]["body"]) or method == "HEAD"
        return Answer(status=sent[0]["status"], headers=fields, body=sent[1]["body"])
