"""Which identities are due for a look at the DNS, and what is made of what was found.

Owns every change of a status that is not the customer's own doing: checks, links in mails, and their running
out. Never asks the DNS. What was checked and what is kept may have parted meanwhile: a finding counts only
for the tokens and the MAIL FROM domain that it was made for. A look that changes no status raises no revision
of the settings.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.identity import (
    DKIM_TRANSITIONS,
    MAIL_FROM_TRANSITIONS,
    OWNERSHIP_TRANSITIONS,
    DkimOrigin,
    ErrorType,
    IdentityKind,
    Track,
    Transitions,
    Verdict,
    VerificationStatus,
    advance,
    all_of,
    any_of,
    next_check,
)
from tayori.model.identity_notice import Notice, Subject, notice_of
from tayori.model.names import ServiceNames
from tayori.model.proof import (
    ExpectedRecord,
    Finding,
    Purpose,
    dkim_records,
    ed25519_record,
    mail_from_records,
    own_key_record,
    ownership_record,
)
from tayori.resources import dkim_setup, ed25519, identity_history
from tayori.resources.identities import TOPIC, Identity, from_row, hold, key_of
from tayori.resources.identity_history import Cause, Change
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import identities, to_micros

_BOOK = Hot(
    "UPDATE identities SET checks = ?, next_check_at = ?, last_checked_at = ?, last_success_at = ?, error_type = ?,"
    " soa = ?, findings = ?, verification_since = ?, dkim_since = ?, mail_from_since = ?"
    " WHERE account_id = ? AND region = ? AND identity = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One look: the identity as it was, what was found, and the SOA record of its domain."""

    identity: Identity
    findings: tuple[Finding, ...]
    soa: Mapping[str, Any] | None = None
    error: ErrorType | None = None  # our own trouble, which kept us from looking
    replication: ErrorType | None = None  # why a replica has no parent to follow; `record` finds out


def expected_records(identity: Identity, names: ServiceNames) -> list[ExpectedRecord]:
    """Every record that an identity wants in its owner's DNS."""
    expected: list[ExpectedRecord] = []
    if identity.kind is IdentityKind.DOMAIN:
        expected += _dkim_records(identity, names)
        if identity.ed25519_token:
            expected.append(ed25519_record(identity.domain, identity.ed25519_token, names))
        if identity.verification_token:
            expected.append(ownership_record(identity.domain, identity.verification_token))
    if identity.mail_from_domain:
        expected += mail_from_records(identity.mail_from_domain, identity.domain, names)
    return expected


def _dkim_records(identity: Identity, names: ServiceNames) -> list[ExpectedRecord]:
    if identity.own_record is not None:
        return [own_key_record(identity.domain, selector, identity.own_record) for selector in identity.tokens]
    return dkim_records(identity.domain, identity.tokens, names)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """What a look changed, for the log, and what the account is to be told of it.

    Missing records leave a status as it is at first, and are told of all the same.
    """

    what: Subject
    before: VerificationStatus
    after: VerificationStatus
    notice: Notice | None = None


def due(tx: Tx, limit: int) -> list[Identity]:
    """Identities to be looked at now, the longest waiting first."""
    rows = tx.execute(
        sa.select(identities)
        .where(identities.c.next_check_at <= tx.now)
        .order_by(identities.c.next_check_at)
        .limit(limit)
    )
    return [from_row(row) for row in rows]


def next_due(tx: Tx) -> timedelta | None:
    """How long until the next one is due; None while there is nothing to look at."""
    first = tx.execute(sa.select(sa.func.min(identities.c.next_check_at))).scalar_one()
    return None if first is None else max(first - tx.now, timedelta(0))


