"""What became of an account's own mail to one address: its suppression list, and its latest messages.

Reads only, within the bound of one step of the search; what others sent to the address is never looked at.
"""

from datetime import timedelta

from tayori.mail.address import AddrSpec
from tayori.model.address_insight import History
from tayori.model.search import Search, Status
from tayori.resources import search, suppression
from tayori.store.engine import Tx

_LATEST = 10  # messages
_BACK = timedelta(days=90)


def of_address(tx: Tx, account_id: str, region: str, address: AddrSpec) -> History:
    text = str(address)
    if suppression.reasons(tx, account_id, region, [text]).get(text) == "BOUNCE":
        return History.BOUNCED
    wanted = Search(recipients=(text,), since=tx.now - _BACK)
    for message in search.step(tx, account_id, region, wanted, start=None, limit=_LATEST).messages:
        for recipient in message.recipients:
            if recipient.address == text and recipient.status in _TELLS:
                return _TELLS[recipient.status]
    return History.UNKNOWN


_TELLS = {
    Status.DELIVERED: History.DELIVERED,
    Status.COMPLAINED: History.DELIVERED,  # by somebody who got it
    Status.BOUNCED: History.BOUNCED,
}
