"""Readers' complaints: what happens when somebody presses "report spam".

Owns which provider tells whom. A provider with a feedback loop reports to the address that the service has registered
there; one without tells nobody, and the sender never learns of it. RFC 6449 (complaint feedback loops).
"""

from collections.abc import Callable

from tayori.clock import Clock
from tayori.ids import request_id
from tayori.rehearsal.mailbox import Mailboxes, ReceivedMessage
from tayori.rehearsal.postman import Letter, Postman
from tayori.rehearsal.providers import Behaviour, Provider
from tayori.rehearsal.reports import Letterhead, feedback_report


class ComplaintDesk:
    """`registered` is where feedback goes; `find` gives a provider by its domain, `address_of` where it is."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        postman: Postman,
        clock: Clock,
        registered: str,
        *,
        find: Callable[[str], Provider | None],
        address_of: Callable[[Provider], str],
    ) -> None:
        self._mailboxes = mailboxes
        self._postman = postman
        self._clock = clock
        self._registered = registered
        self._find = find
        self._address_of = address_of

    def report(self, message: ReceivedMessage) -> str | None:
        """Mark the message as spam; the address that is told of it, None where nobody is."""
        now = self._clock.now()
        self._mailboxes.mark_as_spam(message.id, now)
        provider = self._find(message.provider)
        if provider is None or provider.behaviour is not Behaviour.FEEDBACK_LOOP:
            return None
        head = Letterhead(provider=provider, now=now, token=request_id())
        letter = Letter(
            provider=provider,
            source_address=self._address_of(provider),
            recipient=self._registered,
            content=feedback_report(head, message, self._registered),
            reverse_path=f"feedback@{provider.domain}",
        )
        self._postman.post(letter)
        return self._registered
