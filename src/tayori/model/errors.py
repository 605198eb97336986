"""What resources raise when a rule says no.

Owns the kinds of refusal; each edge has one table that spells them in its own protocol (`api/faults.py` for HTTP,
`smtp/submission.py` for SMTP). The text is part of the interface: SES's words where they are known.

    DomainError
      Invalid                 a value that cannot be accepted
        InvalidPolicy         ... an identity policy
        InvalidContent        ... the content of a custom verification mail
        FromNotVerified       ... the sender of a custom verification mail
        InvalidTemplate       ... an email template
        InvalidTemplateData   ... the data to render one with
        MissingRenderingAttribute
                              ... of these data
        NoProductionAccess    ... in the sandbox
        InvalidAttribute      ... a message attribute of SNS
        InvalidDestination    ... a topic to which SES cannot publish
        InvalidCloudWatchDestination, InvalidFirehoseDestination
                              ... other targets of events
        InvalidS3Configuration, InvalidSnsTopic, InvalidLambdaFunction
                              ... where receipt rules put mail
      NotFound                a resource that is not there (`Kind` says which)
      AlreadyExists           a name that is taken
      LimitExceeded           one more than allowed
        TooManyFilters        ... of the filter policies of a topic
      Conflict                not now: something else is under way
        CannotDelete          ... it is in use
      MessageRejected         the message may not be sent at all
        Unverified            ... because identities are not verified
      SendingPaused           the account's or the configuration set's sending is paused
      MailFromNotVerified     the custom MAIL FROM domain is not set up and REJECT_MESSAGE was chosen
      Throttled               the rate or the daily quota is used up
      AccessDenied            the caller may not do this
      NotOffered              an operation or option that this release does not have
"""

from enum import StrEnum


class Kind(StrEnum):
    """The resource an error speaks of; v1 of the API has an error code for each."""

    IDENTITY = "identity"
    CONFIGURATION_SET = "configuration-set"
    EVENT_DESTINATION = "event-destination"
    TEMPLATE = "template"
    CUSTOM_VERIFICATION_TEMPLATE = "custom-verification-email-template"
    POLICY = "policy"
    SUPPRESSED_DESTINATION = "suppressed-destination"
    TRACKING_OPTIONS = "tracking-options"
    MESSAGE = "message"
    ACCOUNT = "account"
    CREDENTIAL = "credential"
    TOPIC = "topic"
    SUBSCRIPTION = "subscription"
    DEDICATED_IP = "dedicated-ip"
    DEDICATED_IP_POOL = "dedicated-ip-pool"
    MAIL_ROUTE = "mail-route"
    PAUSE = "pause"
    JOB = "job"
    CONTACT_LIST = "contact-list"
    CONTACT = "contact"
    WEBHOOK = "webhook"
    USER = "user"
    AUDIT_ENTRY = "audit-entry"
    TENANT = "tenant"
    ROLE = "role"
    RECEIPT_RULE_SET = "receipt-rule-set"
    RECEIPT_RULE = "receipt-rule"
    RECEIPT_FILTER = "receipt-filter"


class DomainError(Exception):
    """Base of all refusals. `message` is what the user reads."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(DomainError):
    """A value that cannot be accepted, whatever the state of the service."""


class InvalidPolicy(Invalid):
    """A sending authorization policy that says nothing that can be followed."""


class InvalidContent(Invalid):
    """Content that a custom verification mail must not have."""


class FromNotVerified(Invalid):
    """The sender of a custom verification mail is not a verified identity of the account."""


class InvalidTemplate(Invalid):
    """An email template that cannot be compiled, or is none."""


class InvalidTemplateData(Invalid):
    """Data that no template can be rendered with."""


class MissingRenderingAttribute(Invalid):
    """A value that the template asks for and the data do not have; told where a template is only tried out."""


class NoProductionAccess(Invalid):
    """Only an account out of the sandbox may do this."""


class InvalidAttribute(Invalid):
    """A message attribute that SNS does not take."""


class InvalidDestination(Invalid):
    """A topic that is not there, or does not let SES publish to it."""


class InvalidCloudWatchDestination(Invalid):
    """Dimensions that no metric can have."""


class InvalidFirehoseDestination(Invalid):
    """A stream that is not there."""


class InvalidS3Configuration(Invalid):
    """A bucket that received mail cannot be put into."""


class InvalidSnsTopic(Invalid):
    """A topic that cannot be told of received mail."""


class InvalidLambdaFunction(Invalid):
    """A function that cannot be called with received mail."""


class _OfKind(DomainError):
    def __init__(self, message: str, kind: Kind) -> None:
        super().__init__(message)
        self.kind = kind


class NotFound(_OfKind):
    """A resource that is not there."""


class AlreadyExists(_OfKind):
    """A name that is taken."""


class LimitExceeded(DomainError):
    """One more than allowed."""


class TooManyFilters(LimitExceeded):
    """One more filter policy than a topic may have."""


class Conflict(DomainError):
    """Not now: something else is under way."""


class CannotDelete(Conflict):
    """It is in use."""


class MessageRejected(DomainError):
    """The message may not be sent."""


class Unverified(MessageRejected):
    """Identities that are not verified; `identities` in the order in which they were checked."""

    def __init__(self, identities: tuple[str, ...], region: str) -> None:
        shown = ", ".join(identities)
        super().__init__(
            "Email address is not verified. The following identities failed the check in region "
            f"{region.upper()}: {shown}"
        )
        self.identities = identities


class PauseScope(StrEnum):
    ACCOUNT = "account"
    CONFIGURATION_SET = "configuration-set"


class SendingPaused(DomainError):
    def __init__(self, message: str, scope: PauseScope) -> None:
        super().__init__(message)
        self.scope = scope


class MailFromNotVerified(DomainError):
    """BehaviorOnMxFailure is REJECT_MESSAGE and the MX of the MAIL FROM domain is not in place."""


class ThrottleCause(StrEnum):
    RATE = "rate"
    DAILY_QUOTA = "daily-quota"


class Throttled(DomainError):
    def __init__(self, cause: ThrottleCause) -> None:
        super().__init__(
            "Maximum sending rate exceeded." if cause is ThrottleCause.RATE else "Daily message quota exceeded."
        )
        self.cause = cause


class AccessDenied(DomainError):
    """The caller is known and may not do this."""


class NotOffered(DomainError):
    """An operation or an option that this release does not have; the text says so and what to do instead."""
