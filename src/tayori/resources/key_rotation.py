"""The keys behind Easy DKIM's records change in time, and no mail under way may notice.

Owns the order of it. Of an identity's three tokens one signs. Its turn over, a fresh key is made for the next token
and published (state next); it signs once no resolver can still hold what stood there before; the key that has signed
until then stays published (retired) for longer than any mail signed by it can be under way, and is then replaced by
one that nobody has (standby). Messages name the key they are to be signed with when they are accepted, so a retired
key also signs for as long as there may be such messages. The service's own key, of dkim.service_signature, changes in
the same order, only that every key of it has a selector of its own. Service time throughout. Never makes keys:
`loops.rotation` does, in a thread.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa

from tayori.model.identity import DkimOrigin, KeyLength, VerificationStatus
from tayori.resources import dkim_keys
from tayori.resources.dkim_keys import DkimKey, KeyState, OwnSignature, of_identity
from tayori.store.engine import Tx
from tayori.store.tables import WANTS_OTHER_LENGTH, identities
from tayori.store.tables import dkim_keys as keys

# Key records live for five minutes in caches, the absence of one for a minute. An hour also covers resolvers that
# keep answers for longer than they may.
SETTLING = timedelta(hours=1)
# A queue gives a message up after 14 hours; receivers and forwarders have queues of their own, of up to five days
# (RFC 5321 4.5.4.1), and check signatures at their end.
OVERLAP = timedelta(days=6)


class Step(StrEnum):
    BEGIN = "begin"  # a fresh key for the next token, to sign soon
    RENEW = "renew"  # a fresh key in place of a retired one whose time is over
    DROP = "drop"  # a retired key whose time is over, of a token that the identity no longer has


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One step that is due: for `selector`, a key of `length`."""

    step: Step
    account_id: str
    region: str
    identity: str
    selector: str
    length: KeyLength


