"""ARC validation: did the hands that a message went through vouch for what they found? RFC 8617 5.2.

Owns the judgement of a chain of ARC Sets. Never seals. Asks for key records by yielding a Query, so it never waits.
A chain that passes says who handled the message, not that any of them can be believed: that is the receiver's matter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tayori.mail.answer import Evaluation
from tayori.mail.canonical import relaxed_field
from tayori.mail.fields import Field, FieldsError, find_all, split_message
from tayori.mail.signature import (
    DkimVerdict,
    Signature,
    Signer,
    Tags,
    Unverified,
    canonicalization,
    check_body,
    check_octets,
    check_signature,
    decode,
    domain_and_selector,
    find_key,
    key_kind,
    number,
    parse_tags,
    without_signature,
)

MAX_SETS = 50  # RFC 8617 5.2 1

# RFC 8617 4.1.2 refers to DKIM, whose default is simple/simple; the ARC test suite and validators in use take this.
_DEFAULT_CANONICALIZATION = b"relaxed/relaxed"

_RESULTS_INSTANCE = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})[ \t\r\n]*;")
_INSTANCE = re.compile(rb"[0-9]{1,2}")


class ArcVerdict(StrEnum):
    """RFC 8617 4.4: the chain validation status."""

    NONE = "none"  # the message has no ARC field
    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcResult:
    """`sealers` are the d= of the seals, the first hand first. `is_temporary`: the DNS failed, not the chain."""

    verdict: ArcVerdict
    reason: str = ""
    sealers: tuple[str, ...] = ()
    is_temporary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """The three fields of one instance."""

    results: Field
    message_signature: Field
    message_tags: Tags
    seal: Field
    seal_tags: Tags

    @property
    def sealed(self) -> tuple[Field, Field, Field]:
        """The order of 5.1.1."""
        return self.results, self.message_signature, self.seal


class _Broken(Exception):
    """The chain fails for a reason that no signature is to blame for."""


def validate(raw: bytes) -> Evaluation[ArcResult]:
    """The status of the message's chain, as the next hand would write it into its cv= tag. `raw` has CRLF line ends."""
    try:
        fields, offset = split_message(raw)
    except FieldsError:
        return ArcResult(verdict=ArcVerdict.NONE)
    sealers: tuple[str, ...] = ()
    try:
        sets = _sets(fields)
        if not sets:
            return ArcResult(verdict=ArcVerdict.NONE)
        sealers = tuple(found.seal_tags.get(b"d", b"").decode("ascii", "replace") for found in sets)
        _check_statuses(sets)
        yield from _check_message(sets[-1], fields, raw[offset:])
        for count in range(len(sets), 0, -1):
            yield from _check_seal(sets[:count])
    except _Broken as end:
        return ArcResult(verdict=ArcVerdict.FAIL, reason=str(end), sealers=sealers)
    except Unverified as end:
        is_temporary = end.verdict is DkimVerdict.TEMPERROR
        return ArcResult(verdict=ArcVerdict.FAIL, reason=end.reason, sealers=sealers, is_temporary=is_temporary)
    return ArcResult(verdict=ArcVerdict.PASS, sealers=sealers)


def _sets(fields: Sequence[Field]) -> list[_Set]:
    """The sets in their order; none is missing, none is there twice (5.2 1 and 3 A, B)."""
    results = find_all(fields, b"arc-authentication-results")
    signatures = find_all(fields, b"arc-message-signature")
    seals = find_all(fields, b"arc-seal")
    count = max(map(len, (results, signatures, seals)))
    if count > MAX_SETS:
        raise _Broken(f"there are more than {MAX_SETS} ARC Sets")
    by_results = _by_instance([(_results_instance(field), field) for field in results], count)
    by_signature = _by_instance([_tagged(field) for field in signatures], count)
    by_seal = _by_instance([_tagged(field) for field in seals], count)
    return [
        _Set(
            results=by_results[at],
            message_signature=by_signature[at],
            message_tags=_tags(by_signature[at]),
            seal=by_seal[at],
            seal_tags=_tags(by_seal[at]),
        )
        for at in range(1, count + 1)
    ]