def record(tx: Tx, checked: Checked, spread: float) -> list[StatusChange]:
    """Keep what one look found. Nothing where the identity was deleted meanwhile."""
    was = checked.identity
    identity = hold(tx, was.account_id, was.region, was.name)
    if identity is None:
        return []
    trouble = dkim_setup.follow(tx, was.account_id, was.region, was.name)
    if trouble is not None:  # a replica without a parent: whatever stands in the DNS, there is no key to sign with
        lost = [finding for finding in checked.findings if finding.expected.purpose is not Purpose.DKIM]
        checked = replace(checked, findings=tuple(lost), replication=trouble)
    elif identity.dkim_origin not in list(DkimOrigin):
        identity = hold(tx, was.account_id, was.region, was.name) or identity
    ownership = _ownership(identity, checked)
    verification = _expired_link(identity, tx.now)
    if ownership is not None:
        verification = advance(verification, ownership, OWNERSHIP_TRANSITIONS, tx.now)
    dkim = _advanced(identity.dkim, _dkim(identity, checked), DKIM_TRANSITIONS, tx.now)
    mail_from = identity.mail_from
    if mail_from is not None:
        mail_from = _advanced(mail_from, _mail_from(identity, checked), MAIL_FROM_TRANSITIONS, tx.now)
    tracks = (
        (Subject.VERIFICATION, identity.verification, verification),
        (Subject.DKIM, identity.dkim, dkim),
        (Subject.MAIL_FROM, identity.mail_from, mail_from),
    )
    changes = list(_changes(identity.kind, *tracks))
    if any(change.before is not change.after for change in changes):
        _store_statuses(tx, identity, verification, dkim, mail_from)
    history = list(_explained(identity.kind, checked, tx.now, *tracks))
    identity_history.note(tx, identity.account_id, identity.region, identity.name, history)
    awaits_second = _second_key(tx, identity, checked)
    _book(tx, identity, checked, (verification, dkim, mail_from), ownership, spread, awaits_second=awaits_second)
    return changes


_PROOFS = {
    Subject.VERIFICATION: (Purpose.DKIM, Purpose.OWNERSHIP),
    Subject.DKIM: (Purpose.DKIM,),
    Subject.MAIL_FROM: (Purpose.MAIL_FROM_MX,),
}


def _explained(
    kind: IdentityKind, checked: Checked, now: datetime, *tracks: tuple[Subject, Track | None, Track | None]
) -> Iterable[Change]:
    """For the history: a status that changed, and what still counts though its records are gone, or are back."""
    for subject, before, after in tracks:
        if before is None or after is None:
            continue
        if before.status is after.status and before.is_in_trouble is after.is_in_trouble:
            continue
        change = Change(at=now, subject=subject, before=before.status, after=after.status, cause=Cause.FOUND)
        if after.status is not VerificationStatus.SUCCESS or after.is_in_trouble:
            change = _lost(change, kind, checked)
        yield change


def _lost(change: Change, kind: IdentityKind, checked: Checked) -> Change:
    """With the record that decided: one that is certainly missing before one without an answer."""
    if kind is IdentityKind.EMAIL_ADDRESS and change.subject is Subject.VERIFICATION:
        return replace(change, cause=Cause.LINK_EXPIRED)
    if checked.replication is not None and change.subject is not Subject.MAIL_FROM:
        return replace(change, cause=Cause.NO_PARENT, error=checked.replication)
    proofs = [one for one in checked.findings if one.expected.purpose in _PROOFS[change.subject]]
    for verdict, cause in ((Verdict.MISSING, Cause.MISSING), (Verdict.UNKNOWN, Cause.SILENT)):
        for finding in (one for one in proofs if one.verdict is verdict):
            record = finding.expected
            return replace(change, cause=cause, record_name=record.name, record_type=record.rdtype, error=finding.error)
    return replace(change, cause=Cause.SILENT)


def _second_key(tx: Tx, identity: Identity, checked: Checked) -> bool:
    """Let the Ed25519 key follow its record. True while that is looked for as often as others are."""
    verdict = _judged(checked, Purpose.DKIM_ED25519)
    if verdict is None or identity.ed25519_token != checked.identity.ed25519_token:
        return False
    return ed25519.follow(tx, identity.account_id, identity.region, identity.name, verdict)


def _ownership(identity: Identity, checked: Checked) -> Verdict | None:
    """Whether the domain is proven: by the three DKIM records or by the older TXT record. None for
    addresses.
    """
    if identity.kind is not IdentityKind.DOMAIN:
        return None
    proofs = [verdict for verdict in (_dkim(identity, checked), _token(identity, checked)) if verdict is not None]
    return any_of(proofs) if proofs else None


