"""What v1 and v2 do alike to send what templates make: one message, or a bulk.

Owns the way from a request's template and data to submissions, made beside the event loop, and what each entry of a
bulk is told. A bulk's entries become durable together; of large ones no more is in memory at once than `_AT_ONCE`.
A template and data that do not fit are no refusal: the message is accepted, and told of as a rendering failure (ses).
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tayori import ids
from tayori.api import sending
from tayori.api.registry import ComposeCall, Response
from tayori.api.template_work import COMPILED, aside, parts_of
from tayori.api.tools import Tools
from tayori.mail.address import AddressError, parse_mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model import template as rules
from tayori.model.arn import Arn
from tayori.model.errors import (
    AccessDenied,
    DomainError,
    Invalid,
    Kind,
    MailFromNotVerified,
    MessageRejected,
    NotFound,
    PauseScope,
    SendingPaused,
    ThrottleCause,
    Throttled,
)
from tayori.model.handlebars import RenderingError
from tayori.model.message import RenderingFailure, Submission
from tayori.model.once import Once
from tayori.model.submission import Handed, check_custom_headers, from_simple
from tayori.model.template import CompiledTemplate, Data, TemplateContent
from tayori.resources import templates
from tayori.store.engine import StoreUnavailable

logger = logging.getLogger("tayori.api")

MAX_DESTINATIONS = 50
_AT_ONCE = 32 * 1024 * 1024  # octets of a bulk's messages that are in memory at once
_SLICE = 0.05  # seconds for which one bulk may keep a thread before others have their turn
_NO_CONTENT = Content(data="")
Headers = Sequence[Mapping[str, str]]
Answer = str | Exception  # a MessageId, or why there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The template of a request. `name` is empty for one within it."""

    name: str
    compiled: CompiledTemplate


async def within_request(content: TemplateContent) -> Chosen:
    """A template that is given with the request has values only (ses). Raises InvalidTemplate."""
    return Chosen(name="", compiled=await COMPILED.get(content, is_simple=True))


async def stored(call: ComposeCall, name: str) -> Chosen:
    """Raises NotFound."""
    content = await call.store.read(templates.get, call.account_id, call.region, name)
    return Chosen(name=name, compiled=await COMPILED.get(content))


def name_of(call: ComposeCall, text: str) -> str:
    """The name of the template that an ARN names. Raises Invalid and NotFound."""
    arn = Arn.parse(text)
    if arn is None or arn.resource_type != Kind.TEMPLATE:
        raise Invalid(f"Invalid ARN {text[:200]}.")
    if (arn.account_id, arn.region) != (call.account_id, call.region):
        raise templates.missing(text)
    return arn.name


def frame(sender: str, destination: Mapping[str, Any], reply_to: Sequence[str], **more: Any) -> SimpleContent:
    """A message without its content. Raises Invalid."""
    return SimpleContent(
        sender=sending.mailbox(sender),
        to=[sending.mailbox(text) for text in destination.get("ToAddresses", ())],
        cc=[sending.mailbox(text) for text in destination.get("CcAddresses", ())],
        reply_to=[sending.mailbox(text) for text in reply_to],
        subject=_NO_CONTENT,
        body=Body(text=_NO_CONTENT),
        **more,
    )


def submission(chosen: Chosen, data: Data, empty: SimpleContent, facts: Handed) -> Submission:
    """What is to be sent, or the failure that is to be told of. Raises Invalid."""
    boundary = ids.url_token()
    if facts.tenant and chosen.name:
        facts = replace(facts, template=chosen.name)
    try:
        rendered = chosen.compiled.render(data)
    except RenderingError as error:
        header = from_simple(replace(empty, attachments=()), facts, boundary)
        return replace(
            header, failure=RenderingFailure(template_name=chosen.name, error_message=str(error)), is_bad=False
        )
    subject, body = parts_of(rendered)
    return from_simple(replace(empty, subject=subject, body=body), facts, boundary)


async def send(call: ComposeCall, chosen: Chosen, data: str, empty: SimpleContent, facts: Handed) -> str:
    """The MessageId. Raises DomainErrors."""
    tools: Tools = call.tools
    made = await aside(lambda: submission(chosen, rules.data_of(data), empty, facts))
    return await tools.sending.submit(made, call.once)


# --- bulks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What the entries of a bulk have in common. `handed(destination, tags)` gives the facts of one."""

    chosen: Chosen
    sender: str
    reply_to: Sequence[str]
    data: Data
    tags: Sequence[Mapping[str, str]]
    headers: Headers = ()
    attachments: Sequence[Any] = ()
    handed: Callable[[Mapping[str, Any], Sequence[Mapping[str, str]]], Handed]

    def entry(
        self, destination: Mapping[str, Any], data: str, tags: Sequence[Mapping[str, str]], headers: Headers = ()
    ) -> Submission:
        """Where an entry gives a tag, a header or a value, it is in place of the bulk's. Raises Invalid."""
        values = rules.replaced(self.data, rules.data_of(data) if data.strip() else {})
        empty = frame(
            self.sender,
            destination,
            self.reply_to,
            headers=check_custom_headers(_replaced(self.headers, headers)),
            attachments=self.attachments,
        )
        return submission(self.chosen, values, empty, self.handed(destination, _replaced(self.tags, tags)))