def _by_instance(found: Sequence[tuple[int, Field]], count: int) -> dict[int, Field]:
    numbered = dict(found)
    if len(found) != count or sorted(numbered) != list(range(1, count + 1)):
        raise _Broken("the ARC Sets are not complete: an instance is missing or there twice")
    return numbered


def _results_instance(field: Field) -> int:
    match = _RESULTS_INSTANCE.match(field.raw, field.raw.index(b":") + 1)
    if match is None:
        raise _Broken("an ARC-Authentication-Results field does not begin with its instance")
    return int(match[1])


def _tagged(field: Field) -> tuple[int, Field]:
    text = _tags(field).get(b"i", b"")
    if not _INSTANCE.fullmatch(text):
        raise _Broken(f"an {field.name.decode()} field has no instance")
    return int(text), field


def _tags(field: Field) -> Tags:
    tags = parse_tags(field.raw[field.raw.index(b":") + 1 :])
    if tags is None:
        raise _Broken(f"an {field.name.decode()} field is not a list of tags")
    return tags


def _check_statuses(sets: Sequence[_Set]) -> None:
    """5.2 2 and 3 C, D: what each hand said of the chain that it got."""
    if sets[-1].seal_tags.get(b"cv") == b"fail":
        raise _Broken("the last hand found the chain broken")
    for position, found in enumerate(sets):
        wanted = b"pass" if position else b"none"
        if found.seal_tags.get(b"cv") != wanted:
            raise _Broken(f"seal {position + 1} does not say cv={wanted.decode()}")


def _check_message(newest: _Set, fields: Sequence[Field], body: bytes) -> Evaluation[None]:
    """5.2 4: only the newest ARC-Message-Signature has to fit the message as it is now."""
    tags = newest.message_tags
    _require(tags, (b"a", b"b", b"bh", b"d", b"h", b"s"), "ARC-Message-Signature")
    names = tuple(name.strip(b" \t\r\n").lower() for name in tags[b"h"].split(b":"))
    if b"arc-seal" in names:  # 4.1.2: seals are covered by seals
        raise _Broken("the ARC-Message-Signature covers an ARC-Seal")
    relaxed_header, relaxed_body = canonicalization({b"c": _DEFAULT_CANONICALIZATION, **tags})
    signature = Signature(
        signer=_signer(tags),
        names=names,
        relaxed_header=relaxed_header,
        relaxed_body=relaxed_body,
        length=None,
        signature=decode(tags, b"b"),
        body_hash=decode(tags, b"bh"),
    )
    key, _ = yield from find_key(signature.signer)
    check_body(signature, body, {})
    check_signature(signature, newest.message_signature, fields, key)


def _check_seal(sets: Sequence[_Set]) -> Evaluation[None]:
    """5.2 6: the last seal of `sets` covers all of them, with relaxed canonicalization (5.1.1)."""
    newest = sets[-1]
    tags = newest.seal_tags
    _require(tags, (b"a", b"b", b"d", b"s"), "ARC-Seal")
    if b"h" in tags:  # 4.1.3: what is sealed is not for the sealer to choose
        raise _Broken("an ARC-Seal has an h= tag")
    key, _ = yield from find_key(_signer(tags))
    covered = [field for found in sets for field in found.sealed][:-1]
    last = relaxed_field(without_signature(newest.seal)).removesuffix(b"\r\n")
    data = b"".join([*(relaxed_field(field.raw) for field in covered), last])
    check_octets(decode(tags, b"b"), data, key)


def _signer(tags: Tags) -> Signer:
    number(tags, b"t")
    domain, selector = domain_and_selector(tags)
    return Signer(kind=key_kind(tags), domain=domain, selector=selector, identity_domain=domain)


def _require(tags: Tags, names: Sequence[bytes], what: str) -> None:
    missing = [name.decode() for name in names if name not in tags]
    if missing:
        raise _Broken(f"the {what} lacks its {missing[0]}= tag")
