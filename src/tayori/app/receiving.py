"""What receipt rules reach, put together: buckets, functions at URLs that the operator names, and bounces."""

import ipaddress
from collections.abc import Callable, Mapping

from tayori import ids
from tayori.app import event_targets, records
from tayori.app.sending import Sending, handed_by_service
from tayori.clock import Clock
from tayori.config import Config
from tayori.events.outgoing_http import OutgoingError, OutgoingHttp, OutgoingSettings
from tayori.inbound.gate import Gate
from tayori.inbound.receipt_actions import Hands, ReceiptActions, Trouble
from tayori.inbound.receiving import Receiving, ReceivingSettings
from tayori.mail.answer import Resolver
from tayori.model import bounce_mail
from tayori.model.bounce_mail import Bounce
from tayori.model.message import Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import from_raw
from tayori.store.engine import Store

_MIB = 1024 * 1024
_ANYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))  # the operator names these places
_FUNCTION_SECONDS = 30.0  # ses: of a RequestResponse


def receiving(
    config: Config, store: Store, clock: Clock, gate: Gate, names: Callable[[str], ServiceNames]
) -> Receiving:
    settings = ReceivingSettings(most=config.inbound.received_megabytes * _MIB, domain=config.service.domain)
    return Receiving(store, clock, gate, names, settings)


def actions(
    config: Config,
    store: Store,
    clock: Clock,
    sending: Sending,
    resolver: Resolver,
    names: Callable[[str], ServiceNames],
) -> ReceiptActions:
    tls = event_targets.tls_of(config)
    settings = OutgoingSettings(allowed_networks=_ANYWHERE, tls=tls, seconds=_FUNCTION_SECONDS)
    hands = Hands(
        buckets=records.files(config, clock, b""),
        functions=UrlFunctions(OutgoingHttp(resolver, settings), config.inbound.functions),
        bounces=SentBounces(sending, clock, names),
        resolver=resolver,
    )
    return ReceiptActions(store, clock, hands)


class UrlFunctions:
    """Functions that are web servers: the event is the body of a POST, and the answer the body of a 2xx."""

    def __init__(self, http: OutgoingHttp, urls: Mapping[str, str]) -> None:
        self._http = http
        self._urls = urls

    async def call(self, arn: str, event: bytes) -> bytes:
        url = self._urls.get(arn)
        if url is None:
            raise Trouble(f"The operator has set up no function {arn}.")
        try:
            answer = await self._http.post(url, [("Content-Type", "application/json")], event)
        except OutgoingError as error:
            raise Trouble(str(error)) from error
        if not 200 <= answer.status < 300:
            raise Trouble(f"The function answered {answer.status}.")
        return answer.body


class SentBounces:
    """Bounces of receipt rules, sent by the account whose rule it is."""

    def __init__(self, sending: Sending, clock: Clock, names: Callable[[str], ServiceNames]) -> None:
        self._sending = sending
        self._clock = clock
        self._names = names

    async def send(self, account_id: str, region: str, bounce: Bounce) -> None:
        now, names = self._clock.now(), self._names(region)
        handed = handed_by_service(account_id, names, now, Operation.SEND_BOUNCE, [bounce.to])
        content = bounce_mail.compose(bounce, message_id="bounce@service", boundary=ids.url_token(), now=now)
        await self._sending.submit(from_raw(content, handed))
