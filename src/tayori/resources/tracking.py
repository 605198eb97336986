"""Opens and clicks on their way into the rows: the keys that sign links, and the events of whoever followed one.

Owns what is counted. A message takes MOST_EVENTS of them, and for 60 days, as SES collects them: nobody can fill the
disk with one link. Links lead where they led after that, too. Never answers a request: that waits for no database.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tayori.model import event
from tayori.model.event import EventKind, Visit
from tayori.model.machine_visit import AT_ONCE_SECONDS, VisitFacts, judge
from tayori.model.mail_count import Count
from tayori.model.tracking_link import LinkKey, LinkKind, TrackingLink, key_number
from tayori.resources import event_rows, mail_counts, publications
from tayori.resources.publications import EventRow
from tayori.resources.results import compact
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable, to_micros

COLLECTED = timedelta(days=60)  # after a message was sent (ses: metrics FAQ)
MOST_EVENTS = 2000  # of opens and clicks of one message, which has 50 recipients at the most
_LONGEST_USER_AGENT = 500
_NAME = "tracking-"

_KEY = Hot("SELECT value FROM installation_values WHERE name = ?")
_KEYS = Hot("SELECT name, value FROM installation_values WHERE name LIKE ?")
_ADD_KEY = Hot("INSERT INTO installation_values (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")
_MESSAGE = Hot("SELECT account_id, region FROM messages WHERE message_id = ?")
_RECIPIENTS = Hot("SELECT ordinal, address FROM recipients WHERE message_id = ? ORDER BY ordinal LIMIT 2")
_DELIVERED = Hot("SELECT MIN(at) FROM events WHERE message_id = ? AND kind = 'Delivery'")
_COUNT = Hot(
    "SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE message_id = ? AND kind IN ('Open', 'Click') LIMIT ?) AS known"
)
_CLICKS = Hot("SELECT at, detail FROM events WHERE message_id = ? AND at >= ? AND kind = 'Click'")
_KINDS = {LinkKind.OPEN: EventKind.OPEN, LinkKind.CLICK: EventKind.CLICK}
_COUNTS = {EventKind.OPEN: Count.OPENS, EventKind.CLICK: Count.CLICKS}


# -- keys ----------------------------------------------------------------------------------------------------------


def signing_key(tx: Tx, fresh: bytes) -> LinkKey:
    """The key that signs links now; `fresh` becomes it where there is none for this time yet."""
    number = key_number(tx.now)
    name = f"{_NAME}{number}"
    found = tx.hot_rows(_KEY, (name,))
    if not found:
        tx.hot(_ADD_KEY, [(name, fresh)])
        found = tx.hot_rows(_KEY, (name,))
    return LinkKey(number=number, secret=bytes(found[0][0]))


def keys(tx: Tx) -> dict[int, bytes]:
    """All that ever signed links, by number."""
    return {int(name.removeprefix(_NAME)): bytes(value) for name, value in tx.hot_rows(_KEYS, (f"{_NAME}%",))}


# -- events --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One request for a link of ours."""

    link: TrackingLink
    at: datetime
    ip_address: str
    user_agent: str
    is_head: bool


def record(tx: Tx, settings: Settings, hits: Sequence[Hit]) -> int:
    """Write the events of these hits; how many there are. Hits of messages that are forgotten by now leave none."""
    settings.refresh(tx)
    by_message: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.at - hit.link.sent_at <= COLLECTED:
            by_message[hit.link.message_id].append(hit)
    return sum(_record(tx, settings, message_id, found) for message_id, found in by_message.items())


def _record(tx: Tx, settings: Settings, message_id: str, hits: Sequence[Hit]) -> int:
    owners = tx.hot_rows(_MESSAGE, (message_id,))
    recipients = tx.hot_rows(_RECIPIENTS, (message_id,))
    ((known,),) = tx.hot_rows(_COUNT, (message_id, MOST_EVENTS))
    hits = sorted(hits, key=lambda hit: hit.at)[: MOST_EVENTS - known]
    if not owners or not recipients or not hits:
        return 0
    # A link is shared by all recipients, so it says who opened only where there is one (ses: metrics FAQ).
    is_one = len(recipients) == 1
    rows = _written(tx, hits, ordinal=recipients[0][0] if is_one else -1, is_one=is_one)
    publications.note(tx, settings, rows, [(message_id, *owners[0])])
    for kind, count in _COUNTS.items():
        mail_counts.recipients(tx, count, message_id, [recipients[0][1] for row in rows if row[2] is kind])
    return len(rows)


def _written(tx: Tx, hits: Sequence[Hit], *, ordinal: int, is_one: bool) -> list[EventRow]:
    message_id = hits[0].link.message_id
    ((delivered,),) = tx.hot_rows(_DELIVERED, (message_id,))
    crowd = _Crowd(tx, hits, is_one=is_one)
    rows: list[EventRow] = []
    for hit in hits:
        since = None if delivered is None else (hit.at - from_micros(delivered)).total_seconds()
        judgement = judge(
            VisitFacts(
                is_click=hit.link.kind is LinkKind.CLICK,
                is_head=hit.is_head,
                user_agent=hit.user_agent,
                since_delivery=since if since is not None and since >= 0 else None,
                links_at_once=crowd.links_at_once(hit),
            )
        )
        visit = Visit(
            at=hit.at,
            ip_address=hit.ip_address,
            user_agent=storable(hit.user_agent[:_LONGEST_USER_AGENT]),
            machine=judgement.machine,
            is_bot=judgement.is_bot,
        )
        detail = compact(_detail(hit.link, visit))
        rows.append(event_rows.append(tx, (message_id, to_micros(hit.at), _KINDS[hit.link.kind], ordinal, detail)))
    return rows


def _detail(link: TrackingLink, visit: Visit) -> Mapping[str, object]:
    if link.kind is LinkKind.OPEN:
        return event.opened(visit)
    return event.clicked(visit, link=link.target, link_tags=link.tag_values)


class _Crowd:
    """The clicks on a message around the same time: who follows many links at once does not read them.

    Of a message with several recipients, only what one address follows is one visitor's.
    """

    def __init__(self, tx: Tx, hits: Sequence[Hit], *, is_one: bool) -> None:
        self._is_one = is_one
        window = timedelta(seconds=AT_ONCE_SECONDS)
        since = to_micros(hits[0].at - window)
        self._clicks: list[tuple[datetime, str, str]] = [
            (hit.at, hit.ip_address, hit.link.target) for hit in hits if hit.link.kind is LinkKind.CLICK
        ]
        if self._clicks:
            for at, text in tx.hot_rows(_CLICKS, (hits[0].link.message_id, since)):
                detail = json.loads(text)
                self._clicks.append((from_micros(at), detail["ipAddress"], detail["link"]))

    def links_at_once(self, hit: Hit) -> int:
        return len(
            {
                target
                for at, ip_address, target in self._clicks
                if abs((at - hit.at).total_seconds()) <= AT_ONCE_SECONDS
                and (self._is_one or ip_address == hit.ip_address)
            }
        )
