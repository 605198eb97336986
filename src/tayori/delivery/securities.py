"""Decides what a mail host must prove: DANE before MTA-STS before whatever TLS there is, and the configuration set's
TlsPolicy with each of them.

    DANE                    MTA-STS     TlsPolicy OPTIONAL              TlsPolicy REQUIRE
    records that match      any         DANE                            DANE
    records, none usable    enforce     VERIFIED, for hosts it names    the same
    records, none usable    else        ENCRYPT                         the same
    records not to be had   any         the host is left alone for now  the same
    no records              enforce     VERIFIED, for hosts it names    the same
    no records              testing     VERIFIED, else as with none     VERIFIED, else as with none
    no records              none        MAY, in the clear if need be    ENCRYPT (VERIFIED where settings say so)

Owns that table. Never opens a connection. RFC 7672 2.2, RFC 8461 2 and 5 (MTA-STS never overrides a failing DANE).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tayori.clock import Clock
from tayori.delivery import dane
from tayori.delivery.dane import Lookup, TlsaSet
from tayori.delivery.egress import Relay, RelayTls
from tayori.delivery.route import Target
from tayori.delivery.secured import SecuredCalls
from tayori.delivery.security import Mismatch, Security, SecurityLevel
from tayori.delivery.settings import CertificateCheck, DeliverySettings
from tayori.delivery.sts import StsPolicies
from tayori.delivery.tls import TlsContexts
from tayori.delivery.tls_result import PolicyType, ReportedPolicy, ResultType, TlsObserver, TlsResult, Unobserved
from tayori.mail.answer import Resolver
from tayori.mail.mta_sts import MtaStsMode
from tayori.model.failure import at_scope, classify_trouble
from tayori.model.message import FailureScope, Outcome, Reason, TlsPolicy
from tayori.model.sts import StsPolicy


def secured_calls(
    settings: DeliverySettings,
    resolver: Resolver,
    clock: Clock,
    *,
    sts: StsPolicies | None = None,
    observer: TlsObserver | None = None,
) -> SecuredCalls:
    """What a process calls its hosts with."""
    told = observer or Unobserved()
    decides = HostSecurities(
        settings=settings, resolver=resolver, clock=clock, contexts=TlsContexts(settings), sts=sts, observer=told
    )
    return SecuredCalls(decides, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSecurities:
    """The Securities of a process. Without `sts` nobody's MTA-STS policy is asked for."""

    settings: DeliverySettings
    resolver: Resolver
    clock: Clock
    contexts: TlsContexts
    sts: StsPolicies | None = None
    observer: TlsObserver = field(default_factory=Unobserved)

    async def of(self, domain: str, target: Target, policy: TlsPolicy) -> Security | Outcome:
        if policy is TlsPolicy.ANYHOW:
            return self._by_message(domain, target, TlsPolicy.OPTIONAL)
        records = await dane.find(target, self.resolver) if self.settings.validates_dnssec else Lookup.NONE
        if records is Lookup.FAILED:
            return self._without_tlsa(domain, target)
        if isinstance(records, TlsaSet) and records.records:
            return self._by_dane(domain, target, records)
        plain = self._by_message(domain, target, policy)
        if isinstance(records, TlsaSet):
            plain = self._by_unusable_dane(plain, records)
        sts = await self.sts.of(domain) if self.sts is not None else None
        if isinstance(sts, StsPolicy):
            return self._by_sts(domain, target, sts, plain)
        if sts is not None:
            reported = ReportedPolicy(type=PolicyType.STS, domain=domain)
            return replace(plain, policy=reported, trouble=Mismatch(sts.result, sts.words))
        return plain

    async def standing(self, domain: str, targets: Sequence[Target]) -> Hashable:
        sts = await self.sts.of(domain) if self.sts is not None else None
        policy = sts.policy if isinstance(sts, StsPolicy) else None
        is_signed = self.settings.validates_dnssec and any(target.is_validated_host for target in targets)
        return (domain, policy) if policy is not None or is_signed else ()

    def of_relay(self, relay: Relay, target: Target, policy: TlsPolicy) -> Security:
        nothing = ReportedPolicy(type=PolicyType.NONE, domain=relay.host)
        verified = Security(
            level=SecurityLevel.VERIFIED,
            source="relay",
            context=self.contexts.verifying,
            server_name=target.host,
            why="the mail route wants it",
            policy=nothing,
        )
        if relay.tls in (RelayTls.STARTTLS, RelayTls.IMPLICIT):
            return verified
        clear = replace(verified, level=SecurityLevel.NONE, context=self.contexts.encrypting, why="")
        if policy is TlsPolicy.REQUIRE:
            return replace(clear, level=SecurityLevel.ENCRYPT, why="TlsPolicy REQUIRE")
        return clear if relay.tls is RelayTls.NONE else replace(clear, level=SecurityLevel.MAY, otherwise=clear)

    # --- by what the message asks for ------------------------------------------------------------------------------

    def _by_message(self, domain: str, target: Target, policy: TlsPolicy) -> Security:
        nothing = ReportedPolicy(type=PolicyType.NONE, domain=domain)
        plain = Security(
            level=SecurityLevel.ENCRYPT,
            source="configuration-set",
            context=self.contexts.encrypting,
            server_name=target.host,
            why="TlsPolicy REQUIRE",
            policy=nothing,
        )
        if policy is TlsPolicy.OPTIONAL:
            clear = replace(plain, level=SecurityLevel.NONE, source="opportunistic", why="")
            return replace(clear, level=SecurityLevel.MAY, otherwise=clear)
        if self.settings.certificate_check is CertificateCheck.WHEN_REQUIRED:
            return replace(plain, level=SecurityLevel.VERIFIED, context=self.contexts.verifying)
        return plain

    # --- by the host's zone ----------------------------------------------------------------------------------------

    def _by_dane(self, domain: str, target: Target, found: TlsaSet) -> Security:
        names = tuple(dict.fromkeys((found.name, target.host, domain)))
        return Security(
            level=SecurityLevel.DANE,
            source="dane",
            context=self.contexts.encrypting,
            server_name=found.name,
            check=dane.checker(found, names, self.clock.wall),
            why=f"TLSA of {found.name}",
            policy=_tlsa(found),
        )

    def _by_unusable_dane(self, plain: Security, found: TlsaSet) -> Security:
        """RFC 7672 2.2: records that nobody can use still say that the host has TLS."""
        if plain.level.needs_tls:
            return replace(plain, policy=_tlsa(found))
        why = f"TLSA of {found.name}, none of it usable"
        return replace(plain, level=SecurityLevel.ENCRYPT, source="dane", why=why, otherwise=None, policy=_tlsa(found))

    def _without_tlsa(self, domain: str, target: Target) -> Outcome:
        words = f"the TLSA records of {target.host} cannot be had, so that nobody knows whether it is the right host"
        self._saw(
            domain, target, ReportedPolicy(type=PolicyType.TLSA, domain=target.host), ResultType.DNSSEC_INVALID, words
        )
        return at_scope(classify_trouble(Reason.DNS_FAILURE, words, target.host), FailureScope.HOST)

    # --- by the domain's policy ------------------------------------------------------------------------------------

    def _by_sts(self, domain: str, target: Target, sts: StsPolicy, plain: Security) -> Security | Outcome:
        policy = sts.policy
        if policy.mode is MtaStsMode.NONE:
            return plain
        reported = ReportedPolicy(type=PolicyType.STS, domain=domain, strings=policy.lines, mx_patterns=policy.mx)
        is_enforced = policy.mode is MtaStsMode.ENFORCE
        if not policy.covers(target.host):
            words = f"the MTA-STS policy of {domain} does not name {target.host}"
            self._doubt(sts)
            if not is_enforced:
                return replace(plain, policy=reported, trouble=Mismatch(ResultType.VALIDATION_FAILURE, words))
            self._saw(domain, target, reported, ResultType.VALIDATION_FAILURE, words)
            return classify_trouble(Reason.TLS_POLICY, words, target.host)
        return Security(
            level=SecurityLevel.VERIFIED,
            source="mta-sts",
            context=self.contexts.verifying,
            server_name=target.host,
            why=f"MTA-STS of {domain}",
            policy=reported,
            otherwise=None if is_enforced else plain,
            failed=partial(self._doubt, sts),
        )

    def _doubt(self, sts: StsPolicy) -> None:
        if self.sts is not None:
            self.sts.doubt(sts)

    def _saw(self, domain: str, target: Target, policy: ReportedPolicy, result: ResultType, words: str) -> None:
        self.observer.saw(
            TlsResult(
                recipient_domain=domain,
                policy=policy,
                result=result,
                mx_host=target.host,
                receiving_ip=target.address,
                reason=words,
            )
        )


def _tlsa(found: TlsaSet) -> ReportedPolicy:
    return ReportedPolicy(type=PolicyType.TLSA, domain=found.name, strings=found.strings)
