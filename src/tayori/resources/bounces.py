"""What a report about failed delivery changes, or a reader's automatic reply: an event, a count, a suppression.

Owns whom a report is believed for: recipients for whom the return path that it came on was given out, and each of them
once for each type of bounce, however often it is reported. A report is a fact about a recipient, never a change of the
queue's state: the remote host took the message long ago.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tayori.model import event
from tayori.model.bounce import TRANSIENT, BounceKind, BounceType, classify_status
from tayori.model.event import EventKind
from tayori.model.inbound import InboundReport, ReportAction, ReportedRecipient, ReportKind
from tayori.model.mail_count import Count
from tayori.model.names import ServiceNames
from tayori.resources import event_rows, mail_counts, publications
from tayori.resources.condemnation import condemn
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

_MESSAGE = Hot("SELECT account_id, region, configuration_set FROM messages WHERE message_id = ?")
_BOUNCES = Hot("SELECT detail FROM events WHERE message_id = ? AND kind = ? AND ordinal = ?")
_RECIPIENTS = Hot("SELECT ordinal, address FROM recipients WHERE message_id = ? ORDER BY ordinal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A report as it came in: on the return path of these recipients (address → ordinal) of the message."""

    inbound_id: str
    report: InboundReport
    recipients: Mapping[str, int]
    names: Callable[[str], ServiceNames]
    settings: Settings


def apply(
    tx: Tx,
    settings: Settings,
    inbound_id: str,
    report: InboundReport,
    ordinals: Sequence[int],
    names: Callable[[str], ServiceNames],
) -> None:
    rows = tx.hot_rows(_RECIPIENTS, (report.message_id,))
    recipients = {address: ordinal for ordinal, address in reversed(rows) if ordinal in ordinals}
    arrived = Arrived(inbound_id=inbound_id, report=report, recipients=recipients, names=names, settings=settings)
    if report.kind is ReportKind.BOUNCE:
        for address, said in _failed(arrived).items():
            kind = classify_status(said.status, said.diagnostic, code=said.code, host=said.host)
            failed = event.bounced_recipient(address, status=str(said.status or ""), diagnostic=said.diagnostic)
            _bounce(tx, arrived, address, kind, failed)
    elif report.kind is ReportKind.AUTOMATIC_REPLY:
        # SES tells senders of automatic replies as Transient/General bounces, never as hard ones.
        authors = [one.address for one in report.recipients if one.address in recipients]
        for address in (authors or sorted(recipients, key=recipients.__getitem__))[:1]:
            _bounce(tx, arrived, address, TRANSIENT, event.absent_recipient(address))


def _failed(arrived: Arrived) -> dict[str, ReportedRecipient]:
    """By our address, the failures that are about a recipient of ours: of several about one, the first."""
    found: dict[str, ReportedRecipient] = {}
    blocks = arrived.report.recipients
    for block in blocks:
        address = _meant(block, arrived.recipients, is_only=len(blocks) == 1)
        if address is not None and block.action is ReportAction.FAILED:
            found.setdefault(address, block)
    return found


def _meant(block: ReportedRecipient, recipients: Mapping[str, int], *, is_only: bool) -> str | None:
    """The only thing that is said on the path of a single recipient is about him, whatever address his forwarder
    names, if any.
    """
    if block.address in recipients:
        return block.address
    if block.final_address in recipients:
        return block.final_address
    return next(iter(recipients)) if is_only and len(recipients) == 1 else None


def _bounce(tx: Tx, arrived: Arrived, address: str, kind: BounceKind, told: Mapping[str, str]) -> None:
    report, ordinal = arrived.report, arrived.recipients[address]
    if _is_known(tx, report.message_id, ordinal, kind):
        return
    ((account_id, region, configuration_set),) = tx.hot_rows(_MESSAGE, (report.message_id,))
    has_failed = report.kind is ReportKind.BOUNCE
    detail = event.bounce(
        kind,
        [told],
        now=tx.now,
        feedback_id=arrived.inbound_id,
        reporting_mta=report.reporting_mta or (arrived.names(region).ehlo_name if has_failed else ""),
    )
    row = event_rows.append(tx, (report.message_id, to_micros(tx.now), EventKind.BOUNCE, ordinal, json.dumps(detail)))
    publications.note(tx, arrived.settings, [row], [(report.message_id, account_id, region)])
    if kind.bounce_type is BounceType.PERMANENT:
        condemn(
            tx,
            arrived.settings,
            (account_id, region),
            configuration_set=configuration_set,
            address=address,
            message_id=report.message_id,
            feedback_id=arrived.inbound_id,
        )
    else:
        mail_counts.recipients(tx, Count.TRANSIENT_BOUNCES, report.message_id, [address])


def _is_known(tx: Tx, message_id: str, ordinal: int, kind: BounceKind) -> bool:
    """Whether a bounce of this type is in the recipient's history already."""
    details = tx.hot_rows(_BOUNCES, (message_id, EventKind.BOUNCE, ordinal))
    return any(json.loads(detail)["bounceType"] == kind.bounce_type for (detail,) in details)
