"""What can be said of an email address without asking anybody's mail server (ses: email address validation).

Owns the six verdicts and the one that sums them up. Pure: the DNS's answers and the account's own history are handed
in. A mailbox is never probed, so whether it exists is known only where the account has written to it before.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.answer import Answer, AnswerStatus, Evaluation, Query


class Verdict(StrEnum):
    """How strong the indication is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class History(StrEnum):
    """What became of the latest mail of the account to the address."""

    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    BOUNCED = "bounced"  # for good


class MailRoute(StrEnum):
    """What the DNS says of where mail for a domain goes."""

    MX = "mx"
    ADDRESS = "address"  # the implicit MX of RFC 5321 5.1
    NONE = "none"  # no such domain, no address, or the null MX of RFC 7505
    UNKNOWN = "unknown"  # the DNS did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    syntax: Verdict
    records: Verdict
    mailbox: Verdict
    role: Verdict
    disposable: Verdict
    random: Verdict
    overall: Verdict


_NOT_AN_ADDRESS = Insight(
    syntax=Verdict.LOW,
    records=Verdict.LOW,
    mailbox=Verdict.LOW,
    role=Verdict.LOW,
    disposable=Verdict.LOW,
    random=Verdict.LOW,
    overall=Verdict.LOW,
)
# RFC 2142, and the names by which organisations are commonly written to.
_ROLES = frozenset(
    (
        "abuse accounting accounts admin administrator all billing board careers compliance contact customerservice "
        "devnull dns editor enquiries everyone feedback finance ftp helpdesk help hello hostmaster hr info inquiries "
        "invoice invoices it jobs legal list list-request mail mailer-daemon marketing media news newsletter no-reply "
        "noc noreply office orders payments postmaster press privacy recruiting root sales security service sms "
        "ssladmin staff subscribe support sysadmin team tech unsubscribe usenet uucp webmaster welcome www"
    ).split()
)
_PIECES = re.compile(r"[._-]")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz")
_RUN = 4  # keys in a row
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
_REPEATED = re.compile(r"(.)\1{3,}")
_SWITCHES = 4  # between letters and digits
_LONG = 6
_NULL_MX = "0 ."


def parse(text: str) -> AddrSpec | None:
    try:
        return AddrSpec.parse(text.strip())
    except AddressError:
        return None


def mail_route(domain: str) -> Evaluation[MailRoute]:
    """Three questions at the most. Only a domain without MX records gets its mail at its own address."""
    exchanges = yield Query(name=domain, rdtype="MX")
    if exchanges.exists:
        return MailRoute.MX if any(_names_host(value) for value in exchanges.values) else MailRoute.NONE
    if exchanges.status is not AnswerStatus.NODATA:
        return _without(exchanges)
    ipv4 = yield Query(name=domain, rdtype="A")
    if ipv4.exists:
        return MailRoute.ADDRESS
    ipv6 = yield Query(name=domain, rdtype="AAAA")
    if ipv6.exists:
        return MailRoute.ADDRESS
    return _without(ipv4) if not ipv4.is_definite else _without(ipv6)


def _names_host(exchange: str) -> bool:
    return exchange.strip() != _NULL_MX and exchange.rpartition(" ")[2].rstrip(".") != ""


def _without(answer: Answer) -> MailRoute:
    return MailRoute.NONE if answer.is_definite else MailRoute.UNKNOWN


def judge(address: AddrSpec | None, route: MailRoute, history: History) -> Insight:
    if address is None:
        return _NOT_AN_ADDRESS
    local = address.local.lower().partition("+")[0]
    records, mailbox = _RECORDS[route], _mailbox(route, history)
    disposable, random = _disposable(address.domain), _random(local)
    return Insight(
        syntax=Verdict.HIGH,
        records=records,
        mailbox=mailbox,
        role=_role(local),
        disposable=disposable,
        random=random,
        overall=_overall(route, mailbox, disposable, random),
    )


_RECORDS = {
    MailRoute.MX: Verdict.HIGH,
    MailRoute.ADDRESS: Verdict.MEDIUM,
    MailRoute.NONE: Verdict.LOW,
    MailRoute.UNKNOWN: Verdict.LOW,
}


def _mailbox(route: MailRoute, history: History) -> Verdict:
    if route is MailRoute.NONE or history is History.BOUNCED:
        return Verdict.LOW
    return Verdict.HIGH if history is History.DELIVERED else Verdict.MEDIUM


def _overall(route: MailRoute, mailbox: Verdict, disposable: Verdict, random: Verdict) -> Verdict:
    """Never high for an address of which nothing is known but its form."""
    if mailbox is Verdict.LOW:
        return Verdict.LOW
    is_doubtful = disposable is Verdict.HIGH or random is Verdict.HIGH or route is MailRoute.UNKNOWN
    if mailbox is Verdict.HIGH:
        return Verdict.MEDIUM if is_doubtful else Verdict.HIGH
    return Verdict.LOW if disposable is Verdict.HIGH or random is Verdict.HIGH else Verdict.MEDIUM


def _role(local: str) -> Verdict:
    if local in _ROLES or local.replace("-", "").replace(".", "").replace("_", "") in _ROLES:
        return Verdict.HIGH
    return Verdict.MEDIUM if any(piece in _ROLES for piece in _PIECES.split(local)) else Verdict.LOW


@cache
def _disposable_domains() -> frozenset[str]:
    text = files("tayori.model").joinpath("disposable_domains.txt").read_text("ascii")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _disposable(domain: str) -> Verdict:
    labels = domain.split(".")
    known = _disposable_domains()
    is_one = any(".".join(labels[at:]) in known for at in range(len(labels) - 1))
    return Verdict.HIGH if is_one else Verdict.LOW


def _random(local: str) -> Verdict:
    """By signs that names do not have. What is short tells nothing."""
    if len(local) < _LONG:
        return Verdict.LOW
    signs = (
        _REPEATED.search(local),
        _CONSONANTS.search(local),
        _switches(local) >= _SWITCHES,
        _keys_in_a_row(local) >= _RUN,
        _keys_in_a_row(local) * 2 >= len(local),
    )
    count = sum(map(bool, signs))
    return Verdict.HIGH if count > 1 else Verdict.MEDIUM if count else Verdict.LOW


def _switches(text: str) -> int:
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(text))


def _keys_in_a_row(text: str) -> int:
    """The longest piece of a row of keys, forwards or backwards, at least as long as tells something; else 0."""
    longest = 0
    for start in range(len(text)):
        for end in range(start + _RUN, len(text) + 1):
            piece = text[start:end]
            if not any(piece in row or piece[::-1] in row for row in _KEYBOARD):
                break
            longest = max(longest, end - start)
    return longest
