"""Policies attached to access keys and roles: what their holders may do.

Owns the rows and their limits, which are IAM's. `owner` is the id of an access key, or `role/<name>`. What a policy
means is `model.policy`'s part. An owner without any policy: a key may do what its account may, a role nothing.
"""

import re
from collections.abc import Iterable

import sqlalchemy as sa

from tayori.model import policy as language
from tayori.model.errors import Invalid, InvalidPolicy, Kind, LimitExceeded, NotFound
from tayori.model.policy import Grammar, Policy, PolicyError
from tayori.store.access_tables import principal_policies
from tayori.store.dialect import upsert
from tayori.store.engine import Tx

MOST = 10
LONGEST = 6144
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)


def put(tx: Tx, account_id: str, owner: str, name: str, text: str) -> None:
    """New, or in place of the one of that name."""
    if not _NAME.fullmatch(name):
        raise Invalid("The name of a policy has 1 to 128 letters, digits, or characters of +=,.@_-")
    document = checked(text)
    known = texts(tx, account_id, owner)
    if name not in known and len(known) >= MOST:
        raise LimitExceeded(f"There are {MOST} policies already, which is as many as there may be.")
    tx.execute(
        upsert(tx.engine, principal_policies, changes=["document"]).values(
            account_id=account_id, owner=owner, name=name, document=document
        )
    )


def checked(text: str, most: int = LONGEST) -> str:
    """The policy as it is kept. Raises InvalidPolicy."""
    try:
        document = language.compact(text, most)
        language.parse(document, grammar=Grammar.PRINCIPAL)
    except PolicyError as error:
        raise InvalidPolicy(f"Invalid policy: {error}") from error
    return document


def delete(tx: Tx, account_id: str, owner: str, name: str) -> None:
    if not tx.execute(
        principal_policies.delete().where(*_of(account_id, owner), principal_policies.c.name == name)
    ).rowcount:
        raise NotFound(f"There is no policy {name[:128]}.", Kind.POLICY)


def forget(tx: Tx, account_id: str, owner: str) -> None:
    """The owner is deleted."""
    tx.execute(principal_policies.delete().where(*_of(account_id, owner)))


def copy(tx: Tx, account_id: str, owner: str, to: str) -> None:
    """What one may do, another may."""
    for name, document in texts(tx, account_id, owner).items():
        put(tx, account_id, to, name, document)


def texts(tx: Tx, account_id: str, owner: str) -> dict[str, str]:
    """Name → policy, in the order of the names."""
    table = principal_policies.c
    rows = tx.execute(sa.select(table.name, table.document).where(*_of(account_id, owner)).order_by(table.name))
    return {row.name: row.document for row in rows}


def parsed(documents: Iterable[str]) -> tuple[Policy, ...]:
    return tuple(language.parse(document, grammar=Grammar.PRINCIPAL) for document in documents)


def _of(account_id: str, owner: str) -> tuple[sa.ColumnElement[bool], ...]:
    return principal_policies.c.account_id == account_id, principal_policies.c.owner == owner
