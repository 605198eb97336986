"""Bounces without the fields of RFC 3464, read as a person would: who wrote it, and what the words say.

Owns those rules, for English and Japanese. Never guesses: what does not come from a mail system, or says of no failure,
is None. Only the beginning of the text is looked at, up to where the message itself is returned, and every pattern is
a linear scan, since strangers write what is read here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tayori.mail.dsn import DeliveryStatus, RecipientStatus, is_automatic_reply, parse_dsn
from tayori.mail.fields import Field, find, find_all
from tayori.mail.reply import EnhancedStatus
from tayori.mail.structure import FORWARDED_TYPES, Part, StructureError, walk

MAX_RECIPIENTS = 100
_MAX_TEXT = 64 * 1024
_MAX_DIAGNOSTIC = 1000
_TIME_OVER = EnhancedStatus(5, 4, 7)  # RFC 3463 3.5: delivery time expired


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.I)


_WRITER = _any(
    r"mailer-?daemon",
    r"post_?master",
    r"mail ?(?:delivery|administrator|system)",
    r"delivery (?:sub)?system",
    r"no-reply@sns\.",
)
_SUBJECT = _any(
    r"un-?deliver",
    r"returned? (?:mail|to sender)",
    r"fail(?:ed|ure)",
    r"delivery (?:status|problem|notification|error)",
    r"mail (?:delivery|error|system)",
    r"non-?delivery",
    r"could not be delivered",
    r"unable to deliver",
    r"delay(?:ed)?",
    r"bounce",
    r"メールエラー|配信(?:エラー|不能|でき|失敗)|送信(?:エラー|でき|失敗)|不達|宛先(?:不明|エラー)|返送されました",
)
_REPLY_SUBJECT = _any(
    r"out of (?:the )?office",
    r"auto(?:matic)?[ -]?(?:reply|response|answer)",
    r"vacation|on leave|away from",
    r"不在|自動(?:返信|応答)|休暇",
)
_ANSWER = re.compile(r"\s*(?:re|aw|sv|auto|fwd?)\s*[:：]", re.I)
# Where the words end and the returned message begins.
_RETURNED = re.compile(
    r"^[ \t>]*-{2,}[ \t]*(?:below this line|this is a copy|original message|unsent message|returned message"
    r"|message header|header of|the body of|元のメッセージ|エラーメールの).*$"
    r"|^[ \t]*(?:return-path|received|dkim-signature):[ \t].*$",
    re.I | re.M,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+/=~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.:-])([45][0-5]\d)(?=[ \-:,]|$)(?! (?:seconds|more|days?|hours?))", re.M)
_DELAYED = _any(
    r"will (?:be retried|retry|continue to|keep trying|be re-?attempted)",
    r"do not need to (?:re-?send|take)",
    r"has been delayed",
    r"delivery (?:is |has been )?delayed",
    r"not yet been delivered",
    r"再送(?:を試み|し続け)|遅延",
)
_GAVE_UP = _any(
    r"giving up|gave up|not going to try again|in the queue too long|retry time(?:out)? (?:not reached|exceeded)",
    r"could not (?:be delivered|deliver) for (?:the last )?\d",
    r"all hosts have been failing for a long time",
    r"failed \d{1,4} attempts",
    r"time ?(?:d |-)?out|expired",
    r"(?:保存|再送)期間",
)
_PLACES = r"(?:user|mailbox|recipient|address|host|domain)"
_FAILED = _any(
    rf"(?:{_PLACES}|account)s?\b.{{0,60}}\b(?:unknown|not (?:found|exist)|disabled|invalid"
    r"|full|over quota|rejected|unavailable|discontinued|blacklisted|refused)",
    rf"(?:unknown|no such|invalid|unrouteable|malformed) {_PLACES}",
    r"doesn'?t (?:exist|have an?)|does not exist",
    r"could ?n[o']t? (?:be )?deliver|cannot be delivered|not be delivered|was not delivered|did not reach",
    r"(?:un|not )able to deliver|delivery (?:has )?failed|was rejected",
    r"permanent(?:ly)? (?:error|fail)|failed permanently",
    r"exceeds allowed size|could not find a gateway",
    r"存在し(?:ない|ません)|見つかり(?:ません|ませんでした)",
    r"(?:配信|配送|送信|お届け)(?:する(?:こと|事)が)?(?:は)?(?:でき|出来)(?:ない|ません)",
    r"いっぱい|一杯|容量(?:を)?(?:超|オーバー)|受信(?:を)?拒否|宛先不明|ユーザー不明",
)


def parse_bounce_text(raw: bytes) -> tuple[RecipientStatus, ...]:
    """What is said of each recipient; () where the message is no bounce.

    A recipient "" stands for whoever the message was for: the text names nobody.
    """
    parts = _parts(raw)
    if not parts:
        return ()
    head = parts[0].fields
    text = _text(parts)
    by_header = _addresses(" ".join(one.text for one in find_all(head, b"X-Failed-Recipients")))
    if not _is_of_a_mail_system(head, bool(by_header), text):
        return ()
    whole = _verdict(text)
    if whole is None and by_header:
        whole = RecipientStatus(final_recipient="", action="failed")  # in whatever language the text may be
    if whole is None:
        return ()
    # Who gets the bounce is who sent the message; the text names him, too.
    senders = {address.lower() for address in _addresses(_value(head, b"To"))}
    named = {one: said for one, said in _by_recipient(text, whole) if said is not whole or one.lower() not in senders}
    for address in by_header:
        named.setdefault(address, whole)
    found = [replace(status, final_recipient=address) for address, status in named.items()]
    return tuple(found[:MAX_RECIPIENTS]) or (whole,)


def parse_wrapped_dsn(raw: bytes) -> DeliveryStatus | None:
    """The notification that a mail system sends inside a message of its own; None where a person forwards one."""
    parts = _parts(raw)
    if not parts or not _WRITER.search(_value(parts[0].fields, b"From")):
        return None
    inner = next((part for part in parts if part.depth == 1 and part.content_type in FORWARDED_TYPES), None)
    return parse_dsn(inner.decoded()) if inner else None


def is_reply_subject(subject: str) -> bool:
    """Whether the words of a subject are those of an automatic reply."""
    return bool(_REPLY_SUBJECT.search(subject[:500]))


def _is_of_a_mail_system(head: Sequence[Field], names_recipients: bool, text: str) -> bool:
    subject, writer = (_value(head, name) for name in (b"Subject", b"From"))
    if is_reply_subject(subject) or "vacation" in _value(head, b"Auto-Submitted").lower():
        return False
    if '"notificationType":"' in text:  # another service's report in JSON
        return '"notificationType":"Bounce"' in text
    if "ould not be delivered to: <" in text:
        return True
    if names_recipients or _WRITER.search(writer):
        return True
    # A reader's program answers from his address, with our own subject behind "Re:": a shop writes of deliveries, too.
    return bool(_SUBJECT.search(subject)) and not _ANSWER.match(subject) and not is_automatic_reply(head)


def _value(head: Sequence[Field], name: bytes) -> str:
    found = find(head, name)
    return found.text[:_MAX_DIAGNOSTIC] if found else ""


def _parts(raw: bytes) -> list[Part]:
    """The message and its own parts, those of a returned message left out."""
    found: list[Part] = []
    returned_at = 1 << 30
    try:
        for part in walk(raw):
            if part.depth > returned_at:
                continue
            returned_at = part.depth if part.content_type in FORWARDED_TYPES else 1 << 30
            found.append(part)
    except StructureError:
        pass  # what was found before the limit counts
    return found


def _text(parts: Sequence[Part]) -> str:
    """The words of the mail system, HTML where there is nothing else, the raw body where no part was found."""
    plain = [one for one in parts if one.content_type in ("text/plain", "message/delivery-status")]
    chosen = plain or [one for one in parts if one.content_type == "text/html"] or [parts[0]]
    pieces = [re.sub(r"<[^<>]{1,500}>(?<!@)", _tag, one.text()[:_MAX_TEXT]) for one in chosen[:5]]
    text = "\n".join(piece[: end.start()] if (end := _cut(piece)) else piece for piece in pieces)
    return text[:_MAX_TEXT].replace("\r\n", "\n")


def _tag(match: re.Match[str]) -> str:
    return match[0] if "@" in match[0] else " "


def _cut(text: str) -> re.Match[str] | None:
    """The first line of the returned message, not one before any word was said."""
    return next((one for one in _RETURNED.finditer(text) if text[: one.start()].strip()), None)


def _verdict(text: str) -> RecipientStatus | None:
    """None where nothing is said of a failure."""
    flat = " ".join(text.split())
    found = _STATUS.findall(text[:_MAX_TEXT])
    status = EnhancedStatus.parse(next((one for one in found if one[0] != "2"), ""))
    code = _CODE.search(text)
    if _DELAYED.search(flat) and not _GAVE_UP.search(flat):
        action = "delayed"
    elif status is not None or code is not None or _GAVE_UP.search(flat) or _FAILED.search(flat):
        action = "failed"
    else:
        return None
    if status is None and code is None and action == "failed" and _GAVE_UP.search(flat):
        status = _TIME_OVER
    start = code.start() if code else 0
    diagnostic = " ".join(text[start : start + 2 * _MAX_DIAGNOSTIC].split())[:_MAX_DIAGNOSTIC]
    return RecipientStatus(
        final_recipient="",
        action=action,
        status=status,
        diagnostic=diagnostic,
        diagnostic_type="smtp" if code else "",
    )


def _by_recipient(text: str, whole: RecipientStatus) -> Iterator[tuple[str, RecipientStatus]]:
    """Each address with what is said between it and the next other one; where nothing is, with what all of it says."""
    matches = list(_ADDRESS.finditer(text))[: 3 * MAX_RECIPIENTS]
    said: dict[str, RecipientStatus | None] = {}
    for position, match in enumerate(matches):
        address = match[0].rstrip(".")
        if said.get(address) is not None or len(said) > MAX_RECIPIENTS:
            continue
        later = (one for one in matches[position + 1 : position + 20] if one[0].rstrip(".") != address)
        end = next((one.start() for one in later), len(text))
        verdict = _verdict(text[match.start() : min(end, match.start() + _MAX_DIAGNOSTIC)])
        said[address] = verdict if verdict and (verdict.status or verdict.diagnostic_type) else None
    for address, verdict in said.items():
        yield address, verdict or whole


def _addresses(text: str) -> list[str]:
    return [match[0] for match in _ADDRESS.finditer(text[:_MAX_TEXT])][:MAX_RECIPIENTS]
