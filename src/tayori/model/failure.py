"""What a failure means: all failure policy, by scope, in this one file (after Postfix's smtp_trouble.c).

    scope        whom it affects                          what delivery does
    RECIPIENT    this recipient                           nothing else; the transaction goes on
    MESSAGE      all recipients of this transaction       no other host is asked in this round
    HOST         this host, now                           tries the next host of the route
    DESTINATION  the recipients' domain                   defers what waits for it and backs off
    SOURCE       the address that we called from          defers; what waits for that provider from there rests
    LOCAL        us                                       tries again soon; no attempt counts, nothing bounces

Owns that table and the words of our own diagnostics. Never retries, never reads a socket: `delivery` obeys
the scope, `model.delivery` turns an outcome into a state. Anything not known here is temporary.

RFC 5321 4.2.1 (4yz and 5yz), 3.8 (421), 5.1 (hosts of a domain); RFC 3463 and RFC 5248 (enhanced status
codes); RFC 7505 (null MX), RFC 6152 (8BITMIME), RFC 1870 (SIZE).
"""

import errno
from dataclasses import replace
from enum import StrEnum

from tayori.mail.answer import AnswerStatus
from tayori.mail.reply import EnhancedStatus, Reply
from tayori.model.message import FailureScope, Outcome, OutcomeKind, Reason


