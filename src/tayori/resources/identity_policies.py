"""Policies of identities: what their owner lets other accounts send as them (ses: sending authorization).

Owns the rows and the texts with which SES refuses. What a policy means is `model.policy`'s part.
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa

from tayori.model import policy as language
from tayori.model.errors import AlreadyExists, Invalid, InvalidPolicy, Kind, LimitExceeded, NotFound
from tayori.model.policy import Policy, PolicyError
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.tables import identities, identity_policies

MAX_POLICIES = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def put(tx: Tx, account_id: str, region: str, identity: str, name: str, text: str) -> None:
    """v1 PutIdentityPolicy: new, or in place of the one of that name."""
    _hold(tx, account_id, region, identity, f"Identity {identity} does not exist.")
    kept = _checked(name, text)
    if name not in names(tx, account_id, region, identity):
        _check_room(tx, account_id, region, identity)
    _store(tx, account_id, region, identity, name, kept)


def create(tx: Tx, account_id: str, region: str, identity: str, name: str, text: str) -> None:
    _hold(tx, account_id, region, identity, f"Email identity {identity} does not exist.")
    kept = _checked(name, text)
    if name in names(tx, account_id, region, identity):
        raise AlreadyExists(f"Policy {name} already exists", Kind.POLICY)
    _check_room(tx, account_id, region, identity)
    _store(tx, account_id, region, identity, name, kept)


def update(tx: Tx, account_id: str, region: str, identity: str, name: str, text: str) -> None:
    _hold(tx, account_id, region, identity, f"Email identity {identity} does not exist.")
    kept = _checked(name, text)
    if name not in names(tx, account_id, region, identity):
        raise NotFound(f"Policy {name} does not exist", Kind.POLICY)
    _store(tx, account_id, region, identity, name, kept)


def delete(tx: Tx, account_id: str, region: str, identity: str, name: str) -> None:
    """One that is not there is deleted without a word."""
    tx.execute(identity_policies.delete().where(*_of(account_id, region, identity), identity_policies.c.name == name))


def forget(tx: Tx, account_id: str, region: str, identity: str) -> None:
    """The identity is deleted, and its policies with it."""
    tx.execute(identity_policies.delete().where(*_of(account_id, region, identity)))


def names(tx: Tx, account_id: str, region: str, identity: str) -> list[str]:
    return list(texts(tx, account_id, region, identity))


def texts(tx: Tx, account_id: str, region: str, identity: str) -> dict[str, str]:
    """Name → policy, in the order of the names."""
    rows = tx.execute(
        sa.select(identity_policies.c.name, identity_policies.c.policy)
        .where(*_of(account_id, region, identity))
        .order_by(identity_policies.c.name)
    )
    return {row.name: row.policy for row in rows}


def parsed(tx: Tx, account_id: str, region: str, identity: str) -> Sequence[Policy]:
    return [language.parse(text) for text in texts(tx, account_id, region, identity).values()]


def _checked(name: str, text: str) -> str:
    if not _NAME.fullmatch(name):
        raise Invalid(
            "PolicyName is invalid. Policy names must only include alpha-numeric characters, dashes, and underscores."
        )
    try:
        kept = language.compact(text)
        language.parse(kept)
    except PolicyError as error:
        raise InvalidPolicy(f"Invalid policy: {error}") from error
    return kept


def _hold(tx: Tx, account_id: str, region: str, identity: str, missing: str) -> None:
    """The identity must exist; its row makes changes of its policies happen one after the other."""
    key = identities.c.account_id == account_id, identities.c.region == region, identities.c.identity == identity
    if tx.execute(sa.select(identities.c.identity).where(*key).with_for_update()).first() is None:
        raise NotFound(missing, Kind.IDENTITY)


def _check_room(tx: Tx, account_id: str, region: str, identity: str) -> None:
    if len(names(tx, account_id, region, identity)) >= MAX_POLICIES:
        raise LimitExceeded(f"Number of policies for {identity} exceeds max allowed number of policies per resource")


def _store(tx: Tx, account_id: str, region: str, identity: str, name: str, text: str) -> None:
    tx.execute(
        upsert(tx.engine, identity_policies, changes=["policy"]).values(
            account_id=account_id, region=region, identity=identity, name=name, policy=text
        )
    )


def _of(account_id: str, region: str, identity: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        identity_policies.c.account_id == account_id,
        identity_policies.c.region == region,
        identity_policies.c.identity == identity,
    )
