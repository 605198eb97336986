"""Counted events as Prometheus reads them: sums for everybody at `/metrics`, an account's own at `/tayori/metrics`.

Dimensions are an account's affair, and there may be many of them: only the account is shown them.
"""

import re
from collections.abc import Iterable
from functools import partial

from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.resources import dead_letters, metrics
from tayori.resources.metrics import Series
from tayori.store.engine import Store, Tx

PATH = "/tayori/metrics"
_NAME = "tayori_ses_events_total"
_DEAD = "tayori_notifications_given_up"
_HEAD = (
    f"# HELP {_NAME} Events counted for CloudWatch destinations of configuration sets.",
    f"# TYPE {_NAME} counter",
)
_NOT_OF_LABELS = re.compile(r"[^A-Za-z0-9_]")
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def gauges(tx: Tx) -> list[str]:
    """Of all accounts together: as many lines as there are regions and kinds of events, and protocols."""
    found = metrics.totals(tx)
    return [
        *_HEAD,
        *(_line({"region": region, "event": metric}, total) for region, metric, total in found),
        f"# HELP {_DEAD} Notifications that were given up and can be sent again.",
        f"# TYPE {_DEAD} gauge",
        *(f'{_DEAD}{{protocol="{protocol}"}} {count}' for protocol, count in dead_letters.counts(tx)),
    ]


class MetricPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="GET", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        if request.path.rstrip("/") != PATH:
            raise common_error("UnknownOperationException")
        found = await self._store.read(metrics.series_of, principal.account_id, principal.region)
        lines = [*_HEAD, *map(partial(_own, principal.region), found)]
        headers = (("content-type", "text/plain; version=0.0.4; charset=utf-8"),)
        return HttpResponse(status=200, headers=headers, body=("\n".join(lines) + "\n").encode("utf-8"))


def _own(region: str, one: Series) -> str:
    labels = {"region": region, "event": one.metric}
    for name, value in one.dimensions:
        labels[_label(name, labels)] = value
    return _line(labels, one.total)


def _label(name: str, taken: Iterable[str]) -> str:
    """Names that differ in what labels cannot have get an underscore more."""
    label = f"dimension_{_NOT_OF_LABELS.sub('_', name)}"
    while label in taken:
        label += "_"
    return label


def _line(labels: dict[str, str], total: int) -> str:
    shown = ",".join(f'{name}="{value.translate(_ESCAPED)}"' for name, value in labels.items())
    return f"{_NAME}{{{shown}}} {total}"
