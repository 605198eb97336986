"""The proof: a message that the service sends to itself as an identity, judged as a receiver would.

Owns the message and the waiting. It is signed, routed by MX and received by the inbound port as any mail is; what
arrived is judged with a resolver that has nothing cached. An address is open for each probe only, so nobody else can
send there. RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC).
"""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tayori import ids
from tayori.app.sending import Sending, handed_by_service
from tayori.clock import Clock
from tayori.dns.examiner import Examiner, Received, Verdicts
from tayori.dns.resolver import CachingResolver
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model.errors import DomainError, LimitExceeded
from tayori.model.message import DeliveryState, Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import from_simple
from tayori.resources import probes, timeline
from tayori.resources.identities import Identity
from tayori.resources.probes import ArrivedProbe
from tayori.store.engine import Store

_POLL_SECONDS = 0.2
_SENDER = "tayori-probe"
# A probe is not patient: what is put off counts as an answer.
_OVER = frozenset(
    {DeliveryState.BOUNCED, DeliveryState.EXPIRED, DeliveryState.DEFERRED, DeliveryState.SUPPRESSED}
    | {DeliveryState.CANCELLED, DeliveryState.HELD}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What came of one probe. `trouble` says why nothing arrived, or why it was not even sent."""

    domain: str
    address: str = ""
    message_id: str = ""
    seconds: float = 0.0
    trouble: str = ""
    arrived: ArrivedProbe | None = None
    verdicts: Verdicts | None = None
    reverse_names: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """What receivers with a strict policy ask: DMARC passes, and the sending host has a name."""
        return self.verdicts is not None and str(self.verdicts.dmarc.verdict) == "pass"

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "domain": self.domain,
            "address": self.address,
            "message_id": self.message_id or None,
            "arrived": self.arrived is not None,
            "seconds": round(self.seconds, 2),
            "passes": self.passes,
            "trouble": self.trouble or None,
        }
        if self.arrived is not None and self.verdicts is not None:
            found |= _evidence(self.arrived, self.verdicts, self.reverse_names)
        return found


def _evidence(arrived: ArrivedProbe, verdicts: Verdicts, reverse_names: tuple[str, ...]) -> dict[str, Any]:
    dmarc = verdicts.dmarc
    return {
        "client": {
            "address": arrived.source_ip,
            "greeting": arrived.helo,
            "reverse_names": list(reverse_names),
            "tls": arrived.tls_version or None,
        },
        "return_path": arrived.reverse_path,
        "spf": {"result": str(verdicts.spf.verdict), "domain": verdicts.spf.domain, "text": verdicts.spf_text},
        "dkim": [
            {
                "result": str(item.verdict),
                "domain": item.domain,
                "selector": item.selector,
                "algorithm": item.algorithm,
                "key_bits": item.key_bits,
                "reason": item.reason or None,
            }
            for item in verdicts.dkim
        ],
        "dmarc": {
            "result": str(dmarc.verdict),
            "policy": str(dmarc.policy) if dmarc.record else None,
            "policy_domain": dmarc.policy_domain or None,
            "spf_aligned": dmarc.spf_aligned,
            "dkim_aligned": dmarc.dkim_aligned,
            "text": verdicts.dmarc_text,
        },
        "authentication_results": " ".join(verdicts.authentication_results("probe").decode("latin-1").split()),
    }


class Prober:
    """Sends probes and judges them. `new_resolver` makes a resolver with an empty cache."""

    def __init__(
        self,
        *,
        store: Store,
        sending: Sending,
        names: Callable[[str], ServiceNames],
        clock: Clock,
        new_resolver: Callable[[], CachingResolver],
        wait_seconds: float = 45.0,
    ) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock
        self._new_resolver = new_resolver
        self._wait_seconds = wait_seconds

    async def probe(self, identity: Identity) -> ProbeReport:
        """Raises LimitExceeded where the account has many probes under way."""
        token = ids.request_id()
        if not await self._store.write(probes.begin, identity.account_id, identity.region, identity.name, token):
            raise LimitExceeded("Too many probes of this account are under way. Try again in an hour.")
        try:
            return await self._run(identity, token)
        finally:
            await self._store.write(probes.end, token)

    async def _run(self, identity: Identity, token: str) -> ProbeReport:
        names = self._names(identity.region)
        address = probes.address_of(token, names.service_domain)
        began = asyncio.get_running_loop().time()
        try:
            message_id = await self._send(identity, address, names)
        except DomainError as refusal:
            return ProbeReport(domain=identity.domain, address=str(address), trouble=refusal.message)
        arrived, trouble = await self._await(token, message_id)
        seconds = asyncio.get_running_loop().time() - began
        report = ProbeReport(
            domain=identity.domain, address=str(address), message_id=message_id, seconds=seconds, trouble=trouble
        )
        return report if arrived is None else await self._judged(report, arrived)

    async def _send(self, identity: Identity, address: AddrSpec, names: ServiceNames) -> str:
        handed = handed_by_service(identity.account_id, names, self._clock.now(), Operation.PROBE, [address])
        content = SimpleContent(
            sender=Mailbox("", AddrSpec(_SENDER, identity.domain)),
            to=[Mailbox("", address)],
            subject=Content(data=f"Probe of {identity.domain}"),
            body=Body(text=Content(data="This message proves what receivers see of this domain's mail.\r\n")),
            headers=(("Auto-Submitted", "auto-generated"),),
        )
        return await self._sending.submit(from_simple(content, handed, boundary=ids.url_token()))

    async def _await(self, token: str, message_id: str) -> tuple[ArrivedProbe | None, str]:
        """The message, or what the last attempt to deliver it came to."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._wait_seconds
        while loop.time() < until:
            arrived = await self._store.read(probes.arrived, token)
            if arrived is not None:
                return arrived, ""
            (recipient, *_) = (await self._store.read(timeline.get, message_id)).recipients
            if recipient.state in _OVER:
                return None, recipient.diagnostic or recipient.reason or str(recipient.state)
            await asyncio.sleep(_POLL_SECONDS)
        (recipient, *_) = (await self._store.read(timeline.get, message_id)).recipients
        return None, recipient.diagnostic or recipient.reason or "nothing arrived in time"

    async def _judged(self, report: ProbeReport, arrived: ArrivedProbe) -> ProbeReport:
        resolver = self._new_resolver()
        received = Received(
            client=arrived.source_ip, helo=arrived.helo, reverse_path=arrived.reverse_path, content=arrived.content
        )
        try:
            verdicts = await Examiner(resolver, self._clock).examine(received)
            pointer = ipaddress.ip_address(arrived.source_ip).reverse_pointer
            names = (await resolver.resolve(pointer, "PTR")).values[:10]
        finally:
            await resolver.close()
        return ProbeReport(
            domain=report.domain,
            address=report.address,
            message_id=report.message_id,
            seconds=report.seconds,
            arrived=arrived,
            verdicts=verdicts,
            reverse_names=names,
        )
