"""Mails to an account about the status of its identities, and others that the service writes to its contacts.

Owns the way from something that changed to one mail. It is sent when the change has been written down, once: a process
that dies in between sends none rather than two. Sent by the service itself: no quota, no sandbox.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from tayori import ids
from tayori.app.sending import Sending, handed_by_service
from tayori.clock import Clock
from tayori.mail.address import AddressError, AddrSpec, Mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model import identity_notice
from tayori.model.errors import LimitExceeded
from tayori.model.identity_notice import IdentityNotice
from tayori.model.message import Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import from_simple
from tayori.model.verification_mail import MailText
from tayori.resources import accounts, service_mail
from tayori.resources.identity_checks import Checked, StatusChange
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.notices")


class AccountMail:
    """Writes to the contacts of an account, within bounds."""

    def __init__(self, store: Store, sending: Sending, names: Callable[[str], ServiceNames], clock: Clock) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock

    async def send(self, account_id: str, region: str, text: MailText, facts: Mapping[str, object]) -> None:
        """`facts` are for the log."""
        contacts = await self._store.read(accounts.contacts, account_id, region)
        recipients = await self._store.write(_within_bounds, account_id, _addresses(contacts))
        facts = {"account_id": account_id, **facts}
        if not recipients:
            logger.info("notice_without_recipient", extra=facts)
            return
        now, names = self._clock.now(), self._names(region)
        handed = handed_by_service(account_id, names, now, Operation.SERVICE, recipients)
        content = SimpleContent(
            sender=Mailbox("", AddrSpec.parse(names.postmaster)),
            to=[Mailbox("", address) for address in recipients],
            subject=Content(data=text.subject),
            body=Body(text=Content(data=text.text)),
            headers=(("Auto-Submitted", "auto-generated"),),  # RFC 3834 5
        )
        message_id = await self._sending.submit(from_simple(content, handed, boundary=ids.url_token()))
        logger.info("notice_sent", extra={**facts, "message_id": message_id})


class Notifier:
    """What the verifier is handed (see tayori.loops.verifier.Notify)."""

    def __init__(self, store: Store, sending: Sending, names: Callable[[str], ServiceNames], clock: Clock) -> None:
        self._mail = AccountMail(store, sending, names, clock)

    async def __call__(self, checked: Checked, changes: Sequence[StatusChange]) -> None:
        """Never raises: a mail that cannot be sent must not keep identities from being looked at."""
        notices = tuple(change.notice for change in changes if change.notice is not None)
        if not notices:
            return
        identity = checked.identity
        notice = IdentityNotice(
            account_id=identity.account_id,
            region=identity.region,
            identity=identity.name,
            mail_from_domain=identity.mail_from_domain,
            notices=notices,
            findings=checked.findings,
        )
        facts = {"identity": identity.name, "notices": ",".join(notices)}
        try:
            await self._mail.send(identity.account_id, identity.region, identity_notice.compose(notice), facts)
        except Exception:
            logger.exception("notice_failed", extra={"identity": identity.name, "account_id": identity.account_id})


def _addresses(texts: Sequence[str]) -> list[AddrSpec]:
    """Those that mail can be sent to: details of an account are kept as they were given."""
    found = []
    for text in texts:
        try:
            found.append(AddrSpec.parse(text))
        except AddressError:
            logger.warning("contact_unusable")
    return found


def _within_bounds(tx: Tx, account_id: str, addresses: Sequence[AddrSpec]) -> list[AddrSpec]:
    """Those that have not had too many already: a contact address has proven nothing either."""
    taken: list[AddrSpec] = []
    for address in addresses:
        try:
            service_mail.book(tx, account_id, str(address), most_an_hour=service_mail.NOTICES_AN_HOUR)
        except LimitExceeded as refusal:
            logger.warning("notice_held_back", extra={"account_id": account_id, "why": refusal.message})
        else:
            taken.append(address)
    return taken
