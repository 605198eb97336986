"""How long a search for messages takes in a large store: of each form, the median and the slowest in a hundred.

The rows of the messages, their recipients and the index are written as the service would have written them, spread over
three days. Beside it: what the index costs the loop that writes it, for each message.
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from bench.measure import machine
from tayori import ids
from tayori.clock import SystemClock
from tayori.model import search
from tayori.model.search import Search, Searched, Status, SubjectWish
from tayori.resources import accounts, search_index
from tayori.resources import search as finding
from tayori.resources.search import Step
from tayori.store.database import open_store
from tayori.store.dialect import Hot
from tayori.store.engine import Store, Tx
from tayori.store.tables import to_micros

PART = 10_000  # messages that one call of `fill` writes
BOUNCES_ONE_IN = 997
_SPAN = timedelta(days=3)
_OWNER = ("111122223333", "us-east-1")
_PAGE = 50
_ROUNDS = 100
_DENSE = 20_000  # messages that come at once
_RATE = 1000  # a second

FORMS: Mapping[str, Search] = {
    "recipient": Search(recipients=("r777@d777.test",)),
    "recipient's domain": Search(recipients=("d7.test",)),
    "rare word": Search(subject=SubjectWish.parse("4321")),
    "common word": Search(subject=SubjectWish.parse("newsletter")),
    "common and rare word": Search(subject=SubjectWish.parse("newsletter 4321")),
    "beginning of a word": Search(subject=SubjectWish.parse("news*")),
    "sender": Search(senders=("news@example.com",)),
    "tag": Search(tags=(("campaign", "c3"),)),
    "configuration set": Search(configuration_set="set5"),
    "identity": Search(identity="example.com"),
    "bounced": Search(statuses=frozenset({Status.BOUNCED})),
    "delivered": Search(statuses=frozenset({Status.DELIVERED})),
    "bounced at a domain": Search(statuses=frozenset({Status.BOUNCED}), recipients=("d994.test",)),
    "everything": Search(),
    "nobody": Search(recipients=("nobody@nowhere.test",)),
    "never together": Search(recipients=("d7.test",), tags=(("campaign", "c4"),)),
    "delayed": Search(statuses=frozenset({Status.DELAYED})),
}
NEVER_FOUND = frozenset({"nobody", "never together", "delayed"})

_MESSAGE = Hot(
    "INSERT INTO messages (message_id, account_id, region, accepted_at, expires_at, from_address, subject,"
    " configuration_set, reverse_path, tls_policy, body_type, size, signing, facts) VALUES {values}"
)
_RECIPIENT = Hot(
    "INSERT INTO recipients (message_id, ordinal, address, domain, state, owner, due_at, stream, attempts, reason,"
    " status, diagnostic, updated_at) VALUES {values}"
)
_CURSOR = Hot(
    "INSERT INTO search_cursors (prefix, indexed_to, settled_to) VALUES (?, ?, ?)"
    " ON CONFLICT (prefix) DO UPDATE SET indexed_to = excluded.indexed_to, settled_to = excluded.settled_to"
)


def fill(tx: Tx, owner: tuple[str, str], since: datetime, count: int, start: int, *, span: timedelta = _SPAN) -> None:
    """Messages number `start` to `start` + PART of `count`, with their index."""
    account_id, region = owner
    messages, recipients, terms = [], [], []
    for number in range(start, min(start + PART, count)):
        at = since + span / count * number
        message_id = ids.message_id(region, at)
        bounced = number % BOUNCES_ONE_IN == 0
        message = _searched(region, number, at)
        messages.append(_message_row(account_id, message_id, message))
        recipients.append(_recipient_row(message_id, message, "bounced" if bounced else "delivered"))
        place = search.place_of(message_id)
        assert place is not None
        kinds = search.terms_of(message)
        if bounced:
            kinds.add(search.term(region, *search.outcome_term(Status.BOUNCED)))
        terms += [(account_id, place.day, term, place.number) for term in kinds]
    tx.hot(_MESSAGE, messages)
    tx.hot(_RECIPIENT, recipients)
    tx.hot(search_index.ADD, search_index.in_spans(terms))
    last = messages[-1][0]
    tx.hot(_CURSOR, [(str(last)[:4], last, last)])


def _searched(region: str, number: int, at: datetime) -> Searched:
    domain = number % 1000
    return Searched(
        region=region,
        accepted_at=at,
        from_address="news@example.com",
        subject=f"The newsletter of week {number % 52}, order {number} for you",
        configuration_set=f"set{number % 10}",
        identity="example.com",
        tags={"campaign": f"c{domain % 100 % 7}", "week": str(number % 52)},
        recipients=(f"r{number}@d{domain}.test",),
    )


def _message_row(account_id: str, message_id: str, message: Searched) -> tuple[object, ...]:
    facts = {"operation": "SendEmail", "identity": message.identity, "tags": dict(message.tags), "source_ip": ""}
    micros = to_micros(message.accepted_at)
    return (
        message_id,
        account_id,
        message.region,
        micros,
        micros,
        message.from_address,
        message.subject,
        message.configuration_set,
        f"{message_id}@mail.example.com",
        "OPTIONAL",
        "7BIT",
        4096,
        "[]",
        json.dumps(facts),
    )


def _recipient_row(message_id: str, message: Searched, state: str) -> tuple[object, ...]:
    (address,) = message.recipients
    micros = to_micros(message.accepted_at)
    domain = address.partition("@")[2]
    return message_id, 0, address, domain, state, "", micros, "", 1, "", "", "", micros


def main(*, messages: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tayori-bench-"))
    try:
        asyncio.run(_measured(folder, messages))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measured(folder: Path, messages: int) -> None:
    store = open_store(f"sqlite:///{folder / 'tayori.db'}", SystemClock())
    try:
        print(f"Search: {messages} messages in three days; {machine()}")
        started = time.monotonic()
        await store.write(_account)
        since = store.clock.now() - timedelta(days=4)
        for start in range(0, messages, PART):
            await store.write(fill, _OWNER, since, messages, start)
        size = (folder / "tayori.db").stat().st_size / 2**20
        print(f"  filled in {time.monotonic() - started:.0f} s, {size:.0f} MiB")
        print(f"  {'':<24}{'p50, ms':>10}{'p99, ms':>10}{'found':>8}{'looked at':>11}{'steps to end or page':>22}")
        for name, wanted in FORMS.items():
            await _form(store, name, wanted)
        await _index_cost(store, min(messages, _DENSE))
    finally:
        await store.close()


def _account(tx: Tx) -> None:
    accounts.create(tx, *_OWNER, name="bench")


async def _form(store: Store, name: str, wanted: Search) -> None:
    seconds: list[float] = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        steps = await _steps(store, wanted)
        seconds.append(time.perf_counter() - started)
    seconds.sort()
    found, looked_at = sum(len(one.messages) for one in steps), sum(one.looked_at for one in steps)
    p50, p99 = seconds[len(seconds) // 2] * 1000, seconds[len(seconds) * 99 // 100] * 1000
    print(f"  {name:<24}{p50:>10.2f}{p99:>10.2f}{found:>8}{looked_at:>11}{len(steps):>22}")


async def _steps(store: Store, wanted: Search) -> list[Step]:
    """As one request does it: until a page is full, or a second has passed."""
    steps: list[Step] = []
    start, left, ends = None, _PAGE, time.monotonic() + 1
    while left and time.monotonic() < ends:
        steps.append(await store.read(finding.step, *_OWNER, wanted, start=start, limit=left))
        start, left = steps[-1].rest, left - len(steps[-1].messages)
        if start is None:
            break
    return steps


async def _index_cost(store: Store, messages: int) -> None:
    """The loop's work for each message, in CPU time: where mail comes now and then, and where it comes at once."""
    await _index(store, "now and then", messages)
    await store.write(lambda tx: tx.hot(Hot("DELETE FROM messages"), [()]))
    await store.write(lambda tx: tx.hot(Hot("DELETE FROM recipients"), [()]))
    since, span = store.clock.now() - timedelta(hours=1), timedelta(seconds=messages / _RATE)
    for start in range(0, messages, PART):
        await store.write(fill, _OWNER, since, messages, start, span=span)
    await _index(store, f"{_RATE} a second", messages)


async def _index(store: Store, name: str, messages: int) -> None:
    await store.write(lambda tx: tx.hot(Hot("DELETE FROM search_terms"), [()]))
    await store.write(lambda tx: tx.hot(Hot("DELETE FROM search_cursors"), [()]))
    read = written = 0.0
    done = rows = 0
    while done < messages:
        started = time.process_time()
        piece = await store.read(search_index.next_piece, "0100")
        assert piece is not None
        between = time.process_time()
        await store.write(search_index.write, piece)
        read, written = read + between - started, written + time.process_time() - between
        done, rows = done + search_index.STEP, rows + len(piece.rows)
    print(f"  index of mail that comes {name}: {rows / done:.1f} rows for each message, ", end="")
    print(f"{read / done * 1e6:.0f} µs to read, {written / done * 1e6:.0f} µs to write")