def promote(tx: Tx, limit: int) -> list[str]:
    """Sign with the fresh keys that have been published for long enough. Returns the identities concerned."""
    rows = tx.execute(
        sa.select(keys)
        .where(keys.c.state == KeyState.NEXT, keys.c.state_since <= tx.now - SETTLING)
        .order_by(keys.c.state_since)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        mine = of_identity(row.account_id, row.region, row.identity)
        turning = sa.or_(keys.c.length.is_not(None), keys.c.account_id == dkim_keys.SERVICE)
        _set_state(tx, KeyState.RETIRED, *mine, keys.c.state == KeyState.ACTIVE, turning)
        _set_state(tx, KeyState.ACTIVE, keys.c.key_id == row.key_id)
        tx.execute(
            identities.update()
            .where(*_identity(row.account_id, row.region, row.identity))
            .values(current_length=row.length)
        )
    return [row.identity for row in rows]


def due(tx: Tx, lifetime: timedelta | None, limit: int) -> list[Due]:
    """Steps that need a key, or an end. `lifetime` is how long a key signs; None for ever."""
    found = [*_over(tx, limit), *_to_begin(tx, WANTS_OTHER_LENGTH, limit)]
    if lifetime is not None:
        proven = identities.c.dkim_status == VerificationStatus.SUCCESS
        found += _to_begin(tx, sa.and_(proven, keys.c.state_since <= tx.now - lifetime), limit)
    return list({(item.account_id, item.region, item.identity, item.selector): item for item in found}.values())


def _over(tx: Tx, limit: int) -> list[Due]:
    """Retired keys whose overlap is over."""
    rows = tx.execute(
        sa.select(keys, identities.c.tokens, identities.c.dkim_origin, identities.c.key_length.label("wanted"))
        .select_from(keys.outerjoin(identities, _belongs_together()))
        .where(keys.c.state == KeyState.RETIRED, keys.c.state_since <= tx.now - OVERLAP)
        .order_by(keys.c.state_since)
        .limit(limit)
    )
    return [
        Due(
            step=Step.RENEW if _is_current(row) else Step.DROP,
            account_id=row.account_id,
            region=row.region,
            identity=row.identity,
            selector=row.selector,
            length=KeyLength(row.wanted or KeyLength.RSA_2048_BIT),
        )
        for row in rows
    ]


def _is_current(row: sa.Row[tuple[object, ...]]) -> bool:
    return row.dkim_origin == DkimOrigin.AWS_SES and row.origin == DkimOrigin.AWS_SES and row.selector in row.tokens


def _to_begin(tx: Tx, condition: sa.ColumnElement[bool] | sa.TextClause, limit: int) -> list[Due]:
    """Identities whose signing key is to go, and whose next token is free."""
    rows = tx.execute(
        sa.select(keys.c.account_id, keys.c.region, keys.c.identity, keys.c.selector, identities)
        .select_from(identities.join(keys, _belongs_together()))
        .where(
            keys.c.state == KeyState.ACTIVE,
            keys.c.origin == DkimOrigin.AWS_SES,
            identities.c.dkim_origin == DkimOrigin.AWS_SES,
            condition,
            ~_beside(KeyState.NEXT),
            _beside(KeyState.STANDBY),
        )
        .order_by(keys.c.state_since)
        .limit(limit)
    ).all()
    found = []
    for row in rows:
        selector = _next_token(tx, row.account_id, row.region, row.identity, tuple(row.tokens))
        if selector is not None:
            found.append(
                Due(
                    step=Step.BEGIN,
                    account_id=row.account_id,
                    region=row.region,
                    identity=row.identity,
                    selector=selector,
                    length=KeyLength(row.key_length),
                )
            )
    return found


def _beside(state: KeyState) -> sa.Exists:
    """Whether the same identity has a key in this state."""
    other = keys.alias()
    return (
        sa.select(other.c.key_id)
        .where(
            other.c.account_id == keys.c.account_id,
            other.c.region == keys.c.region,
            other.c.identity == keys.c.identity,
            other.c.state == state,
        )
        .exists()
    )


def _next_token(tx: Tx, account_id: str, region: str, identity: str, tokens: tuple[str, ...]) -> str | None:
    """The first token behind the one that signs whose key waits for its turn; None while all others are retired."""
    rows = tx.execute(sa.select(keys.c.selector, keys.c.state).where(*of_identity(account_id, region, identity)))
    states = {row.selector: row.state for row in rows}
    signing = next((token for token in tokens if states.get(token) == KeyState.ACTIVE), None)
    if signing is None:
        return None
    at = tokens.index(signing)
    behind = (*tokens[at + 1 :], *tokens[:at])
    return next((token for token in behind if states.get(token) == KeyState.STANDBY), None)


def begin(tx: Tx, step: Due, key: DkimKey) -> bool:
    """Publish a fresh key for the next token. False where the identity was changed meanwhile."""
    if not _is_still(tx, step, KeyState.STANDBY):
        return False
    _exchange(tx, step, key, KeyState.NEXT)
    tx.execute(
        identities.update().where(*_identity(step.account_id, step.region, step.identity)).values(keys_made_at=tx.now)
    )
    return True


def renew(tx: Tx, step: Due, key: DkimKey) -> bool:
    """Destroy a retired key, and let one that has never signed take its place."""
    if not _is_still(tx, step, KeyState.RETIRED):
        return False
    _exchange(tx, step, key, KeyState.STANDBY)
    return True


# --- the service's own key ---


def own_due(tx: Tx, service_domain: str, lifetime: timedelta | None) -> OwnSignature:
    """Of which kind a fresh key of the service's own is due; OFF for none."""
    if lifetime is None:
        return OwnSignature.OFF
    mine = of_identity(dkim_keys.SERVICE, "", service_domain)
    old = sa.select(keys.c.key_id).where(
        *mine, keys.c.state == KeyState.ACTIVE, keys.c.state_since <= tx.now - lifetime, ~_beside(KeyState.NEXT)
    )
    return OwnSignature.OFF if tx.execute(old).first() is None else dkim_keys.own_kind(tx, service_domain)


def begin_own(tx: Tx, service_domain: str, lifetime: timedelta, key: DkimKey) -> bool:
    """Publish a fresh key of the service's own. False where another node was faster, or nothing is signed any more."""
    if own_due(tx, service_domain, lifetime) is OwnSignature.OFF:
        return False
    dkim_keys.add(tx, dkim_keys.SERVICE, "", service_domain, key, KeyState.NEXT)
    return True


# --- the end of any key ---


def drop(tx: Tx, step: Due) -> None:
    """Destroy a retired key that has no place any more."""
    tx.execute(
        keys.delete().where(*_of(step), keys.c.state == KeyState.RETIRED, keys.c.state_since <= tx.now - OVERLAP)
    )


def _is_still(tx: Tx, step: Due, state: KeyState) -> bool:
    """Whether the token is one of the identity's and its key in `state`; nobody changes it before the end."""
    row = tx.execute(
        sa.select(identities.c.tokens, identities.c.dkim_origin)
        .where(*_identity(step.account_id, step.region, step.identity))
        .with_for_update()
    ).first()
    if row is None or row.dkim_origin != DkimOrigin.AWS_SES or step.selector not in row.tokens:
        return False
    if step.step is Step.BEGIN and _exists(tx, step, KeyState.NEXT):
        return False
    here = sa.select(keys.c.key_id).where(*_of(step), keys.c.state == state)
    return tx.execute(here).first() is not None


def _exists(tx: Tx, step: Due, state: KeyState) -> bool:
    mine = of_identity(step.account_id, step.region, step.identity)
    return tx.execute(sa.select(keys.c.key_id).where(*mine, keys.c.state == state)).first() is not None


def _exchange(tx: Tx, step: Due, key: DkimKey, state: KeyState) -> None:
    tx.execute(keys.delete().where(*_of(step)))
    dkim_keys.add(tx, step.account_id, step.region, step.identity, key, state)


def _set_state(tx: Tx, state: KeyState, *conditions: sa.ColumnElement[bool]) -> None:
    tx.execute(keys.update().where(*conditions).values(state=state, state_since=tx.now))


def _of(step: Due) -> tuple[sa.ColumnElement[bool], ...]:
    mine = of_identity(step.account_id, step.region, step.identity)
    return (*mine, keys.c.selector == step.selector)


def _belongs_together() -> sa.ColumnElement[bool]:
    return sa.and_(
        identities.c.account_id == keys.c.account_id,
        identities.c.region == keys.c.region,
        identities.c.identity == keys.c.identity,
    )


def _identity(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        identities.c.account_id == account_id,
        identities.c.region == region,
        identities.c.identity == name,
    )
