"""The queue in rows: claim, record, release, reap. The only writer of a recipient's state.

A recipient is in one worker's hands at a time (`owner`). A result is written by compare-and-set on the owner: what
comes late, after another took over, is dropped; a delivery counts as long as nobody has. State, attempt, event and
suppression change in one transaction.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType, ReversePath
from tayori.model import event
from tayori.model.bounce import (
    BounceKind,
    BounceType,
    Deadline,
    classify_expiry,
    classify_outcome,
)
from tayori.model.event import EventKind
from tayori.model.mail_count import Count
from tayori.model.message import (
    AttemptReport,
    DeliveryState,
    DueRecipient,
    Outcome,
    Outgoing,
    RecipientResult,
    SigningPlan,
    TlsPolicy,
)
from tayori.model.names import ServiceNames
from tayori.model.stream import sender_of
from tayori.resources import mail_counts, pauses, publications, simulated_mail
from tayori.resources.condemnation import condemn
from tayori.resources.messages import INSERT_EVENT
from tayori.resources.results import Written, compact
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import OPEN, WAITING, from_micros, storable, to_micros

logger = logging.getLogger("tayori.queue")

_NOTHING: Mapping[str, datetime] = {}

# The streams that have something waiting, from a name on: each is found by one look into the index, not by a scan.
_NEXT_STREAM = f"SELECT MIN(stream) FROM recipients {{by recipients_by_stream}} WHERE {WAITING} AND stream >"
_STREAMS = Hot(
    f"WITH RECURSIVE found (stream) AS (SELECT ({_NEXT_STREAM} ?)"
    f" UNION ALL SELECT ({_NEXT_STREAM} found.stream) FROM found WHERE found.stream IS NOT NULL)"
    " SELECT stream FROM found WHERE stream IS NOT NULL LIMIT ?"
)
_DUE = Hot(
    "SELECT message_id, ordinal, address, attempts, domain FROM recipients {by recipients_by_stream}"
    f" WHERE {WAITING} AND stream = ? AND due_at <= ? ORDER BY due_at LIMIT ? {{skip_locked}}"
)
_MOST_STREAMS = 1000  # looked at in one claim; the next goes on from there
_LEAST_SHARE = 4  # recipients of one stream in a claim, however many streams there are
_PUT_OFF_ONE = Hot(
    f"UPDATE recipients SET due_at = ?, updated_at = ? WHERE message_id = ? AND ordinal = ? AND {WAITING}"
)
_DEADLINE = "(SELECT m.expires_at FROM messages m WHERE m.message_id = recipients.message_id)"
_PUT_OFF = Hot(
    "UPDATE recipients SET state = 'deferred', reason = ?, status = ?, diagnostic = ?, updated_at = ?,"
    f" due_at = CASE WHEN {_DEADLINE} < ? THEN {_DEADLINE} ELSE ? END"
    " WHERE (message_id, ordinal) IN (SELECT message_id, ordinal FROM recipients {by recipients_by_domain}"
    f" WHERE {WAITING} AND domain = ? AND due_at < ? AND due_at < {_DEADLINE} ORDER BY due_at LIMIT ? {{skip_locked}})"
)
_TAKE = Hot("UPDATE recipients SET state = 'sending', owner = ? WHERE message_id = ? AND ordinal = ?")
_MESSAGE = Hot(
    "SELECT m.account_id, m.region, m.configuration_set, m.reverse_path, m.body_type, m.signing, m.tls_policy,"
    " m.accepted_at, m.expires_at, m.facts, b.content FROM messages m JOIN bodies b ON b.message_id = m.message_id"
    " WHERE m.message_id = ?"
)
_NEXT_DUE = Hot(f"SELECT MIN(due_at) FROM recipients WHERE {OPEN} AND owner = ''")
_RECORD = Hot(
    "WITH given (state, due_at, counted, reason, status, diagnostic, id, number) AS (VALUES {values})"
    " UPDATE recipients SET state = given.state, owner = '', due_at = given.due_at,"
    " attempts = attempts + given.counted, reason = given.reason, status = given.status,"
    " diagnostic = given.diagnostic, updated_at = ? FROM given"
    " WHERE message_id = given.id AND ordinal = given.number AND (owner = ? AND recipients.state = 'sending'"
    " OR given.state = 'delivered' AND owner = '' AND recipients.state = 'deferred')"
    " RETURNING message_id, ordinal"
)
_INSERT_ATTEMPT = Hot(
    "INSERT INTO attempts (message_id, ordinal, started_at, duration_ms, host, address, source_address, tls,"
    " outcome, reason, status, diagnostic, detail) VALUES {values}"
    " ON CONFLICT (message_id, ordinal, started_at) DO NOTHING"
)
_MESSAGE_FACTS = Hot("SELECT region, configuration_set, expires_at, facts FROM messages WHERE message_id = ?")
_RELEASE = Hot(
    "UPDATE recipients SET state = 'deferred', owner = '', due_at = ?, updated_at = ?"
    " WHERE message_id = ? AND ordinal = ? AND owner = ? AND state = 'sending'"
)
_REAP = Hot(
    "UPDATE recipients SET state = 'deferred', owner = '', due_at = ?, updated_at = ?"
    f" WHERE {OPEN} AND owner = ? AND state = 'sending'"
)
_OWNERS = Hot(f"SELECT DISTINCT owner FROM recipients WHERE {OPEN} AND owner > ''")


class Deliveries:
    """The queue as one worker sees it."""

    def __init__(self, names: Callable[[str], ServiceNames], worker: str) -> None:
        self._names = names
        self._worker = worker
        self._settings = Settings()
        self._last_stream = ""

    # -- taking ----------------------------------------------------------------------------------------------------

    def claim(
        self,
        tx: Tx,
        limit: int,
        most_bytes: int,
        avoid: Mapping[str, datetime] = _NOTHING,
        full: Collection[str] = (),
    ) -> list[Outgoing]:
        """Take up to `limit` due recipients, some of each stream that is not in `full`, none of the domains in `avoid`:
        what is met of those is put off until the time given there.

        Their messages have at most `most_bytes` together; one message is always taken.
        """
        due: dict[str, list[DueRecipient]] = defaultdict(list)
        streams: dict[str, str] = {}
        later: list[tuple[int, int, str, int]] = []
        parked: list[tuple[str, int, str]] = []
        now = to_micros(tx.now)
        paused = pauses.active(tx)
        for stream, (message_id, ordinal, address, attempts, domain) in self._due(tx, limit, full):
            if paused and (pause := paused.of_mail(*sender_of(stream), domain)) is not None:
                parked.append((message_id, ordinal, pause.parked_as))
                continue
            if domain in avoid:
                later.append((to_micros(avoid[domain]), now, message_id, ordinal))
                continue
            streams[message_id] = stream
            due[message_id].append(DueRecipient(ordinal=ordinal, address=AddrSpec.parse(address), attempts=attempts))
        tx.hot(_PUT_OFF_ONE, later)
        if parked:
            pauses.park(tx, parked)
            tx.wake("deliveries")  # behind what is parked there may be what is not
        taken: list[Outgoing] = []
        total = 0
        for message_id, recipients in due.items():
            outgoing = _load(tx, message_id, streams[message_id], tuple(recipients))
            total += len(outgoing.content)
            if taken and total > most_bytes:
                break
            taken.append(outgoing)
        tx.hot(
            _TAKE,
            [(self._worker, item.message_id, recipient.ordinal) for item in taken for recipient in item.recipients],
        )
        return taken

    def _due(self, tx: Tx, limit: int, full: Collection[str]) -> list[tuple[str, tuple[Any, ...]]]:
        """Due recipients with their streams: a share of each, then more of those that have more."""
        now = to_micros(tx.now)
        earliest = tx.hot_rows(_NEXT_DUE, ())[0][0]
        if earliest is None or earliest > now:
            return []
        streams = [stream for stream in self._next_streams(tx) if stream not in full]
        share = max(_LEAST_SHARE, limit // max(1, len(streams)))
        found: dict[str, list[tuple[Any, ...]]] = {}
        left = limit
        for index, stream in enumerate(streams):
            if left <= 0:
                self._last_stream = streams[index - 1]  # the next claim begins with those that this one cannot take
                break
            rows = tx.hot_rows(_DUE, (stream, now, min(share, left)))
            if rows:
                found[stream] = rows
                left -= len(rows)
        more = [stream for stream, rows in found.items() if len(rows) == share]
        for stream in more:
            if left <= 0:
                break
            rows = tx.hot_rows(_DUE, (stream, now, share + left))
            left -= len(rows) - share
            found[stream] = rows
        return [(stream, row) for stream, rows in found.items() for row in rows]

    def _next_streams(self, tx: Tx) -> list[str]:
        """In a round: after the last one looked at, and from the beginning again."""
        after = self._last_stream
        found = [row[0] for row in tx.hot_rows(_STREAMS, (after, _MOST_STREAMS))]
        if len(found) == _MOST_STREAMS:
            self._last_stream = found[-1]
            return found
        self._last_stream = ""
        if after:
            begin = [row[0] for row in tx.hot_rows(_STREAMS, ("", _MOST_STREAMS - len(found)))]
            found += [stream for stream in begin if stream <= after]
        return found

    def put_off(self, tx: Tx, domain: str, until: datetime, outcome: Outcome, limit: int) -> int:
        """What waits for `domain` waits until then at least, none of it beyond its deadline; at most `limit` of it at a
        time. How many that were. No attempt is counted: nothing was tried.
        """
        due = to_micros(until)
        values = (
            outcome.reason,
            str(outcome.status or ""),
            storable(outcome.diagnostic),
            to_micros(tx.now),
            due,
            due,
            domain,
            due,
            limit,
        )
        return tx.hot(_PUT_OFF, [values])

    def next_due(self, tx: Tx) -> datetime | None:
        """When the next recipient that nobody has in hand falls due."""
        ((micros,),) = tx.hot_rows(_NEXT_DUE, ())
        return None if micros is None else from_micros(micros)

    def release(self, tx: Tx, items: Iterable[tuple[str, int]]) -> None:
        """Give back (message id, ordinal) pairs untried: due at once, no attempt counted."""
        now = to_micros(tx.now)
        tx.hot(_RELEASE, [(now, now, message_id, ordinal, self._worker) for message_id, ordinal in items])
        tx.wake("deliveries")

    def park(self, tx: Tx, items: Iterable[tuple[str, int, str]]) -> None:
        """Give back (message id, ordinal, `parked_as`) untried, for a pause; what is paused no more is due at once."""
        given = list(items)
        pauses.park(tx, given, self._worker)
        self.release(tx, [(message_id, ordinal) for message_id, ordinal, _ in given])

    # -- recording -------------------------------------------------------------------------------------------------

    def record(self, tx: Tx, results: Sequence[Written]) -> None:
        """Write what attempts came to, with the events they cause."""
        self._settings.refresh(tx)
        now = to_micros(tx.now)
        kept = self._change_states(tx, results, now)
        tx.hot(_INSERT_ATTEMPT, [item.attempt for item in kept])
        events = [row for item in kept for row in self._events(tx, item, now)]
        tx.hot(INSERT_EVENT, events)
        mail_counts.deliveries(tx, kept)
        simulated_mail.note(tx, kept)
        publications.note(tx, self._settings, events, ((one.message_id, one.account_id, one.region) for one in kept))
        if any(item.is_deferred for item in kept):
            tx.wake("deliveries")

    def _change_states(self, tx: Tx, results: Sequence[Written], now: int) -> list[Written]:
        """Those that were still ours. The others' answers are logged: another worker owns the recipient by now."""
        rows = [(*item.state, item.message_id, item.ordinal) for item in results]
        ours = set(tx.hot_returning(_RECORD, rows, (now, self._worker)))
        kept: list[Written] = []
        for item in results:
            key = item.message_id, item.ordinal
            if key in ours:
                ours.remove(key)  # a report that came twice counts once
                kept.append(item)
            else:
                logger.warning("late_result", extra={"message_id": item.message_id, "state": item.state[0]})
        return kept

    def _events(self, tx: Tx, item: Written, now: int) -> list[tuple[Any, ...]]:
        if item.told is None:
            return [(item.message_id, now, EventKind.DELIVERY, item.ordinal, item.delivery)]
        report, result = item.told
        if result.decision.state is DeliveryState.DEFERRED:
            return self._delay_events(tx, report, result, now) if result.decision.counts else []
        return self._bounce_events(tx, report, result, now)

    def _delay_events(self, tx: Tx, report: AttemptReport, result: RecipientResult, now: int) -> list[tuple[Any, ...]]:
        ((region, _, expires_at, _),) = tx.hot_rows(_MESSAGE_FACTS, (report.message_id,))
        detail = event.delivery_delay(
            result,
            expires_at=from_micros(expires_at),
            now=tx.now,
            reporting_mta=self._names(region).ehlo_name,
        )
        return [_event_row(report, result, now, EventKind.DELIVERY_DELAY, detail)]

    def _bounce_events(self, tx: Tx, report: AttemptReport, result: RecipientResult, now: int) -> list[tuple[Any, ...]]:
        ((region, configuration_set, _, facts_text),) = tx.hot_rows(_MESSAGE_FACTS, (report.message_id,))
        facts = json.loads(facts_text)
        kind = _bounce_kind(result, own_deadline=bool(facts["own_deadline"]))
        outcome = result.outcome
        address = str(result.address)
        detail = event.bounce(
            kind,
            [event.bounced_recipient(address, status=str(outcome.status or ""), diagnostic=outcome.diagnostic)],
            now=tx.now,
            feedback_id=report.message_id,
            reporting_mta=self._names(region).ehlo_name,
            remote_mta_ip=report.facts.address,
        )
        if kind.bounce_type is not BounceType.PERMANENT:
            mail_counts.recipients(tx, Count.TRANSIENT_BOUNCES, report.message_id, [address])
        elif facts["operation"] != "Service":
            condemn(
                tx,
                self._settings,
                (report.account_id, region),
                configuration_set=configuration_set,
                address=address,
                message_id=report.message_id,
            )
        return [_event_row(report, result, now, EventKind.BOUNCE, detail)]


