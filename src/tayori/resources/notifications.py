"""The outbox of notifications: one row is one delivery to one endpoint. Enqueue, claim, finish, forget.

A row is in one worker's hands at a time (`owner`), and a result is written by compare-and-set on it. A worker that dies
leaves its rows to whoever takes over, so that a notification goes out at least once. When to try again is
`model.delivery_policy`'s.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

from tayori import ids
from tayori.model.delivery_policy import policy_of
from tayori.model.event_target import stream_name
from tayori.resources import tellings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.notification_tables import NOTIFICATION_OPEN
from tayori.store.tables import from_micros, storable, to_micros

TOPIC = "notifications"  # of wake-ups
_ERROR_LENGTH = 500
_REPLY_LENGTH = 1000

_INSERT = Hot(
    "INSERT INTO notifications (account_id, notification_id, region, kind, state, owner, due_at, attempts, topic_arn,"
    " subscription_id, protocol, endpoint, lane, envelope, created_at, updated_at, last_error, status, duration_ms,"
    " reply) VALUES {values}"
)
# The lanes that have something open that nobody has in hand, each with its earliest: one step of the index for each
# lane, however much waits in it.
_LANES = Hot(
    f"WITH RECURSIVE lanes(lane) AS (SELECT MIN(lane) FROM notifications WHERE {NOTIFICATION_OPEN} AND owner = ''"
    f" UNION ALL SELECT (SELECT MIN(lane) FROM notifications WHERE {NOTIFICATION_OPEN} AND owner = ''"
    " AND lane > lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL)"
    f" SELECT lanes.lane, (SELECT MIN(due_at) FROM notifications WHERE {NOTIFICATION_OPEN} AND owner = ''"
    " AND lane = lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL"
)
_DUE = Hot(
    "SELECT account_id, notification_id, region, kind, attempts, topic_arn, subscription_id, protocol, endpoint,"
    " lane, envelope, created_at, due_at FROM notifications"
    f" WHERE {NOTIFICATION_OPEN} AND owner = '' AND lane = ? AND due_at <= ? ORDER BY due_at LIMIT ? {{skip_locked}}"
)
_TAKE = Hot(
    "UPDATE notifications SET state = 'sending', owner = ? WHERE account_id = ? AND notification_id = ? AND owner = ''"
)
_FINISH = Hot(
    "UPDATE notifications SET state = ?, owner = '', due_at = ?, attempts = attempts + 1, updated_at = ?,"
    " last_error = ?, status = ?, duration_ms = ?, reply = ?"
    " WHERE account_id = ? AND notification_id = ? AND owner = ? AND state = 'sending'"
)
_TAKE_OVER = Hot(
    "UPDATE notifications SET state = 'waiting', owner = '' WHERE account_id = ? AND notification_id = ? AND owner = ?"
)
_OF_OTHERS = Hot(
    f"SELECT account_id, notification_id, owner FROM notifications WHERE {NOTIFICATION_OPEN} AND owner > ''"
    " AND owner <> ?"
)
_OURS = Hot(f"SELECT account_id, notification_id, owner FROM notifications WHERE {NOTIFICATION_OPEN} AND owner = ?")
_OLD = Hot(
    "SELECT account_id, notification_id FROM notifications WHERE state = ? AND updated_at < ?"
    " ORDER BY updated_at LIMIT ?"
)
_DELETE = Hot("DELETE FROM notifications WHERE account_id = ? AND notification_id = ?")
_REPLAY = (
    "UPDATE notifications SET state = 'waiting', due_at = ?, attempts = 0, updated_at = ?"
    " WHERE account_id = ? AND region = ? AND subscription_id = ?"
)
_REPLAY_ONE = Hot(f"{_REPLAY} AND notification_id = ? AND state IN ('done', 'dead')")
_REPLAY_DEAD = Hot(
    f"{_REPLAY} AND notification_id IN (SELECT notification_id FROM notifications WHERE account_id = ? AND region = ?"
    " AND subscription_id = ? AND state = 'dead' AND updated_at <= ? LIMIT ?) AND state = 'dead'"
)
_STEP = 500


class NotificationKind(StrEnum):
    """What a message of SNS is, by its `Type`; DEAD_LETTER is one that goes to the queue of a RedrivePolicy."""

    NOTIFICATION = "Notification"
    SUBSCRIPTION_CONFIRMATION = "SubscriptionConfirmation"
    UNSUBSCRIBE_CONFIRMATION = "UnsubscribeConfirmation"
    DEAD_LETTER = "DeadLetter"


class Subscribed(Protocol):
    """What is asked of a subscription: where it leads, and what it says of the way there."""

    @property
    def subscription_id(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One row, in hand. `envelope` is what the message is made of when it is sent (see `enqueue`)."""

    account_id: str
    notification_id: str
    region: str
    kind: str
    attempts: int
    topic_arn: str
    subscription_id: str
    protocol: str
    endpoint: str
    lane: str
    envelope: Mapping[str, Any]
    created_at: datetime
    size: int = 0  # of the envelope in the row, in characters

    @property
    def subscription_arn(self) -> str:
        return f"{self.topic_arn}:{self.subscription_id}"


