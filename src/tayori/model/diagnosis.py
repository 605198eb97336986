"""What is wrong with a record that an identity asks for, and what its DNS administrator should do about it.

Owns the mistakes that are known by their traces, as a pure function from evidence to advice: `dns.investigation`
gathers the evidence, `diagnosis_words` has a sentence for each mistake. The verdict is `proof.judge`'s, on what the
configured resolver answers, so that nothing here can say otherwise than the verifier does. RFC 1034 3.6.2 (a CNAME
stands alone), RFC 7208 4.5 (one SPF record), RFC 6376 3.6.2.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.evidence import Evidence, Mistake, SeenStatus, ServerView, ZoneFacts
from tayori.model.identity import ErrorType, Verdict
from tayori.model.proof import ExpectedRecord, Finding, Hint, Purpose, judge

_SHOWN_VALUES = 10
_SHOWN_LENGTH = 300


class Standing(StrEnum):
    """One word for a record."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"
    WAITING = "waiting"  # the zone is right, resolvers still have what was there before
    TROUBLE = "trouble"  # the DNS did not answer, which proves nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A mistake, and what its sentence speaks of."""

    mistake: Mistake
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is known of one record. The first advice is the one to follow; there is always one."""

    evidence: Evidence
    finding: Finding
    standing: Standing
    advice: tuple[Advice, ...]

    @property
    def expected(self) -> ExpectedRecord:
        return self.evidence.expected

    @property
    def stands(self) -> tuple[str, ...]:
        """What stands at the name: values of the type, else records of other types that are in the way."""
        if self.finding.found:
            return self.finding.found
        aliases = {view.seen.alias for view in self.evidence.servers if view.seen.alias}
        beside = {f"{rdtype} {value}" for rdtype, values in self.evidence.beside.items() for value in values}
        return tuple(shown_values(sorted(beside | {f"CNAME {alias}" for alias in aliases})))


def diagnose(evidence: Evidence) -> Diagnosis:
    """Judge one record, and name the mistakes that its traces betray."""
    finding = judge(evidence.expected, evidence.answer)
    authoritative = [judge(evidence.expected, view.seen.answer_to(evidence.expected)) for view in _definite(evidence)]
    is_right_at_source = bool(authoritative) and all(item.verdict is Verdict.MATCHED for item in authoritative)
    standing = _standing(finding, evidence, is_right_at_source=is_right_at_source)
    advice: list[Advice] = []
    if standing in (Standing.MISSING, Standing.WRONG):
        advice += _record_advice(evidence, finding)
    elif standing is Standing.WAITING:
        advice.append(_cached(evidence))
    elif standing is Standing.TROUBLE:
        advice += _trouble(evidence)
    beside = _beside(evidence)
    advice += beside + _server_advice(evidence)
    if standing is Standing.OK and authoritative and all(item.verdict is not Verdict.MATCHED for item in authoritative):
        advice.append(_advice(Mistake.ONLY_CACHED, name=evidence.expected.name, seconds=evidence.answer.ttl))
    if standing is Standing.OK and not beside:
        # What is wrong with single servers is told, after the word that the record itself needs nothing.
        advice.insert(0, _advice(Mistake.IN_PLACE, name=evidence.expected.name))
    return Diagnosis(evidence=evidence, finding=finding, standing=standing, advice=_distinct(advice))


def diagnose_all(evidence: Sequence[Evidence]) -> tuple[Diagnosis, ...]:
    """Judge the records of one identity together: some mistakes show only when they are seen side by side."""
    found = [diagnose(item) for item in evidence]
    dkim = [item for item in found if item.expected.purpose is Purpose.DKIM]
    right = [item for item in dkim if item.finding.verdict is Verdict.MATCHED]
    if not 0 < len(right) < len(dkim):
        return tuple(found)
    lacking = ", ".join(item.expected.name for item in dkim if item not in right)
    partial = _advice(Mistake.DKIM_PARTIAL, count=len(right), total=len(dkim), missing=lacking)
    return tuple(
        item
        if item.expected.purpose is not Purpose.DKIM or item in right
        else Diagnosis(
            evidence=item.evidence, finding=item.finding, standing=item.standing, advice=(*item.advice, partial)
        )
        for item in found
    )


def _standing(finding: Finding, evidence: Evidence, *, is_right_at_source: bool) -> Standing:
    if finding.verdict is Verdict.MATCHED:
        return Standing.OK
    if finding.verdict is Verdict.UNKNOWN:
        return Standing.TROUBLE
    if is_right_at_source:
        return Standing.WAITING
    is_wrong = finding.error is ErrorType.INVALID_VALUE or bool(evidence.elsewhere)
    return Standing.WRONG if is_wrong or any(evidence.beside.values()) else Standing.MISSING


def _definite(evidence: Evidence) -> list[ServerView]:
    return [view for view in evidence.servers if view.seen.is_definite]


# --- mistakes of the record ---


def _record_advice(evidence: Evidence, finding: Finding) -> list[Advice]:
    """The most telling first."""
    expected = evidence.expected
    found = list(_values(evidence, finding))
    advice = [
        _advice(item.mistake, place=item.name, name=expected.name, host=_host(evidence), value=expected.value)
        for item in evidence.elsewhere
    ]
    advice += _stands_in_the_way(evidence)
    if not advice and found:
        advice.append(_value_advice(expected, finding, found, evidence.domain_zone))
    if evidence.in_parent and evidence.zone is not None:
        zone = evidence.zone
        advice.append(_advice(Mistake.IN_PARENT_ZONE, name=expected.name, parent=zone.parent, zone=zone.origin))
    elif not found and _is_below_cut(evidence):
        advice.append(_wrong_zone(evidence))
    if not advice:
        advice.append(
            _advice(
                Mistake.MISSING,
                name=expected.name,
                rdtype=expected.rdtype,
                value=expected.value,
                zone=_zone_name(evidence),
                host=_host(evidence),
            )
        )
    return advice


def _values(evidence: Evidence, finding: Finding) -> tuple[str, ...]:
    """What stands there of the type: from the zone's servers, which know best, else from the resolver."""
    for view in _definite(evidence):
        if view.seen.values:
            return view.seen.values
    return finding.found


