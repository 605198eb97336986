"""List mail in one process: the installation's secret behind its links, and the links themselves.

Owns when a message gets them: once, before it goes to the door, and only where it has one recipient.
"""

import asyncio
import secrets
from collections.abc import Callable

from tayori.model import list_mail
from tayori.model.message import Submission
from tayori.model.names import ServiceNames
from tayori.model.subscription_link import SubscriptionLinks
from tayori.resources import installation
from tayori.store.engine import Store

_LARGE = 256 * 1024  # octets from which on the work would hold up others


async def subscription_links(store: Store) -> SubscriptionLinks:
    return SubscriptionLinks(await store.write(installation.secret, "subscription", secrets.token_bytes(32)))


class ListMail:
    """Gives list mail the ways out that its recipients need."""

    def __init__(self, store: Store, public_url: str, names: Callable[[str], ServiceNames]) -> None:
        self._store = store
        self._public_url = public_url
        self._names = names
        self._links: SubscriptionLinks | None = None

    async def prepared(self, submission: Submission) -> Submission:
        option = submission.list_option
        if option is None or not list_mail.is_for_one(submission):
            return submission
        if self._links is None:
            self._links = await subscription_links(self._store)
        domain = self._names(submission.caller.region).service_domain
        ways = list_mail.ways_out(self._links, submission, option, self._public_url, domain)
        if len(submission.content) > _LARGE:
            return await asyncio.to_thread(list_mail.with_ways_out, submission, ways)
        return list_mail.with_ways_out(submission, ways)
