"""What this installation is set to, and how programs reach it: `/tayori/settings` and `/tayori/smtp`.

Owns which settings are secret: their values are hidden here, for the command as for the page. The first page is the
operator's; the second says to everybody who may act in an account where mail is handed in.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tayori import config
from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.config import Config
from tayori.model.audit import HIDDEN, without_passwords

PATH = "/tayori/settings"
SMTP_PATH = "/tayori/smtp"
_SECRET_NAMES = ("secret", "password")
_SECRETS = ("events.eventbridge_url",)
_LARGEST_CERTIFICATE = 64 * 1024


def shown(loaded: Config) -> list[dict[str, Any]]:
    """Every setting in force: `key`, `value`, `origin`."""
    return [
        {
            "key": f"{section}.{field.name}",
            "value": _value(f"{section}.{field.name}", value),
            "origin": loaded.origins.get(f"{section}.{field.name}", "default"),
        }
        for section, field, value in _values(loaded)
    ]


def _values(loaded: Config) -> Iterator[tuple[str, "dataclasses.Field[Any]", Any]]:
    for section in config.SECTIONS:
        values = getattr(loaded, section)
        for field in dataclasses.fields(values):
            yield section, field, getattr(values, field.name)


def _value(key: str, value: Any) -> Any:
    if value and (key in _SECRETS or any(word in key for word in _SECRET_NAMES)) and not isinstance(value, bool):
        return HIDDEN
    if key == "database.url" and "@" in value:  # a password may hold any character, an @ too
        scheme, _, rest = value.partition("://")
        user, _, host = rest.rpartition("@")
        return f"{scheme}://{user.partition(':')[0]}{':' + HIDDEN if ':' in user else ''}@{host}"
    if isinstance(value, str):
        return without_passwords(value)
    if isinstance(value, (list, tuple)):
        return [_value("", one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): _value("", one) for name, one in value.items()}
    return value


def described(loaded: Config) -> list[dict[str, Any]]:
    """The same with what each means and its default."""
    meanings = {f"{section}.{field.name}": field for section, field, _ in _values(loaded)}
    return [
        {**one, "doc": meanings[one["key"]].metadata["doc"], "default": _default(meanings[one["key"]])}
        for one in shown(loaded)
    ]


def _default(field: "dataclasses.Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def doors(loaded: Config, region: str) -> dict[str, Any]:
    """Where programs hand mail in, over SMTP and over HTTP."""
    submission = loaded.submission
    return {
        "host": _reachable(submission.host, loaded),
        "starttls_port": submission.starttls_port,
        "tls_port": submission.tls_port,
        "certificate": bool(submission.certificate),
        "ca": _certificate(submission.ca_file),
        "ca_file": submission.ca_file,
        "endpoint": loaded.http_url,
        "region": region,
        "regions": list(loaded.regions),
        "service_domain": loaded.service.domain,
        "rehearsal": loaded.rehearsal,
    }


def _reachable(host: str, loaded: Config) -> str:
    """A name that a program can be given, where the address that is listened on means all."""
    if host not in ("", "0.0.0.0", "::", "*"):  # noqa: S104 - compared, not bound
        return host
    return loaded.http_url.partition("://")[2].partition("/")[0].rpartition(":")[0] or loaded.delivery.ehlo_name


def _certificate(path: str) -> str:
    """The authority that a program must trust, where it is the service's own."""
    try:
        text = Path(path).read_text("ascii")[:_LARGEST_CERTIFICATE] if path else ""
    except (OSError, UnicodeDecodeError):
        return ""
    return text if "PRIVATE KEY" not in text and "BEGIN CERTIFICATE" in text else ""


class SettingPages:
    def __init__(self, loaded: Config) -> None:
        self._config = loaded

    def table(self) -> list[Route]:
        return [
            Route(method="GET", prefix=PATH, handler=self.settings, access=Access.OPERATOR),
            Route(method="GET", prefix=SMTP_PATH, handler=self.smtp),
        ]

    async def settings(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        if request.path.rstrip("/") != PATH:
            raise common_error("UnknownOperationException")
        return json_page.answer(200, {"settings": described(self._config), "regions": list(self._config.regions)})

    async def smtp(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        if request.path.rstrip("/") != SMTP_PATH:
            raise common_error("UnknownOperationException")
        return json_page.answer(200, doors(self._config, principal.region))
