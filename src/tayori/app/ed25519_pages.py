"""HTTP for what SES lacks: `/tayori/identities/{domain}/ed25519`, a second DKIM key beside a domain's other one.

PUT makes it where there is none, GET shows it, DELETE takes it away. The first two answer the record that the domain
needs, and whether mail is signed with it. The rules are `tayori.resources.ed25519`'s.
"""

from collections.abc import Callable
from urllib.parse import unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import Kind, NotFound
from tayori.model.identity import IdentityName
from tayori.model.names import ServiceNames
from tayori.model.proof import ed25519_record
from tayori.resources import dkim_keys, ed25519
from tayori.resources.dkim_keys import OwnSignature
from tayori.resources.ed25519 import Ed25519Key
from tayori.store.engine import Store

IDENTITIES_PATH = "/tayori/identities"


class Ed25519Pages:
    def __init__(self, store: Store, names: Callable[[str], ServiceNames]) -> None:
        self._store = store
        self._names = names

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=IDENTITIES_PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        name, _, what = request.path.removeprefix(IDENTITIES_PATH).strip("/").partition("/")
        if what != "ed25519" or request.method not in ("GET", "PUT", "DELETE"):
            raise common_error("UnknownOperationException")
        place = principal.account_id, principal.region, IdentityName.parse(unquote(name)).text
        if request.method == "DELETE":
            await self._store.write(ed25519.take_away, *place)
            return json_page.answer(200, {})
        if request.method == "PUT":
            key = await self._store.write(ed25519.put, *place, dkim_keys.generate_own(OwnSignature.ED25519))
            return self._shown(place[2], principal.region, key)
        found = await self._store.read(ed25519.find, *place)
        if found is None:
            raise NotFound(f"Identity {place[2]} has no Ed25519 key.", Kind.IDENTITY)
        return self._shown(place[2], principal.region, found)

    def _shown(self, domain: str, region: str, key: Ed25519Key) -> HttpResponse:
        record = ed25519_record(domain, key.selector, self._names(region))
        return json_page.answer(
            200,
            {
                "domain": domain,
                "selector": key.selector,
                "status": "SUCCESS" if key.is_active else "PENDING",
                "record": {"name": record.name, "type": record.rdtype, "value": record.value},
            },
        )
