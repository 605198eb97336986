"""Identities: the domains and addresses that an account sends as.

Owns their rows and the texts with which SES refuses. Looking for their DNS records is `identity_checks`'
part, the rules in time are `model.identity`'s. Network work is never done here: a row that is due wakes the
verifier. The same domain in two accounts gets different tokens, so each account proves its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.mail.address import AddressError, AddrSpec, to_ascii_domain
from tayori.mail.dmarc import organisational_domain
from tayori.model.dkim_setup import parent_region, replica_origin
from tayori.model.errors import AlreadyExists, Invalid, Kind, LimitExceeded, NotFound
from tayori.model.identity import (
    LINK_LIFETIME,
    MAX_IDENTITIES,
    DkimOrigin,
    IdentityKind,
    IdentityName,
    KeyLength,
    MxFailureBehavior,
    Track,
    VerificationStatus,
)
from tayori.model.identity_notice import Subject
from tayori.model.verification_mail import VerificationMail
from tayori.resources import (
    configuration_sets,
    dkim_keys,
    dkim_setup,
    identity_history,
    identity_notifications,
    identity_policies,
    service_mail,
    share_links,
    tenants,
)
from tayori.resources import tags as tags_of
from tayori.resources.dkim_keys import DkimKey
from tayori.resources.dkim_setup import Easy, Follow, Own, Setup
from tayori.resources.identity_history import Cause
from tayori.resources.settings import covering
from tayori.store.engine import Tx
from tayori.store.tables import account_regions, identities, storable

TOPIC = dkim_setup.TOPIC
_REKEY_INTERVAL = timedelta(hours=24)
_PENDING = VerificationStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One identity of one account in one region, as it is kept."""

    account_id: str
    region: str
    name: str
    kind: IdentityKind
    created_at: datetime
    verification: Track
    verification_token: str | None
    dkim: Track
    dkim_origin: str
    signing_enabled: bool
    tokens: tuple[str, ...]
    key_length: KeyLength | None  # of the next key
    current_length: KeyLength | None
    keys_made_at: datetime | None
    length_changed_at: datetime | None
    own_record: str | None
    ed25519_token: str | None
    mail_from_domain: str | None
    mail_from: Track | None
    mail_from_behavior: MxFailureBehavior
    feedback_forwarding: bool
    configuration_set: str | None
    checks: int
    next_check_at: datetime | None
    last_checked_at: datetime | None
    last_success_at: datetime | None
    error_type: str | None
    soa: Mapping[str, Any] | None
    findings: Sequence[Mapping[str, Any]]
    link_expires_at: datetime | None

    @property
    def is_verified(self) -> bool:
        return self.verification.holds

    @property
    def domain(self) -> str:
        return self.name.rpartition("@")[2]

    @property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(track for track in (self.verification, self.dkim, self.mail_from) if track is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentity:
    """What CreateEmailIdentity asks for. `dkim`, or `keys` for Easy DKIM, are a domain's, `link_token` an address's."""

    name: IdentityName
    keys: tuple[DkimKey, ...] = ()
    dkim: Setup | None = None
    link_token: str | None = None
    configuration_set: str | None = None
    tags: Sequence[Mapping[str, str]] = ()


# --- creating ---


def create(tx: Tx, account_id: str, region: str, wanted: NewIdentity) -> VerificationMail | None:
    """Start the verification of an identity. For an address, returns the mail that the caller is to send.

    Checks in SES's order: taken name, tags, configuration set; a call that fails leaves nothing behind.
    """
    _lock_account(tx, account_id, region)
    name = wanted.name.text
    if find(tx, account_id, region, name) is not None:
        raise AlreadyExists(f"Email identity {name} already exist.", Kind.IDENTITY)
    wanted_tags = tags_of.check(wanted.tags)
    _check_configuration_set(tx, account_id, region, wanted.configuration_set)
    _insert(tx, account_id, region, wanted.name, configuration_set=wanted.configuration_set or None)
    tags_of.put(tx, account_id, region, f"identity/{name}", wanted_tags)
    if wanted.name.kind is IdentityKind.DOMAIN:
        dkim_setup.start(tx, account_id, region, name, wanted.dkim or Easy(keys=wanted.keys))
        return None
    return _start_link(tx, account_id, region, name, wanted.link_token or "")


def verify_domain(tx: Tx, account_id: str, region: str, domain: IdentityName, token: str) -> str:
    """v1 VerifyDomainIdentity: the value of the TXT record `_amazonses.<domain>`, stable once given."""
    _lock_account(tx, account_id, region)
    _check_domain(domain)
    existing = hold(tx, account_id, region, domain.text)
    if existing is None:
        _insert(tx, account_id, region, domain)
    elif existing.verification_token and existing.verification.status is not VerificationStatus.FAILED:
        return existing.verification_token
    kept = (existing.verification_token if existing else None) or token
    values: dict[str, Any] = {"verification_token": kept}
    if existing is not None and not existing.is_verified:
        values |= {"verification_status": _PENDING, "verification_since": tx.now}
    _change(tx, account_id, region, domain.text, **values, **dkim_setup.at_once(tx))
    return kept


def verify_domain_dkim(
    tx: Tx, account_id: str, region: str, domain: IdentityName, keys: tuple[DkimKey, ...]
) -> tuple[str, ...]:
    """v1 VerifyDomainDkim: the tokens, stable once given. `keys` are used where the domain has none yet."""
    _lock_account(tx, account_id, region)
    _check_domain(domain)
    existing = hold(tx, account_id, region, domain.text)
    if existing is None:
        _insert(tx, account_id, region, domain)
    elif existing.dkim_origin != DkimOrigin.AWS_SES:
        raise Invalid(
            f"Domain {domain.text} is not set up with Easy DKIM, but with {existing.dkim_origin}. To change that, use"
            " PutEmailIdentityDkimSigningAttributes with SigningAttributesOrigin AWS_SES."
        )
    if existing is None or not existing.tokens:
        dkim_setup.start(tx, account_id, region, domain.text, Easy(keys=keys))
        return tuple(key.selector for key in keys)
    if existing.dkim.status is VerificationStatus.FAILED:
        dkim_setup.search(tx, account_id, region, domain.text)
    return existing.tokens


def verify_address(tx: Tx, account_id: str, region: str, address: IdentityName, token: str) -> VerificationMail:
    """v1 VerifyEmailIdentity: asks for the first time, or again; an address that is verified stays so."""
    _lock_account(tx, account_id, region)
    if address.kind is not IdentityKind.EMAIL_ADDRESS:
        raise Invalid("Missing final '@domain'")
    if find(tx, account_id, region, address.text) is None:
        _insert(tx, account_id, region, address)
    return _start_link(tx, account_id, region, address.text, token)


def _check_domain(name: IdentityName) -> None:
    if name.kind is not IdentityKind.DOMAIN:
        raise Invalid(f"Domain {name.text} is invalid.")


def _lock_account(tx: Tx, account_id: str, region: str) -> None:
    """Let creations of one account happen one after the other: two of the same name must not both find it
    free.
    """
    key = account_regions.c.account_id == account_id, account_regions.c.region == region
    tx.execute(sa.select(account_regions.c.account_id).where(*key).with_for_update())


def _insert(tx: Tx, account_id: str, region: str, name: IdentityName, *, configuration_set: str | None = None) -> None:
    owned = identities.c.account_id == account_id, identities.c.region == region
    count = tx.execute(sa.select(sa.func.count()).select_from(identities).where(*owned)).scalar_one()
    if count >= MAX_IDENTITIES:
        raise LimitExceeded(f"An account can have at most {MAX_IDENTITIES} identities in a region.")
    tx.execute(
        identities.insert().values(
            account_id=account_id,
            region=region,
            identity=name.text,
            kind=name.kind,
            organisation=organisational_domain(name.text.rpartition("@")[2]),
            created_at=tx.now,
            verification_status=_PENDING,
            verification_since=tx.now,
            dkim_status=VerificationStatus.NOT_STARTED,
            dkim_origin=DkimOrigin.AWS_SES,
            signing_enabled=True,
            tokens=[],
            mail_from_behavior=MxFailureBehavior.USE_DEFAULT_VALUE,
            feedback_forwarding=True,
            configuration_set=configuration_set,
            checks=0,
        )
    )


def _start_link(tx: Tx, account_id: str, region: str, address: str, token: str) -> VerificationMail:
    service_mail.book(tx, account_id, address, most_an_hour=service_mail.VERIFICATIONS_AN_HOUR)
    expires_at = tx.now + LINK_LIFETIME
    identity = get(tx, account_id, region, address)
    next_check_at = min(expires_at, identity.next_check_at or expires_at)
    values: dict[str, Any] = {"link_token": token, "link_expires_at": expires_at, "next_check_at": next_check_at}
    if not identity.is_verified:
        values |= {"verification_status": _PENDING, "verification_since": tx.now}
    _change(tx, account_id, region, address, **values)
    return VerificationMail(account_id=account_id, region=region, address=address, token=token, expires_at=expires_at)


# --- reading ---


def find(tx: Tx, account_id: str, region: str, name: str) -> Identity | None:
    return look(tx, account_id, region, [name]).get(name)


def hold(tx: Tx, account_id: str, region: str, name: str) -> Identity | None:
    """The identity, which nobody else changes before this transaction ends."""
    row = tx.execute(sa.select(identities).where(*key_of(account_id, region, name)).with_for_update()).first()
    return None if row is None else from_row(row)


def get(tx: Tx, account_id: str, region: str, name: str) -> Identity:
    identity = find(tx, account_id, region, name)
    if identity is None:
        raise NotFound(f"Identity {name} does not exist.", Kind.IDENTITY)
    return identity


def look(tx: Tx, account_id: str, region: str, names: Sequence[str]) -> dict[str, Identity]:
    """Those of `names` that exist (v1 GetIdentity…Attributes leaves the others out)."""
    rows = tx.execute(
        sa.select(identities).where(
            identities.c.account_id == account_id,
            identities.c.region == region,
            identities.c.identity.in_([storable(name) for name in names]),
        )
    )
    return {row.identity: from_row(row) for row in rows}


def dkim_source(tx: Tx, identity: Identity) -> Identity:
    """The identity whose DKIM an identity shows: an address shows that of the exact domain behind its @, a replica
    the keys of its parent.
    """
    domain = identity
    if identity.kind is not IdentityKind.DOMAIN:
        domain = look(tx, identity.account_id, identity.region, [identity.domain]).get(identity.domain, identity)
    home = parent_region(domain.dkim_origin)
    parent = find(tx, domain.account_id, home, domain.name) if home else None
    if parent is None or parent.dkim_origin != DkimOrigin.AWS_SES:
        return domain
    return replace(
        domain,
        key_length=parent.key_length,
        current_length=parent.current_length,
        keys_made_at=parent.keys_made_at,
    )


def page(
    tx: Tx, account_id: str, region: str, *, kind: IdentityKind | None = None, after: str = "", limit: int
) -> list[Identity]:
    """Identities in the order of their names, from the first one behind `after`."""
    conditions = [
        identities.c.account_id == account_id,
        identities.c.region == region,
        identities.c.identity > after,
    ]
    if kind is not None:
        conditions.append(identities.c.kind == kind)
    rows = tx.execute(sa.select(identities).where(*conditions).order_by(identities.c.identity).limit(limit))
    return [from_row(row) for row in rows]


def resolve(tx: Tx, account_id: str, region: str, address: AddrSpec) -> Identity | None:
    """The most specific verified identity that covers an address: the address, its domain, a parent
    domain.
    """
    names = covering(address)
    found = look(tx, account_id, region, names)
    return next((found[name] for name in names if name in found and found[name].is_verified), None)


# --- changing ---


def delete(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Delete it with its keys, policies, shared links and tags.

    Messages on their way lose the key that they were to be signed with, and end as bounces.
    """
    tenants.refuse_while_associated(tx, account_id, region, f"identity/{name}")
    if not tx.execute(identities.delete().where(*key_of(account_id, region, name))).rowcount:
        raise NotFound(f"Email identity {name} does not exist.", Kind.IDENTITY)
    dkim_keys.forget(tx, account_id, region, name)
    dkim_setup.parent_is_gone(tx, account_id, region, name)
    identity_policies.forget(tx, account_id, region, name)
    identity_notifications.forget(tx, account_id, region, name)
    share_links.forget(tx, account_id, region, name)
    identity_history.forget(tx, account_id, region, name)
    tags_of.forget(tx, account_id, region, f"identity/{name}")


def put_dkim_enabled(tx: Tx, account_id: str, region: str, name: str, *, enabled: bool) -> None:
    """Whether mail is signed by the customer's domain. An address's flag overrides its domain's."""
    domain = name.rpartition("@")[2]
    if not look(tx, account_id, region, [name, domain]):
        raise Invalid(f"Domain {domain} is not verified for DKIM signing.")
    _change(tx, account_id, region, name, signing_enabled=enabled)  # no row, no flag: the domain's holds (ses: probed)


def put_dkim_signing(tx: Tx, account_id: str, region: str, name: str, wanted: Setup) -> Identity:
    """Another way of DKIM, another key length, or a failed search once more.

    A new way brings new records, and until they are found mail is not signed; a new key of the customer's own as well.
    Another length changes the keys behind the records that there are. The identity stays verified.
    """
    if "@" in name:
        raise Invalid("The EmailIdentity value must be a valid domain.")
    identity = hold(tx, account_id, region, name)
    if identity is None:
        raise NotFound(f"Email identity {name} does not exist.", Kind.IDENTITY)
    if not _has(identity, wanted):
        dkim_setup.start(tx, account_id, region, name, wanted)
    elif identity.dkim.status is VerificationStatus.FAILED:
        dkim_setup.search(tx, account_id, region, name)
    if isinstance(wanted, Easy) and wanted.length is not None:
        _put_length(tx, get(tx, account_id, region, name), wanted.length)
    return get(tx, account_id, region, name)


def _has(identity: Identity, wanted: Setup) -> bool:
    """Whether an identity is set up like that already."""
    match wanted:
        case Easy():
            return identity.dkim_origin == DkimOrigin.AWS_SES and bool(identity.tokens)
        case Own(key=key):
            same_key = identity.own_record == key.public_record and identity.tokens == (key.selector,)
            return identity.dkim_origin == DkimOrigin.EXTERNAL and same_key
        case Follow(region=parent):
            return identity.dkim_origin == replica_origin(parent)


def _put_length(tx: Tx, identity: Identity, length: KeyLength) -> None:
    """Once in 24 hours; the first change, usually down to a shorter key, is free (ses: easy-dkim)."""
    if identity.key_length is length:
        return
    changed_at = identity.length_changed_at
    if changed_at is not None and tx.now - changed_at < _REKEY_INTERVAL:
        raise Invalid("The DKIM signing key length of an identity can be changed once in 24 hours at the most.")
    dkim_setup.change_length(tx, identity.account_id, identity.region, identity.name, length)


def put_mail_from(
    tx: Tx, account_id: str, region: str, name: str, domain: str | None, behavior: MxFailureBehavior | None
) -> None:
    """Set the custom MAIL FROM domain, or clear it with None or an empty text."""
    identity = hold(tx, account_id, region, name)
    if identity is None:
        raise Invalid(f"Identity <{name}> does not exist.")
    if not domain:
        _change(
            tx,
            account_id,
            region,
            name,
            mail_from_domain=None,
            mail_from_status=None,
            mail_from_since=None,
            mail_from_behavior=MxFailureBehavior.USE_DEFAULT_VALUE,
        )
        return
    wanted = _mail_from_domain(domain, identity)
    values: dict[str, Any] = {"mail_from_behavior": behavior or MxFailureBehavior.USE_DEFAULT_VALUE}
    is_in_use = identity.mail_from is not None and identity.mail_from.status is not VerificationStatus.FAILED
    if wanted != identity.mail_from_domain or not is_in_use:
        before = identity.mail_from.status if identity.mail_from else VerificationStatus.NOT_STARTED
        begun = {Subject.MAIL_FROM: (before, _PENDING)}
        identity_history.became(tx, account_id, region, name, Cause.CHANGED, begun)
        values |= {"mail_from_domain": wanted, "mail_from_status": _PENDING, "mail_from_since": tx.now}
        values |= dkim_setup.at_once(tx)
    _change(tx, account_id, region, name, **values)


def _mail_from_domain(domain: str, identity: Identity) -> str:
    try:
        wanted = to_ascii_domain(domain)
    except AddressError as error:
        raise Invalid(f"Invalid MAIL-FROM domain <{domain}>: {error}.") from error
    if not wanted.endswith(f".{identity.domain}"):
        raise Invalid(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{identity.name}>."
        )
    return wanted


def put_feedback(tx: Tx, account_id: str, region: str, name: str, *, forwarding: bool) -> None:
    if find(tx, account_id, region, name) is None:
        raise Invalid(f"Identity {name} is invalid. Must be a verified email address or domain.")
    _change(tx, account_id, region, name, feedback_forwarding=forwarding)


def put_configuration_set(tx: Tx, account_id: str, region: str, name: str, configuration_set: str | None) -> None:
    """The configuration set of sends that name none; None or an empty text clears it."""
    if find(tx, account_id, region, name) is None:
        raise NotFound(f"Email identity <{name}> does not exist.", Kind.IDENTITY)
    _check_configuration_set(tx, account_id, region, configuration_set)
    _change(tx, account_id, region, name, configuration_set=configuration_set or None)


def _check_configuration_set(tx: Tx, account_id: str, region: str, configuration_set: str | None) -> None:
    """Here SES calls a configuration set that does not exist a bad request, not a missing resource."""
    if not configuration_set:
        return
    try:
        configuration_sets.get(tx, account_id, region, configuration_set)
    except NotFound as error:
        raise Invalid(error.message) from error


def _change(tx: Tx, account_id: str, region: str, name: str, **values: Any) -> None:
    tx.execute(identities.update().where(*key_of(account_id, region, name)).values(**values))


# --- rows ---


def key_of(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        identities.c.account_id == account_id,
        identities.c.region == region,
        identities.c.identity == name,
    )


def from_row(row: sa.Row[tuple[object, ...]]) -> Identity:
    values = row._mapping
    mail_from_status = values["mail_from_status"]
    return Identity(
        account_id=values["account_id"],
        region=values["region"],
        name=values["identity"],
        kind=IdentityKind(values["kind"]),
        created_at=values["created_at"],
        verification=_track(values["verification_status"], values["verification_since"]),
        verification_token=values["verification_token"],
        dkim=_track(values["dkim_status"], values["dkim_since"]),
        dkim_origin=values["dkim_origin"],
        signing_enabled=values["signing_enabled"],
        tokens=tuple(values["tokens"]),
        key_length=KeyLength(values["key_length"]) if values["key_length"] else None,
        current_length=KeyLength(values["current_length"]) if values["current_length"] else None,
        keys_made_at=values["keys_made_at"],
        length_changed_at=values["length_changed_at"],
        own_record=values["own_record"],
        ed25519_token=values["ed25519_token"],
        mail_from_domain=values["mail_from_domain"],
        mail_from=_track(mail_from_status, values["mail_from_since"]) if mail_from_status else None,
        mail_from_behavior=MxFailureBehavior(values["mail_from_behavior"]),
        feedback_forwarding=values["feedback_forwarding"],
        configuration_set=values["configuration_set"],
        checks=values["checks"],
        next_check_at=values["next_check_at"],
        last_checked_at=values["last_checked_at"],
        last_success_at=values["last_success_at"],
        error_type=values["error_type"],
        soa=values["soa"],
        findings=tuple(values["findings"] or ()),
        link_expires_at=values["link_expires_at"],
    )


def _track(status: str, since: datetime | None) -> Track:
    return Track(status=VerificationStatus(status), since=since)