def _host(evidence: Evidence) -> str:
    """The name as most panels want it: without the zone."""
    zone = _zone_name(evidence)
    return evidence.expected.name.removesuffix(f".{zone}") if evidence.expected.name != zone else "@"


def _zone_name(evidence: Evidence) -> str:
    """Where the record is to be registered: nobody registers records in a top-level domain."""
    is_known = evidence.zone is not None and "." in evidence.zone.origin.strip(".")
    return evidence.zone.origin if is_known and evidence.zone else evidence.expected.domain


def _stands_in_the_way(evidence: Evidence) -> list[Advice]:
    """Something else stands where the record should."""
    expected = evidence.expected
    aliases = [view.seen.alias for view in _definite(evidence) if view.seen.status is SeenStatus.ALIAS]
    if aliases:
        return [_advice(Mistake.CNAME_IN_THE_WAY, name=expected.name, rdtype=expected.rdtype, alias=aliases[0])]
    if expected.rdtype != "CNAME" or _has_values(evidence):
        return []
    texts = evidence.beside.get("TXT", ())
    if any("p=" in text.replace(" ", "") for text in texts):
        return [_advice(Mistake.FLATTENED, name=expected.name, value=expected.value)]
    addresses = (*evidence.beside.get("A", ()), *evidence.beside.get("AAAA", ()))
    if addresses:
        return [_advice(Mistake.PROXIED, name=expected.name, value=expected.value, found=_joined(addresses))]
    return []


def _has_values(evidence: Evidence) -> bool:
    return evidence.answer.exists or any(view.seen.values for view in _definite(evidence))


def _value_advice(expected: ExpectedRecord, finding: Finding, found: Sequence[str], zone: str) -> Advice:
    places = {"name": expected.name, "value": expected.value, "found": _joined(found)}
    if expected.rdtype == "TXT":
        mistake = _text_mistake(expected, finding, found)
    elif expected.rdtype == "MX":
        mistake = _mx_mistake(expected, found, zone)
    else:
        mistake = _host_mistake(expected.value, found[0], expected.domain, zone)
    return _advice(mistake, **places, rdtype=expected.rdtype, zone=zone, host=expected.name)


