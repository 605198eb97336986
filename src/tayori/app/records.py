"""Search and jobs in a node: the loops that write the index and work on jobs, and what HTTP serves of both."""

from datetime import timedelta

from tayori.api.app import Route
from tayori.app.message_desk import MessagePages
from tayori.config import Config
from tayori.loops.base import Loop
from tayori.loops.search_indexing import SearchIndexing
from tayori.store.engine import Store


def loops(config: Config, store: Store) -> list[tuple[Loop, str]]:
    """Each with the topic that wakes it."""
    timeline = timedelta(days=config.retention.timeline_days)
    return [(SearchIndexing(store, timeline), "search-index")] if config.search.index else []


def routes(store: Store) -> list[Route]:
    return MessagePages(store).table()
