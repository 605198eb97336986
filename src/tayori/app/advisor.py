"""The look at one domain that recommendations come from: its DNS, through what `tayori dmarc` and `tayori dns` ask.

Owns the way from these answers to facts. A look takes half a minute at the most; what the DNS did not answer is no
finding.
"""

from collections.abc import Callable

from tayori.app import authentication_look
from tayori.app.authentication_look import AuthenticationLook, NoAnswerInTime
from tayori.app.reputation_desk import rules_of
from tayori.config import Config
from tayori.loops.advisor import Advisor
from tayori.mail.answer import Resolver
from tayori.mail.policy_records import PolicyKind
from tayori.model import recommendation
from tayori.model.identity import KeyLength
from tayori.model.names import ServiceNames
from tayori.model.policy_check import PolicyVerdict
from tayori.model.recommendation import DomainFacts, Found
from tayori.model.spf_advice import SpfNote
from tayori.resources.identities import Identity
from tayori.store.engine import Store

_SECONDS = 30.0


def advisor(config: Config, store: Store, resolver: Resolver, names: Callable[[str], ServiceNames]) -> Advisor:
    async def look(identity: Identity) -> set[Found] | None:
        try:
            found = await authentication_look.look(identity, names(identity.region), resolver, store, seconds=_SECONDS)
        except NoAnswerInTime:
            return None
        facts = facts_of(identity, found)
        return recommendation.of_domain(facts) if facts is not None else None

    return Advisor(store, rules_of(config.reputation), look)


def facts_of(identity: Identity, found: AuthenticationLook) -> DomainFacts | None:
    """None where the DNS did not answer."""
    bimi = next(one.verdict for one in found.policies if one.kind is PolicyKind.BIMI)
    notes = found.spf.notes if found.spf else ()
    is_silent = found.dmarc.record is None and found.dmarc.walked.unanswered
    if is_silent or bimi is PolicyVerdict.UNKNOWN or SpfNote.UNANSWERED in notes:
        return None
    return DomainFacts(
        is_signed=found.setup.is_signed and identity.signing_enabled,
        has_short_key=identity.current_length is KeyLength.RSA_1024_BIT,
        mail_from_ok=found.setup.is_mail_from_verified if identity.mail_from_domain else None,
        spf_ok=found.spf is None or (found.spf.merge.is_in_place and not found.spf.merge.is_refused),
        dmarc=found.dmarc.record,
        bimi=bimi,
    )
