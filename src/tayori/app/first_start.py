"""What a new installation needs before it can be used: an account in the sandbox, and an operator's access key."""

from dataclasses import dataclass, replace

from tayori import ids
from tayori.resources import accounts, credentials
from tayori.resources.credentials import Credential
from tayori.store.engine import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """An access key to be made: ids come from outside, so that the transaction stays repeatable."""

    account_id: str
    access_key_id: str
    secret_access_key: str
    user_name: str
    operator: bool


def new_key(*, user_name: str, operator: bool, account_id: str | None = None) -> NewKey:
    return NewKey(
        account_id=account_id or ids.account_id(),
        access_key_id=ids.access_key_id(),
        secret_access_key=ids.secret_access_key(),
        user_name=user_name,
        operator=operator,
    )


def prepare(tx: Tx, region: str, key: NewKey) -> Credential:
    """The operator's first credential: made with its account on the first start, found on later ones."""
    known = accounts.all_accounts(tx)
    if known:
        account_id = known[0][0]
        keys = [found for found in credentials.of_account(tx, account_id) if found.operator and found.active]
        if keys:
            return keys[0]
        return add_key(tx, replace(key, account_id=account_id))
    accounts.create(tx, key.account_id, region, name="default")
    return add_key(tx, key)


def add_key(tx: Tx, key: NewKey) -> Credential:
    credential = Credential(
        access_key_id=key.access_key_id,
        account_id=key.account_id,
        secret_access_key=key.secret_access_key,
        user_name=key.user_name,
        active=True,
        operator=key.operator,
        created_at=tx.now,
    )
    credentials.create(tx, credential)
    return credential