class Stage(StrEnum):
    """How far a dialogue had come."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  # the dot has gone, its answer has not come


_BEFORE_ANY_MAIL = frozenset({Stage.CONNECT, Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_SERVICE_CLOSING = 421

DELIVERED, DEFERRED, FAILED = OutcomeKind.DELIVERED, OutcomeKind.DEFERRED, OutcomeKind.FAILED

# Our own words and RFC 3463 status for trouble that no reply of a host explains.
_TROUBLE: dict[Reason, tuple[OutcomeKind, FailureScope, str, str]] = {
    Reason.NO_SUCH_DOMAIN: (FAILED, FailureScope.DESTINATION, "5.1.2", "the domain does not exist"),
    Reason.NULL_MX: (FAILED, FailureScope.DESTINATION, "5.1.10", "the domain accepts no mail (null MX)"),
    Reason.NO_ADDRESS: (
        FAILED,
        FailureScope.DESTINATION,
        "5.4.4",
        "the domain has no mail host with an address",
    ),
    Reason.ADDRESS_REFUSED: (
        FAILED,
        FailureScope.DESTINATION,
        "5.4.4",
        "the domain's mail hosts have no public address",
    ),
    Reason.MAIL_LOOP: (
        FAILED,
        FailureScope.DESTINATION,
        "5.4.6",
        "the domain's mail host is this service itself",
    ),
    Reason.DNS_FAILURE: (
        DEFERRED,
        FailureScope.DESTINATION,
        "4.4.3",
        "the domain's name servers gave no usable answer",
    ),
    Reason.CONNECTION_REFUSED: (DEFERRED, FailureScope.HOST, "4.4.1", "connection refused"),
    Reason.CONNECTION_TIMEOUT: (DEFERRED, FailureScope.HOST, "4.4.1", "no answer in time"),
    Reason.CONNECTION_LOST: (DEFERRED, FailureScope.HOST, "4.4.2", "the connection was lost"),
    Reason.TLS_REQUIRED: (
        DEFERRED,
        FailureScope.HOST,
        "4.7.4",
        "TLS is required and the host does not offer it",
    ),
    Reason.TLS_FAILED: (DEFERRED, FailureScope.HOST, "4.7.5", "the TLS handshake failed"),
    Reason.TLS_POLICY: (DEFERRED, FailureScope.HOST, "4.7.5", "the domain's policy forbids this host"),
    Reason.PROTOCOL_ERROR: (DEFERRED, FailureScope.HOST, "4.5.0", "the host does not keep to SMTP"),
    Reason.MESSAGE_TOO_LARGE: (
        FAILED,
        FailureScope.MESSAGE,
        "5.3.4",
        "the message is larger than the host takes",
    ),
    Reason.CONTENT_NOT_TRANSPORTABLE: (
        FAILED,
        FailureScope.MESSAGE,
        "5.6.3",
        "the message has 8-bit content and the host does not take it (no 8BITMIME)",
    ),
    Reason.HEADER_NOT_TRANSPORTABLE: (
        FAILED,
        FailureScope.MESSAGE,
        "5.6.9",
        "the header has text outside US-ASCII that is not encoded, and the host does not take it (no SMTPUTF8)",
    ),
    Reason.ADDRESS_NOT_TRANSPORTABLE: (
        FAILED,
        FailureScope.MESSAGE,
        "5.6.7",
        "the host takes no mail for addresses outside US-ASCII (no SMTPUTF8)",
    ),
    # No key ever returns, so another try would only cost.
    Reason.SIGNING_KEY_GONE: (
        FAILED,
        FailureScope.MESSAGE,
        "5.3.0",
        "the identity whose key signs the message was deleted",
    ),
    Reason.LOCAL_TROUBLE: (DEFERRED, FailureScope.LOCAL, "4.3.0", "trouble in this service"),
    Reason.NO_SOURCE: (
        DEFERRED,
        FailureScope.LOCAL,
        "4.3.2",
        "no source address may send to this receiver at the moment",
    ),
}


def classify_reply(stage: Stage, reply: Reply, remote_mta: str = "") -> Outcome:
    """What a host's final word at `stage` means for the recipients that it is about.

    421 means "closing" at whatever stage it comes, and so speaks of the host only. Before MAIL nothing has
    been said about a message: even 5yz only sends us to the next host (Postfix: smtp_skip_5xx_greeting). A
    4yz to MAIL, RCPT or DATA defers without asking the other hosts: they share the greylist, the quota and
    the mailbox, and a receiver in trouble is not helped by five connections instead of one.
    """
    if reply.code == _SERVICE_CLOSING or stage in _BEFORE_ANY_MAIL:
        return _from_reply(DEFERRED, FailureScope.HOST, reply, remote_mta)
    if reply.code < 300:
        return _from_reply(DELIVERED, FailureScope.RECIPIENT, reply, remote_mta)
    kind = FAILED if reply.is_permanent else DEFERRED
    scope = FailureScope.RECIPIENT if stage is Stage.RCPT else FailureScope.MESSAGE
    if reply.code < 400:  # 3yz where it has no meaning
        return classify_trouble(Reason.PROTOCOL_ERROR, f"unexpected reply {reply}", remote_mta)
    return _from_reply(kind, scope, reply, remote_mta)


def _from_reply(kind: OutcomeKind, scope: FailureScope, reply: Reply, remote_mta: str) -> Outcome:
    return Outcome(
        kind=kind,
        scope=scope,
        reason=Reason.NONE if kind is DELIVERED else Reason.REPLY,
        status=_status(kind, reply),
        diagnostic=f"smtp; {reply}",
        reply=reply,
        remote_mta=remote_mta,
    )


# RFC 3463 statuses for replies without one, by basic code; others become X.0.0.
_STATUS_OF_CODE = {
    421: (3, 2),
    450: (2, 0),
    451: (3, 0),
    452: (3, 1),
    550: (1, 1),
    551: (1, 6),
    552: (2, 2),
    553: (1, 3),
}
_DELIVERED_STATUS = EnhancedStatus(2, 0, 0)


def _status(kind: OutcomeKind, reply: Reply) -> EnhancedStatus:
    """The reply's own status where its class agrees with what we do, else one made from the basic code."""
    wanted = {DELIVERED: 2, DEFERRED: 4, FAILED: 5}[kind]
    if reply.enhanced is not None:
        if reply.enhanced.status_class == wanted:
            return reply.enhanced
        return EnhancedStatus(wanted, reply.enhanced.subject, reply.enhanced.detail)
    if kind is DELIVERED:
        return _DELIVERED_STATUS
    subject, detail = _STATUS_OF_CODE.get(reply.code, (0, 0))
    return EnhancedStatus(wanted, subject, detail)


