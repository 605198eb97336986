"""The words of SES about mail that came in: its own header fields, notifications, and the event of a function.

Owns the JSON (ses: receiving-email-notifications-contents, receiving-email-action-lambda-event) and what verdicts on
SPF, DKIM and DMARC are called there. Pure; nobody is told here.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tayori.mail.address import AddressError, parse_mailbox_list
from tayori.mail.date import rfc5322_date
from tayori.mail.dkim_verify import DkimResult, DkimVerdict
from tayori.mail.dmarc import DmarcResult, DmarcVerdict
from tayori.mail.fields import MAX_BLOCK, Field, scan_block
from tayori.mail.spf import SpfResult, SpfVerdict
from tayori.model.event import timestamp
from tayori.model.receipt import Action, ActionKind, Members
from tayori.model.ses_event import MOST_HEADERS

SUBJECT = "Amazon SES Email Receipt Notification"
HEAD = 64 * 1024  # octets of the header block that are kept for bounces
_LISTS = (
    ("from", b"from"),
    ("to", b"to"),
    ("cc", b"cc"),
    ("bcc", b"bcc"),
    ("replyTo", b"reply-to"),
)
_TEXTS = (("sender", b"sender"), ("date", b"date"), ("messageId", b"message-id"), ("subject", b"subject"))
# What the service alone says: whoever sends it wants to be believed.
_OURS = frozenset({b"return-path", b"x-ses-spam-verdict", b"x-ses-virus-verdict", b"x-ses-receipt"})
_ODD = re.compile(r"[^!-'*-~]")  # in a host name that a stranger gave: brackets, spaces, what is not US-ASCII
_PASS, _FAIL, _GRAY, _FAILED = "PASS", "FAIL", "GRAY", "PROCESSING_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """`policy` is the DMARC policy of the author's domain where the message fails it, else "". `spf_text` and
    `results` are what header fields say.
    """

    spf: str = _FAILED
    dkim: str = _FAILED
    dmarc: str = _FAILED
    policy: str = ""
    spf_text: str = ""
    results: str = ""

    def to_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


_SPF = {
    SpfVerdict.PASS: _PASS,
    SpfVerdict.FAIL: _FAIL,
    SpfVerdict.TEMPERROR: _FAILED,
}
_DMARC = {
    DmarcVerdict.PASS: _PASS,
    DmarcVerdict.FAIL: _FAIL,
    DmarcVerdict.TEMPERROR: _FAILED,
}


def verdicts(
    arrival: "Arrival", spf: SpfResult, dkim: Sequence[DkimResult], dmarc: DmarcResult | None, receiver: str
) -> Verdicts:
    """`receiver` is the name under which the service vouches for them (RFC 8601 2.5)."""
    dmarc_word = dmarc.verdict if dmarc else DmarcVerdict.NONE
    author = f" header.from={dmarc.from_domain}" if dmarc else ""
    signed = [f"dkim={one.verdict} header.d={one.domain}" for one in dkim if one.domain] or ["dkim=none"]
    domain = _plain(spf.domain)
    said = f"spf={spf.verdict} smtp.mailfrom={domain}" if arrival.source else f"spf={spf.verdict} smtp.helo={domain}"
    return Verdicts(
        spf=_SPF.get(spf.verdict, _GRAY),
        dkim=_dkim(dkim),
        dmarc=_DMARC.get(dmarc_word, _GRAY),
        policy=dmarc.policy.value if dmarc and dmarc_word is DmarcVerdict.FAIL else "",
        spf_text=f"{spf.verdict} (domain of {domain}) client-ip={arrival.source_ip};"
        f" envelope-from={arrival.source}; helo={_plain(arrival.helo)};",
        results="; ".join([receiver, said, *signed, f"dmarc={dmarc_word}{author}"]),
    )


def _dkim(results: Sequence[DkimResult]) -> str:
    if not results:
        return _GRAY
    if any(one.passed for one in results):
        return _PASS
    return _FAILED if any(one.verdict is DkimVerdict.TEMPERROR for one in results) else _FAIL


def _plain(text: str) -> str:
    return _ODD.sub("?", text)[:255] or "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as it came in for one account."""

    message_id: str
    source: str  # of MAIL FROM, "" for the null reverse-path
    source_ip: str
    helo: str
    recipients: tuple[str, ...]
    received_at: datetime
    host: str  # the name of ours that took it
    domain: str  # the service's


