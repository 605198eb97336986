"""A Loop: gives Easy DKIM's tokens, and the service itself, fresh keys when the time has come.

Owns making the keys, in a thread and a few at a time. The order of what happens to them is
`tayori.resources.key_rotation`'s.
"""

import asyncio
import logging
from datetime import timedelta

from tayori.resources import dkim_keys, key_rotation
from tayori.resources.dkim_keys import OwnSignature
from tayori.resources.key_rotation import Due, Step
from tayori.store.engine import Store

_LOG = logging.getLogger(__name__)

_AT_ONCE = 20
_GO_ON = 0.5  # seconds of service time until the next round while there is more to do


class Rotation:
    """`lifetime` is how long a key signs; None for ever, unless another length is asked for."""

    name = "key-rotation"
    every = 60.0

    def __init__(self, store: Store, lifetime: timedelta | None, service_domain: str) -> None:
        self._store = store
        self._lifetime = lifetime
        self._service_domain = service_domain

    async def tick(self) -> float | None:
        promoted = await self._store.write(key_rotation.promote, _AT_ONCE)
        for identity in promoted:
            _LOG.info("dkim_key_in_use", extra={"identity": identity})
        steps = await self._store.read(key_rotation.due, self._lifetime, _AT_ONCE)
        done = [await self._do(step) for step in steps]
        await self._renew_own()
        return _GO_ON if promoted or any(done) else None

    async def _renew_own(self) -> None:
        """The key of the service's own signature."""
        kind = await self._store.read(key_rotation.own_due, self._service_domain, self._lifetime)
        if kind is OwnSignature.OFF or self._lifetime is None:
            return
        key = await asyncio.to_thread(dkim_keys.generate_own, kind)
        if await self._store.write(key_rotation.begin_own, self._service_domain, self._lifetime, key):
            _LOG.info("dkim_key_made", extra={"identity": self._service_domain, "account_id": "", "step": Step.BEGIN})

    async def _do(self, step: Due) -> bool:
        if step.step is Step.DROP:
            await self._store.write(key_rotation.drop, step)
            return True
        key = await asyncio.to_thread(dkim_keys.generate_for, step.selector, step.length)
        work = key_rotation.begin if step.step is Step.BEGIN else key_rotation.renew
        is_done = await self._store.write(work, step, key)
        if is_done:
            facts = {"identity": step.identity, "account_id": step.account_id, "step": step.step}
            _LOG.info("dkim_key_made", extra=facts)
        return is_done
