"""Source addresses in Prometheus's text form: what each has done today, how warm it is, where it rests.

Owns the names of these gauges. All processes of an installation show the same: the numbers are the rows'.
"""

from collections.abc import Iterator

from tayori.model.source import LISTED
from tayori.resources import sources
from tayori.store.engine import Tx

_EPOCH = 719163  # date(1970, 1, 1).toordinal()


def gauges(tx: Tx) -> tuple[str, ...]:
    """Nothing where no address is registered."""
    return tuple(_lines(tx))


def _lines(tx: Tx) -> Iterator[str]:
    found = sources.all_addresses(tx)
    if not found:
        return
    day = tx.now.toordinal() - _EPOCH
    yield "# HELP tayori_source_recipients_today What came of the day's recipients (UTC), by source and provider."
    yield "# TYPE tayori_source_recipients_today gauge"
    known = {source.address for source in found}
    for (address, provider), tally in sorted(sources.counts(tx, day, day).items()):
        if address in known:
            labels = f'source="{address}",provider="{provider}"'
            for result in ("sent", "deferred", "failed", "blocked"):
                yield f'tayori_source_recipients_today{{{labels},result="{result}"}} {getattr(tally, result)}'
    yield "# HELP tayori_source_warmup_percent How far a source is warmed up."
    yield "# TYPE tayori_source_warmup_percent gauge"
    yield from (f'tayori_source_warmup_percent{{source="{one.address}"}} {one.percentage(tx.now)}' for one in found)
    yield "# HELP tayori_source_paused Whether an operator has paused a source."
    yield "# TYPE tayori_source_paused gauge"
    yield from (f'tayori_source_paused{{source="{one.address}"}} {int(one.paused)}' for one in found)
    yield "# HELP tayori_source_resting Providers that a source keeps away from, since they have blocked it."
    yield "# TYPE tayori_source_resting gauge"
    resting = [rest for rest in sources.rests(tx) if rest.address in known and rest.until > tx.now]
    for one in found:
        count = sum(rest.address == one.address and not rest.provider.startswith(LISTED) for rest in resting)
        yield f'tayori_source_resting{{source="{one.address}"}} {count}'
    yield "# HELP tayori_source_listed Block lists that name a source."
    yield "# TYPE tayori_source_listed gauge"
    for one in found:
        count = sum(rest.address == one.address and rest.provider.startswith(LISTED) for rest in resting)
        yield f'tayori_source_listed{{source="{one.address}"}} {count}'
