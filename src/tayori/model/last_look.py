"""What the verifier found at its last look, record by record, with the reason in a sentence: without asking anybody.

Owns the reading of what is kept of a look. A resolver's answers are all that it had, so that the reason is the
diagnosis of them alone; `dns.investigation` finds out more where somebody asks for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.diagnosis import Diagnosis, Standing, diagnose
from tayori.model.diagnosis_words import LANGUAGES, sentence
from tayori.model.evidence import Elsewhere, Evidence, Mistake
from tayori.model.identity import ErrorType, Verdict
from tayori.model.proof import ExpectedRecord, Hint, Purpose, doubled

_STATUSES = {
    ErrorType.HOST_NOT_FOUND: AnswerStatus.NXDOMAIN,
    ErrorType.TYPE_NOT_FOUND: AnswerStatus.NODATA,
    ErrorType.DNS_SERVER_ERROR: AnswerStatus.SERVER_FAILURE,
}


def kept(findings: Sequence[Mapping[str, Any]], domain: str) -> list[dict[str, Any]]:
    """Findings as they are kept with an identity, each with its verdict and what to do, in every language."""
    return [_shown(finding, _diagnosed(finding, domain)) for finding in findings]


def _diagnosed(finding: Mapping[str, Any], domain: str) -> Diagnosis:
    expected = ExpectedRecord(
        purpose=Purpose(finding["purpose"]),
        name=finding["name"],
        rdtype=finding["type"],
        value=finding["expected"],
        domain=domain,
    )
    is_elsewhere = finding["hint"] == Hint.NAME_DOUBLED  # what was found was found at the doubled name
    answer = Answer(
        name=expected.name,
        rdtype=expected.rdtype,
        status=_STATUSES.get(finding["error"], AnswerStatus.FOUND),
        values=() if is_elsewhere else tuple(finding["found"]),
    )
    place = Elsewhere(mistake=Mistake.NAME_DOUBLED, name=doubled(expected).name)
    return diagnose(Evidence(expected=expected, answer=answer, elsewhere=(place,) if is_elsewhere else ()))


def _shown(finding: Mapping[str, Any], found: Diagnosis) -> dict[str, Any]:
    is_trouble = finding["verdict"] == Verdict.UNKNOWN
    standing = Standing.TROUBLE if is_trouble else found.standing
    return {
        "purpose": finding["purpose"],
        "name": finding["name"],
        "type": finding["type"],
        "expected": finding["expected"],
        "found": list(finding["found"]),
        "verdict": str(standing),
        "error": finding["error"],
        "reason": {language: sentence(found.advice[0], language) for language in LANGUAGES},
    }
