"""How much mail the service writes by itself, so that nobody can make it flood a stranger.

A verification mail goes to an address that has proven nothing, at the word of an account that may be a minute old. One
address gets few of them in an hour, whoever asks; one account causes a bounded number in a day.
"""

from datetime import timedelta

from tayori.model.errors import LimitExceeded
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

VERIFICATIONS_AN_HOUR = 5  # to one address
NOTICES_AN_HOUR = 20  # to one address
MAILS_AN_HOUR = 1000  # of notifications and feedback, to one address that has confirmed
MAILS_A_DAY = 20_000  # of these, caused by one account
MOST_A_DAY = 2_000  # caused by one account

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_TO_ADDRESS = Hot("SELECT COUNT(*) FROM service_mails WHERE address = ? AND sent_at > ?")
_BY_ACCOUNT = Hot("SELECT COUNT(*) FROM service_mails WHERE account_id = ? AND sent_at > ?")
_BOOK = Hot(
    "INSERT INTO service_mails (address, sent_at, account_id) VALUES (?, ?, ?)"
    " ON CONFLICT (address, sent_at, account_id) DO NOTHING"
)
_FORGET = Hot("DELETE FROM service_mails WHERE sent_at < ?")


def book(tx: Tx, account_id: str, address: str, *, most_an_hour: int, most_a_day: int = MOST_A_DAY) -> None:
    """Count one mail to `address`. Raises LimitExceeded, and counts nothing, where it would be one too many."""
    key = address.lower()
    ((to_address,),) = tx.hot_rows(_TO_ADDRESS, (key, to_micros(tx.now - _HOUR)))
    if to_address >= most_an_hour:
        raise LimitExceeded(f"{address} has got {to_address} mails from this service within an hour. Try again later.")
    ((by_account,),) = tx.hot_rows(_BY_ACCOUNT, (account_id, to_micros(tx.now - _DAY)))
    if by_account >= most_a_day:
        raise LimitExceeded(f"The account has caused {by_account} mails of this service within a day. Try again later.")
    sent_at = to_micros(tx.now)
    while tx.hot(_BOOK, [(key, sent_at, account_id)]) == 0:  # several in one transaction
        sent_at += 1


def forget_old(tx: Tx) -> None:
    tx.hot(_FORGET, [(to_micros(tx.now - _DAY),)])
