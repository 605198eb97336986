"""From what a client hands in to a Submission: everything that can be checked without the database.

Owns SES's header policy: which fields control the service and are taken out, which it sets itself, which may stand only
once (ses: header-fields, sending-email). The body is kept octet for octet. One set of rules for the API and SMTP.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from tayori.mail.address import AddressError, AddrSpec, Mailbox, parse_mailbox, parse_mailbox_list
from tayori.mail.compose import ComposeError, SimpleContent, compose
from tayori.mail.date import rfc5322_date
from tayori.mail.envelope import BodyType
from tayori.mail.fields import Field, FieldsError, assemble, join, split_message
from tayori.mail.lines import has_line_longer_than, to_crlf
from tayori.model import attachment, content_scan
from tayori.model.contact_list import ListOption
from tayori.model.errors import Invalid
from tayori.model.message import Caller, Delegation, MessageTag, Operation, Submission, TrackingOverride
from tayori.model.names import ServiceNames

MAX_RECIPIENTS = 50
MAX_SIZE_V1 = 10 * 1024 * 1024
MAX_SIZE = 40 * 1024 * 1024
MAX_HEADERS = 15
_MAX_LINE = 1000  # RFC 5321 4.5.3.1.6, with CRLF

# Fields that may stand only once (ses: header-fields). DKIM-Signature, Received and the like may repeat.
_SINGLE = frozenset(
    (
        b"accept-language archived-at auto-submitted bcc cc comments content-alternative content-class "
        b"content-description content-disposition content-features content-id content-language content-length "
        b"content-location content-md5 content-transfer-encoding content-type date disposition-notification-options "
        b"disposition-notification-to encoding feedback-id from importance in-reply-to jabber-id keywords "
        b"list-archive list-help list-id list-owner list-post list-subscribe list-unsubscribe "
        b"list-unsubscribe-post message-context message-id mime-version obsoletes organization "
        b"originator-return-address pics-label precedence preferred-transport pgp-encrypted priority references "
        b"reply-by reply-to return-path sender sensitivity solicitation subject thread-index thread-topic to "
        b"user-agent vbr-info x-priority x-ses-configuration-set x-ses-message-tags x-ses-source-arn x-ses-from-arn "
        b"x-ses-return-path-arn x-ses-list-management-options"
    ).split()
)
# Taken out: what controls the service, what it sets itself, and who was copied in secret.
_REMOVED = frozenset(
    {
        b"bcc",
        b"date",
        b"message-id",
        b"return-path",
        b"feedback-id",
        b"x-ses-outgoing",
        b"x-ses-configuration-set",
        b"x-ses-message-tags",
        b"x-ses-source-arn",
        b"x-ses-from-arn",
        b"x-ses-return-path-arn",
        b"x-ses-list-management-options",
        b"x-ses-tenant",
    }
)
# What a policy calls the ways of sending content that is no whole message.
_SEND_EMAIL = "ses:SendEmail"
_ACTIONS = {
    Operation.SEND_TEMPLATED_EMAIL: "ses:SendTemplatedEmail",
    Operation.SEND_BULK_EMAIL: "ses:SendBulkTemplatedEmail",
}
_TAG_NAME = re.compile(r"[A-Za-z0-9_-]+|ses:feedback-id-[ab]")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.@-]+")
_LONGEST_TAG = 256
_HEADER_NAME = re.compile(r"[!-9;-@A-~]+")
_HEADER_VALUE = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arns:
    """Identities that a delegate sender names beside a message: v1 SourceArn, FromArn, ReturnPathArn, v2's two."""

    source: str = ""
    author: str = ""
    return_path: str = ""

    def __bool__(self) -> bool:
        return bool(self.source or self.author or self.return_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What comes with a message, beside its content. Empty values mean "not given"."""

    message_id: str
    caller: Caller
    now: datetime
    names: ServiceNames
    source: AddrSpec | str = ""  # v1 Source, v2 FromEmailAddress, SMTP MAIL FROM
    destinations: Sequence[AddrSpec | str] = ()
    return_path: str = ""  # v1 ReturnPath, v2 FeedbackForwardingEmailAddress
    configuration_set: str | None = None
    tags: Sequence[MessageTag] = ()
    max_size: int = MAX_SIZE
    arns: Arns = Arns()
    list_option: ListOption | None = None
    tracking_override: TrackingOverride | None = None
    tenant: str = ""
    template: str = ""  # the stored one, where there is a tenant


def from_raw(raw: bytes, handed: Handed) -> Submission:
    """A whole message, as SendRawEmail, SendEmail with Raw content and SMTP bring it. Raises Invalid."""
    content = to_crlf(raw)
    if len(content) > handed.max_size:
        raise Invalid(f"Message length is more than {handed.max_size} bytes long: '{len(content)}'.")
    if has_line_longer_than(content, _MAX_LINE):
        raise Invalid(f"A line of the message is longer than {_MAX_LINE - 2} characters; encode the part it stands in.")
    if b"\0" in content:  # some servers drop it, and then see another end of the data than we do
        raise Invalid("The message has a NUL character; encode the part it stands in.")
    try:
        fields, body_offset = split_message(content)
    except FieldsError as error:
        raise Invalid(f"{error}.") from error
    _check_charset(content[:body_offset])
    header = _Header(fields)
    is_bad = content_scan.is_bad(content, _check_attachments(header, content))
    froms = _mailboxes(header, b"from")
    if not froms:
        raise Invalid("Missing required header 'From'.")
    content = assemble(_final_fields(header, handed), content, body_offset)
    return _submission(header, content, froms, handed, "ses:SendRawEmail", is_bad=is_bad)


def from_simple(simple: SimpleContent, handed: Handed, boundary: str) -> Submission:
    """Subject and body, as SendEmail with Simple content brings them. Raises Invalid."""
    for part in simple.attachments:
        attachment.check_name(part.file_name)
    try:
        composed = compose(simple, boundary)
    except ComposeError as error:
        raise Invalid(str(error)) from error
    header = _Header(composed.fields)
    content = b"".join((join([*composed.fields, *service_fields(handed)]), b"\r\n", composed.body))
    if len(content) > handed.max_size:
        raise Invalid(f"Message length is more than {handed.max_size} bytes long: '{len(content)}'.")
    is_bad = content_scan.is_bad(content, [part.content[: content_scan.LOOKED_AT] for part in simple.attachments])
    action = _ACTIONS.get(handed.caller.operation, _SEND_EMAIL)
    return _submission(header, content, (simple.sender,), handed, action, is_bad=is_bad)


def _check_charset(block: bytes) -> None:
    """A header is US-ASCII or UTF-8 (RFC 6532); other 8-bit text would be read by nobody."""
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid("The header has text that is neither US-ASCII nor UTF-8; encode it (RFC 2047).") from None


class _Header:
    """The fields of one message, by name. Raises Invalid where one that may stand only once repeats."""

    __slots__ = ("by_name", "fields")

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self.by_name: dict[bytes, Field] = {}
        for field in fields:
            key = field.name.lower()
            if key in self.by_name and key in _SINGLE:
                raise Invalid(f"Duplicate header '{field.name.decode('ascii')}'.")
            self.by_name.setdefault(key, field)

    def text(self, name: bytes) -> str:
        """The unfolded value, or "" where there is no such field."""
        field = self.by_name.get(name)
        return field.value.decode("utf-8", "replace") if field else ""


def _mailboxes(header: _Header, name: bytes) -> tuple[Mailbox, ...]:
    value = header.text(name)
    if not value:
        return ()
    try:
        return parse_mailbox_list(value)
    except AddressError as error:
        raise Invalid(str(error)) from error


def _final_fields(header: _Header, handed: Handed) -> list[Field]:
    """The customer's fields in their order, then those that SES sets (ses: Date, Message-ID, Feedback-ID)."""
    kept = [field for field in header.fields if field.name.lower() not in _REMOVED]
    return kept + service_fields(handed)


def service_fields(handed: Handed) -> list[Field]:
    message_id = f"<{handed.message_id}@{handed.names.message_id_host}>"
    own = (
        (b"Date", rfc5322_date(handed.now).encode()),
        (b"Message-ID", message_id.encode()),
        (b"Feedback-ID", feedback_id(handed.caller, handed.names).encode()),
    )
    return [Field(name, name + b": " + value + b"\r\n") for name, value in own]


def feedback_id(caller: Caller, names: ServiceNames) -> str:
    """`::1.<region>.<constant per account>=:<service>`: the form SES uses, by which feedback loops group mail."""
    return account_feedback_id(caller.account_id, caller.region, names)


@lru_cache(maxsize=4096)
def account_feedback_id(account_id: str, region: str, names: ServiceNames) -> str:
    digest = hashlib.sha256(f"{names.service_domain}/{account_id}".encode()).digest()
    return f"::1.{region}.{base64.b64encode(digest).decode()}:Tayori"


def _submission(
    header: _Header, content: bytes, froms: Sequence[Mailbox], handed: Handed, action: str, *, is_bad: bool
) -> Submission:
    source = _address(handed.source) if handed.source else None
    given = _address(handed.return_path)
    return_path = given or _address(header.text(b"return-path").strip("<> "))
    feedback = given or source or return_path or froms[0].addr
    senders = _mailboxes(header, b"sender")
    identities = [*(box.addr for box in froms), *(box.addr for box in senders)]
    identities += [address for address in (source, return_path) if address is not None]
    return Submission(
        message_id=handed.message_id,
        caller=handed.caller,
        submitted_at=handed.now,
        from_address=froms[0].addr,
        identities=tuple(dict.fromkeys(identities)),
        recipients=_recipients(header, handed),
        content=content,
        body=BodyType.SEVEN_BIT if content.isascii() else BodyType.EIGHT_BIT_MIME,
        subject=_subject(header),
        # Where it is forwarded to by mail: the request's ReturnPath, else Source or MAIL FROM, else as the header says.
        feedback_address=feedback,
        configuration_set=handed.configuration_set or header.text(b"x-ses-configuration-set") or None,
        tags=check_tags(handed.tags) if handed.tags else _header_tags(header.text(b"x-ses-message-tags")),
        delegation=_delegation(_arns(header, handed.arns), froms, senders, source, return_path, feedback, action),
        is_bad=is_bad,
        list_option=_list_option(header, handed),
        tracking_override=handed.tracking_override,
        tenant=handed.tenant or header.text(b"x-ses-tenant"),
        template=handed.template,
        authors=tuple(froms),
    )


def _list_option(header: _Header, handed: Handed) -> ListOption | None:
    """The request's own, else the header's."""
    name = b"x-ses-list-management-options"
    if handed.list_option is None and name in header.by_name:
        return ListOption.parse(header.text(name))
    return handed.list_option


def _arns(header: _Header, given: Arns) -> Arns:
    """The request's own, else the header's (ses: the parameter overrides the header)."""
    known = header.by_name
    if b"x-ses-source-arn" in known or b"x-ses-from-arn" in known or b"x-ses-return-path-arn" in known:
        return Arns(
            source=given.source or header.text(b"x-ses-source-arn"),
            author=given.author or header.text(b"x-ses-from-arn"),
            return_path=given.return_path or header.text(b"x-ses-return-path-arn"),
        )
    return given


def _delegation(
    arns: Arns,
    froms: Sequence[Mailbox],
    senders: Sequence[Mailbox],
    source: AddrSpec | None,
    return_path: AddrSpec | None,
    feedback: AddrSpec,
    action: str,
) -> Delegation | None:
    """Each address under the identity named for it, else under that of Source: one ARN is enough (ses)."""
    if not arns:
        return None
    author = arns.author or arns.source
    named = [(source, arns.source or arns.author), (return_path, arns.return_path or arns.source)]
    named += [(box.addr, author) for box in (*froms, *senders)]
    return Delegation(
        arns={address: arn for address, arn in named if address is not None and arn},
        action=action,
        authors=tuple(froms),
        feedback_address=str(feedback),
    )


def _subject(header: _Header) -> str:
    field = header.by_name.get(b"subject")
    return field.text[:998] if field else ""


def _address(text: AddrSpec | str) -> AddrSpec | None:
    if isinstance(text, AddrSpec):
        return text
    if not text:
        return None
    try:
        return parse_mailbox(text).addr
    except AddressError as error:
        raise Invalid(str(error)) from error


def _recipients(header: _Header, handed: Handed) -> tuple[AddrSpec, ...]:
    """Destinations where given, else To, Cc and Bcc of the header; each address once."""
    if handed.destinations:
        found: Iterable[AddrSpec] = (_known(_address(text)) for text in handed.destinations)
    else:
        found = (box.addr for name in (b"to", b"cc", b"bcc") for box in _mailboxes(header, name))
    recipients = tuple(dict.fromkeys(found))
    check_recipient_count(len(recipients))
    return recipients


def _known(address: AddrSpec | None) -> AddrSpec:
    if address is None:
        raise Invalid("Missing final '@domain'")
    return address


def check_recipient_count(count: int) -> None:
    if count == 0:
        raise Invalid("The message has no recipient.")
    if count > MAX_RECIPIENTS:
        raise Invalid(f"Recipient count exceeds {MAX_RECIPIENTS}.")


def _header_tags(value: str) -> tuple[MessageTag, ...]:
    """`name1=value1, name2=value2` of X-SES-MESSAGE-TAGS."""
    tags = []
    for part in value.split(","):
        if not part.strip():
            continue
        name, equals, content = part.strip().partition("=")
        if not equals:
            raise Invalid("X-SES-MESSAGE-TAGS holds pairs of the form name=value, separated by commas.")
        tags.append(MessageTag(name=name.strip(), value=content.strip()))
    return check_tags(tags)


def check_tags(tags: Sequence[MessageTag]) -> tuple[MessageTag, ...]:
    names = set()
    for tag in tags:
        if not tag.name:
            raise Invalid("The tag name must be specified.")
        if not tag.value:
            raise Invalid("The tag value must be specified.")
        if not _TAG_NAME.fullmatch(tag.name):  # the texts, spaces and all: recorded
            raise _invalid_tag("name", tag.name, "'_',  '-'")
        if not _TAG_VALUE.fullmatch(tag.value):
            raise _invalid_tag("value", tag.value, "'_',  '-' , '.', '@'")
        if max(len(tag.name), len(tag.value)) > _LONGEST_TAG:
            raise Invalid(f"Invalid tag <{tag.name[:40]}>: names and values have up to {_LONGEST_TAG} characters.")
        if tag.name in names:
            raise Invalid(f"Duplicate tag name <{tag.name}>.")
        names.add(tag.name)
    return tuple(tags)


def _invalid_tag(word: str, text: str, others: str) -> Invalid:
    shown = text[:_LONGEST_TAG]
    return Invalid(f"Invalid tag {word} <{shown}>: only alphanumeric ASCII characters, {others} are allowed.")


def check_custom_headers(headers: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """The `Headers` of Simple content: at most 15, printable US-ASCII, none that the service sets itself."""
    checked = []
    for entry in headers:
        name, value = entry["Name"], entry["Value"]
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise Invalid(f"The header {name[:80]!r} may have printable US-ASCII characters only.")
        if len(name) + len(value) > 996:
            raise Invalid(f"The header {name[:80]!r} is longer than 996 characters.")
        if name.lower().encode() in _RESERVED:
            raise Invalid(f"Header <{name}> is not allowed in Headers; use the request's own member for it.")
        checked.append((name, value))
    if len(checked) > MAX_HEADERS:
        raise Invalid(f"A message can have at most {MAX_HEADERS} headers in Headers.")
    return tuple(checked)


# Fields that a request has members of its own for, or that the service writes.
_RESERVED = _REMOVED | frozenset(
    (
        b"from to cc reply-to subject sender mime-version content-type content-transfer-encoding content-disposition "
        b"content-id content-description dkim-signature"
    ).split()
)


def _check_attachments(header: _Header, content: bytes) -> list[bytes]:
    """The beginnings of its files; nothing is looked through where there can be none."""
    content_type = header.text(b"content-type").lower()
    is_text = not content_type or content_type.startswith("text/")
    if is_text and "name" not in content_type and b"content-disposition" not in header.by_name:
        return []
    return attachment.check(content)