def _load(tx: Tx, message_id: str, stream: str, recipients: tuple[DueRecipient, ...]) -> Outgoing:
    ((account_id, region, configuration_set, reverse_path, body, signing, tls, accepted, expires, facts, content),) = (
        tx.hot_rows(_MESSAGE, (message_id,))
    )
    return Outgoing(
        message_id=message_id,
        account_id=account_id,
        region=region,
        configuration_set=configuration_set,
        reverse_path=ReversePath.of(AddrSpec.parse(reverse_path)) if reverse_path else ReversePath.NULL,
        content=bytes(content),
        body=BodyType(body),
        signing=tuple(
            SigningPlan(domain=domain, selector=selector, key_id=key_id)
            for domain, selector, key_id in json.loads(signing)
        ),
        tls_policy=TlsPolicy(tls),
        accepted_at=from_micros(accepted),
        expires_at=from_micros(expires),
        recipients=recipients,
        stream=stream,
        counts_as=mail_counts.key_of(configuration_set, json.loads(facts)),
    )


def _bounce_kind(result: RecipientResult, *, own_deadline: bool) -> BounceKind:
    if result.decision.state is DeliveryState.EXPIRED:
        return classify_expiry(Deadline.CONFIGURATION_SET if own_deadline else Deadline.SERVICE)
    return classify_outcome(result.outcome)


def _event_row(
    report: AttemptReport, result: RecipientResult, now: int, kind: EventKind, detail: dict[str, Any]
) -> tuple[Any, ...]:
    return (report.message_id, now, kind, result.ordinal, compact(detail))


def reap(tx: Tx, living: Iterable[str]) -> int:
    """Give back what workers had in hand that no longer live; how many recipients that were."""
    owners = {row[0] for row in tx.hot_rows(_OWNERS, ())} - set(living)
    now = to_micros(tx.now)
    freed = sum(tx.hot(_REAP, [(now, now, owner)]) for owner in owners)
    if freed:
        tx.wake("deliveries")
    return freed
