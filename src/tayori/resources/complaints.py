"""What a reader's complaint changes: an event, a count, and the address gets no more mail.

Owns which recipients a report is taken for. Where it shows our return path, they are those who got the message on that.
Else a provider that does not say who complained stands for all recipients of the message at its domain (ses:
complaints). A report about a message that was never sent, or that is forgotten, changes nothing; nor does the same
complaint said again. `not-spam` is told as SES tells it and condemns nobody; a report of failed authentication
(RFC 6591) is no reader's opinion, so it is only kept. A complaint about a probe of the service itself is a test: it is
an event, and no more.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tayori.model import event
from tayori.model.event import EventKind
from tayori.model.inbound import ComplaintReport, FeedbackType
from tayori.model.message import DeliveryState, Operation
from tayori.model.names import ServiceNames
from tayori.model.return_path import ReturnPaths
from tayori.model.submission import account_feedback_id
from tayori.resources import event_rows, publications, return_paths
from tayori.resources.condemnation import condemn_for_complaint
from tayori.resources.return_paths import Issued
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

_MESSAGE = Hot("SELECT account_id, region, configuration_set, facts FROM messages WHERE message_id = ?")
_RECIPIENTS = Hot("SELECT ordinal, address, state FROM recipients WHERE message_id = ? ORDER BY ordinal")
_COMPLAINTS = Hot("SELECT detail FROM events WHERE message_id = ? AND kind = ?")
_NEVER_SENT = frozenset({DeliveryState.SUPPRESSED, DeliveryState.CANCELLED, DeliveryState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The message that a report is about. `ordinals` are the recipients that it can be about, None for all."""

    message_id: str
    account_id: str
    region: str
    configuration_set: str | None
    ordinals: tuple[int, ...] | None
    is_probe: bool  # the service's own: the complaint is a test of the way that complaints take


def apply(
    tx: Tx,
    settings: Settings,
    inbound_id: str,
    report: ComplaintReport,
    names: Callable[[str], ServiceNames],
    paths: ReturnPaths,
) -> None:
    if report.feedback_type is FeedbackType.AUTH_FAILURE:
        return
    for claim in report.claims:
        subject = _subject(tx, claim, report.feedback_id, names, paths)
        if subject is not None:
            _complain(tx, settings, inbound_id, report, subject)
            return


def _subject(
    tx: Tx, claim: str, feedback_id: str, names: Callable[[str], ServiceNames], paths: ReturnPaths
) -> _Subject | None:
    """By a return path that we signed, or by our Message-ID."""
    local, _, domain = claim.rpartition("@")
    path = paths.read(local)
    found = return_paths.find(tx, path, domain) if path else None
    issued = found if isinstance(found, Issued) else None
    message_id = issued.message_id if issued else local
    for account_id, region, configuration_set, facts in tx.hot_rows(_MESSAGE, (message_id,)):
        is_ours = issued is not None or domain == names(region).message_id_host
        if is_ours and feedback_id in ("", account_feedback_id(account_id, region, names(region))):
            return _Subject(
                message_id=message_id,
                account_id=account_id,
                region=region,
                configuration_set=configuration_set,
                ordinals=issued.ordinals if issued else None,
                is_probe=json.loads(facts)["operation"] == Operation.PROBE,
            )
    return None


def _complain(tx: Tx, settings: Settings, inbound_id: str, report: ComplaintReport, subject: _Subject) -> None:
    message_id, key = subject.message_id, (subject.account_id, subject.region)
    addresses = _complained(tx, report, subject)
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
    row = event_rows.append(
        tx, (message_id, to_micros(tx.now), EventKind.COMPLAINT, min(addresses), json.dumps(detail))
    )
    publications.note(tx, settings, [row], [(message_id, *key)])
    if report.feedback_type is not FeedbackType.NOT_SPAM and not subject.is_probe:
        condemn_for_complaint(
            tx,
            settings,
            key,
            configuration_set=subject.configuration_set,
            addresses=list(addresses.values()),
            message_id=message_id,
            feedback_id=inbound_id,
        )


def _complained(tx: Tx, report: ComplaintReport, subject: _Subject) -> dict[int, str]:
    """By ordinal, the recipients that the report is taken for and that did not say so before."""
    rows = tx.hot_rows(_RECIPIENTS, (subject.message_id,))
    possible = subject.ordinals
    sent = {
        ordinal: address
        for ordinal, address, state in rows
        if state not in _NEVER_SENT and (possible is None or ordinal in possible)
    }
    meant = _meant(report, sent) or (sent if possible is not None or len(sent) == 1 else {})
    known = _known(tx, report, subject.message_id)
    return {ordinal: address for ordinal, address in meant.items() if address not in known}


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
    return {}


def _known(tx: Tx, report: ComplaintReport, message_id: str) -> set[str]:
    """Those who complained before; "not spam" after a complaint is news, and the other way round."""
    known: set[str] = set()
    for (text,) in tx.hot_rows(_COMPLAINTS, (message_id, EventKind.COMPLAINT)):
        detail = json.loads(text)
        was_not_spam = detail.get("complaintFeedbackType") == FeedbackType.NOT_SPAM
        if was_not_spam == (report.feedback_type is FeedbackType.NOT_SPAM):
            known.update(one["emailAddress"] for one in detail["complainedRecipients"])
    return known