def _replaced(given: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """By their `Name`, whatever the case of its letters."""
    if not others:
        return list(given)
    names = {one["Name"].lower() for one in others}
    return [*(one for one in given if one["Name"].lower() not in names), *others]


def check_bulk(sender: str, return_path: str, entries: int) -> None:
    """What is wrong of a bulk as a whole. Raises Invalid."""
    if not sender:
        raise Invalid("Source cannot be empty")
    for address in filter(None, (sender, return_path)):
        try:
            parse_mailbox(address)
        except AddressError as error:
            raise Invalid(f"Invalid email address<{address[:320]}>.") from error
    if not 1 <= entries <= MAX_DESTINATIONS:
        raise Invalid(f"A bulk has 1 to {MAX_DESTINATIONS} destinations, not {entries}.")


async def send_all(
    call: ComposeCall, works: Sequence[Callable[[], Submission]], say: Callable[[Sequence[Answer]], Response]
) -> Response:
    """What becomes of each entry, in order, in the words of `say`. `works` make the submissions."""
    if call.once is not None:
        return await _send_once(call, works, say, call.once)
    answers: list[Answer] = []
    made: list[Submission | Exception] = []
    size = position = 0
    while position < len(works):
        some = await aside(partial(_some, works[position:]))
        made += some
        position += len(some)
        size += sum(map(_size, some))
        if size > _AT_ONCE or position == len(works):
            answers += await _submitted(call, made)
            made, size = [], 0
    _raise_if_all_denied(call, answers)
    return say(answers)


def _raise_if_all_denied(call: ComposeCall, answers: Sequence[Answer]) -> None:
    """Who may send none of a bulk may not send it: that is told of the whole."""
    denied = [answer for answer in answers if isinstance(answer, AccessDenied)]
    if call.permit is not None and denied and len(denied) == len(answers):
        raise denied[0]


async def _send_once(
    call: ComposeCall,
    works: Sequence[Callable[[], Submission]],
    say: Callable[[Sequence[Answer]], Response],
    once: Once,
) -> Response:
    """All of a bulk at one moment, with what is answered."""
    made: list[Submission | Exception] = []
    while len(made) < len(works):
        made += await aside(partial(_some, works[len(made) :]))
        if sum(map(_size, made)) > _AT_ONCE:
            raise Invalid(
                f"With an Idempotency-Key the messages of a bulk have at most {_AT_ONCE} bytes together. Send fewer"
                " of them in one request."
            )

    def whole(taken: Sequence[Answer]) -> Response:
        each = iter(taken)
        return say([next(each) if isinstance(one, Submission) else one for one in made])

    submissions = [one for one in made if isinstance(one, Submission)]
    tools: Tools = call.tools
    answers = await tools.sending.submit_once(submissions, once, whole) if submissions else []
    _raise_if_all_denied(call, answers)
    return whole(answers)


def _some(works: Sequence[Callable[[], Submission]]) -> list[Submission | Exception]:
    """The first of them, as many as fit."""
    made: list[Submission | Exception] = []
    size, until = 0, time.perf_counter() + _SLICE
    for work in works:
        made.append(_made(work))
        size += _size(made[-1])
        if size > _AT_ONCE or time.perf_counter() > until:
            break
    return made


def _size(made: Submission | Exception) -> int:
    return len(made.content) if isinstance(made, Submission) else 0


def _made(work: Callable[[], Submission]) -> Submission | Exception:
    try:
        return work()
    except DomainError as refusal:
        return refusal
    except Exception as error:
        logger.exception("bulk_entry_failed")
        return error


async def _submitted(call: ComposeCall, made: Sequence[Submission | Exception]) -> list[Answer]:
    tools: Tools = call.tools
    taken = iter(await tools.sending.submit_together([one for one in made if isinstance(one, Submission)]))
    return [next(taken) if isinstance(one, Submission) else one for one in made]


_PAUSED = {
    PauseScope.ACCOUNT: "ACCOUNT_SENDING_PAUSED",
    PauseScope.CONFIGURATION_SET: "CONFIGURATION_SET_SENDING_PAUSED",
}
_THROTTLED = {
    ThrottleCause.RATE: "ACCOUNT_THROTTLED",
    ThrottleCause.DAILY_QUOTA: "ACCOUNT_DAILY_QUOTA_EXCEEDED",
}
_V1_STATUSES = {
    "CONFIGURATION_SET_NOT_FOUND": "ConfigurationSetDoesNotExist",
    "TEMPLATE_NOT_FOUND": "TemplateDoesNotExist",
    "INVALID_PARAMETER": "InvalidParameterValue",
}


def status_of(answer: Answer) -> str:
    """As v2 spells it."""
    match answer:
        case str():
            return "SUCCESS"
        case MessageRejected():
            return "MESSAGE_REJECTED"
        case MailFromNotVerified():
            return "MAIL_FROM_DOMAIN_NOT_VERIFIED"
        case NotFound(kind=Kind.CONFIGURATION_SET):
            return "CONFIGURATION_SET_NOT_FOUND"
        case SendingPaused(scope=scope):
            return _PAUSED[scope]
        case Throttled(cause=cause):
            return _THROTTLED[cause]
        case Invalid():
            return "INVALID_PARAMETER"
        case StoreUnavailable():
            return "TRANSIENT_FAILURE"
    return "FAILED"


def v1_status(status: str) -> str:
    return _V1_STATUSES.get(status) or "".join([word.capitalize() for word in status.split("_")])


def told(answer: Answer, status: str) -> dict[str, str]:
    """The members of one entry's answer. What goes wrong inside the service stays there."""
    if isinstance(answer, str):
        return {"Status": status, "MessageId": answer}
    text = answer.message if isinstance(answer, DomainError) else "The message could not be taken. Please try again."
    return {"Status": status, "Error": text}
