"""SES's two words for a bounce, bounceType and bounceSubType, from a status and the receiver's text.

Owns that table (ses-behaviour: "Amazon SES bounce types"). Used for what a receiver answers and for what
its delivery status notifications (RFC 3464) say later. Never decides whether to retry.

The rule behind the table: Permanent only where the *address* is at fault, because senders and suppression
lists stop writing to it. A refusal of this message, this size or this sender is Transient in SES's sense:
another may pass.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from tayori.mail.reply import EnhancedStatus
from tayori.model.bounce_rules import Said, shipped
from tayori.model.message import FailureScope, Outcome


class BounceType(StrEnum):
    UNDETERMINED = "Undetermined"
    PERMANENT = "Permanent"
    TRANSIENT = "Transient"


class BounceSubType(StrEnum):
    UNDETERMINED = "Undetermined"
    GENERAL = "General"
    NO_EMAIL = "NoEmail"
    SUPPRESSED = "Suppressed"
    ON_ACCOUNT_SUPPRESSION_LIST = "OnAccountSuppressionList"
    ON_TENANT_SUPPRESSION_LIST = "OnTenantSuppressionList"
    EMAIL_VALIDATION_SUPPRESSED = "EmailValidationSuppressed"
    UNSUBSCRIBED_RECIPIENT = "UnsubscribedRecipient"
    MAILBOX_FULL = "MailboxFull"
    MESSAGE_TOO_LARGE = "MessageTooLarge"
    CONTENT_REJECTED = "ContentRejected"
    ATTACHMENT_REJECTED = "AttachmentRejected"
    CUSTOM_TIMEOUT_EXCEEDED = "CustomTimeoutExceeded"


class Deadline(StrEnum):
    """Whose limit ended the retries."""

    SERVICE = "service"
    CONFIGURATION_SET = "configuration-set"  # its MaxDeliverySeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceKind:
    bounce_type: BounceType
    sub_type: BounceSubType


def _kind(bounce_type: BounceType, sub_type: BounceSubType) -> BounceKind:
    return BounceKind(bounce_type=bounce_type, sub_type=sub_type)


UNDETERMINED = _kind(BounceType.UNDETERMINED, BounceSubType.UNDETERMINED)
PERMANENT = _kind(BounceType.PERMANENT, BounceSubType.GENERAL)
NO_EMAIL = _kind(BounceType.PERMANENT, BounceSubType.NO_EMAIL)
TRANSIENT = _kind(BounceType.TRANSIENT, BounceSubType.GENERAL)
MAILBOX_FULL = _kind(BounceType.TRANSIENT, BounceSubType.MAILBOX_FULL)
TOO_LARGE = _kind(BounceType.TRANSIENT, BounceSubType.MESSAGE_TOO_LARGE)
CONTENT_REJECTED = _kind(BounceType.TRANSIENT, BounceSubType.CONTENT_REJECTED)
ATTACHMENT_REJECTED = _kind(BounceType.TRANSIENT, BounceSubType.ATTACHMENT_REJECTED)
TIMEOUT = _kind(BounceType.TRANSIENT, BounceSubType.CUSTOM_TIMEOUT_EXCEEDED)
SUPPRESSED = _kind(BounceType.PERMANENT, BounceSubType.SUPPRESSED)
ON_ACCOUNT_LIST = _kind(BounceType.PERMANENT, BounceSubType.ON_ACCOUNT_SUPPRESSION_LIST)
ON_TENANT_LIST = _kind(BounceType.PERMANENT, BounceSubType.ON_TENANT_SUPPRESSION_LIST)
UNSUBSCRIBED = _kind(BounceType.PERMANENT, BounceSubType.UNSUBSCRIBED_RECIPIENT)

# By subject and detail of a permanent status (RFC 3463 3, RFC 5248 registry, RFC 7372, RFC 7505). What is
# not here goes by its subject alone.
_BY_DETAIL: dict[tuple[int, int], BounceKind] = {
    (1, 0): PERMANENT,
    (1, 7): TRANSIENT,  # bad sender's mailbox address syntax: ours, not the recipient's
    (1, 8): TRANSIENT,  # bad sender's system address
    (2, 1): PERMANENT,  # mailbox disabled
    (2, 2): MAILBOX_FULL,
    (2, 3): TOO_LARGE,
    (3, 4): TOO_LARGE,
    (4, 1): PERMANENT,  # "Recipient address rejected: Access denied", the 5.4.1 of a very large provider
    (4, 4): PERMANENT,  # unable to route
    (4, 6): PERMANENT,  # routing loop
    (7, 13): PERMANENT,  # user account disabled
    (7, 17): PERMANENT,  # mailbox owner has changed (RFC 7293)
}
_BY_SUBJECT: dict[int, BounceKind] = {
    1: PERMANENT,
    2: PERMANENT,
    3: TRANSIENT,
    4: TRANSIENT,
    5: UNDETERMINED,
    6: CONTENT_REJECTED,
    7: TRANSIENT,
}
# By basic code, for receivers without enhanced status codes.
_BY_CODE: dict[int, BounceKind] = {550: PERMANENT, 551: PERMANENT, 552: MAILBOX_FULL, 553: PERMANENT}

# Words, asked only where the status leaves room: the first that matches. Bounded repetition, linear scan.
_WORDS: tuple[tuple[re.Pattern[str], BounceKind], ...] = (
    (re.compile(r"\b(?:attachments?|file ?types?|file extensions?|executable)\b", re.I), ATTACHMENT_REJECTED),
    (
        re.compile(r"\b(?:spam|virus|malware|phish(?:ing)?|junk|unsolicited|content)\b", re.I),
        CONTENT_REJECTED,
    ),
    (
        re.compile(r"\b(?:over ?-?quota|quota|mailbox (?:is )?full|insufficient (?:disk )?space)\b", re.I),
        MAILBOX_FULL,
    ),
    (
        re.compile(r"\b(?:message|mail|size)\b.{0,40}\b(?:too (?:large|big|long)|exceeds?)\b", re.I | re.S),
        TOO_LARGE,
    ),
    (
        re.compile(
            r"\b(?:user|mailbox|recipient|address|account|alias)\b.{0,60}"
            r"\b(?:unknown|not (?:found|exist)|doesn'?t exist|does not exist|disabled|inactive|unavailable"
            r"|invalid|rejected)\b"
            r"|\b(?:unknown|no such|invalid) (?:user|recipient|mailbox|address|account)\b",
            re.I | re.S,
        ),
        PERMANENT,
    ),
)
_TEXT_LIMIT = 2000
_AT_THE_END = " (in reply to end of DATA command)"  # as Postfix words it in its reports


def classify_outcome(outcome: Outcome) -> BounceKind:
    """For a recipient whose last attempt FAILED."""
    code = outcome.reply.code if outcome.reply else None
    status = outcome.reply.enhanced if outcome.reply else outcome.status
    text = outcome.diagnostic
    if code is not None and outcome.scope is FailureScope.MESSAGE:  # of all recipients at once, so not at RCPT
        text += _AT_THE_END
    return classify_status(status, text, code=code, host=outcome.remote_mta)


def classify_expiry(deadline: Deadline) -> BounceKind:
    """For a recipient whose time ran out, whatever the last trouble was."""
    return TIMEOUT if deadline is Deadline.CONFIGURATION_SET else TRANSIENT


def classify_status(status: EnhancedStatus | None, text: str, *, code: int | None = None, host: str = "") -> BounceKind:
    """From an RFC 3463 status, the receiver's words and name and the basic reply code, as far as each is known."""
    return _by_rules(status, text, code, host) or _in_general(status, text, code)


