"""What operators have paused, and the jobs that are given back to wait for its end.

Owns the pauses that hold as far as this process knows, and the way of a paused job out of memory. A transaction under
way is finished: a receiver that has the content may have taken it. Never decides what a pause covers: `model.pause`.
"""

import asyncio
import logging
from collections.abc import Callable

from tayori.delivery.egress import DEFAULT
from tayori.delivery.job import Held, Job
from tayori.delivery.queue import Queue
from tayori.model.pause import Pause, PauseKind, Pauses

log = logging.getLogger("tayori.delivery")

_RETRY_SECONDS = 1.0
_NO_PAUSE = ""  # due again at once: another source may carry it


class Parking:
    """One for a process. `gone` is called with each recipient that has left memory."""

    def __init__(self, queue: Queue, gone: Callable[[Held, int], None]) -> None:
        self.pauses = Pauses()
        self._queue = queue
        self._gone = gone
        self._jobs: list[tuple[Job, str]] = []
        self._something = asyncio.Event()

    def covering(self, job: Job, sites: tuple[str, ...]) -> Pause | None:
        outgoing = job.held.outgoing
        return self.pauses.of_mail(
            outgoing.account_id, outgoing.configuration_set, job.home.domain
        ) or self.pauses.of_way(job.home.egress.name, sites)

    def park(self, job: Job, pause: Pause) -> None:
        """The caller has taken the job out of its line."""
        is_of_one_source = pause.kind is PauseKind.SOURCE and job.home.egress.name != DEFAULT
        self._jobs.append((job, _NO_PAUSE if is_of_one_source else pause.parked_as))
        self._something.set()

    async def run(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            jobs, self._jobs = self._jobs, []
            items = [
                (job.held.outgoing.message_id, recipient.ordinal, parked)
                for job, parked in jobs
                for recipient in job.recipients
            ]
            try:
                await self._queue.park(items)
            except Exception:
                log.exception("paused messages could not be given back")
                self._jobs = jobs + self._jobs
                self._something.set()
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            for job, _ in jobs:
                for recipient in job.recipients:
                    self._gone(job.held, recipient.ordinal)
            await self._give_back_again([job for job, _ in jobs if job.held.is_claimed_anew])

    async def _give_back_again(self, jobs: list[Job]) -> None:
        """If that claim came behind the parking, nobody has it in hand any more, and it is still this process's own."""
        claims = [(job.held.outgoing.message_id, [one.ordinal for one in job.recipients]) for job in jobs]
        if claims:
            try:
                await self._queue.release(claims)
            except Exception:
                log.exception("paused messages could not be given back")
