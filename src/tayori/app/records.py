"""Search, jobs and contact lists in a node: the loops behind them, and what HTTP serves of search and jobs."""

from datetime import timedelta

from tayori.api.app import Route
from tayori.app.job_files import FilePages, FolderFiles
from tayori.app.message_desk import MessagePages
from tayori.clock import Clock
from tayori.config import Config
from tayori.loops.base import Loop
from tayori.loops.contacts import ContactRemoval
from tayori.loops.jobs import JobWork
from tayori.loops.search_indexing import SearchIndexing
from tayori.model.job import Files
from tayori.resources import contact_lists, jobs, search_index
from tayori.store.engine import Store, Tx

_NO_LINKS = b""  # whoever works on jobs gives none


def loops(config: Config, store: Store) -> list[tuple[Loop, str]]:
    """Each with the topic that wakes it."""
    found: list[tuple[Loop, str]] = [
        (JobWork(store, files(config, store.clock, _NO_LINKS)), jobs.TOPIC),
        (ContactRemoval(store), contact_lists.TOPIC),
    ]
    if config.search.index:
        found.append((SearchIndexing(store, timedelta(days=config.retention.timeline_days)), "search-index"))
    return found


def routes(config: Config, store: Store, secret: bytes) -> list[Route]:
    found = files(config, store.clock, secret)
    pages = FilePages(found).table() if isinstance(found, FolderFiles) else []
    return [*MessagePages(store).table(), *pages]


def gauges(tx: Tx) -> tuple[str, ...]:
    name = "tayori_search_index_seconds_behind"
    return (
        f"# HELP {name} The age of the oldest message that waits for the index of the search.",
        f"# TYPE {name} gauge",
        f"{name} {search_index.seconds_behind(tx):.1f}",
    )


def files(config: Config, clock: Clock, secret: bytes) -> Files:
    """Where the files of jobs are. `secret` is shared by all who give links, or look at them."""
    if config.jobs.s3_endpoint:
        from tayori.app.job_buckets import BucketFiles  # its client takes a while to be imported

        return BucketFiles(config.jobs)
    return FolderFiles(config.jobs_folder, clock, config.http_url, secret)