def _by_rules(status: EnhancedStatus | None, text: str, code: int | None, host: str) -> BounceKind | None:
    said = Said(text=text[:_TEXT_LIMIT].lower(), status=status, code=code, host=host.lower().rstrip("."))
    is_temporary = (status is not None and status.status_class == 4) or (
        status is None and code is not None and code < 500
    )
    for rule in shipped():
        if (rule.kind[0] != BounceType.PERMANENT or not is_temporary) and rule.fits(said):
            return _kind(BounceType(rule.kind[0]), BounceSubType(rule.kind[1]))
    return None


def _in_general(status: EnhancedStatus | None, text: str, code: int | None) -> BounceKind:
    if status is not None and (status.subject, status.detail) != (0, 0):
        if status.status_class == 4:
            return MAILBOX_FULL if (status.subject, status.detail) == (2, 2) else TRANSIENT
        exact = _BY_DETAIL.get((status.subject, status.detail))
        if exact is not None:
            return exact
        if status.subject in (1, 2):
            return _BY_SUBJECT[status.subject]
        return _by_words(text) or _BY_SUBJECT.get(status.subject, UNDETERMINED)
    if (status is not None and status.status_class == 4) or (code is not None and 400 <= code < 500):
        return _by_words(text, among=(MAILBOX_FULL,)) or TRANSIENT
    by_words = _by_words(text)
    if by_words is not None:
        return by_words
    return _BY_CODE.get(code, UNDETERMINED) if code is not None else UNDETERMINED


def _by_words(text: str, among: tuple[BounceKind, ...] = ()) -> BounceKind | None:
    text = text[:_TEXT_LIMIT]
    for pattern, kind in _WORDS:
        if (not among or kind in among) and pattern.search(text):
            return kind
    return None
