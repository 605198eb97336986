"""The MX role: the port to which the MX records of MAIL FROM domains point (RFC 5321).

Owns what strangers may hand in: mail for addresses that the service itself gave out, and nothing else, so
that it can never relay. Never reads a message: it hands it to an Intake, which must have made it durable when
it returns.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import Reply
from tayori.model.inbound import InboundMessage, InboundRoute, NotTaken
from tayori.smtp.policy import Peer, Transaction, Verdict

Intake: TypeAlias = Callable[[InboundMessage], Awaitable[None]]

OK = Reply.of(250, "Ok", "2.0.0")
SENDER_OK = Reply.of(250, "Ok", "2.1.0")
RECIPIENT_OK = Reply.of(250, "Ok", "2.1.5")
BAD_SENDER = Reply.of(553, "The reverse-path is not an address", "5.1.7")
TOO_MANY_HOPS = Reply.of(554, "The message has been through too many hops: it goes round", "5.4.6")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRole:
    """What all sessions of an inbound server share; `policy` makes one session's policy."""

    hostname: str
    accepts: Callable[[AddrSpec], Awaitable[InboundRoute | NotTaken]]
    intake: Intake

    def policy(self, peer: Peer) -> "MxPolicy":
        return MxPolicy(self, peer)


class MxPolicy:
    """One session's policy (see `tayori.smtp.policy.Policy`)."""

    def __init__(self, role: MxRole, peer: Peer) -> None:
        self._role = role
        self._peer = peer
        self._routes: list[InboundRoute] = []

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
            return _REFUSALS[route]
        self._routes.append(route)
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
        await self._role.intake(message)
        return OK

    def reset(self) -> None:
        self._routes = []

    def closed(self) -> None:
        self._routes = []


def _hops(content: bytes) -> int:
    """How many servers the message has passed, as its header tells."""
    return len(_RECEIVED.findall(content[:_MAX_HEADER].partition(b"\r\n\r\n")[0]))
