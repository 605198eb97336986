"""Message insights out of a message's own rows (`model.insights` has the words). Reads only."""

import json
from typing import Any

from tayori.model import insights, ses_event
from tayori.model.errors import Kind, NotFound
from tayori.model.insights import HistoryEvent, MessageInsights, RecipientInsights
from tayori.model.mail_count import OTHER_PROVIDER
from tayori.model.ses_event import MailFacts
from tayori.resources import provider_names
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable

_MESSAGE = Hot(
    "SELECT account_id, region, accepted_at, from_address, subject, configuration_set, facts FROM messages"
    " WHERE message_id = ?"
)
_RECIPIENTS = Hot("SELECT ordinal, address FROM recipients WHERE message_id = ? ORDER BY ordinal")
_EVENTS = Hot("SELECT at, kind, ordinal, detail FROM events WHERE message_id = ?")
_HOSTS = Hot("SELECT ordinal, host FROM attempts WHERE message_id = ? ORDER BY started_at")


def get(tx: Tx, account_id: str, region: str, message_id: str) -> MessageInsights:
    """Raises NotFound in SES's words (ses: probed)."""
    for row in tx.hot_rows(_MESSAGE, (storable(message_id),)):
        if (row[0], row[1]) == (account_id, region):
            return _of_row(tx, message_id, row)
    raise NotFound(f"Message <{message_id}> not found for account <{account_id}>", Kind.MESSAGE)


def _of_row(tx: Tx, message_id: str, row: tuple[Any, ...]) -> MessageInsights:
    account_id, _, accepted_at, from_address, subject, configuration_set, facts_text = row
    facts = json.loads(facts_text)
    recipients = tx.hot_rows(_RECIPIENTS, (message_id,))
    history = [
        HistoryEvent(at=from_micros(at), kind=kind, ordinal=ordinal, detail=json.loads(detail))
        for at, kind, ordinal, detail in tx.hot_rows(_EVENTS, (message_id,))
    ]
    hosts = {ordinal: host for ordinal, host in tx.hot_rows(_HOSTS, (message_id,)) if host}
    mail = MailFacts(
        message_id=message_id,
        account_id=account_id,
        accepted_at=from_micros(accepted_at),
        from_address=from_address,
        source_arn="",
        source_ip=facts.get("source_ip", ""),
        caller_arn=facts.get("caller", ""),
        operation=facts.get("operation", ""),
        recipients=(),
        configuration_set=configuration_set,
        source_tls=facts.get("source_tls") or "",
        tags=facts.get("tags", {}),
        tenant=facts.get("tenant", "").partition("/")[0],
    )
    return MessageInsights(
        message_id=message_id,
        accepted_at=mail.accepted_at,
        from_address=from_address,
        subject=subject,
        tags={name: values[0] for name, values in ses_event.tags_of(mail).items()},
        recipients=tuple(
            RecipientInsights(
                destination=address,
                isp=isp_of(hosts.get(ordinal, "")),
                events=insights.events_of(address, ordinal, history),
            )
            for ordinal, address in recipients
        ),
    )


def isp_of(host: str) -> str:
    """The provider behind a mail host, as SES spells such names."""
    provider = provider_names.provider_of(host)
    return insights.UNKNOWN_ISP if provider == OTHER_PROVIDER else provider.upper()
