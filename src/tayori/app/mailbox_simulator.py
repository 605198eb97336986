"""Answers of the mailbox simulator on their way back: through the door by which strangers' reports come in.

Owns that way: what a mailbox writes is composed (`model.simulated_mail`), sent to an address that was given out, and
read by the inbound reader, only without a connection in between.
"""

from functools import partial

from tayori import ids
from tayori.app import inbound_port
from tayori.clock import Clock
from tayori.config import Config
from tayori.events.endpoint import DONE, Attempt
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Resolver
from tayori.mail.envelope import ReversePath
from tayori.model import simulator
from tayori.model.inbound import InboundMessage, NotTaken
from tayori.model.names import ServiceNames
from tayori.model.return_path import ReturnPaths
from tayori.model.simulated_mail import Answer, Delivered, answer
from tayori.model.simulator import Mailbox
from tayori.resources import simulated_mail
from tayori.resources.inbound import FEEDBACK_LOCAL_PARTS
from tayori.resources.notifications import Notification, Verdict
from tayori.resources.simulated_mail import Original
from tayori.smtp.mx import MxRole
from tayori.store.engine import Store


class SimulatorEndpoint:
    """An Endpoint. The door is opened when there is something to hand in."""

    def __init__(self, config: Config, store: Store, resolver: Resolver, clock: Clock) -> None:
        domain = config.service.domain

        def names(region: str) -> ServiceNames:
            return ServiceNames(service_domain=domain, region=region)

        self._feedback = AddrSpec(min(FEEDBACK_LOCAL_PARTS), domain)
        self._store = store
        self._clock = clock
        self._inbound = partial(inbound_port.mx_role, config, store, resolver, clock, names)
        self._role: MxRole | None = None
        self._paths: ReturnPaths | None = None

    async def send(self, notification: Notification) -> Attempt:
        envelope = notification.envelope
        original = await self._store.read(simulated_mail.original, envelope["message_id"])
        if original is None:
            return Attempt(verdict=Verdict.REFUSED, error="The message is forgotten.")
        written = await self._answer(notification, original, envelope["ordinal"])
        return await self._hand_in(written)

    async def _answer(self, notification: Notification, original: Original, ordinal: int) -> Answer:
        if self._paths is None:
            self._paths = await inbound_port.return_paths(self._store)
        path = self._paths.issue(str(original.reverse_path), ordinal, is_shared=False)
        got = Delivered(
            mailbox=Mailbox(notification.kind),
            recipient=AddrSpec.parse(notification.endpoint),
            return_path=AddrSpec.parse(path),
            accepted_at=original.accepted_at,
            now=self._clock.now(),
            token=ids.url_token(),
            head=original.head,
        )
        return answer(got, self._feedback)

    async def _hand_in(self, written: Answer) -> Attempt:
        if self._role is None:
            self._role = await self._inbound()
        route = await self._role.accepts(written.to)
        if isinstance(route, NotTaken):
            return Attempt(verdict=Verdict.REFUSED, error=f"The answer to {written.to} was not taken: {route}.")
        message = InboundMessage(
            routes=(route,),
            reverse_path=ReversePath.NULL,
            content=written.content,
            source_ip=simulator.HOST_ADDRESS,
            helo=simulator.DOMAIN,
            tls=None,
        )
        await self._role.intake(message)
        return DONE
