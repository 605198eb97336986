"""`tayori message show`: the whole timeline of one message; `tayori message find` is in a file of its own."""

import argparse
from collections.abc import Iterator
from datetime import datetime

from tayori.cli import message_find
from tayori.cli.command import Context, shared_options
from tayori.cli.service import endpoints_of, read
from tayori.cli.table import moment, printable, table
from tayori.model.event import MACHINE
from tayori.resources import timeline
from tayori.resources.tellings import Telling
from tayori.resources.timeline import AttemptRecord, EventRecord, Timeline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    show = verbs.add_parser("show", help="one message: recipients, attempts, events", parents=[shared_options()])
    show.add_argument("message_id", metavar="ID", help="the MessageId, or the Message-ID field it stands in")
    show.set_defaults(action=_show)
    find = verbs.add_parser("find", help="messages of an account, newest first", parents=[shared_options()])
    message_find.add_arguments(find)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


def _show(context: Context, options: argparse.Namespace) -> int:
    message_id = options.message_id.strip().strip("<>").partition("@")[0]
    found = read(endpoints_of(context), timeline.get, message_id)
    context.output.emit(timeline.as_json(found), _as_text(found))
    return 0


def _as_text(found: Timeline) -> str:
    heading = [
        ("Message", found.message_id),
        ("Account", f"{found.account_id} in {found.region}"),
        ("Accepted", f"{moment(found.accepted_at)} by {found.facts.get('operation', '')}"),
        ("Tried until", moment(found.expires_at)),
        ("From", found.from_address),
        ("Subject", found.subject),
        ("Return path", f"<{found.reverse_path}>"),
        ("Configuration set", found.configuration_set or "none"),
        ("TLS policy", found.tls_policy),
        ("Size", f"{found.size} octets" + ("" if found.has_content else ", content no longer kept")),
    ]
    recipients = [
        (
            recipient.address,
            recipient.state,
            f"{recipient.attempts} attempts" if recipient.attempts != 1 else "1 attempt",
            f"next {moment(recipient.due_at)}" if recipient.due_at else "",
            recipient.diagnostic or recipient.reason,
        )
        for recipient in found.recipients
    ]
    parts = [table((), heading), "Recipients\n" + table((), recipients, indent="  "), "Timeline\n" + _timeline(found)]
    if found.suppressions:
        parts.append("On the suppression list\n" + table((), _suppression_rows(found), indent="  "))
    return "\n".join(parts)


def _suppression_rows(found: Timeline) -> list[tuple[str, str, str, str]]:
    return [
        (one.address, one.reason, f"since {moment(one.since)}", "because of this message" if one.is_by_this else "")
        for one in found.suppressions
    ]


def _timeline(found: Timeline) -> str:
    addresses = {recipient.ordinal: recipient.address for recipient in found.recipients}
    lines = sorted(_lines(found, addresses), key=lambda line: line[0])
    return table((), [(_precise(at), what, who, more) for at, what, who, more in lines], indent="  ")


def _lines(found: Timeline, addresses: dict[int, str]) -> Iterator[tuple[datetime, str, str, str]]:
    yield found.accepted_at, "accepted", "", _acceptance_words(found)
    for attempt in found.attempts:
        yield attempt.started_at, f"attempt: {attempt.outcome}", addresses[attempt.ordinal], _attempt_words(attempt)
    for event in found.events:
        yield event.at, event.kind, addresses.get(event.ordinal, ""), _event_words(event)
    for report in found.reports:
        words = f"{report.read_as or 'not understood'}, from <{report.reverse_path}> by [{report.source_ip}]"
        yield report.at, f"came back: {report.purpose}", report.recipient, printable(words)
    for told in found.tellings:
        yield told.at, f"told: {told.kind}", addresses.get(told.ordinal, ""), _telling_words(told)


def _acceptance_words(found: Timeline) -> str:
    facts = found.facts
    words = [
        f"by {facts.get('operation', '')}",
        f"from {facts['source_ip']}" if facts.get("source_ip") else "",
        facts.get("source_tls") or "",
        f"as {found.from_address}",
        f"under {facts['identity']}" if facts.get("identity") else "",
    ]
    return printable(", ".join(word for word in words if word))


def _attempt_words(attempt: AttemptRecord) -> str:
    where = f"{attempt.host} [{attempt.address}]" if attempt.host else "no host reached"
    signatures = attempt.detail.get("signatures") or ()
    words = [
        where,
        attempt.tls or "in the clear" if attempt.host else "",
        f"signed by {' and '.join(signatures)}" if signatures else "not signed",
        f"{attempt.duration_ms} ms",
        attempt.diagnostic,
    ]
    return printable(", ".join(word for word in words if word))


def _event_words(event: EventRecord) -> str:
    """What tells most in the event: the kind of a bounce, the answer that a delivery got."""
    detail = event.detail
    if "bounceType" in detail:
        return f"{detail['bounceType']}/{detail.get('bounceSubType', '')}"
    if "ipAddress" in detail:  # an open or a click
        who = f"from {detail['ipAddress']}"
        return printable(", ".join(word for word in (detail.get("link"), who, detail.get(MACHINE)) if word))
    for name in ("smtpResponse", "delayType", "complaintFeedbackType", "complaintSubType", "reason", "errorMessage"):
        if detail.get(name):
            return printable(str(detail[name]))
    return ""


def _telling_words(told: Telling) -> str:
    where = " ".join(word for word in (told.protocol, told.endpoint, told.topic_arn) if word)
    tries = "" if told.attempts is None else f"{told.attempts} tries" if told.attempts != 1 else "1 try"
    return printable(", ".join(word for word in (where, told.state, tries, told.last_error) if word))


def _precise(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