def _mx_mistake(expected: ExpectedRecord, found: Sequence[str], zone: str) -> Mistake:
    if len(found) > 1:
        return Mistake.SEVERAL_MX
    hosts = expected.value.partition(" ")[2], found[0].partition(" ")[2]
    return _host_mistake(hosts[0], hosts[1], expected.domain, zone)


def _host_mistake(wanted: str, found: str, domain: str, zone: str) -> Mistake:
    if found in (f"{wanted}.{domain}", f"{wanted}.{zone}"):
        return Mistake.VALUE_DOUBLED
    if found.replace("\\.", ".").rstrip(".") == wanted:
        return Mistake.TRAILING_DOT
    if found.endswith(("amazonses.com", "amazonaws.com")):
        return Mistake.STILL_AMAZON
    token, _, rest = wanted.partition(".")
    other, _, other_rest = found.partition(".")
    if other_rest == rest and other != token:
        return Mistake.DKIM_SWAPPED if "." in rest and len(token) == len(other) else Mistake.WRONG_VALUE
    # feedback-smtp.<region>.<service domain>, or another zone of keys below the same domain
    parent = rest.partition(".")[2]
    if other == token and parent and found.endswith(f".{parent}"):
        return Mistake.WRONG_REGION
    return Mistake.WRONG_VALUE


def _text_mistake(expected: ExpectedRecord, finding: Finding, found: Sequence[str]) -> Mistake:
    """How a TXT value was spoilt on its way through a panel; else what else stands there."""
    wanted = expected.value
    for value in found:
        if value == wanted or not _is_spoilt(expected, value):
            continue
        if "\\" in value:
            return Mistake.TXT_ESCAPED
        if '"' in value:
            return Mistake.TXT_QUOTED
        return Mistake.TRAILING_DOT if value.rstrip(".") == wanted else Mistake.TXT_SPACED
    if 1 < len(found) <= 6 and _is_split(_bare(wanted), [_bare(value) for value in found]):
        return Mistake.TXT_SPLIT
    if finding.hint in _KEY_HINTS:
        return _KEY_HINTS[finding.hint]
    if expected.purpose is Purpose.MAIL_FROM_SPF:
        return _spf_mistake(found)
    return Mistake.WRONG_VALUE if expected.purpose not in _SHARED_NAMES else Mistake.MISSING


_KEY_HINTS = {
    Hint.OTHER_KEY: Mistake.OTHER_KEY,
    Hint.REVOKED_KEY: Mistake.REVOKED_KEY,
    Hint.SEVERAL_KEYS: Mistake.SEVERAL_KEYS,
}
_SHARED_NAMES = frozenset({Purpose.OWNERSHIP, Purpose.MAIL_FROM_SPF})  # other TXT records may stand beside ours


def _spf_mistake(found: Sequence[str]) -> Mistake:
    policies = [value for value in found if re.match(r"v=spf1(?: |$)", value, re.IGNORECASE)]
    if len(policies) > 1:
        return Mistake.SEVERAL_SPF
    if not policies:
        return Mistake.MISSING
    return Mistake.STILL_AMAZON if "include:amazonses.com" in policies[0].lower() else Mistake.SPF_WITHOUT_US


def _is_spoilt(expected: ExpectedRecord, value: str) -> bool:
    """True where the value is right but for signs that a panel has left in it."""
    if _bare(value) == _bare(expected.value):
        return True
    plain = re.sub(r'["\\]', "", value)
    if plain == value:
        return False
    answer = Answer(name=expected.name, rdtype="TXT", status=AnswerStatus.FOUND, values=(plain,))
    return judge(expected, answer).verdict is Verdict.MATCHED


def _bare(text: str) -> str:
    return re.sub(r'["\\\s]', "", text).rstrip(".")