class Verdict(StrEnum):
    """What one try came to. REFUSED is a failure that trying again cannot mend."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    notification: Notification
    worker: str
    verdict: Verdict
    error: str = ""
    status: int = 0  # of HTTP
    duration_ms: int = 0
    reply: str = ""  # what came back


def enqueue(
    tx: Tx,
    *,
    account_id: str,
    region: str,
    kind: str,
    topic_arn: str,
    subscription: Subscribed,
    message_id: str,
    subject: str,
    message: str,
    attributes: Mapping[str, Any],
    raw: bool,
    topic_attributes: Mapping[str, str] | None = None,
) -> None:
    """Write one delivery to the outbox. `attributes` are the message's, as SNS writes them: name → {Type, Value}.

    `topic_attributes` are asked for SignatureVersion and DeliveryPolicy.
    """
    of_topic = topic_attributes or {}
    envelope = {
        "message_id": message_id,
        "subject": subject,
        "message": message,
        "attributes": dict(attributes),
        "raw": raw,
        "token": subscription.token,
        "signature_version": of_topic.get("SignatureVersion", "1"),
        "policy": subscription.attributes.get("DeliveryPolicy", ""),
        "topic_policy": of_topic.get("DeliveryPolicy", ""),
        "redrive": _redrive_target(subscription.attributes.get("RedrivePolicy", "")),
    }
    _insert(
        tx,
        account_id=account_id,
        region=region,
        kind=kind,
        topic_arn=topic_arn,
        subscription_id=subscription.subscription_id,
        protocol=subscription.protocol,
        endpoint=subscription.endpoint,
        envelope=envelope,
    )
    tx.wake(TOPIC)


def enqueue_other(
    tx: Tx,
    *,
    account_id: str,
    region: str,
    kind: str,
    destination: str,
    protocol: str,
    endpoint: str,
    envelope: Mapping[str, Any],
) -> None:
    """Write a delivery that no topic is behind. `destination` names what it belongs to."""
    _insert(
        tx,
        account_id=account_id,
        region=region,
        kind=kind,
        topic_arn="",
        subscription_id=destination,
        protocol=protocol,
        endpoint=endpoint,
        envelope=envelope,
    )
    tx.wake(TOPIC)


def _insert(
    tx: Tx,
    *,
    account_id: str,
    region: str,
    kind: str,
    topic_arn: str,
    subscription_id: str,
    protocol: str,
    endpoint: str,
    envelope: Mapping[str, Any],
) -> None:
    now = to_micros(tx.now)
    notification_id = f"{now:014x}-{ids.worker_id()}"
    row = (
        account_id,
        notification_id,
        region,
        kind,
        "waiting",
        "",
        now,
        0,
        topic_arn,
        subscription_id,
        protocol,
        endpoint,
        _lane(protocol, endpoint),
        json.dumps(envelope, separators=(",", ":")),
        now,
        now,
        "",
        0,
        0,
        "",
    )
    tx.hot(_INSERT, [row])
    tellings.note(
        tx,
        account_id=account_id,
        notification_id=notification_id,
        topic_arn=topic_arn,
        protocol=protocol,
        endpoint=endpoint,
    )


def _lane(protocol: str, endpoint: str) -> str:
    """What its trouble would be: the host, the server of queues, the stream, the mail."""
    if protocol == "firehose":
        return f"{protocol}/{stream_name(endpoint)}"
    if protocol not in ("http", "https", "webhook"):
        return protocol
    try:
        return urlsplit(endpoint).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _redrive_target(text: str) -> str:
    """The ARN of the queue that takes what could not be delivered (sns: dead-letter queues)."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return ""
    return str(found.get("deadLetterTargetArn") or "") if isinstance(found, dict) else ""


# -- taking ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneDue:
    """A lane with something that nobody has in hand, and when the first of it is due."""

    lane: str
    due_at: datetime


def lanes(tx: Tx) -> list[LaneDue]:
    return [LaneDue(lane=lane, due_at=from_micros(due)) for lane, due in tx.hot_rows(_LANES, ()) if due is not None]


def claim(tx: Tx, worker: str, limit: int, rooms: Mapping[str, int] | None = None) -> list[Notification]:
    """Take up to `limit` that are due, the oldest first: of the lanes in `rooms` so many each, else of any lane."""
    if rooms is None:
        rooms = {found.lane: limit for found in lanes(tx) if found.due_at <= tx.now}
    due = to_micros(tx.now)
    rows = [row for lane, room in rooms.items() for row in tx.hot_rows(_DUE, (lane, due, min(room, limit)))]
    rows.sort(key=lambda row: row[12])
    found = [loaded(row) for row in rows[:limit]]
    tx.hot(_TAKE, [(worker, item.account_id, item.notification_id) for item in found])
    return found