def _dkim(identity: Identity, checked: Checked) -> Verdict | None:
    if checked.replication is not None:
        return Verdict.MISSING
    if not identity.tokens or identity.tokens != checked.identity.tokens:
        return None
    if identity.own_record != checked.identity.own_record:
        return None
    return _judged(checked, Purpose.DKIM)


def _token(identity: Identity, checked: Checked) -> Verdict | None:
    if not identity.verification_token or identity.verification_token != checked.identity.verification_token:
        return None
    return _judged(checked, Purpose.OWNERSHIP)


def _mail_from(identity: Identity, checked: Checked) -> Verdict | None:
    """The MX alone decides; the SPF record is shown, and its absence costs only SPF (ses: mail-from)."""
    if identity.mail_from_domain != checked.identity.mail_from_domain:
        return None
    return _judged(checked, Purpose.MAIL_FROM_MX)


def _judged(checked: Checked, purpose: Purpose) -> Verdict | None:
    """None where our own trouble kept us from looking: no time runs out for that."""
    verdicts = [finding.verdict for finding in checked.findings if finding.expected.purpose is purpose]
    return all_of(verdicts) if verdicts else None


def _advanced(track: Track, verdict: Verdict | None, transitions: Transitions, now: datetime) -> Track:
    return track if verdict is None else advance(track, verdict, transitions, now)


def _expired_link(identity: Identity, now: datetime) -> Track:
    """An address whose link was not opened in 24 hours has failed."""
    track = identity.verification
    is_over = identity.link_expires_at is not None and identity.link_expires_at <= now
    if identity.kind is IdentityKind.EMAIL_ADDRESS and track.is_searching and is_over:
        return Track(status=VerificationStatus.FAILED)
    return track


def _changes(kind: IdentityKind, *tracks: tuple[Subject, Track | None, Track | None]) -> Iterable[StatusChange]:
    for what, before, after in tracks:
        if before is None or after is None:
            continue
        # Whoever verifies an address by a link has mail about it already.
        by_link = kind is IdentityKind.EMAIL_ADDRESS and what is Subject.VERIFICATION
        notice = None if by_link else notice_of(what, before, after)
        if notice is not None or before.status is not after.status:
            yield StatusChange(what=what, before=before.status, after=after.status, notice=notice)


def _store_statuses(tx: Tx, identity: Identity, verification: Track, dkim: Track, mail_from: Track | None) -> None:
    tx.execute(
        identities.update()
        .where(*key_of(identity.account_id, identity.region, identity.name))
        .values(
            verification_status=verification.status,
            dkim_status=dkim.status,
            mail_from_status=mail_from.status if mail_from else None,
        )
    )


def _book(
    tx: Tx,
    identity: Identity,
    checked: Checked,
    tracks: tuple[Track, Track, Track | None],
    ownership: Verdict | None,
    spread: float,
    *,
    awaits_second: bool,
) -> None:
    """Write down the look itself, past the settings' revision: nothing that sending depends on is in
    these columns.
    """
    is_proven = ownership is Verdict.MATCHED
    success = tx.now if is_proven else identity.last_success_at
    error = checked.error or checked.replication or (None if is_proven else _first_error(checked.findings))
    checks = identity.checks + 1
    soa = checked.soa or identity.soa
    since = [_micros(track.since) if track else None for track in tracks]
    watched = (*tracks, Track(status=VerificationStatus.PENDING) if awaits_second else None)
    tx.hot(
        _BOOK,
        [
            (
                checks,
                _micros(_next_look(identity, watched, checks, tx.now, spread)),
                to_micros(tx.now),
                _micros(success),
                error.value if error else None,
                json.dumps(dict(soa)) if soa else None,
                json.dumps([_shown(finding) for finding in checked.findings]),
                *since,
                identity.account_id,
                identity.region,
                identity.name,
            )
        ],
    )


