"""A Loop: deletes the contacts of lists that were deleted, a piece at a time."""

from tayori.resources import contact_lists
from tayori.store.engine import Store

_GO_ON = 0.05  # seconds between pieces


class ContactRemoval:
    name = "contact-removal"
    every = 300.0

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tick(self) -> float | None:
        return _GO_ON if await self._store.write(contact_lists.forget_contacts) else None