def loaded(row: Sequence[Any]) -> Notification:
    return Notification(
        account_id=row[0],
        notification_id=row[1],
        region=row[2],
        kind=row[3],
        attempts=row[4],
        topic_arn=row[5],
        subscription_id=row[6],
        protocol=row[7],
        endpoint=row[8],
        lane=row[9],
        envelope=json.loads(row[10]),
        created_at=from_micros(row[11]),
        size=len(row[10]),
    )


def next_due(tx: Tx) -> datetime | None:
    """When the next that nobody has in hand falls due."""
    return min((found.due_at for found in lanes(tx)), default=None)


def take_over(tx: Tx, worker: str) -> int:
    """Give back what other workers have in hand: there is one at a time, and it is `worker` now. How many."""
    return tx.hot(_TAKE_OVER, tx.hot_rows(_OF_OTHERS, (worker,)))


def release(tx: Tx, worker: str) -> None:
    """Give back what `worker` has in hand, untried."""
    tx.hot(_TAKE_OVER, tx.hot_rows(_OURS, (worker,)))


def give_back(tx: Tx, worker: str, items: Sequence[Notification]) -> int:
    """Give back some of what `worker` has in hand, untried; how many."""
    return tx.hot(_TAKE_OVER, [(item.account_id, item.notification_id, worker) for item in items])


# -- finishing ---------------------------------------------------------------------------------------------------------


def finish(tx: Tx, results: Sequence[Result]) -> list[None]:
    """A batch function: write what tries came to and when the next one is, and send on what is dead."""
    now = to_micros(tx.now)
    for result in results:
        item = result.notification
        due = None if result.verdict is Verdict.REFUSED else _next_try(tx.now, item)
        if result.verdict is Verdict.DONE:
            state, due_at = "done", tx.now
        else:
            state, due_at = ("dead", tx.now) if due is None else ("waiting", due)
        error = storable(result.error)[:_ERROR_LENGTH]
        key = item.account_id, item.notification_id, result.worker
        answer = result.status, result.duration_ms, storable(result.reply[:_REPLY_LENGTH])
        if tx.hot(_FINISH, [(state, to_micros(due_at), now, error, *answer, *key)]) and state == "dead":
            _redrive(tx, item, error)
    tx.wake(TOPIC)
    return [None] * len(results)


def _next_try(now: datetime, item: Notification) -> datetime | None:
    policy = policy_of(item.protocol, item.envelope.get("policy", ""), item.envelope.get("topic_policy", ""))
    delay = policy.delay(item.attempts + 1)
    return None if delay is None else now + delay * (1 + 0.1 * ids.jitter())


def _redrive(tx: Tx, item: Notification, reason: str) -> None:
    """To the queue of the subscription's RedrivePolicy. A letter that does not get there either stays here, dead."""
    target = item.envelope.get("redrive") or ""
    if not target or item.kind != NotificationKind.NOTIFICATION:
        return
    _insert(
        tx,
        account_id=item.account_id,
        region=item.region,
        kind=NotificationKind.DEAD_LETTER,
        topic_arn=item.topic_arn,
        subscription_id=item.subscription_id,
        protocol="sqs",
        endpoint=target,
        envelope=dict(item.envelope) | {"redrive": "", "policy": "", "topic_policy": "", "reason": reason},
    )


# -- again, and no more -----------------------------------------------------------------------------------------------


def replay(tx: Tx, account_id: str, region: str, destination: str, notification_ids: Sequence[str]) -> int:
    """Send again what a destination was sent, by name, however it ended. How many."""
    now = to_micros(tx.now)
    key = account_id, region, destination
    replayed = tx.hot(_REPLAY_ONE, [(now, now, *key, notification_id) for notification_id in notification_ids])
    if replayed:
        tx.wake(TOPIC)
    return replayed


def replay_dead(tx: Tx, account_id: str, region: str, destination: str, before: datetime) -> tuple[int, bool]:
    """Send again some of what a destination never got and that was given up before that; how many, and whether there
    may be more.
    """
    now = to_micros(tx.now)
    key = account_id, region, destination
    replayed = tx.hot(_REPLAY_DEAD, [(now, now, *key, *key, to_micros(before), _STEP)])
    if replayed:
        tx.wake(TOPIC)
    return replayed, replayed == _STEP


def forget(tx: Tx, *, done: timedelta, dead: timedelta) -> int:
    """Delete some of what is old; how many rows that were."""
    count = 0
    for state, age in (("done", done), ("dead", dead)):
        count += tx.hot(_DELETE, tx.hot_rows(_OLD, (state, to_micros(tx.now - age), _STEP)))
    return count
