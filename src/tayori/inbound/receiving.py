"""Mail that accounts receive, from the SMTP dialogue to the row.

Owns the order: whose it is, whether that account's filters and rules let it in, and only then the content. Nothing is
done with it here: its actions follow from the row (`receipt_actions`).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from tayori import ids
from tayori.clock import Clock
from tayori.inbound.gate import Gate
from tayori.mail.address import AddrSpec
from tayori.mail.reply import Reply
from tayori.model.inbound import InboundMessage, ReceiptRoute
from tayori.model.message import TlsFacts
from tayori.model.names import ServiceNames
from tayori.model.receipt import is_blocked
from tayori.model.received import Arrival
from tayori.resources import received_mail
from tayori.resources.received_mail import ActiveSets, Arrived, Taken
from tayori.store.engine import Store

BLOCKED = Reply.of(550, "Your address is blocked by a filter of the recipient", "5.7.1")
TLS_FIRST = Reply.of(530, "Must issue a STARTTLS command first", "5.7.0")
NO_ROOM = Reply.of(452, "Too much mail waits here; come again later", "4.3.1")
TOO_LARGE = Reply.of(552, "The message is too large for its recipient", "5.3.4")
_LONGEST = 320  # characters of an address that is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingSettings:
    most: int  # octets that wait for their actions
    domain: str  # the service's


class Receiving:
    """What the MX role asks about recipients that are not the service's own (see tayori.smtp.mx.Receiving)."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        gate: Gate,
        names: Callable[[str], ServiceNames],
        settings: ReceivingSettings,
    ) -> None:
        self._store = store
        self._clock = clock
        self._gate = gate
        self._names = names
        self._settings = settings
        self._known = ActiveSets()

    async def admit(self, address: AddrSpec, source_ip: str, tls: TlsFacts | None) -> ReceiptRoute | Reply | None:
        """None: nobody receives mail for the address."""
        self._known, found = await self._store.read(received_mail.admit, self._known, address)
        if found is None or len(str(address)) > _LONGEST:
            return None
        if is_blocked(found.filters, source_ip):
            return BLOCKED
        if found.meeting.requires_tls and tls is None:
            return TLS_FIRST
        return ReceiptRoute(recipient=address, account_id=found.account_id, region=found.region)

    async def take(self, routes: tuple[ReceiptRoute, ...], message: InboundMessage) -> Reply | None:
        """None once it is durable for all of `routes`; else why it is for none."""
        await self._gate.enter()
        groups: dict[tuple[str, str], list[AddrSpec]] = defaultdict(list)
        for route in routes:
            groups[route.account_id, route.region].append(route.recipient)
        arrived = [self._arrived(*key, tuple(dict.fromkeys(found)), message) for key, found in groups.items()]
        taken = await self._store.write(received_mail.record, arrived, self._settings.most)
        return {Taken.TAKEN: None, Taken.NO_ROOM: NO_ROOM, Taken.TOO_LARGE: TOO_LARGE}[taken]

    def _arrived(
        self, account_id: str, region: str, recipients: tuple[AddrSpec, ...], message: InboundMessage
    ) -> Arrived:
        arrival = Arrival(
            message_id=ids.received_id(),
            source=message.reverse_path.text,
            source_ip=message.source_ip,
            helo=message.helo[:255],
            recipients=tuple(map(str, recipients)),
            received_at=self._clock.now(),
            host=self._names(region).inbound_host,
            domain=self._settings.domain,
        )
        return Arrived(
            account_id=account_id, region=region, arrival=arrival, recipients=recipients, content=message.content
        )
