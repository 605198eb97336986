"""How an identity's mail comes to be signed: a way of DKIM begun, exchanged for another, or followed from its parent.

Owns the columns of an identity's row that tell of its DKIM. Whatever a way replaces stays for the mail under way
(`dkim_keys.retire`); what replaces it signs nothing until its records are found, as on SES. A replica (Deterministic
Easy DKIM) copies tokens and uses its parent's keys; it is told at once when they change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from tayori.model.dkim_setup import parent_region, replica_origin
from tayori.model.errors import Invalid
from tayori.model.identity import DkimOrigin, ErrorType, KeyLength, VerificationStatus
from tayori.resources import dkim_keys
from tayori.resources.dkim_keys import DkimKey
from tayori.store.engine import Tx
from tayori.store.tables import identities

TOPIC = "identities"  # wakes the verifier
ROTATION_TOPIC = "key-rotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Easy:
    """Easy DKIM. `length` is None to leave it as it is; `keys` are used where the identity has none of this kind."""

    keys: tuple[DkimKey, ...] = ()
    length: KeyLength | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A key that the customer brought."""

    key: DkimKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The keys of the identity of the same name in `region`."""

    region: str


Setup: TypeAlias = Easy | Own | Follow


def start(tx: Tx, account_id: str, region: str, domain: str, setup: Setup) -> None:
    """Begin a way of DKIM anew. What the identity had before signs nothing more."""
    match setup:
        case Easy(keys=keys):
            _start_easy(tx, account_id, region, domain, keys)
        case Own(key=key):
            _start_own(tx, account_id, region, domain, key)
        case Follow(region=parent):
            _start_replica(tx, account_id, region, domain, parent)


def _start_easy(tx: Tx, account_id: str, region: str, domain: str, keys: Sequence[DkimKey]) -> None:
    if not keys:
        raise Invalid("Easy DKIM needs keys.")
    dkim_keys.retire(tx, account_id, region, domain)
    dkim_keys.keep(tx, account_id, region, domain, keys)
    values = {
        "dkim_origin": DkimOrigin.AWS_SES,
        "tokens": [key.selector for key in keys],
        "key_length": keys[0].length,
        "current_length": keys[0].length,
        "keys_made_at": tx.now,
        "own_record": None,
    }
    _change(tx, account_id, region, domain, **values)
    search(tx, account_id, region, domain)
    _tell_replicas(tx, account_id, region, domain)


def _start_own(tx: Tx, account_id: str, region: str, domain: str, key: DkimKey) -> None:
    dkim_keys.retire(tx, account_id, region, domain)
    dkim_keys.keep(tx, account_id, region, domain, [key], origin=DkimOrigin.EXTERNAL)
    values = {"dkim_origin": DkimOrigin.EXTERNAL, "tokens": [key.selector], "own_record": key.public_record}
    _change(tx, account_id, region, domain, **values, **_no_length())
    search(tx, account_id, region, domain)
    _tell_replicas(tx, account_id, region, domain)


def _start_replica(tx: Tx, account_id: str, region: str, domain: str, parent: str) -> None:
    dkim_keys.retire(tx, account_id, region, domain)
    values: dict[str, Any] = {"dkim_origin": replica_origin(parent), "tokens": [], "own_record": None}
    _change(tx, account_id, region, domain, **values, **_no_length())
    search(tx, account_id, region, domain)
    follow(tx, account_id, region, domain)
    _tell_replicas(tx, account_id, region, domain)


def _no_length() -> dict[str, Any]:
    return {"key_length": None, "current_length": None, "keys_made_at": None}


def search(tx: Tx, account_id: str, region: str, domain: str) -> None:
    """Search for the records that the identity's DKIM wants, and prove the domain by them where it failed to be
    proven.
    """
    pending = VerificationStatus.PENDING
    _change(tx, account_id, region, domain, dkim_status=pending, dkim_since=tx.now, **at_once(tx))
    tx.execute(
        identities.update()
        .where(*_key(account_id, region, domain), identities.c.verification_status == VerificationStatus.FAILED)
        .values(verification_status=pending, verification_since=tx.now)
    )


def at_once(tx: Tx) -> dict[str, Any]:
    """The columns that make an identity due, and its verifier awake."""
    tx.wake(TOPIC)
    return {"checks": 0, "next_check_at": tx.now}


def change_length(tx: Tx, account_id: str, region: str, domain: str, length: KeyLength) -> None:
    """Have the next key made with this length, and made now: the rotation sees to it behind the same records."""
    _change(tx, account_id, region, domain, key_length=length, length_changed_at=tx.now)
    tx.wake(ROTATION_TOPIC)


# --- replicas ---


def follow(tx: Tx, account_id: str, region: str, domain: str) -> ErrorType | None:
    """Bring a replica's tokens to those of its parent. Returns why there is nothing to follow, if so."""
    row = _row(tx, account_id, region, domain)
    home = parent_region(row.dkim_origin) if row is not None else None
    if row is None or home is None:
        return None
    parent = _row(tx, account_id, home, domain) if home != region else None
    trouble = _trouble(parent, is_same_region=home == region)
    if trouble is None and parent is not None and parent.tokens != row.tokens:
        _change(tx, account_id, region, domain, tokens=parent.tokens)
        search(tx, account_id, region, domain)
    return trouble


def _trouble(parent: Any, *, is_same_region: bool) -> ErrorType | None:
    if is_same_region:
        return ErrorType.REPLICATION_PRIMARY_INVALID_REGION
    if parent is None or not parent.tokens:
        return ErrorType.REPLICATION_PRIMARY_NOT_FOUND
    if parent.dkim_origin == DkimOrigin.EXTERNAL:
        return ErrorType.REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED
    if parent.dkim_origin != DkimOrigin.AWS_SES:
        return ErrorType.REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED
    return None


def _tell_replicas(tx: Tx, account_id: str, region: str, domain: str) -> None:
    for replica in replicas_of(tx, account_id, region, domain):
        if follow(tx, account_id, replica, domain) is not None:
            _change(tx, account_id, replica, domain, **at_once(tx))


def replicas_of(tx: Tx, account_id: str, region: str, domain: str) -> list[str]:
    """The regions in which an identity of this name follows this one."""
    rows = tx.execute(
        sa.select(identities.c.region).where(
            identities.c.account_id == account_id,
            identities.c.identity == domain,
            identities.c.dkim_origin == replica_origin(region),
        )
    )
    return [row.region for row in rows]


def parent_is_gone(tx: Tx, account_id: str, region: str, domain: str) -> None:
    """The identity was deleted: those that follow it shall look."""
    _tell_replicas(tx, account_id, region, domain)


# --- rows ---


def _row(tx: Tx, account_id: str, region: str, domain: str) -> Any:
    columns = (identities.c.dkim_origin, identities.c.tokens)
    return tx.execute(sa.select(*columns).where(*_key(account_id, region, domain))).first()


def _change(tx: Tx, account_id: str, region: str, domain: str, **values: Any) -> None:
    tx.execute(identities.update().where(*_key(account_id, region, domain)).values(**values))


def _key(account_id: str, region: str, domain: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        identities.c.account_id == account_id,
        identities.c.region == region,
        identities.c.identity == domain,
    )
