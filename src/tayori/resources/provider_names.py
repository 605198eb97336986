"""What the provider behind a mail host is called where mail is counted: by the table of feedback loops.

Owns the one table that a process counts by. It is that which comes along, until whoever starts the process names the
installation's own, where the operator knows more; counts keep the names that they were made with.
"""

from functools import lru_cache
from importlib.resources import files
from tomllib import loads

from tayori.model import feedback_loops, shaping
from tayori.model.feedback_loops import FeedbackLoops
from tayori.model.mail_count import OTHER_PROVIDER


class _Names:
    def __init__(self) -> None:
        delivery = shaping.parse(loads(files("tayori.delivery").joinpath("providers.toml").read_text("utf-8")))
        self.table = feedback_loops.shipped({provider.name: provider.hosts for provider in delivery.providers})


_names = _Names()


def use(table: FeedbackLoops) -> None:
    """Count by this table from now on. Once in a process, before anything is counted."""
    _names.table = table
    provider_of.cache_clear()


def table() -> FeedbackLoops:
    """That which is counted by."""
    return _names.table


@lru_cache(maxsize=4096)
def provider_of(host: str) -> str:
    found = _names.table.of_host(host) if host else None
    return found.id if found else OTHER_PROVIDER
