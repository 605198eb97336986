"""Calls one host with the security that it is owed, and tells what came of it.

Owns the order of tries where the first handshake fails: with less security where `securities` allows that, and never
otherwise; and the memory of hosts with which TLS has failed lately. Never decides what a host must prove, never speaks
SMTP. RFC 7435 4 (opportunistic security), RFC 8460 (what is told).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Protocol, TypeVar

from tayori.delivery.egress import Relay
from tayori.delivery.route import Target
from tayori.delivery.security import Mismatch, Securities, Security, SecurityLevel
from tayori.delivery.tls_result import ResultType, TlsObserver, TlsResult
from tayori.model.message import Outcome, Reason, TlsFacts, TlsPolicy

_WITHOUT_TLS_SECONDS = 300.0
_MOST_HOSTS = 10_000


class Secured(Protocol):
    """What a session shows of itself here."""

    source_address: str
    tls: TlsFacts | None


SessionT = TypeVar("SessionT", bound=Secured)

Dial = Callable[[Security], Awaitable[SessionT | Outcome]]


class SecuredCalls:
    """One for a process: hosts are the same whoever calls them."""

    def __init__(self, securities: Securities, observer: TlsObserver) -> None:
        self._securities = securities
        self._observer = observer
        self._without_tls: OrderedDict[Target, float] = OrderedDict()  # their handshake failed; until when

    async def standing(self, domain: str, targets: Sequence[Target]) -> Hashable:
        """Mail of domains with equal standing may share connections."""
        return await self._securities.standing(domain, targets)

    async def call(
        self,
        domain: str,
        target: Target,
        policy: TlsPolicy,
        dial: "Dial[SessionT]",
        notes: list[str],
        relay: Relay | None = None,
    ) -> SessionT | Outcome:
        """A session that is as secure as it must be, or why there is none. `notes` gets what went wrong on the way."""
        asked: Security | Outcome
        if relay is None:
            asked = await self._securities.of(domain, target, policy)
        else:
            asked = self._securities.of_relay(relay, target, policy)
        if isinstance(asked, Outcome):
            notes.append(f"{target.host} [{target.address}]: {asked.diagnostic}")
            return asked
        security, trouble = self._first(asked, target), asked.trouble
        while True:
            result = await self._dial(security, dial)
            if not isinstance(result, Outcome):
                break
            notes.append(f"{target.host} [{target.address}]: {result.diagnostic}")
            if result.tls_result is None:
                break
            trouble = trouble or Mismatch(result.tls_result, result.diagnostic)
            if security.failed is not None:
                security.failed()
            if security.otherwise is None:
                break
            security = security.otherwise
            if security.level is SecurityLevel.NONE:
                self._remember(target)
        if relay is None and policy is not TlsPolicy.ANYHOW:  # RFC 8460 3: what brings reports is in none
            self._tell(domain, target, asked, result, trouble)
        return result

    async def _dial(self, security: Security, dial: "Dial[SessionT]") -> SessionT | Outcome:
        """Once more where the session of an earlier connection was offered: that host may have changed its key, or lost
        its own side of the session, and what fails then says nothing.
        """
        was_offered = security.context.sessions.get(security.server_name)
        result = await dial(security)
        if was_offered is None or not isinstance(result, Outcome) or result.reason is not Reason.TLS_FAILED:
            return result
        security.context.sessions.pop(security.server_name, None)
        return await dial(security)

    def _first(self, asked: Security, target: Target) -> Security:
        """In the clear at once where TLS has failed a moment ago and need not be."""
        clear = asked.otherwise
        if asked.level is not SecurityLevel.MAY or clear is None:
            return asked
        return clear if self._without_tls.get(target, 0.0) > asyncio.get_running_loop().time() else asked

    def _remember(self, target: Target) -> None:
        self._without_tls[target] = asyncio.get_running_loop().time() + _WITHOUT_TLS_SECONDS
        self._without_tls.move_to_end(target)
        if len(self._without_tls) > _MOST_HOSTS:
            self._without_tls.popitem(last=False)

    def _tell(
        self, domain: str, target: Target, asked: Security, result: SessionT | Outcome, trouble: Mismatch | None
    ) -> None:
        """One result for each session, or attempt at one, in which TLS had its say."""
        is_open = not isinstance(result, Outcome)
        if not is_open and trouble is None:
            return  # nobody came as far as TLS
        if isinstance(result, Outcome):
            source, level, words = "", "", ""
        else:
            source, reached = result.source_address, result.tls
            level, words = (reached.level, reached.version) if reached is not None else ("none", "")
            if result.tls is None and trouble is None:
                trouble = Mismatch(ResultType.STARTTLS_NOT_SUPPORTED, "the host does not offer TLS")
        self._observer.saw(
            TlsResult(
                recipient_domain=domain,
                policy=asked.policy,
                result=trouble.result if trouble is not None else None,
                mx_host=target.host,
                receiving_ip=target.address,
                sending_ip=source,
                reason=trouble.words if trouble is not None else "",
                level=level,
                tls=words,
            )
        )
