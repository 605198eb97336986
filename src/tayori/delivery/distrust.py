"""What hosts announce and do not do, remembered for a while.

Owns how long it is remembered. Some filters between us and a host take its extensions for known and break them: they
throw away what was pipelined, or take content for commands. Such a host gets its mail all the same, one command after
the other (Postfix has its workarounds for the same filters). Never decides what a failure means.
"""

from collections.abc import Callable
from dataclasses import replace

from tayori.delivery.extensions import Extensions
from tayori.delivery.route import Target
from tayori.model.failure import Stage
from tayori.model.message import Reason

_SECONDS = 3600.0
_BROKEN_GROUP = frozenset({Reason.CONNECTION_TIMEOUT, Reason.PROTOCOL_ERROR})


class Distrust:
    """By host; `now` is the event loop's time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._without_chunking: dict[Target, float] = {}
        self._without_pipelining: dict[Target, float] = {}

    def believed(self, target: Target, offered: Extensions) -> Extensions:
        """What of an offer is made use of."""
        now = self._now()
        if self._without_chunking.get(target, 0.0) > now:
            offered = replace(offered, chunking=False)
        if self._without_pipelining.get(target, 0.0) > now:
            offered = replace(offered, pipelining=False)
        return offered

    def chunking_failed(self, target: Target) -> None:
        self._without_chunking[target] = self._now() + _SECONDS

    def failed(self, target: Target, offered: Extensions, stage: Stage, reason: Reason) -> None:
        """The connection ended at `stage`. Silence or disorder among commands may come of their being a group."""
        if offered.pipelining and stage is not Stage.CONTENT and reason in _BROKEN_GROUP:
            self._without_pipelining[target] = self._now() + _SECONDS

    @property
    def is_over(self) -> bool:
        """Nothing is worth remembering."""
        now = self._now()
        return not any(until > now for until in (*self._without_chunking.values(), *self._without_pipelining.values()))
