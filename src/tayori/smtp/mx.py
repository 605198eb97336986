"""The MX role: the port to which the MX records of MAIL FROM domains point (RFC 5321).

Owns what strangers may hand in: mail for addresses that the service itself gave out, and mail that an account's
receipt rules take, and nothing else, so that it can never relay. Never reads a message: it hands it to an Intake, or to
Receiving, which must have made it durable when it returns.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import Reply
from tayori.model.inbound import InboundMessage, InboundRoute, NotTaken, ReceiptRoute
from tayori.model.message import TlsFacts
from tayori.smtp.policy import Peer, Transaction, Verdict

Intake: TypeAlias = Callable[[InboundMessage], Awaitable[None]]

OK = Reply.of(250, "Ok", "2.0.0")
SENDER_OK = Reply.of(250, "Ok", "2.1.0")
RECIPIENT_OK = Reply.of(250, "Ok", "2.1.5")
BAD_SENDER = Reply.of(553, "The reverse-path is not an address", "5.1.7")
TOO_MANY_HOPS = Reply.of(554, "The message has been through too many hops: it goes round", "5.4.6")
# RFC 5321 4.5.3.1.10: the client sends the rest in a transaction of its own.
SEPARATELY = Reply.of(452, "Too many recipients of different kinds", "4.5.3")
BAD_RECIPIENT = Reply.of(553, "The forward-path is not an address", "5.1.3")
_REFUSALS = {
    NotTaken.NOT_OURS: Reply.of(550, "Relaying denied", "5.7.1"),
    NotTaken.NO_SUCH_ADDRESS: Reply.of(550, "No such address", "5.1.1"),
    NotTaken.NEVER_ISSUED: Reply.of(550, "This return path was not issued by this service", "5.1.1"),
    NotTaken.TOO_OLD: Reply.of(550, "This return path is too old to take reports", "5.7.1"),
}


_MOST_HOPS = 100  # RFC 5321 6.3
_MAX_HEADER = 256 * 1024
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


class Receiving(Protocol):
    """Asked about recipients that are not the service's own."""

    async def admit(self, address: AddrSpec, source_ip: str, tls: TlsFacts | None) -> ReceiptRoute | Reply | None:
        """Whose it is, or why it is refused; None where no account receives mail for it."""
        ...

    async def take(self, routes: tuple[ReceiptRoute, ...], message: InboundMessage) -> Reply | None:
        """Durably, for all of `routes`; else why for none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRole:
    """What all sessions of an inbound server share; `policy` makes one session's policy."""

    hostname: str
    accepts: Callable[[AddrSpec], Awaitable[InboundRoute | NotTaken]]
    intake: Intake
    receiving: Receiving | None = None

    def policy(self, peer: Peer) -> "MxPolicy":
        return MxPolicy(self, peer)


class MxPolicy:
    """One session's policy (see `tayori.smtp.policy.Policy`)."""

    def __init__(self, role: MxRole, peer: Peer) -> None:
        self._role = role
        self._peer = peer
        self._routes: list[InboundRoute] = []
        self._receipts: list[ReceiptRoute] = []

    def greeting(self) -> Verdict:
        return Reply.of(220, f"{self._role.hostname} ESMTP Tayori")

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        return ["ENHANCEDSTATUSCODES"]

    def auth(self, identity: str, password: str) -> Verdict:
        return Reply.of(502, "Command not implemented", "5.5.1")

    def mail(self, reverse_path: ReversePath | str, params: Mapping[str, str | None]) -> Verdict:
        return BAD_SENDER if isinstance(reverse_path, str) else SENDER_OK

    async def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Reply:
        # RFC 5321 4.1.1.3: "postmaster" may stand without a domain.
        bare = forward_path.lower() == "postmaster"
        try:
            address = AddrSpec.parse(f"postmaster@{self._role.hostname}" if bare else forward_path)
        except AddressError:
            return BAD_RECIPIENT
        route = await self._role.accepts(address)
        if isinstance(route, NotTaken):
            return await self._received(address, route)
        if self._receipts:
            return SEPARATELY
        self._routes.append(route)
        return RECIPIENT_OK

    async def _received(self, address: AddrSpec, refusal: NotTaken) -> Reply:
        """Where it is no address of the service's, an account may receive mail for it."""
        if self._role.receiving is None or refusal not in (NotTaken.NOT_OURS, NotTaken.NO_SUCH_ADDRESS):
            return _REFUSALS[refusal]
        found = await self._role.receiving.admit(address, self._peer.host, self._peer.tls)
        if found is None:
            return _REFUSALS[refusal]
        if isinstance(found, Reply):
            return found
        if self._routes:
            return SEPARATELY
        self._receipts.append(found)
        return RECIPIENT_OK

    async def data(self, transaction: Transaction) -> Reply:
        assert isinstance(transaction.reverse_path, ReversePath)
        if _hops(transaction.content) > _MOST_HOPS:
            return TOO_MANY_HOPS
        message = InboundMessage(
            routes=tuple(self._routes),
            reverse_path=transaction.reverse_path,
            content=transaction.content,
            source_ip=self._peer.host,
            helo=self._peer.helo or "",
            tls=self._peer.tls,
        )
        if self._receipts and self._role.receiving is not None:
            return await self._role.receiving.take(tuple(self._receipts), message) or OK
        await self._role.intake(message)
        return OK

    def reset(self) -> None:
        self._routes = []
        self._receipts = []

    def closed(self) -> None:
        self.reset()


def _hops(content: bytes) -> int:
    """How many servers the message has passed, as its header tells."""
    return len(_RECEIVED.findall(content[:_MAX_HEADER].partition(b"\r\n\r\n")[0]))
