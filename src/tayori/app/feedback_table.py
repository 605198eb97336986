"""The table of feedback loops, from its files.

Owns the reading: the table that comes along (`model.feedback_loops`), hosts by delivery's table of providers where an
entry names none, and the operator's own file over it. A file that cannot be used stops the start.
"""

import tomllib
from pathlib import Path

from tayori.delivery import providers
from tayori.model import feedback_loops
from tayori.model.feedback_loops import FeedbackLoops
from tayori.model.shaping import TableError


def load(own: str = "") -> FeedbackLoops:
    """`own` is the path of the operator's file, "" for none. Raises TableError."""
    hosts = {provider.name: provider.hosts for provider in providers.load().providers}
    table = feedback_loops.shipped(hosts)
    if not own:
        return table
    try:
        more = tomllib.loads(Path(own).read_text("utf-8"))
        return table.with_more(feedback_loops.parse(more, hosts, table.collectors))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TableError) as error:
        raise TableError(f"{own}: {error}") from None
