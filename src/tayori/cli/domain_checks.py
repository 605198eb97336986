"""Checks of one sending domain: is it verified, will its mail be signed and aligned, what does it ask of receivers?"""

from tayori.app import authentication_look
from tayori.app.endpoints import Endpoints
from tayori.cli.check import Check, Health, check
from tayori.cli.lookup import Row, policy_files_of, rows_of
from tayori.cli.service import account_id_of
from tayori.cli.words import LANGUAGES
from tayori.dns.resolver import CachingResolver
from tayori.mail.policy_records import PolicyKind
from tayori.model.authentication_words import sentence
from tayori.model.diagnosis import Standing
from tayori.model.identity import VerificationStatus
from tayori.model.policy_check import PolicyVerdict
from tayori.model.proof import Purpose
from tayori.resources import configuration_sets, identities
from tayori.resources.identities import Identity
from tayori.store.engine import Store, Tx

# The records without which mail is refused or unsigned; the others cost alignment or a policy.
_NEEDED = frozenset({"dkim"})


async def check_domain(
    service: Endpoints, store: Store, resolver: CachingResolver, account: str | None, domain: str
) -> list[Check]:
    account_id, identity = await store.read(_find, account, service.region, domain)
    if identity is None:
        return [check("identity", Health.FAILED, "none", domain=domain, account=account_id)]
    checks = _statuses(identity)
    checks += [_record(row) for row in await rows_of(service, resolver, identity)]
    checks += await _mta_sts(service, resolver, domain)
    if identity.configuration_set:
        checks.append(await store.read(_configuration_set, identity))
    return checks


def _find(tx: Tx, account: str | None, region: str, domain: str) -> tuple[str, Identity | None]:
    account_id = account_id_of(tx, account)
    return account_id, identities.find(tx, account_id, region, domain)


def _statuses(identity: Identity) -> list[Check]:
    domain = identity.domain
    checks = [
        check("identity", _of(identity.verification.status), str(identity.verification.status),
              domain=domain, account=identity.account_id),
        check("dkim", _of(identity.dkim.status), str(identity.dkim.status), domain=domain),
    ]  # fmt: skip
    if not identity.signing_enabled:
        checks.append(check("signing", Health.WARNING, "disabled", domain=domain))
    if identity.mail_from is None:
        # DMARC passes by DKIM alone, but SPF is not aligned with the author's domain.
        checks.append(check("mail-from", Health.WARNING, "none", domain=domain))
    else:
        status = identity.mail_from.status
        checks.append(check("mail-from", _of(status), f"{identity.mail_from_domain}: {status}", domain=domain))
    return checks


def _of(status: VerificationStatus) -> Health:
    if status is VerificationStatus.TEMPORARY_FAILURE:
        return Health.WARNING
    return Health.OK if status is VerificationStatus.SUCCESS else Health.FAILED


def _record(row: Row) -> Check:
    key = "policy" if row.purpose == Purpose.DMARC else "record"
    remedies = {language: " ".join(row.advice(language)) for language in LANGUAGES}
    return Check(
        key=key,
        health=_health(row),
        found=", ".join(row.found) or row.verdict,
        places={"name": row.name, "rdtype": row.rdtype, "value": row.value},
        remedies=remedies,
    )


def _health(row: Row) -> Health:
    if row.is_in_place:
        return Health.WARNING if row.advice("en") else Health.OK
    if row.verdict in (Standing.WAITING, Standing.TROUBLE):
        return Health.WARNING  # nothing that the record's owner could do
    if row.purpose == Purpose.DKIM_ED25519:
        return Health.WARNING  # a second signature: mail is none the worse without it
    return Health.FAILED if row.purpose in _NEEDED or row.verdict == Standing.WRONG else Health.WARNING


async def _mta_sts(service: Endpoints, resolver: CachingResolver, domain: str) -> list[Check]:
    """Only where the domain has it: nobody needs it to send, and a wrong one keeps the domain's own mail away."""
    found = await authentication_look.policies_of(domain, None, resolver, policy_files_of(service, resolver))
    policy = next(one for one in found if one.kind is PolicyKind.MTA_STS)
    if policy.verdict in (PolicyVerdict.ABSENT, PolicyVerdict.UNKNOWN) and not policy.found:
        return []
    health = Health.OK if policy.verdict is PolicyVerdict.OK else Health.WARNING
    remedies = {
        language: " ".join(sentence(f"policy-note.{note}", language, policy.places) for note in policy.notes)
        for language in LANGUAGES
    }
    shown = ", ".join(policy.found) if policy.policy is None else f"{policy.policy.mode}: {', '.join(policy.policy.mx)}"
    return [Check(key="mta-sts", health=health, found=shown, places={"domain": domain}, remedies=remedies)]


def _configuration_set(tx: Tx, identity: Identity) -> Check:
    name = identity.configuration_set or ""
    is_there = configuration_sets.exists(tx, identity.account_id, identity.region, name)
    return check("configuration-set", Health.OK if is_there else Health.FAILED, name, domain=identity.domain)