def _is_split(wanted: str, pieces: list[str]) -> bool:
    """True where the value was cut into several records instead of strings of one (order is not kept by the DNS)."""
    rest, left = wanted, [piece for piece in pieces if piece]
    most = len(left)
    while rest and left:
        piece = next((item for item in left if rest.startswith(item)), None)
        if piece is None:
            return False
        left.remove(piece)
        rest = rest[len(piece) :]
    return not rest and most - len(left) > 1


def _is_below_cut(evidence: Evidence) -> bool:
    zone = evidence.zone
    return zone is not None and bool(evidence.domain_zone) and zone.origin.endswith(f".{evidence.domain_zone}")


def _wrong_zone(evidence: Evidence) -> Advice:
    zone = evidence.zone
    origin, servers = (zone.origin, zone.delegated or zone.listed) if zone else ("", ())
    return _advice(
        Mistake.WRONG_ZONE,
        name=evidence.expected.name,
        zone=origin,
        domain_zone=evidence.domain_zone,
        servers=_joined(servers),
        rdtype=evidence.expected.rdtype,
        value=evidence.expected.value,
    )


def _beside(evidence: Evidence) -> list[Advice]:
    """RFC 1034 3.6.2: where a CNAME stands nothing else may; servers that allow it answer by chance."""
    others = [rdtype for rdtype, values in evidence.beside.items() if values and rdtype not in ("CNAME", "alias")]
    if not others or not evidence.beside.get("CNAME"):
        return []
    return [_advice(Mistake.CNAME_BESIDE_OTHERS, name=evidence.expected.name, others=", ".join(sorted(others)))]


def _cached(evidence: Evidence) -> Advice:
    answer = evidence.answer
    seconds = answer.ttl or 1
    if answer.exists:
        found = _joined(answer.values)
        return _advice(Mistake.OLD_VALUE_CACHED, name=evidence.expected.name, found=found, seconds=seconds)
    return _advice(Mistake.ABSENCE_CACHED, name=evidence.expected.name, seconds=seconds)


# --- mistakes of the zone and its servers ---


def _trouble(evidence: Evidence) -> list[Advice]:
    advice = _stands_in_the_way(evidence)
    if not advice and evidence.unvalidated is not None and evidence.unvalidated.is_definite:
        zone = evidence.zone.origin if evidence.zone else evidence.expected.domain
        parent = evidence.zone.parent if evidence.zone else ""
        advice.append(_advice(Mistake.DNSSEC_BROKEN, zone=zone, parent=parent))
    if advice or (evidence.zone is not None and evidence.zone.is_lame):
        return advice  # the sentence on a lame zone comes from its servers, and says it all
    return [_advice(Mistake.RESOLVER_FAILED, name=evidence.expected.name)]


def _server_advice(evidence: Evidence) -> list[Advice]:
    zone = evidence.zone
    if zone is None:
        return []
    if zone.is_lame:
        return [_lame_zone(zone)]
    return [*_bad_servers(zone, evidence.servers), *_disagreement(evidence), *_delegation(zone)]


def _lame_zone(zone: ZoneFacts) -> Advice:
    servers = ", ".join(f"{view.server}: {view.seen.reason or view.seen.status}" for view in zone.servers)
    return _advice(Mistake.ZONE_LAME, zone=zone.origin, servers=servers or _joined(zone.delegated), parent=zone.parent)


_SERVER_MISTAKES = {
    SeenStatus.LAME: Mistake.SERVER_LAME,
    SeenStatus.SILENT: Mistake.SERVER_SILENT,
    SeenStatus.UNREACHABLE: Mistake.SERVER_UNREACHABLE,
    SeenStatus.BROKEN: Mistake.SERVER_BROKEN,
    SeenStatus.NOT_ASKED: Mistake.NOT_ALL_ASKED,
}


def _bad_servers(zone: ZoneFacts, views: Sequence[ServerView]) -> Iterator[Advice]:
    for view in (*zone.servers, *views):
        mistake = _SERVER_MISTAKES.get(view.seen.status)
        if mistake is Mistake.NOT_ALL_ASKED and view.seen.reason:
            mistake = Mistake.SERVER_NOT_ASKED
        if mistake is not None:
            yield _advice(mistake, server=str(view.server), zone=zone.origin, reason=view.seen.reason)