def _next_look(
    identity: Identity, tracks: tuple[Track | None, ...], checks: int, now: datetime, spread: float
) -> datetime | None:
    """When to look again; for an address whose link is out, at its end too."""
    is_address = identity.kind is IdentityKind.EMAIL_ADDRESS
    verification = tracks[0]
    watched = [track for track in (tracks[2:] if is_address else tracks) if track is not None]
    moments = []
    delay = next_check(watched, checks, spread)
    if delay is not None:
        moments.append(now + delay)
    if is_address and verification is not None and verification.is_searching and identity.link_expires_at is not None:
        moments.append(identity.link_expires_at)
    return min(moments, default=None)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _first_error(findings: Sequence[Finding]) -> ErrorType | None:
    proofs = (finding for finding in findings if finding.expected.purpose in (Purpose.DKIM, Purpose.OWNERSHIP))
    return next((finding.error for finding in proofs if finding.error is not None), None)


def _shown(finding: Finding) -> dict[str, Any]:
    return {
        "purpose": finding.expected.purpose,
        "name": finding.expected.name,
        "type": finding.expected.rdtype,
        "expected": finding.expected.value,
        "found": list(finding.found[:20]),
        "verdict": finding.verdict,
        "error": finding.error,
        "hint": finding.hint,
    }


# --- proofs that do not come from the DNS, and looks out of turn ---


def verify_by_link(tx: Tx, token: str) -> Identity:
    """The link in the mail was opened.

    A second time within its 24 hours does no harm: mail scanners open links too.
    """
    row = tx.execute(sa.select(identities).where(identities.c.link_token == token).with_for_update()).first()
    if row is None or not token:
        raise NotFound("This verification link is not valid. It may have been replaced by a newer one.", Kind.IDENTITY)
    identity = from_row(row)
    if identity.link_expires_at is None or identity.link_expires_at <= tx.now:
        raise Invalid("This verification link is no longer valid. Ask for a new one and open it within 24 hours.")
    if not identity.is_verified:
        tx.execute(
            identities.update()
            .where(*key_of(identity.account_id, identity.region, identity.name))
            .values(
                verification_status=VerificationStatus.SUCCESS,
                verification_since=None,
                last_checked_at=tx.now,
                last_success_at=tx.now,
                error_type=None,
            )
        )
        opened = {Subject.VERIFICATION: (identity.verification.status, VerificationStatus.SUCCESS)}
        identity_history.became(tx, identity.account_id, identity.region, identity.name, Cause.LINK, opened)
    return identity


def check_now(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Look at once, and start a search anew that had failed."""
    identity = hold(tx, account_id, region, name)
    if identity is None:
        raise NotFound(f"Identity {name} does not exist.", Kind.IDENTITY)
    values: dict[str, Any] = {"checks": 0, "next_check_at": tx.now}
    begun: dict[Subject, tuple[VerificationStatus, VerificationStatus]] = {}
    tracks = {"dkim": identity.dkim, "mail_from": identity.mail_from}
    if identity.kind is IdentityKind.DOMAIN:
        tracks["verification"] = identity.verification
    for column, track in tracks.items():
        if track is not None and track.status is VerificationStatus.FAILED:
            values |= {f"{column}_status": VerificationStatus.PENDING, f"{column}_since": tx.now}
            begun[Subject(column)] = (track.status, VerificationStatus.PENDING)
    identity_history.became(tx, account_id, region, name, Cause.AGAIN, begun)
    tx.execute(identities.update().where(*key_of(account_id, region, name)).values(**values))
    tx.wake(TOPIC)


def take_for_verified(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Verify without any proof, and never look: for the rehearsal, where a test wants to send at once."""
    identity = hold(tx, account_id, region, name)
    if identity is None:
        raise NotFound(f"Identity {name} does not exist.", Kind.IDENTITY)
    success = VerificationStatus.SUCCESS
    values: dict[str, Any] = {"verification_status": success, "verification_since": None, "last_success_at": tx.now}
    taken = {Subject.VERIFICATION: (identity.verification.status, success)}
    if identity.tokens:
        values |= {"dkim_status": success, "dkim_since": None}
        taken[Subject.DKIM] = (identity.dkim.status, success)
    if identity.mail_from is not None:
        values |= {"mail_from_status": success, "mail_from_since": None}
        taken[Subject.MAIL_FROM] = (identity.mail_from.status, success)
    tx.execute(identities.update().where(*key_of(account_id, region, name)).values(next_check_at=None, **values))
    identity_history.became(tx, account_id, region, name, Cause.ASSUMED, taken)
