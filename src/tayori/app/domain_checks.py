"""HTTP that looks closely at a domain: its records at every name server, a check at once, and the proof.

    GET  /tayori/domains/{domain}/records   each record: expected, found, verdict, what to do
    POST /tayori/domains/{domain}/check     have the verifier look at once; a failed search begins anew
    POST /tayori/domains/{domain}/probe     send a message to the service itself, and judge what arrived

For the account that owns the domain. A look costs packets to strangers' name servers, so only a few go on at a time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from urllib.parse import unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app import domain_look
from tayori.app.look_limits import LookLimits, TooManyLooks
from tayori.app.probing import Prober
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.dns.investigation import ForgetfulResolver, InvestigationSettings
from tayori.model.names import ServiceNames
from tayori.resources import identities, identity_checks
from tayori.resources.identities import Identity
from tayori.store.engine import Store

DOMAINS_PATH = "/tayori/domains"
_AT_ONCE = 4
_WAITING = 16
_WAITING_EACH = 4  # of one account
_SECONDS = 30  # one look takes as long at the most


class DomainChecks:
    """The handlers, with what they need."""

    def __init__(
        self,
        *,
        store: Store,
        region: str,
        names: Callable[[str], ServiceNames],
        resolver: ForgetfulResolver,
        settings: InvestigationSettings,
        prober: Prober,
        limits: LookLimits | None = None,
    ) -> None:
        self._limits = limits or LookLimits()
        self._store = store
        self._region = region
        self._names = names
        self._resolver = resolver
        self._settings = settings
        self._prober = prober
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting: Counter[str] = Counter()  # by account

    def table(self) -> list[Route]:
        return [Route(method="POST", prefix=DOMAINS_PATH, handler=self.act)]

    async def records(self, identity: Identity) -> HttpResponse:
        """What `GET …/records` answers."""
        account_id = identity.account_id
        if self._waiting[account_id] >= _WAITING_EACH or self._waiting.total() >= _WAITING:
            return _busy(_SECONDS)
        self._waiting[account_id] += 1
        try:
            async with self._slots:
                found = await domain_look.look(identity, self._names(identity.region), self._resolver, self._settings)
        finally:
            self._waiting[account_id] -= 1
            self._waiting += Counter()  # which drops those at zero
        return json_page.answer(200, domain_look.as_json(identity, found))

    async def act(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        name, _, what = request.path.removeprefix(DOMAINS_PATH).strip("/").partition("/")
        domain = unquote(name).lower()
        if what not in ("check", "probe"):
            raise common_error("UnknownOperationException")
        try:
            self._limits.enter(principal.account_id, asyncio.get_running_loop().time())
        except TooManyLooks as error:
            return _busy(error.seconds)
        region = principal.region or self._region
        if what == "check":
            return await self._check(principal.account_id, region, domain)
        identity = await self._store.read(identities.get, principal.account_id, region, domain)
        return json_page.answer(200, (await self._prober.probe(identity)).as_json())

    async def _check(self, account_id: str, region: str, domain: str) -> HttpResponse:
        await self._store.write(identity_checks.check_now, account_id, region, domain)
        identity = await self._store.read(identities.get, account_id, region, domain)
        due = identity.next_check_at
        value = {
            "domain": identity.name,
            "statuses": domain_look.statuses(identity),
            "next_check_at": due.isoformat() if due else None,
        }
        return json_page.answer(200, value)


def _busy(seconds: int) -> HttpResponse:
    message = "Many looks are under way. Try again in a minute."
    return json_page.answer(429, {"message": message}, ("retry-after", str(seconds)))
