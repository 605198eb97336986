"""Looking through a large store: what a page costs does not depend on how much there is, or how deep one has gone.

Counted in rows that are looked at, and by the plans of the statements; never by the time that it takes.
"""

from datetime import timedelta
from typing import Any

import pytest
from bench.search import PART, fill

from population import ACCOUNT, REGION, open_account
from tayori.app import message_desk
from tayori.app.message_desk import Wanted
from tayori.resources import queue_view
from tayori.resources.search import STEP_ROWS
from tayori.store.dialect import Hot

MESSAGES = 100_000
WAITING = 20_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_costs_the_same_at_any_depth_and_goes_by_an_index(
    transact: Any, clock: Any, run: Any, store: Any
) -> None:
    transact(open_account)
    for start in range(0, MESSAGES, PART):
        transact(fill, (ACCOUNT, REGION), clock.now() - timedelta(days=4), MESSAGES, start)
    for pairs in ([], [("text", "newsletter")], [("recipient", "r77*")], [("status", "bounced")]):
        costs = run(_costs(store, pairs, 10))
        assert max(costs) <= 4 * STEP_ROWS, (pairs, costs)

    oldest = "(SELECT message_id FROM messages ORDER BY message_id LIMIT ?)"
    waits = f"state = 'deferred', stream = '{ACCOUNT} set1', domain = 'd1.test' WHERE message_id IN {oldest}"
    transact(lambda tx: tx.hot(Hot(f"UPDATE recipients SET {waits}"), [(WAITING,)]))
    seen: list[str] = []
    place = None
    for _ in range(20):
        found, place = transact(queue_view.page, ACCOUNT, "d1.test", behind=place, limit=50)
        seen += [one.waiting.message_id for one in found]
    assert len(set(seen)) == 1000 and place is not None
    everybody, _ = transact(queue_view.page, None, "d1.test", limit=50)
    assert [one.waiting.message_id for one in everybody] == seen[:50]
    (backlog,) = transact(queue_view.backlogs, ACCOUNT).destinations
    assert (backlog.domain, backlog.recipients) == ("d1.test", WAITING)
    assert transact(queue_view.backlogs, ACCOUNT, most=1000).is_cut

    for statement, parameters in queue_view.STATEMENTS:
        lines = transact(_plan, statement, parameters)
        assert not [line for line in lines if line.startswith("USE TEMP B-TREE")], lines
        assert not [line for line in lines if line.startswith("SCAN") and " USING " not in line], lines


async def _costs(store: Any, pairs: list[tuple[str, str]], count: int) -> list[int]:
    """How many rows each of the first pages looks at."""
    tokens = await message_desk.tokens(store)
    costs, page = [], ""
    for _ in range(count):
        wanted = Wanted.parse([*pairs, ("page", page)] if page else pairs, store.clock.now())
        found = await message_desk.look(store, tokens, ACCOUNT, REGION, wanted, seconds=0)
        costs.append(found.looked_at)
        page = found.following or ""
        if not page:
            break
    return costs


def _plan(tx: Any, statement: Hot, parameters: Any) -> list[str]:
    rows = tx.hot_rows(Hot(f"EXPLAIN QUERY PLAN {statement.sql}"), parameters)
    return [str(row[-1]).strip() for row in rows]