# -- the message as it is handed on ------------------------------------------------------------------------------------


def stamped(raw: bytes, arrival: Arrival, judged: Verdicts, added: Sequence[tuple[str, str]], *, scans: bool) -> bytes:
    """With the fields of the service before it, and without those that pretend to be its own (RFC 8601 5)."""
    scan = _GRAY if scans else "DISABLED"
    helo = _plain(arrival.helo)
    to = f"\r\n for {arrival.recipients[0]}" if len(arrival.recipients) == 1 else ""
    lines = [
        f"Return-Path: <{arrival.source}>",
        f"Received: from {helo} ({helo} [{arrival.source_ip}])\r\n by {arrival.host} with SMTP id {arrival.message_id}"
        f"{to};\r\n {rfc5322_date(arrival.received_at)}",
        f"X-SES-Spam-Verdict: {scan}",
        f"X-SES-Virus-Verdict: {scan}",
    ]
    if judged.results:
        lines.append(f"Received-SPF: {judged.spf_text}")
        lines.append("Authentication-Results: " + judged.results.replace("; ", ";\r\n "))
    lines += [f"{name}: {value}" for name, value in added]
    head = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")
    return head + _without_claims(raw, arrival.domain)


def _without_claims(raw: bytes, domain: str) -> bytes:
    """All the rest stays as it is, whatever it is."""
    end = raw.find(b"\r\n\r\n", 0, MAX_BLOCK)
    if end < 0 or raw.startswith(b"\r\n"):  # no header
        return raw
    lines = b"\r\n" + raw[: end + 2]
    for one in scan_block(lines[2:]):
        if _is_claim(one, domain):
            lines = lines.replace(b"\r\n" + one.raw, b"\r\n", 1)
    return lines[2:] + raw[end + 2 :]


def _is_claim(field: Field, domain: str) -> bool:
    if field.key == b"authentication-results":
        return field.value.decode("latin-1").split(";")[0].strip().lower() == domain.lower()
    return field.key in _OURS


# -- what is told ------------------------------------------------------------------------------------------------------