def _disagreement(evidence: Evidence) -> list[Advice]:
    views = _definite(evidence)
    verdicts = [judge(evidence.expected, view.seen.answer_to(evidence.expected)).verdict for view in views]
    right = [str(view.server) for view, verdict in zip(views, verdicts, strict=True) if verdict is Verdict.MATCHED]
    others = [str(view.server) for view in views if str(view.server) not in right]
    if not right or not others:
        return []
    return [_advice(Mistake.SERVERS_DISAGREE, name=evidence.expected.name, right=_joined(right), wrong=_joined(others))]


def _delegation(zone: ZoneFacts) -> list[Advice]:
    if not zone.delegated or not zone.listed or set(zone.delegated) == set(zone.listed):
        return []
    places = {"delegated": _joined(sorted(zone.delegated)), "listed": _joined(sorted(zone.listed))}
    return [_advice(Mistake.DELEGATION_DIFFERS, zone=zone.origin, parent=zone.parent, **places)]


def _advice(mistake: Mistake, **places: object) -> Advice:
    return Advice(mistake=mistake, places={name: _shown(str(value)) for name, value in places.items()})


def _distinct(advice: Sequence[Advice]) -> tuple[Advice, ...]:
    kept: list[Advice] = []
    for item in advice:
        if item not in kept:
            kept.append(item)
    return tuple(kept)


def _joined(values: Sequence[str]) -> str:
    shown = ", ".join(_shown(value) for value in values[:_SHOWN_VALUES])
    return f"{shown} …" if len(values) > _SHOWN_VALUES else shown


def _shown(text: str) -> str:
    """What strangers put in the DNS, fit for one line."""
    plain = "".join(character if character.isprintable() else "\ufffd" for character in text[: _SHOWN_LENGTH * 4])
    return plain if len(plain) <= _SHOWN_LENGTH * 4 else f"{plain[: _SHOWN_LENGTH * 4]}…"


def shown_values(values: Sequence[str]) -> list[str]:
    """Values for output: a bounded number of them, each of bounded length."""
    return [_shown(value)[:_SHOWN_LENGTH] for value in values[:_SHOWN_VALUES]]


def as_json(diagnosis: Diagnosis, sentences: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The form of all machine output; `sentences` by language, one for each advice."""
    evidence, expected = diagnosis.evidence, diagnosis.expected
    return {
        "purpose": str(expected.purpose),
        "name": expected.name,
        "type": expected.rdtype,
        "expected": expected.value,
        "verdict": str(diagnosis.standing),
        "found": shown_values(diagnosis.stands),
        "hint": str(diagnosis.advice[0].mistake) if diagnosis.standing is not Standing.OK else None,
        "advice": [
            {"mistake": str(item.mistake)} | {language: texts[at] for language, texts in sentences.items()}
            for at, item in enumerate(diagnosis.advice)
        ],
        "resolver": {
            "status": str(evidence.answer.status),
            "values": shown_values(evidence.answer.values),
            "ttl": evidence.answer.ttl,
        },
        "zone": _zone_json(evidence.zone),
        "servers": [_view_json(view) for view in evidence.servers],
    }


def _zone_json(zone: ZoneFacts | None) -> dict[str, Any] | None:
    if zone is None:
        return None
    return {
        "name": zone.origin,
        "parent": zone.parent,
        "delegated_to": list(zone.delegated),
        "own_name_servers": list(zone.listed),
        "servers": [_view_json(view) for view in zone.servers],
    }


def _view_json(view: ServerView) -> dict[str, Any]:
    seen = view.seen
    found: dict[str, Any] = {"server": view.server.name, "address": view.server.address, "status": str(seen.status)}
    found |= {"values": shown_values(seen.values), "ttl": seen.ttl}
    if seen.alias:
        found["alias"] = seen.alias
    if seen.reason:
        found["reason"] = seen.reason
    return found