def classify_trouble(reason: Reason, detail: str = "", remote_mta: str = "", *, stage: Stage | None = None) -> Outcome:
    """What trouble without a reply means. `detail` replaces our standard words.

    A connection that ends after the dot leaves it open whether the host has the message (RFC 5321
    4.5.3.2.6): then no other host is given a copy at once, and the retry comes by the schedule, as for a
    host's own 4yz.
    """
    kind, scope, status, words = _TROUBLE.get(reason, _TROUBLE[Reason.LOCAL_TROUBLE])
    if stage is Stage.CONTENT and scope is FailureScope.HOST:
        scope = FailureScope.MESSAGE
    return Outcome(
        kind=kind,
        scope=scope,
        reason=reason,
        status=EnhancedStatus.parse(status),
        diagnostic=detail or words,
        remote_mta=remote_mta,
    )


def classify_answer(status: AnswerStatus, question: str) -> Outcome:
    """What an unhelpful answer of the DNS about the recipients' domain means.

    SERVFAIL comes from a resolver that works and tells of a zone that does not; silence is our own
    resolver's.
    """
    if status is AnswerStatus.NXDOMAIN:
        return classify_trouble(Reason.NO_SUCH_DOMAIN, f"{question}: no such domain")
    if status is AnswerStatus.NODATA:
        return classify_trouble(Reason.NO_ADDRESS, f"{question}: no mail host with an address")
    if status is AnswerStatus.TIMEOUT:
        silent = classify_trouble(Reason.DNS_FAILURE, f"{question}: the resolver did not answer")
        return at_scope(silent, FailureScope.LOCAL)
    return classify_trouble(Reason.DNS_FAILURE, f"{question}: the name servers failed")


# What the operating system says when the fault lies with this machine and not with the host called.
_OUR_ERRNO = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}
)
_LOST_ERRNO = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


def classify_connect_error(number: int | None, words: str, remote_mta: str = "") -> Outcome:
    """What an `errno` of connecting means; an unreachable network is the host's, since its other address
    may do."""
    if number in _OUR_ERRNO:
        return classify_trouble(Reason.LOCAL_TROUBLE, f"cannot connect: {words}", remote_mta)
    if number == errno.ETIMEDOUT:
        return classify_trouble(Reason.CONNECTION_TIMEOUT, words, remote_mta)
    if number in _LOST_ERRNO:
        return classify_trouble(Reason.CONNECTION_LOST, words, remote_mta)
    return classify_trouble(Reason.CONNECTION_REFUSED, words, remote_mta)


def at_scope(outcome: Outcome, scope: FailureScope) -> Outcome:
    """The same trouble, found to reach farther or less far: all hosts failed, so the destination did."""
    return replace(outcome, scope=scope)


def our_fault(outcome: Outcome) -> Outcome:
    """The reply speaks of our address, not of a mailbox (`model.shaping` says which replies do): a blocklist names it,
    or its reputation is bad. Even 5yz defers then. It suppresses nobody, and bounces nothing before its time is over.
    """
    reply = outcome.reply
    return replace(
        outcome,
        kind=DEFERRED,
        scope=FailureScope.SOURCE,
        reason=Reason.SOURCE_BLOCKED,
        status=outcome.status if reply is None else _status(DEFERRED, reply),
    )


def says_too_many_recipients(reply: Reply) -> bool:
    """RFC 5321 4.5.3.1.10: 452 (and 552, once) to RCPT may mean "no more in this transaction", said of no
    mailbox."""
    if reply.code not in (452, 552):
        return False
    return reply.enhanced is None or (reply.enhanced.subject, reply.enhanced.detail) == (5, 3)


_GREYLISTING = ("greylist", "graylist", "grey list", "gray list")


def says_greylisted(reply: Reply) -> bool:
    """RFC 6647: come back later, with the same envelope. It says nothing about how much we send."""
    text = reply.text[:500].lower()
    return reply.is_transient and any(word in text for word in _GREYLISTING)


def asks_for_less(outcome: Outcome) -> bool:
    """The receiver is busy or finds us too busy: 421 (closing), 4.7.x (policy), 4.3.2 (not accepting)."""
    reply = outcome.reply
    if reply is None or not reply.is_transient or says_greylisted(reply):
        return False
    if reply.code == _SERVICE_CLOSING:
        return True
    status = reply.enhanced
    return status is not None and (status.subject == 7 or (status.subject, status.detail) == (3, 2))
