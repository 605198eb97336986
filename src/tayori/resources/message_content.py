"""A message's content and what is needed to send it again, for its own account. Reads only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tayori.model.errors import Kind, NotFound
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import storable

_MESSAGE = Hot(
    "SELECT m.account_id, m.region, m.configuration_set, m.facts, b.content FROM messages m"
    " LEFT JOIN bodies b ON b.message_id = m.message_id WHERE m.message_id = ?"
)
_RECIPIENTS = Hot("SELECT address FROM recipients WHERE message_id = ? ORDER BY ordinal")

STATEMENTS = ((_MESSAGE, ("0100a",)), (_RECIPIENTS, ("0100a",)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    account_id: str
    region: str
    configuration_set: str | None
    facts: Mapping[str, Any]
    recipients: Sequence[str]
    content: bytes


def get(tx: Tx, message_id: str, *, account_id: str | None) -> Content:
    """Of that account only, where one is given. Raises NotFound, also where only the content is gone."""
    rows = tx.hot_rows(_MESSAGE, (storable(message_id),))
    if not rows or account_id not in (None, rows[0][0]):
        raise NotFound(f"Message {message_id} does not exist.", Kind.MESSAGE)
    owner, region, configuration_set, facts, content = rows[0]
    if content is None:
        raise NotFound(f"The content of message {message_id} is no longer kept.", Kind.MESSAGE)
    return Content(
        account_id=owner,
        region=region,
        configuration_set=configuration_set,
        facts=json.loads(facts),
        recipients=[address for (address,) in tx.hot_rows(_RECIPIENTS, (message_id,))],
        content=bytes(content),
    )