def notification(content: bytes, arrival: Arrival, judged: Verdicts, step: Members, now: datetime) -> str:
    """Of one action; with the message where that is what the action is for."""
    told: dict[str, Any] = {
        "notificationType": "Received",
        "mail": mail(content, arrival),
        "receipt": receipt(arrival, judged, step, now),
    }
    if step["kind"] == ActionKind.SNS:
        is_base64 = step["members"].get("Encoding") == "Base64"
        told["content"] = base64.b64encode(content).decode() if is_base64 else content.decode("utf-8", "replace")
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def function_event(content: bytes, arrival: Arrival, judged: Verdicts, step: Members, now: datetime) -> bytes:
    """What SES gives to a Lambda function; the body of the message is not in it."""
    told = {"mail": mail(content, arrival), "receipt": receipt(arrival, judged, step, now)}
    record = {"eventSource": "aws:ses", "eventVersion": "1.0", "ses": told}
    return json.dumps({"Records": [record]}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def receipt(arrival: Arrival, judged: Verdicts, step: Members, now: datetime) -> dict[str, Any]:
    scan = {"status": _GRAY if step["scans"] else "DISABLED"}
    told: dict[str, Any] = {
        "timestamp": timestamp(arrival.received_at),
        "processingTimeMillis": max(0, int((now - arrival.received_at).total_seconds() * 1000)),
        "recipients": list(step["recipients"]),
        "spamVerdict": scan,
        "virusVerdict": scan,
        "spfVerdict": {"status": judged.spf},
        "dkimVerdict": {"status": judged.dkim},
        "dmarcVerdict": {"status": judged.dmarc},
    }
    told |= {"dmarcPolicy": judged.policy} if judged.policy else {}
    return told | {"action": _action(arrival, step)}


def _action(arrival: Arrival, step: Members) -> dict[str, Any]:
    kind, members = step["kind"], step["members"]
    told = {"type": kind} | ({"topicArn": members["TopicArn"]} if members.get("TopicArn") else {})
    if kind == ActionKind.S3:
        prefix = members.get("ObjectKeyPrefix") or ""
        told |= {"bucketName": members["BucketName"], "objectKeyPrefix": prefix, "objectKey": object_key(arrival, step)}
    if kind == ActionKind.SNS:
        told |= {"encoding": members.get("Encoding") or "UTF-8"}
    if kind == ActionKind.LAMBDA:
        told |= {"functionArn": members["FunctionArn"], "invocationType": members.get("InvocationType") or "Event"}
    if kind == ActionKind.BOUNCE:
        told |= {"smtpReplyCode": members["SmtpReplyCode"], "message": members["Message"], "sender": members["Sender"]}
        told |= {"statusCode": members["StatusCode"]} if members.get("StatusCode") else {}
    return told


def object_key(arrival: Arrival, step: Members) -> str:
    return f"{step['members'].get('ObjectKeyPrefix') or ''}{arrival.message_id}"


def mail(content: bytes, arrival: Arrival) -> dict[str, Any]:
    fields = scan_block(content[:MAX_BLOCK].partition(b"\r\n\r\n")[0] + b"\r\n")
    addressed = [box for key in (b"to", b"cc") for box in _addresses(fields, key)]
    return {
        "timestamp": timestamp(arrival.received_at),
        "source": arrival.source,
        "messageId": arrival.message_id,
        "destination": addressed or list(arrival.recipients),
        **_headers(fields),
        "commonHeaders": {"returnPath": arrival.source, **_common(fields)},
    }


def _headers(fields: Sequence[Field]) -> dict[str, Any]:
    kept: list[dict[str, str]] = []
    size = 0
    for found in fields:
        name, value = found.name.decode("latin-1"), _value(found)
        size += len(name) + len(value.encode("utf-8", "replace"))
        if size > MOST_HEADERS:
            return {"headersTruncated": True, "headers": kept}
        kept.append({"name": name, "value": value})
    return {"headersTruncated": False, "headers": kept}


def _common(fields: Sequence[Field]) -> dict[str, Any]:
    common: dict[str, Any] = {}
    for name, key in _LISTS:
        texts = [_value(one) for one in fields if one.key == key][:1]
        if texts:
            common[name] = _mailboxes(texts[0])
    for name, key in _TEXTS:
        found = [one for one in fields if one.key == key]
        if found:
            common[name] = found[0].text if key == b"subject" else _value(found[0])
    return common


def _value(found: Field) -> str:
    return found.value.decode("utf-8", "replace").replace("\t", " ")


def _mailboxes(text: str) -> list[str]:
    try:
        return [str(box) for box in parse_mailbox_list(text)]
    except AddressError:
        return [text]


def _addresses(fields: Sequence[Field], key: bytes) -> list[str]:
    try:
        return [str(box.addr) for one in fields if one.key == key for box in parse_mailbox_list(_value(one))]
    except AddressError:
        return []


# -- functions that decide ---------------------------------------------------------------------------------------------


def disposition(answer: bytes) -> str:
    """What a function's answer says of the rest: STOP_RULE, STOP_RULE_SET, else CONTINUE."""
    try:
        said = json.loads(answer)
    except ValueError:
        return "CONTINUE"
    word = said.get("disposition") if isinstance(said, Mapping) else None
    return word if word in ("STOP_RULE", "STOP_RULE_SET") else "CONTINUE"


def action_of(step: Members) -> Action:
    return Action(kind=ActionKind(step["kind"]), members=step["members"])
