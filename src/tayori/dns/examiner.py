"""Is this message what it says? SPF, DKIM, DMARC and ARC as a receiver sees them, and their report in RFC 8601's words.

Owns the asking: it runs the pure evaluators of `tayori.mail` against a resolver, with a time limit. Never decides what
becomes of the message: a provider of the rehearsal does, or whoever proves a domain by a probe.
"""

import asyncio
import ipaddress
from dataclasses import dataclass

from tayori.clock import Clock
from tayori.ids import jitter
from tayori.mail import arc
from tayori.mail.address import AddressError, parse_mailbox_list
from tayori.mail.answer import Resolver, drive
from tayori.mail.arc import ArcResult, ArcVerdict
from tayori.mail.authres import AuthenticationResults, AuthResult
from tayori.mail.dkim_verify import DkimResult, DkimVerdict, verify
from tayori.mail.dmarc import DmarcRequest, DmarcResult, DmarcVerdict
from tayori.mail.dmarc import evaluate as evaluate_dmarc
from tayori.mail.fields import FieldsError, find_all, split_message
from tayori.mail.spf import SpfIdentity, SpfRequest, SpfResult, SpfVerdict, check_host

# RFC 7208 4.6.4 asks for at least 20 seconds; the DNS of the rehearsal answers or fails much sooner.
_TIME_LIMIT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it came in: from which address, under which name, with which return path ("" for none)."""

    client: str
    helo: str
    reverse_path: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """All that was found out about one message. `problem` says why its author cannot be told, if so."""

    spf: SpfResult
    sender: str
    dkim: tuple[DkimResult, ...]
    dmarc: DmarcResult
    arc: ArcResult
    problem: str = ""

    def authentication_results(self, authserv_id: str) -> bytes:
        """The header field."""
        dkim = self._dkim_results or (AuthResult(method="dkim", result="none"),)
        results = (self._spf_result, *dkim, self._dmarc_result, *self._arc_results)
        return AuthenticationResults(authserv_id=authserv_id, results=results).encode()

    @property
    def spf_text(self) -> str:
        return self._spf_result.text.removeprefix("spf=")

    @property
    def dkim_text(self) -> str:
        """The result of each signature; those that pass come first."""
        texts = [result.text.removeprefix("dkim=") for result in self._dkim_results]
        return "; ".join(sorted(texts, key=lambda text: not text.startswith("pass"))) or "none"

    @property
    def dmarc_text(self) -> str:
        return self._dmarc_result.text.removeprefix("dmarc=")

    @property
    def dkim_summary(self) -> str:
        """One word for all signatures."""
        verdicts = [result.verdict for result in self.dkim]
        return str(DkimVerdict.PASS if DkimVerdict.PASS in verdicts else verdicts[0] if verdicts else "none")

    @property
    def _spf_result(self) -> AuthResult:
        spf = self.spf
        name = "smtp.mailfrom" if spf.identity is SpfIdentity.MAIL_FROM else "smtp.helo"
        return AuthResult(
            method="spf",
            result=str(spf.verdict),
            comment=spf.problem or spf.mechanism,
            properties=((name, self.sender or spf.domain or "unknown"),),
        )

    @property
    def _dkim_results(self) -> tuple[AuthResult, ...]:
        return tuple(_dkim_result(result) for result in self.dkim)

    @property
    def _arc_results(self) -> tuple[AuthResult, ...]:
        """Nothing where the message has no chain (RFC 8617 10.2 registers the method)."""
        if self.arc.verdict is ArcVerdict.NONE:
            return ()
        comment = self.arc.reason or f"sealed by {', '.join(self.arc.sealers)}"
        return (AuthResult(method="arc", result=str(self.arc.verdict), comment=comment),)

    @property
    def _dmarc_result(self) -> AuthResult:
        dmarc = self.dmarc
        comment = f"p={dmarc.policy} dis={dmarc.disposition}" if dmarc.record else self.problem or dmarc.problem
        properties = (("header.from", dmarc.from_domain),) if dmarc.from_domain else ()
        return AuthResult(method="dmarc", result=str(dmarc.verdict), comment=comment, properties=properties)


def _dkim_result(result: DkimResult) -> AuthResult:
    properties = (
        ("header.d", result.domain),
        ("header.s", result.selector),
        ("header.a", result.algorithm),
        ("header.b", result.signature_start),
    )
    return AuthResult(
        method="dkim",
        result=str(result.verdict),
        comment=result.reason,
        properties=tuple((name, value) for name, value in properties if value),
    )


class Examiner:
    """Judges messages with the answers of one resolver."""

    def __init__(self, resolver: Resolver, clock: Clock) -> None:
        self._resolver = resolver
        self._clock = clock

    async def examine(self, received: Received) -> Verdicts:
        """All methods; the DNS questions of SPF, DKIM and ARC run side by side."""
        content, sender = received.content, received.reverse_path
        spf, dkim, chain = await asyncio.gather(self._spf(received), self._dkim(content), self._arc(content))
        from_domain, problem = author_domain(content)
        if problem:
            dmarc = DmarcResult(verdict=DmarcVerdict.PERMERROR, from_domain="", problem=problem)
        else:
            dmarc = await self._dmarc(from_domain, spf, dkim)
        return Verdicts(spf=spf, sender=sender, dkim=dkim, dmarc=dmarc, arc=chain, problem=problem)

    async def _spf(self, received: Received) -> SpfResult:
        request = SpfRequest(
            client=ipaddress.ip_address(received.client),
            helo=received.helo,
            reverse_path=received.reverse_path,
            timestamp=int(self._clock.now().timestamp()),
        )
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                return await drive(check_host(request), self._resolver)
        except TimeoutError:
            return SpfResult(
                verdict=SpfVerdict.TEMPERROR,
                domain=request.domain,
                identity=request.identity,
                problem="the check took too long",
            )

    async def _dkim(self, content: bytes) -> tuple[DkimResult, ...]:
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                return tuple(await drive(verify(content, self._clock.now()), self._resolver))
        except TimeoutError:
            return (DkimResult(verdict=DkimVerdict.TEMPERROR, reason="the check took too long"),)

    async def _arc(self, content: bytes) -> ArcResult:
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                return await drive(arc.validate(content), self._resolver)
        except TimeoutError:
            return ArcResult(verdict=ArcVerdict.FAIL, reason="the check took too long", is_temporary=True)

    async def _dmarc(self, from_domain: str, spf: SpfResult, dkim: tuple[DkimResult, ...]) -> DmarcResult:
        request = DmarcRequest(
            from_domain=from_domain,
            spf_domain=spf.domain if spf.verdict is SpfVerdict.PASS else "",
            dkim_domains=tuple(result.domain for result in dkim if result.passed),
            sample=int(jitter() * 100),
        )
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                return await drive(evaluate_dmarc(request), self._resolver)
        except TimeoutError:
            problem = "the check took too long"
            return DmarcResult(verdict=DmarcVerdict.TEMPERROR, from_domain=from_domain, problem=problem)


def author_domain(content: bytes) -> tuple[str, str]:
    """The domain of the From field, or why there is none: DMARC wants exactly one (RFC 7489 6.6.1)."""
    try:
        fields, _ = split_message(content)
        found = find_all(fields, b"From")
        if len(found) != 1:
            return "", f"the message has {len(found)} From fields"
        text = found[0].value.decode("utf-8", "replace")
        domains = {mailbox.addr.domain for mailbox in parse_mailbox_list(text)}
    except (FieldsError, AddressError) as error:
        return "", f"the author cannot be read: {error}"
    if len(domains) != 1:
        return "", f"the From field names {len(domains)} domains"
    return domains.pop(), ""
