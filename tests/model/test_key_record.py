"""A key record in the DNS against the key that signs."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.dkim import public_record
from tayori.model.domain_plan import Change, planned
from tayori.model.identity import ErrorType, Verdict
from tayori.model.key_record import KeyMatch, compare
from tayori.model.proof import Hint, judge, own_key_record

KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key() for _ in range(2))
RECORD = public_record(KEY)
P = RECORD.partition("p=")[2]
PKCS1 = base64.b64encode(KEY.public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode()
EXPECTED = own_key_record("example.com", "s1", RECORD)


@pytest.mark.parametrize(
    "found",
    [
        RECORD,
        f"p={P}",
        f"v=DKIM1;k=rsa;p={P};",
        f" v = DKIM1 ; t=s ; p = {P[:40]} {P[40:100]}\t{P[100:]} ; n=note",
        f"k=rsa; p={PKCS1}",
    ],
)
def test_the_same_key_in_other_words(found: str) -> None:
    assert compare(found, RECORD) is KeyMatch.SAME
    answer = Answer(name="x", rdtype="TXT", status=AnswerStatus.FOUND, values=("unrelated", found))
    assert judge(EXPECTED, answer).verdict is Verdict.MATCHED


@pytest.mark.parametrize(
    ("found", "match"),
    [
        (public_record(OTHER), KeyMatch.OTHER),
        (RECORD[:-20], KeyMatch.OTHER),
        ("v=DKIM1; p=not base64!", KeyMatch.OTHER),
        (f"v=DKIM1; k=ed25519; p={P}", KeyMatch.OTHER),
        (f'"{RECORD}"', KeyMatch.OTHER),  # quotes that a panel kept as text: receivers find no list of tags
        (f'"{RECORD};"', KeyMatch.OTHER),
        ("v=DKIM1; k=rsa; p=", KeyMatch.REVOKED),
        ("p=", KeyMatch.REVOKED),
        ("v=DMARC1; p=none", KeyMatch.NONE),
        ("hello", KeyMatch.NONE),
        ("", KeyMatch.NONE),
    ],
)
def test_what_is_not_the_key(found: str, match: KeyMatch) -> None:
    assert compare(found, RECORD) is match


@pytest.mark.parametrize(
    ("values", "error", "hint"),
    [
        ((public_record(OTHER),), ErrorType.INVALID_VALUE, Hint.OTHER_KEY),
        (("v=DKIM1; p=",), ErrorType.INVALID_VALUE, Hint.REVOKED_KEY),
        ((RECORD, public_record(OTHER)), ErrorType.INVALID_VALUE, Hint.SEVERAL_KEYS),
        (("v=spf1 -all",), ErrorType.TYPE_NOT_FOUND, None),
    ],
)
def test_a_record_that_does_not_do_is_named(values: tuple[str, ...], error: ErrorType, hint: Hint | None) -> None:
    finding = judge(EXPECTED, Answer(name="x", rdtype="TXT", status=AnswerStatus.FOUND, values=values))
    assert (finding.verdict, finding.error, finding.hint) == (Verdict.MISSING, error, hint)


def test_another_key_is_replaced_not_kept_beside() -> None:
    answer = Answer(name="x", rdtype="TXT", status=AnswerStatus.FOUND, values=(public_record(OTHER),))
    record = planned(EXPECTED, answer)
    assert (record.change, record.wanted) == (Change.REPLACE, (RECORD,))
