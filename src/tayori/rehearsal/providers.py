"""The mailbox providers of the rehearsal internet: who they are, where they listen, what their zones hold.

Owns the table. Never answers a connection: `provider` does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tayori.dns.record import Record


class Behaviour(StrEnum):
    """How a provider treats mail for its domain."""

    ACCEPTS = "accepts everything"
    OBEYS_DMARC = "refuses what fails DMARC under p=reject"
    UNKNOWN_USER = "550 5.1.1 for every recipient"
    FULL = "452 4.2.2 always"
    GREYLISTS = "451 4.7.1 until the same triplet returns after 60 s"
    BOUNCES_LATER = "accepts, then sends a failure report to the return path"
    REPLIES = "accepts, then sends an automatic reply"
    FEEDBACK_LOOP = "accepts; a spam report goes to the feedback loop"
    SLOW = "answers each command after 5 s"
    SILENT = "has an MX host on which nothing listens"
    NULL_MX = "says by a null MX that it takes no mail"

    @property
    def listens(self) -> bool:
        return self not in (Behaviour.SILENT, Behaviour.NULL_MX)


class TlsOffer(StrEnum):
    """Which certificate STARTTLS shows, if it is offered."""

    TRUSTED = "trusted"
    SELF_SIGNED = "self-signed"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider; `number` is the last octet of its address."""

    domain: str
    number: int
    behaviour: Behaviour = Behaviour.ACCEPTS
    tls: TlsOffer = TlsOffer.TRUSTED
    sts: str = ""  # the mode of its MTA-STS policy; "": it has none

    @property
    def host(self) -> str:
        return f"mx.{self.domain}"


PROVIDERS = (
    Provider(domain="inbox.test", number=1),
    Provider(domain="strict.test", number=2, behaviour=Behaviour.OBEYS_DMARC),
    Provider(domain="plain.test", number=3, tls=TlsOffer.NONE),
    Provider(domain="selfsigned.test", number=4, tls=TlsOffer.SELF_SIGNED),
    Provider(domain="unknown.test", number=5, behaviour=Behaviour.UNKNOWN_USER),
    Provider(domain="full.test", number=6, behaviour=Behaviour.FULL),
    Provider(domain="grey.test", number=7, behaviour=Behaviour.GREYLISTS),
    Provider(domain="later.test", number=8, behaviour=Behaviour.BOUNCES_LATER),
    Provider(domain="away.test", number=9, behaviour=Behaviour.REPLIES),
    Provider(domain="fbl.test", number=10, behaviour=Behaviour.FEEDBACK_LOOP),
    Provider(domain="nofbl.test", number=11),
    Provider(domain="slow.test", number=12, behaviour=Behaviour.SLOW),
    Provider(domain="down.test", number=13, behaviour=Behaviour.SILENT),
    Provider(domain="nullmx.test", number=14, behaviour=Behaviour.NULL_MX),
    Provider(domain="sts.test", number=15, sts="enforce"),
    Provider(domain="badsts.test", number=16, tls=TlsOffer.SELF_SIGNED, sts="enforce"),
    Provider(domain="trysts.test", number=17, tls=TlsOffer.SELF_SIGNED, sts="testing"),
)


def provider_of(domain: str) -> Provider | None:
    return next((provider for provider in PROVIDERS if provider.domain == domain.lower()), None)


def feedback_loops_file(providers: Iterable[Provider]) -> str:
    """What an operator would write of these providers into a table of feedback loops of his own (TOML)."""
    entries = ["# What is known of the rehearsal's providers. Written anew at each start of the rehearsal.\n"]
    for provider in (one for one in providers if one.behaviour is not Behaviour.NULL_MX):
        has_loop = provider.behaviour is Behaviour.FEEDBACK_LOOP
        how = 'by = ["ip"]\nneeds = "Nothing: it reports to everybody."\nsends = "ARF"\nredacts = "yes"\n'
        entries.append(
            f'[[provider]]\nid = "{provider.domain}"\nhosts = [".{provider.host}"]\n'
            f'loop = "{"yes" if has_loop else "no"}"\n{how if has_loop else ""}'
            'basis = "provider"\nas_of = 2026-11-24\n'
        )
    return "\n".join(entries)


def provider_records(provider: Provider, address: str) -> tuple[Record, ...]:
    """What the provider's own administrators publish; `address` is where it listens."""
    domain, host = provider.domain, provider.host
    policy = Record(name=f"_dmarc.{domain}", rdtype="TXT", value="v=DMARC1; p=reject")
    if provider.behaviour is Behaviour.NULL_MX:
        return (
            Record(name=domain, rdtype="MX", value="0 ."),  # RFC 7505
            Record(name=domain, rdtype="TXT", value="v=spf1 -all"),
            policy,
        )
    sts = (
        Record(name=f"_mta-sts.{domain}", rdtype="TXT", value="v=STSv1; id=1"),
        Record(name=f"mta-sts.{domain}", rdtype="A", value=address),
    )
    return (
        *(sts if provider.sts else ()),
        Record(name=domain, rdtype="MX", value=f"10 {host}"),
        Record(name=domain, rdtype="TXT", value="v=spf1 mx -all"),
        Record(name=host, rdtype="A", value=address),
        Record(name=host, rdtype="TXT", value="v=spf1 a -all"),  # the HELO identity (RFC 7208 2.3)
        policy,
    )
