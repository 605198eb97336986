"""What handlers of mode "compose" work with, beside the store: the way out for messages, and who wants to be told.

Owns the interface only; the composition root makes the object and gives it to `create_app`.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from tayori.mail.answer import Resolver
from tayori.model.event_target import Offered
from tayori.model.job import Files
from tayori.model.message import Submission
from tayori.model.once import Once, Say

VERIFY_PATH = "/tayori/verify"  # the link of a verification mail: <public URL><this>/<token>


class Sending(Protocol):
    """Takes messages in."""

    async def submit(self, submission: Submission, once: Once | None = None) -> str:
        """The MessageId, once the message is durable. Raises the refusals of `model.errors`, and `AnsweredBefore`."""
        ...

    async def submit_together(self, submissions: Sequence[Submission]) -> list[str | Exception]:
        """For each its MessageId, once all are durable, or its refusal."""
        ...

    async def submit_once(self, submissions: Sequence[Submission], once: Once, say: Say) -> list[str | Exception]:
        """As `submit_together`; what `say` makes of it is durable with the messages. Raises `AnsweredBefore`."""
        ...


class Tools(Protocol):
    """`call.tools`."""

    @property
    def sending(self) -> Sending: ...

    @property
    def public_url(self) -> str:
        """Where links in mails of the service lead, without a slash at its end."""
        ...

    @property
    def offered_targets(self) -> Offered:
        """Targets of events, other than topics, that the operator has set up."""
        ...

    @property
    def job_files(self) -> Files:
        """Where the files of jobs are."""
        ...

    @property
    def functions(self) -> Collection[str]:
        """ARNs of the functions that receipt rules may call."""
        ...

    @property
    def resolver(self) -> Resolver:
        """Asks the DNS."""
        ...

    @property
    def identity_created(self) -> Callable[[str, str], Awaitable[None]] | None:
        """To be told of each new identity (account id, name), where somebody wants to know."""
        ...
