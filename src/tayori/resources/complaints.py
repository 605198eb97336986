"""What a reader's complaint changes: an event, a count, and the address gets no more mail.

Owns which recipients a report is taken for. A provider that does not say who complained stands for all recipients of
the message at its domain (ses: complaints). A report about a message that was never sent, or that is forgotten, changes
nothing; nor does the same complaint said again. `not-spam` is told as SES tells it and condemns nobody; a report of
failed authentication (RFC 6591) is no reader's opinion, so it is only kept.
"""

import json
from collections.abc import Callable

from tayori.model import event
from tayori.model.event import EventKind
from tayori.model.inbound import ComplaintReport, FeedbackType
from tayori.model.message import DeliveryState
from tayori.model.names import ServiceNames
from tayori.model.submission import account_feedback_id
from tayori.resources import publications
from tayori.resources.condemnation import condemn_for_complaint
from tayori.resources.messages import INSERT_EVENT
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

_MESSAGE = Hot("SELECT account_id, region, configuration_set, reverse_path FROM messages WHERE message_id = ?")
_RECIPIENTS = Hot("SELECT ordinal, address, state FROM recipients WHERE message_id = ? ORDER BY ordinal")
_COMPLAINTS = Hot("SELECT detail FROM events WHERE message_id = ? AND kind = ?")
_NEVER_SENT = frozenset({DeliveryState.SUPPRESSED, DeliveryState.CANCELLED})


def apply(tx: Tx, inbound_id: str, report: ComplaintReport, names: Callable[[str], ServiceNames]) -> None:
    if report.feedback_type is FeedbackType.AUTH_FAILURE:
        return
    for claim in report.claims:
        message_id = claim.partition("@")[0]
        for account_id, region, configuration_set, reverse_path in tx.hot_rows(_MESSAGE, (message_id,)):
            ours = (reverse_path, f"{message_id}@{names(region).message_id_host}")
            expected_id = account_feedback_id(account_id, region, names(region))
            if claim in ours and report.feedback_id in ("", expected_id):
                _complain(tx, inbound_id, report, message_id, (account_id, region, configuration_set))
                return


def _complain(
    tx: Tx, inbound_id: str, report: ComplaintReport, message_id: str, owner: tuple[str, str, str | None]
) -> None:
    account_id, region, configuration_set = owner
    addresses = _complained(tx, report, message_id)
    if not addresses:
        return
    detail = event.complaint(
        list(addresses.values()),
        now=tx.now,
        feedback_id=inbound_id,
        facts=event.FeedbackFacts(
            feedback_type=report.feedback_type, user_agent=report.user_agent, arrived_at=report.arrived_at
        ),
    )
    row = (message_id, to_micros(tx.now), EventKind.COMPLAINT, min(addresses), json.dumps(detail))
    tx.hot(INSERT_EVENT, [row])
    publications.note(tx, Settings(), [row], [(message_id, account_id, region)])
    if report.feedback_type is not FeedbackType.NOT_SPAM:
        condemn_for_complaint(
            tx,
            Settings(),
            (account_id, region),
            configuration_set=configuration_set,
            addresses=list(addresses.values()),
            message_id=message_id,
        )


def _complained(tx: Tx, report: ComplaintReport, message_id: str) -> dict[int, str]:
    """By ordinal, the recipients that the report is taken for and that did not say so before."""
    rows = tx.hot_rows(_RECIPIENTS, (message_id,))
    sent = {ordinal: address for ordinal, address, state in rows if state not in _NEVER_SENT}
    known = _known(tx, report, message_id)
    return {ordinal: address for ordinal, address in _meant(report, sent).items() if address not in known}


def _meant(report: ComplaintReport, sent: dict[int, str]) -> dict[int, str]:
    named = {address.casefold() for address in report.recipients}
    exactly = {ordinal: address for ordinal, address in sent.items() if address.casefold() in named}
    if exactly:
        return exactly
    for addresses in (report.recipients, report.returned_recipients):
        domains = {address.rpartition("@")[2] for address in addresses}
        there = {ordinal: address for ordinal, address in sent.items() if address.rpartition("@")[2] in domains}
        if there:
            return there
    return sent if len(sent) == 1 else {}


def _known(tx: Tx, report: ComplaintReport, message_id: str) -> set[str]:
    """Those who complained before; "not spam" after a complaint is news, and the other way round."""
    known: set[str] = set()
    for (text,) in tx.hot_rows(_COMPLAINTS, (message_id, EventKind.COMPLAINT)):
        detail = json.loads(text)
        was_not_spam = detail.get("complaintFeedbackType") == FeedbackType.NOT_SPAM
        if was_not_spam == (report.feedback_type is FeedbackType.NOT_SPAM):
            known.update(one["emailAddress"] for one in detail["complainedRecipients"])
    return known
