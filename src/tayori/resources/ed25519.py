"""An Ed25519 key (RFC 8463) that signs beside a domain's other DKIM key: shorter records, and nothing to lose by it.

SES has nothing of the kind. The key is the service's, published in its zone like Easy DKIM's, behind one more CNAME. It
signs while that is found, whatever way of DKIM the domain has otherwise; mail is never signed by it alone, since many
receivers cannot verify it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.identity import SEARCH_WINDOW, IdentityKind, Verdict
from tayori.resources import dkim_keys, dkim_setup, identities
from tayori.resources.dkim_keys import ED25519, DkimKey, KeyState, of_identity
from tayori.store.engine import Tx
from tayori.store.tables import dkim_keys as keys
from tayori.store.tables import identities as rows

_IN_PLACE = [KeyState.ACTIVE, KeyState.STANDBY]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519Key:
    """A domain's key; `is_active` once its record is found."""

    key_id: str
    selector: str
    is_active: bool
    since: datetime


def find(tx: Tx, account_id: str, region: str, domain: str) -> Ed25519Key | None:
    row = tx.execute(
        sa.select(keys.c.key_id, keys.c.selector, keys.c.state, keys.c.state_since).where(
            *of_identity(account_id, region, domain), keys.c.origin == ED25519, keys.c.state.in_(_IN_PLACE)
        )
    ).first()
    if row is None:
        return None
    is_active = row.state == KeyState.ACTIVE
    return Ed25519Key(key_id=row.key_id, selector=row.selector, is_active=is_active, since=row.state_since)


def put(tx: Tx, account_id: str, region: str, name: str, fresh: DkimKey) -> Ed25519Key:
    """The domain's key: the one that it has, else `fresh`. Its record is looked for at once."""
    identity = identities.hold(tx, account_id, region, name)
    if identity is None:
        raise NotFound(f"Email identity {name} does not exist.", Kind.IDENTITY)
    if identity.kind is not IdentityKind.DOMAIN:
        raise Invalid("An Ed25519 key is for a domain; addresses are signed for by their domain's.")
    known = find(tx, account_id, region, name)
    if known is None:
        dkim_keys.add(tx, account_id, region, name, fresh, KeyState.STANDBY, origin=ED25519)
    token = known.selector if known else fresh.selector
    tx.execute(
        rows.update()
        .where(*identities.key_of(account_id, region, name))
        .values(ed25519_token=token, **dkim_setup.at_once(tx))
    )
    return known or Ed25519Key(key_id=fresh.key_id, selector=fresh.selector, is_active=False, since=tx.now)


def follow(tx: Tx, account_id: str, region: str, domain: str, verdict: Verdict) -> bool:
    """Sign while the record is there: it comes and goes at once, since nothing else depends on it. True while it is
    worth looking for often.
    """
    key = find(tx, account_id, region, domain)
    if key is None:
        return False
    if verdict is not Verdict.UNKNOWN and key.is_active != (verdict is Verdict.MATCHED):
        switch(tx, key)
    return verdict is not Verdict.MATCHED and tx.now - key.since < SEARCH_WINDOW


def switch(tx: Tx, key: Ed25519Key) -> None:
    """Begin to sign with a key, or stop."""
    state = KeyState.STANDBY if key.is_active else KeyState.ACTIVE
    tx.execute(
        keys.update()
        .where(keys.c.key_id == key.key_id, keys.c.state.in_(_IN_PLACE))
        .values(state=state, state_since=tx.now)
    )


def take_away(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Sign with it no more. It stays published for the mail under way, as long as any key."""
    mine = of_identity(account_id, region, name)
    tx.execute(
        keys.update()
        .where(*mine, keys.c.origin == ED25519, keys.c.state.in_(_IN_PLACE))
        .values(state=KeyState.RETIRED, state_since=tx.now)
    )
    tx.execute(rows.update().where(*identities.key_of(account_id, region, name)).values(ed25519_token=None))
