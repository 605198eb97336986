"""The providers as they are now: the table of the beginning, and what whoever rehearses has changed of it.

Owns the changes and their file. Never opens or closes a mail host: `world` does, when it is told. A provider's name and
address stay; how it treats mail and which certificate it shows may change.
"""

import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tayori.rehearsal.providers import PROVIDERS, Behaviour, Provider, TlsOffer, provider_of

PROVIDERS_FILE = "providers.json"


class ProviderError(ValueError):
    """A provider that cannot become so; `str()` is a sentence for whoever tried."""


def kind_of(behaviour: Behaviour) -> str:
    """The behaviour's name in JSON: `obeys-dmarc`."""
    return behaviour.name.lower().replace("_", "-")


_BY_KIND = {kind_of(behaviour): behaviour for behaviour in Behaviour}


class ProviderBook:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._now = {provider.domain: provider for provider in PROVIDERS}
        with contextlib.suppress(FileNotFoundError):
            for domain, item in json.loads(file.read_text("utf-8")).items():
                self._now[domain] = _changed(self._now[domain], item["behaviour"], item["tls"])

    def all(self) -> tuple[Provider, ...]:
        """In the order of the table."""
        return tuple(self._now.values())

    def find(self, domain: str) -> Provider | None:
        return self._now.get(domain.lower())

    def change(self, domain: str, behaviour: str | None, tls: str | None) -> Provider:
        """Let a provider behave in another way. Raises ProviderError."""
        was = self._known(domain)
        return self._keep(_changed(was, behaviour or kind_of(was.behaviour), tls or str(was.tls)))

    def restore(self, domain: str) -> Provider:
        """As the table has it. Raises ProviderError."""
        self._known(domain)
        restored = provider_of(domain)
        assert restored is not None
        return self._keep(restored)

    def _known(self, domain: str) -> Provider:
        found = self.find(domain)
        if found is None:
            raise ProviderError(f"there is no provider {domain} in the rehearsal internet")
        return found

    def _keep(self, provider: Provider) -> Provider:
        self._now[provider.domain] = provider
        changed = {
            one.domain: {"behaviour": kind_of(one.behaviour), "tls": str(one.tls)}
            for one in self._now.values()
            if one != provider_of(one.domain)
        }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(changed, indent=1), "utf-8")
        os.replace(fresh, self._file)
        return provider


def _changed(provider: Provider, kind: str, tls: str) -> Provider:
    behaviour = _BY_KIND.get(kind)
    if behaviour is None:
        raise ProviderError(f"{kind!r} is not a behaviour; there are {', '.join(_BY_KIND)}")
    if tls not in list(TlsOffer):
        raise ProviderError(f"{tls!r} is not an offer of TLS; there are {', '.join(TlsOffer)}")
    if behaviour is not provider.behaviour and Behaviour.NULL_MX in (behaviour, provider.behaviour):
        raise ProviderError("whether a domain has a null MX is written in its zone, and stays as it is")
    return replace(provider, behaviour=behaviour, tls=TlsOffer(tls))


class ProviderDesk:
    """The providers in JSON. `reopen` makes a provider's mail host what its entry says now."""

    def __init__(
        self, book: ProviderBook, address_of: Callable[[Provider], str], reopen: Callable[[Provider], Awaitable[None]]
    ) -> None:
        self._book = book
        self._address_of = address_of
        self._reopen = reopen

    def listing(self) -> Mapping[str, Any]:
        return {"providers": [self._as_json(provider) for provider in self._book.all()], "kinds": list(_BY_KIND)}

    async def change(self, domain: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises ProviderError."""
        unknown = sorted(body.keys() - {"kind", "tls"})
        given = {key: body.get(key) for key in ("kind", "tls")}
        if unknown or not body or not all(value is None or isinstance(value, str) for value in given.values()):
            raise ProviderError("give kind, tls or both, as texts" + "".join(f"; not {key}" for key in unknown))
        provider = self._book.change(domain, given["kind"], given["tls"])
        await self._reopen(provider)
        return self._as_json(provider)

    async def restore(self, domain: str) -> Mapping[str, Any]:
        """Raises ProviderError."""
        provider = self._book.restore(domain)
        await self._reopen(provider)
        return self._as_json(provider)

    def _as_json(self, provider: Provider) -> dict[str, Any]:
        return {
            "domain": provider.domain,
            "host": provider.host,
            "address": self._address_of(provider),
            "behaviour": str(provider.behaviour),
            "kind": kind_of(provider.behaviour),
            "tls": str(provider.tls),
            "sts": provider.sts,
            "has_feedback_loop": provider.behaviour is Behaviour.FEEDBACK_LOOP,
            "is_changed": provider != provider_of(provider.domain),
            "is_fixed": provider.behaviour is Behaviour.NULL_MX,
        }
